import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { at, span } from "../Records.js"
import { store, type Test, utc } from "./utils.js"

const count = { count: "count" } as const

type Unit = "hour" | "day" | "week" | "month" | "quarter" | "year"

type Case = readonly [unit: Unit, zone: string, from: string, before: string, edges: ReadonlyArray<string>]

/** The edges of the units that have the times from one to another. */
const cases: ReadonlyArray<Case> = [
  [
    "day",
    "Europe/Berlin",
    "2025-03-29T12:00",
    "2025-03-31T12:00",
    ["2025-03-28T23:00", "2025-03-29T23:00", "2025-03-30T22:00", "2025-03-31T22:00"]
  ],
  [
    "day",
    "Europe/Berlin",
    "2025-10-25T12:00",
    "2025-10-27T12:00",
    ["2025-10-24T22:00", "2025-10-25T22:00", "2025-10-26T23:00", "2025-10-27T23:00"]
  ],
  [
    "day",
    "America/New_York",
    "2025-03-08T12:00",
    "2025-03-10T12:00",
    ["2025-03-08T05:00", "2025-03-09T05:00", "2025-03-10T04:00", "2025-03-11T04:00"]
  ],
  [
    "day",
    "America/New_York",
    "2025-11-01T12:00",
    "2025-11-03T12:00",
    ["2025-11-01T04:00", "2025-11-02T04:00", "2025-11-03T05:00", "2025-11-04T05:00"]
  ],
  [
    "day",
    "Asia/Kolkata",
    "2025-01-01T00:00",
    "2025-01-02T00:00",
    ["2024-12-31T18:30", "2025-01-01T18:30", "2025-01-02T18:30"]
  ],
  // Midnight does not exist there on this day, and this one does not exist at all.
  [
    "day",
    "America/Sao_Paulo",
    "2018-11-03T12:00",
    "2018-11-05T12:00",
    ["2018-11-03T03:00", "2018-11-04T03:00", "2018-11-05T02:00", "2018-11-06T02:00"]
  ],
  [
    "day",
    "Pacific/Apia",
    "2011-12-29T12:00",
    "2011-12-31T12:00",
    ["2011-12-29T10:00", "2011-12-30T10:00", "2011-12-31T10:00", "2012-01-01T10:00"]
  ],
  [
    "day",
    "UTC",
    "1969-12-30T12:00",
    "1970-01-01T12:00",
    ["1969-12-30T00:00", "1969-12-31T00:00", "1970-01-01T00:00", "1970-01-02T00:00"]
  ],
  // Clocks are set by half an hour.
  [
    "day",
    "Australia/Lord_Howe",
    "2025-04-05T00:00",
    "2025-04-07T00:00",
    ["2025-04-04T13:00", "2025-04-05T13:00", "2025-04-06T13:30", "2025-04-07T13:30"]
  ],
  [
    "day",
    "Australia/Lord_Howe",
    "2025-10-04T00:00",
    "2025-10-06T00:00",
    ["2025-10-03T13:30", "2025-10-04T13:30", "2025-10-05T13:00", "2025-10-06T13:00"]
  ],
  // Offsets of three quarters of an hour, one with daylight saving in the south.
  [
    "day",
    "Asia/Kathmandu",
    "2024-02-28T20:00",
    "2024-03-01T12:00",
    ["2024-02-28T18:15", "2024-02-29T18:15", "2024-03-01T18:15"]
  ],
  [
    "day",
    "Pacific/Chatham",
    "2025-04-05T00:00",
    "2025-04-07T00:00",
    ["2025-04-04T10:15", "2025-04-05T10:15", "2025-04-06T11:15", "2025-04-07T11:15"]
  ],
  // Clocks are set at midnight: back to the day before, on, and within the first hour.
  [
    "day",
    "America/Santiago",
    "2025-04-05T12:00",
    "2025-04-07T12:00",
    ["2025-04-05T03:00", "2025-04-06T04:00", "2025-04-07T04:00", "2025-04-08T04:00"]
  ],
  [
    "day",
    "America/Santiago",
    "2025-09-06T12:00",
    "2025-09-08T12:00",
    ["2025-09-06T04:00", "2025-09-07T04:00", "2025-09-08T03:00", "2025-09-09T03:00"]
  ],
  [
    "day",
    "America/Havana",
    "2025-11-01T12:00",
    "2025-11-03T12:00",
    ["2025-11-01T04:00", "2025-11-02T04:00", "2025-11-03T05:00", "2025-11-04T05:00"]
  ],
  // An hour ends where clocks show another, or its beginning again.
  [
    "hour",
    "Europe/Berlin",
    "2025-03-30T00:20",
    "2025-03-30T02:20",
    ["2025-03-30T00:00", "2025-03-30T01:00", "2025-03-30T02:00", "2025-03-30T03:00"]
  ],
  [
    "hour",
    "America/New_York",
    "2025-11-02T05:30",
    "2025-11-02T07:30",
    ["2025-11-02T05:00", "2025-11-02T06:00", "2025-11-02T07:00", "2025-11-02T08:00"]
  ],
  [
    "hour",
    "Asia/Kathmandu",
    "2025-01-01T00:00",
    "2025-01-01T02:00",
    ["2024-12-31T23:15", "2025-01-01T00:15", "2025-01-01T01:15", "2025-01-01T02:15"]
  ],
  [
    "hour",
    "Australia/Lord_Howe",
    "2025-04-05T13:20",
    "2025-04-05T15:40",
    ["2025-04-05T13:00", "2025-04-05T14:00", "2025-04-05T15:30", "2025-04-05T16:30"]
  ],
  [
    "hour",
    "Australia/Lord_Howe",
    "2025-04-05T15:10",
    "2025-04-05T16:40",
    ["2025-04-05T14:00", "2025-04-05T15:30", "2025-04-05T16:30", "2025-04-05T17:30"]
  ],
  [
    "hour",
    "Australia/Lord_Howe",
    "2025-10-04T14:40",
    "2025-10-04T16:20",
    ["2025-10-04T14:30", "2025-10-04T15:30", "2025-10-04T16:00", "2025-10-04T17:00"]
  ],
  [
    "hour",
    "Australia/Lord_Howe",
    "2025-10-04T15:40",
    "2025-10-04T16:20",
    ["2025-10-04T15:30", "2025-10-04T16:00", "2025-10-04T17:00"]
  ],
  // At a minute past midnight, as it was until 2011.
  [
    "hour",
    "America/St_Johns",
    "2010-11-07T02:10",
    "2010-11-07T03:40",
    ["2010-11-07T01:30", "2010-11-07T02:30", "2010-11-07T02:31", "2010-11-07T03:30", "2010-11-07T04:30"]
  ],
  // Weeks begin on Monday, whatever the year, and have an hour less or more.
  [
    "week",
    "Europe/Berlin",
    "2025-03-24T12:00",
    "2025-04-07T12:00",
    ["2025-03-23T23:00", "2025-03-30T22:00", "2025-04-06T22:00", "2025-04-13T22:00"]
  ],
  [
    "week",
    "America/New_York",
    "2024-12-25T00:00",
    "2025-01-08T00:00",
    ["2024-12-23T05:00", "2024-12-30T05:00", "2025-01-06T05:00", "2025-01-13T05:00"]
  ],
  [
    "week",
    "Australia/Lord_Howe",
    "2025-04-01T00:00",
    "2025-04-15T00:00",
    ["2025-03-30T13:00", "2025-04-06T13:30", "2025-04-13T13:30", "2025-04-20T13:30"]
  ],
  // Months of 28 days, and of 29: 1900 is no leap year, 2000 is one.
  [
    "month",
    "UTC",
    "1900-01-15T00:00",
    "1900-03-15T00:00",
    ["1900-01-01T00:00", "1900-02-01T00:00", "1900-03-01T00:00", "1900-04-01T00:00"]
  ],
  [
    "month",
    "America/New_York",
    "2000-02-15T00:00",
    "2000-04-15T00:00",
    ["2000-02-01T05:00", "2000-03-01T05:00", "2000-04-01T05:00", "2000-05-01T04:00"]
  ],
  [
    "month",
    "Australia/Lord_Howe",
    "2025-03-15T00:00",
    "2025-05-15T00:00",
    ["2025-02-28T13:00", "2025-03-31T13:00", "2025-04-30T13:30", "2025-05-31T13:30"]
  ],
  [
    "quarter",
    "America/Santiago",
    "2025-02-01T00:00",
    "2025-08-01T00:00",
    ["2025-01-01T03:00", "2025-04-01T03:00", "2025-07-01T04:00", "2025-10-01T03:00"]
  ],
  [
    "year",
    "Asia/Kathmandu",
    "2023-06-01T00:00",
    "2025-06-01T00:00",
    ["2022-12-31T18:15", "2023-12-31T18:15", "2024-12-31T18:15", "2025-12-31T18:15"]
  ]
]

/** Whether buckets have the edges of a calendar: how many hours they last decides nobody but its clocks. */
export const ofCalendars = (test: Test) => {
  for (const [interval, timeZone, from, before, edges] of cases) {
    test(`counts by ${interval} in ${timeZone} from ${from} to ${before}`, (storage) =>
      Effect.gen(function* () {
        const [startedAfter, startedBefore] = [utc(from), utc(before)]
        yield* store(
          storage,
          ...edges
            .slice(1, -1)
            .flatMap((edge) => [span({ startTime: utc(edge) }), span({ startTime: utc(edge) - 1n })]),
          span({ startTime: startedAfter }),
          span({ startTime: startedAfter - 1n }),
          span({ startTime: startedBefore - 1n }),
          span({ startTime: startedBefore })
        )
        const rows = yield* storage.aggregate({
          of: "spans",
          filters: { startedAfter, startedBefore },
          interval,
          timeZone,
          measures: count
        })
        assert.deepStrictEqual(
          rows.map(({ from, to, values }) => [from, to, values.count]),
          edges.slice(1).map((to, i) => [utc(edges[i] as string), utc(to), 2])
        )
      }))
  }

  const before: ReadonlyArray<readonly [Unit, string, from: string, to: string, earlier: ReadonlyArray<string>]> = [
    ["month", "Europe/Berlin", "2024-03-31T22:00", "2024-04-30T22:00", ["2024-02-29T23:00", "2024-03-31T22:00"]],
    ["week", "America/New_York", "2025-11-03T05:00", "2025-11-10T05:00", ["2025-10-27T04:00", "2025-11-03T05:00"]],
    ["day", "America/New_York", "2025-03-09T05:00", "2025-03-10T04:00", ["2025-03-08T05:00", "2025-03-09T05:00"]],
    ["day", "America/New_York", "2025-03-10T04:00", "2025-03-11T04:00", ["2025-03-09T05:00", "2025-03-10T04:00"]],
    ["hour", "Europe/Berlin", "2025-10-26T01:00", "2025-10-26T02:00", ["2025-10-26T00:00", "2025-10-26T01:00"]],
    ["hour", "Australia/Lord_Howe", "2025-04-05T15:30", "2025-04-05T16:30", ["2025-04-05T14:00", "2025-04-05T15:30"]],
    ["hour", "Australia/Lord_Howe", "2025-10-04T16:00", "2025-10-04T17:00", ["2025-10-04T15:30", "2025-10-04T16:00"]]
  ]
  for (const [interval, timeZone, from, to, [start = "", end = ""]] of before) {
    test(`compares the ${interval} from ${from} in ${timeZone} with the one before`, (storage) =>
      Effect.gen(function* () {
        const [first, last] = [utc(start), utc(end) - 1n]
        yield* store(storage, ...[first - 1n, first, last, last + 1n].map((startTime) => span({ startTime })))
        const rows = yield* storage.aggregate({
          of: "spans",
          filters: { startedAfter: utc(from), startedBefore: utc(to) },
          interval,
          timeZone,
          measures: count,
          previous: true
        })
        assert.deepStrictEqual(rows, [
          { group: {}, from: utc(from), to: utc(to), values: { count: 1 }, previous: { count: 2 } }
        ])
      }))
  }

  test("has an answer to a time of nothing, with groups, a rate, and the period before", (storage) =>
    Effect.gen(function* () {
      yield* store(storage, span({ startTime: at(1), model: "a" }))
      for (const startedBefore of [at(1), at(0)]) {
        const filters = { startedAfter: at(1), startedBefore }
        for (const more of [{ interval: "day" as const, timeZone: "Europe/Berlin" }, { groupBy: ["model"] as const }]) {
          const rows = yield* storage.aggregate({ of: "spans", filters, ...more, measures: count, rest: true })
          assert.deepStrictEqual(rows, [])
        }
        assert.deepStrictEqual(
          yield* storage.aggregate({ of: "spans", filters, measures: { ...count, p: "errorRate" }, previous: true }),
          [{ group: {}, values: { count: 0, p: null }, previous: { count: 0, p: null } }]
        )
        assert.deepStrictEqual(
          yield* storage.aggregate({ of: "metrics", filters, measures: { rate: { rate: "value" } } }),
          [{ group: {}, values: { rate: 0 } }]
        )
      }
    }))
}
