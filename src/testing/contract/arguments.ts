import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Json, JsonObject } from "../../signal/Json.js"
import type { SpanFilters } from "../../storage/Storage.js"
import { at, log, span } from "../Records.js"
import { failure, refuses, type StorageLayer, store, testOn } from "./utils.js"

const filters: ReadonlyArray<readonly [string, unknown]> = [
  ["filters.sessionId", { sessionId: "" }],
  ["filters.sessionId", { sessionId: " s" }],
  ["filters.sessionId", { sessionId: "é" }],
  ["filters.sessionId", { sessionId: 1 }],
  ["filters.sessionId", { sessionId: null }],
  ["filters.traceId", { traceId: "1" }],
  ["filters.traceId", { traceId: "F".repeat(32) }],
  ["filters.threadId", { threadId: 1 }],
  ["filters.userId", { userId: "\ud800" }],
  ["filters.serviceName", { serviceName: {} }],
  ["filters.tags", { tags: "a" }],
  ["filters.tags.0", { tags: [1] }],
  ["filters.metadata", { metadata: [] }],
  ["filters.metadata", { metadata: { a: undefined } }],
  ["filters.metadata", { metadata: { a: 1n } }],
  ["filters.metadata", { metadata: "a" }],
  ["filters.metadata", { metadata: Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`key ${i}`, i])) }],
  ["filters.metadata", { metadata: { list: Array.from({ length: 500 }, (_, i) => [i]) } }],
  ["filters.metadata", { metadata: Array.from({ length: 150 }).reduce<Json>((json) => ({ json }), {}) as JsonObject }],
  ["filters.startedAfter", { startedAfter: 1 }],
  ["filters.startedAfter", { startedAfter: 2n ** 63n }],
  ["filters.startedBefore", { startedBefore: new Date(0) }],
  ["filters.startedBefore", { startedBefore: -(2n ** 63n) - 1n }],
  ["filters.sesionId", { sesionId: "a" }],
  ["filters.toString", { toString: "a" }],
  ["filters", 1],
  ["filters", "a"],
  ["filters", null]
]

const searches: ReadonlyArray<readonly [string, object]> = [
  ["filters.search", { search: /a/ }],
  ["filters.search", { search: "" }],
  ["filters.search", { search: " .-_%\u0000 " }],
  ["filters.search", { search: '"" " "' }],
  ["filters.search", { search: "a\ud800" }],
  ["filters.search", { search: Array.from({ length: 101 }, (_, n) => `w${n}`).join(" ") }],
  ["filters.search", { search: `${Array.from({ length: 20_000 }, (_, n) => `w${n}`)}` }]
]

const spanFilters: ReadonlyArray<readonly [string, object]> = [
  ["filters.spanType", { spanType: "robot" }],
  ["filters.status", { status: "OK" }],
  ["filters.name", { name: 1 }],
  ["filters.model", { model: ["a"] }],
  ["filters.minDuration", { minDuration: "long" }],
  ["filters.minDuration", { minDuration: {} }],
  ["filters.minDuration", { minDuration: Number.POSITIVE_INFINITY }],
  ["filters.minDuration", { minDuration: "1000000 days" }],
  ["filters.hasError", { hasError: "true" }],
  ["filters.level", { level: "info" }],
  ...searches
]

const logFilters: ReadonlyArray<readonly [string, object]> = [
  ["filters.level", { level: "warning" }],
  ["filters.minLevel", { minLevel: 1 }],
  ...searches,
  ["filters.spanType", { spanType: "generic" }],
  ["filters.minDuration", { minDuration: 1 }],
  ["filters.hasError", { hasError: true }]
]

const paginations: ReadonlyArray<readonly [string, unknown]> = [
  ["pagination.limit", { limit: 0 }],
  ["pagination.limit", { limit: -1 }],
  ["pagination.limit", { limit: 1001 }],
  ["pagination.limit", { limit: 1.5 }],
  ["pagination.limit", { limit: Number.NaN }],
  ["pagination.limit", { limit: "10" }],
  ["pagination.limit", { limit: null }],
  ["pagination.cursor", { cursor: "" }],
  ["pagination.cursor", { cursor: "nonsense" }],
  ["pagination.cursor", { cursor: "é\u0000" }],
  ["pagination.cursor", { cursor: "W10" }],
  ["pagination.cursor", { cursor: Buffer.from(`["a","b"]`).toString("base64url") }],
  ["pagination.cursor", { cursor: 1 }],
  ["pagination.offset", { offset: 1 }],
  ["pagination", []]
]

const orders: ReadonlyArray<readonly [string, unknown]> = [
  ["orderBy.field", { field: "name", direction: "asc" }],
  ["orderBy.direction", { field: "time", direction: "up" }],
  ["orderBy.direction", { field: "time" }],
  ["orderBy", "time"]
]

const types = `"agent_run" | "model_generation" | "tool_call" | "workflow_run" | "workflow_step" | "retrieval" | "generic"`
const levels = `"trace" | "debug" | "info" | "warn" | "error" | "fatal"`

const spanMessages: ReadonlyArray<readonly [object, string]> = [
  [{ filters: { spanType: 1 } }, `filters.spanType: Expected ${types}, actual 1`],
  [{ filters: { status: "OK" } }, `filters.status: Expected "running" | "ok" | "error" | "interrupted", actual "OK"`],
  [{ filters: { tags: "a" } }, `filters.tags: Expected an array of texts, actual "a"`],
  [{ filters: 1 }, "filters: Expected an object of filters, actual 1"],
  [{ orderBy: { field: "name", direction: "asc" } }, `orderBy.field: Expected "time" | "duration", actual "name"`],
  [{ orderBy: { field: "time", direction: "up" } }, `orderBy.direction: Expected "asc" | "desc", actual "up"`]
]

const logMessages: ReadonlyArray<readonly [object, string]> = [
  [{ filters: { level: null } }, `filters.level: Expected ${levels}, actual null`],
  [{ filters: { minLevel: "WARN" } }, `filters.minLevel: Expected ${levels}, actual "WARN"`],
  [{ orderBy: { field: "duration", direction: "asc" } }, `orderBy.field: Expected "time", actual "duration"`]
]

/** Arguments that a program without types would pass. */
const asAsked = (value: unknown) => value as never

export const argumentsContract = (layer: StorageLayer) =>
  describe("an argument that is none fails with `InvalidArgument` and is named", () => {
    const test = testOn(layer)

    test("by each method that lists, for filters", (storage) =>
      Effect.gen(function* () {
        for (const [field, value] of filters) {
          yield* refuses(storage.listTraces({ filters: asAsked(value) }), field)
          yield* refuses(storage.listSpans({ filters: asAsked(value) }), field)
          yield* refuses(storage.listSessions({ filters: asAsked(value) }), field)
          yield* refuses(storage.listLogs({ filters: asAsked(value) }), field)
        }
        for (const [field, value] of spanFilters) {
          yield* refuses(storage.listTraces({ filters: asAsked(value) }), field)
          yield* refuses(storage.listSpans({ filters: asAsked(value) }), field)
          yield* refuses(storage.listSessions({ filters: asAsked(value) }), field)
        }
        for (const [field, value] of logFilters) {
          yield* refuses(storage.listLogs({ filters: asAsked(value) }), field)
        }
      }))

    test("by each method that lists, for limits and cursors", (storage) =>
      Effect.gen(function* () {
        yield* store(storage, span({ sessionId: "s" }), log({ sessionId: "s" }))
        for (const [field, value] of paginations) {
          const pagination = asAsked(value)
          yield* refuses(storage.listTraces({ pagination }), field)
          yield* refuses(storage.listSpans({ pagination }), field)
          yield* refuses(storage.listSessions({ pagination }), field)
          yield* refuses(storage.listLogs({ pagination }), field)
          yield* refuses(storage.sessionTimeline({ sessionId: "s", pagination }), field)
        }
      }))

    test("by each method that lists, for orders and other options", (storage) =>
      Effect.gen(function* () {
        for (const [field, value] of orders) {
          const orderBy = asAsked(value)
          yield* refuses(storage.listTraces({ orderBy }), field)
          yield* refuses(storage.listSpans({ orderBy }), field)
          yield* refuses(storage.listSessions({ orderBy }), field)
          yield* refuses(storage.listLogs({ orderBy }), field)
        }
        // @ts-expect-error: logs have no duration
        yield* refuses(storage.listLogs({ orderBy: { field: "duration", direction: "asc" } }), "orderBy.field")
        yield* refuses(storage.listSpans(asAsked({ filter: {} })), "filter")
        yield* refuses(storage.listSpans(asAsked(1)), "options")
        const throwing: object = {
          get filters() {
            throw new Error("no")
          }
        }
        yield* refuses(storage.listSpans(asAsked(throwing)), "options")
      }))

    test("and says all that it may be", (storage) =>
      Effect.gen(function* () {
        for (const [options, message] of spanMessages) {
          assert.strictEqual((yield* failure(storage.listTraces(asAsked(options)))).detail, message)
          assert.strictEqual((yield* failure(storage.listSpans(asAsked(options)))).detail, message)
          assert.strictEqual((yield* failure(storage.listSessions(asAsked(options)))).detail, message)
        }
        for (const [options, message] of logMessages) {
          assert.strictEqual((yield* failure(storage.listLogs(asAsked(options)))).detail, message)
        }
      }))

    test("by the methods that take ids and times", (storage) =>
      Effect.gen(function* () {
        const id = "0".repeat(16)
        yield* refuses(storage.getTrace("x"), "traceId")
        yield* refuses(storage.getTrace(asAsked(undefined)), "traceId")
        yield* refuses(storage.traceOutline("x"), "traceId")
        yield* refuses(storage.traceOutline(asAsked(undefined)), "traceId")
        yield* refuses(storage.getSpan({ traceId: "x", spanId: id }), "traceId")
        yield* refuses(storage.getSpan({ traceId: id + id, spanId: "x" }), "spanId")
        yield* refuses(storage.getSpan(asAsked({ traceId: id + id })), "spanId")
        yield* refuses(storage.getSession(""), "sessionId")
        yield* refuses(storage.getSession("a\u0000"), "sessionId")
        yield* refuses(storage.sessionTimeline({ sessionId: "x".repeat(201) }), "sessionId")
        yield* refuses(storage.sessionTimeline(asAsked({})), "sessionId")
        yield* refuses(storage.deleteSession(" "), "sessionId")
        yield* refuses(storage.deleteBefore(asAsked(1)), "time")
        yield* refuses(storage.deleteBefore(2n ** 63n), "time")
      }))

    test("by the methods that insert", (storage) =>
      Effect.gen(function* () {
        for (const value of [null, undefined, 1, {}, span()]) {
          yield* refuses(storage.insertSpans(asAsked(value)), "records")
          yield* refuses(storage.insertLogs(asAsked(value)), "records")
        }
      }))

    test("when it is the cursor of another query", (storage) =>
      Effect.gen(function* () {
        yield* store(
          storage,
          ...Array.from({ length: 5 }, () => span({ sessionId: "s", tags: ["a"] })),
          ...Array.from({ length: 5 }, () => log({ sessionId: "s" }))
        )
        const page = yield* storage.listSpans({ filters: { sessionId: "s" }, pagination: { limit: 2 } })
        const pagination = { limit: 2, cursor: Option.getOrThrow(page.nextCursor) }
        const field = "pagination.cursor"
        const others: ReadonlyArray<SpanFilters> = [
          {},
          { sessionId: "t" },
          { sessionId: "s", tags: ["a"] },
          { threadId: "s" },
          { sessionId: "s", startedAfter: at(0) }
        ]
        for (const filters of others) yield* refuses(storage.listSpans({ filters, pagination }), field)
        const filters = { sessionId: "s" }
        yield* refuses(storage.listSpans({ filters, pagination, orderBy: { field: "time", direction: "asc" } }), field)
        yield* refuses(
          storage.listSpans({ filters, pagination, orderBy: { field: "duration", direction: "desc" } }),
          field
        )
        yield* refuses(storage.listTraces({ filters, pagination }), field)
        yield* refuses(storage.listLogs({ filters, pagination }), field)
        yield* refuses(storage.listSessions({ filters, pagination }), field)
        yield* refuses(storage.sessionTimeline({ sessionId: "s", pagination }), field)
        yield* storage.listSpans({ filters: { ...filters, tags: undefined }, pagination })
      }))

    test("when it is a cursor that was tampered with", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertSpans([span(), span(), span()])
        const page = yield* storage.listSpans({ pagination: { limit: 1 } })
        const parts: Array<string> = JSON.parse(Buffer.from(Option.getOrThrow(page.nextCursor), "base64url").toString())
        const forge = (...changed: ReadonlyArray<unknown>) =>
          storage.listSpans({
            pagination: { cursor: Buffer.from(JSON.stringify(changed)).toString("base64url") }
          })
        const [owner, time, trace, id] = parts
        for (const bad of ["x", "", "1.5", "9223372036854775808", "1e3", "1; DROP TABLE", null, 1]) {
          yield* refuses(forge(owner, bad, trace, id), "pagination.cursor")
        }
        yield* refuses(forge(owner, time, trace), "pagination.cursor")
        yield* refuses(forge(owner, time, trace, id, "more"), "pagination.cursor")
        yield* forge(owner, time, "'; DROP TABLE mastra_ai_spans; --", id)
      }))
  })
