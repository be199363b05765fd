/**
 * Local disk behind a lane: which of its records are there, in memory, or in both.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Iterable from "effect/Iterable"
import * as Option from "effect/Option"
import type { AnyRecord } from "./record.js"
import type { Place, Restored, Segment, Segments } from "./segments.js"

interface Held {
  readonly record: AnyRecord
  readonly bytes: number
  readonly snapshot: boolean
  /** Counts up in the order of emission. */
  readonly position: number
}

/** How many records of a segment are on disk alone, and the least of their positions. */
interface Alone {
  count: number
  position: number
}

/** So many records are written in a turn of the event loop, or fewer that have so many bytes. */
const writtenAtOnce = { records: 250, bytes: 2 ** 18 }

export class Backing<Entry extends Held> {
  /** Where the records stand that are in memory, too. */
  private readonly places = new Map<Entry, Place>()
  /** Entries to be written to disk, in this order. */
  private readonly unwritten = new Set<Entry>()
  private released: Array<Place> = []
  /** Counts of the records that are on disk alone, by their segments: too many to be held by themselves. */
  private readonly alone = new Map<Segment, Alone>()

  constructor(
    private readonly segments: Segments,
    /** Whether every record is written at once, or only what memory has no room for. */
    readonly everything: boolean
  ) {}

  has(entry: Entry): boolean {
    return this.places.has(entry)
  }

  /** How many records are on disk. */
  get size(): number {
    return this.places.size + this.countAlone(Number.POSITIVE_INFINITY)
  }

  /** The position of the first record that is on disk alone, or one before it. */
  get head(): number {
    let head = Number.POSITIVE_INFINITY
    for (const { position } of this.alone.values()) head = Math.min(head, position)
    return head
  }

  /** How many records are on disk alone, of segments that begin at a position or before it. */
  countAlone(until: number): number {
    let sum = 0
    for (const { count, position } of this.alone.values()) if (position <= until) sum += count
    return sum
  }

  /** Whether records are to be read back. */
  get isWaiting(): boolean {
    return this.segments.isWaiting
  }

  /** The position of the first record that is to be written to disk and is not there yet, where all are. */
  get unwrittenHead(): number {
    const [first] = this.unwritten
    return this.everything && first !== undefined ? first.position : Number.POSITIVE_INFINITY
  }

  /** How many records up to a position are to be written to disk and are not there yet, where all are. */
  countUnwritten(until: number): number {
    return this.everything ? Iterable.size(Iterable.filter(this.unwritten, ({ position }) => position <= until)) : 0
  }

  add(entry: Entry): void {
    if (!entry.snapshot && !this.places.has(entry)) this.unwritten.add(entry)
  }

  /**
   * Writes what was added. `false` says that the disk fails or has no more room: the rest stays in memory alone, and is
   * tried again with the next records where all are to be written.
   */
  readonly write: Effect.Effect<boolean> = Effect.suspend(() => {
    let bytes = 0
    const entries = Arr.takeWhile(Iterable.take(this.unwritten, writtenAtOnce.records), (entry) => {
      const fits = bytes < writtenAtOnce.bytes
      bytes += entry.bytes
      return fits
    })
    return this.segments.append(entries.map(({ record }) => record)).pipe(
      Effect.tap((places) =>
        Effect.sync(() => {
          for (const [entry, place] of Arr.zip(entries, places)) {
            if (this.unwritten.delete(entry)) this.places.set(entry, place)
            else this.released.push(place)
          }
        })
      ),
      // To close the writer may interrupt it: what is on disk and not known to be would be written again.
      Effect.uninterruptible
    )
  }).pipe(
    Effect.repeat({ while: () => this.unwritten.size > 0 }),
    Effect.when(() => this.unwritten.size > 0),
    Effect.as(true),
    Effect.catchAll(() =>
      Effect.sync(() => {
        if (!this.everything) this.unwritten.clear()
        return false
      })
    )
  )

  /** Writes entries at once, for a process that ends. */
  writeNow(entries: ReadonlyArray<Entry>): void {
    const records = entries.filter((entry) => !entry.snapshot && !this.places.has(entry)).map(({ record }) => record)
    if (records.length > 0) this.segments.appendNow(records)
  }

  /** An entry that is on disk leaves memory, to be read back later. */
  leave(entry: Entry): void {
    const place = this.places.get(entry)
    if (place === undefined) return
    this.places.delete(entry)
    this.segments.want(place)
    const alone = this.alone.get(place.segment) ?? { count: 0, position: entry.position }
    alone.count++
    alone.position = Math.min(alone.position, entry.position)
    this.alone.set(place.segment, alone)
  }

  /** Entries that are not needed any longer. */
  release(entries: ReadonlyArray<Entry>): void {
    for (const entry of entries) {
      this.unwritten.delete(entry)
      const place = this.places.get(entry)
      if (place === undefined) continue
      this.places.delete(entry)
      this.released.push(place)
    }
  }

  /** Deletes what is not needed any longer. */
  readonly tidy: Effect.Effect<void> = Effect.uninterruptible(
    Effect.suspend(() => this.segments.release(this.released.splice(0)))
  )

  /** Reads back so many records or characters; `toEntry` gives no entry for a damaged one. */
  read(
    maxRecords: number,
    maxLength: number,
    toEntry: (restored: Restored, position: number) => Entry | undefined
  ): Effect.Effect<Array<Entry>> {
    return Effect.map(
      this.segments.read(maxRecords, maxLength),
      Arr.filterMap((restored) => {
        const entry = toEntry(restored, this.positionOf(restored))
        if (entry === undefined) this.released.push(restored.place)
        else this.places.set(entry, restored.place)
        return Option.fromNullable(entry)
      })
    )
  }

  /** Where a record that was read back stands among what this process emitted: after all of it, if another one did. */
  private positionOf({ inherited, place: { segment } }: Restored): number {
    const alone = inherited ? undefined : this.alone.get(segment)
    if (alone === undefined) return Number.POSITIVE_INFINITY
    if (--alone.count === 0) this.alone.delete(segment)
    return alone.position
  }
}
