/**
 * One exporter and what waits for it. Lanes know nothing of each other: one that hangs or fails keeps nobody waiting.
 */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
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
import type { Ledger } from "../Stats.js"

export type Signal = "spans" | "logs"

/** A record on its way, held once however many exporters it waits for. */
export interface Entry {
  readonly signal: Signal
  record: SpanRecord | LogRecord
  readonly bytes: number
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
  readonly exportTimeout: Duration.Duration
}

const retries = Schedule.exponential("100 millis").pipe(
  Schedule.delayed((delay) => Duration.min(delay, "30 seconds")),
  Schedule.jittered
)

export class Lane {
  readonly spans = new Counts()
  readonly logs = new Counts()
  /** Why records were lost, the last time. */
  lastFailure: Cause.Cause<ExportError> = Cause.empty

  private readonly waiting: Array<Entry> = []
  /** Batches under way, the one whose turn it is last: what is in flight or to be retried, and the parts of a split. */
  private readonly batches: Array<Array<Entry>> = []
  private bytes = 0
  private snapshots = 0
  private ending = false
  private readonly work = Effect.unsafeMakeLatch()
  private readonly hurry = Effect.unsafeMakeLatch()

  constructor(
    readonly exporter: Exporter,
    private readonly bounds: Bounds,
    /** Whether records come as capture made them. */
    private readonly unprocessed: boolean
  ) {}

  /** Counts a record in, if there is room for it. */
  admit(signal: Signal, bytes: number): boolean {
    if (this.size >= this.bounds.maxQueueSize || this.bytes + bytes > this.bounds.maxQueueBytes) return false
    this[signal].queued++
    this.bytes += bytes
    return true
  }

  /** Snapshots take at most half of the room, and no more than one batch of them waits. */
  admitSnapshot(): boolean {
    const { maxBatchSize, maxQueueBytes, maxQueueSize } = this.bounds
    if (this.snapshots >= maxBatchSize || this.size > maxQueueSize / 2 || this.bytes > maxQueueBytes / 2) return false
    this.snapshots++
    return true
  }

  push(entry: Entry): void {
    this.waiting.push(entry)
  }

  /** Exports what waits, unless it is waiting to retry. */
  start(): void {
    this.work.unsafeOpen()
  }

  /** Ends the wait for a retry. */
  retryNow(): void {
    this.hurry.unsafeOpen()
  }

  /** Nothing more will come: every batch gets one more attempt, and `run` ends. */
  end(): void {
    this.ending = true
    this.start()
    this.retryNow()
  }

  /** The position of the first entry that waits or is in flight. */
  get head(): number {
    return (this.batches.at(-1)?.[0] ?? this.waiting[0])?.position ?? Number.POSITIVE_INFINITY
  }

  get lost(): number {
    return this.spans.lost + this.logs.lost
  }

  entries(): Array<Entry> {
    return [...this.batches.flat(), ...this.waiting]
  }

  /** Forgets what waits. */
  clear(): void {
    this.batches.length = 0
    this.waiting.length = 0
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
  }

  /** Exports batch by batch until the end, one flight at a time. `settled` runs after each attempt. */
  readonly run = (settled: Effect.Effect<void>): Effect.Effect<void> =>
    Effect.gen(this, function* () {
      const backoff = yield* Schedule.driver(retries)
      while (true) {
        const batch = this.nextBatch()
        if (batch === undefined) {
          if (this.ending) return
          this.work.unsafeClose()
          yield* this.work.await
          continue
        }
        const last = this.ending
        this.hurry.unsafeClose()
        const exit = yield* this.attempt(batch)
        const retry = this.conclude(batch, exit, last)
        yield* settled
        yield* retry ? Effect.raceFirst(Effect.ignore(backoff.next(undefined)), this.hurry.await) : backoff.reset
      }
    })

  private get size(): number {
    return this.spans.queued + this.logs.queued
  }

  private nextBatch(): Array<Entry> | undefined {
    if (this.batches.length === 0 && this.waiting.length > 0) {
      this.batches.push(this.waiting.splice(0, this.bounds.maxBatchSize))
    }
    return this.batches.at(-1)
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

  /** Takes the batch away, or what is left to try of it; true says: later. */
  private conclude(batch: Array<Entry>, exit: Exit.Exit<void, ExportError>, last: boolean): boolean {
    this.batches.pop()
    if (Exit.isSuccess(exit)) {
      this.settle(batch, "exported", "")
      return false
    }
    const { reason, retryable } = verdict(exit.cause)
    if (retryable && !last) {
      const [records, snapshots] = Arr.partition(batch, (entry) => entry.snapshot)
      this.settle(snapshots, "dropped", "")
      if (records.length > 0) this.batches.push(records)
      return true
    }
    if (!retryable && divisible.has(reason) && batch.length > 1) {
      const middle = batch.length >> 1
      this.batches.push(batch.slice(middle), batch.slice(0, middle))
      return false
    }
    this.lastFailure = exit.cause
    this.settle(batch, retryable ? "dropped" : "failed", retryable ? "Shutdown" : reason)
    return false
  }
}

class Counts {
  queued = 0
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
    const { dropped, exported, failed, queued } = this
    return { emitted, exported, queued, dropped: { ...dropped }, failed: { ...failed } }
  }
}

/** Faults that one record of a batch may bring upon all of it. */
const divisible: ReadonlySet<string> = new Set(["Rejected", "Defect"])

/** What did not fail with an error but died, or was interrupted by someone else, may have met a record that it cannot bear. */
const verdict = (cause: Cause.Cause<ExportError>): { readonly retryable: boolean; readonly reason: string } =>
  Option.match(Option.filter(Cause.failureOption(cause), Predicate.isNotNullable), {
    onNone: () => ({ retryable: false, reason: "Defect" }),
    onSome: ({ reason = "Rejected", retryable }) => ({ retryable, reason })
  })

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
