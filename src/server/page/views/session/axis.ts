/** The axis of a time line: time in which nothing happened is cut short, unless all of it is asked for. */

export interface Axis {
  /** The place of a time, from 0 to 1; below and above of what is not seen. */
  readonly at: (millis: number) => number
  /** The time of a place. */
  readonly timeOf: (at: number) => number
  /** Stretches that were cut short, unless they are very many: their places, and how long they last in milliseconds. */
  readonly gaps: ReadonlyArray<{ readonly from: number; readonly to: number; readonly millis: number }>
}

/** A part of the axis, from 0 to 1. */
export interface Zoom {
  readonly from: number
  readonly to: number
}

export const whole: Zoom = { from: 0, to: 1 }

type Interval = readonly [from: number, to: number]

/** Nothing happens for so much of the time in which something does: that is cut. */
const longGap = 0.05
/** The part that is left of it. */
const shortGap = 0.02
/** Each line shows all of them: more are not shown. */
const mostGaps = 100

export const axisOf = (intervals: ReadonlyArray<Interval>, isCut: boolean, zoom: Zoom): Axis => {
  const busy = union(intervals)
  const [first, last] = [busy[0]?.[0] ?? 0, busy.at(-1)?.[1] ?? 1]
  const active = Math.max(1, isCut ? busy.reduce((sum, [from, to]) => sum + to - from, 0) : last - first)
  // Times, and their places on a line that is not scaled yet.
  const times: Array<number> = []
  const places: Array<number> = []
  const cuts: Array<{ from: number; to: number; millis: number }> = []
  let place = 0
  for (const [i, [from, to]] of busy.entries()) {
    const idle = i === 0 ? 0 : from - (busy[i - 1] as Interval)[1]
    const shown = isCut && idle > active * longGap ? active * shortGap : idle
    if (shown < idle) cuts.push({ from: place, to: place + shown, millis: idle })
    place += shown
    times.push(from, to)
    places.push(place, place + to - from)
    place += to - from
  }
  const length = Math.max(1, place)
  const scaled = (unscaled: number) => (unscaled / length - zoom.from) / (zoom.to - zoom.from)
  return {
    at: (millis) => scaled(between(times, places, millis)),
    timeOf: (at) => between(places, times, (zoom.from + at * (zoom.to - zoom.from)) * length),
    gaps:
      cuts.length > mostGaps ? [] : cuts.map(({ from, millis, to }) => ({ from: scaled(from), to: scaled(to), millis }))
  }
}

const union = (intervals: ReadonlyArray<Interval>): ReadonlyArray<Interval> => {
  const merged: Array<[number, number]> = []
  for (const [from, to] of intervals.toSorted((a, b) => a[0] - b[0])) {
    const last = merged.at(-1)
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to)
    else merged.push([from, Math.max(from, to)])
  }
  return merged
}

/** The value at a place between two that are known. */
const between = (from: ReadonlyArray<number>, to: ReadonlyArray<number>, value: number): number => {
  let i = 0
  while (i < from.length && (from[i] as number) < value) i++
  if (i === 0) return (to[0] ?? 0) + (value - (from[0] ?? 0)) * Number(from.length > 0)
  if (i === from.length) return (to[i - 1] as number) + value - (from[i - 1] as number)
  const [a, b] = [from[i - 1] as number, from[i] as number]
  const part = b === a ? 0 : (value - a) / (b - a)
  return (to[i - 1] as number) + part * ((to[i] as number) - (to[i - 1] as number))
}

const parts = 10_000

/** `"0-2500"`: the first quarter. */
export const readZoom = (text: string | undefined): Zoom => {
  const [, from, to] = /^(\d{1,5})-(\d{1,5})$/.exec(text ?? "") ?? []
  const zoom = { from: Number(from) / parts, to: Number(to) / parts }
  return zoom.from < zoom.to && zoom.to <= 1 ? zoom : whole
}

/** The address of a part of the axis, which is no smaller than a thousandth. */
export const writeZoom = ({ from, to }: Zoom): string | undefined => {
  const length = Math.max(0.001, Math.min(1, to - from))
  const start = Math.max(0, Math.min(1 - length, from))
  return length >= 1 ? undefined : `${Math.floor(start * parts)}-${Math.ceil((start + length) * parts)}`
}
