import type { ReadRef } from "../../identity/internal/correlation.js"
import { currentTracingOptions, type TracingOptions } from "../../identity/TracingOptions.js"
import { entriesOf, toJsonObject, toText } from "./json.js"
import type { Limits } from "./options.js"

/** The tracing options of a fiber, with values that can be stored. */
export const tracingOf = (read: ReadRef, limits: Limits): Omit<TracingOptions, "sessionId"> =>
  storableOf(read(currentTracingOptions), limits)

/** Tracing options with values that can be stored. */
export const storableOf = (
  options: Omit<TracingOptions, "sessionId">,
  limits: Limits
): Omit<TracingOptions, "sessionId"> => {
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
