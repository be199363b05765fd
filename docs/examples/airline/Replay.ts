/**
 * Plays recorded conversations again: the model says what it said then, and the tools can give back what they gave.
 * A recording is in the chat-completions format: messages of the roles `system`, `user`, `assistant` and `tool`.
 */
import { AiError, LanguageModel, type Prompt, Telemetry } from "@effect/ai"
import { Effect, Layer, Record, Schema, Stream } from "effect"
import { AirlineTools, ToolError } from "./Tools.js"

const ToolCall = Schema.Struct({
  id: Schema.String,
  function: Schema.Struct({ name: Schema.String, arguments: Schema.parseJson() })
})

const Message = Schema.Union(
  Schema.Struct({ role: Schema.Literal("system", "user", "tool"), content: Schema.String }),
  Schema.Struct({
    role: Schema.Literal("assistant"),
    content: Schema.NullOr(Schema.String),
    tool_calls: Schema.optionalWith(Schema.Array(ToolCall), { default: () => [] })
  })
)

export class Conversation extends Schema.Class<Conversation>("Conversation")({
  task_id: Schema.Int,
  trial: Schema.Int,
  traj: Schema.Array(Message),
  /** When it was held: now, where it is not said. */
  at: Schema.optional(Schema.DateFromString),
  model: Schema.optionalWith(Schema.String, { default: () => "replay" }),
  /** Whether the model answers piece by piece. */
  streamed: Schema.optionalWith(Schema.Boolean, { default: () => false }),
  /** What the customer thought of it. */
  feedback: Schema.optional(Schema.Struct({ thumbs: Schema.Literal("up", "down"), comment: Schema.String }))
}) {
  said(role: "system" | "user" | "tool"): Array<string> {
    return this.traj.flatMap((message) => (message.role === role ? [message.content] : []))
  }

  get replies() {
    return this.traj.filter((message) => message.role === "assistant")
  }

  /** The customer whom the tools tell of first. */
  get customer() {
    return /"user_id": *"(\w+)"/.exec(this.said("tool").join("\n"))?.[1]
  }

  get isHandedOver() {
    return this.replies.some(({ tool_calls }) => tool_calls.some(({ function: { name } }) => name === handOver))
  }
}

export const Transcript = Schema.parseJson(Schema.Array(Conversation))

/** A model that gives the recorded replies in their order. */
export const modelLayer = (conversation: Conversation) => {
  /** The reply to a prompt, once that is read. */
  const replyTo = Effect.fnUntraced(function* ({ prompt, span }: LanguageModel.ProviderOptions) {
    // This is what a provider does: it makes the span of `@effect/ai` that of a model call.
    Telemetry.addGenAIAnnotations(span, {
      system: "replay",
      operation: { name: "chat" },
      request: { model: conversation.model }
    })
    const reply = conversation.replies[prompt.content.filter(({ role }) => role === "assistant").length]
    if (reply === undefined) {
      return yield* new AiError.UnknownError({
        module: "Replay",
        method: "replyTo",
        description: "the transcript has no further reply"
      })
    }
    const inputTokens = estimateTokens(prompt.content)
    const outputTokens = estimateTokens(reply)
    const reading = inputTokens / tokensReadPerMillisecond
    yield* Effect.sleep(reading)
    span.attribute("airline.usage.estimated", true)
    return {
      text: reply.content ?? "",
      reading,
      writing: outputTokens / tokensPerMillisecond,
      calls: reply.tool_calls.map(({ id, function: { name, arguments: params } }) => ({
        type: "tool-call" as const,
        id,
        name,
        params
      })),
      finish: {
        type: "finish" as const,
        reason: reply.tool_calls.length === 0 ? ("stop" as const) : ("tool-calls" as const),
        usage: {
          inputTokens,
          outputTokens,
          totalTokens: inputTokens + outputTokens,
          cachedInputTokens: estimateTokens(askedBefore(prompt))
        }
      }
    }
  })

  return Layer.effect(
    LanguageModel.LanguageModel,
    LanguageModel.make({
      generateText: Effect.fnUntraced(function* (options) {
        const { calls, finish, reading, text, writing } = yield* replyTo(options)
        options.span.attribute("gen_ai.response.time_to_first_chunk", reading / 1000)
        yield* Effect.sleep(writing)
        return [...(text === "" ? [] : [{ type: "text" as const, text }]), ...calls, finish]
      }),
      streamText: (options) =>
        replyTo(options).pipe(
          Effect.map(({ calls, finish, text, writing }) => {
            const words = text.match(/\S+\s*/g) ?? []
            const id = "text"
            const said = Stream.fromIterable(words).pipe(
              Stream.tap(() => Effect.sleep(writing / words.length)),
              Stream.map((delta) => ({ type: "text-delta" as const, id, delta }))
            )
            return Stream.concat(
              words.length === 0
                ? Stream.empty
                : Stream.make({ type: "text-start" as const, id }).pipe(
                    Stream.concat(said),
                    Stream.concat(Stream.make({ type: "text-end" as const, id }))
                  ),
              Stream.make(...calls, finish)
            )
          }),
          Stream.unwrap
        )
    })
  )
}

/** Tools that give the recorded results in their order, and fail where the recording has an error. */
export const toolsLayer = (conversation: Conversation) =>
  AirlineTools.toLayer(
    Effect.sync(() => {
      const results = conversation.said("tool")
      const next = Effect.suspend(() => {
        const result = results.shift() ?? "Error: the transcript has no further result"
        return result.startsWith("Error")
          ? new ToolError({ message: result.replace(/^Error:\s*/, "") })
          : Effect.succeed(result)
      })
      return Record.map(AirlineTools.tools, () => () => next)
    })
  )

const handOver = "transfer_to_human_agents"

const tokensReadPerMillisecond = 1000
const tokensPerMillisecond = 10

/** What the model was asked for the reply before: a cache has it. */
const askedBefore = (prompt: Prompt.Prompt) =>
  prompt.content.slice(
    0,
    Math.max(
      0,
      prompt.content.findLastIndex(({ role }) => role === "assistant")
    )
  )

/** Transcripts hold no usage: about four characters a token. */
const estimateTokens = (content: unknown) => Math.ceil(JSON.stringify(content).length / 4)
