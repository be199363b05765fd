/**
 * The segments of one signal in the spool of an exporter: how they are written, read back and deleted.
 */
import { appendFileSync } from "node:fs"
import * as fs from "node:fs/promises"
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as String from "effect/String"
import { logWarning } from "../../runtime/annotated.js"
import { type SignalName, signals } from "../../signal/signals.js"
import { attempt, attemptFile, SpoolError } from "./disk.js"
import type { AnyRecord } from "./record.js"
import { fromDone, fromLine, headers, headOf, toDone, toLine } from "./segment.js"
import type { Occupied } from "./spoolFolder.js"

/** What the signals of an exporter share. */
export interface Disk {
  /** How many bytes all segments may have. */
  readonly maxBytes: number
  /** How many they have. */
  bytes: number
  /** How many lines of a newer release were met. */
  unread: number
  /** Makes the folder of this process, unless it was made. */
  readonly ready: Effect.Effect<void, SpoolError | Occupied>
  /** Makes it anew, where somebody has deleted it. */
  readonly begin: Effect.Effect<void, SpoolError | Occupied>
  /** The same at once; false says that it was never made. */
  readonly beginNow: () => boolean
  /** The path of a segment to be written. */
  readonly nextPath: () => string
}

/** Where a record stands. */
export interface Place {
  readonly segment: Segment
  readonly line: number
}

/** A line that was read back; without a record when it is damaged or missing. */
export interface Restored {
  readonly place: Place
  readonly record: AnyRecord | undefined
  /** Whether a process before this one wrote it. */
  readonly inherited: boolean
}

export interface Segment {
  readonly path: string
  readonly inherited: boolean
  bytes: number
  lines: number
  /** Lines that are not released yet. Lines of an inherited segment are counted when they have been read. */
  needed: number
  /** Which lines are not needed any longer. */
  readonly done: Set<number>
  /** How many of these it says itself. */
  noted: number
  /** Which lines were written by a newer release, for whose sake it is not deleted. */
  readonly unread: Set<number>
  /**
   * Numbers of the lines still to be read back. `undefined` is an inherited segment that was not opened yet: all of its
   * lines are to be read.
   */
  wanted: Set<number> | undefined
  /** Open while it is written to: on a busy machine each call to the file system takes long. */
  file?: fs.FileHandle
}

export const newSegment = (path: string): Segment => ({
  path,
  inherited: false,
  bytes: 0,
  lines: 0,
  needed: 0,
  done: new Set(),
  noted: 0,
  unread: new Set(),
  wanted: undefined
})

interface Reading {
  readonly segment: Segment
  readonly lines: ReadonlyArray<string>
  /** Numbers of the lines to be read back; `undefined` is all of them. */
  readonly wanted: Set<number> | undefined
  next: number
  /** The number of the line that should come. */
  expected: number
  /** How many lines since the last whole one are not whole. */
  damaged: number
}

const segmentBytes = 4 * 2 ** 20
/** No segment becomes as large, though a single record may be larger than `segmentBytes`. */
export const maxSegmentBytes = 2 ** 28
/** So much is read back in a turn of the event loop: so many lines, or fewer that have so many characters. */
const perTurn = { lines: 50, length: 2 ** 18 }

export class Segments extends Inspectable.Class {
  private segments: ReadonlyArray<Segment> = []
  private current: Segment | undefined
  private reading: Reading | undefined

  constructor(
    private readonly signal: SignalName,
    private readonly disk: Disk
  ) {
    super()
  }

  toJSON() {
    const { current, disk, segments, signal } = this
    return {
      _id: "Segments",
      signal,
      segments: segments.map(({ needed, path, unread, wanted }) => ({
        path,
        needed,
        wanted: wanted?.size,
        unread: unread.size
      })),
      current: current?.path,
      bytes: disk.bytes,
      maxBytes: disk.maxBytes
    }
  }

  /** Whether there is something to be read back. */
  get isWaiting(): boolean {
    return this.reading !== undefined || this.segments.some(isWanted)
  }

  /** Takes over segments of processes that are gone, the oldest first. */
  inherit(segments: ReadonlyArray<Segment>): void {
    this.segments = [...segments, ...this.segments]
  }

  /** Appends records in one write, as many as there is room for, and tells where they stand. */
  append(records: ReadonlyArray<AnyRecord>): Effect.Effect<ReadonlyArray<Place>, SpoolError> {
    return Effect.gen(this, function* () {
      yield* this.disk.ready
      const segment = this.segmentToWrite()
      const lines = this.linesFor(segment, records)
      if (lines.length === 0) return yield* new SpoolError({ cause: `${this.disk.maxBytes} bytes are in use` })
      const text = this.toText(segment, lines)
      // Lines count as needed and bytes as used before they are written: nobody deletes the segment meanwhile, and no
      // other signal takes the same room.
      segment.needed += lines.length
      this.disk.bytes += text.length
      return yield* Effect.flatMap(this.fileOf(segment), (file) => attempt(() => file.appendFile(text))).pipe(
        Effect.map(() => {
          segment.bytes += text.length
          return lines.map(() => ({ segment, line: segment.lines++ }))
        }),
        Effect.tapError(() => {
          segment.needed -= lines.length
          this.disk.bytes -= text.length
          const { file } = segment
          if (file !== undefined) return Effect.ignore(attempt(() => file.truncate(segment.bytes)))
          // The next one is made where there is a folder then.
          this.segments = this.segments.filter((other) => other !== segment)
          this.finish()
          return Effect.void
        })
      )
    }).pipe(
      Effect.catchTag("Occupied", (cause) => new SpoolError({ cause })),
      Effect.uninterruptible
    )
  }

  /** Appends records at once, for a process that ends. */
  appendNow(records: ReadonlyArray<AnyRecord>): void {
    if (!this.disk.beginNow()) return
    this.finish()
    const segment = this.segmentToWrite()
    const lines = this.linesFor(segment, records)
    if (lines.length === 0) return
    const text = this.toText(segment, lines)
    this.disk.bytes += text.length
    appendFileSync(segment.path, text, { flag: "ax", mode: 0o600 })
  }

  /** The record of a line left memory: it is to be read back. */
  want({ line, segment }: Place): void {
    segment.wanted?.add(line)
  }

  /** Some lines are not needed any longer. */
  release(places: ReadonlyArray<Place>): Effect.Effect<void> {
    return Effect.suspend(() => {
      for (const { line, segment } of places) {
        segment.needed--
        segment.done.add(line)
      }
      const done = this.segments.filter(
        (segment) => segment.needed === 0 && segment.wanted !== undefined && segment !== this.reading?.segment
      )
      for (const segment of done) {
        if (segment.unread.size === 0) this.disk.bytes -= segment.bytes
        if (segment === this.current) this.finish()
      }
      this.segments = this.segments.filter((segment) => !done.includes(segment))
      return Effect.forEach(done, (segment) => (segment.unread.size === 0 ? remove(segment) : note(segment)), {
        discard: true
      })
    }).pipe(Effect.uninterruptible)
  }

  /** Reads back some of what is wanted, the oldest first: so many records, or so many characters. */
  readonly read = (maxRecords: number, maxLength: number): Effect.Effect<ReadonlyArray<Restored>> =>
    Effect.gen(this, function* () {
      const restored: Array<Restored> = []
      let length = 0
      while (restored.length < maxRecords && length < maxLength) {
        this.reading ??= yield* this.open
        if (this.reading === undefined) break
        const { lines, next } = this.reading
        const end = Math.min(lines.length, next + perTurn.lines, next + maxRecords - restored.length)
        const full = Math.min(maxLength, length + perTurn.length)
        while (this.reading.next < end && length < full) {
          const line = lines[this.reading.next++] ?? ""
          length += line.length
          restored.push(...this.restore(this.reading, line))
        }
        if (this.reading.next === lines.length || this.reading.wanted?.size === 0) {
          restored.push(...missing(this.reading))
          this.reading = undefined
        }
        yield* Effect.sleep(Duration.zero)
      }
      return restored
    })

  /** Nothing more is written: leaves to the next process what is still needed. */
  readonly end = Effect.suspend(() => {
    this.finish()
    return Effect.forEach(this.segments, note, { discard: true })
  })

  /**
   * The records that a line of text brings: its own, if it is to be read back, after a loss for each line that is
   * missing before it.
   */
  private restore(reading: Reading, text: string): ReadonlyArray<Restored> {
    const { expected, segment, wanted } = reading
    const found = fromLine(this.signal, text)
    if (found === undefined) {
      reading.damaged++
      return []
    }
    const { isUnread, line, record } = found
    if (wanted !== undefined) return !isUnread && wanted.delete(line) ? [restored(segment, line, record)] : []
    if (isUnread) {
      this.disk.unread++
      segment.unread.add(line)
      if (line === expected) reading.expected++
      return []
    }
    reading.damaged = 0
    reading.expected = Math.max(expected, line + 1)
    const before = lost(segment, linesBetween(expected, line))
    return segment.done.has(line) ? before : [...before, restored(segment, line, record)]
  }

  /** Opens the oldest segment of which something is wanted. It does not grow any more. */
  private readonly open = Effect.suspend(() => {
    const segment = this.segments.find(isWanted)
    if (segment === undefined) return Effect.succeed(undefined)
    if (segment === this.current) this.finish()
    return attemptFile(segment.path, () => fs.readFile(segment.path, "utf8"), maxSegmentBytes).pipe(
      Effect.map((text) => toReading(segment, text)),
      Effect.catchAll((error) => {
        if (!segment.inherited) return Effect.succeed(toReading(segment, ""))
        this.segments = this.segments.filter((other) => other !== segment)
        return Effect.as(sayLeft(segment.path, error), undefined)
      })
    )
  })

  /** The lines that come next in a segment, up to the first for which there is no room. */
  private linesFor(segment: Segment, records: ReadonlyArray<AnyRecord>): ReadonlyArray<Uint8Array> {
    let room = this.disk.maxBytes - this.disk.bytes - (segment.bytes === 0 ? headers[this.signal].length : 0)
    return Arr.takeWhile(
      records.map((record, i) => Buffer.from(toLine(signals[this.signal], record, segment.lines + i))),
      ({ length }) => {
        room -= length
        return room >= 0
      }
    )
  }

  /** What is appended to a segment. */
  private toText({ bytes }: Segment, lines: ReadonlyArray<Uint8Array>): Uint8Array {
    return Buffer.concat(bytes === 0 ? [Buffer.from(headers[this.signal]), ...lines] : lines)
  }

  private segmentToWrite(): Segment {
    if (this.current === undefined || this.current.bytes >= segmentBytes) {
      this.finish()
      this.current = { ...newSegment(this.disk.nextPath()), wanted: new Set() }
      this.segments = [...this.segments, this.current]
    }
    return this.current
  }

  /** The file of the current segment, which nobody else makes. Where somebody deleted the folder, it is made again. */
  private fileOf(segment: Segment): Effect.Effect<fs.FileHandle, SpoolError | Occupied> {
    if (segment.file !== undefined) return Effect.succeed(segment.file)
    const create = attempt(() => fs.open(segment.path, "ax", 0o600))
    return Effect.orElse(create, () => Effect.zipRight(this.disk.begin, create)).pipe(
      Effect.tap((file) => {
        segment.file = file
      })
    )
  }

  /** Nothing more is written to the current segment. */
  private finish(): void {
    this.current?.file?.close().catch(() => {})
    this.current = undefined
  }
}

export const sayLeft = (path: string, { cause }: SpoolError): Effect.Effect<void> =>
  logWarning("Spool")(`${path} cannot be read now, and is left to the next start`, cause)

/** Deletes a segment. What somebody has put in its place is none. */
const remove = ({ path }: Segment): Effect.Effect<void> => Effect.ignore(attemptFile(path, () => fs.unlink(path)))

/** Says in a segment which of its lines are not needed any longer. */
const note = (segment: Segment): Effect.Effect<void> => {
  const { done, noted, path } = segment
  if (done.size === noted) return Effect.void
  segment.noted = done.size
  return Effect.ignore(attemptFile(path, () => fs.appendFile(path, fromDone(done))))
}

/** A segment that is read from its beginning. */
const toReading = (segment: Segment, text: string): Reading => {
  const [lines, done] = Arr.partitionMap(
    text
      .split("\n")
      .slice(headOf(text) === undefined ? 0 : 1)
      .filter(String.isNonEmpty),
    toDone
  )
  const { wanted } = segment
  segment.wanted = new Set()
  const noted = new Set(done.flat())
  segment.noted = noted.size
  for (const line of noted) segment.done.add(line)
  return { segment, lines, wanted, next: 0, expected: 0, damaged: 0 }
}

const isWanted = ({ wanted }: Segment): boolean => wanted === undefined || wanted.size > 0

/**
 * Records that a finished reading did not find. In an inherited segment with a damaged end this is a lower bound: how
 * many lines were lost there is unknown.
 */
const missing = ({ damaged, expected, segment, wanted }: Reading): ReadonlyArray<Restored> =>
  lost(segment, wanted ?? linesBetween(expected, expected + damaged))

const linesBetween = (from: number, to: number): ReadonlyArray<number> =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i)

const lost = (segment: Segment, lines: Iterable<number>): ReadonlyArray<Restored> =>
  Array.from(lines)
    .filter((line) => !segment.done.has(line) && !segment.unread.has(line))
    .map((line) => restored(segment, line, undefined))

/** A line that is read back: one that was inherited is needed from now on. */
const restored = (segment: Segment, line: number, record: Restored["record"]): Restored => {
  if (segment.inherited) segment.needed++
  return { place: { segment, line }, record, inherited: segment.inherited }
}
