/** Two copies of the library in one process, as a package that brings its own leaves them. */
import { execFile } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { folder } from "../utils/folder.js"

/** Runs a program with two copies, and gives what it says. */
const ran = (program: string) =>
  Effect.gen(function* () {
    const root = yield* folder
    const home = new URL("../../", import.meta.url)
    for (const name of ["one", "other"]) fs.cpSync(new URL("src", home), join(root, name, "src"), { recursive: true })
    for (const name of ["package.json", "tsconfig.json"]) fs.copyFileSync(new URL(name, home), join(root, name))
    fs.symlinkSync(new URL("node_modules", home), join(root, "node_modules"))
    const script = join(root, "program.ts")
    fs.writeFileSync(
      script,
      `import * as One from "./one/src/index.js"
      import * as Other from "./other/src/index.js"
      import { DuckDbStorage as OneDuckDb } from "./one/src/duckdb.js"
      import { DuckDbStorage as OtherDuckDb } from "./other/src/duckdb.js"
      import { Effect, Layer, Logger, Option } from "effect"
      const path = ${JSON.stringify(join(root, "spans.duckdb"))}
      const said: Array<string> = []
      const telling = Logger.replace(Logger.defaultLogger, Logger.make(({ message }) => void said.push(String(message))))
      const tell = (value: unknown) => console.log(JSON.stringify(value))
      const run = <A>(effect: Effect.Effect<A, any, any>) => Effect.runPromise(effect.pipe(Effect.provide(telling)) as Effect.Effect<A>)
      ${program}
      process.exit()`
    )
    const { stderr, stdout } = yield* Effect.promise(() =>
      promisify(execFile)(process.execPath, ["--import", "tsx", script], { cwd: root, timeout: 60_000 })
    )
    assert.strictEqual(stderr, "")
    return stdout
      .trim()
      .split("\n")
      .map((line): unknown => JSON.parse(line))
  })

describe("two copies of the library", () => {
  it.scopedLive(
    "know each other's sessions, options, storages, exporters, scores and records",
    () =>
      Effect.gen(function* () {
        const said = yield* ran(`
          const memory = One.Exporter.memory()
          const work = Effect.log("log").pipe(
            Effect.zipRight(One.Score.record({ name: "good", value: true })),
            Effect.withSpan("inner"),
            One.TracingOptions.withTracingOptions({ userId: "mia", tags: ["one"] }),
            Other.TracingOptions.withTracingOptions({ tags: ["other"] }),
            One.SessionId.withSessionId("s"),
            Effect.withSpan("outer")
          )
          await run(work.pipe(
            Effect.provide(Other.Observability.layer({ serviceName: "t", exporters: [memory] })),
            Effect.provide(OneDuckDb.layer({ path }))
          ))
          await run(Effect.gen(function* () {
            const storage = yield* Other.Storage.Storage
            const session = Option.getOrThrow(yield* storage.getSession("s"))
            tell([session.spans, session.logs, session.users, session.scores])
            const { items } = yield* storage.listSpans({ orderBy: { field: "time", direction: "asc" } })
            tell(items.map(({ name, sessionId, tags }) => [name, sessionId, tags]))
            yield* storage.insertSpans(memory.spans)
            yield* storage.insertSpans([new One.SpanRecord.SpanRecord({ ...items[0], spanId: "000000000000000a" })])
            tell((yield* storage.listSpans()).items.length)
            const copy = yield* One.Storage.Storage.pipe(Effect.provide(One.Storage.layerMemory))
            yield* Other.Storage.copy({ from: storage, to: copy })
            tell(((yield* copy.sessionTimeline({ sessionId: "s" })).items as any).map((_: any) => _._tag))
            tell(yield* Effect.catchTag(storage.listSpans({ pagination: { limit: 0 } }), "StorageError", (_) => Effect.succeed(_.field)))
          }).pipe(Effect.provide(OtherDuckDb.layer({ path }))))
          tell(said.filter((text) => text !== "log"))`)
        assert.deepStrictEqual(said, [
          [1, 1, ["mia"], { good: { mean: 1, count: 1 } }],
          [
            ["outer", null, []],
            ["inner", "s", ["other", "one"]]
          ],
          3,
          ["SpanRecord", "LogRecord", "Score"],
          "pagination.limit",
          []
        ])
      }),
    90_000
  )

  it.scopedLive(
    "record each span and log once, one within the other and side by side, and write one file together",
    () =>
      Effect.gen(function* () {
        const said = yield* ran(`
          const program = (name: string) => Effect.log(name).pipe(Effect.withSpan(name))
          const one = One.Observability.layer({ serviceName: "one" })
          const other = Other.Observability.layer({ serviceName: "other" })
          await run(Effect.gen(function* () {
            const storage = yield* One.Storage.Storage
            yield* Effect.zipRight(program("within").pipe(Effect.provide(one)), program("around")).pipe(Effect.provide(other))
            yield* program("beside").pipe(Effect.provide(Layer.mergeAll(one, other)))
            const spans = (yield* storage.listSpans()).items.map(({ name }) => name).sort()
            const logs = (yield* storage.listLogs()).items.map(({ message }) => message).sort()
            tell([spans, logs, said.filter((text) => text.includes("several layers")).length])
            // A storage of the other copy on the same file, at the same time.
            const beside = yield* OtherDuckDb.make({ path })
            const record = (yield* storage.listSpans()).items[0]
            yield* Effect.forEach([storage, beside], (storage, i) =>
              Effect.forEach(Array.from({ length: 50 }, (_, n) => n), (n) =>
                storage.insertSpans([{ ...record, spanId: (1000 * (i + 1) + n).toString(16).padStart(16, "0") }] as any)), { concurrency: 2 })
            tell([(yield* beside.listSpans({ pagination: { limit: 1000 } })).items.length, (yield* storage.listSpans({ pagination: { limit: 1000 } })).items.length])
          }).pipe(Effect.scoped, Effect.provide(OneDuckDb.layer({ path }))))`)
        const names = ["around", "beside", "within"]
        assert.deepStrictEqual(said, [
          [names, names, 2],
          [103, 103]
        ])
      }),
    90_000
  )
})
