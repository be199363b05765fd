import { assert, describe } from "@effect/vitest"
import { Effect, FastCheck as fc } from "effect"
import type { SpanRecord } from "../../../src/signal/SpanRecord.js"
import * as Storage from "../../../src/storage/Storage.js"
import { at, type LogFields, log, type SpanFields, span, spanId, traceId } from "../../utils/records.js"
import { pages, type StorageLayer, testOn } from "./utils.js"

/** Records and queries are drawn from few values, so that they meet. */
const few = fc.constantFrom("a", "b", "c")
const time = fc.integer({ min: 0, max: 12 }).map(at)

const common = {
  sessionId: fc.constantFrom("s1", "s2", "s3", "s4", "s5"),
  threadId: few,
  runId: few,
  userId: few,
  environment: few,
  metadata: fc.record(
    { a: fc.constantFrom(1, "1", null), b: fc.constantFrom({ x: 1, y: 2 }, [1]) },
    { requiredKeys: [] }
  )
}
const tags = fc.uniqueArray(few, { maxLength: 3 })
const spanType = fc.constantFrom("agent_run", "model_generation", "tool_call")

/** What may change while a span runs. */
const changing = fc.record(
  {
    ...common,
    tags,
    spanType,
    model: few,
    inputTokens: fc.nat(100),
    costUsd: fc.constantFrom(0.25, 0.5, 1),
    attributes: fc.constantFrom({}, { "effect_observability.replay": true })
  },
  { requiredKeys: ["tags"] }
)

const parent = fc.constantFrom(
  {},
  { parentSpanId: spanId(1) },
  { parentSpanId: spanId(2), parentIsRemote: true },
  { parentSpanId: spanId(99) }
)

/** The versions in which one span is stored: running and completed ones, in any order. */
const versions = fc
  .tuple(
    fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 6 })),
    fc.record({ startTime: time, name: few, serviceName: few }),
    parent,
    fc.array(
      fc.tuple(
        changing,
        fc.constantFrom("running", "ok", "ok", "error", "interrupted"),
        fc.integer({ min: 0, max: 6 })
      ),
      { minLength: 1, maxLength: 3 }
    )
  )
  .map(([[trace, id], fixed, parent, versions]) => ({
    id: `${trace} ${id}`,
    versions: versions.map(([fields, status, millis]) =>
      span({
        traceId: traceId(trace),
        spanId: spanId(id),
        ...fixed,
        ...parent,
        ...(fields as SpanFields),
        status: status as "ok",
        ...(status === "running" ? {} : { endTime: fixed.startTime + BigInt(millis) * 1_000_000n })
      })
    )
  }))

const someLog = fc
  .record(
    {
      ...common,
      tags,
      traceId: fc.integer({ min: 1, max: 20 }).map(traceId),
      timestamp: time,
      level: fc.constantFrom("debug", "info", "warn", "error"),
      message: fc.constantFrom("one", "ONE two", "100%")
    },
    { requiredKeys: ["timestamp", "level", "message"] }
  )
  .map((fields) => log(fields as LogFields))

const commonFilters = {
  ...common,
  serviceName: few,
  traceId: fc.integer({ min: 1, max: 20 }).map(traceId),
  tags: fc.subarray(["a", "b"], { minLength: 1 }),
  startedAfter: time,
  startedBefore: time
}
const spanFilters = {
  ...commonFilters,
  spanType,
  name: few,
  status: fc.constantFrom("ok", "error", "running"),
  model: few,
  minDuration: fc.integer({ min: 0, max: 6 }),
  hasError: fc.boolean()
}
const logFilters = {
  ...commonFilters,
  level: fc.constantFrom("info", "warn"),
  minLevel: fc.constantFrom("info", "warn"),
  search: fc.constantFrom("One", "%", "tw")
}

/** Up to three filters at once. */
const query = (filters: Record<string, fc.Arbitrary<unknown>>, ...fields: ReadonlyArray<string>) =>
  fc.record({
    filters: fc
      .subarray(Object.keys(filters), { maxLength: 3 })
      .chain((keys) => fc.record(Object.fromEntries(keys.map((key) => [key, filters[key] as fc.Arbitrary<unknown>])))),
    orderBy: fc.record({ field: fc.constantFrom(...fields), direction: fc.constantFrom("asc", "desc") }),
    limit: fc.integer({ min: 2, max: 20 })
  })

const draw = <A>(arbitrary: fc.Arbitrary<A>, count: number): Array<A> =>
  fc.sample(arbitrary, { numRuns: count, seed: 42 })

type Lists = "listTraces" | "listSpans" | "listLogs" | "listSessions"

const asked: Readonly<Record<Lists, fc.Arbitrary<{ filters: object; orderBy: object; limit: number }>>> = {
  listTraces: query(spanFilters, "time", "duration"),
  listSpans: query(spanFilters, "time", "duration"),
  listLogs: query(logFilters, "time"),
  listSessions: query(spanFilters, "time", "duration")
}

export const referenceContract = (layer: StorageLayer) =>
  describe("answers drawn queries as the storage in memory does", () => {
    const test = testOn(layer)

    const filled = (storage: Storage.StorageService) =>
      Effect.gen(function* () {
        const reference = yield* Effect.provide(Storage.Storage, Storage.layerMemory)
        const drawn = new Map(draw(versions, 120).map(({ id, versions }) => [id, versions]))
        const logs = draw(someLog, 80)
        for (const each of [reference, storage]) {
          for (const round of [0, 1, 2]) {
            const spans = Array.from(drawn.values()).flatMap(
              (versions): ReadonlyArray<SpanRecord> => versions.slice(round, round + 1)
            )
            yield* each.insertSpans(spans)
          }
          yield* each.insertLogs(logs)
        }
        return reference
      })

    for (const method of ["listTraces", "listSpans", "listLogs", "listSessions"] as const) {
      test(method, (storage) =>
        Effect.gen(function* () {
          const reference = yield* filled(storage)
          let found = 0
          for (const { filters, limit, orderBy } of draw(asked[method], 150)) {
            const answer = (from: Storage.StorageService) =>
              pages<object>((pagination) => from[method]({ filters, orderBy, pagination } as never), limit)
            const expected = yield* answer(reference)
            found += expected.flat().length
            const shown = JSON.stringify({ filters, orderBy, limit }, (_, value) =>
              typeof value === "bigint" ? `${value}n` : value
            )
            assert.deepStrictEqual(yield* answer(storage), expected, shown)
          }
          assert.isAbove(found, 100, "the queries find something")
        })
      )
    }

    test("getTrace, getSession, sessionTimeline and deletes", (storage) =>
      Effect.gen(function* () {
        const reference = yield* filled(storage)
        const same = <A>(ask: (from: Storage.StorageService) => Effect.Effect<A, Storage.StorageError>) =>
          Effect.gen(function* () {
            assert.deepStrictEqual(yield* ask(storage), yield* ask(reference))
          })
        const state = Effect.gen(function* () {
          for (const id of Array.from({ length: 21 }, (_, n) => traceId(n))) yield* same((_) => _.getTrace(id))
          for (const sessionId of ["s1", "s2", "s3", "s4", "s5", "s6"]) {
            yield* same((_) => _.getSession(sessionId))
            yield* same((_) => pages((pagination) => _.sessionTimeline({ sessionId, pagination }), 4))
          }
        })
        yield* state
        yield* same((_) => _.deleteSession("s1"))
        yield* state
        yield* same((_) => _.deleteBefore(at(5)))
        yield* state
      }))
  })
