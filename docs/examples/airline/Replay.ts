/**
 * Plays recorded conversations again: the model says what it said then, and the tools can give back what they gave.
 * A recording is in the chat-completions format: messages of the roles `system`, `user`, `assistant` and `tool`.
 */
import { AiError, LanguageModel, Telemetry } from "@effect/ai"
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
  traj: Schema.Array(Message)
}) {
  said(role: "system" | "user" | "tool"): Array<string> {
    return this.traj.flatMap((message) => (message.role === role ? [message.content] : []))
  }

  get replies() {
    return this.traj.filter((message) => message.role === "assistant")
  }
}

export const Transcript = Schema.parseJson(Schema.Array(Conversation))

/** A model that gives the recorded replies in their order. */
export const modelLayer = (conversation: Conversation) =>
  Layer.effect(
    LanguageModel.LanguageModel,
    LanguageModel.make({
      generateText: Effect.fnUntraced(function* ({ prompt, span }) {
        // This is what a provider does: it makes the span of `@effect/ai` that of a model call.
        Telemetry.addGenAIAnnotations(span, {
          system: "replay",
          operation: { name: "chat" },
          request: { model: "replay" }
        })
        const reply = conversation.replies[prompt.content.filter(({ role }) => role === "assistant").length]
        if (reply === undefined) {
          return yield* noReply("generateText", "the transcript has no further reply")
        }
        const inputTokens = estimateTokens(prompt.content)
        const outputTokens = estimateTokens(reply)
        yield* Effect.sleep(outputTokens / tokensPerMillisecond)
        Telemetry.addGenAIAnnotations(span, { usage: { inputTokens, outputTokens } })
        span.attribute("airline.usage.estimated", true)
        return [
          ...(reply.content === null ? [] : [{ type: "text" as const, text: reply.content }]),
          ...reply.tool_calls.map(({ id, function: { name, arguments: params } }) => ({
            type: "tool-call" as const,
            id,
            name,
            params
          })),
          {
            type: "finish" as const,
            reason: reply.tool_calls.length === 0 ? ("stop" as const) : ("tool-calls" as const),
            usage: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens }
          }
        ]
      }),
      streamText: () => noReply("streamText", "a transcript cannot be streamed").pipe(Stream.fromEffect)
    })
  )

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

const tokensPerMillisecond = 10

/** Transcripts hold no usage: about four characters a token. */
const estimateTokens = (content: unknown) => Math.ceil(JSON.stringify(content).length / 4)

const noReply = (method: string, description: string) =>
  new AiError.UnknownError({ module: "Replay", method, description })
