import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import type * as Exit from "effect/Exit"
import type * as Option from "effect/Option"
import type * as Tracer from "effect/Tracer"
import { isSessionId, type SessionId } from "../../identity/SessionId.js"
import type { TracingOptions } from "../../identity/TracingOptions.js"
import * as conventions from "../../signal/internal/conventions.js"
import { UnsafeSpan } from "../../signal/internal/unsafe.js"
import type { Json, JsonObject } from "../../signal/Json.js"
import type { SpanEvent, SpanLink, SpanRecord, SpanType } from "../../signal/SpanRecord.js"
import type { ActiveSpans } from "./activeSpans.js"
import { assign, entriesOf, toJson, toJsonObject, toKey, wellFormed } from "./json.js"
import type { CaptureOptions } from "./options.js"

/** What all spans of one tracer share. */
export interface SpanHome {
  readonly options: CaptureOptions
  readonly active: ActiveSpans
  readonly emit: (record: SpanRecord) => void
  /** Nanoseconds since the epoch, for spans whose fiber has timing disabled. */
  readonly now: () => bigint
  /** Whether the tracer still records. */
  open: boolean
}

/** What is known of a span when it starts, besides what Effect says of it. */
export interface SpanOrigin {
  readonly traceId: string
  readonly spanId: string
  readonly sampled: boolean
  /** The parent, where this tracer recorded it. */
  readonly parent: RecordedSpan | undefined
  readonly parentSpanId: string | undefined
  readonly parentIsRemote: boolean
  readonly traceState: string | undefined
  readonly sessionId: SessionId | undefined
  readonly tracing: Omit<TracingOptions, "sessionId">
}

const none: ReadonlyArray<never> = []

const recording: unique symbol = Symbol.for("effect-observability/recording") as never

/**
 * Effect's span, which becomes a record when it ends. Values are made JSON when they are set, so that what is recorded is
 * what they were then. None of its methods throws.
 */
export class RecordedSpan implements Tracer.Span {
  readonly _tag = "Span"
  readonly [recording]: RecordedSpan = this
  readonly spanId: string
  readonly traceId: string
  readonly sampled: boolean
  readonly attributes = new Map<string, Json>()
  readonly traceState: string | undefined
  status: Tracer.SpanStatus
  links: Array<Tracer.SpanLink>
  /** The session of the fiber that started it, or what `session.id` was set to since; never the default one. */
  sessionId: SessionId | undefined

  /** The recording of the same span by another tracer of ours. */
  besides: RecordedSpan | undefined = undefined
  /** Counts what a snapshot would show anew. */
  changes = 0
  /** The span has ended, or was recorded as open when its tracer closed. */
  done = false
  /** Neighbours among the open spans of the tracer. */
  previous: RecordedSpan | undefined = undefined
  next: RecordedSpan | undefined = undefined
  /** When it opened, in timed flushes, and what was shown of it: see `ActiveSpans`. */
  openedAt = 0
  shownAt: bigint | undefined = undefined
  shownChanges = 0

  private readonly origin: SpanOrigin
  private events: Array<SpanEvent> | undefined = undefined
  private conventional = false
  private droppedAttributes = 0
  private droppedEvents = 0
  private droppedLinks = 0

  constructor(
    readonly home: SpanHome,
    origin: SpanOrigin,
    readonly name: string,
    readonly parent: Option.Option<Tracer.AnySpan>,
    readonly context: Context.Context<never>,
    links: ReadonlyArray<Tracer.SpanLink>,
    readonly startTime: bigint,
    readonly kind: Tracer.SpanKind
  ) {
    this.origin = origin
    this.traceId = origin.traceId
    this.spanId = origin.spanId
    this.sampled = origin.sampled
    this.traceState = origin.traceState
    this.sessionId = origin.sessionId
    this.status = { _tag: "Started", startTime }
    this.links = []
    if (links.length > 0) this.addLinks(links)
    if (this.sampled) home.active.add(this)
  }

  attribute(key: string, value: unknown): void {
    if (this.done || !this.sampled) return
    const { limits } = this.home.options
    const json = toJson(value, limits)
    if (json === undefined) return
    const name = toKey(key)
    if (this.attributes.size >= limits.attributeCount && !this.attributes.has(name)) {
      this.droppedAttributes++
      return
    }
    this.attributes.set(name, json)
    this.changes++
    if (conventions.keys.has(name)) {
      this.conventional = true
      if (name === conventions.sessionId && this.sessionId === undefined && isSessionId(json)) this.sessionId = json
    }
  }

  event(name: string, time: bigint, attributes?: Record<string, unknown>): void {
    // Effect's default loggers put every log on the span as an event. Here logs are records of their own.
    if (this.done || !this.sampled || (attributes !== undefined && "effect.logLevel" in attributes)) return
    const { limits } = this.home.options
    this.addEvent({
      name: wellFormed(name, limits.attributeValueLength),
      time: time === 0n ? this.home.now() : time,
      attributes: attributes === undefined ? {} : toJsonObject(entriesOf(attributes), limits).json
    })
  }

  addLinks(links: ReadonlyArray<Tracer.SpanLink>): void {
    for (const link of links) {
      if (this.links.length < this.home.options.limits.linkCount) this.links.push(link)
      else this.droppedLinks++
    }
  }

  end(endTime: bigint, exit: Exit.Exit<unknown, unknown>): void {
    if (this.status._tag === "Ended") return
    this.status = { _tag: "Ended", startTime: this.startTime, endTime, exit }
    if (this.done || !this.sampled) return
    this.home.active.remove(this)
    const end = endTime === 0n ? this.home.now() : endTime
    const outcome = this.outcome(exit, end)
    this.done = true
    this.home.emit(this.record(outcome, end < this.startTime ? this.startTime : end))
  }

  /** The span as it is now, still open. */
  snapshot(): SpanRecord {
    return this.record(running, undefined)
  }

  /** The span as it is when its tracer closes; what comes later is not recorded. */
  close(): SpanRecord {
    this.done = true
    return this.snapshot()
  }

  /** What the attributes say it is. */
  type(): SpanType {
    return this.conventional ? conventions.typeOf(this.attributes) : "generic"
  }

  private addEvent(event: SpanEvent): void {
    if (this.events === undefined) this.events = [event]
    else if (this.events.length < this.home.options.limits.eventCount) this.events.push(event)
    else this.droppedEvents++
  }

  /** The status of an exit, with an `exception` event for each error of a failure. */
  private outcome(exit: Exit.Exit<unknown, unknown>, time: bigint): Outcome {
    if (exit._tag === "Success" || Cause.isEmpty(exit.cause)) return ok
    if (Cause.isInterruptedOnly(exit.cause)) return interrupted
    const { limits } = this.home.options
    const errors = prettyErrors(exit.cause)
    for (const error of errors) {
      const { json } = toJsonObject(
        [
          ["exception.type", error.name],
          ["exception.message", error.message],
          ["exception.stacktrace", error.stack]
        ],
        limits
      )
      this.addEvent({ name: "exception", time, attributes: json })
    }
    return { status: "error", message: wellFormed(errors[0]?.message ?? "", limits.attributeValueLength) }
  }

  private record(outcome: Outcome, endTime: bigint | undefined): SpanRecord {
    const { home, origin } = this
    const { options } = home
    const { tracing } = origin
    const said = this.conventional ? conventions.columns(this.attributes) : nothingSaid
    const attributes: Record<string, Json> = {}
    for (const [key, value] of this.attributes) assign(attributes, key, value)
    return new UnsafeSpan({
      traceId: this.traceId,
      spanId: this.spanId,
      parentSpanId: origin.parentSpanId,
      parentIsRemote: origin.parentIsRemote ? true : undefined,
      traceState: this.traceState,
      name: wellFormed(this.name, options.limits.attributeValueLength),
      kind: this.kind,
      spanType: this.conventional ? this.outermostType() : "generic",
      status: outcome.status,
      statusMessage: outcome.message,
      startTime: this.startTime,
      endTime,
      sessionId: this.sessionId ?? options.defaultSessionId,
      threadId: tracing.threadId ?? said.threadId,
      runId: tracing.runId ?? said.runId,
      requestId: tracing.requestId ?? said.requestId,
      resourceId: tracing.resourceId,
      userId: tracing.userId ?? said.userId ?? options.userId,
      organizationId: tracing.organizationId ?? options.organizationId,
      conversationId: said.conversationId,
      serviceName: options.serviceName,
      environment: options.environment,
      model: said.model,
      provider: said.provider,
      inputTokens: said.inputTokens,
      outputTokens: said.outputTokens,
      costUsd: said.costUsd,
      attributes,
      events: this.events === undefined ? none : endTime === undefined ? this.events.slice() : this.events,
      links: this.links.length === 0 ? none : this.links.map((link) => toLink(link, options)),
      tags: tracing.tags ?? none,
      metadata: tracing.metadata as JsonObject | undefined,
      resource: options.resource,
      dropped:
        this.droppedAttributes + this.droppedEvents + this.droppedLinks === 0
          ? undefined
          : { attributes: this.droppedAttributes, events: this.droppedEvents, links: this.droppedLinks }
    })
  }

  /**
   * One model call, and one tool call, is one span of that type: where several libraries record it, each inside the
   * other, it is the outermost.
   */
  private outermostType(): SpanType {
    const type = this.type()
    if (type !== "model_generation" && type !== "tool_call") return type
    for (let span = this.origin.parent; span !== undefined; span = span.origin.parent) {
      const around = span.type()
      if (around === "generic") continue
      return around === type && sameToolCall(span.attributes, this.attributes) ? "generic" : type
    }
    return type
  }
}

interface Outcome {
  readonly status: SpanRecord["status"]
  readonly message?: string
}

const ok: Outcome = { status: "ok" }
const interrupted: Outcome = { status: "interrupted" }
const running: Outcome = { status: "running" }

const nothingSaid: ReturnType<typeof conventions.columns> = conventions.columns(new Map())

const sameToolCall = (a: ReadonlyMap<string, Json>, b: ReadonlyMap<string, Json>): boolean =>
  conventions.toolCall.every((key) => !a.has(key) || !b.has(key) || a.get(key) === b.get(key))

const toLink = (link: Tracer.SpanLink, { limits }: CaptureOptions): SpanLink => ({
  traceId: link.span.traceId,
  spanId: link.span.spanId,
  attributes: toJsonObject(entriesOf(link.attributes), limits).json
})

/** The errors of a cause. An error that throws when it is read becomes one that says so. */
const prettyErrors = (cause: Cause.Cause<unknown>): ReadonlyArray<Pick<Error, "name" | "message" | "stack">> => {
  try {
    return Cause.prettyErrors(cause)
  } catch {
    return [{ name: "Error", message: "[Threw]" }]
  }
}

/** Makes another tracer's span known as one that is recorded: it stays the span of the program. */
export const setRecording = (span: Tracer.Span, recorded: RecordedSpan): void => {
  recorded.besides = recordingOf(span)
  Object.defineProperty(span, recording, { value: recorded, configurable: true })
}

/** The recording of a span, if it has one: of this home where one is given, else any. */
export const recordingOf = (span: Tracer.AnySpan, home?: SpanHome): RecordedSpan | undefined => {
  let recorded = (span as { readonly [recording]?: RecordedSpan })[recording]
  while (recorded !== undefined && home !== undefined && recorded.home !== home) recorded = recorded.besides
  return recorded
}
