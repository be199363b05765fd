/**
 * Records on local disk, for one exporter: what memory has no room for, and what must outlive the process.
 *
 * A process writes to a folder of its own in `DIRECTORY/EXPORTER`, whose name says which process it is. One that starts
 * takes over the folders of those that are gone by renaming them, which only one can do. In a folder are segments; a line
 * of a segment is a record with its checksum. A segment is deleted when none of its lines is needed any longer.
 */
import { appendFileSync, mkdirSync } from "node:fs"
import * as fs from "node:fs/promises"
import { basename, join } from "node:path"
import type * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
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

/** Where a record stands. */
export interface Place {
  readonly segment: Segment
  readonly line: number
}

/** A line that was read back; without a record when it is damaged. */
export interface Restored {
  readonly place: Place
  readonly signal: "spans" | "logs"
  readonly record: SpanRecord | LogRecord | undefined
  /** Whether a process before this one wrote it. */
  readonly inherited: boolean
}

interface Segment {
  readonly path: string
  readonly inherited: boolean
  bytes: number
  lines: number
  /** How many of its lines are needed; endless as long as nobody has counted those that were inherited. */
  needed: number
  /** Which of them are to be read back. What was inherited is wanted whole, as soon as it has been opened. */
  wanted: Set<number> | undefined
  /** Open while it is written to: on a busy machine each call to the file system takes long. */
  file?: fs.FileHandle
}

interface Reading {
  readonly segment: Segment
  readonly lines: ReadonlyArray<string>
  readonly wanted: Set<number>
  next: number
}

const segmentBytes = 4 * 2 ** 20
const linesPerTurn = 50
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
    return this.segments.some(({ wanted }) => wanted === undefined || wanted.size > 0)
  }

  /** Appends records in one write, and tells where they stand. */
  append(records: ReadonlyArray<SpanRecord | LogRecord>): Effect.Effect<ReadonlyArray<Place>, SpoolError> {
    return Effect.suspend(() => {
      const text = Buffer.from(records.map(toLine).join(""))
      if (this.bytes + text.length > this.maxBytes)
        return new SpoolError({ cause: `${this.maxBytes} bytes are in use` })
      const segment = this.segmentToWrite()
      // Needed before it is written, so that nobody deletes the segment meanwhile.
      segment.needed += records.length
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
          return records.map(() => ({ segment, line: segment.lines++ }))
        }),
        Effect.tapError(() => {
          segment.needed -= records.length
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
    appendFileSync(this.segmentToWrite().path, records.map(toLine).join(""), { mode: 0o600 })
  }

  /** The record of a line left memory: it is to be read back. */
  want({ line, segment }: Place): void {
    segment.wanted?.add(line)
  }

  /** Some lines are not needed any longer. */
  release(places: ReadonlyArray<Place>): Effect.Effect<void> {
    return Effect.suspend(() => {
      for (const { segment } of places) segment.needed--
      const done = this.segments.filter((segment) => segment.needed === 0 && segment !== this.reading?.segment)
      for (const segment of done) {
        this.bytes -= segment.bytes
        if (segment === this.current) this.finish()
      }
      this.segments = this.segments.filter((segment) => !done.includes(segment))
      return Effect.forEach(done, ({ path }) => Effect.ignore(attempt(() => fs.rm(path))), { discard: true })
    })
  }

  /** Reads back some of what is wanted, the oldest first. */
  readonly read = (limit: number): Effect.Effect<ReadonlyArray<Restored>> =>
    Effect.gen(this, function* () {
      const restored: Array<Restored> = []
      while (restored.length < limit) {
        this.reading ??= yield* this.open
        if (this.reading === undefined) break
        const { lines, next, segment, wanted } = this.reading
        const end = Math.min(lines.length, next + linesPerTurn, next + limit - restored.length)
        for (let line = next; line < end; line++) {
          if (wanted.delete(line)) {
            restored.push({ ...fromLine(lines[line] ?? ""), place: { segment, line }, inherited: segment.inherited })
          }
        }
        this.reading.next = end
        if (end === lines.length || wanted.size === 0) this.reading = undefined
        yield* Effect.sleep(Duration.zero)
      }
      return restored
    })

  /** Opens the oldest segment of which something is wanted. It does not grow any more. */
  private readonly open = Effect.suspend(() => {
    const segment = this.segments.find(({ wanted }) => wanted === undefined || wanted.size > 0)
    if (segment === undefined) return Effect.succeed(undefined)
    if (segment === this.current) this.finish()
    return attempt(() => fs.readFile(segment.path, "utf8")).pipe(
      // What cannot be read is damaged, line by line.
      Effect.orElseSucceed(() => "\n".repeat(Math.max(1, segment.lines))),
      Effect.map((text): Reading => {
        const lines = text === "" ? [] : text.replace(/\n$/, "").split("\n")
        if (segment.wanted === undefined) {
          segment.lines = segment.needed = lines.length
          segment.wanted = new Set(lines.keys())
        }
        return { segment, lines: lines.slice(0, segment.lines), wanted: segment.wanted, next: 0 }
      })
    )
  })

  private segmentToWrite(): Segment {
    if (this.current === undefined || this.current.bytes >= segmentBytes) {
      this.finish()
      const name = `${this.clock.unsafeCurrentTimeMillis()}-${String(this.made++).padStart(6, "0")}`
      this.current = { ...newSegment, path: join(this.folder, name), wanted: new Set() }
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
            return { ...newSegment, path, inherited: true, bytes: size, needed: Number.POSITIVE_INFINITY }
          })
      )
      this.segments = segments.sort((a, b) => (basename(a.path) < basename(b.path) ? -1 : 1))
      this.bytes = segments.reduce((sum, { bytes }) => sum + bytes, 0)
    })
  })

  /** Leaves to the next process what is still needed. */
  private readonly end = Effect.suspend(() => {
    Owner.end(this.owner)
    this.finish()
    return this.segments.length === 0
      ? Effect.ignore(attempt(() => fs.rm(this.folder, { recursive: true, force: true })))
      : Effect.void
  })

  private readonly sayAlive = Effect.suspend(() => {
    const now = new Date(this.clock.unsafeCurrentTimeMillis())
    return Effect.ignore(attempt(() => fs.utimes(this.folder, now, now)))
  })
}

const newSegment = { inherited: false, bytes: 0, lines: 0, needed: 0, wanted: undefined }

const attempt = <A>(run: () => Promise<A>) =>
  Effect.tryPromise({ try: run, catch: (cause) => new SpoolError({ cause }) })

const toLine = (record: SpanRecord | LogRecord): string => {
  const json = JSON.stringify(record)
  return `${record instanceof SpanRecord ? "S" : "L"}${checksum(json)}${json}\n`
}

const fromLine = (line: string): Pick<Restored, "signal" | "record"> => {
  const signal = line.startsWith("L") ? "logs" : "spans"
  const json = line.slice(9)
  const record = line.slice(1, 9) === checksum(json) ? decode[signal](json) : Option.none()
  return { signal, record: Option.getOrUndefined(record) }
}

const decode: Record<Restored["signal"], (json: string) => Option.Option<SpanRecord | LogRecord>> = {
  spans: Schema.decodeOption(Schema.parseJson(SpanRecord)),
  logs: Schema.decodeOption(Schema.parseJson(LogRecord))
}

/** FNV-1a over UTF-16 code units, in eight hex digits. */
const checksum = (text: string): string => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, "0")
}
