import type { ReadRef } from "../../identity/internal/currentCorrelation.js"
import { currentTracingOptions, type TracingOptions } from "../../identity/TracingOptions.js"
import { entriesOf, isOmitted, toJsonObject, toText } from "../../signal/internal/jsonWalk.js"
import { ofContainer, sizeOfJson } from "../../signal/internal/size.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import type { Limits } from "./options.js"

/** Tracing options with values that can be stored. */
export interface Tracing {
  readonly fields: Partial<
    Pick<
      SpanRecord,
      "threadId" | "runId" | "requestId" | "resourceId" | "userId" | "organizationId" | "tags" | "metadata"
    >
  >
  /** The limits that they were made storable under. */
  readonly limits: Limits
  /** The bytes of its tags and metadata. */
  readonly bytes: number
  /** How many keys of the metadata went over the limit. */
  readonly dropped: number
}

/** The tracing options of a fiber. */
export const tracingOf = (read: ReadRef, limits: Limits): Tracing => storableOf(read(currentTracingOptions), limits)

/** The tracing options as they can be stored. */
export const storableOf = (options: Omit<TracingOptions, "sessionId">, limits: Limits): Tracing => {
  const known = storable.get(options)
  if (known?.limits === limits) return known
  const made = toStorable(options, limits)
  storable.set(options, made)
  return made
}

/** Options are made once and inherited by many spans. */
const storable = new WeakMap<object, Tracing>()

const ids = ["threadId", "runId", "requestId", "resourceId", "userId", "organizationId"] as const

const toStorable = (options: Omit<TracingOptions, "sessionId">, limits: Limits): Tracing => {
  const text = (value: unknown) => toText(value, limits)
  const metadata = options.metadata && toJsonObject(entriesOf(options.metadata), limits)
  const fields: Tracing["fields"] = {
    ...Object.fromEntries(ids.flatMap((id) => (isOmitted(options[id]) ? [] : [[id, text(options[id])]]))),
    ...(options.tags && { tags: Array.from(options.tags, text) }),
    ...(metadata && { metadata: metadata.json })
  }
  return {
    fields,
    limits,
    bytes:
      (fields.tags === undefined ? ofContainer : sizeOfJson(fields.tags)) +
      (fields.metadata === undefined ? 0 : sizeOfJson(fields.metadata)),
    dropped: metadata?.dropped ?? 0
  }
}
