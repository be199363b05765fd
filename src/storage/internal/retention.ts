import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { isPositiveDurationInput } from "../../runtime/duration.js"
import * as Wall from "../../runtime/wall.js"
import type { StorageError } from "../StorageError.js"
import { invalidArgument } from "./errors.js"

/** How long records are kept. What is no such time must not be taken for zero: everything would be deleted. */
export const decode = (
  retention: Duration.DurationInput | undefined
): Effect.Effect<Option.Option<Duration.Duration>, StorageError> => {
  if (retention === undefined) return Effect.succeedNone
  return isPositiveDurationInput(retention) && Duration.isFinite(Duration.decode(retention))
    ? Effect.succeedSome(Duration.decode(retention))
    : invalidArgument("retention", `expected a finite duration of more than nothing, such as "30 days"`)
}

/**
 * Deletes once an hour what is older than so many nanoseconds. When the clock on the wall has been set on by more than an
 * hour since the last time, that waits for the next: a wrong time that is mended until then costs no record.
 */
export const deleteHourly = <E>(
  deleteBefore: (time: bigint) => Effect.Effect<unknown, E>,
  age: bigint,
  onFailure: (error: E) => Effect.Effect<void>
): Effect.Effect<void> =>
  Effect.clockWith((clock) => {
    let last: readonly [now: bigint, reading: bigint] | undefined
    return Effect.suspend(() => {
      const [now, reading] = [Wall.of(clock).now(), clock.unsafeCurrentTimeNanos()]
      const [before, began] = last ?? [now, reading]
      last = [now, reading]
      return now - before - (reading - began) > hour ? Effect.void : deleteBefore(now - age)
    }).pipe(Effect.catchAll(onFailure), Effect.repeat(Schedule.spaced("1 hour")), Effect.asVoid)
  })

const hour = 3_600_000_000_000n
