/**
 * Spans for agents, model calls and tools, with the names and attributes of the OpenTelemetry GenAI conventions
 * (https://opentelemetry.io/docs/specs/semconv/gen-ai/). What `@effect/ai` does needs none of them: see `GenAi`.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { dual, identity } from "effect/Function"
import * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import type { ParentSpan } from "effect/Tracer"
import type { ErrorOf, SessionId } from "../identity/SessionId.js"
import { type Given, withTracingOptions } from "../identity/TracingOptions.js"
import * as genAi from "../signal/conventions/genAi.js"
import * as attributes from "./internal/attributes.js"
import { failing, isFailed, isFailedTool } from "./internal/failedByValue.js"
import { type Described, type Recorded, spanned } from "./internal/streams.js"

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
  /**
   * Whether the value that comes out is a failure: its span has failed then, the effect has not. Without it those are a
   * `Left`, an `Exit` that is a failure, and of a tool an MCP result with `isError: true`. One that throws says no.
   */
  readonly isFailure?: ((value: A) => boolean) | undefined
}

/**
 * How a run of an agent is recorded: its name, and what goes in and comes out.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunOptions<A, Id extends string = SessionId> extends Given<Id>, Content<A> {
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
 * import { Agent } from "effect-observability"
 *
 * const turn = Effect.succeed("It will rain.").pipe(
 *   Agent.run({
 *     name: "weather",
 *     sessionId: "support-4711",
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
  <A, Id extends string = SessionId>(
    options: RunOptions<A, Id>
  ): <E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | ErrorOf<Id>, Exclude<R, ParentSpan>>
  <A, E, R, Id extends string = SessionId>(
    effect: Effect.Effect<A, E, R>,
    options: RunOptions<A, Id>
  ): Effect.Effect<A, E | ErrorOf<Id>, Exclude<R, ParentSpan>>
} = dual(
  2,
  <A, E, R, Id extends string>(
    effect: Effect.Effect<A, E, R>,
    { id, input, isFailure, name, output, ...tracing }: RunOptions<A, Id>
  ): Effect.Effect<A, E | ErrorOf<Id>, Exclude<R, ParentSpan>> =>
    effect.pipe(
      recording(genAi.outputMessages, output, toAnswer),
      failing(isFailure, isFailed, "agent_error"),
      Effect.withSpan(...runSpan({ id, input, name })),
      withTracingOptions(tracing)
    )
)

/**
 * Runs an agent whose answer is a stream, in a span as `run` makes it, which lasts as long as the stream. Elements are kept
 * where `output` is given, to which they are passed when the stream ends, fails or is cut.
 *
 * @example
 * ```ts
 * import { Stream } from "effect"
 * import { Agent } from "effect-observability"
 *
 * const turn = Stream.make("It will ", "rain.").pipe(
 *   Agent.runStream({ name: "weather", sessionId: "support-4711", output: (texts) => texts.join("") })
 * )
 * ```
 *
 * @since 0.1.0
 * @category streams
 */
export const runStream: OfStream<"run"> = dual(
  2,
  <A, E, R, Id extends string>(
    stream: Stream.Stream<A, E, R>,
    { id, input, name, output, ...tracing }: RunOptions<ReadonlyArray<A>, Id>
  ) => spanned(stream, runSpan({ id, input, name }), tracing, recorded(genAi.outputMessages, output, toAnswer))
)

const runSpan = ({ id, input, name }: Pick<RunOptions<never>, "id" | "input" | "name">): Described => [
  `invoke_agent ${name}`,
  {
    captureStackTrace: false,
    attributes: {
      [genAi.operation]: "invoke_agent",
      [genAi.agentName]: name,
      [genAi.agentId]: id,
      [genAi.inputMessages]: attributes.toMessages("user", input)
    }
  }
]

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
export interface ModelOptions<A, Id extends string = SessionId> extends Given<Id>, Content<A> {
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
  <A, Id extends string = SessionId>(
    options: ModelOptions<A, Id>
  ): <E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | ErrorOf<Id>, Exclude<R, ParentSpan>>
  <A, E, R, Id extends string = SessionId>(
    effect: Effect.Effect<A, E, R>,
    options: ModelOptions<A, Id>
  ): Effect.Effect<A, E | ErrorOf<Id>, Exclude<R, ParentSpan>>
} = dual(
  2,
  <A, E, R, Id extends string>(
    effect: Effect.Effect<A, E, R>,
    { input, isFailure, model, output, provider, response, ...tracing }: ModelOptions<A, Id>
  ): Effect.Effect<A, E | ErrorOf<Id>, Exclude<R, ParentSpan>> =>
    effect.pipe(
      Effect.tap((value) =>
        Effect.ignore(
          Effect.flatMap(
            Effect.try(() => attributes.ofResponse(response?.(value) ?? {})),
            Effect.annotateCurrentSpan
          )
        )
      ),
      recording(genAi.outputMessages, output, toAnswer),
      failing(isFailure, isFailed, "model_error"),
      Effect.withSpan(...modelSpan({ input, model, provider })),
      withTracingOptions(tracing)
    )
)

/**
 * Calls a model whose response is a stream, in a span as `model` makes it, which lasts as long as the stream. Elements are
 * kept where `output` or `response` is given, to which they are passed when the stream ends, fails or is cut.
 *
 * @since 0.1.0
 * @category streams
 */
export const modelStream: OfStream<"model"> = dual(
  2,
  <A, E, R, Id extends string>(
    stream: Stream.Stream<A, E, R>,
    { input, model, output, provider, response, ...tracing }: ModelOptions<ReadonlyArray<A>, Id>
  ) => {
    const answer = recorded(genAi.outputMessages, output, toAnswer)
    const all =
      response === undefined
        ? answer
        : (elements: ReadonlyArray<A>) => ({
            ...answer?.(elements),
            ...Option.getOrUndefined(Option.liftThrowable(() => attributes.ofResponse(response(elements)))())
          })
    return spanned(stream, modelSpan({ input, model, provider }), tracing, all)
  }
)

const modelSpan = ({
  input,
  model,
  provider
}: Pick<ModelOptions<never>, "input" | "model" | "provider">): Described => [
  `chat ${model}`,
  {
    kind: "client",
    captureStackTrace: false,
    attributes: {
      [genAi.operation]: "chat",
      [genAi.requestModel]: model,
      [genAi.provider]: provider,
      [genAi.inputMessages]: attributes.toMessages("user", input)
    }
  }
]

/**
 * How a call of a tool is recorded: its name and id, and what goes in and comes out.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolOptions<A, Id extends string = SessionId> extends Given<Id>, Content<A> {
  /** The name of the tool. */
  readonly name: string
  /** The id that the model gave the call. */
  readonly callId?: string | undefined
  /**
   * The cost of the call, in US dollars, or how it is read from the value that comes out. It counts for its session, beside
   * what calls of models cost. One that throws says nothing.
   */
  readonly costUsd?: number | ((value: A) => number | undefined) | undefined
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
  <A, Id extends string = SessionId>(
    options: ToolOptions<A, Id>
  ): <E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | ErrorOf<Id>, Exclude<R, ParentSpan>>
  <A, E, R, Id extends string = SessionId>(
    effect: Effect.Effect<A, E, R>,
    options: ToolOptions<A, Id>
  ): Effect.Effect<A, E | ErrorOf<Id>, Exclude<R, ParentSpan>>
} = dual(
  2,
  <A, E, R, Id extends string>(
    effect: Effect.Effect<A, E, R>,
    { callId, costUsd, input, isFailure, name, output, ...tracing }: ToolOptions<A, Id>
  ): Effect.Effect<A, E | ErrorOf<Id>, Exclude<R, ParentSpan>> =>
    effect.pipe(
      costing(costUsd),
      recording(genAi.toolResult, output, identity),
      failing(isFailure, isFailedTool, "tool_error"),
      Effect.withSpan(...toolSpan({ callId, costUsd, input, name })),
      withTracingOptions(tracing)
    )
)

/**
 * Runs a tool whose result is a stream, in a span as `tool` makes it, which lasts as long as the stream. Elements are kept
 * where `output` is given, to which they are passed when the stream ends, fails or is cut.
 *
 * @since 0.1.0
 * @category streams
 */
export const toolStream: OfStream<"tool"> = dual(
  2,
  <A, E, R, Id extends string>(
    stream: Stream.Stream<A, E, R>,
    { callId, costUsd, input, name, output, ...tracing }: ToolOptions<ReadonlyArray<A>, Id>
  ) => {
    const result = recorded(genAi.toolResult, output, identity)
    const all =
      typeof costUsd === "function"
        ? (elements: ReadonlyArray<A>) => ({ ...result?.(elements), ...costRead(costUsd, elements) })
        : result
    return spanned(stream, toolSpan({ callId, costUsd, input, name }), tracing, all)
  }
)

const toolSpan = <A>({
  callId,
  costUsd,
  input,
  name
}: Pick<ToolOptions<A>, "callId" | "costUsd" | "input" | "name">): Described => [
  `execute_tool ${name}`,
  {
    captureStackTrace: false,
    attributes: {
      [genAi.operation]: "execute_tool",
      [genAi.toolName]: name,
      [genAi.toolCallId]: callId,
      [genAi.toolArguments]: input,
      ...(typeof costUsd === "number" && attributes.ofCost(costUsd, "custom"))
    }
  }
]

/** Records what a tool says that its call has cost. */
const costing =
  <A>(costUsd: ToolOptions<A>["costUsd"]) =>
  <E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    typeof costUsd === "function"
      ? Effect.tap(effect, (value) => Effect.annotateCurrentSpan(costRead(costUsd, value)))
      : effect

const costRead = <A>(costUsd: (value: A) => number | undefined, value: A) =>
  attributes.ofCost(Option.getOrUndefined(Option.liftThrowable(costUsd)(value)), "custom")

interface OptionsOf<A, Id extends string> {
  readonly run: RunOptions<A, Id>
  readonly model: ModelOptions<A, Id>
  readonly tool: ToolOptions<A, Id>
}

interface OfStream<What extends keyof OptionsOf<never, never>> {
  <A, Id extends string = SessionId>(
    options: OptionsOf<ReadonlyArray<A>, Id>[What]
  ): <E, R>(stream: Stream.Stream<A, E, R>) => Stream.Stream<A, E | ErrorOf<Id>, Exclude<R, ParentSpan>>
  <A, E, R, Id extends string = SessionId>(
    stream: Stream.Stream<A, E, R>,
    options: OptionsOf<ReadonlyArray<A>, Id>[What]
  ): Stream.Stream<A, E | ErrorOf<Id>, Exclude<R, ParentSpan>>
}

const toAnswer = (value: unknown): unknown => attributes.toMessages("assistant", value)

/** Records what a stream gives under an attribute of the span around it. */
const recorded = <A>(
  attribute: string,
  output: ((elements: ReadonlyArray<A>) => unknown) | undefined,
  toContent: (value: unknown) => unknown
): Recorded<A> | undefined =>
  output && ((elements) => ({ [attribute]: attributes.lazily(() => toContent(output(elements))) }))

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
