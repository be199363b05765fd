/**
 * Work of the observation that goes on beside the program, such as waiting for the next batch. It is no reason for the
 * process to live on.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { isolated } from "./isolated.js"

/** Runs apart from the program, with timers that do not keep the process alive. A clock of the program's own is kept. */
export const background = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  isolated(Effect.clockWith((clock) => (clock === live ? Effect.withClock(effect, unreferenced) : effect)))

const live = Context.get(DefaultServices.liveServices, Clock.Clock)

/** The longest delay of a timer of JavaScript: a longer one would fire at once. */
const maxMillis = 2 ** 31 - 1

const after = (duration: Duration.Duration, run: () => void): NodeJS.Timeout | undefined => {
  const millis = Duration.toMillis(duration)
  return millis > maxMillis ? undefined : setTimeout(run, millis).unref()
}

const unreferenced: Clock.Clock = Object.assign(Object.create(live) as Clock.Clock, {
  sleep: (duration: Duration.Duration) =>
    Effect.async<void>((resume) => {
      const timer = after(duration, () => resume(Effect.void))
      return Effect.sync(() => clearTimeout(timer))
    })
})
