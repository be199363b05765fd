/**
 * The time of day. The nanoseconds of Effect's clock count on from the time at which the process started, whatever happens
 * to the clock on the wall: durations are exact, but after a sleep of the machine, or when somebody sets its clock, they are
 * hours off.
 */
import type * as Clock from "effect/Clock"
import { globalValue } from "effect/GlobalValue"

/** How far the two may be apart: a reading is a while old when it comes here. */
const tolerance = 500

export class Wall {
  /** How far the wall is ahead of the nanoseconds, and the same in milliseconds. */
  private ahead = 0n
  private aheadMillis = 0

  constructor(private readonly clock: Clock.Clock) {}

  /** Whether a reading of the nanoseconds is the time of day. */
  agrees(reading: bigint): boolean {
    return Math.abs(this.clock.unsafeCurrentTimeMillis() - Number(reading) / 1e6) < tolerance
  }

  /** The time of day at a reading of the nanoseconds. */
  at(reading: bigint): bigint {
    if (this.agrees(reading)) return reading
    this.measure()
    return reading + this.ahead
  }

  /** The time of day. */
  now(): bigint {
    return this.at(this.clock.unsafeCurrentTimeNanos())
  }

  /** Unless the two have moved apart, or together, the distance stays as it is: what follows is later. */
  private measure(): void {
    const nanos = this.clock.unsafeCurrentTimeNanos()
    const ahead = Math.round(this.clock.unsafeCurrentTimeMillis() - Number(nanos) / 1e6)
    if (!Number.isFinite(ahead) || Math.abs(ahead - this.aheadMillis) < tolerance) return
    this.aheadMillis = Math.abs(ahead) < tolerance ? 0 : ahead
    this.ahead = BigInt(this.aheadMillis) * 1_000_000n
  }
}

/** The time of day by a clock. */
export const of = (clock: Clock.Clock): Wall => {
  const known = walls.get(clock)
  if (known !== undefined) return known
  const made = new Wall(clock)
  walls.set(clock, made)
  return made
}

const walls: WeakMap<Clock.Clock, Wall> = globalValue("effect-observability/runtime/wall", () => new WeakMap())
