/**
 * What a batch writer is made of: the lanes that records go to, the intake in which they wait for the processors, and the
 * ledgers that say what became of them.
 */
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import type * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Emitter } from "../../signal/Emitter.js"
import { sizeOf } from "../../signal/internal/size.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import { perSignal, type SignalName, signalNames } from "../../signal/signals.js"
import type { Exporter } from "../Exporter.js"
import type { FlushError } from "../FlushError.js"
import type { SignalProcessor } from "../SignalProcessor.js"
import type { Ledgers, Stats } from "../Stats.js"
import { Backing } from "./backing.js"
import { type Bounds, Destination } from "./destination.js"
import { type Entry, Lane } from "./lane.js"
import { chain } from "./processed.js"
import type { AnyRecord } from "./record.js"
import type { Spool } from "./spool.js"

/** An exporter with a lane for each signal that it takes. */
export interface Route {
  readonly destination: Destination
  readonly spool: Spool | undefined
  readonly lanes: ReadonlyArray<Lane>
}

type PerSignal<A> = Readonly<Record<SignalName, A>>

export interface Writer {
  readonly clock: Clock.Clock
  readonly bounds: Bounds & { readonly shutdownTimeout: Duration.Duration }
  readonly routes: ReadonlyArray<Route>
  /** All lanes, and those of each signal. */
  readonly lanes: ReadonlyArray<Lane>
  readonly lanesOf: PerSignal<ReadonlyArray<Lane>>
  readonly process: PerSignal<(record: AnyRecord) => AnyRecord | undefined>
  readonly emitted: Record<SignalName, number>
  /** Entries that have not gone through the processors, in the order of emission. */
  readonly intake: Array<Entry>
  /** The position of the newest entry. */
  position: number
  closing: boolean
  /** Open when records wait in the intake. */
  readonly notEmpty: Effect.Latch
  /** Open when they shall not wait any longer. */
  readonly batchDue: Effect.Latch
  readonly flushes: Set<Flush>
  /** Waits until everything up to a position is on disk, in the order in which they began. */
  readonly saves: Array<Flush>
}

/** Waits for everything up to a position. */
export interface Flush {
  readonly position: number
  readonly done: Deferred.Deferred<void, FlushError>
}

/** The lanes of an exporter. With `everything`, all records go to its spool at once. */
export const routeOf = (exporter: Exporter, bounds: Bounds, spool: Spool | undefined, everything: boolean): Route => {
  const destination = new Destination(exporter, bounds)
  const laneOf = perSignal(
    (_, name) => new Lane(name, destination, spool && new Backing<Entry>(spool.segments[name], everything))
  )
  const lanes = Array.from(new Set(exporter.signals ?? signalNames), (name) => laneOf[name])
  return { destination, spool, lanes }
}

export const make = (
  routes: ReadonlyArray<Route>,
  processors: ReadonlyArray<SignalProcessor>,
  bounds: Writer["bounds"],
  clock: Clock.Clock
): Writer => {
  const lanes = routes.flatMap((route) => route.lanes)
  return {
    clock,
    bounds,
    routes,
    lanes,
    lanesOf: perSignal((_, name) => lanes.filter(({ signal }) => signal === name)),
    process: perSignal((_, name) => chain(processors, name)),
    emitted: { ...perSignal(() => 0) },
    intake: [],
    position: 0,
    closing: false,
    notEmpty: Effect.unsafeMakeLatch(),
    batchDue: Effect.unsafeMakeLatch(),
    flushes: new Set(),
    saves: []
  }
}

/** How the program hands records to a writer. */
export const emitterOf = (writer: Writer): Emitter["Type"] => {
  const { batchDue, bounds, emitted, intake, lanesOf, notEmpty } = writer
  const showing = lanesOf.spans.filter(({ destination }) => destination.exporter.snapshots)

  const enqueue = (
    signal: SignalName,
    record: AnyRecord,
    bytes: number,
    snapshot: boolean,
    lanes: ReadonlyArray<Lane>
  ): void => {
    if (lanes.length === 0) return
    intake.push({ signal, record, bytes, position: ++writer.position, snapshot, lanes })
    if (intake.length === 1) notEmpty.unsafeOpen()
    if (intake.length >= bounds.maxBatchSize) batchDue.unsafeOpen()
  }

  return {
    emit(signal, record, bytes) {
      emitted[signal]++
      let admitting = lanesOf[signal]
      for (const lane of lanesOf[signal]) {
        if (writer.closing || !lane.admit(bytes)) {
          lane.counts.lose("dropped", writer.closing ? "Shutdown" : "QueueFull")
          admitting = admitting.filter((other) => other !== lane)
        }
        if (lane.isSpilling) batchDue.unsafeOpen()
      }
      enqueue(signal, record, bytes, false, admitting)
    },
    snapshot(record) {
      if (writer.closing || showing.length === 0) return
      const admitting = showing.filter((lane) => lane.admitSnapshot())
      enqueue("spans", record, 0, true, admitting)
    },
    refuse(spans) {
      emitted.spans += spans
      for (const { counts } of lanesOf.spans) counts.lose("dropped", "Abandoned", spans)
    }
  }
}

/** A record that somebody offers, and still has if there is no room for it. */
export interface Offer {
  readonly signal: SignalName
  readonly record: AnyRecord
  readonly bytes: number
}

/**
 * Takes records that are offered, from the first on, as long as every exporter has room, and gives how many they were. With
 * `whole` it takes all of them or none, unless they are more than an exporter can ever hold. A running span is shown, and
 * takes no room; a record that no queue could hold is taken, and counted as lost.
 */
export const offering = (writer: Writer, { emit, snapshot }: Emitter["Type"]) => {
  const every = (
    check: "hasRoom" | "couldHold",
    records: (name: SignalName) => number,
    bytes: (name: SignalName) => number
  ) =>
    writer.routes.every(({ destination, lanes }) =>
      destination[check](
        lanes.reduce((sum, { signal }) => sum + records(signal), 0),
        lanes.reduce((sum, { signal }) => sum + bytes(signal), 0)
      )
    )
  const everyForOne = (check: "hasRoom" | "couldHold", { bytes, signal }: Offer) =>
    writer.lanesOf[signal].every(({ destination }) => destination[check](1, bytes))

  return (offers: ReadonlyArray<Offer>, whole: boolean): number => {
    if (writer.closing) return 0
    if (whole) {
      const records = { ...perSignal(() => 0) }
      const bytes = { ...perSignal(() => 0) }
      for (const offer of offers) {
        if (isRunning(offer) || !everyForOne("couldHold", offer)) continue
        records[offer.signal]++
        bytes[offer.signal] += offer.bytes
      }
      const sums = [(name: SignalName) => records[name], (name: SignalName) => bytes[name]] as const
      if (every("couldHold", ...sums) && !every("hasRoom", ...sums)) return 0
    }
    let taken = 0
    for (const offer of offers) {
      if (isRunning(offer)) snapshot(offer.record as SpanRecord)
      else if (everyForOne("hasRoom", offer) || !everyForOne("couldHold", offer)) {
        emit(offer.signal, offer.record as never, offer.bytes)
      } else break
      taken++
    }
    return taken
  }
}

const isRunning = ({ record, signal }: Offer): boolean =>
  signal === "spans" && (record as SpanRecord).endTime === undefined

/** How long processors may hold the event loop. */
const sliceMillis = 2

/** Brings entries from the intake to the lanes, for so many milliseconds; true says that some are left. */
export const handOver = ({ clock, intake, lanes, process }: Writer, millis = sliceMillis): boolean => {
  const start = clock.unsafeCurrentTimeMillis()
  let done = 0
  while (done < intake.length) {
    // A clock that was set back ends the slice, too.
    if (Math.abs(clock.unsafeCurrentTimeMillis() - start) >= millis) break
    const entry = intake[done++] as Entry
    const result = Either.try(() => process[entry.signal](entry.record))
    if (Either.isRight(result) && result.right !== undefined) {
      push(entry, result.right)
    } else {
      for (const lane of entry.lanes) {
        if (Either.isLeft(result)) lane.destination.lastFailure = Cause.die(result.left)
        lane.account([entry], "dropped", Either.isLeft(result) ? "ProcessorError" : "Processor")
      }
    }
  }
  intake.splice(0, done)
  for (const lane of lanes) lane.start()
  return intake.length > 0
}

/** Gives an entry to its lanes, with what the processors made of the record. */
const push = (entry: Entry, record: AnyRecord): void => {
  let growth = 0
  if (record !== entry.record) {
    const bytes = entry.snapshot ? 0 : sizeOf[entry.signal](record)
    growth = bytes - entry.bytes
    entry.record = record
    entry.bytes = bytes
  }
  for (const lane of entry.lanes) lane.push(entry, growth)
}

/** Entries for a lane that the processors have not seen. */
export const unprocessedFor = ({ intake }: Writer, lane: Lane): Array<Entry> =>
  intake.filter((entry) => entry.lanes.includes(lane))

export const statsOf = ({ emitted, lanesOf, routes }: Writer): Stats => ({
  ...perSignal(
    (_, name): Ledgers =>
      Object.fromEntries(
        lanesOf[name].map(({ counts, destination }) => [destination.exporter.name, counts.ledger(emitted[name])])
      )
  ),
  exporters: Object.fromEntries(
    routes.map(({ destination, lanes, spool }) => [
      destination.exporter.name,
      {
        spooled: lanes.reduce((sum, { spooled }) => sum + spooled, 0),
        unread: spool?.unread ?? 0,
        ...destination.health
      }
    ])
  )
})
