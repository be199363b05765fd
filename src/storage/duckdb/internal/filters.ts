/**
 * Filters as conditions.
 */
import type { Fragment } from "@effect/sql/Statement"
import type { Json } from "../../../signal/Json.js"
import { Level } from "../../../signal/LogRecord.js"
import { correlationIds, type LogFilters, type SpanFilters } from "../../internal/query.js"
import type { DuckDbClient } from "../DuckDbClient.js"
import { traceKey } from "./schema.js"

const columnOf = {
  sessionId: "session_id",
  threadId: "thread_id",
  runId: "run_id",
  requestId: "request_id",
  resourceId: "resource_id",
  userId: "user_id",
  organizationId: "organization_id",
  conversationId: "conversation_id",
  serviceName: "service_name",
  environment: "environment",
  traceId: "trace_id",
  spanType: "span_type",
  name: "name",
  status: "status",
  model: "model",
  level: "level"
} as const

type Equality = keyof typeof columnOf
type Filters = SpanFilters & LogFilters

const ofRow = [...correlationIds, "serviceName", "environment"] as const
const ofSpan = [...ofRow, "spanType", "name", "status", "model"] as const

export const make = (sql: DuckDbClient) => {
  const equal = (filters: Filters, fields: ReadonlyArray<Equality>): Array<Fragment> =>
    fields.flatMap((field) => {
      const value = filters[field]
      return value === undefined ? [] : [sql`${sql.literal(columnOf[field])} = ${value}`]
    })

  const ifDefined = <A>(value: A | undefined, condition: (value: A) => Fragment): Array<Fragment> =>
    value === undefined ? [] : [condition(value)]

  const json = (value: Json) => sql`json_extract(${JSON.stringify(value)}, '$')`

  /** Whether there is a value at a JSON pointer into the metadata that equals another, in whatever order its keys are. */
  const metadataIs = (pointer: string, value: Json): Fragment => {
    if (typeof value !== "object" || value === null) return sql`json_extract(metadata, ${pointer}) = ${json(value)}`
    const [type, size] = Array.isArray(value)
      ? ["ARRAY", sql`json_array_length(metadata, ${pointer})`]
      : ["OBJECT", sql`len(json_keys(metadata, ${pointer}))`]
    const parts = Object.entries(value)
    return sql.and([
      sql`json_type(metadata, ${pointer}) = ${type}`,
      sql`${size} = ${parts.length}`,
      ...parts.map(([key, part]) => metadataIs(`${pointer}/${escapePointer(key)}`, part as Json))
    ])
  }

  const labels = ({ metadata, tags }: Filters): Array<Fragment> => [
    ...ifDefined(tags, (tags) => sql`json_contains(tags, ${JSON.stringify(tags)})`),
    ...ifDefined(metadata, (metadata) =>
      sql.and([
        sql`true`,
        ...Object.entries(metadata).map(([key, value]) => metadataIs(`/${escapePointer(key)}`, value))
      ])
    )
  ]

  const startedIn = (time: Fragment, { startedAfter, startedBefore }: Filters): Array<Fragment> => [
    ...ifDefined(startedAfter, (from) => sql`${time} >= ${from}`),
    ...ifDefined(startedBefore, (to) => sql`${time} < ${to}`)
  ]

  const lasting = ({ minDuration }: Filters, duration: Fragment): Array<Fragment> =>
    ifDefined(minDuration, (least) => sql`${duration} >= ${least}`)

  const lowerAscii = (text: Fragment) =>
    sql`translate(${text}, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')`

  const duration = sql`end_time::HUGEINT - start_time`

  /** The key finds the rows, the id makes sure. */
  const inTrace = (traceId: string): Fragment => sql`trace_key = ${traceKey(traceId)} AND trace_id = ${traceId}`

  return {
    inTrace,

    ofSpan: (filters: SpanFilters): Array<Fragment> => [
      ...equal(filters, ofSpan),
      ...ifDefined(filters.traceId, inTrace),
      ...labels(filters),
      ...startedIn(sql`start_time`, filters),
      ...lasting(filters, duration),
      ...ifDefined(filters.hasError, (failed) => sql`(status = 'error') = ${failed}`)
    ],

    ofLog: (filters: LogFilters): Array<Fragment> => [
      ...equal(filters, [...ofRow, "traceId", "level"]),
      ...labels(filters),
      ...startedIn(sql`timestamp`, filters),
      ...ifDefined(filters.minLevel, (least) => sql.in("level", Level.literals.slice(Level.literals.indexOf(least)))),
      // What is equal but for the case of ASCII letters is so but for any case, which is found out far faster.
      ...ifDefined(filters.search, (part) =>
        sql.and([
          sql`contains(lower(message), lower(${part}))`,
          sql`contains(${lowerAscii(sql`message`)}, ${lowerAscii(sql`${part}`)})`
        ])
      )
    ],

    /** What `listTraces` asks of the entry span. */
    ofEntrySpan: (filters: SpanFilters, spans: Fragment): Array<Fragment> => [
      ...equal(filters, ["serviceName", "environment", "name", "status"]),
      ...startedIn(sql`start_time`, filters),
      ...lasting(filters, duration),
      ...(filters.hasError === false
        ? [sql`trace_id NOT IN (SELECT trace_id FROM ${spans} WHERE status = 'error')`]
        : [])
    ],

    /** What `listTraces` asks of some span of the trace, each condition for itself. */
    ofSomeSpan: (filters: SpanFilters): Array<Fragment> => [
      ...equal(filters, [...correlationIds, "spanType", "model"]),
      ...labels(filters),
      ...ifDefined(filters.traceId, inTrace),
      ...(filters.hasError === true ? [sql`status = 'error'`] : [])
    ],

    /** What `listSessions` asks of every row; of some row, as conditions of spans and logs in pairs; and of the session. */
    ofSessions: ({ sessionId, ...filters }: SpanFilters) => {
      const any = [...equal(filters, [...ofRow, "traceId"]), ...labels(filters)]
      const spansOnly = equal(filters, ["spanType", "name", "status", "model"])
      return {
        ofRow: sessionId === undefined ? sql`session_id IS NOT NULL` : sql`session_id = ${sessionId}`,
        ofSpans: [...any, ...spansOnly],
        ofLogs: [...any, ...spansOnly.map(() => sql`false`)],
        ofSession: [
          ...ifDefined(filters.startedAfter, (from) => sql`last_activity >= ${from}`),
          ...ifDefined(filters.startedBefore, (to) => sql`first_activity < ${to}`),
          ...lasting(filters, sql`last_activity::HUGEINT - first_activity`),
          ...ifDefined(filters.hasError, (failed) => sql`failed = ${failed}`)
        ]
      }
    }
  }
}

const escapePointer = (key: string) => key.replaceAll("~", "~0").replaceAll("/", "~1")
