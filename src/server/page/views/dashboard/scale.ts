/** The axes of a chart: round steps, their labels, and which buckets of time are named. */
import { dollars, short } from "../../state/numbers.js"

/** The unit of a measure: how many, US dollars, nanoseconds, or a part of 1. */
export type Unit = "count" | "dollars" | "nanos" | "part" | "number"

const second = 1e9
/** Above a second, clocks have round steps of their own. */
const clockSteps = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400
].map((seconds) => seconds * second)

/** The smallest round step that is no smaller than this: 1, 2 or 5 times a power of ten, or one of a clock. */
const stepOf = (least: number, unit: Unit): number => {
  const wanted = unit === "count" ? Math.max(1, least) : least
  if (unit === "nanos" && wanted > second / 2) {
    const found = clockSteps.find((step) => step >= wanted)
    if (found !== undefined) return found
    return stepOf(wanted / (86_400 * second), "number") * 86_400 * second
  }
  const power = 10 ** Math.floor(Math.log10(wanted))
  const factor = [1, 2, 5, 10].find((factor) => factor * power >= wanted * (1 - 1e-9)) ?? 10
  return factor * power
}

/** From 0 to a round value that nothing exceeds, in at most so many steps. */
export const ticks = (max: number, steps: number, unit: Unit): ReadonlyArray<number> => {
  if (!(max > 0) || !Number.isFinite(max)) return [0, 1]
  const step = stepOf(max / steps, unit)
  const count = Math.max(1, Math.ceil(max / step - 1e-9))
  // Multiplied, and not added up: 3 × 0.1 has one error, and not three. Its digits are those of the step.
  const digits = Math.max(0, 1 - Math.floor(Math.log10(step)))
  return Array.from({ length: count + 1 }, (_, i) => Number((i * step).toFixed(Math.min(digits, 20))))
}

const nanoUnits = [
  ["d", 86_400 * second],
  ["h", 3_600 * second],
  ["min", 60 * second],
  ["s", second],
  ["ms", 1e6],
  ["µs", 1e3],
  ["ns", 1]
] as const

/** The label of a tick: `"1.5k"`, `"$0.02"`, `"500 ms"`, `"20 %"`. */
export const tickLabel = (value: number, unit: Unit): string => {
  switch (unit) {
    case "dollars":
      return value === 0 ? "$0" : value >= 1_000 ? `$${trimmed(short(value))}` : dollars(value).replace(/\.00$/, "")
    case "nanos": {
      if (value === 0) return "0"
      const [name, size] = nanoUnits.find(([, size]) => value >= size) ?? nanoUnits[6]
      return `${Number((value / size).toFixed(2))} ${name}`
    }
    case "part":
      return `${Number((value * 100).toFixed(2))} %`
    default:
      return value < 1_000 ? String(Number(value.toPrecision(6))) : trimmed(short(value))
  }
}

/** `"2.00k"` as `"2k"`, `"1.50M"` as `"1.5M"`. */
const trimmed = (text: string): string => text.replace(/(\.\d*?)0+(?=\D|$)/, "$1").replace(/\.(?=\D|$)/, "")

/** The buckets that are named, where there is room for so many names: the last always, and each so many before it. */
export const named = (count: number, room: number): ReadonlyArray<number> => {
  if (count === 0) return []
  const every = Math.max(1, Math.ceil(count / Math.max(1, room)))
  const first = (count - 1) % every
  return Array.from({ length: Math.ceil((count - first) / every) }, (_, i) => first + i * every)
}

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** The width of buckets that fits a time range of so many milliseconds: 100 of them or fewer, but for many years. */
export const intervalOf = (millis: number): string => {
  if (millis <= 90 * minute) return "1 minute"
  if (millis <= 6 * hour) return "5 minutes"
  if (millis <= 15 * hour) return "15 minutes"
  if (millis <= 4 * day) return "hour"
  if (millis <= 92 * day) return "day"
  if (millis <= 700 * day) return "week"
  if (millis <= 2_900 * day) return "month"
  return millis <= 8_700 * day ? "quarter" : "year"
}

/** How much more or less than before, in percent; `undefined` where there was nothing before. */
export const change = (now: number, before: number): number | undefined =>
  before === 0 ? undefined : ((now - before) / before) * 100

/** Runs of points without a gap: a mean of nothing is no point. */
export const runs = (values: ReadonlyArray<number | null>): ReadonlyArray<ReadonlyArray<readonly [number, number]>> => {
  const found: Array<Array<readonly [number, number]>> = []
  let run: Array<readonly [number, number]> | undefined
  for (const [i, value] of values.entries()) {
    if (value === null) {
      run = undefined
    } else {
      if (run === undefined) {
        run = []
        found.push(run)
      }
      run.push([i, value])
    }
  }
  return found
}
