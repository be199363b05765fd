/**
 * Spans for agents, model calls and tools, with the names and attributes of the OpenTelemetry GenAI conventions
 * (https://opentelemetry.io/docs/specs/semconv/gen-ai/). What `@effect/ai` does needs none of them: see `GenAi`.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import type { ParentSpan } from "effect/Tracer"
import { type TracingOptions, withTracingOptions } from "../identity/TracingOptions.js"
import * as genAi from "../signal/conventions/genAi.js"
import * as attributes from "./internal/attributes.js"

/**
 * What every span of this module takes. Nothing of the content is recorded unless it is given here.
 *
 * @since 0.1.0
 * @category models
 */
export interface Content<A> {
  /** Recorded as what went in: a text, messages, the arguments of a tool; anything that can be made JSON. */
  readonly input?: unknown
  /** What of the value that comes out is recorded. */
  readonly output?: ((value: A) => unknown) | undefined
}

/**
 * How a run of an agent is recorded: its name, and what goes in and comes out.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunOptions<A> extends TracingOptions, Content<A> {
  /** The name of the agent. */
  readonly name: string
  /** The id of the agent, where names are not unique. */
  readonly id?: string | undefined
}

/**
 * Runs an agent, or one turn of it, in a span `invoke_agent {name}` of the type `agent_run`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Agent, SessionId } from "effect-observability"
 *
 * const turn = Effect.succeed("It will rain.").pipe(
 *   Agent.run({
 *     name: "weather",
 *     sessionId: SessionId.SessionId.make("support-4711"),
 *     input: "Do I need an umbrella?",
 *     output: (answer) => answer
 *   })
 * )
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const run: {
  <A>(options: RunOptions<A>): <E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, Exclude<R, ParentSpan>>
  <A, E, R>(effect: Effect.Effect<A, E, R>, options: RunOptions<A>): Effect.Effect<A, E, Exclude<R, ParentSpan>>
} = dual(
  2,
  <A, E, R>(
    effect: Effect.Effect<A, E, R>,
    { id, input, name, output, ...tracing }: RunOptions<A>
  ): Effect.Effect<A, E, Exclude<R, ParentSpan>> =>
    effect.pipe(
      recording(genAi.outputMessages, output, (value) => attributes.toMessages("assistant", value)),
      Effect.withSpan(`invoke_agent ${name}`, {
        captureStackTrace: false,
        attributes: {
          [genAi.operation]: "invoke_agent",
          [genAi.agentName]: name,
          [genAi.agentId]: id,
          [genAi.inputMessages]: attributes.toMessages("user", input)
        }
      }),
      withTracingOptions(tracing)
    )
)

/**
 * What a model says of its response.
 *
 * @since 0.1.0
 * @category models
 */
export interface ModelResponse extends attributes.Response {}

/**
 * How a call of a model is recorded: the model, its provider and parameters, and what goes in and comes out.
 *
 * @since 0.1.0
 * @category models
 */
export interface ModelOptions<A> extends TracingOptions, Content<A> {
  /** The model that is asked. */
  readonly model: string
  /** Who runs it, by the names of the conventions: `"openai"`, `"anthropic"`, `"aws.bedrock"`, … */
  readonly provider?: string | undefined
  /** Usage and finish reasons, taken from the value that comes out. */
  readonly response?: ((value: A) => ModelResponse) | undefined
}

/**
 * Calls a model in a span `chat {model}` of the type `model_generation`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Agent } from "effect-observability"
 *
 * declare const complete: (prompt: string) => Effect.Effect<{
 *   readonly text: string
 *   readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number }
 * }>
 *
 * const answer = complete("Do I need an umbrella?").pipe(
 *   Agent.model({
 *     model: "gpt-4o",
 *     provider: "openai",
 *     response: ({ usage }) => ({ inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens })
 *   })
 * )
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const model: {
  <A>(options: ModelOptions<A>): <E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, Exclude<R, ParentSpan>>
  <A, E, R>(effect: Effect.Effect<A, E, R>, options: ModelOptions<A>): Effect.Effect<A, E, Exclude<R, ParentSpan>>
} = dual(
  2,
  <A, E, R>(
    effect: Effect.Effect<A, E, R>,
    { input, model, output, provider, response, ...tracing }: ModelOptions<A>
  ): Effect.Effect<A, E, Exclude<R, ParentSpan>> =>
    effect.pipe(
      Effect.tap((value) =>
        Effect.ignore(
          Effect.flatMap(
            Effect.try(() => attributes.ofResponse(response?.(value) ?? {})),
            Effect.annotateCurrentSpan
          )
        )
      ),
      recording(genAi.outputMessages, output, (value) => attributes.toMessages("assistant", value)),
      Effect.withSpan(`chat ${model}`, {
        kind: "client",
        captureStackTrace: false,
        attributes: {
          [genAi.operation]: "chat",
          [genAi.requestModel]: model,
          [genAi.provider]: provider,
          [genAi.inputMessages]: attributes.toMessages("user", input)
        }
      }),
      withTracingOptions(tracing)
    )
)

/**
 * How a call of a tool is recorded: its name and id, and what goes in and comes out.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolOptions<A> extends TracingOptions, Content<A> {
  /** The name of the tool. */
  readonly name: string
  /** The id that the model gave the call. */
  readonly callId?: string | undefined
}

/**
 * Runs a tool in a span `execute_tool {name}` of the type `tool_call`. Inside it, `ToolExecutionContext.current` is there.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Agent } from "effect-observability"
 *
 * declare const forecast: (city: string) => Effect.Effect<string>
 *
 * const result = forecast("Oslo").pipe(
 *   Agent.tool({ name: "forecast", callId: "call_1", input: { city: "Oslo" }, output: (text) => text })
 * )
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const tool: {
  <A>(options: ToolOptions<A>): <E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, Exclude<R, ParentSpan>>
  <A, E, R>(effect: Effect.Effect<A, E, R>, options: ToolOptions<A>): Effect.Effect<A, E, Exclude<R, ParentSpan>>
} = dual(
  2,
  <A, E, R>(
    effect: Effect.Effect<A, E, R>,
    { callId, input, name, output, ...tracing }: ToolOptions<A>
  ): Effect.Effect<A, E, Exclude<R, ParentSpan>> =>
    effect.pipe(
      recording(genAi.toolResult, output, (value) => value),
      Effect.withSpan(`execute_tool ${name}`, {
        captureStackTrace: false,
        attributes: {
          [genAi.operation]: "execute_tool",
          [genAi.toolName]: name,
          [genAi.toolCallId]: callId,
          [genAi.toolArguments]: input
        }
      }),
      withTracingOptions(tracing)
    )
)

/** Records what an effect gives under an attribute of the span around it. */
const recording =
  <A>(attribute: string, output: ((value: A) => unknown) | undefined, toContent: (value: unknown) => unknown) =>
  <E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    output === undefined
      ? effect
      : Effect.tap(effect, (value) =>
          Effect.annotateCurrentSpan(
            attribute,
            attributes.lazily(() => toContent(output(value)))
          )
        )
