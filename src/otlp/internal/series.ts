/** Makes deltas of the cumulative points of series. */
import type { Histogram } from "../../signal/MetricPoint.js"
import { Malformed } from "./incoming.js"

/** The values of a point: how many there were, what they sum up to, and where they fell. */
export interface Distribution {
  readonly count: number
  readonly sum: number
  readonly buckets: Explicit | Exponential | undefined
}

interface Explicit {
  readonly explicit: ReadonlyArray<number>
  readonly counts: ReadonlyArray<number>
}

/** Buckets whose bounds are powers of 2 ^ (2 ^ -scale), by their index; of negative values, those of their amount. */
interface Exponential {
  readonly scale: number
  readonly zeros: number
  readonly threshold: number
  readonly positive: ReadonlyMap<number, number>
  readonly negative: ReadonlyMap<number, number>
}

interface Point {
  readonly startTime: bigint
  readonly time: bigint
  readonly distribution: Distribution
}

interface Change {
  readonly startTime: bigint
  readonly distribution: Distribution
  /** Whether it is all that the sender said. */
  readonly isWhole: boolean
}

/** How long a series that says nothing more keeps its place when others want it: nanoseconds between its point and theirs. */
const silence = 600_000_000_000n

/** The last point of each series. */
export class Series {
  private readonly changed = new Map<string, Point>()
  /** How many of those are new. */
  private fresh = 0

  constructor(
    private readonly max: number,
    private readonly began: bigint,
    private readonly kept: Map<string, Point> = new Map()
  ) {}

  /** Series that go on from these, which do not change before `keep`. */
  branch(): Series {
    return new Series(this.max, this.began, this.kept)
  }

  /** Makes the changes of a branch lasting. */
  keep(): void {
    for (const [key, point] of this.changed) {
      // The order of a map is that in which its keys came: the first has been silent for the longest.
      this.kept.delete(key)
      this.kept.set(key, point)
    }
    this.changed.clear()
    this.fresh = 0
  }

  /**
   * The amount that a point has added to its series; nothing where it is no news, or where nobody can say. The first point of a series
   * that began before this process may have been counted by the process before.
   */
  next(key: string, point: Point): Change | undefined {
    const before = this.changed.get(key) ?? this.kept.get(key)
    if (before === undefined) this.admit(point)
    const whole = { startTime: point.startTime, distribution: point.distribution, isWhole: true }
    if (before === undefined) {
      this.changed.set(key, point)
      return point.startTime < this.began && this.began <= point.time ? undefined : whole
    }
    if (point.time <= before.time) return undefined
    this.changed.set(key, point)
    if (point.startTime > before.time) return whole
    const distribution =
      point.startTime === before.startTime || point.startTime === 0n
        ? difference(point.distribution, before.distribution)
        : undefined
    if (distribution !== undefined) return { startTime: before.time, distribution, isWhole: false }
    // The series began anew.
    return { ...whole, startTime: point.startTime > before.startTime ? point.startTime : before.time }
  }

  /** Makes room for a series more. */
  private admit({ time }: Point): void {
    const [oldest] = this.kept
    if (this.kept.size + this.fresh < this.max) {
      this.fresh++
      return
    }
    if (oldest !== undefined && time - oldest[1].time >= silence) {
      this.kept.delete(oldest[0])
      this.fresh++
      return
    }
    throw new Malformed(`there are more than ${this.max} cumulative series: those beyond are left out`)
  }
}

/** The amount by which one exceeds another; nothing where it has less of something, or other buckets. */
const difference = (later: Distribution, earlier: Distribution): Distribution | undefined => {
  const count = later.count - earlier.count
  const sum = later.sum - earlier.sum
  if (count < 0 || (later.buckets === undefined && sum < 0)) return undefined
  if (later.buckets === undefined) return { count, sum, buckets: undefined }
  if (earlier.buckets === undefined) return undefined
  const buckets =
    "explicit" in later.buckets
      ? "explicit" in earlier.buckets
        ? ofExplicit(later.buckets, earlier.buckets)
        : undefined
      : "explicit" in earlier.buckets
        ? undefined
        : ofExponential(later.buckets, earlier.buckets)
  return buckets && { count, sum, buckets }
}

const ofExplicit = (later: Explicit, earlier: Explicit): Explicit | undefined => {
  const { explicit } = later
  if (explicit.length !== earlier.explicit.length || later.counts.length !== earlier.counts.length) return undefined
  if (!explicit.every((bound, i) => bound === earlier.explicit[i])) return undefined
  const counts = later.counts.map((count, i) => count - (earlier.counts[i] as number))
  return counts.every((count) => count >= 0) ? { explicit, counts } : undefined
}

const ofExponential = (later: Exponential, earlier: Exponential): Exponential | undefined => {
  // Senders make buckets coarser as values spread, and never finer.
  const steps = earlier.scale - later.scale
  if (steps < 0 || later.threshold < earlier.threshold) return undefined
  const positive = less(later.positive, coarser(earlier.positive, steps))
  const negative = less(later.negative, coarser(earlier.negative, steps))
  const zeros = later.zeros - earlier.zeros
  return positive === undefined || negative === undefined || zeros < 0
    ? undefined
    : { ...later, zeros, positive, negative }
}

const coarser = (buckets: ReadonlyMap<number, number>, steps: number): ReadonlyMap<number, number> => {
  if (steps === 0) return buckets
  const coarse = new Map<number, number>()
  for (const [index, count] of buckets) {
    const next = Math.floor(index / 2 ** steps)
    coarse.set(next, (coarse.get(next) ?? 0) + count)
  }
  return coarse
}

const less = (
  later: ReadonlyMap<number, number>,
  earlier: ReadonlyMap<number, number>
): ReadonlyMap<number, number> | undefined => {
  const rest = new Map(later)
  for (const [index, count] of earlier) {
    const left = (rest.get(index) ?? 0) - count
    if (left < 0) return undefined
    if (left === 0) rest.delete(index)
    else rest.set(index, left)
  }
  return rest
}

/** A distribution as records have it; nothing where its bounds are no finite numbers. */
export const toHistogram = ({ buckets, count, sum }: Distribution): Histogram | undefined => {
  if (buckets === undefined) return { count, sum, bounds: [], counts: [count] }
  if ("explicit" in buckets) return { count, sum, bounds: buckets.explicit, counts: buckets.counts }
  const bounds: Array<number> = []
  const counts: Array<number> = []
  const { negative, positive, scale, threshold, zeros } = buckets
  const bound = (index: number) => 2 ** (index * 2 ** -scale)
  const push = (upper: number, count: number) => {
    bounds.push(upper)
    counts.push(count)
  }
  // Of neighbours without values between them, one bound is enough.
  const between = (upper: number) => (bounds.length === 0 || (bounds.at(-1) as number) < upper) && push(upper, 0)
  for (const [index, count] of Array.from(negative).sort(([a], [b]) => b - a)) {
    between(-bound(index + 1))
    push(-bound(index), count)
  }
  if (zeros > 0) {
    if (threshold > 0) between(-threshold)
    push(threshold, zeros)
  }
  for (const [index, count] of Array.from(positive).sort(([a], [b]) => a - b)) {
    between(bound(index))
    push(bound(index + 1), count)
  }
  counts.push(0)
  return bounds.every(Number.isFinite) ? { count, sum, bounds, counts } : undefined
}

/** The order of texts by their code units. */
export const isLess = (a: string, b: string): boolean => a < b
