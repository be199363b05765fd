/**
 * One exporter and what waits for it. Lanes know nothing of each other: one that hangs or fails keeps nobody waiting.
 */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import { disregard } from "../../signal/internal/stray.js"
import { trust } from "../../signal/internal/trusted.js"
import type { LogRecord } from "../../signal/LogRecord.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import { type Batch, ExportError, type Exporter } from "../Exporter.js"
import type { ExporterHealth, Ledger } from "../Stats.js"
import type { Backing } from "./backing.js"
import { sizeOf } from "./size.js"
import type { Restored, Signal } from "./spool.js"

export type { Signal }

/** A record on its way, held once however many exporters it waits for. */
export interface Entry {
  readonly signal: Signal
  record: SpanRecord | LogRecord
  bytes: number
  /** Counts up in the order of emission. */
  readonly position: number
  /** Whether it shows a running span: such records are not counted, and given up when an export fails. */
  readonly snapshot: boolean
  /** The exporters that had room for it. */
  readonly lanes: ReadonlyArray<Lane>
}

export interface Bounds {
  readonly maxQueueSize: number
  readonly maxQueueBytes: number
  readonly maxBatchSize: number
  /** How long a record waits for others to make a batch with. */
  readonly scheduledDelay: Duration.Duration
  readonly exportTimeout: Duration.Duration
}

/**
 * What is under way can make no room by going to disk, so that much of the queue it may take at most, where there is a
 * disk.
 */
const underWay = 1 / 4

const retries = Schedule.exponential("100 millis").pipe(
  Schedule.delayed((delay) => Duration.min(delay, "30 seconds")),
  Schedule.jittered
)

/** An exporter may ask for more patience, but does not get it. */
const maxRetryAfter = Duration.minutes(5)

/** After so many failures in a row the circuit is open: a single record tries whether the exporter is well again. */
const failuresToOpen = 5

export class Lane {
  readonly spans = new Counts()
  readonly logs = new Counts()
  /** Why records were lost, the last time. */
  lastFailure: Cause.Cause<ExportError> = Cause.empty

  private waiting: Array<Entry> = []
  /** Batches under way, the one whose turn it is last: what is in flight or to be retried, and the parts of a split. */
  private readonly batches: Array<Array<Entry>> = []
  /** What the last attempt did not bring away. */
  private readonly left: Array<Entry> = []
  private bytes = 0
  private snapshots = 0
  private ending = false
  private failures = 0
  private retried = 0
  private lastError: ExporterHealth["lastError"]
  private lastSuccess: ExporterHealth["lastSuccess"]
  private afterDisk = false
  /** How large a batch may be. */
  private readonly batch: { readonly records: number; readonly bytes: number }
  private readonly work = Effect.unsafeMakeLatch()
  private readonly hurry = Effect.unsafeMakeLatch()
  private readonly ended = Effect.unsafeMakeLatch()
  private readonly toPersist = Effect.unsafeMakeLatch()

  constructor(
    readonly exporter: Exporter,
    private readonly bounds: Bounds,
    /** Whether records come as well-formed as capture made them. */
    private readonly unprocessed: boolean,
    private readonly backing: Backing<Entry> | undefined
  ) {
    const { maxBatchSize, maxQueueBytes, maxQueueSize } = bounds
    this.batch =
      backing === undefined
        ? { records: maxBatchSize, bytes: Number.POSITIVE_INFINITY }
        : { records: Math.min(maxBatchSize, Math.ceil(maxQueueSize * underWay)), bytes: maxQueueBytes * underWay }
  }

  /** Counts a record in, if there is room for it. */
  admit(signal: Signal, bytes: number): boolean {
    if (this.size >= this.bounds.maxQueueSize || this.bytes + bytes > this.bounds.maxQueueBytes) return false
    this[signal].queued++
    this.bytes += bytes
    return true
  }

  /** Snapshots take at most half of the room, and no more than one batch of them waits. */
  admitSnapshot(): boolean {
    if (this.snapshots >= this.bounds.maxBatchSize || this.isCrowded) return false
    this.snapshots++
    return true
  }

  /** Whether room is to be made by leaving records to the disk. */
  get isSpilling(): boolean {
    return this.backing !== undefined && this.isCrowded
  }

  /** Takes in an entry that was admitted, and has grown by so many bytes since. */
  push(entry: Entry, growth: number): void {
    this.bytes += growth
    this.waiting.push(entry)
    if (this.backing?.everything) this.backing.add(entry)
  }

  /** Exports what waits, unless it is waiting to retry, and writes to disk what belongs there. */
  start(): void {
    this.work.unsafeOpen()
    if (this.backing?.everything || this.isSpilling) this.toPersist.unsafeOpen()
  }

  /** Waits neither for more records nor for a retry, unless the exporter said how long to wait. */
  hasten(): void {
    this.hurry.unsafeOpen()
  }

  /** Nothing more will come: every batch gets one more attempt, and the fibers end. */
  end(): void {
    this.ending = true
    this.ended.unsafeOpen()
    this.work.unsafeOpen()
    this.hurry.unsafeOpen()
    this.toPersist.unsafeOpen()
  }

  /** The position of the first entry that is neither exported nor on disk. */
  get head(): number {
    return this.unsaved()[0]?.position ?? Number.POSITIVE_INFINITY
  }

  /** What is in memory alone, the oldest first. */
  unsaved(): Array<Entry> {
    const held = [...this.left, ...this.batches.toReversed().flat(), ...this.waiting]
    return this.backing === undefined ? held : held.filter((entry) => !this.backing?.has(entry))
  }

  get lost(): number {
    return this.spans.lost + this.logs.lost
  }

  get health(): ExporterHealth {
    const { backing, lastError, lastSuccess, retried } = this
    return {
      spooled: backing?.size ?? 0,
      unread: backing?.unread ?? 0,
      retried,
      ...(lastError !== undefined && { lastError }),
      ...(lastSuccess !== undefined && { lastSuccess })
    }
  }

  /** Counts entries out. */
  settle(entries: ReadonlyArray<Entry>, as: "exported" | "dropped" | "failed", reason: string): void {
    for (const { bytes, signal, snapshot } of entries) {
      if (snapshot) {
        this.snapshots--
      } else {
        const counts = this[signal]
        counts.queued--
        this.bytes -= bytes
        if (as === "exported") counts.exported++
        else counts.lose(as, reason)
      }
    }
    this.backing?.release(entries)
  }

  /** Exports batch by batch until the end, one flight at a time. `settled` runs after each attempt. */
  readonly run = (settled: Effect.Effect<void>): Effect.Effect<void> =>
    Effect.gen(this, function* () {
      const backoff = yield* Schedule.driver(retries)
      while (true) {
        const batch = yield* this.nextBatch
        if (batch === undefined) {
          if (this.ending) return
          this.work.unsafeClose()
          yield* this.work.await
          continue
        }
        const last = this.ending
        this.hurry.unsafeClose()
        const exit = yield* this.attempt(batch)
        this.note(exit, yield* Clock.currentTimeMillis)
        const retry = this.conclude(batch, exit, last)
        if (this.backing !== undefined) yield* this.backing.tidy
        yield* settled
        if (retry) {
          yield* Effect.raceFirst(Effect.sleep(retryAfterOf(exit)), this.ended.await)
          yield* Effect.raceFirst(Effect.ignore(backoff.next(undefined)), this.hurry.await)
        } else {
          yield* backoff.reset
        }
      }
    })

  /** Writes to disk what belongs there, until the end. `settled` runs after each time. */
  readonly persist = (settled: Effect.Effect<void>): Effect.Effect<void> =>
    Effect.gen(this, function* () {
      const { backing } = this
      while (backing !== undefined && !this.ending) {
        yield* this.toPersist.await
        this.toPersist.unsafeClose()
        if (this.isCrowded) for (const entry of this.waiting) backing.add(entry)
        yield* backing.write
        // A disk that fails is not asked all the time.
        if (this.isCrowded && !this.spill(backing)) yield* Effect.sleep("100 millis")
        yield* backing.tidy
        yield* settled
      }
    })

  /** Leaves what has not been exported to the disk, and counts as dropped what cannot be. */
  readonly abandon = (unprocessed: ReadonlyArray<Entry>): Effect.Effect<void> =>
    Effect.gen(this, function* () {
      const { backing } = this
      const held = [...this.unsaved(), ...unprocessed]
      if (backing !== undefined) {
        for (const entry of held) backing.add(entry)
        yield* backing.write
        yield* backing.tidy
      }
      const lost = backing === undefined ? held : held.filter((entry) => !backing.has(entry))
      this.settle(lost, "dropped", "Shutdown")
    })

  /** The same for a process that ends at once. */
  abandonNow(): void {
    this.backing?.writeNow(this.unsaved())
  }

  /** Leaves what is on disk to the disk alone; true says that this has made room. */
  private spill(backing: Backing<Entry>): boolean {
    const [staying, leaving] = Arr.partition(this.waiting, (entry) => backing.has(entry))
    this.waiting = staying
    for (const entry of leaving) {
      backing.leave(entry)
      this.bytes -= entry.bytes
    }
    // Somebody is to read them back.
    this.work.unsafeOpen()
    return leaving.length > 0
  }

  /** How many records are in memory. */
  private get size(): number {
    return this.spans.queued + this.logs.queued - (this.backing?.alone ?? 0)
  }

  private get isCrowded(): boolean {
    return this.size > this.bounds.maxQueueSize / 2 || this.bytes > this.bounds.maxQueueBytes / 2
  }

  /** Records come at once to be written to disk: those of a batch wait for each other here. */
  private readonly linger = Effect.suspend(() =>
    this.waiting.length >= this.batch.records || this.ending
      ? Effect.void
      : Effect.raceFirst(Effect.sleep(this.bounds.scheduledDelay), this.hurry.await)
  )

  /** What waits in memory and what is to be read back take turns, so that neither keeps the other waiting for long. */
  private readonly nextBatch: Effect.Effect<Array<Entry> | undefined> = Effect.suspend(() => {
    const { backing, batch, waiting } = this
    if (this.batches.length > 0) return Effect.succeed(this.batches.at(-1))
    if (backing?.waits && this.failures === 0 && (waiting.length === 0 || !this.afterDisk)) {
      this.afterDisk = true
      const read = Effect.zipLeft(backing.read(batch.records, batch.bytes, this.restore), backing.tidy)
      return Effect.flatMap(read, (entries) =>
        entries.length > 0 ? Effect.succeed(this.begin(entries)) : this.nextBatch
      )
    }
    this.afterDisk = false
    return Effect.map(waiting.length > 0 && backing?.everything ? this.linger : Effect.void, () =>
      this.begin(this.take())
    )
  })

  /** As much of what waits as a batch may be, and one record at least. */
  private take(): Array<Entry> {
    let bytes = 0
    const end = this.waiting.findIndex((entry, index) => {
      bytes += entry.bytes
      return index === this.batch.records || (bytes > this.batch.bytes && index > 0)
    })
    return this.waiting.splice(0, end === -1 ? this.waiting.length : end)
  }

  private begin(batch: Array<Entry>): Array<Entry> | undefined {
    if (batch.length > 0) this.batches.push(batch)
    return this.batches.at(-1)
  }

  /** Counts a record from disk in; one of another process was not emitted by this one until now. */
  private readonly restore = ({ inherited, record, signal }: Restored): Entry | undefined => {
    const counts = this[signal]
    if (inherited) {
      counts.inherited++
      counts.queued++
    }
    if (record === undefined) {
      counts.queued--
      counts.lose("failed", "Corrupt")
      return undefined
    }
    const bytes = sizeOf(record)
    this.bytes += bytes
    return { signal, record, bytes, position: 0, snapshot: false, lanes: [this] }
  }

  private attempt(entries: ReadonlyArray<Entry>): Effect.Effect<Exit.Exit<void, ExportError>> {
    return Effect.suspend(() => toEffect(this.exporter.export(toBatch(entries, this.unprocessed)))).pipe(
      Effect.timeoutFail({ duration: this.bounds.exportTimeout, onTimeout: this.timedOut }),
      Effect.exit
    )
  }

  private readonly timedOut = (): ExportError =>
    new ExportError({
      retryable: true,
      reason: "Timeout",
      cause: new Cause.TimeoutException(`no answer within ${Duration.format(this.bounds.exportTimeout)}`)
    })

  private note(exit: Exit.Exit<void, ExportError>, millis: number): void {
    const time = BigInt(Math.round(millis)) * 1_000_000n
    if (Exit.isSuccess(exit)) this.lastSuccess = time
    else this.lastError = { time, message: messageOf(exit.cause) }
  }

  /** Takes the batch away, or what is left to try of it; true says: later. */
  private conclude(batch: Array<Entry>, exit: Exit.Exit<void, ExportError>, last: boolean): boolean {
    this.batches.pop()
    if (Exit.isSuccess(exit)) {
      this.failures = 0
      this.settle(batch, "exported", "")
      return false
    }
    const { reason, rejected, retryable } = verdict(exit.cause)
    if (Predicate.isNotNullable(rejected)) {
      this.failures = 0
      this.lastFailure = exit.cause
      for (const signal of ["spans", "logs"] as const) {
        const entries = batch.filter((entry) => entry.signal === signal)
        const [refused, taken] = Arr.splitAt(entries, rejected[signal] ?? 0)
        this.settle(refused, "failed", reason)
        this.settle(taken, "exported", "")
      }
      return false
    }
    if (retryable) {
      const [records, snapshots] = Arr.partition(batch, (entry) => entry.snapshot)
      this.settle(snapshots, "dropped", "")
      // Nothing of it will show when the exporter is well again.
      if (records.length === 0) return !last
      this.failures++
      if (last) {
        this.lastFailure = exit.cause
        this.left.push(...records)
        return false
      }
      this.retried += records.length
      const tried = this.failures < failuresToOpen ? records.length : 1
      for (const part of [records.slice(tried), records.slice(0, tried)]) this.begin(part)
      return true
    }
    // It answered, and did not want this batch.
    this.failures = 0
    if (divisible.has(reason) && batch.length > 1) {
      const middle = batch.length >> 1
      this.batches.push(batch.slice(middle), batch.slice(0, middle))
      return false
    }
    this.lastFailure = exit.cause
    this.settle(batch, "failed", reason)
    return false
  }
}

class Counts {
  queued = 0
  /** Emitted by processes before this one. */
  inherited = 0
  exported = 0
  readonly dropped: Record<string, number> = {}
  readonly failed: Record<string, number> = {}
  /** The sum of what was dropped and failed. */
  lost = 0

  lose(as: "dropped" | "failed", reason: string, count = 1): void {
    if (count === 0) return
    this[as][reason] = (this[as][reason] ?? 0) + count
    this.lost += count
  }

  ledger(emitted: number): Ledger {
    const { dropped, exported, failed, inherited, queued } = this
    return { emitted: emitted + inherited, exported, queued, dropped: { ...dropped }, failed: { ...failed } }
  }
}

/** Faults that one record of a batch may bring upon all of it. */
const divisible: ReadonlySet<string> = new Set(["Rejected", "Defect"])

/** What did not fail with an error but died, or was interrupted by someone else, may have met a record that it cannot bear. */
const verdict = (cause: Cause.Cause<ExportError>): Pick<ExportError, "retryable" | "rejected"> & { reason: string } =>
  Option.match(failureOf(cause), {
    onNone: () => ({ retryable: false, reason: "Defect" }),
    onSome: ({ reason = "Rejected", rejected, retryable }) => ({ retryable, reason, rejected })
  })

const retryAfterOf = (exit: Exit.Exit<void, ExportError>): Duration.Duration =>
  Exit.causeOption(exit).pipe(
    Option.flatMap(failureOf),
    Option.map(({ retryAfter }) => retryAfter),
    Option.filter(Duration.isDuration),
    Option.match({ onNone: () => Duration.zero, onSome: Duration.min(maxRetryAfter) })
  )

const messageOf = (failure: Cause.Cause<ExportError>): string =>
  Option.match(failureOf(failure), {
    onNone: () => "Defect",
    onSome: ({ cause, reason = "Rejected" }) => (cause instanceof Error ? `${reason}: ${cause.message}` : reason)
  })

/** Exporters in JavaScript may fail with nothing, or with what is no `ExportError`. */
const failureOf = (cause: Cause.Cause<ExportError>): Option.Option<ExportError> =>
  Option.filter(Cause.failureOption(cause), Predicate.isNotNullable)

/** Nobody knows what became of a batch for which an exporter returned no effect, so it is not given to it in parts. */
const toEffect = (returned: Effect.Effect<void, ExportError>): Effect.Effect<void, ExportError> => {
  if (Effect.isEffect(returned)) return returned
  disregard(returned)
  return new ExportError({ retryable: false, reason: "NoEffect", cause: new TypeError("export returned no Effect") })
}

const toBatch = (entries: ReadonlyArray<Entry>, unprocessed: boolean): Batch => {
  const batch: { readonly spans: Array<SpanRecord>; readonly logs: Array<LogRecord> } = { spans: [], logs: [] }
  for (const { record, signal } of entries) batch[signal].push(record as never)
  return unprocessed ? { spans: trust(batch.spans), logs: trust(batch.logs) } : batch
}
