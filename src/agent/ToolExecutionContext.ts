/**
 * The tool call that a fiber works for. It can be read in any handler: inside `Agent.tool`, and inside the handlers of a
 * `Toolkit` where the layer of `GenAi` is there.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { AnySpan, Span } from "effect/Tracer"
import * as genAi from "../signal/conventions/genAi.js"
import * as ids from "./internal/ids.js"

/**
 * A tool call that is under way, with the ids of the work that it belongs to.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolExecutionContext extends ids.Ids {
  /** The name of the tool. */
  readonly name: string
  /** The id that the model gave the call; absent where the program itself called the handler of a `Toolkit`. */
  readonly callId?: string | undefined
  /** The span of the call, to be annotated. */
  readonly span: Span
}

/**
 * The innermost tool call that the fiber is in. There is none outside of tools, nor where tracing is disabled.
 *
 * @example
 * ```ts
 * import { Effect, Option } from "effect"
 * import { ToolExecutionContext } from "effect-observability"
 *
 * const handler = Effect.gen(function* () {
 *   const call = yield* ToolExecutionContext.current
 *   if (Option.isSome(call)) call.value.span.attribute("cache.hit", true)
 * })
 * ```
 *
 * @since 0.1.0
 * @category accessors
 */
export const current: Effect.Effect<Option.Option<ToolExecutionContext>> = Effect.zipWith(
  Effect.option(Effect.currentParentSpan),
  ids.current,
  (around, ids) =>
    Option.map(Option.flatMap(around, toolSpan), (span) => ({
      name: String(span.attributes.get(genAi.toolName)),
      callId: span.attributes.get(genAi.toolCallId) as string | undefined,
      ...ids,
      span
    }))
)

const toolSpan = (around: AnySpan): Option.Option<Span> => {
  if (around._tag === "ExternalSpan") return Option.none()
  return around.attributes.get(genAi.operation) === "execute_tool"
    ? Option.some(around)
    : Option.flatMap(around.parent, toolSpan)
}
