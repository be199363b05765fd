/**
 * Summaries of sessions.
 */
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Struct from "effect/Struct"
import { mapInTurns } from "../../../../runtime/eventLoop.js"
import { replay } from "../../../../signal/conventions/effectObservability.js"
import { largest } from "../../../../signal/internal/exact.js"
import {
  askedForInput,
  askedForOutput,
  inputAttributes,
  outputAttributes,
  saidAttributes,
  speakersOf
} from "../../../../signal/internal/said.js"
import type { Json, JsonObject } from "../../../../signal/Json.js"
import type { LogRecord } from "../../../../signal/LogRecord.js"
import type { Score } from "../../../../signal/Score.js"
import type { SessionSummary } from "../../../../signal/SessionSummary.js"
import type { SpanRecord } from "../../../../signal/SpanRecord.js"
import { earliestTime, said, summarized } from "../../../internal/summarized.js"
import { snakeCase } from "../../../sql/identifiers.js"
import { decodeSummary, isSummed, restOf, type ScoresOfName, type SummaryRow, summed } from "../../../sql/summary.js"
import { complete, pend } from "../../../sql/whole.js"
import type { DuckDbClient } from "../../DuckDbClient.js"
import { parse } from "../mend.js"
import * as Messages from "../messages.js"
import type { JsonRow, Table, Tables } from "../table.js"

/**
 * The summaries of the sessions that there are, in the order of their ids here. None has a record before the time, where
 * one is given.
 */
export const summaries = (
  sql: DuckDbClient,
  tables: Tables,
  ids: ReadonlyArray<string>,
  from = earliestTime
): Effect.Effect<ReadonlyArray<SessionSummary>, SqlError> => {
  if (ids.length === 0) return Effect.succeed([])
  const among =
    ids.length <= fewValues
      ? sql.in("session_id", ids)
      : sql`session_id IN (SELECT unnest(from_json(${JSON.stringify(ids)}, '["VARCHAR"]')))`
  // Rows are read one by one from an index, which is slow for so many columns: it finds them, and a scan reads them.
  const spansAmong =
    ids.length > fewValues || from !== earliestTime
      ? sql`${among} AND start_time >= ${from}`
      : sql`rowid IN (SELECT rowid FROM ${sql.literal(tables.spans.quoted)} WHERE ${among})`
  return sql<JsonRow>`
    WITH span_rows AS MATERIALIZED (
      SELECT rowid AS row_id, session_id, trace_id, span_id, parent_span_id, entry_key, start_time, end_time, user_id, model,
        agent_name, span_type, cost_source, replayed,
        status = 'error' AND NOT replayed AS failed, error_type,
        CASE WHEN status = 'error' THEN status_message END AS message,
        ${sql.literal(sums.map(({ column }) => column).join(", "))}
      FROM ${sql.literal(tables.spans.quoted)} WHERE ${spansAmong}
    ), log_rows AS MATERIALIZED (
      SELECT session_id, timestamp, user_id FROM ${sql.literal(tables.logs.quoted)} WHERE ${among}
    ), linked AS (
      SELECT span.*, span.entry_key IS NOT NULL OR parent.span_id IS NULL AS is_turn,
        CASE WHEN ${sql.literal(isErrorOfParent)} THEN span.trace_id || span.parent_span_id END AS explained
      FROM span_rows AS span LEFT JOIN span_rows AS parent ON parent.session_id = span.session_id
        AND parent.trace_id = span.trace_id AND parent.span_id = span.parent_span_id
    ), of_spans AS (
      SELECT session_id, min(start_time) AS first_activity, max(greatest(start_time, end_time)) AS last_activity,
        count(DISTINCT trace_id) AS traces, count(*) AS spans, count(*) FILTER (WHERE is_turn) AS turns,
        count(*) FILTER (WHERE failed) - count(DISTINCT explained) AS errors,
        ${sql.literal(sumsOfSpans)}, ${sql.literal(["user_id", "model", "agent_name"].map(distinctOf).join(", "))},
        ${sql.literal(speakers)}
      FROM linked GROUP BY session_id
    ), of_logs AS (
      SELECT session_id, min(timestamp) AS first_activity, max(timestamp) AS last_activity, count(*) AS logs,
        ${sql.literal(distinctOf("user_id"))}
      FROM log_rows GROUP BY session_id
    ), of_scores AS (${scoresOf(sql, tables, among)}), of_speakers AS (${speakersIn(sql, tables)})
    SELECT to_json({
      sessionId: session_id,
      firstActivity: least(of_spans.first_activity, of_logs.first_activity)::VARCHAR,
      lastActivity: greatest(of_spans.last_activity, of_logs.last_activity)::VARCHAR,
      traces: coalesce(traces, 0), spans: coalesce(spans, 0), turns: coalesce(turns, 0), errors: coalesce(errors, 0),
      logs: coalesce(logs, 0),
      ${sql.literal(totals)}, ${sql.literal(
        Object.entries(speakerOf)
          .map(([name]) => `"${name}": ${name}`)
          .join(", ")
      )},
      users: list_concat(coalesce(of_spans.user_ids, []), coalesce(of_logs.user_ids, [])),
      models: coalesce(models, []), agents: coalesce(agent_names, []), scores: coalesce(scores, []), said: coalesce(said, [])
    })::VARCHAR AS json
    FROM of_spans FULL JOIN of_logs USING (session_id) LEFT JOIN of_scores USING (session_id)
    LEFT JOIN of_speakers USING (session_id)`.pipe(
    Effect.flatMap((rows) => decodeRows(sql, tables, rows)),
    Effect.map((found) => {
      const byId = new Map(found.map((summary) => [summary.sessionId as string, summary]))
      return ids.flatMap((id) => byId.get(id) ?? [])
    })
  )
}

/** The sums of the scores of sessions, by their names. */
const scoresOf = (sql: DuckDbClient, tables: Tables, among: Fragment): Fragment => sql`
      SELECT session_id, list(scored) AS scores FROM (
        SELECT session_id, {name: name, count: count(*), billionths: sum(${sql.literal(billionths("value"))})::VARCHAR,
          rest: coalesce(sum(${sql.literal(rest("value"))}), 0)} AS scored
        FROM ${sql.literal(tables.scores.quoted)}
        WHERE ${among} AND data_type IN ('numeric', 'boolean') AND value IS NOT NULL GROUP BY session_id, name
      ) GROUP BY session_id`

/** The spans that may tell what was said, of the sessions in `of_spans`. */
const speakersIn = (sql: DuckDbClient, tables: Tables): Fragment => sql`
      SELECT session_id, list({row: spans.rowid, traceId: trace_id, spanId: span_id, startTime: start_time::VARCHAR,
        said: ${sql.literal(messagesOf(tables.spans))}, messages: ${sql.literal(tables.spans.jsonColumn("messages"))}}) AS said
      FROM (SELECT DISTINCT unnest([${sql.literal(Object.keys(speakerOf).join(", "))}]) AS row_id FROM of_spans) AS speaker
      JOIN ${sql.literal(tables.spans.quoted)} AS spans ON spans.rowid = speaker.row_id
      GROUP BY session_id`

/**
 * The summary of a session, if there is one. Most of the time that the statement above takes for few rows is that of its
 * planning, so those are read plainly, and summed here.
 */
export const summary = Effect.fnUntraced(function* (sql: DuckDbClient, tables: Tables, sessionId: string) {
  const from = ({ quoted }: Table) => sql`FROM ${sql.literal(quoted)} WHERE session_id = ${sessionId}`
  const [count] = yield* sql<{ readonly spans: number; readonly logs: number; readonly scores: number }>`
    SELECT (SELECT count(*) ${from(tables.spans)}) AS spans, (SELECT count(*) ${from(tables.logs)}) AS logs,
      (SELECT count(*) ${from(tables.scores)}) AS scores`
  const { logs = 0, scores = 0, spans = 0 } = count ?? {}
  if (logs + spans === 0) return Option.none()
  if (logs + spans + scores > fewToSum) return Option.fromNullable((yield* summaries(sql, tables, [sessionId]))[0])
  const read = <R>(table: Table<R>, json: string) =>
    Effect.map(sql<JsonRow>`SELECT ${sql.literal(json)} AS json ${from(table)}`, (rows) => rows.map(table.decode))
  const found = spans === 0 ? [] : yield* read<SpanRecord>(tables.spans, spanJson)
  const [first, last] = [askedForInput(speakersOf(found, 1)), askedForOutput(speakersOf(found, -1))]
  const rows =
    first.length + last.length === 0
      ? []
      : yield* sql<JsonRow>`
        SELECT to_json({traceId: trace_id, spanId: span_id, said: ${sql.literal(messagesOf(tables.spans))},
          messages: ${sql.literal(tables.spans.jsonColumn("messages"))}})::VARCHAR AS json
        ${from(tables.spans)} AND ${sql.in(
          "span_id",
          [...first, ...last].map(({ spanId }) => spanId)
        )}`
  const spansSpeaking = rows.map(({ json }) => {
    const row = parse(json) as unknown as Pick<Speaker, "traceId" | "spanId" | "said" | "messages">
    const isIt = ({ spanId, traceId }: SpanRecord) => spanId === row.spanId && traceId === row.traceId
    const names = [...(first.some(isIt) ? inputAttributes : []), ...(last.some(isIt) ? outputAttributes : [])]
    return speaking({ ...row, sessionId, names })
  })
  yield* complete(spansSpeaking, Messages.make(sql, tables).read)
  const attributes = new Map(spansSpeaking.map((span) => [span.traceId + span.spanId, span.attributes]))
  return Option.some(
    summarized(
      sessionId,
      found,
      logs === 0 ? [] : yield* read<LogRecord>(tables.logs, logJson),
      scores === 0 ? [] : yield* read<Score>(tables.scores, scoreJson),
      ({ spanId, traceId }) => attributes.get(traceId + spanId) ?? {}
    ).summary
  )
})

/** As many spans, logs and scores as are read and summed sooner than DuckDB plans to. */
const fewToSum = 200

/** As many values as an index is asked for at once. */
const fewValues = 100

/** A span that tells what was said: its place, and its attributes of messages. */
interface Speaker {
  readonly row: number
  readonly traceId: string
  readonly spanId: string
  readonly startTime: string
  readonly said: ReadonlyArray<Json> | null
  /** Of which messages its attributes are made. */
  readonly messages: { readonly [attribute: string]: unknown } | null
}

type Side = keyof typeof speakerOf

interface Row extends SummaryRow, Partial<Record<Side, number>> {
  readonly said: ReadonlyArray<Speaker>
  readonly scores: ReadonlyArray<ScoresOfName>
}

const decodeRows = Effect.fnUntraced(function* (sql: DuckDbClient, tables: Tables, rows: ReadonlyArray<JsonRow>) {
  const found = yield* mapInTurns(rows, ({ json }) => {
    const row = parse(json) as unknown as Row
    return { row, speaking: row.said.map((speaker) => speakingOf(row, speaker)) }
  })
  const spans = found.flatMap(({ speaking }) => speaking)
  yield* complete(spans, Messages.make(sql, tables).read)
  return found.map(({ row, speaking }) => decodeRow(row, speaking))
})

/** A span of which the messages are to be made, as far as a summary has any of them. */
const speakingOf = (row: Row, { messages, row: id, said, startTime, ...ids }: Speaker) => {
  const names = (Object.keys(speakerOf) as ReadonlyArray<Side>)
    .filter((side) => row[side] === id)
    .flatMap((side) => (side.startsWith("first") ? inputAttributes : outputAttributes))
  return speaking({ ...ids, id, sessionId: row.sessionId, startTime: BigInt(startTime), said, messages, names })
}

const speaking = <S extends Pick<Speaker, "said" | "messages"> & { readonly names: ReadonlyArray<string> }>({
  messages,
  names,
  said,
  ...span
}: S) => pend({ ...span, attributes: attributesOf(said) }, messages && Struct.pick(messages, ...names))

const decodeRow = (row: Row, speaking: ReadonlyArray<ReturnType<typeof speakingOf>>): SessionSummary => {
  const at = (side: Side) => speaking.find(({ id }) => id === row[side])
  return decodeSummary(
    row,
    row.scores,
    said(
      { entry: at("first_entry"), agent: at("first_agent"), model: at("first_model") },
      { entry: at("last_entry"), agent: at("last_agent"), model: at("last_model") },
      ({ attributes }) => attributes
    )
  )
}

const attributesOf = (said: ReadonlyArray<Json> | null): JsonObject =>
  Object.fromEntries(saidAttributes.map((name, i) => [name, said?.[i] ?? null]))

/** A replayed span has used nothing. */
const sums = summed.map(({ kind, name }) => ({
  name,
  kind,
  column: `"${snakeCase(name)}"`,
  isCounted: `${isSummed(name, "span_type", "cost_source")} AND NOT replayed`
}))

/** The error of a parent came from this child, which is not the parent itself. */
const isErrorOfParent = `span.failed AND parent.failed AND span.span_id <> parent.span_id
  AND span.error_type IS NOT DISTINCT FROM parent.error_type AND (span.message IS NULL OR span.message = parent.message)`

/** The JSON of a span, as far as a summary needs it. */
const spanJson = `to_json({
  traceId: trace_id, spanId: span_id, parentSpanId: parent_span_id, parentIsRemote: parent_is_remote,
  startTime: start_time::VARCHAR, endTime: end_time::VARCHAR, userId: user_id, model: model, agentName: agent_name,
  spanType: span_type, costSource: cost_source, status: status,
  statusMessage: status_message, errorType: error_type, attributes: {"${replay}": replayed},
  ${sums.map(({ column, name }) => `"${name}": ${column}`).join(", ")}
})::VARCHAR`

/** The same of a log. */
const logJson = "to_json({timestamp: timestamp::VARCHAR, userId: user_id})::VARCHAR"

/** The same of a score. */
const scoreJson = "to_json({name: name, dataType: data_type, value: value})::VARCHAR"

const distinctOf = (column: string): string =>
  `list(DISTINCT ${column}) FILTER (WHERE ${column} IS NOT NULL) AS ${column}s`

/** Decimals as whole billionths, and those that are too large for that. */
const billionths = (column: string): string =>
  `CASE WHEN abs(${column}) <= ${largest} THEN floor(${column} * 1e9 + 0.5)::BIGINT ELSE 0 END`
const rest = (column: string): string => `CASE WHEN abs(${column}) <= ${largest} THEN 0 ELSE ${column} END`

const sumsOfSpans = sums
  .flatMap(({ column, isCounted, kind, name }) =>
    kind === "real"
      ? [
          `sum(${billionths(column)}) FILTER (WHERE ${isCounted}) AS ${column}`,
          `sum(${rest(column)}) FILTER (WHERE ${isCounted}) AS "${restOf(name)}"`
        ]
      : [`sum(${column}) FILTER (WHERE ${isCounted}) AS ${column}`]
  )
  .join(", ")

const totals = sums
  .flatMap(({ column, kind, name }) =>
    kind === "real"
      ? [`"${name}": coalesce(${column}, 0)::VARCHAR`, `"${restOf(name)}": coalesce("${restOf(name)}", 0)`]
      : [`"${name}": coalesce(${column}, 0)`]
  )
  .join(", ")

/** The spans that may tell what was said first and last. */
const speakerOf = {
  first_entry: "entry_key IS NOT NULL",
  first_agent: "span_type = 'agent_run'",
  first_model: "span_type = 'model_generation'",
  last_entry: "entry_key IS NOT NULL",
  last_agent: "span_type = 'agent_run'",
  last_model: "span_type = 'model_generation'"
}

const speakers = Object.entries(speakerOf)
  .map(
    ([name, holds]) =>
      `${name.startsWith("first") ? "arg_min" : "arg_max"}(row_id, row(start_time, trace_id, span_id)) FILTER (WHERE ${holds}) AS ${name}`
  )
  .join(", ")

/** The attributes of messages, in their order. */
const messagesOf = (spans: Table): string =>
  `json_extract(${spans.jsonColumn("attributes")}, [${saidAttributes.map((name) => `'/${name}'`).join(", ")}])`
