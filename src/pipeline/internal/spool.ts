/**
 * Records on local disk, for one exporter: what memory has no room for, and what must outlive the process.
 *
 * A process writes to a folder of its own in that of the exporter, whose name says which process it is. One that starts
 * takes over the segments of those that are gone by renaming them, which only one can do. A segment begins with a header,
 * which names its signal; a line after it is a record with its checksum and its number there, so that lines that damage
 * has swallowed are missed. A segment is deleted when none of its lines is needed any longer; a process that ends appends
 * to the others which of their lines the next one need not read. What has no header is none of ours; what has another
 * version, an unknown signal, or lines of another letter stays for the newer release that wrote it.
 */
import { mkdirSync } from "node:fs"
import * as fs from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import * as Arr from "effect/Array"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { logWarning } from "../../runtime/annotated.js"
import { background } from "../../runtime/background.js"
import { makeFolder } from "../../runtime/makeFolder.js"
import { perSignal, type SignalName, signalNames } from "../../signal/signals.js"
import { attempt, beginning, hasCode, type SpoolError } from "./disk.js"
import * as Owner from "./owner.js"
import { headOf, maxHeaderLength } from "./segment.js"
import { type Disk, maxSegmentBytes, newSegment, type Segment, Segments, sayLeft } from "./segments.js"
import * as Folder from "./spoolFolder.js"

export interface SpoolOptions {
  readonly directory: string
  /** How many bytes the records of one exporter may take up there. */
  readonly maxBytes: number
}

const beat = Duration.seconds(15)

export class Spool extends Inspectable.Class implements Disk {
  readonly segments = perSignal((_, name) => new Segments(name, this))
  bytes = 0
  unread = 0
  private readonly owner = Owner.begin()
  /** The folder of this process, once there is one. */
  private folder: string | undefined
  /** Lets go of it. */
  private release: Effect.Effect<void> = Effect.void
  private made = 0

  private constructor(
    private readonly exporter: string,
    private readonly directory: string,
    readonly maxBytes: number,
    private readonly clock: Clock.Clock
  ) {
    super()
  }

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
            logWarning("Spool")(
              `The exporter ${JSON.stringify(exporter)} has no spool: all that it could use holds other things, ${list(paths)}`
            ),
            true
          ),
        SpoolError: ({ cause }) =>
          Effect.as(
            logWarning("Spool")(`What was spooled for the exporter ${JSON.stringify(exporter)} cannot be read`, cause),
            false
          )
      })
    )
    if (isOff) return undefined
    yield* Effect.forkScoped(background(Effect.repeat(spool.sayAlive, Schedule.spaced(beat))))
    return spool
  })

  toJSON() {
    const { bytes, exporter, folder, maxBytes, segments, unread } = this
    return { _id: "Spool", exporter, folder, bytes, maxBytes, unread, segments: Object.values(segments) }
  }

  /** Makes the folder of this process, and takes over what gone ones left beside it. */
  readonly begin = Effect.gen(this, function* () {
    const { occupied, path } = yield* Folder.claim(this.directory, this.exporter)
    const folder = join(path, this.owner)
    if (yield* attempt(() => makeFolder(folder))) {
      yield* this.release
      this.release = yield* Owner.hold(folder)
    }
    if (folder === this.folder) return
    this.folder = folder
    if (occupied.length > 0) {
      yield* logWarning("Spool")(
        `The exporter ${JSON.stringify(this.exporter)} is spooled in ${path}: other things are left alone in ${list(occupied)}`
      )
    }
    yield* this.inherit(path, folder)
  })

  readonly ready = Effect.suspend(() => (this.folder === undefined ? this.begin : Effect.void))

  beginNow(): boolean {
    if (this.folder === undefined) return false
    Folder.restoreNow(dirname(this.folder), this.exporter)
    mkdirSync(this.folder, { recursive: true, mode: 0o700 })
    return true
  }

  nextPath(): string {
    const time = Math.round(this.clock.unsafeCurrentTimeMillis())
    return join(this.folder ?? "", `${time}-${`${this.made++}`.padStart(6, "0")}-${crypto.randomUUID()}`)
  }

  /** Takes over the segments of processes that are gone. What another one takes over meanwhile is not found. */
  private readonly inherit = Effect.fnUntraced(function* (this: Spool, path: string, folder: string) {
    const now = this.clock.unsafeCurrentTimeMillis()
    const entries = yield* attempt(() => fs.readdir(path, { withFileTypes: true }))
    const found = yield* Effect.forEach(
      entries.filter((entry) => entry.isDirectory() && Owner.isOwner(entry.name)),
      ({ name }) => unlessLeft(join(path, name), takeOver(join(path, name), folder, now))
    )
    const [strangers, heirlooms] = Arr.separate(Arr.getSomes(found).flat())
    heirlooms.sort((a, b) => (basename(a.segment.path) < basename(b.segment.path) ? -1 : 1))
    for (const name of signalNames) {
      this.segments[name].inherit(heirlooms.flatMap(({ segment, signal }) => (signal === name ? [segment] : [])))
    }
    this.bytes += heirlooms.reduce((sum, { segment }) => sum + segment.bytes, 0)
    const [foreign, newer] = Arr.partition(strangers, ({ isNewer }) => isNewer)
    if (foreign.length > 0) {
      yield* logWarning("Spool")(`Files that are no segments of a spool are left alone: ${list(pathsOf(foreign))}`)
    }
    if (newer.length > 0) {
      yield* logWarning("Spool")(`Segments of a newer release are left to it: ${list(pathsOf(newer))}`)
    }
  })

  /** Leaves to the next process what is still needed. */
  private readonly end = Effect.suspend(() => {
    const { folder } = this
    const ends = Effect.forEach(Object.values(this.segments), ({ end }) => end, { discard: true })
    return folder === undefined
      ? ends
      : Effect.all([ends, this.release, Effect.ignore(attempt(() => fs.rmdir(folder)))], { discard: true })
  }).pipe(Effect.ensuring(Effect.sync(() => Owner.end(this.owner))))

  private readonly sayAlive = Effect.suspend(() => {
    const { folder } = this
    const now = new Date(this.clock.unsafeCurrentTimeMillis())
    return folder === undefined ? Effect.void : Effect.ignore(attempt(() => fs.utimes(folder, now, now)))
  })
}

/** A segment of a process that is gone. */
interface Heirloom {
  readonly signal: SignalName
  readonly segment: Segment
}

/** What is named like a segment and is none that this release reads. */
interface Stranger {
  readonly path: string
  readonly isNewer: boolean
}

/** Some paths, to be said. */
const list = (paths: ReadonlyArray<string>): string =>
  [...paths.slice(0, 3), ...(paths.length > 3 ? [`${paths.length - 3} more`] : [])].join(", ")

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
  if (yield* Owner.isAlive(basename(gone), gone, now - mtimeMs)) return []
  const entries = yield* attempt(() => fs.readdir(gone, { withFileTypes: true }))
  const found = yield* Effect.forEach(
    entries.filter((entry) => entry.isFile() && segmentName.test(entry.name)),
    ({ name }) => unlessLeft(join(gone, name), takeOverSegment(join(gone, name), join(folder, renamed(name))))
  )
  yield* Owner.release(gone)
  yield* Effect.ignore(attempt(() => fs.rmdir(gone)))
  return Arr.getSomes(found)
})

const takeOverSegment = Effect.fnUntraced(function* (from: string, to: string) {
  const { size } = yield* attempt(() => fs.lstat(from))
  const signal = size > maxSegmentBytes ? undefined : headOf(yield* beginning(from, maxHeaderLength))
  if (signal === undefined || signal === "newer") {
    return Either.left<Stranger>({ path: from, isNewer: signal === "newer" })
  }
  yield* attempt(() => fs.rename(from, to))
  return Either.right<Heirloom>({ signal, segment: { ...newSegment(to), inherited: true, bytes: size } })
})

/** One that was copied may be there twice, and be damaged in one of them: no segment takes the place of another. */
const renamed = (name: string): string => name.slice(0, -36) + crypto.randomUUID()

const segmentName = /^-?\d+-\d{6,}-[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/
