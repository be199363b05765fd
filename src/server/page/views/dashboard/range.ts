/** The time that the dashboard shows: the address says how long ago it begins, or both of its ends. */
import type { RouteOf } from "../../state/address.js"
import { type Filter, filterOf } from "../../state/filters.js"
import { clockOf, dateOf, millisOf, parseTime, zoneNameAt } from "../../state/time.js"
import { intervalOf } from "./scale.js"

export interface Range {
  /** Nanoseconds since the epoch: `[from, to)`. */
  readonly from: bigint
  readonly to: bigint
  readonly interval: string
}

/** The fault of a range that is none. */
export interface NoRange {
  readonly field: "startedAfter" | "startedBefore"
  readonly detail: string
}

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

export type RangeName = NonNullable<RouteOf<"dashboard">["range"]>
export const rangeNames: ReadonlyArray<readonly [RangeName, string]> = [
  ["1h", "Hour"],
  ["24h", "Day"],
  ["7d", "7 days"],
  ["30d", "30 days"]
]
export const usualRange: RangeName = "7d"

const lengths: { readonly [R in RangeName]: number } = { "1h": hour, "24h": day, "7d": 7 * day, "30d": 30 * day }

const nanos = (millis: number): bigint => BigInt(Math.floor(millis)) * 1_000_000n

/** The range of an address at a time, in milliseconds. Those that end now begin where a bucket does, so that all are whole. */
export const rangeOf = ({ filters, range = usualRange }: RouteOf<"dashboard">, now: number): Range | NoRange => {
  const since = filterOf(filters, "startedAfter")
  const until = filterOf(filters, "startedBefore")
  const to = until === undefined ? nanos(now) : parseTime(until, now)
  if (to === undefined) return { field: "startedBefore", detail: `“${until}” is no time` }
  if (since === undefined) {
    const interval = intervalOf(lengths[range])
    const from = until === undefined ? begin(now, range) : to - nanos(lengths[range])
    return { from, to, interval }
  }
  const from = parseTime(since, now)
  if (from === undefined) return { field: "startedAfter", detail: `“${since}” is no time` }
  if (from >= to) return { field: "startedAfter", detail: "the range ends before it begins" }
  return { from, to, interval: intervalOf(Number((to - from) / 1_000_000n)) }
}

/** Where the first bucket begins of a range that ends now. */
const begin = (now: number, range: RangeName): bigint => {
  if (range === "1h") return nanos((Math.floor(now / minute) - 59) * minute)
  const first = nanos(now - lengths[range] + (range === "24h" ? hour : day))
  const at = String(first)
  const start = range === "24h" ? `${dateOf(at)} ${clockOf(at).slice(0, 2)}:00` : dateOf(at)
  return parseTime(start, now) ?? first
}

/** A time without what goes without saying: no seconds where there are none. */
const minuteOf = (at: bigint): string => `${dateOf(String(at))} ${clockOf(String(at)).slice(0, 5)}`

export const rangeSaid = ({ from, interval, to }: Range): string =>
  `${minuteOf(from)} – ${minuteOf(to)} ${zoneNameAt(millisOf(String(to)))}, by ${interval.replace(/^1 /, "")}`

/** The filters of records, without the range. */
export const withoutRange = (filters: ReadonlyArray<Filter> = []): ReadonlyArray<Filter> =>
  filters.filter(([key]) => key !== "startedAfter" && key !== "startedBefore")

/** The name of a bucket on an axis, by its width: `"14:05"`, `"30 Nov"`, `"Nov"`, `"2026"`. */
export const bucketName = ({ from, to }: Bucket): string => {
  const width = millisOf(to) - millisOf(from)
  const [year = "", month = "", date = ""] = dateOf(from).split("-")
  if (width < 20 * hour) return clockOf(from).slice(0, 5)
  const name = months[Number(month) - 1] ?? month
  if (width < 20 * day) return `${Number(date)} ${name}`
  return width < 300 * day ? `${name} ${year.slice(-2)}` : year
}

/** All of a bucket: `"30 Nov, 14:00 – 15:00"`. */
export const bucketSaid = ({ from, to }: Bucket): string => {
  const width = millisOf(to) - millisOf(from)
  if (width < 20 * hour) return `${dateOf(from)} ${clockOf(from).slice(0, 5)} – ${clockOf(to).slice(0, 5)}`
  const last = dateOf(String(BigInt(to) - 1n))
  return last === dateOf(from) ? last : `${dateOf(from)} – ${last}`
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

export interface Bucket {
  readonly from: string
  readonly to: string
}
