import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import type * as Exit from "effect/Exit"
import type * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Tracer from "effect/Tracer"
import type * as Types from "effect/Types"
import { type Recording, recording } from "../../identity/internal/correlation.js"
import { isSessionId, type SessionId } from "../../identity/SessionId.js"
import type { TracingOptions } from "../../identity/TracingOptions.js"
import * as conventions from "../../signal/internal/conventions.js"
import { UnsafeSpan } from "../../signal/internal/unsafe.js"
import type { Json, JsonObject } from "../../signal/Json.js"
import type { SpanEvent, SpanLink, SpanRecord, SpanType } from "../../signal/SpanRecord.js"
import type { ActiveSpans, OpenSpan } from "./activeSpans.js"
import { storableOf } from "./correlation.js"
import { assign, entriesOf, toJson, toJsonObject, toKey, toText } from "./json.js"
import type { CaptureOptions, Limits } from "./options.js"

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

const none: ReadonlyArray<never> = []

/**
 * Effect's span, which becomes a record when it ends. Values are made JSON when they are set, so that what is recorded is
 * what they were then. None of its methods throws.
 *
 * A span is made for every operation of a program, and most are gone at once: it allocates what it needs when it needs it.
 */
export class RecordedSpan implements Tracer.Span, OpenSpan, Recording {
  /** The session of the fiber that started it, or what `session.id` was set to since; never the default one. */
  sessionId: SessionId | undefined
  links: ReadonlyArray<Tracer.SpanLink> = none
  done = false
  changes = 0
  shown: OpenSpan["shown"] = undefined
  letGo = false
  openedAt = 0
  previous: OpenSpan | undefined = undefined
  next: OpenSpan | undefined = undefined
  /** The recording of the same span by another tracer of ours. */
  besides: RecordedSpan | undefined = undefined

  private recordedName: string
  private readonly json: Record<string, Json> = {}
  private attributeCount = 0
  private conventional = false
  private events: ReadonlyArray<SpanEvent> = none
  private recordedLinks: ReadonlyArray<SpanLink> = none
  private dropped: Types.Mutable<NonNullable<SpanRecord["dropped"]>> | undefined = undefined
  private endTime: bigint | undefined = undefined
  private exit: Exit.Exit<unknown, unknown> | undefined = undefined

  constructor(
    readonly home: SpanHome,
    readonly name: string,
    readonly parent: Option.Option<Tracer.AnySpan>,
    readonly context: Context.Context<never>,
    readonly startTime: bigint,
    readonly kind: Tracer.SpanKind,
    readonly traceId: string,
    readonly spanId: string,
    readonly sampled: boolean,
    /** The parent as it is recorded: none where Effect's has ids that are not ids. */
    private readonly recordedParent: Tracer.AnySpan | undefined,
    readonly traceState: string | undefined,
    /** Those of its trace; whether it is sampled is said by `sampled`. */
    readonly flags: number | undefined,
    sessionId: SessionId | undefined,
    private tracing: Omit<TracingOptions, "sessionId">
  ) {
    this.recordedName = name
    this.sessionId = sessionId
    if (sampled) home.active.add(this)
  }

  get _tag(): "Span" {
    return "Span"
  }

  get [recording](): RecordedSpan {
    return this
  }

  get status(): Tracer.SpanStatus {
    const { endTime, exit, startTime } = this
    return endTime === undefined || exit === undefined
      ? { _tag: "Started", startTime }
      : { _tag: "Ended", startTime, endTime, exit }
  }

  get attributes(): ReadonlyMap<string, unknown> {
    return new Map(Object.entries(this.json))
  }

  attribute(key: string, value: unknown): void {
    // What says whom a span belongs to counts for its logs and children, sampled or not.
    if (this.done || (!this.sampled && !conventions.keys.has(key))) return
    const { limits } = this.home.options
    const json = toJson(value, limits)
    if (json === undefined) return
    const name = toKey(key)
    if (!Object.hasOwn(this.json, name) && ++this.attributeCount > limits.attributeCount) {
      this.drop("attributes")
      return
    }
    assign(this.json, name, json)
    this.changes++
    if (conventions.keys.has(name)) {
      this.conventional = true
      if (name === conventions.sessionId && this.sessionId === undefined && isSessionId(json)) this.sessionId = json
    }
  }

  event(name: string, time: bigint, attributes?: Record<string, unknown>): void {
    if (this.done || !this.sampled || isLog(attributes)) return
    const { limits } = this.home.options
    if (this.events.length === limits.eventCount) {
      this.drop("events")
      return
    }
    this.addEvent(toText(name, limits), time, toJsonObject(entriesOf(attributes ?? {}), limits).json)
  }

  addLinks(links: ReadonlyArray<Tracer.SpanLink>): void {
    const { limits } = this.home.options
    for (const link of links ?? none) {
      if (this.links.length === limits.linkCount) {
        this.drop("links")
        continue
      }
      this.links = [...this.links, link]
      this.recordedLinks = [...this.recordedLinks, toLink(link, limits)]
    }
  }

  end(endTime: bigint, exit: Exit.Exit<unknown, unknown>): void {
    if (this.exit !== undefined) return
    this.endTime = endTime
    this.exit = exit
    if (this.done || !this.sampled || !this.home.open) return
    this.home.active.remove(this)
    const end = endTime === 0n ? this.home.now() : endTime
    const outcome = this.outcome(exit, end)
    this.done = true
    this.home.emit(this.record(outcome, end < this.startTime ? this.startTime : end, this.json))
  }

  snapshot(): SpanRecord {
    return this.record(running, undefined, { ...this.json })
  }

  close(): SpanRecord {
    this.done = true
    return this.snapshot()
  }

  reassign(sessionId: SessionId | undefined, options: Omit<TracingOptions, "sessionId">): void {
    this.sessionId = sessionId
    this.tracing = storableOf(options, this.home.options.limits)
  }

  /** Gives it another name in its record, unless it was shown: what is stored by its name cannot be moved. */
  rename(name: string): void {
    if (this.shown === undefined) this.recordedName = name
  }

  /** Records nothing of it. */
  abandon(): void {
    this.done = true
    this.home.active.remove(this)
  }

  /** The conversation that its attributes name. */
  conversationId(): string | undefined {
    return this.conventional ? conventions.columns(this.json).conversationId : undefined
  }

  private type(): SpanType {
    return this.conventional ? conventions.typeOf(this.json) : "generic"
  }

  private drop(what: keyof NonNullable<SpanRecord["dropped"]>): void {
    this.dropped ??= { attributes: 0, events: 0, links: 0 }
    this.dropped[what]++
  }

  private addEvent(name: string, time: bigint, attributes: JsonObject): void {
    this.events = [...this.events, { name, time: time === 0n ? this.home.now() : time, attributes }]
  }

  /**
   * The status of an exit, with an `exception` event for each error of a failure. They have a limit of their own: a span
   * of many events is not to lose why it failed.
   */
  private outcome(exit: Exit.Exit<unknown, unknown>, time: bigint): Outcome {
    if (exit._tag === "Success" || Cause.isEmpty(exit.cause)) return ok
    if (Cause.isInterruptedOnly(exit.cause)) return interrupted
    const { limits } = this.home.options
    const errors = prettyErrors(exit.cause)
    for (const [index, error] of errors.entries()) {
      if (index >= limits.eventCount) {
        this.drop("events")
        continue
      }
      const { json } = toJsonObject(
        [
          ["exception.type", error.name],
          ["exception.message", error.message],
          ["exception.stacktrace", error.stack]
        ],
        limits
      )
      this.addEvent("exception", time, json)
    }
    const [first] = errors
    if (this.conventional && this.json[conventions.errorType] === undefined) {
      this.attribute(conventions.errorType, first?.name)
    }
    return { status: "error", message: toText(first?.message, limits) }
  }

  private record(outcome: Outcome, endTime: bigint | undefined, attributes: JsonObject): SpanRecord {
    const { recordedParent, tracing } = this
    const { options } = this.home
    const said = this.conventional ? conventions.columns(attributes) : nothingSaid
    return new UnsafeSpan({
      traceId: this.traceId,
      spanId: this.spanId,
      parentSpanId: recordedParent?.spanId,
      // A parent that this tracer did not record is no more stored here than one in another process.
      parentIsRemote: recordedParent && this.parentRecording() === undefined ? true : undefined,
      traceState: this.traceState,
      name: toText(this.recordedName, options.limits),
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
      events: this.events,
      links: this.recordedLinks,
      tags: tracing.tags ?? none,
      metadata: tracing.metadata as JsonObject | undefined,
      resource: options.resource,
      dropped: this.dropped && { ...this.dropped }
    })
  }

  /**
   * One model call, and one tool call, is one span of that type: where several libraries record it, each inside the
   * other, it is the outermost.
   */
  private outermostType(): SpanType {
    const type = this.type()
    if (type !== "model_generation" && type !== "tool_call") return type
    for (let span = this.parentRecording(); span !== undefined; span = span.parentRecording()) {
      const around = span.type()
      if (around === "generic") continue
      return around === type && sameToolCall(span.json, this.json) ? "generic" : type
    }
    return type
  }

  /** The recording of its parent, if that one is recorded. */
  private parentRecording(): RecordedSpan | undefined {
    const parent = this.recordedParent && recordingOf(this.recordedParent, this.home)
    return parent?.sampled ? parent : undefined
  }
}

/** Effect's default loggers put every log on the span as an event. Here logs are records of their own. */
const isLog = (attributes: unknown): boolean => Predicate.hasProperty(attributes, "effect.logLevel")

interface Outcome {
  readonly status: SpanRecord["status"]
  readonly message?: string
}

const ok: Outcome = { status: "ok" }
const interrupted: Outcome = { status: "interrupted" }
const running: Outcome = { status: "running" }

const nothingSaid: ReturnType<typeof conventions.columns> = conventions.columns({})

const sameToolCall = (a: JsonObject, b: JsonObject): boolean =>
  conventions.toolCall.every((key) => a[key] === undefined || b[key] === undefined || a[key] === b[key])

const toLink = (link: Tracer.SpanLink | undefined, limits: Limits): SpanLink => ({
  traceId: toText(link?.span?.traceId, limits),
  spanId: toText(link?.span?.spanId, limits),
  attributes: toJsonObject(entriesOf(link?.attributes ?? {}), limits).json
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
