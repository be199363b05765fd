import { runInNewContext } from "node:vm"
import { AiError } from "@effect/ai"
import { HttpClientError, HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Cause, Data, Effect, Exit, Logger, Option, ParseResult, Runtime, Schema } from "effect"
import * as failure from "../../src/capture/internal/failure.js"
import { limits, record } from "./utils.js"

const nested = (depth: number): Error => {
  let error = new Error("0")
  for (let i = 1; i <= depth; i++) error = new Error(String(i), { cause: error })
  return error
}

const parallel = (count: number): Cause.Cause<string> =>
  Arr.range(1, count).reduce<Cause.Cause<string>>((cause, i) => Cause.parallel(cause, Cause.fail(`${i}`)), Cause.empty)

const large: Record<string, () => Cause.Cause<unknown>> = {
  "a buffer of 20 MB": () => Cause.fail({ _tag: "Refused", body: new Uint8Array(20_000_000) }),
  "100,000 rows": () => Cause.fail({ rows: Arr.makeBy(100_000, (id) => ({ id, name: `row ${id}` })) }),
  "a message of long lines": () => Cause.fail(new Error(`refused\n${"at the gate ".repeat(20_000)}`)),
  "2,000 nested causes": () => Cause.fail(nested(2_000)),
  "20,000 parallel failures": () => parallel(20_000)
}

/** Milliseconds of CPU, far above what is needed, and far below what it takes to make text of it all. */
const bound = 200

/** Milliseconds of CPU that this process used: however much else runs on the machine. */
const used = () => {
  const { system, user } = process.cpuUsage()
  return (system + user) / 1000
}

describe("a failure", () => {
  for (const [name, make] of Object.entries(large)) {
    it.effect(`of ${name} costs little in spans`, () =>
      Effect.gen(function* () {
        const cause = make()
        let start = 0
        let millis = 0
        const program = Effect.sync(() => {
          start = used()
        }).pipe(
          Effect.zipRight(Effect.failCause(cause)),
          Effect.withSpan("inner"),
          Effect.withSpan("middle"),
          Effect.withSpan("outer"),
          Effect.ensuring(
            Effect.sync(() => {
              millis = used() - start
            })
          )
        )
        const { spans } = yield* record(program)
        assert.isBelow(millis, bound)
        assert.deepStrictEqual(
          spans.map((span) => span.status),
          ["error", "error", "error"]
        )
      })
    )

    it(`of ${name} costs little in a log`, () => {
      const cause = make()
      const start = used()
      const text = failure.pretty(cause, limits)
      assert.isBelow(used() - start, bound)
      assert.isAtMost(text.length, limits.attributeValueLength)
    })
  }

  it.effect("counts the errors that it leaves out", () =>
    Effect.gen(function* () {
      const { logs, spans } = yield* record(
        Effect.failCause(parallel(5)).pipe(Effect.tapErrorCause(Effect.logError), Effect.withSpan("work")),
        { limits: { ...limits, eventCount: 2 } }
      )
      assert.deepStrictEqual(
        spans[0]?.events.map((event) => event.attributes["exception.message"]),
        ["1", "2"]
      )
      assert.strictEqual(spans[0]?.dropped?.events, 3)
      assert.strictEqual(logs[0]?.cause, "Error: 1\nError: 2\n... and 3 more")
    })
  )

  it.effect("is looked at once, however many spans it passes through", () =>
    Effect.gen(function* () {
      let read = 0
      const program = Effect.fail({ toJSON: () => `read ${++read}` })
      const { spans } = yield* record(program.pipe(Effect.withSpan("inner"), Effect.withSpan("outer")))
      assert.deepStrictEqual(
        spans.map((span) => span.statusMessage),
        ["read 1", "read 1"]
      )
    })
  )

  it.effect("keeps its other errors when one throws", () =>
    Effect.gen(function* () {
      const hostile = Object.defineProperty(new Error("no"), "message", {
        get: () => {
          throw new Error("gotcha")
        }
      })
      const cause = Cause.parallel(Cause.die(hostile), Cause.fail(new Error("boom")))
      const { spans } = yield* record(Effect.failCause(cause).pipe(Effect.withSpan("work")))
      assert.deepStrictEqual(
        spans[0]?.events.map((event) => event.attributes["exception.message"]),
        ["[Threw]", "boom"]
      )
    })
  )

  it.effect("has the text that Effect gives it, with the causes", () =>
    Effect.gen(function* () {
      class Refused extends Error {
        override readonly name = "Refused"
      }
      const program = Effect.fail(new Refused("no seats", { cause: new Error("full", { cause: "flight" }) }))
      const causes = yield* Effect.all(
        [
          Effect.withSpan(program, "booking"),
          Effect.fail("text"),
          Effect.fail(undefined),
          Effect.interrupt,
          Effect.failCause(Cause.sequential(Cause.die(new Error("")), Cause.parallel(Cause.fail(1), Cause.fail("two"))))
        ].map((effect) => Effect.flip(Effect.sandbox(effect as Effect.Effect<never, unknown>)))
      )
      for (const cause of causes) {
        const text = Cause.pretty(cause, { renderErrorCause: true })
        assert.strictEqual(failure.pretty(cause, limits), text)
        const { errors } = failure.failureOf(cause, limits)
        assert.deepStrictEqual(
          errors.map(({ message, name }) => [name, message]),
          Cause.prettyErrors(cause).map(({ message, name }) => [name, message])
        )
        if (errors.length > 0) assert.strictEqual(errors.map(({ stack }) => stack).join("\n"), text)
      }
    })
  )

  it("has of causes that are deeper than values may be a line", () => {
    const text = failure.pretty(Cause.fail(nested(3)), { ...limits, attributeDepth: 1 })
    assert.deepStrictEqual(
      text.split("\n").filter((line) => !line.includes(" at ")),
      ["Error: 3", "  [cause]: Error: 2", "    [cause]: Error: 1 [cause]: Error: 0", "  }", "}"]
    )
  })

  it.effect("has the error that caused all others, however many there are and however long", () =>
    Effect.gen(function* () {
      let long = new Error("the root")
      for (let i = 0; i < 40; i++) long = new Error("x".repeat(5_000), { cause: long })
      const { logs, spans } = yield* record(
        Effect.forEach([nested(30), nested(2_000), long], (error) =>
          Effect.fail(error).pipe(
            Effect.tapError((error) => Effect.logError("no", error)),
            Effect.withSpan("work"),
            Effect.ignore
          )
        )
      )
      const stacks = spans.map(({ events }) => String(events[0]?.attributes["exception.stacktrace"]))
      assert.match(stacks[0] ?? "", /\[cause\]: Error: 0\n/)
      assert.match(stacks[1] ?? "", /\.\.\. and 1\d{3} more \[cause\]: Error: 0\n/)
      assert.match(stacks[2] ?? "", /the root/)
      const data = logs.slice(0, 2).map(({ data }) => JSON.stringify(data))
      for (const text of data) assert.match(text, /\[cause\]: Error: 0"/)
    })
  )
})

class NoSeats extends Data.TaggedError("NoSeats")<{ readonly flight: string; readonly cause?: unknown }> {}
class Full extends Schema.TaggedError<Full>()("Full", { flight: Schema.String, seats: Schema.Number }) {}
class Unavailable extends Data.Error<{ readonly region: string }> {}
class Wrapped extends Data.TaggedError("Wrapped")<{ readonly cause: unknown }> {}
class Closed extends Data.TaggedError("Closed") {}
class Gone extends Error {}
class RateLimitError extends Error {
  readonly status = 429
  readonly headers = { "x-key": marker }
}

const marker = "MARKER"

const throwing = () => {
  throw new Error("gotcha")
}

const circular = () => {
  const error = new Error("a")
  error.cause = new Error("b", { cause: error })
  return error
}

const withMarker = { "x-key": marker }
const request = HttpClientRequest.post("https://api.example.com", { headers: withMarker })
const response = HttpClientResponse.fromWeb(request, new Response(marker, { status: 503, headers: withMarker }))

/** What each says: its `error.type`, its name, its message, and what its stack has besides. */
const told: Record<string, [error: unknown, type: string, name: string, message: string, stack?: RegExp]> = {
  "an error with a cause": [
    new Error("query failed", { cause: new Error("no such relation") }),
    "Error",
    "Error",
    "query failed",
    /\[cause\]: Error: no such relation/
  ],
  "a tagged error": [new NoSeats({ flight: "LO1" }), "NoSeats", "NoSeats", 'NoSeats: {"flight":"LO1"}'],
  "a tagged error with a cause": [
    new NoSeats({ flight: "LO1", cause: new Error("full") }),
    "NoSeats",
    "NoSeats",
    'NoSeats: {"flight":"LO1"}: full',
    /\[cause\]: Error: full/
  ],
  "a tagged error of a schema": [
    new Full({ flight: "LO1", seats: 0 }),
    "Full",
    "Full",
    'Full: {"flight":"LO1","seats":0}'
  ],
  "a tagged error without fields": [new Closed(), "Closed", "Closed", "Closed"],
  "a plain object with a tag": [{ _tag: "NotFound", id: 1 }, "NotFound", "NotFound", 'NotFound: {"id":1}'],
  "a plain object with a message": [{ _tag: "NotFound", message: "no" }, "NotFound", "NotFound", "no"],
  "a class without a name of its own": [new Gone("away"), "Gone", "Gone", "away"],
  "an error of errors": [
    new AggregateError([new Error("one"), "two"], "both"),
    "AggregateError",
    "AggregateError",
    "both",
    /\[errors\]\[0\]: Error: one[\s\S]*\[errors\]\[1\]: Error: two/
  ],
  "an error of errors without a message": [
    new AggregateError([new Error("one"), "two"]),
    "AggregateError",
    "AggregateError",
    "one; two"
  ],
  "a text": ["no", "Error", "Error", "no"],
  "a number": [1, "Error", "Error", "1"],
  null: [null, "Error", "Error", "null"],
  "an error with a code": [
    Object.assign(new Error("failed"), { code: "E1", secret: marker }),
    "Error",
    "Error",
    "failed",
    /"code":"E1"/
  ],
  "an error of the web": [
    new DOMException("full", "QuotaExceededError"),
    "QuotaExceededError",
    "QuotaExceededError",
    "full"
  ],
  "an error of another realm": [
    runInNewContext("new TypeError('no', { cause: new Error('why') })"),
    "TypeError",
    "TypeError",
    "no",
    /\[cause\]: Error: why/
  ],
  "an error of parsing": [
    new ParseResult.ParseError({ issue: new ParseResult.Type(Schema.Number.ast, "x") }),
    "ParseError",
    "ParseError",
    'Expected number, actual "x"'
  ],
  "an error of Data.Error": [
    new Unavailable({ region: "eu" }),
    "Unavailable",
    "Unavailable",
    'Unavailable: {"region":"eu"}'
  ],
  "a tagged error that is nothing but its cause": [
    new Wrapped({ cause: new Error("no such relation") }),
    "Wrapped",
    "Wrapped",
    "Wrapped: no such relation",
    /\[cause\]: Error: no such relation/
  ],
  "an error caused by a cause": [
    new Wrapped({ cause: Cause.parallel(Cause.die(new Error("no such relation")), Cause.empty) }),
    "Wrapped",
    "Wrapped",
    "Wrapped: no such relation",
    /\[cause\]: Error: no such relation/
  ],
  "a plain value of errors": [
    { _tag: "Invalid", errors: [new Error("too short"), "too plain"] },
    "Invalid",
    "Invalid",
    "Invalid: too short; too plain",
    /\[errors\]\[1\]: Error: too plain/
  ],
  "a response of the web": [new Response("MARKER", { status: 503 }), "503", "Response", '{"status":503}'],
  "a cycle of causes": [circular(), "Error", "Error", "a", /\[cause\]: Error: b[\s\S]*\[cause\]: \[Circular\]/],
  "getters that throw": [
    Object.defineProperties(new Error(), {
      message: { get: throwing },
      cause: { get: throwing },
      _tag: { get: throwing }
    }),
    "Error",
    "Error",
    "[Threw]"
  ],
  "a proxy": [new Proxy(new Gone("away"), {}), "Gone", "Gone", "away"],
  "what a promise was rejected with": [
    new Cause.UnknownException(new RateLimitError("slow down")),
    "429",
    "UnknownException",
    "An unknown error occurred: slow down"
  ],
  "an error of axios": [
    Object.assign(new Error("401"), {
      name: "AxiosError",
      code: "ERR_BAD_REQUEST",
      config: { headers: withMarker },
      request: { _header: marker },
      response: { status: 401, data: marker, headers: withMarker }
    }),
    "401",
    "AxiosError",
    "401",
    /"code":"ERR_BAD_REQUEST"/
  ],
  "an error of undici": [
    Object.assign(new Error("no"), { code: "UND_ERR_RESPONSE", statusCode: 500, body: marker, headers: [marker] }),
    "500",
    "Error",
    "no"
  ],
  "an error of got": [
    Object.assign(new Error("no"), { options: withMarker, timings: withMarker }),
    "Error",
    "Error",
    "no"
  ],
  "an error of a provider's client": [new RateLimitError("slow down"), "429", "RateLimitError", "slow down"],
  "a response of the platform": [
    new HttpClientError.ResponseError({ request, response, reason: "StatusCode" }),
    "503",
    "ResponseError",
    "StatusCode error (503 POST https://api.example.com)"
  ],
  "a request of the platform": [
    new HttpClientError.RequestError({ request, reason: "Transport", cause: new Error("refused") }),
    "RequestError",
    "RequestError",
    "Transport error (POST https://api.example.com)",
    /\[cause\]: Error: refused/
  ],
  "an error of @effect/ai": [
    AiError.HttpResponseError.make({
      module: "OpenAi",
      method: "chat",
      reason: "StatusCode",
      description: "no",
      request: {
        method: "POST",
        url: "https://api.example.com",
        urlParams: [],
        hash: Option.none(),
        headers: withMarker
      },
      response: { status: 429, headers: withMarker },
      body: JSON.stringify({ error: { message: "quota exceeded" }, echo: marker })
    }),
    "429",
    "HttpResponseError",
    `StatusCode: no (429 POST https://api.example.com)

Rate Limited - Implement exponential backoff or reduce request frequency.

Response Body: quota exceeded`
  ],
  "an error in a stream of OpenAI": [
    { type: "error", code: "rate_limit_exceeded", message: "slow down" },
    "rate_limit_exceeded",
    "Error",
    "slow down"
  ],
  "an error in a stream of Anthropic": [
    { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
    "overloaded_error",
    "Error",
    "Overloaded"
  ]
}

describe("an error says why", () => {
  for (const [name, [error, type, tag, message, stack = /^/]] of Object.entries(told)) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const cause = Cause.fail(error)
        const { logs, spans } = yield* record(
          Effect.suspend(() => Effect.failCause(cause)).pipe(
            Effect.tapErrorCause(() => Effect.logError("failed", error, cause)),
            Effect.withSpan("work"),
            // Effect's throws at errors that throw.
            Effect.provide(Logger.remove(Logger.tracerLogger))
          )
        )
        const [{ attributes, events, status, statusMessage }] = spans as [(typeof spans)[number]]
        assert.deepStrictEqual([status, statusMessage, attributes["error.type"]], ["error", message, type])
        const said = events[0]?.attributes ?? {}
        assert.deepStrictEqual([said["exception.type"], said["exception.message"]], [tag, message])
        assert.match(String(said["exception.stacktrace"]), stack)
        assert.strictEqual(logs[0]?.cause, said["exception.stacktrace"])
        assert.notInclude(JSON.stringify([spans, logs]), marker)
      })
    )
  }

  it.effect("each of those that were collected, as if it were the only one", () =>
    Effect.gen(function* () {
      const step = (name: string) => Effect.fail(new NoSeats({ flight: name })).pipe(Effect.withSpan(name))
      const both = [step("LO1"), step("LO2")] as const
      const programs: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
        Effect.all(both, { mode: "validate" }),
        Effect.all([Effect.void, ...both], { mode: "validate" }),
        Effect.all({ one: both[0], two: both[1] }, { mode: "validate" }),
        Effect.validateAll(["LO1", "LO2"], step)
      ]
      for (const program of programs) {
        const { spans } = yield* record(program.pipe(Effect.withSpan("all")))
        const [first, , all] = spans
        assert.deepStrictEqual([all?.name, all?.events.length, all?.errorType], ["all", 2, "NoSeats"])
        assert.strictEqual(all?.statusMessage, first?.statusMessage)
      }
      const rows = yield* record(Effect.fail([1, new NoSeats({ flight: "LO1" })]).pipe(Effect.withSpan("rows")))
      assert.lengthOf(rows.spans[0]?.events ?? [], 1)
    })
  )

  it("also a proxy that was revoked: nothing", () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    const [told] = failure.failureOf(Cause.fail(proxy), limits).errors
    assert.deepInclude(told, { name: "Error", type: "Error", message: "[Threw]", stack: "Error: [Threw]" })
  })

  it.effect("in the data of a log, with its causes and its code", () =>
    Effect.gen(function* () {
      const failed = Object.assign(new Error("failed", { cause: new Error("why") }), { code: "E1", status: 429 })
      const both = new AggregateError([new Error("one"), new NoSeats({ flight: "LO1" })], "both")
      const { logs } = yield* record(Effect.logError("no", failed, both))
      const [first, second] = (logs[0]?.data ?? []) as [Record<string, unknown>, Record<string, unknown>]
      assert.deepInclude(first, { name: "Error", message: "failed", code: "E1", status: 429 })
      assert.deepInclude(first["cause"], { name: "Error", message: "why" })
      const [one, two] = second["errors"] as [object, object]
      assert.deepInclude(one, { name: "Error", message: "one" })
      assert.deepInclude(two, { name: "NoSeats", flight: "LO1" })
    })
  )

  it.effect("once: a span above the one that failed has no second stack", () =>
    Effect.gen(function* () {
      const program = Effect.fail(new NoSeats({ flight: "LO1" })).pipe(
        Effect.withSpan("inner"),
        Effect.ensuring(Effect.void),
        Effect.withSpan("outer")
      )
      const again = yield* record(Effect.zipRight(Effect.exit(program), program))
      for (const [inner, outer] of [again.spans.slice(0, 2), again.spans.slice(2)]) {
        assert.property(inner?.events[0]?.attributes, "exception.stacktrace")
        assert.deepStrictEqual(outer?.events[0]?.attributes, {
          "exception.type": "NoSeats",
          "exception.message": 'NoSeats: {"flight":"LO1"}'
        })
        assert.deepStrictEqual([outer?.status, outer?.statusMessage], ["error", inner?.statusMessage])
      }
    })
  )

  it.effect("with one `error.type` on every span of a trace that it passes through", () =>
    Effect.gen(function* () {
      const failing = Effect.suspend(() => Effect.fail(new NoSeats({ flight: "LO1" })))
      const typed = failing.pipe(
        Effect.tapError(() => Effect.annotateCurrentSpan("error.type", "sold_out")),
        Effect.withSpan("typed")
      )
      const asked = failing.pipe(
        Effect.withSpan("asked", { kind: "client", attributes: { "http.response.status_code": 409 } })
      )
      for (const [program, type] of [
        [typed, "sold_out"],
        [asked, "409"]
      ] as const) {
        const { spans } = yield* record(program.pipe(Effect.withSpan("middle"), Effect.withSpan("outer")))
        assert.deepStrictEqual(
          spans.map(({ attributes, events }) => [attributes["error.type"], events[0]?.attributes["exception.type"]]),
          [0, 1, 2].map(() => [type, "NoSeats"])
        )
      }
      const error = new NoSeats({ flight: "LO1" })
      const again = Effect.fail(error).pipe(
        Effect.withSpan("asked", { kind: "client", attributes: { "http.response.status_code": 409 } }),
        Effect.exit,
        Effect.zipRight(Effect.fail(error).pipe(Effect.withSpan("elsewhere")))
      )
      const { spans } = yield* record(again)
      assert.deepStrictEqual(
        spans.map(({ attributes }) => attributes["error.type"]),
        ["409", "NoSeats"]
      )
    })
  )

  it.effect("with the stacks of the errors that it holds in its own stack alone", () =>
    Effect.gen(function* () {
      const error = { _tag: "QueryFailed", error: new Error("no such relation"), table: "seats" }
      const { spans } = yield* record(Effect.fail(error).pipe(Effect.withSpan("query")))
      const message = 'QueryFailed: {"error":{"name":"Error","message":"no such relation"},"table":"seats"}'
      assert.strictEqual(spans[0]?.statusMessage, message)
      assert.match(
        String(spans[0]?.events[0]?.attributes["exception.stacktrace"]),
        /\n {2}\[fields\]: .*"stack":"Error: no such relation\\n {4}at /
      )
    })
  )

  it.effect("of the program that was run within", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(new NoSeats({ flight: "LO1" }))
      const rejection = Runtime.makeFiberFailure(Exit.isFailure(exit) ? exit.cause : Cause.empty)
      const { spans } = yield* record(Effect.fail(rejection).pipe(Effect.withSpan("outer")))
      assert.strictEqual(spans[0]?.attributes["error.type"], "NoSeats")
    })
  )

  it.effect("in a length that is bounded", () =>
    Effect.gen(function* () {
      const many = (depth: number): Error =>
        new AggregateError(depth === 0 ? [] : Arr.makeBy(10, () => many(depth - 1)), "x".repeat(20_000))
      const { spans } = yield* record(Effect.fail(many(3)).pipe(Effect.withSpan("work")))
      assert.strictEqual(spans[0]?.statusMessage?.length, 4_096)
      assert.isBelow(String(spans[0]?.events[0]?.attributes["exception.stacktrace"]).length, 20_000)
    })
  )

  it.effect("on a span without room for attributes", () =>
    Effect.gen(function* () {
      const options = { limits: { ...limits, attributeCount: 1 } }
      const { spans } = yield* record(
        Effect.fail("no").pipe(Effect.withSpan("work", { attributes: { a: 1 } })),
        options
      )
      assert.strictEqual(spans[0]?.attributes["error.type"], "Error")
    })
  )
})

const reason = AbortSignal.abort().reason
const timeout = new DOMException("too late", "TimeoutError")

describe("an abort", () => {
  const named = (name: string) => Object.assign(new Error("stopped"), { name })
  const cases: Record<string, [error: unknown, status: string]> = {
    "of the web": [reason, "interrupted"],
    "of Node": [named("AbortError"), "interrupted"],
    "of axios": [named("CanceledError"), "interrupted"],
    "that a request failed of": [
      new HttpClientError.RequestError({ request, reason: "Transport", cause: reason }),
      "interrupted"
    ],
    "that is a timeout": [timeout, "error"],
    "that a timeout caused": [Object.assign(named("AbortError"), { cause: timeout }), "error"],
    "without one": [new Error("AbortError"), "error"]
  }
  for (const [name, [error, status]] of Object.entries(cases)) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const { spans } = yield* record(Effect.fail(error).pipe(Effect.withSpan("chat")))
        assert.strictEqual(spans[0]?.status, status)
        assert.strictEqual("error.type" in (spans[0]?.attributes ?? {}), status === "error")
        assert.strictEqual(spans[0]?.events.length, status === "error" ? 1 : 0)
      })
    )
  }

  it.effect("beside a failure is one of both", () =>
    Effect.gen(function* () {
      const { spans } = yield* record(
        Effect.failCause(Cause.parallel(Cause.fail(reason), Cause.fail("no"))).pipe(Effect.withSpan("chat"))
      )
      assert.strictEqual(spans[0]?.status, "error")
    })
  )
})
