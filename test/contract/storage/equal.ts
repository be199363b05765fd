/** What must hold of two storages that hold the same records. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import type * as Storage from "../../../src/storage/Storage.js"
import type { Drawn, Lists } from "../../utils/drawn.js"
import { pages } from "./utils.js"

type Service = Storage.StorageService

export const storeDrawn = (storage: Service, { logs, rounds }: Drawn) =>
  Effect.zipRight(Effect.forEach(rounds, storage.insertSpans, { discard: true }), storage.insertLogs(logs))

/** Asks drawn questions, page by page, and gives how many rows were found. */
export const sameAnswers = Effect.fnUntraced(function* (
  actual: Service,
  expected: Service,
  drawn: Drawn,
  list: Lists,
  count: number
) {
  let found = 0
  for (const { filters, limit, orderBy } of drawn.asked(list, count)) {
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
  }
  for (const id of [...sessionIds, "nowhere"]) {
    assert.deepStrictEqual(yield* actual.getSession(id), yield* expected.getSession(id), id)
    const timeline = (of: Service) => pages((pagination) => of.sessionTimeline({ sessionId: id, pagination }), 4)
    assert.deepStrictEqual(yield* timeline(actual), yield* timeline(expected), id)
  }
})
