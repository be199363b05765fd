/**
 * What a storage can be asked, and what it answers.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { Json } from "../signal/Json.js"
import type { Level, LogRecord } from "../signal/LogRecord.js"
import type { MetricKind, MetricPoint } from "../signal/MetricPoint.js"
import type { Score, ScoreDataType, ScoreSource } from "../signal/Score.js"
import type { SessionSummary } from "../signal/SessionSummary.js"
import type { SpanRecord, SpanStatus, SpanType } from "../signal/SpanRecord.js"
import type { RecordOf, SessionSignal, SignalName } from "../signal/signals.js"
import type { AggregateRow, Dimension, Group, Interval, Measure, MeasureValue } from "./Aggregate.js"
import type { StorageError } from "./StorageError.js"

/**
 * What spans, logs, traces and sessions can all be filtered by. Every filter must hold.
 *
 * @since 0.1.0
 * @category models
 */
export interface CommonFilters {
  readonly sessionId?: string | undefined
  readonly threadId?: string | undefined
  readonly runId?: string | undefined
  readonly requestId?: string | undefined
  readonly resourceId?: string | undefined
  readonly userId?: string | undefined
  readonly organizationId?: string | undefined
  readonly conversationId?: string | undefined
  readonly serviceName?: string | undefined
  readonly environment?: string | undefined
  readonly traceId?: string | undefined
  /** Has all of these. */
  readonly tags?: ReadonlyArray<string> | undefined
  /** Each of these keys has this JSON value. */
  readonly metadata?: { readonly [key: string]: Json } | undefined
  /** At or after: nanoseconds since the epoch. */
  readonly startedAfter?: bigint | undefined
  /** Before, exclusively: nanoseconds since the epoch. */
  readonly startedBefore?: bigint | undefined
}

/**
 * Asked of the span itself by `listSpans`. `listTraces` asks the ids from `sessionId` to `conversationId`, `spanType`,
 * `model`, `provider`, `toolName`, `agentName`, `errorType`, `tags`, `metadata`, `hasError` and `search` of any span of
 * the trace, and the rest of the span that it shows.
 *
 * @since 0.1.0
 * @category models
 */
export interface SpanFilters extends CommonFilters {
  readonly spanType?: SpanType | undefined
  readonly name?: string | undefined
  readonly status?: SpanStatus | undefined
  /** The model that answered, or the one that was asked for. */
  readonly model?: string | undefined
  readonly provider?: string | undefined
  readonly toolName?: string | undefined
  readonly agentName?: string | undefined
  /** The kind of a failure, as `error.type` says it: `"429"`, `"NoSeats"`. */
  readonly errorType?: string | undefined
  /** Completed, and at least this long. */
  readonly minDuration?: Duration.DurationInput | undefined
  /** Whether the status is `"error"`. */
  readonly hasError?: boolean | undefined
  /** Words, all of which occur in the name, status message, attributes or events: see `docs/queries.md`. */
  readonly search?: string | undefined
}

/**
 * Filters of logs. Every one that is given must hold.
 *
 * @since 0.1.0
 * @category models
 */
export interface LogFilters extends CommonFilters {
  readonly level?: Level | undefined
  /** This level or a more severe one. */
  readonly minLevel?: Level | undefined
  /** Words, all of which occur in the message, data or attributes: see `docs/queries.md`. */
  readonly search?: string | undefined
}

/**
 * Filters of points of metrics. Every one that is given must hold.
 *
 * @since 0.1.0
 * @category models
 */
export interface MetricFilters
  extends Pick<CommonFilters, "serviceName" | "environment" | "traceId" | "startedAfter" | "startedBefore"> {
  readonly name?: string | undefined
  readonly kind?: MetricKind | undefined
}

/**
 * Filters of scores. Every one that is given must hold.
 *
 * @since 0.1.0
 * @category models
 */
export interface ScoreFilters extends CommonFilters {
  readonly name?: string | undefined
  readonly label?: string | undefined
  readonly dataType?: ScoreDataType | undefined
  readonly source?: ScoreSource | undefined
  /** At least this. */
  readonly minValue?: number | undefined
  /** At most this. */
  readonly maxValue?: number | undefined
}

/**
 * Each filter holds for some record of the session. `startedAfter` and `startedBefore` give a time range which the
 * session overlaps; `minDuration` is the time from its first to its last activity; `hasError` asks whether any span
 * failed.
 *
 * @since 0.1.0
 * @category models
 */
export interface SessionFilters extends SpanFilters {}

/**
 * `"time"` is the start of a span, the time of a log, the last activity of a session. A running span has no duration
 * yet and comes last.
 *
 * @since 0.1.0
 * @category models
 */
export interface OrderBy<Field extends "time" | "duration" = "time" | "duration"> {
  readonly field: Field
  readonly direction: "asc" | "desc"
}

/**
 * Which page of a list is asked for, and how long it is.
 *
 * @since 0.1.0
 * @category models
 */
export interface Pagination {
  /** 1 to 1,000; 50 when absent. */
  readonly limit?: number | undefined
  /** The `nextCursor` of the page before. It is good only for the same query. */
  readonly cursor?: string | undefined
}

/**
 * Filters, page and order of a list, all optional.
 *
 * @since 0.1.0
 * @category models
 */
export interface ListOptions<Filters, Field extends OrderBy["field"] = OrderBy["field"]> {
  readonly filters?: Filters | undefined
  readonly pagination?: Pagination | undefined
  /** Newest first when absent. */
  readonly orderBy?: OrderBy<Field> | undefined
}

/**
 * One page of a list, and the way to the next.
 *
 * @since 0.1.0
 * @category models
 */
export interface PaginatedResult<A> {
  readonly items: ReadonlyArray<A>
  /** Asks for the next page; `None` on the last one. */
  readonly nextCursor: Option.Option<string>
}

/**
 * The spans of one trace in the order of its tree.
 *
 * @since 0.1.0
 * @category models
 */
export interface Trace {
  readonly traceId: string
  /** Each span before its children, siblings by start; orphans and cycles come last. */
  readonly spans: ReadonlyArray<SpanRecord>
  /** Whether the trace has more than the 10,000 spans shown. */
  readonly truncated: boolean
}

/**
 * A span without its payload, and how large that is. Sizes are bytes, estimated as those of memory: a character counts as
 * one, a number as 8.
 *
 * @since 0.1.0
 * @category models
 */
export interface OutlineSpan
  extends Pick<
    SpanRecord,
    | "spanId"
    | "parentSpanId"
    | "parentIsRemote"
    | "name"
    | "kind"
    | "spanType"
    | "status"
    | "errorType"
    | "startTime"
    | "endTime"
    | "sessionId"
    | "model"
    | "provider"
    | "toolName"
    | "agentName"
    | "inputTokens"
    | "outputTokens"
    | "costUsd"
    | "costSource"
  > {
  /** Of what a model or a tool was given; 0 where nothing is recorded. */
  readonly inputSize: number
  /** Of what it answered. */
  readonly outputSize: number
  /** Of all attributes, input and output among them. */
  readonly attributesSize: number
}

/**
 * A trace without its payload: what a page shows of one before somebody opens a span.
 *
 * @since 0.1.0
 * @category models
 */
export interface TraceOutline {
  readonly traceId: string
  /** Each span before its children, siblings by start; orphans and cycles come last. */
  readonly spans: ReadonlyArray<OutlineSpan>
  /** Whether the trace has more than the 100,000 spans shown. */
  readonly truncated: boolean
}

/**
 * The filters of the list of each signal.
 *
 * @since 0.1.0
 * @category models
 */
export interface FiltersOf {
  readonly spans: SpanFilters
  readonly logs: LogFilters
  readonly metrics: MetricFilters
  readonly scores: ScoreFilters
}

/**
 * The question that an aggregate answers.
 *
 * @since 0.1.0
 * @category models
 */
export interface AggregateOptions<
  N extends SignalName = SignalName,
  D extends Dimension<N> = Dimension<N>,
  M extends { readonly [name: string]: Measure<N> } = { readonly [name: string]: Measure<N> }
> {
  /** The signal whose records are aggregated. */
  readonly of: N
  /** The filters of the list of the signal. An interval needs `startedAfter` and `startedBefore`, and so do rates and `previous`. */
  readonly filters?: FiltersOf[N] | undefined
  /** Up to four dimensions. Without any, all records are one group. */
  readonly groupBy?: ReadonlyArray<D> | undefined
  /**
   * Divides the time into buckets `[from, to)`, at most 10,000, each of which is there for each group. Buckets are whole:
   * the first and the last may reach beyond the time range, and have only those records that are in it.
   */
  readonly interval?: Interval | undefined
  /** An IANA name, as `"Europe/Berlin"`; `"UTC"` when absent. */
  readonly timeZone?: string | undefined
  /** One to twenty measures, by the names that their values get. */
  readonly measures: M
  /**
   * The order of the groups, by a measure over all of the time range; `null` comes last. When absent, the largest first by
   * the first measure. Ties are in the order of the code points of the group, `null` last.
   */
  readonly orderBy?: { readonly measure: keyof M & string; readonly direction: "asc" | "desc" } | undefined
  /** How many groups there are at most, 1 to 1,000: 100 when absent, or as many as make 100,000 rows with the buckets. */
  readonly limit?: number | undefined
  /** Adds all other groups as one, at the end: a row that is marked with `rest`, if there are any. */
  readonly rest?: boolean | undefined
  /**
   * Adds the values of the period before: with an interval, of as many buckets that end where the first one begins; without,
   * of as long a time range.
   */
  readonly previous?: boolean | undefined
}

/**
 * How many rows were deleted. A signal other than spans and logs is there when some of it were.
 *
 * @since 0.1.0
 * @category models
 */
export interface Deleted extends Counts {}

/** A number for each signal; for those other than spans and logs where there were some. */
type Counts = { readonly [N in Always]: number } & { readonly [N in Exclude<SignalName, Always>]?: number }

type Always = "spans" | "logs"

/**
 * Something that happened in a session: a record of any signal that has a `sessionId`.
 *
 * @since 0.1.0
 * @category models
 */
export type TimelineItem = RecordOf<SessionSignal>

/**
 * The methods of a storage. Every engine gives the same answers; each method fails with a `StorageError`.
 *
 * @since 0.1.0
 * @category models
 */
export interface StorageService {
  /**
   * Stores spans; idempotent by trace and span id. A completed span replaces a running one, never the reverse; of two of
   * the same kind the later insert wins.
   */
  readonly insertSpans: (records: ReadonlyArray<SpanRecord>) => Effect.Effect<void, StorageError>
  /** Stores logs; idempotent by `logId`. */
  readonly insertLogs: (records: ReadonlyArray<LogRecord>) => Effect.Effect<void, StorageError>
  /** Stores points of metrics; idempotent by `metricId`. */
  readonly insertMetrics: (records: ReadonlyArray<MetricPoint>) => Effect.Effect<void, StorageError>
  /** Stores scores; one replaces another of the same `scoreId`. */
  readonly insertScores: (records: ReadonlyArray<Score>) => Effect.Effect<void, StorageError>
  /**
   * One span of every trace of which anything is stored: the one without a parent, else the earliest with a remote one,
   * else the earliest whose parent is not stored.
   */
  readonly listTraces: (options?: ListOptions<SpanFilters>) => Effect.Effect<PaginatedResult<SpanRecord>, StorageError>
  readonly listSpans: (options?: ListOptions<SpanFilters>) => Effect.Effect<PaginatedResult<SpanRecord>, StorageError>
  /** Logs have no duration to be ordered by. */
  readonly listLogs: (
    options?: ListOptions<LogFilters, "time">
  ) => Effect.Effect<PaginatedResult<LogRecord>, StorageError>
  /** Points of metrics have no duration to be ordered by. */
  readonly listMetrics: (
    options?: ListOptions<MetricFilters, "time">
  ) => Effect.Effect<PaginatedResult<MetricPoint>, StorageError>
  /** Scores have no duration to be ordered by. */
  readonly listScores: (
    options?: ListOptions<ScoreFilters, "time">
  ) => Effect.Effect<PaginatedResult<Score>, StorageError>
  readonly getTrace: (traceId: string) => Effect.Effect<Option.Option<Trace>, StorageError>
  /** The trace of `getTrace` without the payload, in a tenth of its time, and of ten times as many spans. */
  readonly traceOutline: (traceId: string) => Effect.Effect<Option.Option<TraceOutline>, StorageError>
  readonly getSpan: (id: {
    readonly traceId: string
    readonly spanId: string
  }) => Effect.Effect<Option.Option<SpanRecord>, StorageError>
  readonly listSessions: (
    options?: ListOptions<SessionFilters>
  ) => Effect.Effect<PaginatedResult<SessionSummary>, StorageError>
  readonly getSession: (sessionId: string) => Effect.Effect<Option.Option<SessionSummary>, StorageError>
  /**
   * The course of a session, oldest first: its turns, its logs and its scores. A turn is a topmost span of the session
   * in its trace: it has no parent, a remote one, one that is not stored, or one that is not of the session.
   */
  readonly sessionTimeline: (options: {
    readonly sessionId: string
    readonly pagination?: Pagination | undefined
  }) => Effect.Effect<PaginatedResult<TimelineItem>, StorageError>
  /**
   * Counts, sums, means, extremes and quantiles of records, by group and by time: the same on every engine. Costs are
   * summed as integer nanodollars, other numbers exactly between 2^-120 and 2^120, and rounded once.
   */
  readonly aggregate: <
    const N extends SignalName,
    const M extends { readonly [name: string]: Measure<N> },
    const D extends Dimension<N> = never
  >(
    options: AggregateOptions<N, D, M>
  ) => Effect.Effect<
    ReadonlyArray<AggregateRow<Group<D>, { readonly [K in keyof M]: MeasureValue<M[K]> }>>,
    StorageError
  >
  /** Deletes the records of every signal before a time, in nanoseconds since the epoch: spans by their start. */
  readonly deleteBefore: (time: bigint) => Effect.Effect<Deleted, StorageError>
  /** Deletes the rows of a session, and the rows without a session in the traces of its spans, logs and scores. */
  readonly deleteSession: (sessionId: string) => Effect.Effect<Deleted, StorageError>
}

/**
 * How far a copy has come: how many records of each signal were written, some of them more than once if they belong to
 * more than one session. Its numbers start at zero when it is resumed.
 *
 * @since 0.1.0
 * @category models
 */
export interface CopyProgress extends Counts {
  /** Sessions that are whole; they are counted only where filters choose them. */
  readonly sessions: number
  /** Where a copy with the same filters can go on; absent at its beginning and at its end. */
  readonly resumeAfter: string | undefined
}

/**
 * Which records are copied, from where, to where, and who hears of the progress.
 *
 * @since 0.1.0
 * @category models
 */
export interface CopyOptions<E = never, R = never> {
  readonly from: StorageService
  readonly to: StorageService
  /** Chooses sessions as in `listSessions`. Without any filter, all records are copied, also those outside sessions. */
  readonly filters?: SessionFilters | undefined
  /** What a copy with the same filters has reported last. */
  readonly resumeAfter?: string | undefined
  /** Runs after every batch of at most 1,000 records is stored; the copy waits for it. */
  readonly onProgress?: ((progress: CopyProgress) => Effect.Effect<void, E, R>) | undefined
}
