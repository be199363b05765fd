/** The cases of the W3C trace-context harness, asked of the service that it would be run against. */
import { createServer, type IncomingMessage } from "node:http"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { raw, start } from "./utils.js"

const traceId = "12345678901234567890123456789012"
const parent = (flags = "00") => ["traceparent", `00-${traceId}-1234567890123456-${flags}`]
const states = (...values: ReadonlyArray<string>) => values.flatMap((value) => ["tracestate", value])
const members = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `bar${from + index}=${from + index}`).join(",")

const key = "abcdefghijklmnopqrstuvwxyz0123456789_-*/"
const value = Array.from({ length: 0x7f - 0x20 }, (_, index) => String.fromCharCode(0x20 + index))
  .join("")
  .replace(/[,=]/g, "")

class Harness extends Context.Tag("Harness")<
  Harness,
  /** Has the service call back so many times, and gives the headers of each call. */
  (headers: ReadonlyArray<string>, count?: number) => Effect.Effect<ReadonlyArray<IncomingMessage["headers"]>, Error>
>() {}

const HarnessLive = Layer.scoped(
  Harness,
  Effect.gen(function* () {
    const seen: Array<IncomingMessage["headers"]> = []
    const server = yield* Effect.acquireRelease(
      Effect.async<ReturnType<typeof createServer>>((resume) => {
        const server = createServer((request, response) => {
          seen.push(request.headers)
          request.resume().on("end", () => response.end())
        }).listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) => Effect.sync(() => server.close())
    )
    const address = server.address()
    const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`
    const service = yield* start("../w3c-service/main.ts", /(http:\S+)/, { HOST: "127.0.0.1", PORT: "0" })
    return (headers, count = 1) =>
      Effect.gen(function* () {
        seen.length = 0
        const calls = Array.from({ length: count }, (_, index) => ({ url: `${url}/${index}`, arguments: [] }))
        const body = JSON.stringify(calls)
        const { status } = yield* raw(
          service,
          [...headers, "content-type", "application/json", "content-length", `${body.length}`],
          { method: "POST" },
          body
        )
        assert.strictEqual(status, 200)
        assert.strictEqual(seen.length, count)
        return Array.from(seen)
      })
  })
)

const written = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/
const idsOf = (headers: IncomingMessage["headers"] | undefined) => {
  const [, trace, span, flags] = written.exec(String(headers?.traceparent)) ?? []
  assert.isDefined(trace, `no valid traceparent: ${headers?.traceparent}`)
  return { trace: trace as string, span: span as string, flags: flags as string }
}

layer(HarnessLive, { excludeTestServices: true, timeout: "60 seconds" })("the W3C service", (it) => {
  const continued: ReadonlyArray<readonly [name: string, headers: ReadonlyArray<string>, state?: string]> = [
    ["a traceparent alone", parent("01")],
    ["TraceParent", ["TraceParent", `00-${traceId}-1234567890123456-01`]],
    ["TrAcEpArEnT", ["TrAcEpArEnT", `00-${traceId}-1234567890123456-01`]],
    ["TRACEPARENT", ["TRACEPARENT", `00-${traceId}-1234567890123456-01`]],
    ["version cc", ["traceparent", `cc-${traceId}-1234567890123456-01`]],
    ["version cc with more", ["traceparent", `cc-${traceId}-1234567890123456-01-what-the-future-will-be-like`]],
    ["a space before", ["traceparent", ` 00-${traceId}-1234567890123456-01`]],
    ["a tab before", ["traceparent", `\t00-${traceId}-1234567890123456-01`]],
    ["a space after", ["traceparent", `00-${traceId}-1234567890123456-01 `]],
    ["a tab after", ["traceparent", `00-${traceId}-1234567890123456-01\t`]],
    ["space around", ["traceparent", `\t 00-${traceId}-1234567890123456-01 \t`]],
    ["a tracestate", [...parent(), ...states("foo=1,bar=2")], "foo=1,bar=2"],
    ["trace-state, which is none", [...parent(), "trace-state", "foo=1"]],
    ["trace.state, which is none", [...parent(), "trace.state", "foo=1"]],
    ["TraceState", [...parent(), "TraceState", "foo=1"], "foo=1"],
    ["TrAcEsTaTe", [...parent(), "TrAcEsTaTe", "foo=1"], "foo=1"],
    ["TRACESTATE", [...parent(), "TRACESTATE", "foo=1"], "foo=1"],
    ["an empty tracestate", [...parent(), ...states("")]],
    ["an empty tracestate last", [...parent(), ...states("foo=1", "")], "foo=1"],
    ["an empty tracestate first", [...parent(), ...states("", "foo=1")], "foo=1"],
    [
      "several tracestates",
      [...parent(), ...states("foo=1,bar=2", "rojo=1,congo=2", "baz=3")],
      "foo=1,bar=2,rojo=1,congo=2,baz=3"
    ],
    ["the same member twice", [...parent(), ...states("foo=1,foo=1")], "foo=1"],
    ["the same key twice", [...parent(), ...states("foo=1,foo=2")], "foo=1"],
    ["the same member in two headers", [...parent(), ...states("foo=1", "foo=1")], "foo=1"],
    ["the same key in two headers", [...parent(), ...states("foo=1", "foo=2")], "foo=1"],
    ["every character of a key and of a value", [...parent(), ...states(`${key}=${value}`)], `${key}=${value}`],
    [
      "every character of a key with an at sign",
      [...parent(), ...states(`${key}@a-z0-9_-*/=${value}`)],
      `${key}@a-z0-9_-*/=${value}`
    ],
    ["space around members", [...parent(), ...states("foo=1 \t , \t bar=2, \t baz=3")], "foo=1,bar=2,baz=3"],
    ["tabs around members", [...parent(), ...states("foo=1\t \t,\t \tbar=2,\t \tbaz=3")], "foo=1,bar=2,baz=3"],
    ["a space before a tracestate", [...parent(), ...states(" foo=1")], "foo=1"],
    ["a tab before a tracestate", [...parent(), ...states("\tfoo=1")], "foo=1"],
    ["a space after a tracestate", [...parent(), ...states("foo=1 ")], "foo=1"],
    ["a tab after a tracestate", [...parent(), ...states("foo=1\t")], "foo=1"],
    ["space around a tracestate", [...parent(), ...states("\t foo=1 \t")], "foo=1"],
    ["an illegal key", [...parent(), ...states("foo =1")]],
    ["an upper-case key", [...parent(), ...states("FOO=1")]],
    ["a key with a full stop", [...parent(), ...states("foo.bar=1")]],
    ["a key that begins with an at sign", [...parent(), ...states("@foo=1,bar=2")]],
    ["a key that ends with an at sign", [...parent(), ...states("foo@=1,bar=2")], "foo@=1,bar=2"],
    ["a key with two at signs", [...parent(), ...states("foo@@bar=1,bar=2")], "foo@@bar=1,bar=2"],
    ["a key with at signs apart", [...parent(), ...states("foo@bar@baz=1,bar=2")], "foo@bar@baz=1,bar=2"],
    ["a value with an equals sign", [...parent(), ...states("foo=bar=baz")]],
    ["an empty value", [...parent(), ...states("foo=,bar=3")]],
    ["32 members", [...parent(), ...states(members(1, 10), members(11, 32))], members(1, 32)],
    ["33 members", [...parent(), ...states(members(1, 10), members(11, 33))]],
    [
      "a key of 256 characters",
      [...parent(), ...states("foo=1", `${"z".repeat(256)}=1`)],
      `foo=1,${"z".repeat(256)}=1`
    ],
    ["a key of 257 characters", [...parent(), ...states("foo=1", `${"z".repeat(257)}=1`)]],
    ...[`${"t".repeat(241)}@${"v".repeat(14)}`, `${"t".repeat(242)}@v`, `t@${"v".repeat(15)}`].map(
      (key): readonly [string, ReadonlyArray<string>, string] => [
        `a key with ${key.length - 1 - key.indexOf("@")} characters behind the at sign, ${key.length} in all`,
        [...parent(), ...states("foo=1", `${key}=1`)],
        `foo=1,${key}=1`
      ]
    )
  ]
  for (const [name, headers, state] of continued) {
    it.effect(`continues the trace with ${name}`, () =>
      Effect.gen(function* () {
        const [call] = yield* (yield* Harness)(headers)
        assert.strictEqual(idsOf(call).trace, traceId)
        assert.notStrictEqual(idsOf(call).span, "1234567890123456")
        assert.strictEqual(call?.tracestate, state)
      })
    )
  }

  const restarted: ReadonlyArray<readonly [name: string, headers: ReadonlyArray<string>]> = [
    ["no header", []],
    ["a tracestate alone", states("foo=1")],
    ["a tracestate of two members alone", states("foo=1,bar=2")],
    ["the same traceparent twice", [...parent(), ...parent()]],
    ["two traceparents", [...parent(), "traceparent", "00-12345678901234567890123456789011-1234567890123456-01"]],
    ["trace-parent", ["trace-parent", `00-${traceId}-1234567890123456-01`]],
    ["trace.parent", ["trace.parent", `00-${traceId}-1234567890123456-01`]],
    ...[
      `00-${traceId}-1234567890123456-01.`,
      `00-${traceId}-1234567890123456-01-what-the-future-will-be-like`,
      `cc-${traceId}-1234567890123456-01.what-the-future-will-be-like`,
      `ff-${traceId}-1234567890123456-01`,
      `.0-${traceId}-1234567890123456-01`,
      `0.-${traceId}-1234567890123456-01`,
      `000-${traceId}-1234567890123456-01`,
      `0000-${traceId}-1234567890123456-01`,
      `0-${traceId}-1234567890123456-01`,
      "00-00000000000000000000000000000000-1234567890123456-01",
      "00-.2345678901234567890123456789012-1234567890123456-01",
      "00-1234567890123456789012345678901.-1234567890123456-01",
      `00-${traceId}3-1234567890123456-01`,
      "00-1234567890123456789012345678901-1234567890123456-01",
      `00-${traceId}-0000000000000000-01`,
      `00-${traceId}-.234567890123456-01`,
      `00-${traceId}-123456789012345.-01`,
      `00-${traceId}-12345678901234567-01`,
      `00-${traceId}-123456789012345-01`,
      `00-${traceId}-1234567890123456-.0`,
      `00-${traceId}-1234567890123456-0.`,
      `00-${traceId}-1234567890123456-001`,
      `00-${traceId}-1234567890123456-1`
    ].map((header): readonly [string, ReadonlyArray<string>] => [header, ["traceparent", header, ...states("foo=1")]])
  ]
  for (const [name, headers] of restarted) {
    it.effect(`begins a trace with ${name}`, () =>
      Effect.gen(function* () {
        const [call] = yield* (yield* Harness)(headers)
        assert.notStrictEqual(idsOf(call).trace, traceId)
        assert.notMatch(idsOf(call).trace, /^0+$/)
        assert.isUndefined(call?.tracestate)
      })
    )
  }

  for (const flags of ["00", "01", "02", "03"]) {
    it.effect(`sends the flags ${flags} on`, () =>
      Effect.gen(function* () {
        const [call] = yield* (yield* Harness)(parent(flags))
        assert.strictEqual(idsOf(call).flags, flags)
      })
    )
  }

  const repeated: ReadonlyArray<readonly [name: string, headers: ReadonlyArray<string>, traces: string | undefined]> = [
    ["a traceparent", parent("01"), traceId],
    ["no traceparent", [], undefined],
    ["an illegal traceparent", ["traceparent", "00-00000000000000000000000000000000-1234567890123456-01"], undefined]
  ]
  for (const [name, headers, trace] of repeated) {
    it.effect(`calls three times with a span each after ${name}`, () =>
      Effect.gen(function* () {
        const calls = (yield* (yield* Harness)(headers, 3)).map(idsOf)
        assert.strictEqual(new Set(calls.map(({ span }) => span)).size, 3)
        if (trace !== undefined) for (const call of calls) assert.strictEqual(call.trace, trace)
      })
    )
  }
})
