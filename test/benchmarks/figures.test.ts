/** The figures of the documentation are those that were recorded last: `npm run bench -- SUITE --task TASK --record`. */
import { readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

const Run = Schema.parseJson(
  Schema.Struct({
    suite: Schema.String,
    task: Schema.String,
    figures: Schema.Record({ key: Schema.String, value: Schema.Number })
  })
)

// Later lines are newer: of each figure the last one stays.
const recorded = new Map(
  readFileSync(file("docs/benchmarks.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => Schema.decodeSync(Run)(line))
    .flatMap(({ figures, suite }) =>
      Object.entries(figures).map(([name, value]) => [`${suite} ${name}`, value] as const)
    )
)

const spine = (name: string): number => {
  const value = recorded.get(`spine ${name}`)
  if (value === undefined) throw new Error(`docs/benchmarks.jsonl has no ${name} of the suite spine`)
  return value
}

const times = (ours: string, others: string) => `${(spine(ours) / spine(others)).toFixed(2)} ×`
const ms = (name: string) => `${Number(spine(name).toPrecision(2))} ms`
const megabytes = () => `${Math.round(spine("ingestDefault.megabytes"))} MB`
const rate = () => `${(Math.round(1e6 / spine("ingest.time")) * 100).toLocaleString("en")} spans/s`

/** Rows of tables by their first cell, and what their second one is. */
const claims: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  "README.md": {
    "a traced effect with four attributes": () =>
      `${times("capture.exporting.traced", "capture.native.traced")} its time under Effect's own tracer, ${times("allocation.ours", "allocation.native")} its garbage`,
    "the event loop while 5,000 spans a second are stored": () => `p99 ${ms("eventLoop.ours.p99")}`,
    "stored in DuckDB, of 100,000 spans at once": rate,
    "memory while they are stored": megabytes,
    "traces of a session, among 1,000,000 spans": () => ms("questions.listTraces"),
    "a trace there": () => ms("questions.getTrace"),
    "the newest sessions there, a page": () => ms("questions.listSessions")
  },
  "docs/comparison.md": {
    "stored in DuckDB until durable, of 100,000 spans": rate,
    "memory while that goes on": () => `${megabytes()} more`,
    "traces of a session, 20 a page, among 1,000,000 spans, in DuckDB": () => ms("questions.listTraces"),
    "a trace of ten spans, among 1,000,000, in DuckDB": () => ms("questions.getTrace")
  }
}

describe.each(Object.entries(claims))("%s", (path, rows) => {
  it("has the figures that were recorded last", () => {
    const text = readFileSync(file(path), "utf8")
    const updated = Object.entries(rows).reduce((text, [label, figure]) => {
      const row = `\n| ${label} | `
      assert.include(text, row)
      const start = text.indexOf(row) + row.length
      return text.slice(0, start) + figure() + text.slice(text.indexOf(" |", start))
    }, text)
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file(path), updated)
    else assert.strictEqual(text, updated)
  })
})
