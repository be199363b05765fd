import { execFileSync } from "node:child_process"
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

  it.scoped(
    "makes files that their owner alone can read, and gives the mode of one that is there to those after it",
    () =>
      Effect.gen(function* () {
        const directory = join(yield* folder, "made")
        const path = join(directory, "records.jsonl")
        const modeOf = (path: string) =>
          Effect.promise(() => fs.stat(path).then(({ mode }) => (mode & 0o777).toString(8)))
        const exporter = file({ path, maxBytes: 1, maxFiles: 3 })
        const write = exporter.export({ spans: [span()], logs: [] })
        yield* write
        assert.deepStrictEqual([yield* modeOf(directory), yield* modeOf(path)], ["700", "600"])
        yield* Effect.promise(() => fs.chmod(path, 0o640))
        yield* write
        assert.deepStrictEqual([yield* modeOf(path), yield* modeOf(`${path}.1`)], ["640", "640"])
      })
  )

  const inTheWay: ReadonlyArray<readonly [string, (path: string) => Promise<unknown>]> = [
    ["somebody's notes", (path) => fs.writeFile(path, "notes\n")],
    ["other lines of JSON", (path) => fs.writeFile(path, `{"level":"info"}\n`.repeat(100))],
    ["a folder", (path) => fs.mkdir(path)],
    [
      "a link to notes",
      (path) => fs.writeFile(`${path}.notes`, "notes\n").then(() => fs.symlink(`${path}.notes`, path))
    ],
    ["a link to itself", (path) => fs.symlink(path, path)],
    ["a link to nothing", (path) => fs.symlink(`${path}.nothing`, path)],
    ["a pipe", async (path) => execFileSync("mkfifo", [path])]
  ]

  const seen = (path: string): Promise<unknown> =>
    fs.lstat(path).then(async (stat) => [stat.ino, stat.mode, stat.isFile() && (await fs.readFile(path, "utf8"))])

  for (const [what, put] of inTheWay) {
    it.scoped(`leaves ${what} alone in the place of the file, and the batch waits`, () =>
      Effect.gen(function* () {
        const directory = yield* folder
        const path = join(directory, "records.jsonl")
        yield* Effect.promise(() => put(path))
        const before = yield* Effect.promise(() => seen(path))
        const error = yield* Effect.flip(file({ path, maxBytes: 1 }).export({ spans: [span()], logs: [] }))
        assert.isTrue(error.retryable)
        assert.deepStrictEqual(yield* Effect.promise(() => seen(path)), before)
        assert.notInclude(yield* Effect.promise(() => fs.readdir(directory)), "records.jsonl.1")
      })
    )

    it.scoped(`passes over ${what} in the place of an older file`, () =>
      Effect.gen(function* () {
        const directory = yield* folder
        const path = join(directory, "records.jsonl")
        yield* Effect.promise(() => put(`${path}.1`))
        const before = yield* Effect.promise(() => seen(`${path}.1`))
        const exporter = file({ path, maxBytes: 1, maxFiles: 3 })
        for (let i = 1; i <= 5; i++) yield* exporter.export({ spans: [span({ name: String(i) })], logs: [] })
        assert.deepStrictEqual(yield* Effect.promise(() => seen(`${path}.1`)), before)
        assert.deepStrictEqual(
          [yield* namesIn(path), yield* namesIn(`${path}.2`), yield* namesIn(`${path}.3`)],
          [["5"], ["4"], ["3"]]
        )
      })
    )
  }

  it.scoped("follows a link to a file of its own, and keeps older ones beside that", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const [path, link] = [join(directory, "records.jsonl"), join(directory, "link.jsonl")]
      yield* file({ path }).export({ spans: [span({ name: "1" })], logs: [] })
      yield* Effect.promise(() => fs.symlink(path, link))
      yield* file({ path: link, maxBytes: 1 }).export({ spans: [span({ name: "2" })], logs: [] })
      assert.deepStrictEqual([yield* namesIn(link), yield* namesIn(`${path}.1`)], [["2"], ["1"]])
      assert.isTrue((yield* Effect.promise(() => fs.lstat(link))).isSymbolicLink())
    })
  )

  for (const maxFiles of [Number.POSITIVE_INFINITY, 1e9, 0, -1, Number.NaN]) {
    it.scoped(`bears ${maxFiles} files`, () =>
      Effect.gen(function* () {
        const path = join(yield* folder, "records.jsonl")
        const exporter = file({ path, maxBytes: 1, maxFiles })
        for (let i = 1; i <= 3; i++) yield* exporter.export({ spans: [span({ name: String(i) })], logs: [] })
        assert.deepStrictEqual(yield* namesIn(path), ["3"])
      })
    )
  }

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
