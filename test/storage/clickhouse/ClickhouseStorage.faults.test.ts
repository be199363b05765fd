import { randomBytes } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inspect } from "node:util"
import { assert, it, vi } from "@effect/vitest"
import { Duration, Effect, Either, Layer, Logger, Redacted, type Scope } from "effect"
import { Observability } from "effect-observability"
import { trust } from "../../../src/signal/internal/trusted.js"
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

/** The error of whatever is asked, which must not be a defect. */
const errorOf = (request: Effect.Effect<unknown, Storage.StorageError>, what: string) =>
  Effect.map(Effect.either(request), (result) => {
    assert.isTrue(Either.isLeft(result), `${what} does not succeed`)
    return Either.getOrThrow(Either.flip(result))
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

  for (const [status, reason, retryable] of [
    [302, "Query", false],
    [400, "Query", false],
    [401, "Unauthorized", false],
    [403, "Unauthorized", false],
    [404, "Query", false],
    [407, "Unauthorized", false],
    [408, "Timeout", true],
    [413, "Query", false],
    [414, "Query", false],
    [425, "Unavailable", true],
    [429, "Unavailable", true],
    [431, "Query", false],
    [451, "Query", false],
    [502, "Unavailable", true],
    [504, "Timeout", true]
  ] as const) {
    test(`${status} of a proxy is ${reason}, and the message says so`, () =>
      Effect.gen(function* () {
        const server = yield* serve
        const storage = yield* open(server)
        yield* server.fail(status)
        const ofQuery = yield* failure(storage.listSpans())
        assert.deepStrictEqual([ofQuery.reason, ofQuery.retryable], [reason, retryable])
        const ofInsert = yield* failure(storage.insertSpans([span()]))
        const rejected = status === 400 || status === 413
        assert.deepStrictEqual([ofInsert.reason, ofInsert.retryable], [rejected ? "Rejected" : reason, retryable])
        for (const { message } of [ofQuery, ofInsert]) assert.include(message, `answered ${status}`)
        // A deletion that began may have been done in part.
        yield* server.heal
        yield* storage.insertSpans([span({ sessionId: "s" })])
        yield* server.fail(status, { where: /DELETE/ })
        const ofDelete = yield* failure(storage.deleteSession("s"))
        assert.strictEqual(ofDelete.retryable, retryable)
        assert.include(ofDelete.message, "in part")
        yield* server.heal
        assert.deepStrictEqual(yield* storage.deleteSession("s"), { spans: 1, logs: 0 })
      }))
  }

  for (const fault of ["drip", "dripHeaders", { flood: 200 }, { flood: 500 }] as const) {
    test(`${JSON.stringify(fault)} ends within the configured time, and without its size`, () =>
      Effect.gen(function* () {
        const server = yield* serve
        const storage = yield* open(server, { timeout: "1 second" })
        const { traceId } = span()
        yield* server.fail(fault)
        const before = process.memoryUsage().rss
        for (const [name, request] of Object.entries<Effect.Effect<unknown, Storage.StorageError>>({
          insertSpans: storage.insertSpans([span()]),
          listSpans: storage.listSpans(),
          getTrace: storage.getTrace(traceId)
        })) {
          const [time, error] = yield* Effect.timed(errorOf(request, name))
          assert.include(["Timeout", "Query", "Unavailable"], error.reason, name)
          assert.isBelow(Duration.toMillis(time), 4_000, name)
        }
        assert.isBelow((process.memoryUsage().rss - before) / 2 ** 20, 700)
      }))
  }

  for (const [what, answer] of [
    ["a page of HTML", "<html>Log in</html>\n"],
    ["a page of HTML without an end", "<html>Log in"],
    ["numbers", "1\n2\n"],
    ["null", "null\n"],
    ["texts", '"a"\n'],
    ["arrays", "[]\n[1]\n"],
    ["rows of nothing", "{}\n"],
    ["rows of other columns", '{"a":1}\n'],
    [
      "rows of other types",
      '{"time":{},"ids":"x","position":null,"record":5,"count":"x","id":7,"version":true,"sessionId":[],"traceId":0,"bound":"b"}\n'
    ],
    ["one document", '{"meta":[],"data":[],"rows":0}'],
    ["an exception as a row", '{"exception":"Code: 159. DB::Exception: slow. (TIMEOUT_EXCEEDED)"}\n'],
    ["an error without a name", "Code: 1. DB::Exception: what"]
  ] as const) {
    test(`${what} in place of an answer is an error of whatever is asked`, () =>
      Effect.gen(function* () {
        const server = yield* serve
        const storage = yield* open(server)
        yield* server.fail({ answer })
        for (const [name, request] of Object.entries<Effect.Effect<unknown, Storage.StorageError>>({
          ...questions(storage, span({ sessionId: "s" })),
          insertSpans: storage.insertSpans([span()]),
          deleteBefore: storage.deleteBefore(0n),
          deleteSession: storage.deleteSession("s")
        })) {
          const error = yield* errorOf(request, name)
          const expected = what === "an exception as a row" ? ["Timeout"] : ["Query", "Corrupt", "Rejected"]
          assert.include(expected, error.reason, `${name}: ${error.message}`)
          assert.match(error.message, /: .*\S/, name)
        }
      }))
  }

  test("a count that nobody gives is no deletion", () =>
    Effect.gen(function* () {
      const server = yield* serve
      const storage = yield* open(server)
      yield* server.fail({ answer: "" })
      assert.strictEqual((yield* failure(storage.deleteBefore(0n))).reason, "Query")
    }))

  for (const record of ["null", "1", "[]", '"x"', '{"version":"1"}', '{"version":"x","traceId":1}', "{"]) {
    test(`${record} in place of a record is Corrupt`, () =>
      Effect.gen(function* () {
        const server = yield* serve
        const storage = yield* open(server)
        const { spanId, traceId } = span()
        yield* server.fail({ answer: `${JSON.stringify({ record })}\n` })
        for (const request of [storage.getSpan({ spanId, traceId }), storage.getTrace(traceId)]) {
          assert.strictEqual((yield* failure(request)).reason, "Corrupt")
        }
      }))
  }

  test("an answer that is not compressed as it says is an error", () =>
    Effect.gen(function* () {
      const server = yield* serve
      const storage = yield* open(server)
      for (const encoding of ["gzip", "br", "zip"]) {
        yield* server.fail({ answer: "{}\n", headers: { "content-encoding": encoding } })
        for (const request of [storage.listSpans(), storage.insertSpans([span()])]) {
          assert.include((yield* errorOf(request, encoding)).message, "answer")
        }
      }
    }))

  test("nobody listening is said with its code", () =>
    Effect.gen(function* () {
      const server = yield* serve
      const storage = yield* open(server)
      yield* server.down
      assert.include((yield* failure(storage.listSpans())).message, "ECONNREFUSED")
      yield* server.up
    }))

  for (const url of [
    "http://localhost:8123/?unknown=1",
    "http://a%zz@localhost:8123",
    "http://localhost:8123/?request_timeout=x"
  ]) {
    test(`${url} is refused, and the field named`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(ClickhouseStorage.make({ url }))
        assert.deepStrictEqual([error.reason, error.field], ["InvalidArgument", "url"])
      }))
  }

  test("a record that cannot be written is refused, and costs no other", () =>
    Effect.gen(function* () {
      const storage = yield* open(yield* serve)
      const poisoned = {
        toJSON() {
          throw new Error("no JSON")
        }
      }
      const error = yield* failure(
        storage.insertSpans(trust([span(), { ...span(), attributes: { poisoned } } as never]))
      )
      assert.deepStrictEqual([error.reason, error.retryable], ["Rejected", false])
    }))

  test("a record that is too large for a proxy loses itself alone, and is counted", () =>
    Effect.gen(function* () {
      const server = yield* ClickhouseServer.make({ path, maxBodyBytes: 10 * 2 ** 20 })
      const storage = yield* open(server, { timeout: "30 seconds" })
      const large = randomBytes(12 * 2 ** 20).toString("latin1")
      const ledger = yield* Effect.gen(function* () {
        const { flush, stats } = yield* Observability.Observability
        for (const name of ["a", "b"]) yield* Effect.withSpan(Effect.void, name)
        yield* Effect.withSpan(Effect.void, "large", { attributes: { large } })
        for (const name of ["c", "d"]) yield* Effect.withSpan(Effect.void, name)
        yield* flush
        return (yield* stats).spans["storage"]
      }).pipe(
        Effect.provide(
          Observability.layer({
            serviceName: "test",
            sensitiveData: false,
            limits: { attributeValueLength: 20 * 2 ** 20 },
            batch: { maxQueueBytes: 100 * 2 ** 20 }
          }).pipe(Layer.provide(Layer.succeed(Storage.Storage, storage)))
        )
      )
      assert.deepInclude(ledger, { emitted: 5, exported: 4, queued: 0, failed: { Rejected: 1 } })
      assert.sameMembers(names(yield* storage.listSpans()), ["a", "b", "c", "d"])
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
