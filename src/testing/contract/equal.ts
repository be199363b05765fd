/** Comparisons of two storages that hold the same records. */
import { assert } from "@effect/vitest"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { RecordOf, SignalName } from "../../signal/signals.js"
import * as Storage from "../../storage/Storage.js"
import { type Drawn, type Lists, otherNames, type Question } from "../drawn.js"
import { pages } from "./utils.js"

type Service = Storage.StorageService

export const storeDrawn = (storage: Service, drawn: Drawn) => {
  // Records that replace others come in more than one batch.
  const inBatches = <N extends keyof typeof drawn & SignalName>(name: N) => {
    const records = drawn[name] as ReadonlyArray<RecordOf<N>>
    return Arr.chunksOf(records, Math.ceil(records.length / 3)).map(Storage.methodsOf(storage, name).insert)
  }
  return Effect.all([...drawn.rounds.map(storage.insertSpans), ...otherNames.flatMap(inBatches)], { discard: true })
}

/** Asks drawn questions, page by page, and gives how many rows were found. */
export const sameAnswers = (actual: Service, expected: Service, drawn: Drawn, list: Lists, count: number) =>
  sameRows(
    actual,
    expected,
    drawn.asked(list, count).map((question) => ({ list, ...question }))
  )

/** The same for questions of any lists. */
export const sameRows = Effect.fnUntraced(function* (
  actual: Service,
  expected: Service,
  questions: ReadonlyArray<Question & { readonly list: Lists }>
) {
  let found = 0
  for (const { filters, limit, list, orderBy } of questions) {
    const answer = (from: Service) =>
      pages<object>((pagination) => from[list]({ filters, orderBy, pagination } as never), limit)
    const rows = yield* answer(expected)
    found += rows.flat().length
    const shown = JSON.stringify({ list, filters, orderBy, limit }, (_, value) =>
      typeof value === "bigint" ? `${value}n` : value
    )
    assert.deepStrictEqual(yield* answer(actual), rows, shown)
  }
  return found
})

/** Asks for every trace and every session, and for one that is not there. */
export const sameSessionsAndTraces = Effect.fnUntraced(function* (
  actual: Service,
  expected: Service,
  { sessionIds, traceIds }: Pick<Drawn, "sessionIds" | "traceIds">
) {
  for (const id of [...traceIds, "0".repeat(32)]) {
    assert.deepStrictEqual(yield* actual.getTrace(id), yield* expected.getTrace(id), id)
    assert.deepStrictEqual(yield* actual.traceOutline(id), yield* expected.traceOutline(id), id)
  }
  for (const id of [...sessionIds, "nowhere"]) {
    assert.deepStrictEqual(yield* actual.getSession(id), yield* expected.getSession(id), id)
    const timeline = (of: Service) => pages((pagination) => of.sessionTimeline({ sessionId: id, pagination }), 4)
    assert.deepStrictEqual(yield* timeline(actual), yield* timeline(expected), id)
  }
})

/** Asks drawn aggregates, and gives how many rows were found. */
export const sameAggregates = Effect.fnUntraced(function* (
  actual: Service,
  expected: Service,
  drawn: Drawn,
  signal: SignalName,
  count: number
) {
  let found = 0
  for (const options of drawn.aggregates(signal, count)) {
    const rows = yield* expected.aggregate(options)
    found += rows.length
    const shown = JSON.stringify(options, (_, value) => (typeof value === "bigint" ? `${value}n` : value))
    assert.deepStrictEqual(yield* actual.aggregate(options), rows, shown)
  }
  return found
})
