/** The record of a span while it is filled in: it has the fields that are known, and gets the others as they are. */
import type * as Types from "effect/Types"
import { toText } from "../../signal/internal/jsonWalk.js"
import { SpanRecord } from "../../signal/SpanRecord.js"
import type { CaptureOptions } from "./options.js"

export type Draft = Types.Mutable<SpanRecord>

/** The fields that a span has from its start. */
type Beginning = Pick<SpanRecord, "traceId" | "spanId" | "name" | "kind">

export const none: ReadonlyArray<never> = []

/**
 * The draft of a span that starts. It is made by a function of its own: the constructor of the class checks every field,
 * and V8 gives the objects of one function one shape.
 */
export const begin = (
  span: Beginning,
  startTime: bigint,
  parentSpanId: string | undefined,
  parentIsRemote: boolean,
  options: CaptureOptions
): Draft => new Begun(span, startTime, parentSpanId, parentIsRemote, options)

const Begun = function (
  this: Draft,
  span: Beginning,
  startTime: bigint,
  parentSpanId: string | undefined,
  parentIsRemote: boolean,
  options: CaptureOptions
): void {
  this.traceId = span.traceId
  this.spanId = span.spanId
  if (parentSpanId !== undefined) this.parentSpanId = parentSpanId
  if (parentIsRemote) this.parentIsRemote = true
  this.name = toText(span.name, options.limits)
  this.kind = span.kind
  this.startTime = startTime
  this.serviceName = options.serviceName
  if (options.environment !== undefined) this.environment = options.environment
  this.events = none
  this.links = none
  this.resource = options.resource
} as unknown as new (
  ...args: Parameters<typeof begin>
) => Draft
Begun.prototype = SpanRecord.prototype

/** A copy, to be shown while the draft goes on. */
export const copy = (draft: Draft): Draft => {
  const copied: Draft = Object.assign(Object.create(SpanRecord.prototype), draft)
  if (draft.events.length > 0) copied.events = draft.events.slice()
  if (draft.links.length > 0) copied.links = draft.links.slice()
  if (draft.dropped !== undefined) copied.dropped = { ...draft.dropped }
  return copied
}

/** Adds to a list, in place: all but the empty one, which is shared, have one owner. */
export const append = <A>(items: ReadonlyArray<A>, item: A): ReadonlyArray<A> => {
  if (items.length === 0) return [item]
  ;(items as Array<A>).push(item)
  return items
}

/** Counts what went over the limits. */
export const drop = (draft: Draft, what: keyof NonNullable<SpanRecord["dropped"]>, count = 1): void => {
  if (count === 0) return
  draft.dropped ??= { attributes: 0, events: 0, links: 0 }
  ;(draft.dropped as Types.Mutable<NonNullable<SpanRecord["dropped"]>>)[what] += count
}
