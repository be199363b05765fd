/**
 * Filters as conditions. What may change while a span runs is asked twice: of all rows, to find those that may do, and of
 * the row with the highest version, to decide.
 */
import type { Fragment } from "@effect/sql/Statement"
import type { ClickhouseClient } from "@effect/sql-clickhouse/ClickhouseClient"
import { Level } from "../../../signal/LogRecord.js"
import { canonical, correlationIds, type LogFilters, type SpanFilters } from "../../internal/query.js"

const columnOf = {
  sessionId: "SessionId",
  threadId: "ThreadId",
  runId: "RunId",
  requestId: "RequestId",
  resourceId: "ResourceId",
  userId: "UserId",
  organizationId: "OrganizationId",
  conversationId: "ConversationId",
  serviceName: "ServiceName",
  environment: "Environment",
  traceId: "TraceId",
  spanType: "SpanType",
  name: "Name",
  status: "Status",
  model: "Model",
  level: "Level"
} as const

type Equality = keyof typeof columnOf
type Filters = SpanFilters & LogFilters

const ofRow = [...correlationIds, "serviceName", "environment", "traceId"] as const
const ofSpan = [...ofRow, "spanType", "name", "status", "model"] as const

/** The key of a span: where its rows are in the table. */
export interface SpanPlace {
  readonly start: string
  readonly traceId: string
  readonly spanId: string
}

/** The key of a log. */
export interface LogPlace {
  readonly time: string
  readonly logId: string
}

export const make = (sql: ClickhouseClient) => {
  const text = (value: string) => sql.param("String", value)
  const texts = (values: ReadonlyArray<string>) => sql.param("Array(String)", values)
  const wide = (value: bigint) => sql.param("Int128", value)
  const nanos = (time: bigint) => sql`fromUnixTimestamp64Nano(${sql.param("Int64", time)}, 'UTC')`

  const equal = (filters: Filters, fields: ReadonlyArray<Equality>): Array<Fragment> =>
    fields.flatMap((field) => {
      const value = filters[field]
      return value === undefined ? [] : [sql`${sql.literal(columnOf[field])} = ${text(value)}`]
    })

  const ifDefined = <A>(value: A | undefined, condition: (value: A) => Fragment): Array<Fragment> =>
    value === undefined ? [] : [condition(value)]

  const labels = ({ metadata, tags }: Filters): Array<Fragment> => [
    ...ifDefined(tags, (tags) => sql`hasAll(Tags, ${texts(tags)})`),
    ...ifDefined(metadata, (metadata) =>
      all(Object.entries(metadata).map(([key, value]) => sql`Metadata[${text(key)}] = ${text(canonical(value))}`))
    )
  ]

  const startedIn = (time: Fragment, { startedAfter, startedBefore }: Filters): Array<Fragment> => [
    ...ifDefined(startedAfter, (from) => sql`${time} >= ${nanos(from)}`),
    ...ifDefined(startedBefore, (to) => sql`${time} < ${nanos(to)}`)
  ]

  const lasting = ({ minDuration }: Filters): Array<Fragment> =>
    ifDefined(minDuration, (least) => sql`${duration} >= ${wide(least)}`)

  const failed = sql`Status = 'error'`
  const duration = sql`(toInt128(toUnixTimestamp64Nano(EndTime)) - toInt128(toUnixTimestamp64Nano(StartTime)))`

  const all = (conditions: ReadonlyArray<Fragment>): Fragment => sql.and([sql`true`, ...conditions])

  const times = (values: ReadonlyArray<string>) => sql.param("Array(Int64)", values.map(BigInt))

  return {
    isSpanAt: (places: ReadonlyArray<SpanPlace>): Fragment => sql`(StartTime, TraceId, SpanId) IN (
      SELECT fromUnixTimestamp64Nano(place.1, 'UTC'), place.2, place.3 FROM (SELECT arrayJoin(arrayZip(
        ${times(places.map((place) => place.start))}, ${texts(places.map((place) => place.traceId))},
        ${texts(places.map((place) => place.spanId))})) AS place))`,

    /** The rows at places and perhaps some more, found in less time than those that `isSpanAt` finds. */
    nearSpans: (places: ReadonlyArray<SpanPlace>): Fragment => sql`
      StartTime IN (SELECT fromUnixTimestamp64Nano(arrayJoin(${times(places.map((place) => place.start))}), 'UTC'))
      AND TraceId IN ${texts(places.map((place) => place.traceId))}
      AND SpanId IN ${texts(places.map((place) => place.spanId))}`,

    isLogAt: (places: ReadonlyArray<LogPlace>): Fragment => sql`(Timestamp, LogId) IN (
      SELECT fromUnixTimestamp64Nano(place.1, 'UTC'), place.2 FROM (SELECT arrayJoin(arrayZip(
        ${times(places.map((place) => place.time))}, ${texts(places.map((place) => place.logId))})) AS place))`,

    all,
    duration,
    nanos,
    text,
    texts,
    wide,

    /** Whether a condition holds, where NULL is no answer. */
    holds: (conditions: ReadonlyArray<Fragment>): Fragment => sql`ifNull(${all(conditions)}, false)`,

    ofSpan: (filters: SpanFilters): Array<Fragment> => [
      ...equal(filters, ofSpan),
      ...labels(filters),
      ...startedIn(sql`StartTime`, filters),
      ...lasting(filters),
      ...ifDefined(filters.hasError, (wanted) => (wanted ? failed : sql`NOT (${failed})`))
    ],

    ofLog: (filters: LogFilters): Array<Fragment> => [
      ...equal(filters, [...ofRow, "level"]),
      ...labels(filters),
      ...startedIn(sql`Timestamp`, filters),
      ...ifDefined(
        filters.minLevel,
        (least) => sql`has(${texts(Level.literals.slice(Level.literals.indexOf(least)))}, Level)`
      ),
      ...ifDefined(filters.search, (part) => sql`position(lower(Message), lower(${text(part)})) > 0`)
    ],

    /** What `listTraces` asks of the entry span. */
    ofEntrySpan: (filters: SpanFilters): Array<Fragment> => [
      ...equal(filters, ["serviceName", "environment", "name", "status"]),
      ...startedIn(sql`StartTime`, filters),
      ...lasting(filters)
    ],

    /** What `listTraces` asks of some span of the trace, each condition for itself. */
    ofSomeSpan: (filters: SpanFilters): Array<Fragment> => [
      ...equal(filters, [...correlationIds, "traceId", "spanType", "model"]),
      ...labels(filters),
      ...(filters.hasError === true ? [failed] : [])
    ],

    /** What `listSessions` asks of some row, as conditions of spans and logs in pairs. */
    ofSessions: (filters: SpanFilters) => {
      const any = [...equal(filters, ofRow.slice(1)), ...labels(filters)]
      const spansOnly = [
        ...equal(filters, ["spanType", "name", "status", "model"]),
        ...(filters.hasError === true ? [sql`${failed} AND NOT Replayed`] : [])
      ]
      return { ofSpans: [...any, ...spansOnly], ofLogs: [...any, ...spansOnly.map(() => sql`false`)] }
    }
  }
}
