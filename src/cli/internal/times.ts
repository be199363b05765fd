/** Times and durations, as they are given to a command and as it shows them. */
import * as Either from "effect/Either"

const nanosOf = {
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
  w: 604_800_000_000_000n
} as const

/** `90s`, `2h`, `1h30m`, `7 days`: as nanoseconds. */
export const duration = (text: string): Either.Either<bigint, string> => {
  const parts = Array.from(text.toLowerCase().matchAll(part))
  const whole = parts.map(([whole]) => whole).join("")
  if (parts.length === 0 || whole !== text.toLowerCase().trim())
    return Either.left(`${text} is no duration: 90s, 2h, 7d or 1h30m are`)
  const nanos = parts.reduce((sum, [, number = "", unit = ""]) => sum + scaled(number, nanosOf[unitOf(unit)]), 0n)
  return nanos > 0n && nanos < 2n ** 63n
    ? Either.right(nanos)
    : Either.left(`${text} is no duration of more than nothing`)
}

const part =
  /\s*(\d{1,12}(?:\.\d{1,6})?)\s*(milliseconds?|millis|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|h|days?|d|weeks?|w)(?![a-z])/g

const unitOf = (unit: string): keyof typeof nanosOf =>
  unit.startsWith("mil") || unit === "ms" ? "ms" : (unit.charAt(0) as keyof typeof nanosOf)

const scaled = (number: string, unit: bigint): bigint => {
  const [whole = "", fraction = ""] = number.split(".")
  return BigInt(whole) * unit + (BigInt(fraction.padEnd(6, "0")) * unit) / 1_000_000n
}

/** A day, a time of the zone, a time with an offset, or nanoseconds since the epoch as `--json` has them: as nanoseconds. */
export const time = (text: string, utc: boolean): Either.Either<bigint, string> => {
  if (/^-?\d{15,19}$/.test(text)) return Either.right(BigInt(text))
  const [, day, clock = "00:00", fraction = "", offset = utc ? "Z" : ""] = moment.exec(text.trim()) ?? []
  const millis = Date.parse(`${day}T${clock}${offset.toUpperCase()}`)
  if (day === undefined || Number.isNaN(millis) || !isDay(day)) {
    return Either.left(`${text} is no time: 2026-06-01, 2026-06-01T09:30 or 2026-06-01T09:30:00.5Z are`)
  }
  return Either.right(BigInt(millis) * 1_000_000n + BigInt(fraction.padEnd(9, "0")))
}

const moment = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?\s*(Z|[+-]\d\d:\d\d)?)?$/i

/** Whether the calendar has it: `Date` takes February 30 for March 2. */
const isDay = (day: string): boolean => new Date(`${day}T00:00Z`).toISOString().startsWith(day)

/** A time as `2026-06-01 09:30:00`, in the local zone or in UTC. */
export const shown = (nanos: bigint, utc: boolean, digits: 0 | 3 = 0): string => {
  const millis = floor(nanos, 1_000_000n)
  const date = new Date(Number(utc ? millis : millis - offsetOf(millis)))
  const text = Number.isNaN(date.getTime()) ? String(nanos) : date.toISOString().replace("T", " ")
  return text.slice(0, digits === 0 ? -5 : -1) + (utc ? "Z" : "")
}

const floor = (value: bigint, by: bigint): bigint => value / by - (value % by < 0n ? 1n : 0n)

const offsetOf = (millis: bigint): bigint => BigInt(Math.round(new Date(Number(millis)).getTimezoneOffset() * 60_000))

/** From a microsecond to days. */
export const lasted = (nanos: bigint): string => {
  const millis = Number(nanos) / 1e6
  if (millis < 0.9995) return `${Math.round(millis * 1000)} µs`
  if (millis < 9.95) return `${millis.toFixed(1)} ms`
  if (millis < 999.5) return `${Math.round(millis)} ms`
  if (millis < 59_995) return `${(millis / 1000).toFixed(2)} s`
  const seconds = Math.round(millis / 1000)
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} m ${seconds % 60} s`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h ${minutes % 60} m` : `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** The zone of this process, by its name. */
export const localZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone
