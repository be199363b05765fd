/** Times and durations: nanoseconds as decimal digits, shown in the zone that the address says. */
import { computed } from "@preact/signals"
import { shared } from "./address.js"

const isUtc = computed(() => shared.value.zone === "utc")

/** The zone of whoever looks, as `"Europe/Berlin"`. */
const localZone = new Intl.DateTimeFormat().resolvedOptions().timeZone

/** The zone in which times are shown: an IANA name. */
export const zone = (): string => (isUtc.value ? "UTC" : localZone)

const formats = new Map<string, Intl.DateTimeFormat>()

const format = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => {
  const key = `${zone()} ${Object.keys(options).join()}`
  const known = formats.get(key)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone(), hourCycle: "h23" })
  formats.set(key, made)
  return made
}

const partsOf = (millis: number, options: Intl.DateTimeFormatOptions): { readonly [type: string]: string } =>
  Object.fromEntries(
    format(options)
      .formatToParts(millis)
      .map(({ type, value }) => [type, value])
  )

const dateAndTime = {
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit"
} as const

/** The milliseconds of some nanoseconds, for what is drawn or compared with the clock. */
export const millisOf = (nanos: string): number => Number(floorDiv(BigInt(nanos), 1_000_000n))

const floorDiv = (a: bigint, b: bigint): bigint => (a >= 0n ? a / b : -((b - 1n - a) / b))

/** `"2026-11-30"`. */
export const dateOf = (nanos: string): string => {
  const { day, month, year } = partsOf(millisOf(nanos), dateAndTime)
  return `${year}-${month}-${day}`
}

/** `"14:05:09.123"`. */
export const clockOf = (nanos: string): string => {
  const millis = millisOf(nanos)
  const { hour, minute, second } = partsOf(millis, dateAndTime)
  return `${hour}:${minute}:${second}.${String(((millis % 1000) + 1000) % 1000).padStart(3, "0")}`
}

/** The name of the zone at a time, as `"CET"` or `"GMT+2"`. */
export const zoneNameAt = (millis: number): string =>
  isUtc.value ? "UTC" : (partsOf(millis, { timeZoneName: "short" })["timeZoneName"] ?? localZone)

/** Date, time and zone: `"2026-11-30 14:05:09.123 CET"`. */
export const instant = (nanos: string): string => `${dateOf(nanos)} ${clockOf(nanos)} ${zoneNameAt(millisOf(nanos))}`

const steps = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000]
] as const

/** How long ago, as `"5m ago"`; `now` is the clock's milliseconds. */
export const relative = (nanos: string, now: number): string => {
  const millis = now - millisOf(nanos)
  const step = steps.find(([, length]) => Math.abs(millis) >= length)
  if (step === undefined) return "now"
  const count = Math.floor(Math.abs(millis) / step[1])
  return millis < 0 ? `in ${count}${step[0]}` : `${count}${step[0]} ago`
}

/** The nanoseconds from one time to another. */
export const between = (from: string, to: string): bigint => BigInt(to) - BigInt(from)

/** A duration with about three digits: `"320 ns"`, `"4.21 ms"`, `"2.40 s"`, `"3m 05s"`, `"2h 14m"`, `"3d 04h"`. */
export const duration = (nanos: bigint): string => {
  if (nanos < 0n) return `−${duration(-nanos)}`
  const count = Number(nanos)
  if (nanos < 1_000n) return `${nanos} ns`
  if (nanos < 999_500n) return `${digits(count / 1e3)} µs`
  if (nanos < 999_500_000n) return `${digits(count / 1e6)} ms`
  if (nanos < 59_950_000_000n) return `${digits(count / 1e9)} s`
  const seconds = (nanos + 500_000_000n) / 1_000_000_000n
  const pair = (large: bigint, small: bigint, a: string, b: string) =>
    `${large}${a} ${String(small).padStart(2, "0")}${b}`
  if (seconds < 3600n) return pair(seconds / 60n, seconds % 60n, "m", "s")
  if (seconds < 86_400n) return pair(seconds / 3600n, (seconds % 3600n) / 60n, "h", "m")
  return pair(seconds / 86_400n, (seconds % 86_400n) / 3600n, "d", "h")
}

const digits = (value: number): string =>
  value >= 99.95 ? value.toFixed(0) : value >= 9.995 ? value.toFixed(1) : value.toFixed(2)

/**
 * The nanoseconds of a time as people write it, in the zone that times are shown in: `"24h"` and `"7d"` ago, `"today"`,
 * `"yesterday"` and `"now"`, a date, a date and a time, and nanoseconds since the epoch as they are.
 */
export const parseTime = (text: string, now: number = Date.now()): bigint | undefined => {
  const asked = text.trim().toLowerCase()
  if (/^\d{16,20}$/.test(asked)) return BigInt(asked)
  if (asked === "now") return nanosOf(now)
  const [, count, unit] = /^(\d{1,6})\s*([smhdw])(?:\s+ago)?$/.exec(asked) ?? []
  if (count !== undefined) return nanosOf(now - Number(count) * (agoUnits[unit as string] as number))
  if (asked === "today" || asked === "yesterday") {
    const { day, month, year } = partsOf(now, dateAndTime)
    return nanosOf(atZone(Number(year), Number(month), Number(day) - (asked === "today" ? 0 : 1)))
  }
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "", offset] =
    /^(\d{4})-(\d{2})-(\d{2})(?:[t ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(z|utc|[+-]\d{2}:\d{2})?$/.exec(
      asked
    ) ?? []
  if (year === undefined) return undefined
  const fields = [year, month, day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number
  ]
  if (!isDate(...fields)) return undefined
  const millis = offset === undefined ? atZone(...fields) : utc(...fields) - offsetOf(offset)
  return nanosOf(millis) + BigInt(fraction.padEnd(9, "0"))
}

const agoUnits: { readonly [unit: string]: number } = { s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 }

const nanosOf = (millis: number): bigint => BigInt(Math.trunc(millis)) * 1_000_000n

const utc = (year: number, month: number, day: number, hour = 0, minute = 0, second = 0): number =>
  Date.UTC(year, month - 1, day, hour, minute, second)

const isDate = (year: number, month: number, day: number, hour: number, minute: number, second: number): boolean => {
  const date = new Date(utc(year, month, day))
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60
}

const offsetOf = (offset: string): number => {
  if (!/^[+-]/.test(offset)) return 0
  const [hours = 0, minutes = 0] = offset.slice(1).split(":").map(Number)
  return (offset.startsWith("-") ? -1 : 1) * (hours * 36e5 + minutes * 6e4)
}

/** The time at which a clock on the wall of the zone shows this: of two, the first; of none, that after the gap. */
const atZone = (...fields: Parameters<typeof utc>): number => {
  const wall = utc(...fields)
  const candidates = [wall - offsetAt(wall - 864e5), wall - offsetAt(wall + 864e5)]
  return candidates.filter((at) => at + offsetAt(at) === wall).sort((a, b) => a - b)[0] ?? Math.max(...candidates)
}

/** How far the clock on the wall is ahead of UTC. */
const offsetAt = (millis: number): number => {
  const { day, hour, minute, month, second, year } = partsOf(millis, dateAndTime)
  const wall = utc(Number(year), Number(month), Number(day), Number(hour), Number(minute), Number(second))
  return wall - Math.floor(millis / 1000) * 1000
}

/** The duration of some nanoseconds, which need not be whole. */
export const nanos = (value: number): string => duration(BigInt(Math.round(value)))
