/**
 * Messages of `@effect/ai`, sent and received, as those of the OpenTelemetry GenAI conventions
 * (https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-input-messages.json and gen-ai-output-messages.json).
 */
import type { Prompt, Response } from "@effect/ai"

/** The messages of a prompt, without its system messages, which have an attribute of their own. */
export const ofPrompt = (prompt: Prompt.Prompt): unknown =>
  prompt.content.flatMap((message) =>
    message.role === "system" ? [] : [{ role: message.role, parts: message.content.map(ofPart) }]
  )

/** The system messages of a prompt; `undefined` where it has none. */
export const ofSystem = (prompt: Prompt.Prompt): unknown => {
  const parts = prompt.content.flatMap((message) =>
    message.role === "system" ? [{ type: "text", content: message.content }] : []
  )
  return parts.length === 0 ? undefined : parts
}

/**
 * The message of a response. The pieces of a streamed text are joined. The results of tools that the program ran are no
 * words of the model: they are in the next prompt.
 */
export const ofResponse = (parts: ReadonlyArray<Response.AnyPart>, finishReason: string | undefined): unknown => {
  const joined = new Map<string, { type: "text" | "reasoning"; content: string }>()
  const content: Array<unknown> = []
  for (const part of parts) {
    switch (part.type) {
      case "text-delta":
      case "reasoning-delta": {
        const type = part.type === "text-delta" ? "text" : "reasoning"
        const text = joined.get(`${type} ${part.id}`)
        if (text === undefined) {
          const first = { type, content: part.delta } as const
          joined.set(`${type} ${part.id}`, first)
          content.push(first)
        } else {
          text.content += part.delta
        }
        break
      }
      case "text":
      case "reasoning":
      case "file":
      case "tool-call":
        content.push(ofPart(part))
        break
      case "tool-result":
        if (part.providerExecuted) content.push(ofPart(part))
    }
  }
  return [{ role: "assistant", parts: content, finish_reason: finishReason }]
}

type Part =
  | Exclude<Prompt.Message, { readonly role: "system" }>["content"][number]
  | Response.TextPart
  | Response.ReasoningPart
  | Response.FilePart
  | Response.ToolCallPart<string, unknown>
  | Response.ToolResultPart<string, unknown, unknown>

const ofPart = (part: Part): unknown => {
  switch (part.type) {
    case "text":
    case "reasoning":
      return { type: part.type, content: part.text }
    case "file":
      return part.data instanceof URL
        ? { type: "uri", modality: modalityOf(part.mediaType), mime_type: part.mediaType, uri: part.data }
        : { type: "blob", modality: modalityOf(part.mediaType), mime_type: part.mediaType, content: part.data }
    case "tool-call":
      return { type: "tool_call", id: part.id, name: part.name, arguments: part.params }
    case "tool-result":
      return {
        type: "tool_call_response",
        id: part.id,
        response: "encodedResult" in part ? part.encodedResult : part.result
      }
  }
}

const modalityOf = (mediaType: string): string => /^(?:image|audio|video)(?=\/)/.exec(mediaType)?.[0] ?? "document"
