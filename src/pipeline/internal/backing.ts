/**
 * Local disk behind a lane: which of its records are there, in memory, or in both.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Iterable from "effect/Iterable"
import * as Option from "effect/Option"
import type { AnyRecord } from "./record.js"
import type { Place, Restored, Segments } from "./segments.js"

interface Held {
  readonly record: AnyRecord
  readonly bytes: number
  readonly snapshot: boolean
}

/** So many records are written in a turn of the event loop, or fewer that have so many bytes. */
const writtenAtOnce = { records: 250, bytes: 2 ** 18 }

export class Backing<Entry extends Held> {
  /** Where the records stand that are in memory, too. */
  private readonly places = new Map<Entry, Place>()
  /** Entries to be written to disk, in this order. */
  private readonly unwritten = new Set<Entry>()
  private released: Array<Place> = []
  /** How many records are on disk alone. */
  private alone = 0

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
    return this.places.size + this.alone
  }

  /** Whether records are to be read back. */
  get isWaiting(): boolean {
    return this.segments.isWaiting
  }

  add(entry: Entry): void {
    if (!entry.snapshot && !this.places.has(entry)) this.unwritten.add(entry)
  }

  /** Writes what was added. When the disk fails, or has no more room, it stays in memory alone. */
  readonly write: Effect.Effect<void> = Effect.suspend(() => {
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
      Effect.catchAll(() => Effect.sync(() => this.unwritten.clear()))
    )
  }).pipe(
    Effect.repeat({ while: () => this.unwritten.size > 0 }),
    Effect.when(() => this.unwritten.size > 0),
    Effect.asVoid
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
    this.alone++
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
  readonly tidy: Effect.Effect<void> = Effect.suspend(() => this.segments.release(this.released.splice(0)))

  /** Reads back so many records or characters; `toEntry` gives no entry for a damaged one. */
  read(
    maxRecords: number,
    maxLength: number,
    toEntry: (restored: Restored) => Entry | undefined
  ): Effect.Effect<Array<Entry>> {
    return Effect.map(
      this.segments.read(maxRecords, maxLength),
      Arr.filterMap((restored) => {
        if (!restored.inherited) this.alone--
        const entry = toEntry(restored)
        if (entry === undefined) this.released.push(restored.place)
        else this.places.set(entry, restored.place)
        return Option.fromNullable(entry)
      })
    )
  }
}
