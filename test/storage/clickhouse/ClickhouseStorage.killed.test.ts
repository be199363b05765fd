import { spawn } from "node:child_process"
import { assert, it } from "@effect/vitest"
import { Effect, Option, Redacted, Schedule } from "effect"
import * as ClickhouseStorage from "../../../src/storage/clickhouse/ClickhouseStorage.js"
import * as ClickhouseServer from "../../utils/clickhouseServer.js"
import { call } from "../../utils/conversations.js"
import { describeEngine } from "../../utils/describeEngine.js"

describeEngine("a process that is killed while it writes to ClickHouse", () => {
  it.scopedLive(
    "between the messages of a conversation and its span leaves nothing that the next one stumbles over",
    () =>
      Effect.gen(function* () {
        const { fail, heal, password, seen, url, username } = yield* ClickhouseServer.make()
        const options = { url, username, password: Redacted.make(password) }
        const storage = yield* ClickhouseStorage.make(options)
        yield* storage.insertSpans([call(3, { sessionId: "s" })])
        const into = (table: string) =>
          seen.filter(({ query }) => query.includes("INSERT") && query.includes(`_${table}`))
        const before = into("spans").length
        yield* fail("hang", { where: /INSERT INTO[^(]*_spans/ })
        const script = `
          import { Effect, Redacted } from "effect"
          import * as ClickhouseStorage from "./src/storage/clickhouse/ClickhouseStorage.js"
          import { call } from "./test/utils/conversations.js"
          const [url, username, password] = process.argv.slice(1)
          await Effect.runPromise(Effect.scoped(Effect.flatMap(
            ClickhouseStorage.make({ url, username, password: Redacted.make(password) }),
            (storage) => storage.insertSpans([call(9, { sessionId: "s" })])
          )))`
        const child = yield* Effect.acquireRelease(
          Effect.sync(() =>
            spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script, url, username, password], {
              stdio: ["ignore", "ignore", "inherit"]
            })
          ),
          (child) => Effect.sync(() => child.kill("SIGKILL"))
        )
        yield* Effect.sync(() => into("spans").length).pipe(
          Effect.repeat({ until: (count) => count > before, schedule: Schedule.spaced("20 millis") }),
          Effect.timeout("30 seconds")
        )
        child.kill("SIGKILL")
        yield* heal
        assert.isAbove(into("messages").length, 1)
        assert.lengthOf((yield* storage.listSpans()).items, 1)
        const written = into("messages").length
        // What it left is used, and is nobody's otherwise.
        const next = call(9, { sessionId: "s" })
        yield* (yield* ClickhouseStorage.make(options)).insertSpans([next])
        assert.strictEqual(into("messages").length, written)
        assert.deepStrictEqual(yield* storage.getSpan(next), Option.some(next))
        yield* storage.deleteSession("s")
        const again = call(9, { sessionId: "s" })
        yield* storage.insertSpans([again])
        assert.deepStrictEqual(yield* storage.getSpan(again), Option.some(again))
      }),
    60_000
  )
})
