/**
 * The JSON of what a server is asked and answers, as types alone: for a page, which brings no schemas with it. A method `M` is
 * asked with `Options[M]` and answers `Answers[M]`.
 */
import type * as Duration from "effect/Duration"
import type * as Option from "effect/Option"
import type { Content } from "../../signal/internal/messages.js"
import type { Json, JsonObject } from "../../signal/Json.js"
import type { LogRecord } from "../../signal/LogRecord.js"
import type { MetricPoint } from "../../signal/MetricPoint.js"
import type { Score } from "../../signal/Score.js"
import type { SessionSummary } from "../../signal/SessionSummary.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import type { Deleted, OutlineSpan as Outlined, AggregateRow as Row } from "../../storage/Storage.js"
import type { Entry, Failure, Part, ToolUse } from "../Turn.js"
import type * as wire from "./wire.js"

/** The JSON of a value: nanoseconds are decimal digits, a duration is milliseconds or a text, what is absent is `null`. */
type Encoded<A> = A extends bigint
  ? string
  : A extends string | number | boolean | null | undefined
    ? A
    : A extends Records
      ? RecordOf<A>
      : A extends Option.Option<infer B>
        ? Encoded<B> | null
        : A extends Json | JsonObject
          ? A
          : A extends ReadonlyArray<infer B>
            ? ReadonlyArray<Encoded<B>>
            : { readonly [K in keyof A]: Encoded<A[K]> }

type Records = SpanRecord | LogRecord | MetricPoint | Score | SessionSummary

type RecordOf<A extends Records> = A extends SpanRecord
  ? Span
  : A extends LogRecord
    ? Log
    : A extends MetricPoint
      ? Metric
      : A extends Score
        ? ScoreRow
        : A extends SessionSummary
          ? Session
          : never

/** The JSON of a record of each kind. */
export type Span = typeof SpanRecord.Encoded
export type Log = typeof LogRecord.Encoded
type Metric = typeof MetricPoint.Encoded
export type ScoreRow = typeof Score.Encoded
export type Session = typeof SessionSummary.Encoded

/** A span of an outline. */
export type OutlineSpan = Encoded<Outlined>

/** A turn, its entries and their parts, tools that were called, and failures. */
export type Turn = Encoded<wire.ToldTurn>
export type TurnEntry = Encoded<Entry>
export type EntryPart = Encoded<Part>
export type ToolCall = Encoded<ToolUse>
export type TurnFailure = Encoded<Failure>

/** A record with the name of its class. */
export type Tagged<Tag extends string, A> = A & { readonly _tag: Tag }
export type TranscriptItem = Turn | Tagged<"LogRecord", Log> | Tagged<"Score", ScoreRow>
type TimelineItem = Tagged<"SpanRecord", Span> | Tagged<"LogRecord", Log> | Tagged<"Score", ScoreRow>

/** A page of a list. */
export interface Page<A> {
  readonly items: ReadonlyArray<A>
  readonly nextCursor?: string
}

/** A row of an aggregate. */
export type AggregateRow = Encoded<Row>

/** The fate of the records of a server: by signal and exporter. */
export interface Stats {
  readonly version: string
  readonly readOnly: boolean
  readonly pipeline: { readonly [signal: string]: Json }
}

/** Durations and times in what is asked; all else is as a storage takes it. */
type Asked<A> = A extends bigint
  ? string
  : A extends string | number | boolean | null | undefined
    ? A
    : [Duration.Duration] extends [A]
      ? string | number
      : A extends ReadonlyArray<infer B>
        ? ReadonlyArray<Asked<B>>
        : { readonly [K in keyof A]: Asked<A[K]> }

/** A score that is posted: the server makes what it lacks. */
export type PostedScore = Partial<Omit<ScoreRow, "value">> & {
  readonly name: string
  readonly value?: number | boolean
}

/** By method, what it is asked with. */
export type Options = { readonly [M in Exclude<keyof wire.Arguments, "aggregate">]: Asked<wire.Arguments[M]> } & {
  readonly aggregate: Asked<wire.Arguments["aggregate"]>
  readonly insertScores: { readonly records: ReadonlyArray<PostedScore> }
}

/** By method, what it answers. */
export interface Answers {
  readonly listTraces: Page<Span>
  readonly listSpans: Page<Span>
  readonly listLogs: Page<Log>
  readonly listMetrics: Page<Metric>
  readonly listScores: Page<ScoreRow>
  readonly listSessions: Page<Session>
  readonly sessionTimeline: Page<TimelineItem>
  readonly sessionTranscript: { readonly nextTurn?: number; readonly items: ReadonlyArray<TranscriptItem> }
  readonly getTrace: {
    readonly traceId: string
    readonly truncated: boolean
    readonly spans: ReadonlyArray<Span>
  } | null
  readonly traceOutline: {
    readonly traceId: string
    readonly truncated: boolean
    readonly spans: ReadonlyArray<OutlineSpan>
  } | null
  readonly getSpan: Span | null
  readonly spanContent: Content | null
  readonly getSession: Session | null
  readonly aggregate: { readonly rows: ReadonlyArray<AggregateRow> }
  readonly deleteBefore: Encoded<Deleted>
  readonly deleteSession: Encoded<Deleted>
  readonly insertScores: { readonly scores: number }
}
