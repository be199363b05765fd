/**
 * The times at which the records of a layer start, in the order in which they are made: a clock may stand still between two
 * of them, and no store keeps another order than that of the times.
 */
import { globalValue } from "effect/GlobalValue"

export class Moments {
  /** The time that the clock gave last, and the one that was made of it. */
  private read = 0n
  private given = -1n

  /**
   * A time that is later than the one before: where the clock has not moved on, by a nanosecond. A clock that was set back,
   * or is another one, is believed.
   */
  next(time: bigint): bigint {
    this.given = time > this.given || time < this.read ? time : this.given + 1n
    this.read = time
    return this.given
  }
}

/** The moments of what shares an owner: spans, logs and scores that go the same way. */
export const of = (owner: object): Moments => {
  const known = owners.get(owner)
  if (known !== undefined) return known
  const made = new Moments()
  owners.set(owner, made)
  return made
}

const owners: WeakMap<object, Moments> = globalValue("effect-observability/runtime/moments", () => new WeakMap())
