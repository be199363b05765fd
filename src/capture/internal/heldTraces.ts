import * as Duration from "effect/Duration"
import type { Emitter } from "../../signal/Emitter.js"
import type { LogRecord } from "../../signal/LogRecord.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import type { ActiveSpans, OpenSpan } from "./activeSpans.js"
import type { Draft } from "./draft.js"

export interface HeldTracesOptions {
  /** Open spans and records that are held, at most. */
  readonly maxRecords: number
  /** How long a trace is held, at most. */
  readonly maxAge: Duration.Duration
  /** Whether a trace is kept for the sake of this span, which has ended by then, or is still open. */
  readonly keeps: (span: SpanRecord, by: bigint) => boolean
  /** A reading of the clock. */
  readonly now: () => bigint
}

/**
 * The traces that are not sampled and may be kept all the same. What is recorded of one is held until a span says that it
 * is kept, or until none of its spans is open any more. Beyond the bounds the oldest are given up, so that traces that
 * never end do not fill the memory.
 */
export class HeldTraces {
  /** How many traces were given up by the bounds. */
  givenUp = 0
  private size = 0
  /** Traces with open spans by their ids, oldest first. */
  private readonly traces = new Map<string, HeldTrace>()

  constructor(
    readonly options: HeldTracesOptions,
    readonly active: ActiveSpans,
    readonly emitter: Emitter["Type"]
  ) {}

  /** The trace of a span that starts now, without a parent here. */
  of(traceId: string, now: bigint): HeldTrace {
    const known = this.traces.get(traceId)
    if (known !== undefined) return known
    const trace = new HeldTrace(this, traceId, now)
    this.traces.set(traceId, trace)
    return trace
  }

  grow(): void {
    this.size++
    for (const trace of this.traces.values()) {
      if (this.size <= this.options.maxRecords) break
      trace.giveUp()
    }
  }

  shrink(by: number): void {
    this.size -= by
  }

  remove(trace: HeldTrace): void {
    if (this.traces.get(trace.traceId) === trace) this.traces.delete(trace.traceId)
  }

  /** The traces that are too old. */
  *expired(now: bigint): Iterable<HeldTrace> {
    const maxAge = Duration.toMillis(this.options.maxAge)
    for (const trace of this.traces.values()) {
      if (Number(now - trace.since) / 1e6 < maxAge) break
      yield trace
    }
  }

  [Symbol.iterator](): Iterator<HeldTrace> {
    return this.traces.values()
  }
}

/** A log with its size. */
export interface HeldLog {
  readonly record: LogRecord
  readonly bytes: number
}

/** A record that waits for the decision on its trace. */
interface Held {
  readonly signal: "spans" | "logs"
  readonly record: SpanRecord | LogRecord
  readonly bytes: number
  /** Whether it also waits for the span around it, whatever becomes of its trace. */
  waits: boolean
}

/** The spans and logs of one undecided trace. It is kept or dropped once, and stays so. */
export class HeldTrace {
  /** Told when it is left out. */
  onDropped: (() => void) | undefined = undefined
  private state: "held" | "kept" | "dropped" = "held"
  private readonly spans = new Set<OpenSpan>()
  private records: Array<Held> = []

  constructor(
    private readonly all: HeldTraces,
    readonly traceId: string,
    readonly since: bigint
  ) {}

  /** Whether nothing more is recorded of it. */
  get isDropped(): boolean {
    return this.state === "dropped"
  }

  open(span: OpenSpan): void {
    this.spans.add(span)
    if (this.state === "kept") this.all.active.add(span)
    else this.all.grow()
  }

  end(span: OpenSpan, make: () => Draft): void {
    if (this.state === "dropped") return
    const record = make()
    this.spans.delete(span)
    const held: Held = { signal: "spans", record, bytes: span.sizeOf(record), waits: false }
    held.waits = record.spanType === "model_generation" && span.waits(record, held.bytes, () => this.release(held))
    if (this.state === "kept") {
      this.all.active.remove(span)
      if (!held.waits) this.emit(held)
    } else {
      this.records.push(held)
      if (this.all.options.keeps(record, record.endTime ?? record.startTime)) this.keep()
    }
    this.settle()
  }

  /** Lets go of an open span: nothing is recorded of it. */
  forget(span: OpenSpan): void {
    if (!this.spans.delete(span)) return
    if (this.state === "kept") this.all.active.remove(span)
    else this.all.shrink(1)
    this.settle()
  }

  log(make: () => HeldLog): void {
    if (this.state === "dropped") return
    const { bytes, record } = make()
    if (this.state === "kept") this.all.emitter.emit("logs", record, bytes)
    else {
      this.records.push({ signal: "logs", record, bytes, waits: false })
      this.all.grow()
    }
  }

  /** Holds it no longer: it is kept if one of its open spans says so. */
  giveUp(): void {
    this.all.remove(this)
    if (this.state !== "held") return
    for (const span of this.spans) {
      if (this.all.options.keeps(span.snapshot(), span.moved(this.all.options.now()))) {
        this.keep()
        return
      }
    }
    this.all.givenUp++
    this.drop()
  }

  private settle(): void {
    if (this.spans.size > 0) return
    if (this.state === "held") this.drop()
    this.all.remove(this)
  }

  private keep(): void {
    this.state = "kept"
    for (const span of this.spans) this.all.active.add(span)
    for (const held of this.records) if (!held.waits) this.emit(held)
    this.clear()
  }

  private emit({ bytes, record, signal }: Held): void {
    this.all.emitter.emit(signal, record, bytes)
  }

  /** The span around has ended: what waited for it now depends on its trace alone. */
  private release(held: Held): void {
    held.waits = false
    if (this.state === "kept") this.emit(held)
  }

  private drop(): void {
    this.state = "dropped"
    this.onDropped?.()
    this.clear()
    this.spans.clear()
  }

  private clear(): void {
    this.all.shrink(this.records.length + this.spans.size)
    this.records = []
  }
}
