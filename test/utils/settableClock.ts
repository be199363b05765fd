import { Clock, Effect } from "effect"

/** The clock of a fiber, whose time of day can be set; its nanoseconds go on, as those of Effect's own clock do. */
export const settableClock = Effect.map(Effect.clock, (clock) => {
  let offset = 0
  const millis = () => clock.unsafeCurrentTimeMillis() + offset
  const settable: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: millis,
    unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanos: clock.currentTimeNanos,
    sleep: (duration) => clock.sleep(duration)
  }
  /** Moves the time of day by so many milliseconds, back where they are negative. */
  const move = (by: number) =>
    Effect.sync(() => {
      offset += by
    })
  return { clock: settable, around: clock, move }
})
