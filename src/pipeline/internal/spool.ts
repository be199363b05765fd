/**
 * Records on local disk, for one exporter: what memory has no room for, and what must outlive the process.
 *
 * A process writes to a folder of its own in `DIRECTORY/EXPORTER`, whose name says which process it is. One that starts
 * takes over the folders of those that are gone by renaming them, which only one can do. In a folder are segments; a line
 * of a segment is a record with its checksum and its number there, so that lines that damage has swallowed are missed. A
 * segment is deleted when none of its lines is needed any longer; a process that ends appends to the others which of their
 * lines the next one need not read.
 */
import { appendFileSync, mkdirSync } from "node:fs"
import * as fs from "node:fs/promises"
import { basename, join } from "node:path"
import * as Arr from "effect/Array"
import type * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as String from "effect/String"
import { LogRecord } from "../../signal/LogRecord.js"
import { SpanRecord } from "../../signal/SpanRecord.js"
import * as Owner from "./owner.js"

export interface SpoolOptions {
  readonly directory: string
  /** How many bytes the records of one exporter may take up there. */
  readonly maxBytes: number
}

/** The disk did not do what it was asked to, or there is no more room. */
export class SpoolError extends Data.TaggedError("SpoolError")<{ readonly cause: unknown }> {}

export type Signal = "spans" | "logs"

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
  private readonly folder: string
  private segments: ReadonlyArray<Segment> = []
  private current: Segment | undefined
  private reading: Reading | undefined
  private bytes = 0
  private made = 0

  private constructor(
    private readonly directory: string,
    private readonly maxBytes: number,
    private readonly clock: Clock.Clock
  ) {
    this.folder = join(directory, this.owner)
  }

  /** The spool of an exporter, with what processes that are gone left in it. */
  static readonly make = Effect.fnUntraced(function* (
    exporter: string,
    { directory, maxBytes }: SpoolOptions
  ): Effect.fn.Return<Spool, never, Scope.Scope> {
    const spool = new Spool(join(directory, encodeURIComponent(exporter)), maxBytes, yield* Effect.clock)
    yield* Effect.catchAll(spool.inherit, ({ cause }) =>
      Effect.logWarning(`What was spooled for the exporter "${exporter}" cannot be read`, cause)
    )
    yield* Effect.forkScoped(Effect.repeat(spool.sayAlive, Schedule.spaced(beat)))
    yield* Effect.addFinalizer(() => spool.end)
    return spool
  })

  /** Whether there is something to be read back. */
  get waits(): boolean {
    return this.reading !== undefined || this.segments.some(isWanted)
  }

  /** Appends records in one write, as many as there is room for, and tells where they stand. */
  append(records: ReadonlyArray<SpanRecord | LogRecord>): Effect.Effect<ReadonlyArray<Place>, SpoolError> {
    return Effect.suspend(() => {
      const segment = this.segmentToWrite()
      const lines = this.linesFor(segment, records)
      if (lines.length === 0) return new SpoolError({ cause: `${this.maxBytes} bytes are in use` })
      const text = Buffer.concat(lines)
      // Needed before it is written, so that nobody deletes the segment meanwhile.
      segment.needed += lines.length
      return attempt(async () => {
        if (segment.file === undefined) {
          await fs.mkdir(this.folder, { recursive: true, mode: 0o700 })
          segment.file = await fs.open(segment.path, "a", 0o600)
        }
        await segment.file.appendFile(text)
      }).pipe(
        Effect.map(() => {
          segment.bytes += text.length
          this.bytes += text.length
          return lines.map(() => ({ segment, line: segment.lines++ }))
        }),
        Effect.tapError(() => {
          segment.needed -= lines.length
          return Effect.ignore(attempt(() => fs.truncate(segment.path, segment.bytes)))
        }),
        Effect.uninterruptible
      )
    })
  }

  /** Appends records at once, for a process that ends. */
  appendNow(records: ReadonlyArray<SpanRecord | LogRecord>): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 })
    this.finish()
    const segment = this.segmentToWrite()
    appendFileSync(segment.path, Buffer.concat(this.linesFor(segment, records)), { mode: 0o600 })
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
        this.bytes -= segment.bytes
        if (segment === this.current) this.finish()
      }
      this.segments = this.segments.filter((segment) => !done.includes(segment))
      return Effect.forEach(done, ({ path }) => Effect.ignore(attempt(() => fs.rm(path))), { discard: true })
    })
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
    if (wanted !== undefined) return wanted.delete(line) ? [restored(segment, line, signal, record)] : []
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
    return attempt(() => fs.readFile(segment.path, "utf8")).pipe(
      Effect.orElseSucceed(() => "unreadable"),
      Effect.map((text): Reading => {
        const [lines, done] = Arr.partitionMap(text.split("\n").filter(String.isNonEmpty), toDone)
        const { wanted } = segment
        segment.wanted = new Map()
        for (const line of done.flat()) segment.done.add(line)
        return { segment, lines, wanted, next: 0, expected: 0, damaged: 0 }
      })
    )
  })

  /** The lines that come next in a segment, up to the first for which there is no room. */
  private linesFor(segment: Segment, records: ReadonlyArray<SpanRecord | LogRecord>): ReadonlyArray<Uint8Array> {
    let room = this.maxBytes - this.bytes
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
      const name = `${this.clock.unsafeCurrentTimeMillis()}-${`${this.made++}`.padStart(6, "0")}`
      this.current = { ...newSegment(join(this.folder, name)), wanted: new Map() }
      this.segments = [...this.segments, this.current]
    }
    return this.current
  }

  /** Nothing more is written to the current segment. */
  private finish(): void {
    this.current?.file?.close().catch(() => {})
    this.current = undefined
  }

  /** Takes over what gone processes left. */
  private readonly inherit = Effect.suspend(() => {
    const now = this.clock.unsafeCurrentTimeMillis()
    return attempt(async () => {
      await fs.mkdir(this.folder, { recursive: true, mode: 0o700 })
      for (const owner of await fs.readdir(this.directory)) {
        const { mtimeMs } = await fs.stat(join(this.directory, owner))
        if (Owner.isAlive(owner, now - mtimeMs)) continue
        // Whoever comes second does not find it.
        await fs.rename(join(this.directory, owner), join(this.folder, owner)).catch(() => {})
      }
      const files = await fs.readdir(this.folder, { recursive: true, withFileTypes: true })
      const segments = await Promise.all(
        files
          .filter((file) => file.isFile())
          .map(async (file) => {
            const path = join(file.parentPath, file.name)
            const { size } = await fs.stat(path)
            return { ...newSegment(path), inherited: true, bytes: size }
          })
      )
      this.segments = segments.sort((a, b) => (basename(a.path) < basename(b.path) ? -1 : 1))
      this.bytes = segments.reduce((sum, { bytes }) => sum + bytes, 0)
    })
  })

  /** Leaves to the next process what is still needed. */
  private readonly end = Effect.suspend(() => {
    this.finish()
    return this.segments.length === 0
      ? Effect.ignore(attempt(() => fs.rm(this.folder, { recursive: true, force: true })))
      : Effect.forEach(
          this.segments.filter(({ done }) => done.size > 0),
          ({ done, path }) => Effect.ignore(attempt(() => fs.appendFile(path, fromDone(done)))),
          { discard: true }
        )
  }).pipe(Effect.ensuring(Effect.sync(() => Owner.end(this.owner))))

  private readonly sayAlive = Effect.suspend(() => {
    const now = new Date(this.clock.unsafeCurrentTimeMillis())
    return Effect.ignore(attempt(() => fs.utimes(this.folder, now, now)))
  })
}

const newSegment = (path: string): Segment => ({
  path,
  inherited: false,
  bytes: 0,
  lines: 0,
  needed: 0,
  done: new Set(),
  wanted: undefined
})

const attempt = <A>(run: () => Promise<A>) =>
  Effect.tryPromise({ try: run, catch: (cause) => new SpoolError({ cause }) })

const isWanted = ({ wanted }: Segment): boolean => wanted === undefined || wanted.size > 0

/** What was wanted of a segment and is not in it. Of damage at the end of an inherited one, at least that. */
const missing = ({ damaged, expected, segment, wanted }: Reading): ReadonlyArray<Restored> =>
  wanted === undefined ? lost(segment, spansBetween(expected, expected + damaged)) : lost(segment, wanted)

const spansBetween = (from: number, to: number): ReadonlyArray<readonly [number, Signal]> =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => [from + i, "spans"])

const lost = (segment: Segment, lines: Iterable<readonly [number, Signal]>): ReadonlyArray<Restored> =>
  Array.from(lines)
    .filter(([line]) => !segment.done.has(line))
    .map(([line, signal]) => restored(segment, line, signal, undefined))

/** A line that is read back: one that was inherited is needed from now on. */
const restored = (segment: Segment, line: number, signal: Signal, record: Restored["record"]): Restored => {
  if (segment.inherited) segment.needed++
  return { place: { segment, line }, signal, record, inherited: segment.inherited }
}

/** Its signal, its checksum, its number and itself. What has no JSON is a damaged line. */
const toLine = (record: SpanRecord | LogRecord, line: number): string => {
  const body = Either.try(() => `${line} ${JSON.stringify(record)}`)
  const sum = Either.match(body, { onLeft: () => "", onRight: checksum })
  return `${record instanceof SpanRecord ? "S" : "L"}${sum}${Either.getOrElse(body, () => "")}\n`
}

/** What a line says, if it is whole. */
const fromLine = (text: string): (Pick<Restored, "signal" | "record"> & { readonly line: number }) | undefined => {
  const body = text.slice(9)
  if (text.slice(1, 9) !== checksum(body)) return undefined
  const signal = text.startsWith("L") ? "logs" : "spans"
  const record = decode[signal](body.slice(body.indexOf(" ") + 1))
  return { line: Number.parseInt(body, 10), signal, record: Option.getOrUndefined(record) }
}

/** The line that says which lines are not needed any longer. It begins on a line of its own, whatever stands before it. */
const fromDone = (lines: Iterable<number>): string => {
  const body = JSON.stringify(Array.from(lines))
  return `\nD${checksum(body)}${body}\n`
}

const toDone = (text: string): Either.Either<ReadonlyArray<number>, string> => {
  const body = text.slice(9)
  return text.startsWith("D") && text.slice(1, 9) === checksum(body)
    ? Either.right(JSON.parse(body))
    : Either.left(text)
}

const decode: Record<Signal, (json: string) => Option.Option<SpanRecord | LogRecord>> = {
  spans: Schema.decodeOption(Schema.parseJson(SpanRecord)),
  logs: Schema.decodeOption(Schema.parseJson(LogRecord))
}

/** FNV-1a over UTF-16 code units, in eight hex digits. */
const checksum = (text: string): string => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, "0")
}
