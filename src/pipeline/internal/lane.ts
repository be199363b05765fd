/**
 * The queue of one signal at one exporter, and the fibers that empty it. Its batches, retries, splits and ledger are its
 * own; lanes of the same exporter share a {@link Destination}, those of different exporters nothing, so that an exporter
 * that hangs or fails delays no other.
 */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Inspectable from "effect/Inspectable"
import * as Schedule from "effect/Schedule"
import { sizeOf } from "../../signal/internal/size.js"
import { trust } from "../../signal/internal/trusted.js"
import type { SignalName } from "../../signal/signals.js"
import { type Batch, ExportError } from "../Exporter.js"
import type { Backing } from "./backing.js"
import type { Destination } from "./destination.js"
import { Counts } from "./ledger.js"
import type { AnyRecord } from "./record.js"
import type { Restored } from "./segments.js"
import { messageOf, retryAfterOf, toEffect, verdictOf } from "./verdict.js"

/** A record on its way, held once however many exporters it waits for. */
export interface Entry {
  readonly signal: SignalName
  record: AnyRecord
  bytes: number
  /** Counts up in the order of emission. */
  readonly position: number
  /** Whether it shows a running span: such records are not counted, and given up when an export fails. */
  readonly snapshot: boolean
  /** The lanes of its signal that had room for it. */
  readonly lanes: ReadonlyArray<Lane>
}

/**
 * The part of an exporter's room that a batch may take when there is a spool. Entries in flight cannot be written to disk
 * to make room: with four signals all of them hold a half at most, and the other half can.
 */
const underWay = 1 / 8

const retries = Schedule.exponential("100 millis").pipe(
  Schedule.delayed((delay) => Duration.min(delay, "30 seconds")),
  Schedule.jittered
)

export class Lane extends Inspectable.Class {
  readonly counts = new Counts()
  private waiting: Array<Entry> = []
  /** Batches in flight or waiting for a retry, and the parts of a batch that was split. The last is tried next. */
  private readonly parts: Array<Array<Entry>> = []
  /** Entries whose last attempt, at the close of the writer, failed. They are kept in the spool, or counted as lost. */
  private readonly undelivered: Array<Entry> = []
  private snapshots = 0
  private ending = false
  private afterDisk = false
  /** How large a batch may be. */
  private readonly batch: { readonly records: number; readonly bytes: number }
  private readonly work = Effect.unsafeMakeLatch()
  private readonly hurry = Effect.unsafeMakeLatch()
  private readonly ended = Effect.unsafeMakeLatch()
  private readonly toPersist = Effect.unsafeMakeLatch()

  constructor(
    readonly signal: SignalName,
    readonly destination: Destination,
    private readonly backing: Backing<Entry> | undefined
  ) {
    super()
    const { maxBatchSize, maxQueueBytes, maxQueueSize } = destination.bounds
    this.batch =
      backing === undefined
        ? { records: maxBatchSize, bytes: Number.POSITIVE_INFINITY }
        : { records: Math.min(maxBatchSize, Math.ceil(maxQueueSize * underWay)), bytes: maxQueueBytes * underWay }
  }

  toJSON() {
    const { backing, counts, destination, ending, parts, signal, undelivered, waiting } = this
    return {
      _id: "Lane",
      signal,
      destination,
      state: ending ? "ending" : "open",
      waiting: waiting.length,
      parts: parts.map((part) => part.length),
      undelivered: undelivered.length,
      spooled: backing?.size ?? 0,
      counts
    }
  }

  /** Counts a record in, if there is room for it. */
  admit(bytes: number): boolean {
    if (!this.destination.admit(bytes)) return false
    this.counts.queued++
    return true
  }

  /** Snapshots take at most half of the room, and no more than one batch of them waits. */
  admitSnapshot(): boolean {
    if (this.snapshots >= this.destination.bounds.maxBatchSize || this.destination.isCrowded) return false
    this.snapshots++
    return true
  }

  /** Whether room is to be made by leaving records to the disk. */
  get isSpilling(): boolean {
    return this.backing !== undefined && this.destination.isCrowded
  }

  /** How many records are on disk. */
  get spooled(): number {
    return this.backing?.size ?? 0
  }

  /** Takes in an entry that was admitted, and has grown by so many bytes since. */
  push(entry: Entry, growth: number): void {
    this.destination.occupy(0, growth)
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

  /** The position of the first entry for which a flush waits, or one before it. */
  get head(): number {
    let head = this.backing?.everything === false ? this.backing.head : Number.POSITIVE_INFINITY
    for (const { position } of this.unflushed()) {
      head = Math.min(head, position)
      // Records that were read back from disk come before newer ones.
      if (this.backing === undefined) break
    }
    return head
  }

  /** The position of the first entry that is to be on disk, with all others, and is not there yet. */
  get unwrittenHead(): number {
    return this.backing?.unwrittenHead ?? Number.POSITIVE_INFINITY
  }

  /** How many entries up to a position are to be on disk, with all others, and are not there yet. */
  countUnwritten(until: number): number {
    return this.backing?.countUnwritten(until) ?? 0
  }

  /** Whether all records go to the disk at once. */
  get savesEverything(): boolean {
    return this.backing?.everything === true
  }

  /** How many records up to a position a flush waits for. */
  countUntil(until: number): number {
    let count = this.backing?.everything === false ? this.backing.countAlone(until) : 0
    for (const { position, snapshot } of this.unflushed()) if (position <= until && !snapshot) count++
    return count
  }

  /** Entries that are in memory and not exported; with all records on disk, those that are not there yet. */
  private unflushed(): Iterable<Entry> {
    return this.backing?.everything ? this.unsaved() : this.held()
  }

  /** Entries that are in memory and not on disk, the oldest first. */
  *unsaved(): Iterable<Entry> {
    for (const entry of this.held()) if (!this.backing?.has(entry)) yield entry
  }

  private *held(): Iterable<Entry> {
    yield* this.undelivered
    for (let i = this.parts.length - 1; i >= 0; i--) yield* this.parts[i] as Array<Entry>
    yield* this.waiting
  }

  /** Counts entries out. */
  account(entries: ReadonlyArray<Entry>, as: "exported" | "dropped" | "failed", reason: string): void {
    let records = 0
    let bytes = 0
    for (const entry of entries) {
      if (entry.snapshot) continue
      records++
      bytes += entry.bytes
    }
    this.snapshots -= entries.length - records
    this.counts.queued -= records
    this.destination.occupy(-records, -bytes)
    if (as === "exported") this.counts.exported += records
    else this.counts.lose(as, reason, records)
    this.backing?.release(entries)
  }

  /** Exports batch by batch until the end. `settled` runs after each attempt. */
  readonly run = (settled: Effect.Effect<void>): Effect.Effect<void> =>
    Effect.gen(this, function* () {
      const { backing, destination } = this
      const backoff = yield* Schedule.driver(retries)
      while (true) {
        yield* this.gather
        if (this.parts.length === 0) {
          if (this.ending) return
          this.work.unsafeClose()
          yield* this.work.await
          continue
        }
        const { exit, retry } = yield* destination.fly(this.flight)
        if (backing !== undefined) yield* backing.tidy
        yield* settled
        if (retry) {
          yield* Effect.raceFirst(Effect.sleep(retryAfterOf(exit)), this.ended.await)
          yield* Effect.raceFirst(
            Effect.ignore(backoff.next(undefined)),
            Effect.raceFirst(this.hurry.await, destination.recovered)
          )
        } else {
          yield* backoff.reset
        }
      }
    })

  /** Writes to disk what belongs there, until the end. `settled` runs after each time. */
  readonly persist = (settled: Effect.Effect<void>): Effect.Effect<void> =>
    Effect.gen(this, function* () {
      const { backing, destination } = this
      while (backing !== undefined && !this.ending) {
        yield* this.toPersist.await
        this.toPersist.unsafeClose()
        if (destination.isCrowded) for (const entry of this.waiting) backing.add(entry)
        const isWritten = yield* backing.write
        const isStuck = destination.isCrowded && !this.spill(backing)
        yield* backing.tidy
        yield* settled
        // A disk that fails is not asked all the time.
        if (!isWritten || isStuck) yield* Effect.sleep("100 millis")
      }
    })

  /** Leaves what has not been exported to the disk, and counts as dropped what cannot be. */
  readonly giveUp = (unprocessed: ReadonlyArray<Entry>): Effect.Effect<void> =>
    Effect.gen(this, function* () {
      const { backing } = this
      const held = [...this.unsaved(), ...unprocessed]
      if (backing !== undefined) {
        for (const entry of held) backing.add(entry)
        yield* backing.write
        yield* backing.tidy
      }
      const lost = backing === undefined ? held : held.filter((entry) => !backing.has(entry))
      this.account(lost, "dropped", "Shutdown")
    })

  /** The same for a process that ends at once. */
  giveUpNow(): void {
    this.backing?.writeNow(Array.from(this.unsaved()))
  }

  /** Leaves what is on disk to the disk alone; true says that this has made room. */
  private spill(backing: Backing<Entry>): boolean {
    const [staying, leaving] = Arr.partition(this.waiting, (entry) => backing.has(entry))
    this.waiting = staying
    for (const entry of leaving) {
      backing.leave(entry)
      this.destination.occupy(-1, -entry.bytes)
    }
    // The fiber that exports may be asleep with an empty queue: it must wake to read these back from disk.
    this.work.unsafeOpen()
    return leaving.length > 0
  }

  /** Records come at once to be written to disk: those of a batch wait for each other here. */
  private readonly linger = Effect.suspend(() =>
    this.waiting.length >= this.batch.records || this.ending
      ? Effect.void
      : Effect.raceFirst(Effect.sleep(this.destination.bounds.scheduledDelay), this.hurry.await)
  )

  /**
   * Makes a batch, if there is none yet and something to make it of. Batches come from memory and from disk in turns, so
   * that neither keeps the other waiting for long.
   */
  private readonly gather: Effect.Effect<void> = Effect.suspend(() => {
    const { backing, batch, waiting } = this
    if (this.parts.length > 0) return Effect.void
    if (backing?.isWaiting && this.destination.isWell && (waiting.length === 0 || !this.afterDisk)) {
      this.afterDisk = true
      const read = Effect.zipLeft(backing.read(batch.records, batch.bytes, this.restore), backing.tidy)
      return Effect.flatMap(read, (entries) => {
        if (entries.length === 0) return this.gather
        this.parts.push(entries)
        return Effect.void
      })
    }
    this.afterDisk = false
    return Effect.map(waiting.length > 0 && backing?.everything ? this.linger : Effect.void, () => {
      if (this.waiting.length > 0) this.parts.push(this.take())
    })
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

  /**
   * Counts in a record that was read back from disk. A record of another process also counts as inherited: this process
   * has not emitted it.
   */
  private readonly restore = ({ inherited, record }: Restored, position: number): Entry | undefined => {
    const { counts, signal } = this
    if (inherited) {
      counts.inherited++
      counts.queued++
    }
    if (record === undefined) {
      counts.queued--
      counts.lose("failed", "Corrupt")
      return undefined
    }
    const bytes = sizeOf[signal](record)
    this.destination.occupy(1, bytes)
    return { signal, record, bytes, position, snapshot: false, lanes: [this] }
  }

  /** One attempt: with the part that is next, or its first record while nobody knows whether the exporter is well. */
  private readonly flight = Effect.suspend(() => {
    const last = this.ending
    this.hurry.unsafeClose()
    const next = this.parts.at(-1) as Array<Entry>
    const size = last ? next.length : this.destination.maxFlightSize
    if (next.length > size) this.parts.splice(-1, 1, next.slice(size), next.slice(0, size))
    const part = this.parts.at(-1) as Array<Entry>
    return Effect.zipWith(this.attempt(part), Clock.currentTimeMillis, (exit, millis) => {
      this.destination.note(exit, millis, messageOf)
      return { exit, retry: this.conclude(part, exit, last) }
    })
  })

  private attempt(part: ReadonlyArray<Entry>): Effect.Effect<Exit.Exit<void, ExportError>> {
    return Effect.suspend(() => toEffect(this.destination.exporter.export(toBatch(this.signal, part)))).pipe(
      Effect.timeoutFail({ duration: this.destination.bounds.exportTimeout, onTimeout: this.timedOut }),
      Effect.exit
    )
  }

  private readonly timedOut = (): ExportError =>
    new ExportError({
      retryable: true,
      reason: "Timeout",
      cause: new Cause.TimeoutException(`no answer within ${Duration.format(this.destination.bounds.exportTimeout)}`)
    })

  /** Takes a part away, or what is left to try of it; true says: later. */
  private conclude(part: Array<Entry>, exit: Exit.Exit<void, ExportError>, last: boolean): boolean {
    const { destination } = this
    this.parts.pop()
    if (Exit.isSuccess(exit)) {
      destination.answered()
      this.account(part, "exported", "")
      return false
    }
    const { divisible, reason, rejected, retryable } = verdictOf(exit.cause)
    if (rejected === undefined && retryable) return this.postpone(part, exit.cause, last)
    // An exporter that rejects a batch has answered, so it is well: the row of failures ends here.
    destination.answered()
    if (rejected === undefined && divisible && part.length > 1) {
      const middle = part.length >> 1
      this.parts.push(part.slice(middle), part.slice(0, middle))
      return false
    }
    destination.lastFailure = exit.cause
    const [refused, taken] = Arr.splitAt(part, rejected ?? part.length)
    this.account(refused, "failed", reason)
    this.account(taken, "exported", "")
    return false
  }

  /** Keeps a part for another attempt, unless this was the last one. */
  private postpone(part: ReadonlyArray<Entry>, cause: Cause.Cause<ExportError>, last: boolean): boolean {
    const { destination } = this
    const [records, snapshots] = Arr.partition(part, (entry) => entry.snapshot)
    this.account(snapshots, "dropped", "")
    // A batch of snapshots alone is not retried: it does not tell when the exporter is well again.
    if (records.length === 0) return !last
    destination.failed()
    if (last) {
      destination.lastFailure = cause
      this.undelivered.push(...records)
      return false
    }
    destination.retried += records.length
    this.parts.push(records)
    return true
  }
}

const none: ReadonlyArray<never> = Object.freeze([])

/** Records of one signal as a batch. All that a lane holds was checked, where it was made or where it came in. */
const toBatch = (signal: SignalName, entries: ReadonlyArray<Entry>): Batch => ({
  spans: none,
  logs: none,
  [signal]: trust(entries.map(({ record }) => record))
})
