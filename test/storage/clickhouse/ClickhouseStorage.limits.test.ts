/** What is large, on a server with its default limits behind a proxy that allows 8 KiB of an URL and the headers. */

import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { assert, it } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import * as ClickhouseStorage from "../../../src/storage/clickhouse/ClickhouseStorage.js"
import type * as Storage from "../../../src/storage/Storage.js"
import { names, pages } from "../../../src/testing/contract/utils.js"
import { at, log, metric, score, span, traceId } from "../../../src/testing/Records.js"
import * as ClickhouseServer from "../../utils/clickhouseServer.js"
import { describeEngine } from "../../utils/describeEngine.js"

const path = mkdtempSync(join(tmpdir(), "clickhouse-limits-"))
process.once("exit", () => rmSync(path, { recursive: true, force: true }))

let made = 0

const test = (
  behaviour: string,
  run: (
    storage: Storage.StorageService,
    server: ClickhouseServer.ClickhouseServer
  ) => Effect.Effect<void, Storage.StorageError>
) =>
  it.scopedLive(
    behaviour,
    () =>
      Effect.gen(function* () {
        const server = yield* ClickhouseServer.make({ path })
        const { password, url, username } = server
        const options = { url, username, password: Redacted.make(password), timeout: "2 minutes" } as const
        yield* run(yield* ClickhouseStorage.make({ ...options, tablePrefix: `t${++made}_` }), server)
      }),
    300_000
  )

const times = <A>(count: number, make: (n: number) => A) => Array.from({ length: count }, (_, n) => make(n))

/** How long the event loop is held at most, in milliseconds. */
const heldBy = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.suspend(() => {
    const delay = monitorEventLoopDelay({ resolution: 10 })
    delay.enable()
    return Effect.map(effect, (result) => {
      delay.disable()
      return [result, delay.max / 1e6] as const
    })
  })

describeEngine("ClickhouseStorage within the limits of servers", () => {
  test("deletes a session of 20,000 traces, with what has no session in them, and holds up nothing", (storage) =>
    Effect.gen(function* () {
      const count = 20_000
      yield* storage.insertSpans(times(count, (n) => span({ sessionId: "s", traceId: traceId(n) })))
      yield* storage.insertSpans(times(2_000, (n) => span({ traceId: traceId(n) })))
      yield* storage.insertLogs(times(4_000, (n) => log({ sessionId: "s", traceId: traceId(n) })))
      yield* storage.insertLogs(times(4_000, (n) => log({ traceId: traceId(n) })))
      yield* storage.insertMetrics(times(100, (n) => metric({ traceId: traceId(n) })))
      yield* storage.insertScores(times(3_000, (n) => score({ sessionId: "s", traceId: traceId(n) })))
      const other = span({ name: "other", sessionId: "t", traceId: traceId(1) })
      yield* storage.insertSpans([other])
      const [deleted, millis] = yield* heldBy(storage.deleteSession("s"))
      assert.deepInclude(deleted, { spans: 22_000, logs: 8_000 })
      assert.isBelow(millis, 1_000)
      assert.deepStrictEqual(yield* storage.getSession("s"), Option.none())
      assert.deepStrictEqual(names(yield* storage.listSpans()), ["other"])
      assert.lengthOf((yield* storage.listLogs()).items, 0)
      assert.lengthOf((yield* storage.listScores()).items, 0)
    }))

  test("a deletion that broke off says so, and does the rest when it is asked again", (storage, server) =>
    Effect.gen(function* () {
      const ids = { sessionId: "s", traceId: traceId(1) }
      // Only the logs tell that the trace is of the session.
      yield* storage.insertLogs(times(10, () => log(ids)))
      yield* storage.insertSpans(times(10, () => span({ traceId: traceId(1) })))
      yield* storage.insertScores(times(10, () => score(ids)))
      for (let n = 1; ; n++) {
        // The n-th statement is the one that fails.
        let seen = 0
        yield* server.fail(500, { where: { test: (text: string) => /DELETE/.test(text) && ++seen >= n } as RegExp })
        const result = yield* Effect.either(storage.deleteSession("s"))
        yield* server.heal
        if (result._tag === "Right") break
        assert.include(result.left.message, "in part")
      }
      assert.deepStrictEqual((yield* storage.listSpans()).items, [])
      assert.deepStrictEqual((yield* storage.listLogs()).items, [])
      assert.deepStrictEqual((yield* storage.listScores()).items, [])
    }))

  test("deletes what is older, of any number", (storage) =>
    Effect.gen(function* () {
      yield* storage.insertSpans(times(5_000, () => span({ startTime: at(0) })))
      yield* storage.insertScores(times(5_000, () => score({ time: at(0) })))
      assert.deepInclude(yield* storage.deleteBefore(at(5)), { spans: 5_000 })
      assert.lengthOf((yield* storage.listScores()).items, 0)
    }))

  test("lists a thousand traces without an entry span among many spans", (storage) =>
    Effect.gen(function* () {
      const spans = times(6_000, (n) =>
        span({ sessionId: `s${n % 50}`, traceId: traceId(n % 3_000), parentSpanId: "f".repeat(16), startTime: at(n) })
      )
      yield* storage.insertSpans(spans)
      const listed = yield* pages((pagination) => storage.listTraces({ pagination }), 1_000)
      assert.lengthOf(new Set(listed.flat().map((trace) => trace.traceId)), 3_000)
      const sessions = yield* pages((pagination) => storage.listSessions({ pagination }), 1_000)
      assert.lengthOf(sessions.flat(), 50)
    }))

  test("sessions and logs with long ids come in pages of a thousand", (storage) =>
    Effect.gen(function* () {
      const long = (n: number) => `${n}`.padStart(200, "x")
      yield* storage.insertLogs(times(1_500, (n) => log({ sessionId: long(n), timestamp: at(n) })))
      assert.lengthOf((yield* pages((pagination) => storage.listSessions({ pagination }), 1_000)).flat(), 1_500)
      assert.lengthOf((yield* pages((pagination) => storage.listLogs({ pagination }), 1_000)).flat(), 1_500)
    }))

  test("filters of any size find what they should", (storage) =>
    Effect.gen(function* () {
      const value = (n: number) => `value ${n}`.padEnd(2_000, "x")
      const metadata = Object.fromEntries(times(50, (n) => [`key ${n} '\\`, value(n)]))
      const tags = times(10_000, (n) => `tag ${n}`)
      const text = "needle '\\\0\n? {p1: String} ".repeat(20_000)
      const all = span({ name: "all", metadata, tags, userId: text })
      yield* storage.insertSpans([all, span({ name: "few", metadata: { "key 1 '\\": value(1) }, tags: ["tag 1"] })])
      yield* storage.insertLogs([log({ message: `a ${text} b` }), log()])
      for (const filters of [{ metadata }, { tags }, { userId: text }]) {
        assert.deepStrictEqual(names(yield* storage.listSpans({ filters })), ["all"])
        assert.deepStrictEqual(names(yield* storage.listTraces({ filters })), ["all"])
      }
      const { "key 9 '\\": _, ...fewer } = metadata
      assert.deepStrictEqual(names(yield* storage.listSpans({ filters: { metadata: fewer } })), ["all"])
      const other = { ...metadata, "key 9 '\\": "other" }
      assert.deepStrictEqual(names(yield* storage.listSpans({ filters: { metadata: other } })), [])
      assert.lengthOf((yield* storage.listLogs({ filters: { search: `"${text}"` } })).items, 1)
    }))
})
