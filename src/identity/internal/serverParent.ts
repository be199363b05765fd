import * as Context from "effect/Context"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type { AnySpan } from "effect/Tracer"
import * as TraceContext from "../TraceContext.js"
import type { HeaderRecord } from "./headers.js"

/** The tag under which a fiber of `@effect/platform` keeps the request that it answers; known by its key alone. */
const HttpServerRequest = Context.GenericTag<{ readonly headers: HeaderRecord; readonly source: unknown }>(
  "@effect/platform/HttpServerRequest"
)

const answered = new WeakSet<object>()

/**
 * The parent of a server span. That of the first one of an HTTP request is what the headers say, or none: Effect reads
 * them too loosely, and where they say nothing takes the span that the server was started in.
 */
export const serverParent = (
  context: Context.Context<never>,
  parent: Option.Option<AnySpan>
): Option.Option<AnySpan> => {
  const request = Context.getOption(context, HttpServerRequest)
  if (Option.isNone(request) || !Predicate.isObject(request.value.source)) return parent
  const { headers, source } = request.value
  if (answered.has(source)) return parent
  answered.add(source)
  return Option.map(TraceContext.fromHeaders(headers), (context) => TraceContext.toExternalSpan(context))
}
