import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { history, record } from "./record.js"

const Lines = Schema.Array(
  Schema.parseJson(
    Schema.Struct({
      date: Schema.Date,
      commit: Schema.String.pipe(Schema.pattern(/^[0-9a-f]{7,40}(-dirty)?$/)),
      node: Schema.String.pipe(Schema.pattern(/^v\d+\.\d+\.\d+$/)),
      suite: Schema.NonEmptyString,
      task: Schema.NonEmptyString,
      figures: Schema.Record({ key: Schema.NonEmptyString, value: Schema.Finite })
    })
  )
)

const linesOf = (path: string) => {
  const lines = readFileSync(path, "utf8").split("\n")
  assert.strictEqual(lines.pop(), "", "the last line ends")
  return Schema.decodeUnknownSync(Lines, { onExcessProperty: "error" })(lines)
}

describe("the history of the benchmarks", () => {
  it("is a line for each run of a task, with figures", () => {
    const lines = linesOf(history)
    assert.isNotEmpty(lines)
    for (const { figures } of lines) assert.isNotEmpty(Object.keys(figures))
  })

  it("grows by a line, with numbers by their path, and of many the median", () => {
    const folder = mkdtempSync(join(tmpdir(), "benchmarks-"))
    const file = join(folder, "history.jsonl")
    try {
      record({ suite: "spine", task: "capture", result: 1.23456789, file })
      record({ suite: "spine", task: "questions", result: { duckdb: { first: [3, 1, 2] }, rows: 7 }, file })
      assert.deepStrictEqual(
        linesOf(file).map(({ figures, task }) => [task, figures]),
        [
          ["capture", { capture: 1.23457 }],
          ["questions", { "questions.duckdb.first": 2, "questions.rows": 7 }]
        ]
      )
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
