import { execFileSync } from "node:child_process"
import * as fs from "node:fs/promises"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
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
    ["a link to a device", (path) => fs.symlink("/dev/null", path)],
    ["a link to a folder", (path) => fs.symlink(dirname(path), path)],
    ["an empty file that is sparse", (path) => fs.writeFile(path, "").then(() => fs.truncate(path, 2 ** 30))],
    ["a pipe", async (path) => execFileSync("mkfifo", [path])],
    [
      "a socket",
      (path) =>
        new Promise((resolve, reject) => {
          const server = createServer().unref().once("error", reject)
          server.listen(path, () => resolve(server))
        })
    ]
  ]

  const seen = (path: string): Promise<unknown> =>
    fs
      .lstat(path)
      .then(async (stat) => [
        stat.ino,
        stat.mode,
        stat.size,
        stat.isFile() && stat.size < 2 ** 20 && (await fs.readFile(path, "utf8"))
      ])

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

  for (const path of [
    "/dev/null",
    "/dev/full",
    "/dev/zero",
    "/dev/tty",
    "/dev/stdout",
    "/proc/self/fd/1",
    "/proc/nothing/records.jsonl",
    "/sys/records.jsonl",
    "/dev/null/records.jsonl",
    "",
    "a\0b",
    `${tmpdir()}/`,
    `${tmpdir()}/${"x".repeat(300)}`
  ]) {
    it.live(`writes nothing to ${JSON.stringify(path).slice(0, 30)}, says so at once, and the batch waits`, () =>
      Effect.gen(function* () {
        const error = yield* file({ path })
          .export({ spans: [span()], logs: [] })
          .pipe(Effect.flip, Effect.timeout("2 seconds"))
        assert.deepStrictEqual([error.retryable, error.reason], [true, "Unavailable"])
        assert.isNotEmpty(String(error.cause))
      })
    )
  }

  it.scopedLive("waits for the rights to a folder, and writes what it could not write then", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      // Nobody takes rights from the superuser: another one has to try.
      const script = `
        process.setgid?.(65534); process.setuid?.(65534)
        import { Effect } from "effect"
        import * as fs from "node:fs"
        import { file } from "./src/pipeline/Exporters.js"
        import { span } from "./src/testing/Records.js"
        const write = (path) => Effect.runPromise(Effect.either(file({ path }).export({ spans: [span()], logs: [] })))
        const told = []
        for (const path of process.argv.slice(1)) {
          const { _tag, left } = await write(path)
          told.push([_tag, left?.retryable, left?.cause?.code])
        }
        process.stdout.write(JSON.stringify(told))`
      const closed = join(directory, "closed")
      yield* Effect.promise(() => fs.mkdir(closed, { mode: 0o555 }))
      yield* Effect.promise(() => fs.writeFile(join(directory, "theirs.jsonl"), `{"signal":"span"}\n`, { mode: 0o444 }))
      yield* Effect.promise(() => fs.chmod(directory, 0o755))
      const paths = ["closed/records.jsonl", "closed/made/records.jsonl", "theirs.jsonl"].map((name) =>
        join(directory, name)
      )
      const told = execFileSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script, ...paths])
      assert.deepStrictEqual(
        JSON.parse(String(told)),
        paths.map(() => ["Left", true, "EACCES"])
      )
      assert.deepStrictEqual(yield* Effect.promise(() => fs.readdir(closed)), [])
      const [path = ""] = paths
      yield* file({ path }).export({ spans: [span({ name: "at last" })], logs: [] })
      assert.deepStrictEqual(yield* namesIn(path), ["at last"])
    })
  )

  it.scoped("begins another file beside one of its own that has a gigabyte", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "records.jsonl")
      const exporter = file({ path, maxFiles: 3 })
      yield* exporter.export({ spans: [span({ name: "first" })], logs: [] })
      yield* Effect.promise(() => fs.truncate(path, 2 ** 30))
      yield* exporter.export({ spans: [span({ name: "second" })], logs: [] })
      assert.deepStrictEqual(yield* namesIn(path), ["second"])
      assert.strictEqual((yield* Effect.promise(() => fs.stat(`${path}.1`))).size, 2 ** 30)
    })
  )

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
