import type * as Context from "effect/Context"
import * as Exit from "effect/Exit"
import type * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Tracer from "effect/Tracer"
import type * as Types from "effect/Types"
import { type Recording, recording } from "../../identity/internal/correlation.js"
import { isSessionId, type SessionId } from "../../identity/SessionId.js"
import type { TracingOptions } from "../../identity/TracingOptions.js"
import type { Emitter } from "../../signal/Emitter.js"
import * as conventions from "../../signal/internal/conventions.js"
import { UnsafeSpan } from "../../signal/internal/unsafe.js"
import type { Json, JsonObject } from "../../signal/Json.js"
import type { LogRecord } from "../../signal/LogRecord.js"
import type { SpanEvent, SpanLink, SpanRecord, SpanType } from "../../signal/SpanRecord.js"
import type { ActiveSpans, OpenSpan } from "./activeSpans.js"
import { storableOf } from "./correlation.js"
import { failureOf } from "./failure.js"
import type { HeldTrace } from "./heldTraces.js"
import { assign, entriesOf, isOmitted, toJson, toJsonObject, toKey, toText } from "./json.js"
import type { CaptureOptions, Limits } from "./options.js"

/** What all spans of one tracer share. */
export interface SpanHome {
  readonly options: CaptureOptions
  readonly active: ActiveSpans
  readonly emit: Emitter["Type"]["emit"]
  /** Nanoseconds since the epoch, for spans whose fiber has timing disabled. */
  readonly now: () => bigint
  /** Whether the tracer still records. */
  open: boolean
}

const none: ReadonlyArray<never> = []

/**
 * Effect's span as its logs, its children and other processes need it: with its ids and its session. It is all of a span
 * that is not recorded. None of its methods throws.
 *
 * A span is made for every operation of a program, and most are gone at once: it allocates what it needs when it needs it.
 */
export class PropagatedSpan implements Tracer.Span, Recording {
  links: ReadonlyArray<Tracer.SpanLink> = none
  /** The recording of the same span by another tracer of ours. */
  besides: PropagatedSpan | undefined = undefined

  protected json: Record<string, Json> | undefined = undefined
  protected conventional = false
  protected endTime: bigint | undefined = undefined
  protected exit: Exit.Exit<unknown, unknown> | undefined = undefined

  constructor(
    readonly home: SpanHome,
    readonly name: string,
    readonly parent: Option.Option<Tracer.AnySpan>,
    readonly context: Context.Context<never>,
    readonly startTime: bigint,
    readonly kind: Tracer.SpanKind,
    readonly traceId: string,
    readonly spanId: string,
    protected isSampled: boolean,
    public traceState: string | undefined,
    /** Those of its trace; whether it is sampled is said by `sampled`. */
    public flags: number | undefined,
    /** The session of the fiber that started it, or what `session.id` was set to since; never the default one. */
    public sessionId: SessionId | undefined
  ) {}

  get _tag(): "Span" {
    return "Span"
  }

  /** What its children and other processes are told. */
  get sampled(): boolean {
    return this.isSampled
  }

  get [recording](): PropagatedSpan {
    return this
  }

  get status(): Tracer.SpanStatus {
    const { endTime, exit, startTime } = this
    return endTime === undefined || exit === undefined
      ? { _tag: "Started", startTime }
      : { _tag: "Ended", startTime, endTime, exit }
  }

  get attributes(): ReadonlyMap<string, unknown> {
    return new Map(Object.entries(this.json ?? {}))
  }

  /** Keeps what says whom the span belongs to: it counts for its logs and children. */
  attribute(key: string, value: unknown): void {
    if (this.exit !== undefined || !conventions.keys.has(key)) return
    const json = toJson(value, this.home.options.limits)
    if (json !== undefined) this.assign(key, json)
  }

  event(_name: string, _time: bigint, _attributes?: Record<string, unknown>): void {}

  addLinks(_links: ReadonlyArray<Tracer.SpanLink>): void {}

  end(endTime: bigint, exit: Exit.Exit<unknown, unknown> = Exit.void): void {
    if (this.exit !== undefined) return
    this.endTime = endTime
    this.exit = exit
  }

  reassign(sessionId: SessionId | undefined, _options: Omit<TracingOptions, "sessionId">): void {
    this.sessionId = sessionId
  }

  adopt({ flags, traceState }: Parameters<Recording["adopt"]>[0]): void {
    this.flags = flags
    this.traceState = traceState
  }

  /** Gives it another name in its record. */
  rename(_name: string): void {}

  /** Records nothing of it. */
  abandon(): void {}

  /** Records a log that is made in it, if it is not sampled and its trace is recorded all the same. */
  log(_make: () => LogRecord): void {}

  /** The conversation that its attributes name. */
  conversationId(): string | undefined {
    return this.conventional ? conventions.columns(this.json ?? {}).conversationId : undefined
  }

  protected assign(key: string, json: Json): void {
    this.json ??= {}
    assign(this.json, key, json)
    if (conventions.keys.has(key)) {
      this.conventional = true
      if (key === conventions.sessionId && this.sessionId === undefined && isSessionId(json)) this.sessionId = json
    }
  }
}

/** Whether a span is sampled, and the trace that it is held with where it is not. */
export interface Decision {
  readonly sampled: boolean
  readonly trace: HeldTrace | undefined
}

/**
 * A span that becomes a record when it ends: at once, or, where its trace is held back, if that is kept. Values are made
 * JSON when they are set, so that what is recorded is what they were then.
 */
export class RecordedSpan extends PropagatedSpan implements OpenSpan {
  done = false
  changes = 0
  shown: OpenSpan["shown"] = undefined
  letGo = false
  openedAt = 0
  previous: OpenSpan | undefined = undefined
  next: OpenSpan | undefined = undefined

  private recordedName: string
  private attributeCount = 0
  private events: ReadonlyArray<SpanEvent> = none
  private recordedLinks: ReadonlyArray<SpanLink> = none
  private dropped: Types.Mutable<NonNullable<SpanRecord["dropped"]>> | undefined = undefined

  constructor(
    home: SpanHome,
    name: string,
    parent: Option.Option<Tracer.AnySpan>,
    context: Context.Context<never>,
    startTime: bigint,
    kind: Tracer.SpanKind,
    traceId: string,
    spanId: string,
    sampled: boolean,
    traceState: string | undefined,
    flags: number | undefined,
    sessionId: SessionId | undefined,
    /** The parent as it is recorded: none where Effect's has ids that are not ids. */
    private readonly recordedParent: Tracer.AnySpan | undefined,
    private tracing: Omit<TracingOptions, "sessionId">,
    /** Where it is not sampled, what decides whether it is recorded all the same. */
    private trace: HeldTrace | undefined,
    /** Decides on it as soon as its session is known, or somebody asks. */
    private undecided: ((sessionId: SessionId | undefined) => Decision) | undefined
  ) {
    super(home, name, parent, context, startTime, kind, traceId, spanId, sampled, traceState, flags, sessionId)
    this.recordedName = name
    if (undecided === undefined) this.open()
  }

  override get sampled(): boolean {
    this.decide()
    return this.isSampled
  }

  /** The trace that its children are held with. */
  get heldTrace(): HeldTrace | undefined {
    return this.trace?.isLeft ? undefined : this.trace
  }

  override attribute(key: string, value: unknown): void {
    if (this.done) super.attribute(key, value)
    if (this.done || isOmitted(value)) return
    const { limits } = this.home.options
    const name = toKey(key)
    const known = this.json !== undefined && Object.hasOwn(this.json, name)
    if (!known && this.attributeCount === limits.attributeCount) {
      this.drop("attributes")
      return
    }
    const json = toJson(value, limits)
    if (json === undefined) return
    if (!known) this.attributeCount++
    this.assign(name, json)
    this.changes++
  }

  override event(name: string, time: bigint, attributes?: Record<string, unknown>): void {
    if (this.done || isLog(attributes)) return
    const { limits } = this.home.options
    if (this.events.length === limits.eventCount) {
      this.drop("events")
      return
    }
    this.addEvent(toText(name, limits), time, toJsonObject(entriesOf(attributes ?? {}), limits).json)
  }

  override addLinks(links: ReadonlyArray<Tracer.SpanLink>): void {
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

  override end(endTime: bigint, exit: Exit.Exit<unknown, unknown> = Exit.void): void {
    if (this.exit !== undefined) return
    this.decide()
    super.end(endTime, exit)
    if (this.done || !this.home.open) return
    if (this.trace === undefined) {
      this.home.active.remove(this)
      this.home.emit(this.ended(endTime, exit))
    } else this.trace.end(this, () => this.ended(endTime, exit))
  }

  snapshot(): SpanRecord {
    return this.record(running, undefined, { ...this.json })
  }

  close(): SpanRecord {
    this.done = true
    return this.snapshot()
  }

  override reassign(sessionId: SessionId | undefined, options: Omit<TracingOptions, "sessionId">): void {
    super.reassign(sessionId, options)
    this.tracing = storableOf(options, this.home.options.limits)
    this.decide()
  }

  /** Unless it was shown: what is stored by its name cannot be moved. */
  override rename(name: string): void {
    if (this.shown === undefined) this.recordedName = name
  }

  override abandon(): void {
    this.done = true
    this.undecided = undefined
    if (this.trace === undefined) this.home.active.remove(this)
    else this.trace.forget(this)
  }

  override log(make: () => LogRecord): void {
    this.trace?.log(make)
  }

  private open(): void {
    if (this.trace === undefined) this.home.active.add(this)
    else this.trace.open(this)
  }

  private decide(): void {
    const { undecided } = this
    if (undecided === undefined) return
    // The sampler may ask about the span that it is asked about.
    this.undecided = undefined
    const { sampled, trace } = undecided(this.sessionId)
    this.isSampled = sampled
    this.trace = trace
    if (this.home.open && (sampled || trace !== undefined)) this.open()
    else this.done = true
  }

  private ended(endTime: bigint, exit: Exit.Exit<unknown, unknown>): SpanRecord {
    const end = endTime === 0n ? this.home.now() : endTime
    const outcome = this.outcome(exit, end)
    this.done = true
    return this.record(outcome, end < this.startTime ? this.startTime : end, this.json ?? {})
  }

  private type(): SpanType {
    return this.conventional ? conventions.typeOf(this.json ?? {}) : "generic"
  }

  private drop(what: keyof NonNullable<SpanRecord["dropped"]>, count = 1): void {
    this.dropped ??= { attributes: 0, events: 0, links: 0 }
    this.dropped[what] += count
  }

  private addEvent(name: string, time: bigint, attributes: JsonObject): void {
    this.events = [...this.events, { name, time: time === 0n ? this.home.now() : time, attributes }]
  }

  /**
   * The status of an exit, with an `exception` event for each error of a failure. They have a limit of their own: a span
   * of many events is not to lose why it failed.
   */
  private outcome(exit: Exit.Exit<unknown, unknown>, time: bigint): Outcome {
    if (exit._tag === "Success") return ok
    const { limits } = this.home.options
    const failure = failureOf(exit.cause, limits)
    const [first] = failure.errors
    if (first === undefined) return failure.interrupted ? interrupted : ok
    for (const error of failure.errors.slice(0, limits.eventCount)) {
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
    if (failure.count > limits.eventCount) this.drop("events", failure.count - limits.eventCount)
    if (this.conventional && this.json?.[conventions.errorType] === undefined) {
      this.attribute(conventions.errorType, first.name)
    }
    return { status: "error", message: toText(first.message, limits) }
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
      return around === type && sameToolCall(span.json ?? {}, this.json ?? {}) ? "generic" : type
    }
    return type
  }

  /** The recording of its parent, if that one is recorded. */
  private parentRecording(): RecordedSpan | undefined {
    const parent = this.recordedParent && recordingOf(this.recordedParent, this.home)
    if (!(parent instanceof RecordedSpan)) return undefined
    return parent.sampled || (parent.trace !== undefined && parent.trace === this.trace) ? parent : undefined
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

/** Makes another tracer's span known as one that is recorded: it stays the span of the program. */
export const setRecording = (span: Tracer.Span, recorded: PropagatedSpan): void => {
  recorded.besides = recordingOf(span)
  Object.defineProperty(span, recording, { value: recorded, configurable: true })
}

/** The recording of a span, if it has one: of the home with this emitter where one is given, else any. */
export const recordingOf = (span: Tracer.AnySpan, home?: Pick<Emitter["Type"], "emit">): PropagatedSpan | undefined => {
  let recorded = (span as { readonly [recording]?: PropagatedSpan })[recording]
  while (recorded !== undefined && home !== undefined && recorded.home.emit !== home.emit) recorded = recorded.besides
  return recorded
}
