/** Waiting until all that was emitted before is exported, or on disk. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import { isolated } from "../../runtime/isolated.js"
import { perSignal, type SignalName } from "../../signal/signals.js"
import { FlushError } from "../FlushError.js"
import { type Flush, unprocessedFor, type Writer } from "./writer.js"

/** Waits for what was emitted before, at most for `exportTimeout`. */
export const flush = (writer: Writer): Effect.Effect<void, FlushError> =>
  Effect.suspend(() => {
    if (head(writer) > writer.position) return Effect.void
    const waiting: Flush = { position: writer.position, done: Deferred.unsafeMake(FiberId.none) }
    // A fiber of its own gives up: who flushes in a finalizer cannot be interrupted.
    const giveUp = Effect.suspend(() => Deferred.fail(waiting.done, remaining(writer, waiting.position)))
    return Effect.acquireUseRelease(
      Effect.suspend(() => {
        writer.flushes.add(waiting)
        if (writer.intake.length > 0) writer.batchDue.unsafeOpen()
        for (const lane of writer.lanes) lane.hasten()
        return fork(Effect.delay(giveUp, writer.bounds.exportTimeout))
      }),
      () => Deferred.await(waiting.done),
      (timer) => {
        writer.flushes.delete(waiting)
        return Fiber.interrupt(timer)
      }
    )
  })

/** Ends the flushes for which nothing is left to wait. */
export const endFlushes = (writer: Writer): void => {
  if (writer.flushes.size === 0) return
  const first = head(writer)
  for (const { done, position } of writer.flushes) {
    if (position < first) Deferred.unsafeDone(done, Exit.void)
  }
}

/** Fails the flushes that still wait. */
export const failFlushes = (writer: Writer): void => {
  for (const { done, position } of writer.flushes) Deferred.unsafeDone(done, Exit.fail(remaining(writer, position)))
}

/** Runs in a fiber of its own, which outlives the one that asks for it. */
export const fork = <A>(effect: Effect.Effect<A>) => Effect.forkDaemon(Effect.interruptible(isolated(effect)))

/** The position of the first entry that some exporter has not done with. */
const head = ({ intake, lanes }: Writer): number =>
  lanes.reduce((head, lane) => Math.min(head, lane.head), intake[0]?.position ?? Number.POSITIVE_INFINITY)

/** What is left of everything up to a position. */
const remaining = (writer: Writer, until: number): FlushError => {
  const byExporter: Record<string, FlushError["remaining"][string]> = {}
  for (const { destination, lanes } of writer.routes) {
    const counts = perSignal((_, name) => countOf(writer, lanes, name, until))
    const told = Object.entries(counts).filter(([name, count]) => count > 0 || name === "spans" || name === "logs")
    if (Object.values(counts).some((count) => count > 0)) {
      byExporter[destination.exporter.name] = Object.fromEntries(told) as typeof counts
    }
  }
  return new FlushError({ remaining: byExporter })
}

const countOf = (writer: Writer, lanes: Writer["lanes"], name: SignalName, until: number): number => {
  let count = 0
  for (const lane of lanes) {
    if (lane.signal !== name) continue
    count += lane.countUntil(until)
    for (const { position, snapshot } of unprocessedFor(writer, lane)) {
      if (position <= until && !snapshot) count++
    }
  }
  return count
}
