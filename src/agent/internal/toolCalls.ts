/** The tool calls that a model asks for, between its answer and the tools. */
import { type LanguageModel, type Response, Tool, type Toolkit } from "@effect/ai"
import type * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { AnySpan } from "effect/Tracer"
import * as genAi from "../../signal/conventions/genAi.js"
import { begin, Call } from "./calls.js"

/** The options of all methods of a model. */
export type AnyOptions = LanguageModel.GenerateTextOptions<Record<string, Tool.Any>>

type Tools = Toolkit.WithHandler<Record<string, Tool.Any>>
type Handled = Tool.HandlerResult<Tool.Any>
type Handle = (name: string, params: unknown) => Effect.Effect<Handled, unknown>
type Part = Response.AnyPart

/** A call as the model made it. It stands for its result until the tool has run. */
interface ToolCall {
  readonly name: string
  readonly params: unknown
  id: string | undefined
}

/**
 * `@effect/ai` runs the tools before it gives the answer that asked for them, and tells nobody the ids. So it is given
 * handlers that do nothing but note the call, and the tools are run when the answer is here: in the same order, with the
 * same concurrency, and with the same failures.
 */
export class ToolCalls {
  private readonly pending: Array<ToolCall> = []
  private toolkit: Tools | undefined
  private readonly concurrency: AnyOptions["concurrency"]

  constructor(
    private readonly given: AnyOptions,
    /** Whether the model is one of `@effect/ai` itself: nobody else may see a call in place of its result. */
    private readonly isDeferring: boolean,
    private readonly found: (tools: ReadonlyArray<Tool.Any>) => void
  ) {
    this.concurrency = given.concurrency
  }

  /** Whether there are tools to be run. */
  get isEmpty(): boolean {
    return this.pending.length === 0
  }

  /** Whether the answer may come with calls in place of results. */
  get isExpected(): boolean {
    return this.isDeferring && this.given.toolkit !== undefined && this.given.disableToolCallResolution !== true
  }

  /** The options to call the model with. */
  get options(): AnyOptions {
    const { toolChoice, toolkit } = this.given
    if (toolkit === undefined) return this.given
    const resolved = (Effect.isEffect(toolkit) ? toolkit : Effect.succeed(toolkit)) as Effect.Effect<Tools>
    return {
      ...this.given,
      toolkit: Effect.map(resolved, (toolkit) => {
        this.toolkit = toolkit
        const oneOf = typeof toolChoice === "object" && "oneOf" in toolChoice ? toolChoice.oneOf : undefined
        this.found(Object.values(toolkit.tools).filter(({ name }) => oneOf === undefined || oneOf.includes(name)))
        return this.isDeferring
          ? { tools: toolkit.tools, handle: (name: string, params: unknown) => this.note(name, params) }
          : toolkit
      }) as never
    }
  }

  private note(name: string, params: unknown): Effect.Effect<Handled> {
    return Effect.sync(() => {
      const call: ToolCall = { name, params, id: undefined }
      this.pending.push(call)
      return { isFailure: false, result: call, encodedResult: call } as never
    })
  }

  /** Whether a part of the answer stands for a result. */
  isPending(part: Part): boolean {
    return this.callOf(part) !== undefined
  }

  private callOf(part: Part): ToolCall | undefined {
    return part.type === "tool-result" ? this.pending.find((call) => call === part.result) : undefined
  }

  /** An answer without what stands for results, and with the arguments as the model gave them. */
  asked(parts: ReadonlyArray<Part>): ReadonlyArray<Part> {
    if (this.pending.length === 0) return parts
    this.identify(parts)
    return parts.flatMap((part) => {
      if (this.isPending(part)) return []
      const call = part.type === "tool-call" && this.pending.find(({ id }) => id === part.id)
      return call ? [{ ...part, params: call.params } as Part] : [part]
    })
  }

  /** The calls that were noted, where an answer cannot be had. */
  get parts(): ReadonlyArray<Part> {
    return this.pending.map(({ id, name, params }) => ({ type: "tool-call", id, name, params }) as unknown as Part)
  }

  /** Gives the calls the ids that the answer has for their results. */
  private identify(parts: ReadonlyArray<Part>): void {
    for (const part of parts) {
      const call = this.callOf(part)
      if (call && part.type === "tool-result") call.id = part.id
    }
  }

  /** Runs the tools of an answer, and gives it with their results. */
  run(parts: ReadonlyArray<Part>, parent: AnySpan): Effect.Effect<ReadonlyArray<Part>, unknown> {
    this.identify(parts)
    const calls = parts.filter((part) => this.isPending(part))
    return Effect.map(
      Effect.forEach(calls, (part) => this.execute(this.callOf(part) as ToolCall, parent), {
        concurrency: this.concurrency
      }),
      (results) =>
        parts.map((part) => {
          const i = calls.indexOf(part)
          return i === -1 ? part : ({ ...part, ...results[i] } as Part)
        })
    )
  }

  /** Runs the tools of an answer that could not be decoded: the calls were noted in its order. */
  runAll(undecoded: ReadonlyArray<Part>, parent: AnySpan): Effect.Effect<void, unknown> {
    const asked = undecoded.filter((part) => part.type === "tool-call" && part.providerExecuted !== true)
    for (const [i, part] of asked.entries()) {
      const call = this.pending[i]
      if (call && part.type === "tool-call" && call.name === part.name) call.id ??= part.id
    }
    return Effect.forEach(this.pending, (call) => this.execute(call, parent), {
      concurrency: this.concurrency,
      discard: true
    })
  }

  /**
   * Runs the tools of a piece of a streamed answer, and gives it on in the order in which `@effect/ai` would: what comes
   * before the results of a tool does not wait for them.
   */
  resolve(
    piece: Chunk.Chunk<Part>,
    parent: AnySpan,
    give: (parts: ReadonlyArray<Part>) => Effect.Effect<unknown>
  ): Effect.Effect<void, unknown> {
    const groups: Array<Array<Part>> = []
    let before: boolean | undefined
    for (const part of piece) {
      const isResult = this.isPending(part)
      if (isResult !== before) groups.push([])
      groups.at(-1)?.push(part)
      before = isResult
    }
    return Effect.forEach(groups, (parts) => Effect.flatMap(this.run(parts, parent), give), { discard: true })
  }

  private execute({ id, name, params }: ToolCall, parent: AnySpan): Effect.Effect<Handled, unknown> {
    const { handle, tools } = this.toolkit as unknown as { readonly handle: Handle; readonly tools: Tools["tools"] }
    return Effect.useSpan(
      "Toolkit.handle",
      {
        parent,
        captureStackTrace: false,
        context: Context.make(Call, begin()),
        attributes: {
          [genAi.toolCallId]: id,
          [genAi.toolDescription]: tools[name]?.description,
          tool: name,
          parameters: params
        }
      },
      (span) => Effect.withParentSpan(handle(name, params), span)
    )
  }
}

/** The tools as a model is told of them. */
export const toDefinitions = (tools: ReadonlyArray<Tool.Any>): unknown =>
  tools.map((tool) =>
    Tool.isUserDefined(tool)
      ? {
          type: "function",
          name: tool.name,
          description: tool.description,
          parameters: Tool.getJsonSchema(tool as never)
        }
      : { type: "extension", name: tool.name }
  )
