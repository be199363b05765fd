/**
 * Records on local disk, for one exporter: what memory has no room for, and what must outlive the process.
 *
 * A process writes to a folder of its own in that of the exporter, whose name says which process it is. One that starts
 * takes over the segments of those that are gone by renaming them, which only one can do. A segment begins with a header;
 * a line after it is a record with its checksum and its number there, so that lines that damage has swallowed are missed.
 * A segment is deleted when none of its lines is needed any longer; a process that ends appends to the others which of
 * their lines the next one need not read. What has no header, or another version, is none of ours; what has lines of
 * signals that are unknown here stays for the newer release that wrote them.
 */
import { appendFileSync, mkdirSync } from "node:fs"
import * as fs from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import * as Arr from "effect/Array"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as String from "effect/String"
import type { LogRecord } from "../../signal/LogRecord.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import { attempt, attemptFile, beginning, hasCode, SpoolError } from "./disk.js"
import * as Owner from "./owner.js"
import {
  fromDone,
  fromLine,
  header,
  isSegment,
  maxHeaderLength,
  type Signal,
  toDone,
  toLine,
  versionOf
} from "./segment.js"
import * as Folder from "./spoolFolder.js"

export type { Signal }

export interface SpoolOptions {
  readonly directory: string
  /** How many bytes the records of one exporter may take up there. */
  readonly maxBytes: number
}

/** Where a record stands. */
export interface Place {
  readonly segment: Segment
  readonly line: number
}

/** A line that was read back; without a record when it is damaged or missing. */
export interface Restored {
  readonly place: Place
  /** Of a damaged line that a process before this one wrote, spans are assumed. */
  readonly signal: Signal
  readonly record: SpanRecord | LogRecord | undefined
  /** Whether a process before this one wrote it. */
  readonly inherited: boolean
}

interface Segment {
  readonly path: string
  readonly inherited: boolean
  bytes: number
  lines: number
  /** How many of its lines are needed, but for those that are to be read back for the first time. */
  needed: number
  /** Which lines are not needed any longer. */
  readonly done: Set<number>
  /** How many of these it says itself. */
  noted: number
  /** Which lines were written by a newer release, for whose sake it is not deleted. */
  readonly unread: Set<number>
  /** Which lines are to be read back. What was inherited is wanted whole, until it has been opened. */
  wanted: Map<number, Signal> | undefined
  /** Open while it is written to: on a busy machine each call to the file system takes long. */
  file?: fs.FileHandle
}

interface Reading {
  readonly segment: Segment
  readonly lines: ReadonlyArray<string>
  /** Which lines are wanted, if not all. */
  readonly wanted: Map<number, Signal> | undefined
  next: number
  /** The number of the line that should come. */
  expected: number
  /** How many lines since the last whole one are not whole. */
  damaged: number
}

const segmentBytes = 4 * 2 ** 20
/** So much is read back in a turn of the event loop: so many lines, or fewer that have so many characters. */
const perTurn = { lines: 50, length: 2 ** 18 }
const beat = Duration.seconds(15)

export class Spool {
  private readonly owner = Owner.begin()
  /** The folder of this process, once there is one. */
  private folder: string | undefined
  private segments: ReadonlyArray<Segment> = []
  private current: Segment | undefined
  private reading: Reading | undefined
  private bytes = 0
  private made = 0
  /** How many lines of a newer release were met. */
  unread = 0

  private constructor(
    private readonly exporter: string,
    private readonly directory: string,
    private readonly maxBytes: number,
    private readonly clock: Clock.Clock
  ) {}

  /** The spool of an exporter, with what processes that are gone left in it; none, if other things are in its place. */
  static readonly make = Effect.fnUntraced(function* (
    exporter: string,
    { directory, maxBytes }: SpoolOptions
  ): Effect.fn.Return<Spool | undefined, never, Scope.Scope> {
    const spool = new Spool(exporter, directory, maxBytes, yield* Effect.clock)
    yield* Effect.addFinalizer(() => spool.end)
    const isOff = yield* Effect.as(spool.begin, false).pipe(
      Effect.catchTags({
        Occupied: ({ paths }) =>
          Effect.as(
            Effect.logWarning(
              `The exporter ${JSON.stringify(exporter)} has no spool: all that it could use holds other things, ${list(paths)}`
            ),
            true
          ),
        SpoolError: ({ cause }) =>
          Effect.as(
            Effect.logWarning(`What was spooled for the exporter ${JSON.stringify(exporter)} cannot be read`, cause),
            false
          )
      })
    )
    if (isOff) return undefined
    yield* Effect.forkScoped(Effect.repeat(spool.sayAlive, Schedule.spaced(beat)))
    return spool
  })

  /** Whether there is something to be read back. */
  get waits(): boolean {
    return this.reading !== undefined || this.segments.some(isWanted)
  }

  /** Appends records in one write, as many as there is room for, and tells where they stand. */
  append(records: ReadonlyArray<SpanRecord | LogRecord>): Effect.Effect<ReadonlyArray<Place>, SpoolError> {
    return Effect.gen(this, function* () {
      if (this.folder === undefined) yield* this.begin
      const segment = this.segmentToWrite()
      const lines = this.linesFor(segment, records)
      if (lines.length === 0) return yield* new SpoolError({ cause: `${this.maxBytes} bytes are in use` })
      const text = toText(segment, lines)
      // Needed before it is written, so that nobody deletes the segment meanwhile.
      segment.needed += lines.length
      return yield* Effect.flatMap(this.fileOf(segment), (file) => attempt(() => file.appendFile(text))).pipe(
        Effect.map(() => {
          segment.bytes += text.length
          this.bytes += text.length
          return lines.map(() => ({ segment, line: segment.lines++ }))
        }),
        Effect.tapError(() => {
          segment.needed -= lines.length
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
  appendNow(records: ReadonlyArray<SpanRecord | LogRecord>): void {
    if (this.folder === undefined) return
    Folder.restoreNow(dirname(this.folder), this.exporter)
    mkdirSync(this.folder, { recursive: true, mode: 0o700 })
    this.finish()
    const segment = this.segmentToWrite()
    const lines = this.linesFor(segment, records)
    if (lines.length > 0) appendFileSync(segment.path, toText(segment, lines), { flag: "ax", mode: 0o600 })
  }

  /** The record of a line left memory: it is to be read back. */
  want({ line, segment }: Place, signal: Signal): void {
    segment.wanted?.set(line, signal)
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
        if (segment.unread.size === 0) this.bytes -= segment.bytes
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

  /** What a line has of what is wanted, after what should have stood before it. */
  private restore(reading: Reading, text: string): ReadonlyArray<Restored> {
    const { expected, segment, wanted } = reading
    const found = fromLine(text)
    if (found === undefined) {
      reading.damaged++
      return []
    }
    const { line, record, signal } = found
    if (wanted !== undefined) {
      return signal !== undefined && wanted.delete(line) ? [restored(segment, line, signal, record)] : []
    }
    if (signal === undefined) {
      this.unread++
      segment.unread.add(line)
      if (line === expected) reading.expected++
      return []
    }
    reading.damaged = 0
    reading.expected = Math.max(expected, line + 1)
    const before = lost(segment, spansBetween(expected, line))
    return segment.done.has(line) ? before : [...before, restored(segment, line, signal, record)]
  }

  /** Opens the oldest segment of which something is wanted. It does not grow any more. */
  private readonly open = Effect.suspend(() => {
    const segment = this.segments.find(isWanted)
    if (segment === undefined) return Effect.succeed(undefined)
    if (segment === this.current) this.finish()
    return attemptFile(segment.path, () => fs.readFile(segment.path, "utf8")).pipe(
      Effect.map((text) => toReading(segment, text)),
      Effect.catchAll((error) => {
        if (!segment.inherited) return Effect.succeed(toReading(segment, ""))
        this.segments = this.segments.filter((other) => other !== segment)
        return Effect.as(sayLeft(segment.path, error), undefined)
      })
    )
  })

  /** The lines that come next in a segment, up to the first for which there is no room. */
  private linesFor(segment: Segment, records: ReadonlyArray<SpanRecord | LogRecord>): ReadonlyArray<Uint8Array> {
    let room = this.maxBytes - this.bytes - (segment.bytes === 0 ? header.length : 0)
    return Arr.takeWhile(
      records.map((record, i) => Buffer.from(toLine(record, segment.lines + i))),
      ({ length }) => {
        room -= length
        return room >= 0
      }
    )
  }

  private segmentToWrite(): Segment {
    if (this.current === undefined || this.current.bytes >= segmentBytes) {
      this.finish()
      const time = Math.round(this.clock.unsafeCurrentTimeMillis())
      const name = `${time}-${`${this.made++}`.padStart(6, "0")}-${crypto.randomUUID()}`
      this.current = { ...newSegment(join(this.folder ?? "", name)), wanted: new Map() }
      this.segments = [...this.segments, this.current]
    }
    return this.current
  }

  /** The file of the current segment, which nobody else makes. Where somebody deleted the folder, it is made again. */
  private fileOf(segment: Segment): Effect.Effect<fs.FileHandle, SpoolError | Folder.Occupied> {
    if (segment.file !== undefined) return Effect.succeed(segment.file)
    const create = attempt(() => fs.open(segment.path, "ax", 0o600))
    return Effect.orElse(create, () => Effect.zipRight(this.begin, create)).pipe(
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

  /** Makes the folder of this process, and takes over what gone ones left beside it. */
  private readonly begin = Effect.gen(this, function* () {
    const { occupied, path } = yield* Folder.claim(this.directory, this.exporter)
    const folder = join(path, this.owner)
    yield* attempt(() => fs.mkdir(folder, { recursive: true, mode: 0o700 }))
    if (folder === this.folder) return
    this.folder = folder
    if (occupied.length > 0) {
      yield* Effect.logWarning(
        `The exporter ${JSON.stringify(this.exporter)} is spooled in ${path}: other things are left alone in ${list(occupied)}`
      )
    }
    yield* this.inherit(path, folder)
  })

  /** Takes over the segments of processes that are gone. What another one takes over meanwhile is not found. */
  private readonly inherit = Effect.fnUntraced(function* (this: Spool, path: string, folder: string) {
    const now = this.clock.unsafeCurrentTimeMillis()
    const entries = yield* attempt(() => fs.readdir(path, { withFileTypes: true }))
    const found = yield* Effect.forEach(
      entries.filter((entry) => entry.isDirectory() && Owner.isOwner(entry.name)),
      ({ name }) => unlessLeft(join(path, name), takeOver(join(path, name), folder, now))
    )
    const [strangers, segments] = Arr.separate(Arr.getSomes(found).flat())
    this.segments = [...segments.sort((a, b) => (basename(a.path) < basename(b.path) ? -1 : 1)), ...this.segments]
    this.bytes += segments.reduce((sum, { bytes }) => sum + bytes, 0)
    const [foreign, newer] = Arr.partition(strangers, ({ isNewer }) => isNewer)
    if (foreign.length > 0) {
      yield* Effect.logWarning(
        `Files without the header of a spool's segment are left alone: ${list(pathsOf(foreign))}`
      )
    }
    if (newer.length > 0) {
      yield* Effect.logWarning(`Segments of a newer release are left to it: ${list(pathsOf(newer))}`)
    }
  })

  /** Leaves to the next process what is still needed. */
  private readonly end = Effect.suspend(() => {
    const { folder } = this
    this.finish()
    return folder === undefined
      ? Effect.void
      : Effect.zipRight(
          Effect.forEach(this.segments, note, { discard: true }),
          Effect.ignore(attempt(() => fs.rmdir(folder)))
        )
  }).pipe(Effect.ensuring(Effect.sync(() => Owner.end(this.owner))))

  private readonly sayAlive = Effect.suspend(() => {
    const { folder } = this
    const now = new Date(this.clock.unsafeCurrentTimeMillis())
    return folder === undefined ? Effect.void : Effect.ignore(attempt(() => fs.utimes(folder, now, now)))
  })
}

/** What is named like a segment and is none that this release reads. */
interface Stranger {
  readonly path: string
  readonly isNewer: boolean
}

/** Some paths, to be said. */
const list = (paths: ReadonlyArray<string>): string =>
  [...paths.slice(0, 3), ...(paths.length > 3 ? [`${paths.length - 3} more`] : [])].join(", ")

const sayLeft = (path: string, { cause }: SpoolError): Effect.Effect<void> =>
  Effect.logWarning(`${path} cannot be read now, and is left to the next start`, cause)

/** What could not be taken over is said, unless another process was faster. */
const unlessLeft = <A>(path: string, effect: Effect.Effect<A, SpoolError>): Effect.Effect<Option.Option<A>> =>
  Effect.asSome(effect).pipe(
    Effect.catchAll((error) =>
      Effect.as(hasCode(error, "ENOENT") ? Effect.void : sayLeft(path, error), Option.none<A>())
    )
  )

const pathsOf = (strangers: ReadonlyArray<Stranger>): ReadonlyArray<string> => strangers.map(({ path }) => path)

/** Moves the segments of a process that is gone to a folder, and deletes its own if nothing else is there. */
const takeOver = Effect.fnUntraced(function* (gone: string, folder: string, now: number) {
  const { mtimeMs } = yield* attempt(() => fs.lstat(gone))
  if (Owner.isAlive(basename(gone), now - mtimeMs)) return []
  const entries = yield* attempt(() => fs.readdir(gone, { withFileTypes: true }))
  const found = yield* Effect.forEach(
    entries.filter((entry) => entry.isFile() && segmentName.test(entry.name)),
    ({ name }) => unlessLeft(join(gone, name), takeOverSegment(join(gone, name), join(folder, name)))
  )
  yield* Effect.ignore(attempt(() => fs.rmdir(gone)))
  return Arr.getSomes(found)
})

const takeOverSegment = Effect.fnUntraced(function* (from: string, to: string) {
  const text = yield* beginning(from, maxHeaderLength)
  if (!isSegment(text)) return Either.left<Stranger>({ path: from, isNewer: Option.isSome(versionOf(text)) })
  yield* attempt(() => fs.rename(from, to))
  const { size } = yield* attempt(() => fs.lstat(to))
  return Either.right<Segment>({ ...newSegment(to), inherited: true, bytes: size })
})

const newSegment = (path: string): Segment => ({
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

/** Deletes a segment. What somebody has put in its place is none. */
const remove = ({ path }: Segment): Effect.Effect<void> => Effect.ignore(attemptFile(path, () => fs.unlink(path)))

/** Says in a segment which of its lines are not needed any longer. */
const note = (segment: Segment): Effect.Effect<void> => {
  const { done, noted, path } = segment
  if (done.size === noted) return Effect.void
  segment.noted = done.size
  return Effect.ignore(attemptFile(path, () => fs.appendFile(path, fromDone(done))))
}

const segmentName = /^-?\d+-\d{6,}-[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/

/** What is appended to a segment. */
const toText = ({ bytes }: Segment, lines: ReadonlyArray<Uint8Array>): Uint8Array =>
  Buffer.concat(bytes === 0 ? [Buffer.from(header), ...lines] : lines)

/** A segment that is read from its beginning. */
const toReading = (segment: Segment, text: string): Reading => {
  const [lines, done] = Arr.partitionMap(
    text
      .split("\n")
      .slice(isSegment(text) ? 1 : 0)
      .filter(String.isNonEmpty),
    toDone
  )
  const { wanted } = segment
  segment.wanted = new Map()
  const noted = new Set(done.flat())
  segment.noted = noted.size
  for (const line of noted) segment.done.add(line)
  return { segment, lines, wanted, next: 0, expected: 0, damaged: 0 }
}

const isWanted = ({ wanted }: Segment): boolean => wanted === undefined || wanted.size > 0

/** What was wanted of a segment and is not in it. Of damage at the end of an inherited one, at least that. */
const missing = ({ damaged, expected, segment, wanted }: Reading): ReadonlyArray<Restored> =>
  wanted === undefined ? lost(segment, spansBetween(expected, expected + damaged)) : lost(segment, wanted)

const spansBetween = (from: number, to: number): ReadonlyArray<readonly [number, Signal]> =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => [from + i, "spans"])

const lost = (segment: Segment, lines: Iterable<readonly [number, Signal]>): ReadonlyArray<Restored> =>
  Array.from(lines)
    .filter(([line]) => !segment.done.has(line) && !segment.unread.has(line))
    .map(([line, signal]) => restored(segment, line, signal, undefined))

/** A line that is read back: one that was inherited is needed from now on. */
const restored = (segment: Segment, line: number, signal: Signal, record: Restored["record"]): Restored => {
  if (segment.inherited) segment.needed++
  return { place: { segment, line }, signal, record, inherited: segment.inherited }
}
