/** What a storage holds, asked and printed: every session, and what happened in one of them. */
import { Array, Chunk, Console, Effect, Option, Stream } from "effect"
import { type LogRecord, type SpanRecord, Storage } from "effect-observability"

/** Prints the table of sessions, one session as a tree, and the totals. */
export const print = Effect.gen(function* () {
  const sessions = yield* collect(Storage.listSessions)
  yield* Console.log(
    table("llrrrrrrrr", [
      ["SESSION", "STARTED", "TURNS", "SPANS", "ERRORS", "LOGS", "TOKENS IN", "OUT", "COST", "LASTED"],
      ...sessions.map((session) => [
        session.sessionId,
        new Date(Number(session.firstActivity / 1_000_000n)).toISOString().slice(0, 19),
        ...[session.turns, session.spans, session.errors, session.logs].map(String),
        ...[session.inputTokens, session.outputTokens].map(String),
        `$${session.costUsd.toFixed(4)}`,
        milliseconds(session.lastActivity - session.firstActivity)
      ])
    ])
  )

  // the first that failed
  const failed = yield* Storage.listSessions({
    filters: { hasError: true },
    pagination: { limit: 1 },
    orderBy: { field: "time", direction: "asc" }
  })
  for (const { sessionId } of Array.take([...failed.items, ...sessions], 1)) {
    yield* Console.log(`\nSession ${sessionId}\n\n${yield* tree(sessionId)}`)
  }

  const sum = yield* totals
  yield* Console.log(
    [
      `\n${sum.sessions} sessions, ${sum.turns} turns, ${sum.traces} traces`,
      `${sum.modelCalls} model calls, ${sum.toolCalls} tool calls, ${sum.refused} of them refused`,
      `${sum.spans} spans, ${sum.logs} logs, ${sum.withoutSession} of them without a session`,
      "Tokens and the time of the model are estimates: a transcript has neither."
    ].join("\n")
  )
})

/** Counts over everything that is stored. */
export const totals = Effect.gen(function* () {
  const spans = yield* collect(Storage.listSpans)
  const logs = yield* collect(Storage.listLogs)
  const ofType = (type: SpanRecord.SpanType) => spans.filter(({ spanType }) => spanType === type)
  return {
    sessions: (yield* collect(Storage.listSessions)).length,
    turns: ofType("agent_run").length,
    traces: (yield* collect(Storage.listTraces)).length,
    modelCalls: ofType("model_generation").length,
    toolCalls: ofType("tool_call").length,
    refused: ofType("tool_call").filter(({ status }) => status === "error").length,
    spans: spans.length,
    logs: logs.length,
    withoutSession: [...spans, ...logs].filter(({ sessionId }) => sessionId === undefined).length
  }
})

/** The turns of a session in their order, each with its spans and logs. */
const tree = Effect.fnUntraced(function* (sessionId: string) {
  const timeline = yield* collect((options) => Storage.sessionTimeline({ sessionId, ...options }))
  const turns = timeline.filter((item) => item._tag === "SpanRecord")
  const logs = timeline.filter((item) => item._tag === "LogRecord")
  const rows = yield* Effect.forEach(turns, (turn) =>
    Effect.map(Storage.getTrace(turn.traceId), (trace) =>
      branch(turn, [...Option.match(trace, { onNone: () => [], onSome: ({ spans }) => spans }), ...logs])
    )
  )
  return table("llrl", rows.flat())
})

/** A record and what is below it, a row each. */
const branch = (
  record: SpanRecord.SpanRecord | LogRecord.LogRecord,
  trace: ReadonlyArray<SpanRecord.SpanRecord | LogRecord.LogRecord>,
  [own, below] = ["", ""]
): Array<Array<string>> => {
  if (isLog(record)) {
    return [[`${own}· ${record.level}`, "log", "", oneLine(record.message)]]
  }
  const children = trace
    .filter((other) => (isLog(other) ? other.spanId : other.parentSpanId) === record.spanId)
    .sort((a, b) => Number(time(a) - time(b)))
  return [
    [
      own + record.name,
      record.spanType === "generic" ? "" : record.spanType,
      milliseconds((record.endTime ?? record.startTime) - record.startTime),
      record.status === "ok" ? usage(record) : `✗ ${oneLine(record.statusMessage ?? record.status)}`
    ],
    ...children.flatMap((child, i) =>
      branch(child, trace, i === children.length - 1 ? [`${below}└─ `, `${below}   `] : [`${below}├─ `, `${below}│  `])
    )
  ]
}

/** Every item of a list, page by page. */
export const collect = <A, E, R>(
  list: (options: { readonly pagination: Storage.Pagination }) => Effect.Effect<Storage.PaginatedResult<A>, E, R>
) =>
  Stream.paginateChunkEffect(undefined, (cursor: string | undefined) =>
    Effect.map(list({ pagination: { cursor, limit: 100 } }), ({ items, nextCursor }) => [
      Chunk.fromIterable(items),
      nextCursor
    ])
  ).pipe(Stream.runCollect, Effect.map(Chunk.toReadonlyArray))

const isLog = (record: SpanRecord.SpanRecord | LogRecord.LogRecord): record is LogRecord.LogRecord =>
  record._tag === "LogRecord"

const time = (record: SpanRecord.SpanRecord | LogRecord.LogRecord) =>
  isLog(record) ? record.timestamp : record.startTime

const milliseconds = (nanoseconds: bigint) => `${(Number(nanoseconds) / 1e6).toFixed(1)} ms`

const usage = ({ inputTokens, outputTokens }: SpanRecord.SpanRecord) =>
  inputTokens === undefined ? "" : `${inputTokens} → ${outputTokens} tokens`

const oneLine = (text: string) => {
  const line = text.replace(/\s+/g, " ")
  return line.length > 80 ? `${line.slice(0, 79)}…` : line
}

/** Rows of cells as aligned text; `alignment` has an `l` or an `r` for each column. */
const table = (alignment: string, rows: ReadonlyArray<ReadonlyArray<string>>) => {
  const widths = Array.makeBy(alignment.length, (column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, i) => (alignment[i] === "r" ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
        .join("  ")
        .trimEnd()
    )
    .join("\n")
}
