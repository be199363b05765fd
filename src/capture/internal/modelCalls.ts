/**
 * One `model_generation` a call of a model, where several libraries record it, each inside the other: the innermost span
 * that has usage. What is around it only wraps it. A span that has none cannot know whether the one around it will: it
 * waits for that one to end.
 */
import type { SpanRecord, SpanType } from "../../signal/SpanRecord.js"
import type { Draft } from "./draft.js"

/** A span of a model call, as those inside it and the one around it see it. */
export interface ModelSpan {
  /** The calls inside it; nothing where there are none. */
  calls: Calls | undefined
  /** Whether it ended as the call itself, with usage: then what ends late inside it is none. */
  isCall: boolean
  /** Whether it has ended. */
  readonly done: boolean
  /** The span of a model call around it, if nothing else that an agent does is between the two. */
  modelAround(): ModelSpan | undefined
}

export interface Calls {
  /** Whether a span inside it has usage: then this one wraps it. */
  usage: boolean
  /** Whether a span inside it was recorded as a call, with usage or without. */
  some: boolean
  /** The ended spans inside it that wait for it, oldest first. */
  readonly waiting: Set<Waiting>
}

/** The record of an ended span that waits for the span around it. */
interface Waiting {
  readonly record: Draft
  readonly bytes: number
  readonly since: bigint
  readonly around: ModelSpan
  readonly emit: () => void
}

const maxWaiting = 1_000
const maxBytes = 16 * 2 ** 20
/** Nanoseconds. */
const maxAge = 300_000_000_000n

/** The type of a span of a model call, as far as it is known. */
export const typeOf = (span: ModelSpan, record: SpanRecord): SpanType => {
  if (span.calls?.usage) return "generic"
  for (let around = span.modelAround(); around !== undefined; around = around.modelAround()) {
    if (around.isCall) return "generic"
  }
  if (hasUsage(record)) return "model_generation"
  if (isWrapper(span.calls)) return "generic"
  // While it is open, the outermost stands for the call.
  return record.status === "running" && span.modelAround()?.done === false ? "generic" : "model_generation"
}

/** The model calls of a layer. What waits is bounded: beyond that, the oldest is recorded as it is. */
export class ModelCalls {
  private readonly waiting = new Set<Waiting>()
  private bytes = 0

  /** Decides on what waits for a span that has ended. */
  ended(span: ModelSpan, record: Draft): void {
    const around = span.modelAround()
    const waiting = span.calls?.waiting ?? none
    if (record.spanType === "model_generation" && hasUsage(record)) {
      if (waiting.size > 0) {
        judge(record, waiting)
        this.release(waiting)
      }
      span.isCall = true
      for (let outer = around; outer !== undefined; outer = outer.modelAround()) {
        const calls = callsOf(outer)
        calls.usage = true
        calls.some = true
        this.release(calls.waiting)
      }
    } else if (around === undefined || around.done) {
      this.release(waiting)
    } else {
      for (const one of waiting) {
        this.remove(one)
        this.add({ ...one, around })
      }
      if (span.calls?.some) callsOf(around).some = true
      if (span.calls?.usage) callsOf(around).usage = true
    }
  }

  /** Whether an ended span waits for the one around it. If so, it is emitted later, once. */
  waits(span: ModelSpan, record: Draft, bytes: number, now: bigint, emit: () => void): boolean {
    const around = span.modelAround()
    if (around === undefined || hasUsage(record)) return false
    if (around.done || around.calls?.usage || bytes > maxBytes) {
      callsOf(around).some = true
      return false
    }
    this.add({ record, bytes, since: now, around, emit })
    for (const oldest of this.waiting) {
      if (this.waiting.size <= maxWaiting && this.bytes <= maxBytes) break
      this.release([oldest])
    }
    return true
  }

  /** Records what has waited for too long. */
  expire(now: bigint): void {
    for (const oldest of this.waiting) {
      if (now - oldest.since < maxAge) break
      this.release([oldest])
    }
  }

  /** Records all that waits. */
  close(): void {
    this.release(this.waiting)
  }

  private add(one: Waiting): void {
    this.waiting.add(one)
    this.bytes += one.bytes
    callsOf(one.around).waiting.add(one)
  }

  private release(waiting: Iterable<Waiting>): void {
    for (const one of waiting) {
      this.remove(one)
      if (one.record.spanType === "model_generation") callsOf(one.around).some = true
      one.emit()
    }
  }

  private remove(one: Waiting): void {
    this.waiting.delete(one)
    this.bytes -= one.bytes
    one.around.calls?.waiting.delete(one)
  }
}

const none: ReadonlySet<Waiting> = new Set()

/**
 * A span that has usage is the call of those inside it that went well, and of the last one where it failed like that.
 * Those that failed besides are attempts, which are calls of their own.
 */
const judge = (record: SpanRecord, waiting: ReadonlySet<Waiting>): void => {
  const last = Array.from(waiting).at(-1)
  for (const one of waiting) {
    const isAttempt = one.record.status !== "ok" && !(one === last && failsAlike(one.record, record))
    if (!isAttempt) one.record.spanType = "generic"
  }
}

const callsOf = (span: ModelSpan): Calls => {
  span.calls ??= { usage: false, some: false, waiting: new Set() }
  return span.calls
}

const isWrapper = (calls: Calls | undefined): boolean =>
  calls !== undefined && (calls.some || calls.usage || calls.waiting.size > 0)

/** Whether a model was paid for. Zeros are what a library writes that does not know. */
const hasUsage = ({
  cachedInputTokens,
  cacheWriteTokens,
  costUsd,
  inputTokens,
  outputTokens,
  reasoningTokens
}: SpanRecord): boolean =>
  isSome(inputTokens) ||
  isSome(outputTokens) ||
  isSome(cachedInputTokens) ||
  isSome(cacheWriteTokens) ||
  isSome(reasoningTokens) ||
  isSome(costUsd)

const isSome = (count: number | undefined): boolean => count !== undefined && count > 0

const failsAlike = (a: SpanRecord, b: SpanRecord): boolean =>
  a.status === b.status && a.statusMessage === b.statusMessage
