/**
 * Whom a piece of work belongs to: what its fiber says, else the span that it is in.
 */
import * as Context from "effect/Context"
import type * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import type { AnySpan } from "effect/Tracer"
import { currentSessionId, type SessionId } from "../SessionId.js"
import { Carried } from "../TraceContext.js"
import type { TracingOptions } from "../TracingOptions.js"
import { currentSessionRefused } from "./session.js"

/** Reads a `FiberRef`, of a running fiber or of a snapshot of one. */
export type ReadRef = <A>(ref: FiberRef.FiberRef<A>) => A

/** Under this a span keeps its recording. */
export const recording: unique symbol = Symbol.for("effect-observability/recording") as never

/** The session and the trace that a span belongs to, as its recording knows them, or a remote parent carries them. */
export type Recording = Carried["Type"] & {
  /** Makes it belong to others than those for whom its fiber was started, and says whether their word is believed. */
  readonly reassign: (
    sessionId: SessionId | undefined,
    options: Omit<TracingOptions, "sessionId">,
    trusted?: boolean
  ) => void
  /** Gives it what came with its trace, where that was not known when it started. */
  readonly adopt: (trace: Pick<Carried["Type"], "traceState" | "flags">) => void
}

/** The open span of ours that a span is recorded as, if it is. */
export const openSpanOf = (span: AnySpan): Recording | undefined =>
  (span as { readonly [recording]?: Recording })[recording]

/**
 * The session and options that go with a span: those of its recording, else those that came with it from another
 * process.
 */
export const carriedBy = (span: AnySpan): Carried["Type"] | undefined =>
  openSpanOf(span) ?? Option.getOrUndefined(Context.getOption(span.context, Carried))

/** The session of the fiber, else that of the span around it, unless the fiber refused one. */
export const sessionOf = (read: ReadRef, around: AnySpan | undefined): SessionId | undefined => {
  const current = read(currentSessionId)
  if (current._tag === "Some") return current.value
  return around === undefined || read(currentSessionRefused) ? undefined : carriedBy(around)?.sessionId
}

/** Whether the ids of a span are those of W3C trace context. Effect's own spans have others where tracing is disabled. */
export const hasValidIds = (span: AnySpan): boolean =>
  /^(?!0{32})[0-9a-f]{32}$/.test(span.traceId) && /^(?!0{16})[0-9a-f]{16}$/.test(span.spanId)
