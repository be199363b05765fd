import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import type { LogRecord } from "../../src/signal/LogRecord.js"
import type { SpanRecord } from "../../src/signal/SpanRecord.js"
import * as DuckDbStorage from "../../src/storage/duckdb/DuckDbStorage.js"
import * as Storage from "../../src/storage/Storage.js"
import { sameAnswers, sameSessionsAndTraces, storeDrawn } from "../../src/testing/contract/equal.js"
import { failure, pages, type StorageLayer, store } from "../../src/testing/contract/utils.js"
import { draw, lists } from "../../src/testing/drawn.js"
import { at, log, metric, score, span, spanId, traceId } from "../../src/testing/Records.js"
import * as Clickhouse from "../utils/chdb.js"
import { describeClickhouse } from "../utils/describeClickhouse.js"
import { folder } from "../utils/folder.js"

type Service = Storage.StorageService

const open = (layer: StorageLayer) => Effect.map(Layer.build(layer), Context.get(Storage.Storage))
const memory = open(Storage.layerMemory)
const duckDb = DuckDbStorage.layer({ path: ":memory:" })

/** All that is stored, in the order of the storage. */
const contents = (storage: Service) => {
  const all = <A>(
    list: (options: {
      readonly pagination: Storage.Pagination
    }) => Effect.Effect<Storage.PaginatedResult<A>, Storage.StorageError>
  ) =>
    Effect.map(
      pages((pagination) => list({ pagination }), 1000),
      (pages) => pages.flat()
    )
  return Effect.all({
    spans: all(storage.listSpans),
    logs: all(storage.listLogs),
    metrics: all(storage.listMetrics),
    scores: all(storage.listScores)
  })
}

const session = (n: number) => ({ sessionId: `s${n}` })

/** Sessions of a span and a log each, one after the other. */
const sessions = (count: number): ReadonlyArray<SpanRecord | LogRecord> =>
  Array.from({ length: count }, (_, n) => [
    span({ ...session(n), startTime: at(n), endTime: at(n) }),
    log({ ...session(n), timestamp: at(n) })
  ]).flat()

/** A storage that counts the records written to it, and is gone after so many batches of spans. */
const watched = (to: Service, batches = Number.POSITIVE_INFINITY) => {
  const seen = { spans: 0, largest: 0, batches: 0 }
  const storage: Service = {
    ...to,
    insertSpans: (spans) => {
      if (seen.batches++ >= batches) return new Storage.StorageError({ reason: "Unavailable", retryable: true })
      seen.spans += spans.length
      seen.largest = Math.max(seen.largest, spans.length)
      return to.insertSpans(spans)
    }
  }
  return { seen, storage }
}

const copies = (layer: StorageLayer) => {
  it.scopedLive("and back, everything answers alike, also what is in no session", () =>
    Effect.gen(function* () {
      const drawn = draw({ seed: 7, sessions: 5, traces: 20, spans: 120, logs: 80, limit: 40 })
      const [from, via, to] = yield* Effect.all([memory, open(layer), memory])
      yield* storeDrawn(from, drawn)
      const copied = yield* Storage.copy({ from, to: via })
      yield* Storage.copy({ from: via, to })
      const all = yield* contents(from)
      assert.deepStrictEqual(yield* contents(to), all)
      assert.deepStrictEqual(copied, {
        sessions: 0,
        spans: all.spans.length,
        logs: all.logs.length,
        metrics: all.metrics.length,
        scores: all.scores.length,
        resumeAfter: undefined
      })
      for (const list of lists) {
        yield* sameAnswers(to, from, drawn, list, 20)
      }
      yield* sameSessionsAndTraces(to, from, drawn)
    })
  )

  it.scopedLive("and back, a session answers alike", () =>
    Effect.gen(function* () {
      const drawn = draw({ seed: 8, sessions: 5, traces: 20, spans: 120, logs: 80, limit: 40 })
      const [from, via, to] = yield* Effect.all([memory, open(layer), memory])
      yield* storeDrawn(from, drawn)
      const filters = { sessionId: "s2" }
      const copied = yield* Storage.copy({ from, to: via, filters })
      assert.strictEqual(copied.sessions, 1)
      yield* Storage.copy({ from: via, to, filters })
      for (const list of ["listTraces", "listSpans", "listLogs", "listScores", "listSessions"] as const) {
        assert.deepStrictEqual(yield* to[list]({ filters }), yield* from[list]({ filters }))
      }
      const { items } = yield* from.listSpans({ filters })
      const traceIds = Array.from(new Set(items.map((span) => span.traceId)))
      assert.isAbove(traceIds.length, 3)
      yield* sameSessionsAndTraces(to, from, { sessionIds: ["s2"], traceIds })
      const inTraces = Effect.forEach(traceIds, (traceId) => from.listLogs({ filters: { traceId } }))
      for (const traceId of traceIds) {
        assert.deepStrictEqual(
          yield* to.listMetrics({ filters: { traceId } }),
          yield* from.listMetrics({ filters: { traceId } })
        )
      }
      assert.deepStrictEqual(
        yield* Effect.forEach(traceIds, (traceId) => to.listLogs({ filters: { traceId } })),
        yield* inTraces
      )
      assert.isBelow((yield* contents(to)).spans.length, (yield* contents(from)).spans.length)
    })
  )

  it.scopedLive("copies a trace of more than 10,000 spans whole, in batches of at most 1,000", () =>
    Effect.gen(function* () {
      const [from, to] = yield* Effect.all([memory, open(layer)])
      const spans = Array.from({ length: 10_500 }, (_, n) =>
        span({ traceId: traceId(1), spanId: spanId(n + 1), startTime: at(n), ...(n === 0 ? session(1) : {}) })
      )
      yield* from.insertSpans(spans)
      const { seen, storage } = watched(to)
      yield* Storage.copy({ from, to: storage, filters: session(1) })
      assert.deepStrictEqual(seen, { spans: 10_500, largest: 1_000, batches: 11 })
      const { spans: copied } = yield* contents(to)
      assert.lengthOf(copied, 10_500)
    })
  )
}

describe("Storage.copy", () => {
  describe("to DuckDB", () => copies(duckDb))
  describeClickhouse("to ClickHouse", () => copies(Clickhouse.layer()))

  it.effect("copies the sessions that the filters choose, with rows of theirs that have no session", () =>
    Effect.gen(function* () {
      const [from, to] = yield* Effect.all([memory, memory])
      const trace = { traceId: traceId(1e9) }
      yield* store(
        from,
        span({ ...session(1), ...trace, name: "entry", userId: "ada" }),
        span({ ...trace, name: "running", status: "running" }),
        span({ ...session(2), ...trace, name: "of another session" }),
        span({ ...session(2), name: "elsewhere" }),
        span({ name: "in no session" }),
        log({ ...trace, message: "in the trace" }),
        log({ ...session(1), message: "in the session" }),
        log({ ...session(2), message: "elsewhere" })
      )
      yield* Storage.copy({ from, to, filters: { userId: "ada" } })
      const { logs, spans } = yield* contents(to)
      assert.sameMembers(
        spans.map((span) => span.name),
        ["entry", "running", "of another session"]
      )
      assert.sameMembers(
        logs.map((log) => log.message),
        ["in the trace", "in the session"]
      )
    }).pipe(Effect.scoped)
  )

  for (const filters of [undefined, { serviceName: "test" }]) {
    const what = filters === undefined ? "of everything" : "of the sessions that filters choose"

    it.scopedLive(`a copy ${what} that was broken off goes on where it was, and has all in the end`, () =>
      Effect.gen(function* () {
        const [from, to] = yield* Effect.all([memory, memory])
        const count = filters === undefined ? 3_000 : 150
        yield* store(from, ...sessions(count))
        let reported: Storage.CopyProgress | undefined
        const onProgress = (progress: Storage.CopyProgress) =>
          Effect.sync(() => {
            reported = progress
          })
        const broken = watched(to, 2)
        const error = yield* failure(Storage.copy({ from, to: broken.storage, filters, onProgress }))
        assert.strictEqual(error.reason, "Unavailable")
        assert.isDefined(reported?.resumeAfter)
        assert.strictEqual(reported?.spans, broken.seen.spans)

        const rest = watched(to)
        yield* Storage.copy({ from, to: rest.storage, filters, onProgress, resumeAfter: reported?.resumeAfter })
        assert.strictEqual(broken.seen.spans + rest.seen.spans, count)
        assert.isUndefined(reported?.resumeAfter)
        assert.deepStrictEqual(yield* contents(to), yield* contents(from))
      })
    )
  }

  it.effect("copies the traces of a session that a log or a score alone is in", () =>
    Effect.gen(function* () {
      const [from, to] = yield* Effect.all([memory, memory])
      yield* store(
        from,
        span({ traceId: traceId(1) }),
        log({ traceId: traceId(1), ...session(1) }),
        span({ traceId: traceId(2) }),
        metric({ traceId: traceId(2) }),
        score({ traceId: traceId(2), ...session(1) })
      )
      yield* Storage.copy({ from, to, filters: { sessionId: "s1" } })
      assert.deepStrictEqual(yield* to.deleteSession("s1"), yield* from.deleteSession("s1"))
    }).pipe(Effect.scoped)
  )

  it.scopedLive("a copy that is repeated changes nothing, but brings what is new", () =>
    Effect.gen(function* () {
      const [from, to] = yield* Effect.all([memory, open(duckDb)])
      const running = { ...session(3), traceId: traceId(1e9), spanId: spanId(1e9), startTime: at(1) }
      yield* store(from, ...sessions(20), span({ ...running, status: "running" }))
      yield* Storage.copy({ from, to })
      yield* store(from, ...sessions(5), span(running))
      for (let i = 0; i < 2; i++) {
        yield* Storage.copy({ from, to })
        assert.deepStrictEqual(yield* contents(to), yield* contents(from))
      }
    })
  )

  it.scopedLive("a copy to where it comes from, by whatever way, ends and changes nothing", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "spans.duckdb")
      const inFile = DuckDbStorage.layer({ path })
      const [one, other, alone] = yield* Effect.all([open(inFile), open(inFile), memory])
      for (const [from, to] of [
        [alone, alone],
        [one, one],
        [one, other]
      ] as const) {
        yield* store(from, ...sessions(60))
        const before = yield* contents(from)
        for (const filters of [undefined, { serviceName: "test" }]) {
          const { spans } = yield* Storage.copy({ from, to, filters })
          assert.strictEqual(spans, before.spans.length)
          assert.deepStrictEqual(yield* contents(to), before)
        }
      }
    })
  )

  it.scopedLive("says what a storage lacks that is copied to, and passes over what one lacks that is copied", () =>
    Effect.gen(function* () {
      const from = yield* memory
      yield* store(from, ...sessions(5))
      const spansAlone = Storage.make({ listSpans: from.listSpans })
      const error = yield* failure(Storage.copy({ from, to: spansAlone }))
      assert.deepStrictEqual([error.reason, error.retryable], ["Unsupported", false])
      const { logs, spans } = yield* Storage.copy({ from: spansAlone, to: yield* memory })
      assert.deepStrictEqual([spans, logs], [5, 0])
    })
  )

  it.effect("waits for what is done at its progress, and ends when that fails", () =>
    Effect.gen(function* () {
      const [from, to] = yield* Effect.all([memory, memory])
      yield* store(from, ...sessions(3_000))
      const error = yield* Effect.flip(
        Storage.copy({ from, to, onProgress: ({ spans }) => (spans < 2_000 ? Effect.void : Effect.fail("enough")) })
      )
      assert.strictEqual(error, "enough")
      assert.lengthOf((yield* contents(to)).spans, 2_000)
    }).pipe(Effect.scoped)
  )

  it.effect("refuses a place of a copy with other filters", () =>
    Effect.gen(function* () {
      const [from, to] = yield* Effect.all([memory, memory])
      yield* store(from, ...sessions(60))
      const places: Array<string> = []
      yield* Storage.copy({
        from,
        to,
        filters: { serviceName: "test" },
        onProgress: ({ resumeAfter }) => Effect.sync(() => resumeAfter !== undefined && places.push(resumeAfter))
      })
      const [resumeAfter] = places
      for (const options of [{}, { filters: { serviceName: "other" } }, { resumeAfter: "spans:x" }]) {
        const error = yield* failure(Storage.copy({ from, to, resumeAfter, ...options }))
        assert.strictEqual(error.reason, "InvalidArgument")
        assert.strictEqual(error.field, "resumeAfter")
      }
    }).pipe(Effect.scoped)
  )
})
