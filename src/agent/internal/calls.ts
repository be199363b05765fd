/** Calls of models and tools that are under way, and where what belongs to them stands in the tree. */
import * as Context from "effect/Context"
import * as Option from "effect/Option"
import type { AnySpan, Span, SpanLink, SpanStatus } from "effect/Tracer"
import { openSpanOf, type Recording, recording } from "../../identity/internal/currentCorrelation.js"

/** In the context of a span that is opened for a call before `@effect/ai` opens its own: the two are made one. */
export class Call extends Context.Tag("effect-observability/GenAi/Call")<
  Call,
  {
    /** The span of `@effect/ai`. */
    inner: "awaited" | "open" | "ended"
    /** The recorder of the call: a model further in takes over from one that only passes the call on. */
    owner: unknown
    /** Whether the tokens are recorded as this library counts them, which nobody is to replace. */
    counted: boolean
    /** Ends a span that `@effect/ai` does not end, since the call is over before or after its own span is. */
    end?: Span["end"]
  }
>() {}

export const begin = (): Call["Type"] => ({ inner: "awaited", owner: undefined, counted: false })

export const callOf = (span: AnySpan): Call["Type"] | undefined =>
  Option.getOrUndefined(Context.getOption(span.context, Call))

/**
 * The parent of what belongs beside a call: of the tools that it asked for, and of its next attempt. That is what is
 * around the call, unless this would take them out of its trace or its session, or make entry spans of them.
 */
export const around = (call: Span): AnySpan => {
  const parent = Option.getOrUndefined(call.parent)
  return parent?._tag === "Span" && openSpanOf(parent)?.sessionId === openSpanOf(call)?.sessionId ? parent : call
}

/**
 * The span of a method of `Chat`. It is not recorded, since it says nothing that the call of the model inside it does
 * not: what is put on it goes to that call, and what is inside it stands beside the call.
 */
export class ChatSpan implements Span {
  readonly _tag = "Span"
  readonly kind = "internal"
  readonly context = Context.empty()
  readonly links: ReadonlyArray<SpanLink> = []
  private call: Span | undefined
  private said: Array<(span: Span) => void> = []

  constructor(
    readonly name: string,
    readonly parent: Option.Option<AnySpan>,
    private readonly startTime: bigint
  ) {}

  /** The span that stands for it. */
  get shown(): Option.Option<AnySpan> {
    return this.call === undefined ? this.parent : Option.some(around(this.call))
  }

  get [recording](): Recording | undefined {
    const shown = Option.getOrUndefined(this.shown)
    return shown && openSpanOf(shown)
  }

  get traceId(): string {
    return Option.match(this.shown, { onNone: () => "noop", onSome: ({ traceId }) => traceId })
  }

  get spanId(): string {
    return Option.match(this.shown, { onNone: () => "noop", onSome: ({ spanId }) => spanId })
  }

  get sampled(): boolean {
    return Option.match(this.shown, { onNone: () => true, onSome: ({ sampled }) => sampled })
  }

  get status(): SpanStatus {
    return { _tag: "Started", startTime: this.startTime }
  }

  get attributes(): ReadonlyMap<string, unknown> {
    return this.call?.attributes ?? new Map()
  }

  /** Makes it one with the call of the model inside it: the first, if there are several. */
  merge(call: Span): void {
    if (this.call !== undefined) return
    this.call = call
    for (const say of this.said) say(call)
    this.said = []
  }

  attribute(key: string, value: unknown): void {
    this.tell((span) => span.attribute(key, value))
  }

  event(name: string, time: bigint, attributes?: Record<string, unknown>): void {
    this.tell((span) => span.event(name, time, attributes))
  }

  addLinks(links: ReadonlyArray<SpanLink>): void {
    this.tell((span) => span.addLinks(links))
  }

  end(): void {}

  private tell(say: (span: Span) => void): void {
    if (this.call !== undefined) say(this.call)
    else if (this.said.length < 128) this.said.push(say)
  }
}
