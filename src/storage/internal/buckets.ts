/**
 * The edges of buckets. Those of a calendar are made here for all engines, which know the rules of time zones from
 * different years, or not at all.
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { nextTurn } from "../../runtime/eventLoop.js"
import type { Buckets } from "../Engine.js"

/** A unit of the calendar. */
export type CalendarUnit = keyof typeof steps

/** By unit: where the one begins that has a day, and how one comes to the next. */
const steps = {
  hour: { unit: "hour", by: { hours: 1 } },
  day: { unit: "day", by: { days: 1 } },
  week: { unit: "week", by: { weeks: 1 } },
  month: { unit: "month", by: { months: 1 } },
  quarter: { unit: "month", by: { months: 3 } },
  year: { unit: "year", by: { years: 1 } }
} as const

export const calendarUnits = Object.keys(steps) as ReadonlyArray<CalendarUnit>

/** The most buckets, and the most runs of buckets of equal width. */
export const maxBuckets = 10_000
export const maxRuns = 2000

/** The edges of the buckets of a width from a time on, until one is not before another time; at most one bucket too many. */
export const edgesOfWidth = (width: bigint, from: bigint, before: bigint): ReadonlyArray<bigint> => {
  const count = from >= before ? 0 : Number(min((before - from + width - 1n) / width, BigInt(maxBuckets + 1)))
  return Array.from({ length: count + 1 }, (_, i) => from + BigInt(i) * width)
}

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b)

/** The nanoseconds of a time beyond its milliseconds. */
const subMillis = (time: bigint): bigint => modulo(time, 1_000_000n)

const modulo = (a: bigint, b: bigint): bigint => ((a % b) + b) % b

const millis = (time: bigint): number => Number((time - subMillis(time)) / 1_000_000n)

const nanosOf = (time: DateTime.DateTime): bigint => BigInt(DateTime.toEpochMillis(time)) * 1_000_000n

/** Hours, more than the longest of each unit has. */
const mostHours: { readonly [U in CalendarUnit]: number } = {
  hour: 2,
  day: 49,
  week: 193,
  month: 770,
  quarter: 2240,
  year: 8810
}

/** Whether there are more buckets between two times than there may be, without a look at the calendar. */
export const isTooLong = (unit: CalendarUnit, from: bigint, before: bigint): boolean =>
  before - from > BigInt(maxBuckets * mostHours[unit]) * hour

/** The edges of the units of a calendar that have the times from one to another. */
export const edgesOfCalendar = (
  unit: CalendarUnit,
  zone: DateTime.TimeZone,
  from: bigint,
  before: bigint
): Effect.Effect<ReadonlyArray<bigint>> =>
  edges(unit, zone, from, (last, count) => last >= before || count > maxBuckets)

/** The edges of so many units of a calendar, of which the last ends at an edge. */
export const edgesBefore = (
  unit: CalendarUnit,
  zone: DateTime.TimeZone,
  end: bigint,
  count: number
): Effect.Effect<ReadonlyArray<bigint>> =>
  Effect.suspend(() => {
    const wall = startOf(unit, wallOf(zone, end))
    // Hours may be shorter than others, or longer.
    const first =
      unit === "hour" ? end - BigInt(count + longestHour) * hour : nanosOf(atWall(zone, stepped(wall, unit, -count)))
    return Effect.map(
      edges(unit, zone, first, (last) => last >= end),
      (all) => all.slice(-count - 1)
    )
  })

const hour = 3_600_000_000_000n

/** The edges from that of the unit of a time on, until one is the last. */
const edges = Effect.fnUntraced(function* (
  unit: CalendarUnit,
  zone: DateTime.TimeZone,
  from: bigint,
  isLast: (edge: bigint, count: number) => boolean
) {
  const first = startOf(unit, wallOf(zone, from))
  const found = [unit === "hour" ? hourOf(zone, from) : nanosOf(atWall(zone, first))]
  for (let i = 1; !isLast(found.at(-1) as bigint, found.length - 1); i++) {
    const last = found.at(-1) as bigint
    const next = unit === "hour" ? hoursAfter(zone, last) : [nanosOf(atWall(zone, stepped(first, unit, i)))]
    for (const edge of next) {
      // A day that a zone has skipped has no width.
      if (edge > (found.at(-1) as bigint) && !isLast(found.at(-1) as bigint, found.length - 1)) found.push(edge)
    }
    if (i % edgesATurn === 0) yield* nextTurn
  }
  return found as ReadonlyArray<bigint>
})

const edgesATurn = 20

/** An hour during which clocks are set back may last some more. */
const longestHour = 3

/** How far the clocks of a zone are ahead of UTC. */
const shownAt = (zone: DateTime.TimeZone, time: bigint): bigint =>
  BigInt(DateTime.zonedOffset(DateTime.unsafeMakeZoned(millis(time), { timeZone: zone }))) * 1_000_000n

/** The time since clocks showed the beginning of an hour. */
const intoHour = (zone: DateTime.TimeZone, time: bigint): bigint => modulo(time + shownAt(zone, time), hour)

/** Where the hour of a time began. */
const hourOf = (zone: DateTime.TimeZone, time: bigint): bigint => {
  const start = time - intoHour(zone, time)
  if (shownAt(zone, start) === shownAt(zone, time)) return start
  // Clocks were changed since.
  const before = time - BigInt(longestHour) * hour
  let edge = before - intoHour(zone, before)
  for (let next = hourAfter(zone, edge); next <= time; next = hourAfter(zone, edge)) edge = next
  return edge
}

/** The hours of a day; where clocks are changed on it, the next one. */
const hoursAfter = (zone: DateTime.TimeZone, edge: bigint): ReadonlyArray<bigint> =>
  intoHour(zone, edge) === 0n && shownAt(zone, edge) === shownAt(zone, edge + 24n * hour)
    ? Array.from({ length: 24 }, (_, i) => edge + BigInt(i + 1) * hour)
    : [hourAfter(zone, edge)]

/** Where an hour ends: where clocks show another one, or its beginning again. */
const hourAfter = (zone: DateTime.TimeZone, edge: bigint): bigint => {
  const shown = shownAt(zone, edge)
  const into = intoHour(zone, edge)
  const end = edge + hour - into
  if (shownAt(zone, end) === shown) return end
  let [low, high] = [edge, end]
  while (high - low > 1_000_000n) {
    const middle = (low + high) / 2n
    if (shownAt(zone, middle) === shown) low = middle
    else high = middle
  }
  const changed = high - subMillis(high)
  // Where clocks show the same hour still, and not from its beginning, it goes on.
  const left = hour - into - (changed - edge) - (shownAt(zone, changed) - shown)
  return left > 0n && left < hour ? changed + left : changed
}

/** The time that clocks on the wall show, as if it were UTC. */
const wallOf = (zone: DateTime.TimeZone, time: bigint): DateTime.Utc =>
  DateTime.unsafeMake(millis(time) + DateTime.zonedOffset(DateTime.unsafeMakeZoned(millis(time), { timeZone: zone })))

/** The first moment at which clocks show a time, or have passed over it. */
const atWall = (zone: DateTime.TimeZone, wall: DateTime.Utc): DateTime.Zoned =>
  DateTime.unsafeMakeZoned(wall, { timeZone: zone, adjustForTimeZone: true, disambiguation: "compatible" })

const startOf = (unit: CalendarUnit, wall: DateTime.Utc): DateTime.Utc => {
  const start = DateTime.startOf(wall, steps[unit].unit, { weekStartsOn: 1 })
  return unit === "quarter"
    ? DateTime.subtract(start, { months: (DateTime.getPartUtc(start, "month") - 1) % 3 })
    : start
}

const stepped = (wall: DateTime.Utc, unit: CalendarUnit, count: number): DateTime.Utc => {
  const [[part, by]] = Object.entries(steps[unit].by) as [[string, number]]
  return DateTime.add(wall, { [part]: by * count })
}

/** Edges as runs of buckets of equal width. */
export const runsOf = (edges: ReadonlyArray<bigint>): ReadonlyArray<Buckets> => {
  const runs: Array<Buckets> = []
  for (let index = 0; index + 1 < edges.length; index++) {
    const from = edges[index] as bigint
    const width = (edges[index + 1] as bigint) - from
    const last = runs.at(-1)
    if (last?.width === width) runs[runs.length - 1] = { ...last, count: last.count + 1 }
    else runs.push({ from, index, width, count: 1 })
  }
  return runs
}

/** The number of the bucket of a time. */
export const bucketOf = (runs: ReadonlyArray<Buckets>, time: bigint): number => {
  let [low, high] = [0, runs.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((runs[middle] as Buckets).from <= time) low = middle
    else high = middle - 1
  }
  const run = runs[low]
  return run === undefined ? 0 : run.index + Number((time - run.from) / run.width)
}
