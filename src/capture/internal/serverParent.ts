import * as Context from "effect/Context"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type { AnySpan } from "effect/Tracer"
import { type HeaderRecord, sessionHeader, valuesOf } from "../../identity/internal/headers.js"
import * as TraceContext from "../../identity/TraceContext.js"

/** The tag under which a fiber of `@effect/platform` keeps the request that it answers; known by its key alone. */
const HttpServerRequest = Context.GenericTag<{ readonly headers: HeaderRecord; readonly source: unknown }>(
  "@effect/platform/HttpServerRequest"
)

const answered = new WeakSet<object>()

/**
 * The parent of a server span, and whether its session may be named by the request. The parent of the first span of an HTTP
 * request is what the headers say, or none: Effect reads them too loosely, and where they say nothing takes the span that
 * the server was started in.
 */
export const serverParent = (
  context: Context.Context<never>,
  parent: Option.Option<AnySpan>
): { readonly parent: Option.Option<AnySpan>; readonly namesSession: boolean } => {
  const request = Context.getOption(context, HttpServerRequest)
  if (Option.isNone(request) || !Predicate.isObject(request.value.source)) return { parent, namesSession: false }
  const { headers, source } = request.value
  if (answered.has(source)) return { parent, namesSession: false }
  answered.add(source)
  const values = valuesOf(headers)
  return {
    parent: Option.map(TraceContext.fromValues(values), (context) => TraceContext.toExternalSpan(context)),
    namesSession: values.has(sessionHeader) || values.has("baggage")
  }
}
