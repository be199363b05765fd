/** Reads what was said in the turns of a session, one after the other, and asks for some of them ahead. */
import * as Array from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Order from "effect/Order"
import * as Struct from "effect/Struct"
import { forEachInTurns } from "../../runtime/eventLoop.js"
import { replay } from "../../signal/conventions/effectObservability.js"
import * as genAi from "../../signal/conventions/genAi.js"
import { sum } from "../../signal/internal/exact.js"
import { read as contentOf, type Message, type Part as RecordedPart } from "../../signal/internal/messages.js"
import { errorsOf, type Failing, isReplayed } from "../../signal/internal/spans.js"
import type { Json } from "../../signal/Json.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import type { OutlineSpan, SpanFilters, StorageError, StorageService, TraceOutline } from "../../storage/Storage.js"
import type { Entry, Failure, ModelCall, Part, ToolUse, Turn } from "../Turn.js"
import * as images from "./images.js"
import { Threads } from "./threads.js"

/** Calls of a turn that are read, of models and of tools. */
const maxCalls = 2_000
/** Failures that are told of a turn. */
const maxErrors = 100
/** Characters of a turn, of all its texts: a turn is held in memory. */
const maxText = 32 * 2 ** 20
/** Characters of the images of a turn. */
const maxImages = 8 * 2 ** 20
/** A page of spans with their payload, which is let go of when it is read. */
const pageSize = 100
/** Bytes of the attributes of a trace that is held before it is read. */
const maxAsked = 2 ** 20

type Mutable<A> = { -readonly [K in keyof A]: A[K] }

/** How much of what was said is kept. */
interface Kept {
  /** Characters of a text. */
  readonly textLength: number
  /** Whether images are, that were given as bytes. */
  readonly images: boolean
}

/** A turn as it was asked of a storage, before it is read: several may be asked for at once. */
interface Asked {
  readonly span: SpanRecord
  readonly truncated: boolean
  readonly within: ReadonlyMap<string, OutlineSpan>
  /** All spans of the turn, in the order of time, where its trace is small. */
  readonly spans: ReadonlyArray<SpanRecord> | undefined
}

/** A trace without its payload, and with it where it is small. */
interface Known {
  readonly outline: TraceOutline | undefined
  readonly spans: ReadonlyArray<SpanRecord> | undefined
}

/** Asks for turns, and reads them. */
export const make = (storage: StorageService, sessionId: string, kept: Kept) => {
  const threads = new Threads()
  const { failuresOf, readAll } = spansIn(storage)
  // Turns below a root that lives as long as its process are in one trace.
  let last: { readonly traceId: string; readonly known: Effect.Effect<Known, StorageError> } | undefined

  const traceOf = (traceId: string): Effect.Effect<Known, StorageError> =>
    Effect.suspend(() => {
      if (last?.traceId === traceId) return last.known
      return Effect.flatMap(Effect.cached(askTrace(traceId)), (known) => {
        last = { traceId, known }
        return known
      })
    })

  const askTrace = (traceId: string) =>
    Effect.gen(function* () {
      const outline = Option.getOrUndefined(yield* storage.traceOutline(traceId))
      if (outline === undefined || !isSmall(outline)) return { outline, spans: undefined }
      const trace = yield* storage.getTrace(traceId)
      const spans = Option.match(trace, { onNone: () => [], onSome: ({ spans }) => spans })
      return { outline, spans: Array.sort(spans, byTime) }
    })

  const ask = (span: SpanRecord): Effect.Effect<Asked, StorageError> =>
    Effect.map(traceOf(span.traceId), ({ outline, spans }) => {
      const within = spansOf(outline?.spans ?? [], span, sessionId)
      return {
        span,
        within,
        truncated: outline?.truncated === true,
        spans: spans?.filter(({ spanId }) => within.has(spanId))
      }
    })

  return {
    /** Asks for a turn. */
    ask,
    /** Reads a turn. They must come in their order. */
    read: (asked: Asked, number: number): Effect.Effect<Turn, StorageError> =>
      Effect.gen(function* () {
        const turn = new TurnReader(asked.span, asked.within, threads, kept)
        const models = yield* readAll(asked, "model_generation", (call) => turn.addCall(call))
        const tools = yield* readAll(asked, "tool_call", (call) => turn.addTool(call))
        const failed = yield* failuresOf(asked)
        return turn.make(number, failed, models || tools || asked.truncated)
      })
  }
}

/** Reads the spans of turns. */
const spansIn = (storage: StorageService) => {
  const read = (filters: SpanFilters, each: (span: SpanRecord) => void) =>
    Effect.gen(function* () {
      let cursor: string | undefined
      let count = 0
      do {
        const page: Effect.Effect.Success<ReturnType<StorageService["listSpans"]>> = yield* storage.listSpans({
          filters,
          orderBy: { field: "time", direction: "asc" },
          pagination: { limit: pageSize, cursor }
        })
        count += page.items.length
        yield* forEachInTurns(page.items, each)
        cursor = Option.getOrUndefined(page.nextCursor)
      } while (cursor !== undefined && count < maxCalls)
      return cursor !== undefined
    })

  /** Reads the spans of a type, of those that are there or of the storage; says whether there are more of them. */
  const readAll = (
    { span: { traceId }, spans, within }: Asked,
    spanType: "model_generation" | "tool_call",
    each: (span: SpanRecord) => void
  ) => {
    if (spans !== undefined) {
      return Effect.as(
        forEachInTurns(
          spans.filter((span) => span.spanType === spanType),
          each
        ),
        false
      )
    }
    const calls = [...within.values()].filter((span) => span.spanType === spanType)
    if (calls.length === 0) return Effect.succeed(false)
    const times = calls.map(({ startTime }) => startTime)
    const range = { startedAfter: minimum(times), startedBefore: maximum(times) + 1n }
    return read({ traceId, spanType, ...range }, (found) => {
      if (within.has(found.spanId)) each(found)
    })
  }

  const failuresOf = ({ span: { traceId }, spans, within }: Asked) =>
    Effect.gen(function* () {
      const failed: Array<Failed> = []
      const add = (found: SpanRecord) => {
        if (found.status === "error" && within.has(found.spanId)) failed.push(toFailed(found))
      }
      if (spans !== undefined) spans.forEach(add)
      else if ([...within.values()].some(({ status }) => status === "error")) {
        yield* read({ traceId, status: "error" }, add)
      }
      return failed
    })

  return { failuresOf, readAll }
}

const isSmall = ({ spans }: TraceOutline): boolean =>
  spans.length <= pageSize && spans.reduce((sum, { attributesSize }) => sum + attributesSize, 0) <= maxAsked

const byTime = Order.combine(
  Order.mapInput(Order.bigint, ({ startTime }: SpanRecord) => startTime),
  Order.mapInput(Order.string, ({ spanId }: SpanRecord) => spanId)
)

/** A span that failed, without its payload. */
interface Failed extends Failing, Pick<SpanRecord, "name" | "startTime"> {}

const toFailed = (span: SpanRecord): Failed => ({
  ...Struct.pick(
    span,
    "traceId",
    "spanId",
    "parentSpanId",
    "status",
    "statusMessage",
    "errorType",
    "name",
    "startTime"
  ),
  attributes: isReplayed(span) ? { [replay]: true } : {}
})

const minimum = (times: ReadonlyArray<bigint>): bigint => times.reduce(Order.min(Order.bigint))
const maximum = (times: ReadonlyArray<bigint>): bigint => times.reduce(Order.max(Order.bigint))

/** The spans of a turn by their ids: its own, and those below it that are of no other session. */
const spansOf = (
  spans: ReadonlyArray<OutlineSpan>,
  turn: SpanRecord,
  sessionId: string
): ReadonlyMap<string, OutlineSpan> => {
  // Parents come before their children in an outline, but for circles.
  const within = new Map<string, OutlineSpan>()
  for (const span of spans) {
    const isBelow =
      span.parentSpanId !== undefined &&
      within.has(span.parentSpanId) &&
      (span.sessionId === undefined || span.sessionId === sessionId)
    if (span.spanId === turn.spanId || isBelow) within.set(span.spanId, span)
  }
  return within
}

/** Makes a turn of the calls in it, which come in the order of time. */
class TurnReader {
  private readonly entries: Array<Entry> = []
  /** Calls of tools that models asked for in this turn, and of which the spans are to come. */
  private readonly asked: Array<Mutable<ToolUse>> = []
  private readonly models = new Set<string>()
  private modelCalls = 0
  private toolCalls = 0
  private inputTokens = 0
  private outputTokens = 0
  private readonly costs: Array<number> = []
  private text = maxText
  private images = maxImages

  constructor(
    private readonly span: SpanRecord,
    private readonly within: ReadonlyMap<string, OutlineSpan>,
    private readonly threads: Threads,
    private readonly kept: Kept
  ) {}

  addCall(span: SpanRecord): void {
    if (isReplayed(span)) return
    this.modelCalls++
    if (span.model !== undefined) this.models.add(span.model)
    this.inputTokens += span.inputTokens ?? 0
    this.outputTokens += span.outputTokens ?? 0
    this.spend(span.costUsd)
    const { endTime, spanId, startTime } = span
    const agentName = this.agentOf(span)
    const { input, instructions, output } = contentOf(span)
    const { isCompacted, messages } = this.threads.add({
      agent: agentName ?? "",
      instructions,
      input,
      output
    })
    let compacted = isCompacted
    for (const message of messages) {
      const parts = this.partsOf(message)
      // The result of a tool stands with its call.
      if (parts.length === 0 && !compacted) continue
      const { name, role } = message
      this.entries.push({
        role,
        name,
        agentName,
        parts,
        time: startTime,
        spanId,
        ...(compacted && { compacted: true })
      })
      compacted = false
    }
    const call = callOf(span)
    for (const message of output) {
      const { name, role } = message
      this.entries.push({
        role,
        name,
        agentName,
        parts: this.partsOf(message),
        time: endTime ?? startTime,
        spanId,
        call
      })
    }
    if (output.length === 0 && span.status === "error") {
      this.entries.push({ role: "assistant", agentName, parts: [], time: endTime ?? startTime, spanId, call })
    }
  }

  addTool(span: SpanRecord): void {
    if (isReplayed(span)) return
    this.toolCalls++
    this.spend(span.costUsd)
    const { attributes, costUsd, endTime, spanId, startTime, status, statusMessage } = span
    const id = attributes[genAi.toolCallId]
    const name = span.toolName ?? span.name
    const run = { spanId, status, statusMessage, startTime, endTime, costUsd }
    const { toolArguments: given = null, toolResult: result } = contentOf(span)
    const waiting = this.asked.filter((use) => use.spanId === undefined)
    const use = waiting.find((use) => use.id !== undefined && use.id === id) ?? sameCall(waiting, name, id, given)
    if (use !== undefined) {
      // The model was given this result, or one that says more of it.
      Object.assign(use, run, use.result === undefined && result !== undefined && { result: this.short(result) })
      return
    }
    const parts: ReadonlyArray<Part> = [
      {
        _tag: "ToolUse",
        id: typeof id === "string" ? id : undefined,
        name,
        arguments: this.short(given),
        result: result === undefined ? undefined : this.short(result),
        ...run
      }
    ]
    this.entries.push({ role: "tool", agentName: this.agentOf(span), parts, time: startTime, spanId })
  }

  make(number: number, failed: ReadonlyArray<Failed>, truncated: boolean): Turn {
    this.addOwnWords()
    return {
      _tag: "Turn",
      number,
      span: this.span,
      entries: this.entries.sort(Order.mapInput(Order.bigint, ({ time }: Entry) => time)),
      modelCalls: this.modelCalls,
      toolCalls: this.toolCalls,
      models: [...this.models].sort(),
      inputTokens: this.inputTokens,
      outputTokens: this.outputTokens,
      costUsd: this.costs.length === 0 ? undefined : sum(this.costs),
      errors: errorsOf(failed).slice(0, maxErrors).map(toFailure),
      truncated
    }
  }

  /** The words that the turn itself was given and answered, unless a model heard and said them. */
  private addOwnWords(): void {
    const { endTime, spanId, spanType, startTime } = this.span
    if (spanType === "model_generation" || spanType === "tool_call") return
    const agentName = this.span.agentName
    const { input, output } = contentOf(this.span)
    const since = input.findLastIndex(({ role }) => role !== "user")
    const heard = input.slice(since + 1).filter((message) => !this.isKnown("user", message))
    const said = output.slice(-1).filter((message) => !this.isKnown("assistant", message))
    this.entries.unshift(
      ...heard.map((message) => ({
        role: message.role,
        name: message.name,
        agentName,
        parts: this.partsOf(message),
        time: startTime,
        spanId
      }))
    )
    // After all that ends with it.
    for (const message of said) {
      const { name, role } = message
      this.entries.push({ role, name, agentName, parts: this.partsOf(message), time: endTime ?? startTime, spanId })
    }
  }

  /** Whether a message is among what was said, which may have it in a text of its own: a short one must be all of it. */
  private isKnown(role: string, { parts }: Message): boolean {
    const texts = parts.flatMap((part) =>
      part._tag === "Text" ? [part.text.trim().slice(0, this.kept.textLength)] : []
    )
    if (texts.length === 0) return parts.length === 0 || this.modelCalls > 0
    const said = this.entries.filter((entry) => entry.role === role).flatMap(({ parts }) => parts)
    return texts.every((text) =>
      said.some(
        (part) => part._tag === "Text" && (text.length < 16 ? part.text.trim() === text : part.text.includes(text))
      )
    )
  }

  /** The agent that a span is part of the work of. */
  private agentOf(span: SpanRecord): string | undefined {
    if (span.agentName !== undefined) return span.agentName
    let above = this.within.get(span.spanId)
    for (let depth = 0; above !== undefined && depth < 1_000; depth++) {
      if (above.spanType === "agent_run") return above.agentName
      above = above.parentSpanId === undefined ? undefined : this.within.get(above.parentSpanId)
    }
    return undefined
  }

  private partsOf({ parts }: Message): ReadonlyArray<Part> {
    return parts.flatMap((part) => this.toPart(part))
  }

  private toPart(part: RecordedPart): ReadonlyArray<Part> {
    switch (part._tag) {
      case "Text":
      case "Reasoning": {
        const { length } = part.text
        const room = this.roomFor(length)
        const text = length > room ? part.text.slice(0, room).toWellFormed() : part.text
        return [{ _tag: part._tag, text, omitted: length - text.length }]
      }
      case "ToolCall": {
        const use: Mutable<ToolUse> = {
          _tag: "ToolUse",
          id: part.id,
          name: part.name,
          arguments: this.short(part.arguments)
        }
        this.asked.push(use)
        return [use]
      }
      case "ToolResult": {
        const use = this.asked.find(
          ({ id, result }) => result === undefined && (part.id === undefined || id === undefined || id === part.id)
        )
        if (use === undefined) return [{ _tag: "ToolResult", id: part.id, result: this.short(part.result) }]
        use.result = this.short(part.result)
        return []
      }
      case "Media":
        return [this.toMedia(part)]
      case "Other":
        return [{ ...part, value: this.short(part.value) }]
    }
  }

  /** Data, as text where that is cut. */
  private short(value: Json): Json {
    const text = typeof value === "string" ? value : JSON.stringify(value)
    const room = this.roomFor(text.length)
    if (text.length <= room) return value
    return `${text.slice(0, room).toWellFormed()}…[${text.length - room} characters left out]`
  }

  /** So many of some characters as are kept. */
  private roomFor(length: number): number {
    const room = Math.min(length, this.kept.textLength, this.text)
    this.text -= room
    return room
  }

  private toMedia({ data, mediaType, uri }: RecordedPart & { readonly _tag: "Media" }): Part {
    if (data === undefined) return { _tag: "Media", mediaType, uri }
    const image = this.kept.images && data.length <= this.images ? images.dataUrl(mediaType, data) : undefined
    if (image === undefined) return { _tag: "Media", mediaType, placeholder: images.placeholder(mediaType, data) }
    this.images -= image.length
    return { _tag: "Media", mediaType, uri: image }
  }

  private spend(costUsd: number | undefined): void {
    if (costUsd !== undefined) this.costs.push(costUsd)
  }
}

/** A call whose id is missing, or was taken for a secret and masked. */
const sameCall = (waiting: ReadonlyArray<Mutable<ToolUse>>, name: string, id: Json | undefined, given: Json) => {
  const named = waiting.filter((use) => use.name === name)
  // No arguments are an empty object to some.
  const text = JSON.stringify(given ?? {})
  return (
    named.find((use) => JSON.stringify(use.arguments ?? {}) === text) ??
    named.find((use) => use.id === undefined || id === undefined)
  )
}

const callOf = (span: SpanRecord): ModelCall => ({
  spanId: span.spanId,
  model: span.model,
  status: span.status,
  statusMessage: span.statusMessage,
  startTime: span.startTime,
  endTime: span.endTime,
  inputTokens: span.inputTokens,
  outputTokens: span.outputTokens,
  costUsd: span.costUsd
})

const toFailure = ({ errorType, name, spanId, startTime, statusMessage }: Failed): Failure => ({
  spanId,
  name,
  errorType,
  message: statusMessage,
  time: startTime
})
