import type * as Context from "effect/Context"
import * as Exit from "effect/Exit"
import type * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Tracer from "effect/Tracer"
import { type Recording, recording } from "../../identity/internal/currentCorrelation.js"
import type { SessionId } from "../../identity/SessionId.js"
import type { TracingOptions } from "../../identity/TracingOptions.js"
import type { Moments } from "../../runtime/moments.js"
import type { Wall } from "../../runtime/wall.js"
import * as genAi from "../../signal/conventions/genAi.js"
import * as conventions from "../../signal/conventions/index.js"
import type { Emitter } from "../../signal/Emitter.js"
import { toAttribute } from "../../signal/internal/content.js"
import {
  assign,
  entriesOf,
  isOmitted,
  type Meter,
  toJson,
  toJsonObject,
  toKey,
  toText
} from "../../signal/internal/jsonWalk.js"
import type { RefusedAttributes } from "../../signal/internal/refusedAttributes.js"
import { ofContainer, ofRecord, ofScalar, sizeOfJson } from "../../signal/internal/size.js"
import { Event } from "../../signal/internal/spanEvent.js"
import type { Json, JsonObject } from "../../signal/Json.js"
import type { SpanLink, SpanRecord, SpanType } from "../../signal/SpanRecord.js"
import type { ActiveSpans, OpenSpan } from "./activeSpans.js"
import { storableOf, type Tracing } from "./currentTracing.js"
import * as draft from "./draft.js"
import type { Told } from "./failure.js"
import type { HeldLog, HeldTrace } from "./heldTraces.js"
import type { IsUnwanted } from "./httpHeaders.js"
import * as modelCalls from "./modelCalls.js"
import type { CaptureOptions, Limits } from "./options.js"
import { type Outcome, outcomeOf, running } from "./outcome.js"

/** The options and services that all spans of one layer of the tracer share. */
export interface TracerLayer {
  readonly options: CaptureOptions
  readonly active: ActiveSpans
  readonly modelCalls: modelCalls.ModelCalls
  readonly emitter: Emitter["Type"]
  readonly moments: Moments
  readonly wall: Wall
  readonly refused: RefusedAttributes
  /** Says of an attribute that it is a header to be left out. */
  readonly isUnwanted: IsUnwanted
  /** A reading of the clock that durations are measured by, in nanoseconds. */
  readonly now: () => bigint
  /** Whether the tracer still records. */
  open: boolean
  readonly surrounding: Tracer.Tracer
}

/** A time that was given, or the clock's where none was: Effect gives 0 where timing is disabled, JavaScript anything. */
export const timeOf = (time: unknown, { now }: TracerLayer): bigint =>
  typeof time === "bigint" && time !== 0n && BigInt.asIntN(64, time) === time ? time : now()

/** The facts that Effect asks of a span, and those that go with its trace. */
export interface HeadOptions {
  readonly layer: TracerLayer
  readonly name: string
  readonly parent: Option.Option<Tracer.AnySpan>
  readonly context: Context.Context<never>
  readonly startTime: bigint
  readonly kind: Tracer.SpanKind
  readonly traceId: string
  readonly spanId: string
  readonly sampled: boolean
  readonly follows: boolean
  readonly traceState: string | undefined
  /** The flags of its trace. `sampled` says whether it is sampled. */
  readonly flags: number | undefined
  /** The session of the fiber that starts it; never the default one. */
  readonly sessionId: SessionId | undefined
}

/**
 * Effect's span as its logs, its children and other processes need it: with its ids and its session. It is all of a span
 * that is not recorded. None of its methods throws.
 *
 * A span is made for every operation of a program, and most are gone at once: it allocates what it needs when it needs it.
 */
export class PropagatedSpan implements Tracer.Span, Recording {
  readonly layer: TracerLayer
  readonly name: string
  readonly parent: Option.Option<Tracer.AnySpan>
  readonly context: Context.Context<never>
  readonly startTime: bigint
  readonly kind: Tracer.SpanKind
  readonly traceId: string
  readonly spanId: string
  traceState: string | undefined
  flags: number | undefined
  /** The session of the fiber that started it, or what `session.id` was set to since; never the default one. */
  sessionId: SessionId | undefined
  links: ReadonlyArray<Tracer.SpanLink> = draft.none
  /** Whether another process has decided about its trace. */
  follows: boolean
  /** The recording of the same span by another tracer of ours. */
  besides: PropagatedSpan | undefined = undefined

  protected isSampled: boolean
  protected json: Record<string, Json> | undefined = undefined
  protected conventional = false
  protected endTime: bigint | undefined = undefined
  protected exit: Exit.Exit<unknown, unknown> | undefined = undefined

  constructor(options: HeadOptions) {
    this.layer = options.layer
    this.name = options.name
    this.parent = options.parent
    this.context = options.context
    this.startTime = options.startTime
    this.kind = options.kind
    this.traceId = options.traceId
    this.spanId = options.spanId
    this.traceState = options.traceState
    this.flags = options.flags
    this.sessionId = options.sessionId
    this.isSampled = options.sampled
    this.follows = options.follows
  }

  get _tag(): "Span" {
    return "Span"
  }

  /** The sampling flag that children and other processes are told. */
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
    const json = toJson(value, this.layer.options.limits)
    if (json !== undefined) this.assign(key, json)
  }

  event(_name: string, _time: bigint, _attributes?: Record<string, unknown>): void {}

  addLinks(_links: ReadonlyArray<Tracer.SpanLink>): void {}

  end(endTime: bigint, exit: Exit.Exit<unknown, unknown> = Exit.void): void {
    if (this.exit !== undefined) return
    this.endTime = endTime
    this.exit = Exit.isExit(exit) ? exit : Exit.void
  }

  reassign(sessionId: SessionId | undefined, _options: Omit<TracingOptions, "sessionId">, _trusted?: boolean): void {
    this.sessionId = sessionId
  }

  adopt({ flags, traceState }: Parameters<Recording["adopt"]>[0]): void {
    this.flags = flags
    this.traceState = traceState
  }

  /** Gives it another name in its record. */
  rename(_name: string): void {}

  /** Records nothing of it. */
  detach(): void {}

  /** Records a log that is made in it, if it is not sampled and its trace is recorded all the same. */
  log(_make: () => HeldLog): void {}

  /** The conversation that its attributes name. */
  conversationId(): string | undefined {
    return this.conventional ? conventions.conversationOf(this.json ?? {}) : undefined
  }

  protected assign(key: string, json: Json): void {
    this.json ??= {}
    assign(this.json, key, json)
    if (conventions.keys.has(key)) {
      this.conventional = true
      if (key === genAi.sessionId) this.sessionId ??= conventions.sessionOf(this.json)
    }
  }
}

/** Whether a span is sampled. */
export interface Decision {
  readonly sampled: boolean
  /** Where it is not, the trace that it is held with. */
  readonly trace: HeldTrace | undefined
  /** Whether that is the decision of another process. */
  readonly follows: boolean
  /** Decides as soon as its session is known, or somebody asks; by the word of its caller, if that is known to be believed. */
  readonly later: ((sessionId: SessionId | undefined, trusted: boolean | undefined) => Decision) | undefined
  /** Whether a session that is known still later decides anew. */
  readonly perSession: boolean
}

/**
 * A span that becomes a record when it ends: at once, or, where its trace is held back, if that is kept. Values are made
 * JSON when they are set, so that what is recorded is what they were then.
 */
export class RecordedSpan extends PropagatedSpan implements OpenSpan, Meter, modelCalls.ModelSpan {
  done = false
  changes = 0
  shown: OpenSpan["shown"] = undefined
  letGo = false
  openedAt = 0
  calls: modelCalls.Calls | undefined = undefined
  isCall = false
  previous: OpenSpan | undefined = undefined
  next: OpenSpan | undefined = undefined
  /** The bytes of its attributes, events and links. */
  bytes = 0
  cut = false

  private readonly draft: draft.Draft
  private trace: HeldTrace | undefined
  private undecided: Decision["later"]
  /** Decides anew as soon as it has a session. */
  private sessionless: Decision["later"] = undefined
  private trusted: boolean | undefined = undefined
  private readonly perSession: boolean
  private attributeCount = 0
  /** The attributes that are there and were cut. */
  private cutAttributes: Set<string> | undefined = undefined
  /** Its parent, if that one is recorded here, too. */
  private readonly around: RecordedSpan | undefined

  constructor(
    head: HeadOptions,
    /** The parent as it is recorded: none where Effect's has ids that are not ids. */
    recordedParent: Tracer.AnySpan | undefined,
    private tracing: Tracing,
    decision: Decision,
    /** The time of day at which it starts. */
    startedAt: bigint
  ) {
    super(head)
    this.trace = decision.trace
    this.undecided = decision.later
    this.perSession = decision.perSession
    this.around = recordedParent && this.parentIn(recordedParent)
    // A parent that this tracer did not record is no more stored here than one in another process, unless that was left to it.
    const isRemote = recordedParent !== undefined && this.around === undefined && !this.isBeside(recordedParent)
    this.draft = draft.begin(
      this,
      head.layer.moments.next(startedAt),
      recordedParent?.spanId,
      isRemote,
      head.layer.options
    )
    if (this.undecided === undefined) this.open()
  }

  override get sampled(): boolean {
    this.decide()
    return this.isSampled
  }

  /** The trace that its children are held with. */
  get heldTrace(): HeldTrace | undefined {
    return this.trace?.isDropped ? undefined : this.trace
  }

  override attribute(key: string, value: unknown): void {
    if (this.done) super.attribute(key, value)
    if (this.done || isOmitted(value)) return
    const { limits } = this.layer.options
    const name = toKey(key)
    if (this.layer.isUnwanted(this.kind, name)) return
    const known = this.json !== undefined && Object.hasOwn(this.json, name)
    if (!known && this.attributeCount === limits.attributeCount) {
      draft.drop(this.draft, "attributes")
      return
    }
    const before = known ? sizeOfJson(this.json?.[name]) : 0
    this.cut = false
    const json = toAttribute(name, value, limits, this)
    if (json === undefined) return
    if (this.cut || this.cutAttributes !== undefined) this.countCut(name)
    if (known) this.bytes -= before
    else {
      this.bytes += name.length
      this.attributeCount++
    }
    this.assign(name, json)
    this.changes++
    if (this.perSession && name === genAi.sessionId) this.decideAnew()
  }

  override event(name: string, time: bigint, attributes?: Record<string, unknown>): void {
    if (this.done || isLog(attributes)) return
    const { limits } = this.layer.options
    if (this.draft.events.length === limits.eventCount) draft.drop(this.draft, "events")
    else this.addEvent(toText(name, limits), this.moved(timeOf(time, this.layer)), entriesOf(attributes ?? {}))
  }

  override addLinks(links: ReadonlyArray<Tracer.SpanLink>): void {
    const { limits } = this.layer.options
    for (const link of links ?? draft.none) {
      if (this.links.length === limits.linkCount) {
        if (!this.done) draft.drop(this.draft, "links")
        continue
      }
      this.links = draft.append(this.links, link)
      if (!this.done) this.draft.links = draft.append(this.draft.links, this.toLink(link, limits))
    }
  }

  override end(endTime: bigint, exit: Exit.Exit<unknown, unknown> = Exit.void): void {
    if (this.exit !== undefined) return
    this.decide()
    super.end(endTime, exit)
    if (this.done || !this.layer.open) return
    if (!this.isSampled && this.trace === undefined) {
      // In no session to the last.
      this.done = true
      return
    }
    if (this.trace === undefined) {
      this.layer.active.remove(this)
      const record = this.ended(endTime)
      const bytes = this.sizeOf(record)
      if (record.spanType !== "model_generation" || !this.emitsLater(record, bytes)) {
        this.layer.emitter.emit("spans", record, bytes)
      }
    } else this.trace.end(this, () => this.ended(endTime))
  }

  snapshot(): SpanRecord {
    return this.seal(draft.copy(this.draft), running, { ...this.json })
  }

  close(): SpanRecord {
    const record = this.seal(draft.copy(this.draft), running, { ...this.json })
    this.done = true
    this.settleCalls(record)
    return record
  }

  waits(record: draft.Draft, bytes: number, emit: () => void): boolean {
    return this.layer.modelCalls.waits(this, record, bytes, this.layer.now(), emit)
  }

  modelAround(): RecordedSpan | undefined {
    const around = this.typedAround()
    if (around === undefined || around.trace !== this.trace || around.type() !== "model_generation") return undefined
    return conventions.isEmbedding(around.json ?? {}) === conventions.isEmbedding(this.json ?? {}) ? around : undefined
  }

  moved(time: bigint): bigint {
    const { startTime } = this.draft
    return startTime === this.startTime ? time : time + (startTime - this.startTime)
  }

  /** The bytes of a record of it, as `signal/internal/size.ts` estimates them. */
  sizeOf(record: SpanRecord): number {
    return (
      ofRecord +
      3 * ofContainer +
      this.bytes +
      this.tracing.bytes +
      record.name.length +
      (record.traceState?.length ?? 0) +
      (record.statusMessage?.length ?? 0) +
      (record.dropped === undefined ? 0 : sizeOfDropped) +
      (this.conventional ? conventions.sizeOf(record) : 0)
    )
  }

  override reassign(
    sessionId: SessionId | undefined,
    options: Omit<TracingOptions, "sessionId">,
    trusted?: boolean
  ): void {
    super.reassign(sessionId, options)
    this.tracing = storableOf(options, this.layer.options.limits)
    this.trusted = trusted
    this.decide()
    this.decideAnew()
  }

  /** Unless it was shown: what is stored by its name cannot be moved. */
  override rename(name: string): void {
    if (this.shown === undefined && !this.done) this.draft.name = toText(name, this.layer.options.limits)
  }

  override detach(): void {
    this.done = true
    this.undecided = undefined
    this.sessionless = undefined
    if (this.trace === undefined) this.layer.active.remove(this)
    else this.trace.forget(this)
  }

  override log(make: () => HeldLog): void {
    this.trace?.log(make)
  }

  private open(): void {
    if (this.trace === undefined) this.layer.active.add(this)
    else this.trace.open(this)
  }

  private decide(): void {
    const { undecided } = this
    if (undecided === undefined) return
    // The sampler may ask about the span that it is asked about.
    this.undecided = undefined
    const { follows, sampled, trace } = undecided(this.sessionId, this.trusted)
    this.isSampled = sampled
    this.follows = follows
    this.trace = trace
    if (this.perSession && this.sessionId === undefined && !follows) this.sessionless = undecided
    if (this.layer.open && (sampled || trace !== undefined)) this.open()
    else if (this.sessionless === undefined) this.done = true
  }

  /** Its session was not known when it was decided upon: all of a session is recorded, or nothing. */
  private decideAnew(): void {
    if (this.perSession && this.sessionId !== undefined) this.decide()
    const { sessionless } = this
    if (sessionless === undefined || this.sessionId === undefined || this.done || !this.layer.open) return
    this.sessionless = undefined
    const before = this.isSampled
    const { sampled, trace } = sessionless(this.sessionId, this.trusted)
    this.isSampled = sampled
    if (sampled === before) {
      this.done = !sampled && this.trace === undefined
      return
    }
    if (this.trace === undefined) this.layer.active.remove(this)
    else this.trace.forget(this)
    this.trace = trace
    if (sampled || trace !== undefined) this.open()
    else this.done = true
  }

  private ended(time: bigint): draft.Draft {
    let end = timeOf(time, this.layer)
    if (end < this.startTime) end = this.startTime
    end = this.moved(end)
    const outcome = this.outcome(end)
    this.done = true
    this.draft.endTime = end
    const record = this.seal(this.draft, outcome, this.json ?? {})
    this.settleCalls(record)
    return record
  }

  /** Counts an attribute that was cut, once. */
  private countCut(name: string): void {
    const known = this.cutAttributes?.delete(name) === true
    if (this.cut) {
      this.cutAttributes ??= new Set()
      this.cutAttributes.add(name)
    }
    draft.drop(this.draft, "attributes", Number(this.cut) - Number(known))
  }

  /** Apart from `end`, where what a closure captures would be allocated for every span. */
  private emitsLater(record: draft.Draft, bytes: number): boolean {
    return this.waits(record, bytes, () => this.layer.emitter.emit("spans", record, bytes))
  }

  /** Decides on the spans of the same model call inside it, once it is over. */
  private settleCalls(record: draft.Draft): void {
    if (this.calls !== undefined || record.spanType === "model_generation") this.layer.modelCalls.ended(this, record)
  }

  /** Completes a draft, or a copy of it: whom the span belongs to, what its attributes say, and how it came out. */
  private seal(record: draft.Draft, { message, status }: Outcome, attributes: JsonObject): draft.Draft {
    const { options } = this.layer
    const sessionId = this.sessionId ?? options.defaultSessionId
    if (this.traceState !== undefined) record.traceState = this.traceState
    if (sessionId !== undefined) record.sessionId = sessionId
    record.status = status
    if (message !== undefined) record.statusMessage = message
    record.attributes = attributes
    Object.assign(record, this.tracing.fields)
    if (this.conventional) {
      const refused = status === "running" ? undefined : this.layer.refused.add
      conventions.fill(record, attributes, refused)
      if (refused !== undefined) conventions.sessionOf(attributes, refused)
    }
    record.spanType = this.conventional ? this.typeIn(record) : "generic"
    if (options.userId !== undefined) record.userId ??= options.userId
    if (options.organizationId !== undefined) record.organizationId ??= options.organizationId
    record.tags ??= draft.none
    draft.drop(record, "attributes", this.tracing.dropped)
    return record
  }

  private type(): SpanType {
    return this.conventional ? conventions.typeOf(this.json ?? {}) : "generic"
  }

  private addEvent(name: string, time: bigint, attributes: Iterable<readonly [string, unknown]>): void {
    this.bytes += sizeOfEvent + name.length
    this.draft.events = draft.append(this.draft.events, new Event(name, time, this.toJsonObject(attributes)))
  }

  private toLink(link: Tracer.SpanLink | undefined, limits: Limits): SpanLink {
    const traceId = toText(link?.span?.traceId, limits)
    const spanId = toText(link?.span?.spanId, limits)
    this.bytes += sizeOfLink + traceId.length + spanId.length
    return { traceId, spanId, attributes: this.toJsonObject(entriesOf(link?.attributes ?? {})) }
  }

  private toJsonObject(entries: Iterable<readonly [string, unknown]>): JsonObject {
    const { dropped, json } = toJsonObject(entries, this.layer.options.limits, this, toAttribute)
    draft.drop(this.draft, "attributes", dropped)
    return json
  }

  /**
   * How it came out, with an `exception` event for each error of a failure. They have a limit of their own: a span of many
   * events is not to lose why it failed. Nor is it to lose its `error.type` for the limit of its attributes.
   */
  private outcome(time: bigint): Outcome {
    const { exit, json: attributes, kind } = this
    const { limits } = this.layer.options
    const outcome = outcomeOf({ kind, exit, attributes }, limits)
    if (outcome.type === undefined) return outcome
    const { count = 0, errors = draft.none } = outcome
    const type = this.errorType(outcome)
    for (const [i, error] of errors.slice(0, limits.eventCount).entries()) {
      const isKnown = this.hasRecorded(error)
      this.addEvent("exception", time, [
        ["exception.type", error.name],
        ["exception.message", error.message],
        ["exception.stacktrace", isKnown ? undefined : error.stack]
      ])
      const recordedAs = i === 0 ? type : isKnown ? error.recordedIn?.type : undefined
      if (!isKnown || error.recordedIn?.type !== recordedAs) {
        error.recordedIn = { traceId: this.traceId, by: this.layer, type: recordedAs }
      }
    }
    draft.drop(this.draft, "events", Math.max(count - limits.eventCount, 0))
    if (type !== undefined && attributes?.[genAi.errorType] === undefined) {
      this.assign(genAi.errorType, type)
      this.bytes += genAi.errorType.length + ofContainer + type.length
    }
    return outcome
  }

  /** The type that the program said, the status of its own HTTP answer, or that of the span below with the same error. */
  private errorType({ errors, type }: Outcome): string | undefined {
    const said = this.json?.[genAi.errorType]
    if (typeof said === "string" || typeof said === "number") return String(said)
    const [first] = errors ?? draft.none
    return first !== undefined && type === first.type && this.hasRecorded(first)
      ? (first.recordedIn?.type ?? type)
      : type
  }

  private hasRecorded({ recordedIn }: Told): boolean {
    return recordedIn?.traceId === this.traceId && recordedIn.by === this.layer
  }

  /**
   * One tool call, and one call of a model, is one span of that type, where several libraries record it, each inside the
   * other. Of tool calls that is the outermost.
   */
  private typeIn(record: draft.Draft): SpanType {
    const type = this.type()
    if (type === "model_generation") return modelCalls.typeOf(this, record)
    if (type !== "tool_call") return type
    const around = this.typedAround()
    const isSame = around?.type() === type && sameToolCall(around.json ?? {}, this.json ?? {})
    return isSame ? "generic" : type
  }

  /** The nearest span around it that is not generic. */
  private typedAround(): RecordedSpan | undefined {
    let span = this.around
    while (span !== undefined && span.type() === "generic") span = span.around
    return span
  }

  /** Whether a parent was recorded by a layer around this one, in its place. */
  private isBeside(span: Tracer.AnySpan): boolean {
    const { options } = this.layer
    return options.isAlone === true && recordedOf(span)?.layer.options.isAlone === true
  }

  /** The recording of a parent, if that one is recorded with this span. */
  private parentIn(span: Tracer.AnySpan): RecordedSpan | undefined {
    const parent = recordedOf(span, this.layer.emitter)
    if (!(parent instanceof RecordedSpan)) return undefined
    return parent.sampled || (parent.trace !== undefined && parent.trace === this.trace) ? parent : undefined
  }
}

/** Effect's default loggers put every log on the span as an event. Here logs are records of their own. */
const isLog = (attributes: unknown): boolean => Predicate.hasProperty(attributes, "effect.logLevel")

/** Bytes of an event and of a link without their texts and what their attributes hold, and of the counts of `dropped`. */
const sizeOfEvent = 3 * ofContainer + ofScalar + "name".length + "time".length + "attributes".length
const sizeOfLink = 4 * ofContainer + "traceId".length + "spanId".length + "attributes".length
const sizeOfDropped = sizeOfJson({ attributes: 0, events: 0, links: 0 })

const sameToolCall = (a: JsonObject, b: JsonObject): boolean =>
  conventions.toolCall.every((key) => a[key] === undefined || b[key] === undefined || a[key] === b[key])

/** Makes another tracer's span known as one that is recorded: it stays the span of the program. */
export const setRecording = (span: Tracer.Span, recorded: PropagatedSpan): void => {
  recorded.besides = recordedOf(span)
  Object.defineProperty(span, recording, { value: recorded, configurable: true })
}

/** The recording of a span, if it has one: by the layer of this emitter where one is given, else by any. */
export const recordedOf = (span: Tracer.AnySpan, emitter?: Emitter["Type"]): PropagatedSpan | undefined => {
  let recorded = (span as { readonly [recording]?: PropagatedSpan })[recording]
  while (recorded !== undefined && emitter !== undefined && recorded.layer.emitter !== emitter) {
    recorded = recorded.besides
  }
  return recorded
}
