import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { LogRecord } from "../../signal/LogRecord.js"
import { SpanRecord } from "../../signal/SpanRecord.js"
import { at, log, span, spanId, traceId } from "../Records.js"
import { pages, type StorageLayer, testOn } from "./utils.js"

const orders = (["time", "duration"] as const).flatMap((field) =>
  (["desc", "asc"] as const).map((direction) => ({ field, direction }))
)

export const pagingContract = (layer: StorageLayer) =>
  describe("paging", () => {
    const test = testOn(layer)
    const idOf = (span: SpanRecord) => span.traceId + span.spanId

    test("shows each of the logs of a session that are of one time, in the order of the code points of their ids", (storage) =>
      Effect.gen(function* () {
        const ids = ["a", "a\uFFFD", "a\u{10000}", "\uD7FF", "\uE000", "\uFFFD", "\u{10000}", "\u{10FFFF}"]
        yield* storage.insertLogs(ids.map((logId) => log({ logId, sessionId: "s", timestamp: at(1) })))
        const all = yield* pages((pagination) => storage.sessionTimeline({ sessionId: "s", pagination }), 1)
        assert.deepStrictEqual(
          all.flat().map((item) => ("logId" in item ? item.logId : undefined)),
          ids
        )
      }))

    for (const orderBy of orders) {
      test(`shows each of 500 traces that start together once, by ${orderBy.field} ${orderBy.direction}`, (storage) =>
        Effect.gen(function* () {
          const spans = Array.from({ length: 500 }, () => span({ startTime: at(0), endTime: at(1) }))
          yield* storage.insertSpans(spans)
          const expected = spans.map(idOf).sort()
          for (const list of [storage.listTraces, storage.listSpans]) {
            const all = yield* pages((pagination) => list({ pagination, orderBy }), 33)
            const shown = all.flat().map(idOf)
            assert.deepStrictEqual(orderBy.direction === "asc" ? shown : shown.toReversed(), expected)
          }
        }))

      test(`shows each of 1,200 traces without a root once, by ${orderBy.field} ${orderBy.direction}`, (storage) =>
        Effect.gen(function* () {
          const below = (n: number) => ({
            name: n % 2 === 0 ? "even" : "odd",
            startTime: at(n),
            endTime: at(2 * n + 1)
          })
          const rootless = Array.from({ length: 1200 }, (_, n) => span({ parentSpanId: spanId(0), ...below(n) }))
          const roots = Array.from({ length: 120 }, (_, n) =>
            span({ name: "root", startTime: at(5 * n), endTime: at(6 * n) })
          )
          const children = roots.map(({ spanId, traceId }, n) =>
            span({ traceId, parentSpanId: spanId, ...below(5 * n) })
          )
          yield* storage.insertSpans([...rootless, ...roots, ...children])
          const shown = (name?: string) =>
            pages(
              (pagination) => storage.listTraces({ pagination, orderBy, ...(name && { filters: { name } }) }),
              500
            ).pipe(Effect.map((all) => all.flat()))
          const all = yield* shown()
          assert.sameMembers(all.map(idOf), [...rootless, ...roots].map(idOf))
          const key = ({ endTime = 0n, startTime }: SpanRecord) =>
            orderBy.field === "time" ? startTime : endTime - startTime
          const keys = all.map(key)
          assert.deepStrictEqual(
            keys,
            keys.toSorted((a, b) => Number(a - b) * (orderBy.direction === "asc" ? 1 : -1))
          )
          assert.deepStrictEqual((yield* shown("odd")).map(idOf), all.filter(({ name }) => name === "odd").map(idOf))
        }))

      test(`shows each of 60 traces of a session once, by ${orderBy.field} ${orderBy.direction}`, (storage) =>
        Effect.gen(function* () {
          const sessionId = "paged"
          const traces = Array.from({ length: 60 }, (_, n) =>
            span({ sessionId, startTime: at(n % 7), endTime: at((n % 7) + (n % 3)) })
          )
          yield* storage.insertSpans([
            ...traces,
            ...traces.map(({ spanId, traceId }) => span({ traceId, parentSpanId: spanId }))
          ])
          const filters = { sessionId }
          const whole = yield* storage.listTraces({ filters, orderBy, pagination: { limit: 100 } })
          assert.sameMembers(whole.items.map(idOf), traces.map(idOf))
          for (const limit of [7, 25]) {
            const all = yield* pages((pagination) => storage.listTraces({ filters, pagination, orderBy }), limit)
            assert.deepStrictEqual(all.flat().map(idOf), whole.items.map(idOf))
          }
        }))

      test(`shows each of many running and completed spans once, by ${orderBy.field} ${orderBy.direction}`, (storage) =>
        Effect.gen(function* () {
          const spans = Array.from({ length: 90 }, (_, n) =>
            n % 3 === 0
              ? span({ startTime: at(n % 5), status: "running" })
              : span({ startTime: at(n % 5), endTime: at((n % 5) + (n % 4)) })
          )
          yield* storage.insertSpans([...spans, span({ startTime: -(2n ** 63n), endTime: 2n ** 63n - 1n })])
          const all = yield* pages((pagination) => storage.listSpans({ pagination, orderBy }), 7)
          const whole = yield* storage.listSpans({ pagination: { limit: 1000 }, orderBy })
          assert.lengthOf(whole.items, 91)
          assert.deepStrictEqual(all.flat().map(idOf), whole.items.map(idOf))
        }))

      test(`shows each of 120 sessions once, by ${orderBy.field} ${orderBy.direction}`, (storage) =>
        Effect.gen(function* () {
          yield* storage.insertLogs(
            Array.from({ length: 240 }, (_, n) => log({ sessionId: `s${n % 120}`, timestamp: at(n < 120 ? 0 : 1) }))
          )
          const all = yield* pages((pagination) => storage.listSessions({ pagination, orderBy }), 25)
          const shown = all.flat().map((session) => session.sessionId as string)
          const expected = Array.from({ length: 120 }, (_, n) => `s${n}`).sort()
          assert.deepStrictEqual(orderBy.direction === "asc" ? shown : shown.toReversed(), expected)
        }))
    }

    for (const direction of ["desc", "asc"] as const) {
      test(`shows each of 500 logs of the same time once, ${direction}`, (storage) =>
        Effect.gen(function* () {
          const logs = Array.from({ length: 500 }, () => log({ timestamp: at(0) }))
          yield* storage.insertLogs(logs)
          const orderBy = { field: "time", direction } as const
          const all = yield* pages((pagination) => storage.listLogs({ pagination, orderBy }), 33)
          const shown = all.flat().map((log: LogRecord) => log.logId)
          assert.deepStrictEqual(direction === "asc" ? shown : shown.toReversed(), logs.map((log) => log.logId).sort())
        }))
    }

    for (const direction of ["desc", "asc"] as const) {
      test(`keeps the order of times that are a nanosecond apart, ${direction}`, (storage) =>
        Effect.gen(function* () {
          const orderBy = { field: "time", direction } as const
          const numbers = Array.from({ length: 20 }, (_, n) => n)
          // Ids the other way round: they must not decide.
          const times = numbers.map((n) => ({ id: 100 - n, time: at(0) + BigInt(n) }))
          yield* storage.insertSpans(
            times.map(({ id, time }) => span({ traceId: traceId(id), spanId: spanId(id), startTime: time }))
          )
          yield* storage.insertLogs(times.map(({ id, time }) => log({ logId: `${id}`, timestamp: time })))
          const expected = times.map(({ time }) => time)
          for (const list of [storage.listSpans, storage.listTraces]) {
            const all = (yield* pages((pagination) => list({ pagination, orderBy }), 6)).flat()
            const shown = all.map((span) => span.startTime)
            assert.deepStrictEqual(direction === "asc" ? shown : shown.toReversed(), expected)
          }
          const logs = (yield* pages((pagination) => storage.listLogs({ pagination, orderBy }), 6)).flat()
          const shown = logs.map((log) => log.timestamp)
          assert.deepStrictEqual(direction === "asc" ? shown : shown.toReversed(), expected)
        }))
    }

    test("keeps its filters from page to page", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertSpans(Array.from({ length: 30 }, (_, n) => span({ sessionId: n % 2 === 0 ? "a" : "b" })))
        const list = (pagination: object) => storage.listTraces({ pagination, filters: { sessionId: "a" } })
        const all = (yield* pages(list, 4)).flat()
        assert.lengthOf(all, 15)
        assert.isTrue(all.every((span) => span.sessionId === "a"))
      }))

    test("may change its limit from page to page", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertSpans(Array.from({ length: 10 }, (_, n) => span({ startTime: at(n), name: `${n}` })))
        const sizes = [1, 5, 3, 1000]
        const all = yield* pages(({ cursor }) => storage.listSpans({ pagination: { limit: sizes.shift(), cursor } }), 1)
        assert.deepStrictEqual(
          all.map((page) => page.length),
          [1, 5, 3, 1]
        )
        assert.strictEqual(new Set(all.flat().map(idOf)).size, 10)
      }))

    test("gives the same page for the same cursor again", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertSpans(Array.from({ length: 10 }, () => span()))
        const { nextCursor } = yield* storage.listSpans({ pagination: { limit: 3 } })
        assert.strictEqual(nextCursor._tag, "Some")
        const again = storage.listSpans({
          pagination: { limit: 3, cursor: nextCursor._tag === "Some" ? nextCursor.value : undefined }
        })
        assert.deepStrictEqual(yield* again, yield* again)
      }))

    for (const orderBy of orders) {
      test(`shows no span twice while spans arrive and end, by ${orderBy.field} ${orderBy.direction}`, (storage) =>
        Effect.gen(function* () {
          const make = (n: number) => span({ startTime: at(n), status: "running" })
          const stored = Array.from({ length: 40 }, (_, n) => make(n * 10))
          yield* storage.insertSpans(stored)
          const all = yield* pages(
            (pagination) => storage.listSpans({ pagination, orderBy }),
            7,
            (page) =>
              Effect.gen(function* () {
                if (page > 6) return
                yield* storage.insertSpans([make(page), make(200 + page), make(1_000 + page)])
                const ending = stored[page * 5] as SpanRecord
                const endTime = ending.startTime + BigInt(page) * 1_000_000n
                yield* storage.insertSpans([new SpanRecord({ ...ending, status: "ok", endTime }, true)])
              })
          )
          const shown = all.flat().map(idOf)
          assert.strictEqual(new Set(shown).size, shown.length)
          if (orderBy.field === "time") assert.includeMembers(shown, stored.map(idOf))
        }))

      test(`shows no session twice while sessions are active, by ${orderBy.field} ${orderBy.direction}`, (storage) =>
        Effect.gen(function* () {
          yield* storage.insertSpans(
            Array.from({ length: 30 }, (_, n) => span({ sessionId: `s${n}`, startTime: at(n) }))
          )
          const all = yield* pages(
            (pagination) => storage.listSessions({ pagination, orderBy }),
            4,
            (page) =>
              page > 10
                ? Effect.void
                : storage.insertLogs(
                    [`s${page}`, `s${page * 2}`, `s${29 - page}`, `new${page}`].map((sessionId) =>
                      log({ sessionId, timestamp: at(1_000 * page) })
                    )
                  )
          )
          const shown = all.flat().map((session) => session.sessionId)
          assert.strictEqual(new Set(shown).size, shown.length)
        }))
    }
  })
