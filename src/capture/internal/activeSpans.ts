import type { SpanRecord } from "../../signal/SpanRecord.js"
import type { Draft } from "./draft.js"

/** A span as the list of open ones sees it. */
export interface OpenSpan {
  /** Its neighbours in the list. */
  previous: OpenSpan | undefined
  next: OpenSpan | undefined
  /** When it opened, in timed flushes. */
  openedAt: number
  /** Counts what a snapshot would show anew. */
  readonly changes: number
  /** The last snapshot of the span: its time, and how many changes the span had by then. */
  shown: { readonly at: bigint; readonly changes: number } | undefined
  /** Whether it was let go, and has not ended since. */
  letGo: boolean
  /** Whether it has ended, or was recorded as open when its tracer closed. */
  readonly done: boolean
  /** A reading of the clock while it is open, moved as its start was: so what it took stays exact. */
  moved(reading: bigint): bigint
  /** The bytes of a record of it. */
  sizeOf(record: SpanRecord): number
  /** The span as it is now, still open. */
  snapshot(): SpanRecord
  /** The span as it is when its tracer closes; what comes later is not recorded. */
  close(): SpanRecord
  /** Whether its record, which is that of a model call, waits for the span around it; if so, it is emitted later, once. */
  waits(record: Draft, bytes: number, emit: () => void): boolean
}

/**
 * Spans that are kept track of while they are open. Beyond it the oldest are let go: shown once more, recorded if they
 * end, and only counted if they have not when the tracer closes. So spans that never end do not fill the memory.
 */
export const maxActiveSpans = 10_000

/** A span is shown anew at most this often: nanoseconds. */
const showAgainAfter = 30_000_000_000n

/**
 * The open spans of a tracer, oldest first: a linked list through the spans themselves, because a span must cost next to
 * nothing to add and to remove.
 */
export class ActiveSpans {
  private first: OpenSpan | undefined = undefined
  private last: OpenSpan | undefined = undefined
  /** How many spans were let go and have not ended. */
  untracked = 0
  private size = 0
  private flushes = 0

  constructor(private readonly letGo: (span: OpenSpan) => void) {}

  add(span: OpenSpan): void {
    span.openedAt = this.flushes
    span.previous = this.last
    if (this.last === undefined) this.first = span
    else this.last.next = span
    this.last = span
    this.size++
    if (this.size > maxActiveSpans) {
      const oldest = this.first as OpenSpan
      this.remove(oldest)
      oldest.letGo = true
      this.untracked++
      this.letGo(oldest)
    }
  }

  /** Removes a span that has ended. */
  remove(span: OpenSpan): void {
    if (span.letGo) {
      span.letGo = false
      this.untracked--
      return
    }
    const { next, previous } = span
    if (previous === undefined && this.first !== span) return
    if (previous === undefined) this.first = next
    else previous.next = next
    if (next === undefined) this.last = previous
    else next.previous = previous
    span.previous = undefined
    span.next = undefined
    this.size--
  }

  *[Symbol.iterator](): Iterator<OpenSpan> {
    for (let span = this.first; span !== undefined; span = span.next) yield span
  }

  /**
   * A timed flush: the spans to be shown now. Those are the spans that were open at the flush before and were never
   * shown, and those that have changed since they were, if that was long enough ago.
   */
  flush(now: bigint): ReadonlyArray<OpenSpan> {
    this.flushes++
    const due: Array<OpenSpan> = []
    for (const span of this) {
      // The list is in the order of opening: whoever follows opened later still.
      if (span.openedAt > this.flushes - 2) break
      const { changes, shown } = span
      if (shown === undefined || (shown.changes !== changes && now - shown.at >= showAgainAfter)) due.push(span)
    }
    return due
  }
}

/** Marks a span as shown, and gives what to show of it. */
export const show = (span: OpenSpan, now: bigint): SpanRecord => {
  span.shown = { at: now, changes: span.changes }
  return span.snapshot()
}
