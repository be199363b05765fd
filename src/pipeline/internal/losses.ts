/** Tells the program, through its own loggers, that records are being lost. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { logWarning } from "../../runtime/annotated.js"
import { signalNames } from "../../signal/signals.js"
import { statsOf, type Writer } from "./writer.js"

/** How often it is told. */
const interval = Duration.unsafeToNanos(Duration.minutes(1))

/** Says what was lost, if that is more than the last time, and either a minute has passed since or this is the last. */
export const make = (writer: Writer): ((last: boolean) => Effect.Effect<void>) => {
  let said = 0
  // Nanoseconds of a clock come from a source that is never set back.
  let sayAfter = writer.clock.unsafeCurrentTimeNanos()
  return (last) =>
    Effect.suspend(() => {
      const lost = writer.lanes.reduce((sum, { counts }) => sum + counts.lost, 0)
      const now = writer.clock.unsafeCurrentTimeNanos()
      if (lost === said || (now < sayAfter && !last)) return Effect.void
      said = lost
      sayAfter = now + interval
      const stats = statsOf(writer)
      return Effect.forEach(
        writer.routes.filter(({ lanes }) => lanes.some(({ counts }) => counts.lost > 0)),
        ({ destination: { exporter, lastFailure } }) => {
          const ledgers = signalNames.flatMap((signal) => {
            const ledger = stats[signal][exporter.name]
            return ledger === undefined || ledger.emitted === 0 ? [] : [[signal, ledger]]
          })
          return logWarning("BatchWriter")(
            `Records were lost on their way to the exporter "${exporter.name}"`,
            Object.fromEntries(ledgers),
            lastFailure
          )
        },
        { discard: true }
      )
    }).pipe(Effect.catchAllCause(() => Effect.void))
}
