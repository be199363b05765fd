import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inspect } from "node:util"
import { assert, it, vi } from "@effect/vitest"
import { Duration, Effect, Layer, Logger, Redacted, type Scope } from "effect"
import { Observability } from "effect-observability"
import * as ClickhouseStorage from "../../../src/storage/clickhouse/ClickhouseStorage.js"
import * as Storage from "../../../src/storage/Storage.js"
import { failure, names, pages } from "../../../src/testing/contract/utils.js"
import { log, span } from "../../../src/testing/Records.js"
import * as ClickhouseServer from "../../utils/clickhouseServer.js"
import { describeEngine } from "../../utils/describeEngine.js"

const path = mkdtempSync(join(tmpdir(), "clickhouse-faults-"))
process.once("exit", () => rmSync(path, { recursive: true, force: true }))

const serve = ClickhouseServer.make({ path })

let made = 0

const open = (
  { password, url, username }: ClickhouseServer.ClickhouseServer,
  options: Partial<ClickhouseStorage.Options> = {}
) =>
  ClickhouseStorage.make({
    url,
    username,
    password: Redacted.make(password),
    tablePrefix: `t${++made}_`,
    timeout: "5 seconds",
    ...options
  })

/** What is logged while an effect runs. */
const logged = <A, E, R>(effect: Effect.Effect<A, E, R>, into: Array<string>) =>
  Effect.provide(
    effect,
    Logger.replace(
      Logger.defaultLogger,
      Logger.make(({ annotations, cause, message }) => into.push(inspect([message, cause, annotations], { depth: 20 })))
    )
  )

const isRetryable = (error: Storage.StorageError, reason: Storage.StorageErrorReason) => {
  assert.strictEqual(error.reason, reason, error.message)
  assert.isTrue(error.retryable)
}

/** Every question that can be asked. */
const questions = (storage: Storage.StorageService, { sessionId, spanId, traceId }: ReturnType<typeof span>) => ({
  listTraces: storage.listTraces(),
  listSpans: storage.listSpans(),
  listLogs: storage.listLogs(),
  getTrace: storage.getTrace(traceId),
  getSpan: storage.getSpan({ traceId, spanId }),
  listSessions: storage.listSessions(),
  getSession: storage.getSession(sessionId ?? ""),
  sessionTimeline: storage.sessionTimeline({ sessionId: sessionId ?? "" })
})

/** Records spans of these names, and gives what was counted of them when they were flushed. */
const recorded = (storage: Storage.StorageService, spans: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { flush, stats } = yield* Observability.Observability
    yield* Effect.forEach(spans, (name) => Effect.withSpan(Effect.void, name), { discard: true })
    yield* flush
    return (yield* stats).spans["storage"]
  }).pipe(
    Effect.provide(
      Observability.layer({ serviceName: "test" }).pipe(Layer.provide(Layer.succeed(Storage.Storage, storage)))
    )
  )

/** The terminal is not for the logs of what must go wrong. */
const test = <A, E>(behaviour: string, effect: () => Effect.Effect<A, E, Scope.Scope>) =>
  it.scopedLive(behaviour, () => Effect.provide(effect(), Logger.remove(Logger.defaultLogger)))

describeEngine("ClickhouseStorage over HTTP", () => {
  test("a server that is down is warned of once and used when it is up", () =>
    Effect.gen(function* () {
      const server = yield* serve
      yield* server.down
      const logs: Array<string> = []
      const storage = yield* logged(open(server), logs)
      assert.lengthOf(
        logs.filter((line) => line.includes("cannot be opened yet")),
        1
      )
      isRetryable(yield* failure(storage.insertSpans([span()])), "Unavailable")
      isRetryable(yield* failure(storage.listSpans()), "Unavailable")
      yield* server.up
      yield* Effect.sleep("1 second")
      yield* storage.insertSpans([span({ name: "a" })])
      assert.deepStrictEqual(names(yield* storage.listSpans()), ["a"])
    }))

  test(`a server that is down fails with connect: "eager"`, () =>
    Effect.gen(function* () {
      const server = yield* serve
      yield* server.down
      isRetryable(yield* Effect.flip(open(server, { connect: "eager" })), "Unavailable")
    }))

  for (const fault of ["reset", 500, 503] as const) {
    test(`${fault} is an error to try again after, and then all is well`, () =>
      Effect.gen(function* () {
        const server = yield* serve
        const storage = yield* open(server)
        yield* server.fail(fault, { times: 2 })
        isRetryable(yield* failure(storage.insertSpans([span()])), "Unavailable")
        isRetryable(yield* failure(storage.listSpans()), "Unavailable")
        yield* storage.insertSpans([span({ name: "a" })])
        assert.deepStrictEqual(names(yield* storage.listSpans()), ["a"])
      }))
  }

  test("503 is survived by the pipeline, which tries again and loses nothing", () =>
    Effect.gen(function* () {
      const server = yield* serve
      const storage = yield* open(server)
      yield* server.fail(503, { times: 2, where: /INSERT/ })
      assert.deepInclude(yield* recorded(storage, ["a", "b"]), { emitted: 2, exported: 2, queued: 0 })
      assert.sameMembers(names(yield* storage.listSpans()), ["a", "b"])
    }))

  for (const [which, options] of [
    ["a wrong password", { password: Redacted.make("wrong") }],
    ["no password", { username: "", password: Redacted.make("") }]
  ] as const) {
    test(`${which} fails at once with Unauthorized`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(open(yield* serve, options))
        assert.strictEqual(error.reason, "Unauthorized", error.message)
        assert.isFalse(error.retryable)
      }))
  }

  for (const fault of ["exception", "plainException", "cut"] as const) {
    test(`a 200 with ${fault} in its body is an error of every query, and no shorter list`, () =>
      Effect.gen(function* () {
        const server = yield* serve
        const storage = yield* open(server)
        const a = span({ sessionId: "s" })
        yield* storage.insertSpans([a, ...Array.from({ length: 50 }, () => span({ sessionId: "s" }))])
        yield* storage.insertLogs(Array.from({ length: 50 }, () => log({ sessionId: "s" })))
        yield* server.fail(fault)
        for (const [name, question] of Object.entries<Effect.Effect<unknown, Storage.StorageError>>(
          questions(storage, a)
        )) {
          const error = yield* failure(question)
          assert.include(["Unavailable", "Query"], error.reason, name)
          if (fault !== "cut") assert.include(error.message, "Memory limit exceeded", name)
        }
      }))
  }

  test("a server that hangs is given up in the configured time", () =>
    Effect.gen(function* () {
      const server = yield* serve
      const storage = yield* open(server, { timeout: "500 millis" })
      yield* server.fail("hang")
      for (const request of [storage.insertSpans([span()]), storage.listSpans()]) {
        const [time, error] = yield* Effect.timed(failure(request))
        isRetryable(error, "Timeout")
        assert.isBelow(Duration.toMillis(time), 3_000)
      }
    }))

  test("a server that hangs while the storage is opened does not hold up the program", () =>
    Effect.gen(function* () {
      const server = yield* serve
      yield* server.fail("hang")
      const logs: Array<string> = []
      const storage = yield* logged(open(server, { timeout: "500 millis" }), logs)
      assert.isTrue(logs.some((line) => line.includes("cannot be opened yet")))
      yield* server.heal
      yield* Effect.sleep("1 second")
      yield* storage.insertSpans([span()])
    }))

  test("an insert of which the answer was lost stores nothing twice when it is tried again", () =>
    Effect.gen(function* () {
      const server = yield* serve
      const storage = yield* open(server)
      const spans = Array.from({ length: 20 }, (_, n) => span({ sessionId: "s", status: n % 2 ? "ok" : "running" }))
      const logs = Array.from({ length: 20 }, () => log({ sessionId: "s" }))
      for (const insert of [storage.insertSpans(spans), storage.insertLogs(logs)]) {
        yield* server.fail("lost", { times: 1 })
        isRetryable(yield* failure(insert), "Unavailable")
        yield* insert
      }
      const listed = yield* pages((pagination) => storage.listSpans({ pagination }), 7)
      assert.sameDeepMembers(listed.flat(), spans)
      assert.sameDeepMembers([...(yield* storage.listLogs()).items], logs)
      const [session] = (yield* storage.listSessions()).items
      assert.deepInclude({ ...session }, { spans: 20, logs: 20 })
    }))

  test("a record that the server rejects loses itself alone, and is counted", () =>
    Effect.gen(function* () {
      const server = yield* serve
      const storage = yield* open(server)
      yield* server.fail("reject", { where: /INSERT.*poison/s })
      const all = Array.from({ length: 40 }, (_, n) => (n === 17 ? "poison" : `span ${n}`))
      const { exported, failed } = (yield* recorded(storage, all)) ?? {}
      assert.deepStrictEqual({ exported, failed }, { exported: 39, failed: { Rejected: 1 } })
      const stored = yield* storage.listSpans()
      assert.sameMembers(
        names(stored),
        all.filter((name) => name !== "poison")
      )
    }))

  test("an interrupted query waits for nobody", () =>
    Effect.gen(function* () {
      const server = yield* serve
      const storage = yield* open(server, { timeout: "1 minute" })
      yield* server.fail("hang")
      const before = server.seen.length
      const [time] = yield* Effect.timed(Effect.timeoutOption(storage.listSpans(), "300 millis"))
      assert.isBelow(Duration.toMillis(time), 2_000)
      assert.strictEqual(server.seen.length, before + 1, "nothing else is asked of a server that hangs")
      const { settings } = server.seen.at(-1) ?? {}
      assert.strictEqual(settings?.get("cancel_http_readonly_queries_on_client_close"), "1")
      assert.strictEqual(settings?.get("readonly"), "2", "the server cancels only what may do nothing but read")
    }))

  test("what is sent and what is answered is compressed", () =>
    Effect.gen(function* () {
      const server = yield* serve
      const storage = yield* open(server)
      yield* storage.insertSpans([span()])
      yield* storage.listSpans()
      const insert = server.seen.find(({ query }) => query.endsWith("FORMAT RowBinary"))
      const query = server.seen.at(-1)
      assert.strictEqual(insert?.headers["content-encoding"], "gzip")
      assert.include(query?.headers["accept-encoding"], "gzip")
      assert.strictEqual(query?.settings.get("enable_http_compression"), "1")
    }))

  test("the password is in no error and no log, and the client writes nothing to the console", () =>
    Effect.gen(function* () {
      const server = yield* serve
      const console = [vi.spyOn(globalThis.console, "error"), vi.spyOn(globalThis.console, "warn")]
      const texts: Array<string> = []
      yield* logged(
        Effect.gen(function* () {
          const storage = yield* open(server, { timeout: "500 millis" })
          for (const fault of ["reset", "hang", "cut", "exception", "reject", 401, 500] as const) {
            yield* server.fail(fault)
            for (const request of [storage.insertSpans([span()]), storage.listSpans()]) {
              const result = yield* Effect.either(request as Effect.Effect<unknown, Storage.StorageError>)
              texts.push(inspect(result, { depth: 20 }), JSON.stringify(result))
            }
          }
          yield* Effect.sleep("100 millis")
        }),
        texts
      )
      assert.isAbove(texts.length, 28, "something was logged")
      const basic = Buffer.from(`${server.username}:${server.password}`).toString("base64")
      assert.isFalse(texts.some((text) => text.includes(server.password) || text.includes(basic)))
      for (const spy of console) assert.lengthOf(spy.mock.calls, 0)
    }).pipe(Effect.ensuring(Effect.sync(() => vi.restoreAllMocks()))))
})
