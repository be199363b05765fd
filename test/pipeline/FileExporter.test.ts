import * as fs from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { file } from "../../src/pipeline/Exporters.js"
import { log, span } from "../../src/testing/Records.js"

const folder = Effect.acquireRelease(
  Effect.promise(() => fs.mkdtemp(join(tmpdir(), "file-exporter-"))),
  (folder) => Effect.promise(() => fs.rm(folder, { recursive: true }))
)

const linesOf = (path: string) =>
  Effect.map(
    Effect.promise(() => fs.readFile(path, "utf8")),
    (text): Array<Record<string, unknown>> =>
      text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
  )

const namesIn = (path: string) => Effect.map(linesOf(path), (lines) => lines.map(({ name }) => name))

describe("Exporter.file", () => {
  it.scoped("appends a line of JSON for each record", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "made", "records.jsonl")
      const exporter = file({ path })
      const [first, second] = [
        span({ sessionId: "session-1", attributes: { "text\n": "ünï" } }),
        log({ sessionId: "session-1" })
      ]
      yield* exporter.export({ spans: [first], logs: [] })
      yield* exporter.export({ spans: [], logs: [second] })
      assert.deepStrictEqual(yield* linesOf(path), [
        { signal: "span", ...first.toJSON() },
        { signal: "log", ...second.toJSON() }
      ])
    })
  )

  it.scoped("begins another file when one is full, and keeps as many as it shall", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const path = join(directory, "records.jsonl")
      const exporter = file({ path, maxBytes: 1_000, maxFiles: 3 })
      for (let i = 1; i <= 9; i++) yield* exporter.export({ spans: [span({ name: `span ${i}` })], logs: [] })
      assert.deepStrictEqual((yield* Effect.promise(() => fs.readdir(directory))).sort(), [
        "records.jsonl",
        "records.jsonl.1",
        "records.jsonl.2"
      ])
      const kept = [...(yield* namesIn(`${path}.2`)), ...(yield* namesIn(`${path}.1`)), ...(yield* namesIn(path))]
      assert.deepStrictEqual(
        kept,
        Array.from({ length: kept.length }, (_, i) => `span ${9 - kept.length + 1 + i}`)
      )
      assert.isAtMost((yield* Effect.promise(() => fs.stat(`${path}.1`))).size, 1_000)
    })
  )

  it.scoped("keeps one file where no more are wanted", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const exporter = file({ path: join(directory, "records.jsonl"), maxBytes: 1, maxFiles: 1 })
      for (let i = 1; i <= 3; i++) yield* exporter.export({ spans: [span({ name: `span ${i}` })], logs: [] })
      assert.deepStrictEqual(yield* Effect.promise(() => fs.readdir(directory)), ["records.jsonl"])
      assert.deepStrictEqual(yield* namesIn(join(directory, "records.jsonl")), ["span 3"])
    })
  )

  it.scoped("goes on in a file that an earlier process began", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "records.jsonl")
      yield* file({ path }).export({ spans: [span({ name: "a" })], logs: [] })
      yield* file({ path }).export({ spans: [span({ name: "b" })], logs: [] })
      assert.deepStrictEqual(yield* namesIn(path), ["a", "b"])
    })
  )

  it.scoped("fails so that the batch is tried again when the file cannot be written", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const error = yield* Effect.flip(file({ path }).export({ spans: [span()], logs: [] }))
      assert.isTrue(error.retryable)
      assert.strictEqual(error.reason, "Unavailable")
    })
  )

  it.live("leaves the event loop to others while it writes many records", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "records.jsonl")
      const spans = Array.from({ length: 2_000 }, () => span({ attributes: { text: "x".repeat(2_000) } }))
      let turns = 0
      const timer = setInterval(() => turns++, 0)
      const exit = yield* Effect.exit(file({ path }).export({ spans, logs: [] }))
      clearInterval(timer)
      assert.isTrue(Exit.isSuccess(exit))
      assert.isAtLeast(turns, 10)
    }).pipe(Effect.scoped)
  )
})
