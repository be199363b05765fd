/** Tells the program, through its own loggers, that records are being lost. */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { logWarning } from "../../runtime/annotated.js"
import { signalNames } from "../../signal/signals.js"
import { quoted } from "../quoted.js"
import { statsOf, type Writer } from "./writer.js"

/** How often it is told. */
const interval = Duration.unsafeToNanos(Duration.minutes(1))

/** Says what was lost, if that is more than the last time, and either a minute has passed since or this is the last. */
export const make = (writer: Writer): ((last: boolean) => Effect.Effect<void>) => {
  let before = 0
  // Nanoseconds of a clock come from a source that is never set back.
  let sayAfter = writer.clock.unsafeCurrentTimeNanos()
  return (last) =>
    Effect.suspend(() => {
      const lost = writer.lanes.reduce((sum, { counts }) => sum + counts.lost, 0)
      const now = writer.clock.unsafeCurrentTimeNanos()
      if (lost === before || (now < sayAfter && !last)) return Effect.void
      before = lost
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
            said(lastFailure)
          )
        },
        { discard: true }
      )
    }).pipe(Effect.catchAllCause(() => Effect.void))
}

/** A defect may quote the record that it is about. The words of an `ExportError` are those of the exporter. */
const said = <E>(cause: Cause.Cause<E>): Cause.Cause<E> | string =>
  Cause.isDie(cause)
    ? Either.getOrElse(
        Either.try(() => quoted(String(Cause.squash(cause)))),
        () => "an error without a text"
      )
    : cause
