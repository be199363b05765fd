/** The headers that the spans of HTTP calls keep: `@effect/platform` sets an attribute for each, a dozen a call. */
import type { SpanKind } from "effect/Tracer"

/** Headers that help to understand a call, and hold neither secrets nor persons. */
const helpful = ["content-length", "content-type", "request-id", "retry-after", "x-correlation-id", "x-request-id"]

/** Whether an attribute of a span is a header to be left out. */
export type IsUnwanted = (kind: SpanKind, attribute: string) => boolean

/** All headers but those of some names, in any case. */
export const isUnwanted = (wanted: ReadonlyArray<string> | "all" = helpful): IsUnwanted => {
  if (wanted === "all") return () => false
  const attributes = new Set(wanted.flatMap((name) => sides.map((side) => `${side}${name.toLowerCase()}`)))
  return (kind, attribute) =>
    (kind === "client" || kind === "server") &&
    attribute.startsWith("http.re") &&
    sides.some((side) => attribute.startsWith(side)) &&
    !attributes.has(attribute.toLowerCase())
}

const sides = ["http.request.header.", "http.response.header."]
