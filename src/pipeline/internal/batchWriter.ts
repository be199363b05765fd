/**
 * Takes records from the running program and brings them to the exporters in batches: bounded, counted, one flight an
 * exporter at a time.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { identity } from "effect/Function"
import type * as Scope from "effect/Scope"
import { logWarning } from "../../runtime/annotated.js"
import { background } from "../../runtime/background.js"
import { whenProcessEnds } from "../../runtime/processEnd.js"
import type { Emitter } from "../../signal/Emitter.js"
import type { Exporter } from "../Exporter.js"
import type { FlushError } from "../FlushError.js"
import type { SignalProcessor } from "../SignalProcessor.js"
import type { Stats } from "../Stats.js"
import { endFlushes, failFlushes, flush, fork, saved } from "./flush.js"
import * as Losses from "./losses.js"
import * as Metrics from "./metrics.js"
import * as Notices from "./notices.js"
import { Spool, type SpoolOptions } from "./spool.js"
import * as Writer from "./writer.js"

/** The exporters and processors of a writer, with its bounds and its place on local disk. */
export interface BatchWriterOptions {
  readonly exporters: ReadonlyArray<Exporter>
  readonly processors: ReadonlyArray<SignalProcessor>
  readonly batch: Writer.Writer["bounds"]
  /** Local disk for what memory has no room for, and for what a closing or ending process still holds. */
  readonly spool?: SpoolOptions | undefined
  /** With `"disk"`, every record is written to the spool as soon as it is processed. */
  readonly durability?: "memory" | "disk" | undefined
  /** Whether the ledgers are published as Effect metrics. */
  readonly metrics?: boolean | undefined
}

/** A running writer: where records go in, how to wait for them, and what became of them. */
export interface BatchWriter {
  readonly emitter: Emitter["Type"]
  /** Takes records that are offered as long as there is room, and gives how many they were. */
  readonly offer: (offers: ReadonlyArray<Writer.Offer>, whole: boolean) => number
  readonly flush: Effect.Effect<void, FlushError>
  /** Waits until what was emitted before is on disk, where all is to be. */
  readonly saved: Effect.Effect<void, FlushError>
  readonly stats: Effect.Effect<Stats>
}

/** How long exporters have to stop and shut down when `shutdownTimeout` is used up. */
const grace = Duration.seconds(1)

/** How long a record that is to be on disk at once waits for others. */
const persistDelay = Duration.millis(20)

/**
 * A writer that runs until its scope closes, and then brings what it still holds to the exporters, for at most
 * `shutdownTimeout`.
 */
export const make = Effect.fnUntraced(function* (
  options: BatchWriterOptions
): Effect.fn.Return<BatchWriter, never, Scope.Scope> {
  const { batch, durability, exporters, metrics, processors, spool } = options
  const everything = durability === "disk"
  const routes = yield* Effect.forEach(exporters, (exporter) =>
    Effect.map(spool === undefined ? Effect.succeed(undefined) : Spool.make(exporter.name, spool), (spool) =>
      Writer.routeOf(exporter, batch, spool, everything)
    )
  )
  const writer = Writer.make(routes, processors, batch, yield* Effect.clock)
  const stats = Effect.sync(() => Writer.statsOf(writer))
  const sayLosses = Losses.make(writer)
  const settled = Effect.zipRight(
    Effect.sync(() => endFlushes(writer)),
    Effect.zipRight(sayLosses(false), Notices.of(processors))
  ).pipe(
    metrics ? Effect.zipLeft(Effect.map(stats, Metrics.make())) : identity,
    Effect.catchAllCause(() => Effect.void)
  )

  const delay = everything ? Duration.min(batch.scheduledDelay, persistDelay) : batch.scheduledDelay
  const fibers = yield* Effect.forEach(
    [feed(writer, delay, settled), ...writer.lanes.flatMap((lane) => [lane.run(settled), lane.persist(settled)])],
    (work) => fork(background(work))
  )
  if (spool !== undefined) {
    yield* whenProcessEnds("exit", () => {
      Writer.handOver(writer, Number.POSITIVE_INFINITY)
      for (const lane of writer.lanes) lane.giveUpNow()
    })
  }
  const closed = Effect.all([close(writer, fibers, spool !== undefined), settled, sayLosses(true)], { discard: true })
  // In a fiber of its own: a finalizer cannot be interrupted, so its time-outs would wait for what they interrupt.
  yield* Effect.addFinalizer(() => Effect.flatMap(fork(closed), Fiber.await))

  const emitter = Writer.emitterOf(writer)
  return { emitter, offer: Writer.offering(writer, emitter), flush: flush(writer), saved: saved(writer), stats }
})

/** Brings records through the processors to the lanes, until the writer closes and none is left. */
const feed = (writer: Writer.Writer, delay: Duration.Duration, settled: Effect.Effect<void>): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { batchDue, intake, notEmpty } = writer
    do {
      yield* notEmpty.await
      yield* Effect.raceFirst(Effect.sleep(delay), batchDue.await)
      while (Writer.handOver(writer)) yield* Effect.sleep(Duration.zero)
      if (!writer.closing) {
        notEmpty.unsafeClose()
        batchDue.unsafeClose()
      }
      yield* settled
    } while (!writer.closing || intake.length > 0)
    for (const lane of writer.lanes) lane.end()
  })

/** Exports what there is, gives up what could not be exported in time, and shuts the exporters down. */
const close = Effect.fnUntraced(function* (
  writer: Writer.Writer,
  fibers: ReadonlyArray<Fiber.Fiber<void>>,
  isSpooled: boolean
) {
  const { bounds, clock, routes } = writer
  // Nanoseconds of a clock come from a source that is never set back.
  const end = clock.unsafeCurrentTimeNanos() + Duration.unsafeToNanos(bounds.shutdownTimeout)
  writer.closing = true
  writer.notEmpty.unsafeOpen()
  writer.batchDue.unsafeOpen()
  yield* Effect.timeoutOption(Fiber.awaitAll(fibers), bounds.shutdownTimeout)
  yield* Effect.timeoutOption(Fiber.interruptAll(fibers), grace)
  yield* giveUp(writer, isSpooled)
  const rest = Duration.max(Duration.nanos(end - clock.unsafeCurrentTimeNanos()), grace)
  yield* Effect.forEach(routes, ({ destination }) => Effect.timeoutOption(shutdown(destination.exporter), rest), {
    concurrency: "unbounded",
    discard: true
  })
})

/**
 * Gives up entries that could not be exported in time. Only those that the processors have seen may be left on disk,
 * where nothing unmasked may go.
 */
const giveUp = Effect.fnUntraced(function* (writer: Writer.Writer, isSpooled: boolean) {
  if (isSpooled) while (Writer.handOver(writer)) yield* Effect.sleep(Duration.zero)
  yield* Effect.forEach(writer.lanes, (lane) => lane.giveUp(Writer.unprocessedFor(writer, lane)), { discard: true })
  failFlushes(writer)
  writer.intake.length = 0
})

const shutdown = ({ name, shutdown = Effect.void }: Exporter) =>
  Effect.disconnect(
    Effect.suspend(() => shutdown).pipe(
      Effect.catchAllCause((cause) => logWarning("BatchWriter")(`The exporter "${name}" failed to shut down`, cause)),
      Effect.catchAllCause(() => Effect.void)
    )
  )
