/**
 * The words of a turn: types of `Transcript`.
 *
 * @since 0.1.0
 */
import type { Json } from "../signal/Json.js"
import type { SpanRecord, SpanStatus } from "../signal/SpanRecord.js"

/**
 * A turn of a session: one topmost span of it, and all that was said below.
 *
 * @since 0.1.0
 * @category models
 */
export interface Turn {
  readonly _tag: "Turn"
  /** 1 for the first turn of the session. */
  readonly number: number
  /** The span that is the turn. */
  readonly span: SpanRecord
  /** The words, in the order of time; none where content is not recorded. */
  readonly entries: ReadonlyArray<Entry>
  readonly modelCalls: number
  readonly toolCalls: number
  /** The models that answered, sorted. */
  readonly models: ReadonlyArray<string>
  /** Summed over the calls of models. */
  readonly inputTokens: number
  readonly outputTokens: number
  /** US dollars, each to a billionth, of models and tools; `undefined` where none has a cost. */
  readonly costUsd: number | undefined
  /** Failures where they began, at most 100. */
  readonly errors: ReadonlyArray<Failure>
  /** Whether the turn has more calls than were read: 2,000 of models, and as many of tools. */
  readonly truncated: boolean
}

/**
 * Something that was said.
 *
 * @since 0.1.0
 * @category models
 */
export interface Entry {
  /** `"system"`, `"user"`, `"assistant"` or `"tool"`, else the word of the sender. */
  readonly role: string
  readonly name?: string | undefined
  /** The agent that heard or said it. */
  readonly agentName?: string | undefined
  readonly parts: ReadonlyArray<Part>
  /** Nanoseconds since the epoch: the start of the call that it was given to, or the end of the one that said it. */
  readonly time: bigint
  /** The span that holds it. */
  readonly spanId: string
  /** The call that said it; absent of what a call was given. */
  readonly call?: ModelCall | undefined
  /** The history that the model was given before is gone from here on: it was cut, or put into other words. */
  readonly compacted?: true | undefined
}

/**
 * The call of a model that said something.
 *
 * @since 0.1.0
 * @category models
 */
export interface ModelCall {
  readonly spanId: string
  readonly model?: string | undefined
  readonly status: SpanStatus
  readonly statusMessage?: string | undefined
  readonly startTime: bigint
  readonly endTime?: bigint | undefined
  readonly inputTokens?: number | undefined
  readonly outputTokens?: number | undefined
  readonly costUsd?: number | undefined
}

/**
 * A part of what was said. `omitted` counts the characters that are missing at its end. Media that were given as bytes have
 * an image as a `data:` URL where images are asked for, else words in its place: `"[image/png, 2048 bytes]"`.
 *
 * @since 0.1.0
 * @category models
 */
export type Part =
  | { readonly _tag: "Text" | "Reasoning"; readonly text: string; readonly omitted: number }
  | ToolUse
  /** The result of a call that is not known. */
  | { readonly _tag: "ToolResult"; readonly id?: string | undefined; readonly result: Json }
  | {
      readonly _tag: "Media"
      readonly mediaType?: string | undefined
      readonly uri?: string | undefined
      readonly placeholder?: string | undefined
    }
  | { readonly _tag: "Other"; readonly type: string; readonly value: Json }

/**
 * The call of a tool with its result.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToolUse {
  readonly _tag: "ToolUse"
  readonly id?: string | undefined
  readonly name: string
  readonly arguments: Json
  /** Absent where there is none, or none recorded. */
  readonly result?: Json | undefined
  /** The span of the call, if there is one. */
  readonly spanId?: string | undefined
  readonly status?: SpanStatus | undefined
  readonly statusMessage?: string | undefined
  readonly startTime?: bigint | undefined
  readonly endTime?: bigint | undefined
  readonly costUsd?: number | undefined
}

/**
 * A failure where it began.
 *
 * @since 0.1.0
 * @category models
 */
export interface Failure {
  readonly spanId: string
  readonly name: string
  readonly errorType?: string | undefined
  readonly message?: string | undefined
  readonly time: bigint
}
