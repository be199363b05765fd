/** Waiting until all that was emitted before is exported, or on disk. */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import { isolated } from "../../runtime/isolated.js"
import { perSignal, type SignalName } from "../../signal/signals.js"
import { FlushError } from "../FlushError.js"
import type { Lane } from "./lane.js"
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

/**
 * Waits until what was emitted before is on disk, where all is to be: all who wait share a write. What was exported or lost
 * meanwhile need not be there. Gives up after some seconds: the disk fails or is full, and so is what records go to.
 */
export const saved = (writer: Writer): Effect.Effect<void, FlushError> =>
  Effect.suspend(() => {
    const { batchDue, bounds, intake, lanes, position, saves } = writer
    if (!lanes.some((lane) => lane.savesEverything) || savedHead(writer) > position) return Effect.void
    const waiting: Flush = { position, done: Deferred.unsafeMake(FiberId.none) }
    saves.push(waiting)
    if (intake.length > 0) batchDue.unsafeOpen()
    return Effect.timeoutFail(Deferred.await(waiting.done), {
      duration: Duration.min(bounds.exportTimeout, patience),
      onTimeout: () => {
        saves.splice(saves.indexOf(waiting), 1)
        return unsaved(writer, position)
      }
    })
  })

/** How long records may take to be on disk, at most. */
const patience = Duration.seconds(5)

/** Ends the flushes for which nothing is left to wait. */
export const endFlushes = (writer: Writer): void => {
  endSaves(writer)
  if (writer.flushes.size === 0) return
  const first = head(writer)
  for (const { done, position } of writer.flushes) {
    if (position < first) Deferred.unsafeDone(done, Exit.void)
  }
}

const endSaves = (writer: Writer): void => {
  if (writer.saves.length === 0) return
  const first = savedHead(writer)
  const waits = writer.saves.findIndex(({ position }) => position >= first)
  for (const { done } of writer.saves.splice(0, waits === -1 ? writer.saves.length : waits)) {
    Deferred.unsafeDone(done, Exit.void)
  }
}

/** Fails the flushes that still wait. */
export const failFlushes = (writer: Writer): void => {
  endSaves(writer)
  for (const { done, position } of writer.saves) Deferred.unsafeDone(done, Exit.fail(unsaved(writer, position)))
  for (const { done, position } of writer.flushes) Deferred.unsafeDone(done, Exit.fail(remaining(writer, position)))
}

/** Runs in a fiber of its own, which outlives the one that asks for it. */
export const fork = <A>(effect: Effect.Effect<A>) => Effect.forkDaemon(Effect.interruptible(isolated(effect)))

/** The position of the first entry that some exporter has not done with. */
const head = ({ intake, lanes }: Writer): number =>
  lanes.reduce((head, lane) => Math.min(head, lane.head), intake[0]?.position ?? Number.POSITIVE_INFINITY)

/** The position of the first entry that is to be on disk and is not. */
const savedHead = ({ intake, lanes }: Writer): number =>
  lanes.reduce((head, lane) => Math.min(head, lane.unwrittenHead), intake[0]?.position ?? Number.POSITIVE_INFINITY)

type CountOf = (lane: Lane, until: number) => number

/** Counts everything up to a position that is not on disk. */
const unsaved = (writer: Writer, until: number): FlushError =>
  remaining(writer, until, (lane, until) => lane.countUnwritten(until))

/** What is left of everything up to a position. */
const remaining = (
  writer: Writer,
  until: number,
  left: CountOf = (lane, until) => lane.countUntil(until)
): FlushError => {
  const byExporter: Record<string, FlushError["remaining"][string]> = {}
  for (const { destination, lanes } of writer.routes) {
    const counts = perSignal((_, name) => countOf(writer, lanes, name, until, left))
    const told = Object.entries(counts).filter(([name, count]) => count > 0 || name === "spans" || name === "logs")
    if (Object.values(counts).some((count) => count > 0)) {
      byExporter[destination.exporter.name] = Object.fromEntries(told) as typeof counts
    }
  }
  return new FlushError({ remaining: byExporter })
}

const countOf = (writer: Writer, lanes: Writer["lanes"], name: SignalName, until: number, left: CountOf): number => {
  let count = 0
  for (const lane of lanes) {
    if (lane.signal !== name) continue
    count += left(lane, until)
    for (const { position, snapshot } of unprocessedFor(writer, lane)) {
      if (position <= until && !snapshot) count++
    }
  }
  return count
}
