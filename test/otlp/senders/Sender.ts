import type { ReceivedLog, ReceivedSpan } from "../../../src/otlp/internal/received.js"
import type { Json } from "../../../src/signal/Json.js"
import type { SpanRecord } from "../../../src/signal/SpanRecord.js"

/** What a sender sends of one turn, and what becomes of it. */
export interface Sender {
  readonly name: string
  readonly spans?: ReadonlyArray<ReceivedSpan>
  readonly logs?: ReadonlyArray<ReceivedLog>
  /** For each span, in their order, its fields but ids, times, attributes and what a span has by default. */
  readonly records?: ReadonlyArray<Expected>
  readonly logRecords?: ReadonlyArray<object>
  /** The spans that are made of the logs. */
  readonly made?: ReadonlyArray<Expected>
}

export type Expected = { readonly [F in keyof SpanRecord]?: SpanRecord[F] | string } & {
  readonly system?: Json
  readonly input?: Json
  readonly output?: Json
  readonly arguments?: Json
  readonly result?: Json
}

export const text = (content: string) => ({ type: "text", content })
export const user = (content: string) => ({ role: "user", parts: [text(content)] })
export const assistant = (content: string) => ({ role: "assistant", parts: [text(content)] })
export const call = (id: string | null, name: string, args: Json) => ({ type: "tool_call", id, name, arguments: args })
export const result = (id: string | null, response: Json) => ({ type: "tool_call_response", id, response })
