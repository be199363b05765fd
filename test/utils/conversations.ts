/** Conversations for tests: calls of a model with all messages before them. */
import type { SpanRecord } from "../../src/signal/SpanRecord.js"
import { type SpanFields, span } from "../../src/testing/Records.js"

export const messages = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    role: n % 2 === 0 ? "user" : "assistant",
    content: `conversation ${n} “ä” \\" / ${"lorem ipsum ".repeat(40)}`
  }))

export const call = (count: number, fields: SpanFields = {}): SpanRecord =>
  span({
    spanType: "model_generation",
    ...fields,
    attributes: { first: 1, "gen_ai.input.messages": messages(count), last: [1], ...fields.attributes }
  })

/** How many messages the input of a call has. */
export const messagesIn = ({ attributes }: SpanRecord): number =>
  (attributes["gen_ai.input.messages"] as ReadonlyArray<unknown>).length
