/**
 * Takes records from the running program and brings them to the exporters in batches: bounded, counted, one flight an
 * exporter at a time.
 *
 * @since 0.1.0
 */
import nodeProcess from "node:process"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import { identity } from "effect/Function"
import type * as Scope from "effect/Scope"
import { isolated } from "../identity/internal/isolated.js"
import type { Emitter } from "../signal/Emitter.js"
import { isFormKept } from "../signal/internal/trusted.js"
import type { LogRecord } from "../signal/LogRecord.js"
import { SpanRecord } from "../signal/SpanRecord.js"
import type { Exporter } from "./Exporter.js"
import { FlushError } from "./FlushError.js"
import { Backing } from "./internal/backing.js"
import { type Bounds, type Entry, Lane, type Signal } from "./internal/lane.js"
import * as Metrics from "./internal/metrics.js"
import { toLog, toSpan, toStorableLog, toStorableSpan } from "./internal/processed.js"
import { sizeOf } from "./internal/size.js"
import { Spool, type SpoolOptions } from "./internal/spool.js"
import type { SignalProcessor } from "./SignalProcessor.js"
import type { Stats } from "./Stats.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface BatchWriterOptions {
  readonly exporters: ReadonlyArray<Exporter>
  readonly processors: ReadonlyArray<SignalProcessor>
  readonly batch: Bounds & { readonly shutdownTimeout: Duration.Duration }
  /** Local disk for what memory has no room for, and for what a closing or ending process still holds. */
  readonly spool?: SpoolOptions | undefined
  /** With `"disk"`, every record is written to the spool as soon as it is processed. */
  readonly durability?: "memory" | "disk" | undefined
  /** Whether the ledgers are published as Effect metrics. */
  readonly metrics?: boolean | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface BatchWriter {
  readonly emitter: Emitter["Type"]
  readonly flush: Effect.Effect<void, FlushError>
  readonly stats: Effect.Effect<Stats>
}

/** How long exporters have to stop and shut down when `shutdownTimeout` is used up. */
const grace = Duration.seconds(1)

/** How long processors may hold the event loop. */
const sliceMillis = 2

/** How long a record that is to be on disk at once waits for others. */
const persistDelay = Duration.millis(20)

/** How often the program is told that records are being lost. */
const sayEveryMillis = 60_000

/**
 * A writer that runs until its scope closes, and then brings what it still holds to the exporters, for at most
 * `shutdownTimeout`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = Effect.fnUntraced(function* (
  options: BatchWriterOptions
): Effect.fn.Return<BatchWriter, never, Scope.Scope> {
  const { exportTimeout, maxBatchSize, scheduledDelay, shutdownTimeout } = options.batch
  const clock = yield* Effect.clock
  const everything = options.durability === "disk"
  const isFormed = options.processors.every(isFormKept)
  const lanes = yield* Effect.forEach(options.exporters, (exporter) =>
    Effect.map(
      options.spool === undefined ? Effect.succeed(undefined) : Spool.make(exporter.name, options.spool),
      (spool) => new Lane(exporter, options.batch, isFormed, spool && new Backing<Entry>(spool, everything))
    )
  )
  const taking = (signal: Signal) => lanes.filter(({ exporter: { signals } }) => signals?.includes(signal) ?? true)
  const lanesOf = { spans: taking("spans"), logs: taking("logs") }
  const showing = lanesOf.spans.filter((lane) => lane.exporter.running)
  const process = {
    spans: chain(
      [
        ...options.processors.map((processor) => processor.span?.bind(processor)),
        isFormed ? undefined : toStorableSpan
      ],
      toSpan
    ),
    logs: chain(
      [...options.processors.map((processor) => processor.log?.bind(processor)), isFormed ? undefined : toStorableLog],
      toLog
    )
  }

  const emitted = { spans: 0, logs: 0 }
  /** What has not gone through the processors, in the order of emission. */
  const intake: Array<Entry> = []
  let position = 0
  let closing = false
  /** Open when records wait in the intake, and when they shall not wait any longer. */
  const some = Effect.unsafeMakeLatch()
  const due = Effect.unsafeMakeLatch()
  const flushes = new Set<Flush>()

  const enqueue = (
    signal: Signal,
    record: SpanRecord | LogRecord,
    bytes: number,
    snapshot: boolean,
    lanes: ReadonlyArray<Lane>
  ): void => {
    if (lanes.length === 0) return
    position++
    intake.push({ signal, record, bytes, position, snapshot, lanes })
    if (intake.length === 1) some.unsafeOpen()
    if (intake.length >= maxBatchSize) due.unsafeOpen()
  }

  const emitter: Emitter["Type"] = {
    emit(record) {
      const signal = record instanceof SpanRecord ? "spans" : "logs"
      const bytes = sizeOf(record)
      emitted[signal]++
      let admitting: ReadonlyArray<Lane> = lanesOf[signal]
      for (const lane of lanesOf[signal]) {
        if (closing || !lane.admit(signal, bytes)) {
          lane[signal].lose("dropped", closing ? "Shutdown" : "QueueFull")
          admitting = admitting.filter((other) => other !== lane)
        }
        if (lane.isSpilling) due.unsafeOpen()
      }
      enqueue(signal, record, bytes, false, admitting)
    },
    snapshot(record) {
      if (!closing) {
        const admitting = showing.filter((lane) => lane.admitSnapshot())
        enqueue("spans", record, 0, true, admitting)
      }
    },
    abandon(spans) {
      emitted.spans += spans
      for (const lane of lanesOf.spans) lane.spans.lose("dropped", "Abandoned", spans)
    }
  }

  /** Brings entries from the intake to the exporters' queues, for a while; true says that some are left. */
  const handOver = (end = clock.unsafeCurrentTimeMillis() + sliceMillis): boolean => {
    let done = 0
    while (done < intake.length && clock.unsafeCurrentTimeMillis() < end) {
      const entry = intake[done++] as Entry
      const result = Either.try(() => process[entry.signal](entry.record as never))
      if (Either.isRight(result) && result.right !== undefined) {
        entry.record = result.right
        const bytes = isFormed || entry.snapshot ? entry.bytes : sizeOf(entry.record)
        const growth = bytes - entry.bytes
        entry.bytes = bytes
        for (const lane of entry.lanes) lane.push(entry, growth)
      } else {
        for (const lane of entry.lanes) {
          if (Either.isLeft(result)) lane.lastFailure = Cause.die(result.left)
          lane.settle([entry], "dropped", Either.isLeft(result) ? "ProcessorError" : "Processor")
        }
      }
    }
    intake.splice(0, done)
    for (const lane of lanes) lane.start()
    return intake.length > 0
  }

  const processingDelay = everything ? Duration.min(scheduledDelay, persistDelay) : scheduledDelay

  const write = Effect.gen(function* () {
    do {
      yield* some.await
      yield* Effect.raceFirst(Effect.sleep(processingDelay), due.await)
      while (handOver()) yield* Effect.sleep(Duration.zero)
      if (!closing) {
        some.unsafeClose()
        due.unsafeClose()
      }
      yield* settled
    } while (!closing || intake.length > 0)
    for (const lane of lanes) lane.end()
  })

  /** The position of the first entry that some exporter has not done with. */
  const head = (): number =>
    lanes.reduce((head, lane) => Math.min(head, lane.head), intake[0]?.position ?? Number.POSITIVE_INFINITY)

  const endFlushes = Effect.sync(() => {
    if (flushes.size === 0) return
    const first = head()
    for (const { done, position } of flushes) {
      if (position < first) Deferred.unsafeDone(done, Exit.void)
    }
  })

  /** What the processors have not seen and an exporter is to get. */
  const unprocessedFor = (lane: Lane): Array<Entry> => intake.filter((entry) => entry.lanes.includes(lane))

  const flushError = (until: number): FlushError => {
    const remaining: Record<string, Record<Signal, number>> = {}
    for (const lane of lanes) {
      const counts = { spans: 0, logs: 0 }
      for (const { position, signal, snapshot } of [...lane.unsaved(), ...unprocessedFor(lane)]) {
        if (position <= until && !snapshot) counts[signal]++
      }
      if (counts.spans + counts.logs > 0) remaining[lane.exporter.name] = counts
    }
    return new FlushError({ remaining })
  }

  const flush = Effect.suspend(() => {
    if (head() > position) return Effect.void
    const waiting: Flush = { position, done: Deferred.unsafeMake(FiberId.none) }
    // A fiber of its own gives up: who flushes in a finalizer cannot be interrupted.
    const giveUp = Effect.suspend(() => Deferred.fail(waiting.done, flushError(waiting.position)))
    return Effect.acquireUseRelease(
      Effect.suspend(() => {
        flushes.add(waiting)
        if (intake.length > 0) due.unsafeOpen()
        for (const lane of lanes) lane.hasten()
        return fork(Effect.delay(giveUp, exportTimeout))
      }),
      () => Deferred.await(waiting.done),
      (timer) => {
        flushes.delete(waiting)
        return Fiber.interrupt(timer)
      }
    )
  })

  const ledgers = (signal: Signal): Stats[Signal] =>
    Object.fromEntries(lanesOf[signal].map((lane) => [lane.exporter.name, lane[signal].ledger(emitted[signal])]))

  const stats = Effect.sync(
    (): Stats => ({
      spans: ledgers("spans"),
      logs: ledgers("logs"),
      exporters: Object.fromEntries(lanes.map((lane) => [lane.exporter.name, lane.health]))
    })
  )

  let said = 0
  let sayAfter = 0

  /** Says through the program's loggers what was lost, if it is time to, or was the last. */
  const sayLosses = (last: boolean) =>
    Effect.suspend(() => {
      const losers = lanes.filter((lane) => lane.lost > 0)
      const lost = losers.reduce((sum, lane) => sum + lane.lost, 0)
      const now = clock.unsafeCurrentTimeMillis()
      if (lost === said || (now < sayAfter && !last)) return Effect.void
      said = lost
      sayAfter = now + sayEveryMillis
      return Effect.forEach(
        losers,
        ({ exporter: { name }, lastFailure }) =>
          Effect.logWarning(
            `Records were lost on their way to the exporter "${name}"`,
            { spans: ledgers("spans")[name], logs: ledgers("logs")[name] },
            lastFailure
          ),
        { discard: true }
      )
    }).pipe(Effect.catchAllCause(() => Effect.void))

  const publish = Metrics.make()
  const settled = Effect.zipRight(endFlushes, sayLosses(false)).pipe(
    options.metrics ? Effect.zipLeft(Effect.map(stats, publish)) : identity,
    Effect.catchAllCause(() => Effect.void)
  )

  /** Gives up what could not be exported in time. Only what the processors have seen may be left on disk. */
  const abandon = Effect.gen(function* () {
    if (options.spool !== undefined) while (handOver()) yield* Effect.sleep(Duration.zero)
    yield* Effect.forEach(lanes, (lane) => lane.abandon(unprocessedFor(lane)), { discard: true })
    for (const { done, position } of flushes) Deferred.unsafeDone(done, Exit.fail(flushError(position)))
    intake.length = 0
  })

  const shutdown = ({ name, shutdown = Effect.void }: Exporter) =>
    Effect.disconnect(
      Effect.suspend(() => shutdown).pipe(
        Effect.catchAllCause((cause) => Effect.logWarning(`The exporter "${name}" failed to shut down`, cause)),
        Effect.catchAllCause(() => Effect.void)
      )
    )

  const fork = <A>(effect: Effect.Effect<A>) => Effect.forkDaemon(Effect.interruptible(isolated(effect)))

  const fibers = yield* Effect.forEach(
    [write, ...lanes.flatMap((lane) => [lane.run(settled), lane.persist(settled)])],
    fork
  )

  const close = Effect.gen(function* () {
    const end = clock.unsafeCurrentTimeMillis() + Duration.toMillis(shutdownTimeout)
    closing = true
    some.unsafeOpen()
    due.unsafeOpen()
    yield* Effect.timeoutOption(Fiber.awaitAll(fibers), shutdownTimeout)
    yield* Effect.timeoutOption(Fiber.interruptAll(fibers), grace)
    yield* abandon
    const left = Duration.max(Duration.millis(end - clock.unsafeCurrentTimeMillis()), grace)
    yield* Effect.forEach(options.exporters, (exporter) => Effect.timeoutOption(shutdown(exporter), left), {
      concurrency: "unbounded",
      discard: true
    })
    yield* settled
    yield* sayLosses(true)
  })

  const abandonNow = () => {
    handOver(Number.POSITIVE_INFINITY)
    for (const lane of lanes) lane.abandonNow()
  }
  if (options.spool !== undefined) yield* whenProcessEnds(abandonNow)

  // In a fiber of its own: a finalizer cannot be interrupted, so its time-outs would wait for what they interrupt.
  yield* Effect.addFinalizer(() => Effect.flatMap(fork(close), Fiber.await))

  return { emitter, flush, stats }
})

/** What a process does that ends without closing its scopes: by `process.exit`, or because nobody caught an error. */
const whenProcessEnds = (run: () => void): Effect.Effect<void, never, Scope.Scope> =>
  Effect.suspend(() => {
    const listener = () => void Either.try(run)
    return Effect.acquireRelease(
      Effect.sync(() => void nodeProcess.once("exit", listener)),
      () => Effect.sync(() => void nodeProcess.off("exit", listener))
    )
  })

/** Waits for everything up to a position. */
interface Flush {
  readonly position: number
  readonly done: Deferred.Deferred<void, FlushError>
}

/** One step of all of the steps; a record that one of them drops goes no further. */
const chain =
  <A>(steps: ReadonlyArray<((record: A) => unknown) | undefined>, toRecord: (result: unknown) => A | undefined) =>
  (record: A): A | undefined =>
    steps.reduce<A | undefined>(
      (result, step) => (result === undefined || step === undefined ? result : toRecord(step(result))),
      record
    )
