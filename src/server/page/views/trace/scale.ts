/** The axis of time of a trace, and the window of it that is shown. */

/** Nanoseconds since the first start of the trace. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** The window of the address within the whole: at least a nanosecond, and all where the address has none that can be. */
export const windowOf = (whole: number, from: number | undefined, to: number | undefined): Range => {
  const start = Math.max(0, Math.min(from ?? 0, whole))
  const end = Math.min(to ?? whole, whole)
  return end - start >= 1 ? { from: start, to: end } : { from: 0, to: Math.max(1, whole) }
}

/** The part of something that is seen in a window, as parts of it from 0 to 1; `undefined` where nothing is. */
export const seen = ({ from, to }: Range, start: number, end: number): Range | undefined =>
  end < from || start > to
    ? undefined
    : {
        from: (Math.max(start, from) - from) / (to - from),
        to: (Math.min(end, to) - from) / (to - from)
      }

/** The window that is brushed from one part of a width to another, in either direction; none for less than three pixels. */
export const brushed = (whole: number, width: number, a: number, b: number): Range | undefined => {
  const [left, right] = [Math.max(0, Math.min(a, b)), Math.min(width, Math.max(a, b))]
  if (width <= 0 || right - left < 3) return undefined
  const [from, to] = [Math.floor((left / width) * whole), Math.ceil((right / width) * whole)]
  return { from, to: Math.max(from + 1, Math.min(whole, to)) }
}

/** A window that is so many times as long, around the same middle, within the whole. */
export const zoomed = ({ from, to }: Range, whole: number, factor: number): Range => {
  const length = Math.min(whole, Math.max(1, (to - from) * factor))
  const start = Math.max(0, Math.min(whole - length, (from + to) / 2 - length / 2))
  return { from: Math.round(start), to: Math.round(Math.max(start + 1, start + length)) }
}

/** The marks of a window: round numbers of nanoseconds, at most so many. */
export const ticksOf = ({ from, to }: Range, most: number): ReadonlyArray<number> => {
  const least = (to - from) / Math.max(1, most)
  const size = stepsOf(least)
  const ticks: Array<number> = []
  for (let at = Math.ceil(from / size) * size; at <= to && ticks.length <= most; at += size) ticks.push(at)
  return ticks
}

const minute = 60e9

/** The smallest round step that is at least so long: 1, 2 or 5 times a power of ten; from a minute on as clocks have it. */
const stepsOf = (least: number): number => {
  if (least > 30e9) {
    const clock = [1, 2, 5, 10, 15, 30, 60, 120, 360, 720, 1440].map((count) => count * minute)
    return clock.find((step) => step >= least) ?? Math.ceil(least / (1440 * minute)) * 1440 * minute
  }
  if (least > 10e9) return least <= 15e9 ? 15e9 : 30e9
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)))
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10)
}
