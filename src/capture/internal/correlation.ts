/**
 * Whom a record belongs to: what its fiber says, else the span it is in.
 */
import * as Context from "effect/Context"
import type * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import type { AnySpan } from "effect/Tracer"
import { currentSessionRefused } from "../../identity/internal/session.js"
import { currentSessionId, type SessionId } from "../../identity/SessionId.js"
import { Carried } from "../../identity/TraceContext.js"
import { currentTracingOptions, type TracingOptions } from "../../identity/TracingOptions.js"
import { entriesOf, toJsonObject, toText } from "./json.js"
import type { Limits } from "./options.js"
import { recordingOf } from "./span.js"

/** Reads a `FiberRef`, of a running fiber or of a snapshot of one. */
export type ReadRef = <A>(ref: FiberRef.FiberRef<A>) => A

/** The session of the fiber, else that of the span around it, unless the fiber refused one. */
export const sessionOf = (read: ReadRef, around: AnySpan | undefined): SessionId | undefined => {
  const current = read(currentSessionId)
  if (current._tag === "Some") return current.value
  if (around === undefined || read(currentSessionRefused)) return undefined
  const recorded = recordingOf(around)
  return recorded === undefined ? carriedBy(around)?.sessionId : recorded.sessionId
}

/** Whether the ids of a span are those of W3C trace context. Effect's own spans have others where tracing is disabled. */
export const hasValidIds = (span: AnySpan): boolean =>
  /^(?!0{32})[0-9a-f]{32}$/.test(span.traceId) && /^(?!0{16})[0-9a-f]{16}$/.test(span.spanId)

/** What came with a remote parent. */
export const carriedBy = (span: AnySpan): Carried["Type"] | undefined =>
  Option.getOrUndefined(Context.getOption(span.context, Carried))

/** The tracing options of a fiber, with values that can be stored. */
export const tracingOf = (read: ReadRef, limits: Limits): Omit<TracingOptions, "sessionId"> => {
  const options = read(currentTracingOptions)
  const known = storable.get(options)
  if (known !== undefined) return known
  const made = toStorable(options, limits)
  storable.set(options, made)
  return made
}

/** Options are made once and inherited by many spans. */
const storable = new WeakMap<object, Omit<TracingOptions, "sessionId">>()

const toStorable = (
  { metadata, tags, ...ids }: Omit<TracingOptions, "sessionId">,
  limits: Limits
): Omit<TracingOptions, "sessionId"> => {
  const text = (value: unknown) => toText(value, limits)
  return {
    ...Object.fromEntries(Object.entries(ids).flatMap(([key, id]) => (id === undefined ? [] : [[key, text(id)]]))),
    ...(tags && { tags: Array.from(tags, text) }),
    ...(metadata && { metadata: toJsonObject(entriesOf(metadata), limits).json })
  }
}
