import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { mapInTurns } from "../../../runtime/eventLoop.js"
import { Level, type LogRecord } from "../../../signal/LogRecord.js"
import type { SpanRecord } from "../../../signal/SpanRecord.js"
import { type PaginatedResult, Storage, searchedTexts, wordsIn } from "../../../storage/Storage.js"
import * as Args from "./arguments.js"
import { status } from "./said.js"
import * as Text from "./text.js"
import * as Tool from "./tool.js"

export const search = Tool.make({
  name: "search",
  title: "Search spans, traces and logs",
  description:
    "Finds spans (calls of models and tools, runs of agents, requests), traces or logs by the words in them and by filters, " +
    "newest first, with the words around the first hit. Words are letters and digits in any case, all must occur; in double " +
    "quotes they must stand there literally. Without query it lists what fits the filters: with in=spans and " +
    "has_error=true, the latest failures; with min_duration_ms, the slow ones.",
  arguments: Schema.Struct({
    query: Args.optionalText('Words to find, as: refund denied. Or literally, as: "order 4711".'),
    in: Schema.optional(
      Schema.Literal("spans", "traces", "logs").annotations({
        description: "spans (the default); traces, of which some span fits; or logs."
      })
    ),
    ...Args.ofSpans,
    trace_id: Schema.optional(Args.traceId),
    level: Schema.optional(
      Level.annotations({ description: "Only logs of this level or a more severe one: for in=logs." })
    ),
    order: Schema.optional(
      Schema.Literal("newest", "oldest", "longest").annotations({
        description: "newest when absent; longest: not of logs."
      })
    ),
    limit: Args.integer("How many: 1 to 50, 20 when absent.", 1, 50),
    cursor: Args.cursor
  }),
  run: (given) =>
    Effect.gen(function* () {
      const storage = yield* Storage
      const pagination = { limit: given.limit ?? 20, cursor: given.cursor }
      const direction = given.order === "oldest" ? ("asc" as const) : ("desc" as const)
      const words = given.query === undefined ? [] : wordsIn(given.query)
      if (given.in === "logs") {
        const other = ofSpansAlone.filter((name) => given[name] !== undefined)
        if (other.length > 0)
          return yield* Tool.misfit(`- ${other[0]}: logs have none; it is for in=spans or in=traces`)
        if (given.order === "longest") return yield* Tool.misfit("- order: logs have no duration")
        const filters = yield* Args.toCommon(given)
        return yield* answer(
          yield* storage.listLogs({
            filters: { ...filters, traceId: given.trace_id, minLevel: given.level, search: given.query },
            orderBy: { field: "time", direction },
            pagination
          }),
          (log) => ofLog(log, words)
        )
      }
      if (given.level !== undefined) return yield* Tool.misfit("- level: it is for in=logs")
      const filters = yield* Args.toSpanFilters({ ...given, search: given.query })
      const list = given.in === "traces" ? storage.listTraces : storage.listSpans
      return yield* answer(
        yield* list({
          filters: { ...filters, traceId: given.trace_id },
          orderBy: { field: given.order === "longest" ? "duration" : "time", direction },
          pagination
        }),
        (span) => ofSpan(span, words)
      )
    })
})

const ofSpansAlone = [
  "type",
  "status",
  "name",
  "model",
  "provider",
  "tool",
  "agent",
  "error_type",
  "has_error",
  "min_duration_ms"
] as const

const answer = <A>({ items, nextCursor }: PaginatedResult<A>, lines: (item: A) => ReadonlyArray<string>) =>
  Effect.map(
    mapInTurns(items, lines),
    (blocks): Tool.Answer => ({ text: Text.list(blocks, Option.getOrUndefined(nextCursor), "Nothing fits.") })
  )

const ofSpan = (span: SpanRecord, words: ReadonlyArray<string>): ReadonlyArray<string> => [
  `- ${Text.facts(
    Text.inline(span.name, 100),
    span.spanType === "generic" ? undefined : span.spanType,
    status(span),
    span.errorType !== undefined && Text.inline(span.errorType, 60),
    Text.time(span.startTime),
    span.endTime !== undefined && Text.ms(span.endTime - span.startTime),
    span.model !== undefined && Text.inline(span.model, 60),
    span.inputTokens !== undefined && `${span.inputTokens} → ${span.outputTokens ?? 0} tokens`,
    span.costUsd !== undefined && Text.usd(span.costUsd)
  )}`,
  `  ${Text.facts(
    span.sessionId !== undefined && `session_id ${Text.inline(span.sessionId)}`,
    `trace_id ${span.traceId} span_id ${span.spanId}`
  )}`,
  ...hit(span, words)
]

const ofLog = (log: LogRecord, words: ReadonlyArray<string>): ReadonlyArray<string> => [
  `- ${Text.facts(
    log.level,
    Text.time(log.timestamp),
    log.sessionId !== undefined && `session_id ${Text.inline(log.sessionId)}`,
    log.traceId !== undefined && `trace_id ${log.traceId} span_id ${log.spanId ?? ""}`
  )}`,
  ...Text.quote(Text.inline(log.message, 300), 300, "").map((line) => `  ${line}`),
  ...(wordsIn(log.message).some((word) => words.includes(word)) ? [] : hit(log, words))
]

/** The text around the first word that was looked for. */
const hit = (record: object, words: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (words.length === 0) return []
  for (const text of searchedTexts(record)) {
    const at = positionOf(text, words)
    if (at === undefined) continue
    const from = Math.max(0, at - 80)
    const around = `${from > 0 ? "…" : ""}${text.slice(from, at + 160)}${at + 160 < text.length ? "…" : ""}`
    return Text.quote(Text.inline(around, 260), 260, "").map((line) => `  ${line}`)
  }
  return []
}

/** Where the first of some words stands, which the text may have in other letters. */
const positionOf = (text: string, words: ReadonlyArray<string>): number | undefined => {
  const lower = text.toLowerCase()
  for (const word of words) {
    const at = lower.indexOf(word)
    if (at >= 0) return at
  }
  return undefined
}
