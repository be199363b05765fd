/**
 * What keeps records for a `Storage`. Three functions are enough; the rest is derived from them, and an engine gives its
 * own where it is faster.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { JsonObject } from "../signal/Json.js"
import type { SessionSummary } from "../signal/SessionSummary.js"
import type { SpanRecord } from "../signal/SpanRecord.js"
import type { RecordOf, SignalName } from "../signal/signals.js"
import type { StorageError } from "./StorageError.js"
import type { Deleted, OrderBy, OutlineSpan, TimelineItem } from "./StorageService.js"

/**
 * What is asked of one record: every filter of a list is one or more of these.
 *
 * | op | holds where |
 * |---|---|
 * | `equals` | one of the fields is present and has the value |
 * | `oneOf` | the field has one of the values |
 * | `hasAll` | the list of names has all of the values |
 * | `entries` | the object has each of these keys of its own, with a JSON value that is equal, whatever the order of its keys |
 * | `atLeast`, `atMost`, `below` | the number or time is present and ≥, ≤, < the value |
 * | `lasting` | the span has ended, and took at least so many nanoseconds |
 * | `words` | the texts of the span or log have all words, and each phrase is a part of one |
 * | `not` | the condition does not hold |
 *
 * @since 0.1.0
 * @category models
 */
export type Condition =
  | { readonly op: "equals"; readonly fields: readonly [string, ...Array<string>]; readonly value: string }
  | { readonly op: "oneOf"; readonly field: string; readonly values: ReadonlyArray<string> }
  | { readonly op: "hasAll"; readonly field: string; readonly values: ReadonlyArray<string> }
  | { readonly op: "entries"; readonly field: string; readonly entries: JsonObject }
  | { readonly op: "atLeast" | "atMost" | "below"; readonly field: string; readonly value: bigint | number }
  | { readonly op: "lasting"; readonly value: bigint }
  | SearchCondition
  | { readonly op: "not"; readonly condition: Condition }

/**
 * The filter `search`, folded, so that it is compared with folded texts: see `docs/queries.md`.
 *
 * @since 0.1.0
 * @category models
 */
export interface SearchCondition {
  readonly op: "words"
  readonly words: ReadonlyArray<string>
  readonly phrases: ReadonlyArray<string>
}

/**
 * A sort key: the values by which rows are ordered, all in the same direction. The first is the time, or the duration; the
 * rest are the ids of the record. A page starts after the key of the last row before it.
 *
 * @since 0.1.0
 * @category models
 */
export type Key = ReadonlyArray<bigint | string>

/**
 * A page of rows: those after `after` in the order of their keys, at most `limit`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Page {
  readonly order: OrderBy
  readonly limit: number
  readonly after: Option.Option<Key>
}

/**
 * Records of one signal: all conditions must hold.
 *
 * @since 0.1.0
 * @category models
 */
export interface Query extends Page {
  readonly conditions: ReadonlyArray<Condition>
}

/**
 * Traces, each by the span that a list shows for it: what is asked of that span, and what of some span of the trace, each condition for
 * itself.
 *
 * @since 0.1.0
 * @category models
 */
export interface TraceQuery extends Page {
  readonly ofEntry: ReadonlyArray<Condition>
  readonly ofSome: ReadonlyArray<Condition>
  /** No span of the trace has the status `"error"`. */
  readonly withoutError: boolean
}

/**
 * Sessions: what is asked of some record (a span or a log), of some span, each condition for itself, and of the session.
 *
 * @since 0.1.0
 * @category models
 */
export interface SessionQuery extends Page {
  readonly sessionId: string | undefined
  readonly ofRecords: ReadonlyArray<Condition>
  readonly ofSpans: ReadonlyArray<Condition>
  readonly lastActivityFrom: bigint | undefined
  readonly firstActivityBefore: bigint | undefined
  readonly minDuration: bigint | undefined
  readonly hasError: boolean | undefined
  /** Sessions that were active after this are left out. */
  readonly asOf: Option.Option<bigint>
}

/**
 * The records to delete: those before a time; or those of a session, and those without one in some traces.
 *
 * @since 0.1.0
 * @category models
 */
export type Removal =
  | { readonly before: bigint }
  | { readonly sessionId: string; readonly traceIds: ReadonlyArray<string> }

/**
 * What every engine has.
 *
 * @since 0.1.0
 * @category models
 */
export interface Primitives<out E = StorageError> {
  /** Stores records, of which no key occurs twice in one call: see the rules of `insertSpans` and its like. */
  readonly insert: <N extends SignalName>(signal: N, records: ReadonlyArray<RecordOf<N>>) => Effect.Effect<void, E>
  readonly select: <N extends SignalName>(signal: N, query: Query) => Effect.Effect<ReadonlyArray<RecordOf<N>>, E>
  /** Deletes records, and gives how many. */
  readonly remove: (signal: SignalName, which: Removal) => Effect.Effect<number, E>
}

/**
 * A dimension of groups: a field, or a key of the object in one. Of a field that is a list, each of its values.
 *
 * @since 0.1.0
 * @category models
 */
export interface GroupedBy {
  readonly field: string
  readonly key?: string
}

/**
 * The values of a group, one for each dimension: the text of a field; of a key, its text after a quotation mark, or the JSON
 * of a number or a boolean; `null` where there is none of these.
 *
 * @since 0.1.0
 * @category models
 */
export type GroupKey = ReadonlyArray<string | null>

/**
 * An exact value that is accumulated over the records of a group, and from which measures are made.
 *
 * | op | gives |
 * |---|---|
 * | `count` | how many records |
 * | `errors` | how many of them are errors |
 * | `present` | how many have a value |
 * | `sum` | the sum of the integers: of a real number, of its units of 2^-120 between -2^120 and 2^120, the rest cut off |
 * | `min`, `max` | the least and the largest value |
 * | `quantile` | of the values in their order, the one at ⌈millionths × count / 1,000,000⌉, at least the first |
 * | `distinct` | how many values of a dimension |
 * | `last` | the value of the record with the latest time; of one time, with the last id |
 * | `histogram` | the histograms, summed by their bounds |
 *
 * @since 0.1.0
 * @category models
 */
export type Accumulator =
  | { readonly op: "count" | "errors" }
  | { readonly op: "present" | "sum" | "min" | "max" | "last"; readonly of: string }
  | { readonly op: "quantile"; readonly of: string; readonly millionths: number }
  | { readonly op: "distinct"; readonly of: GroupedBy }
  | { readonly op: "histogram" }

/**
 * Buckets of equal width that follow each other.
 *
 * @since 0.1.0
 * @category models
 */
export interface Buckets {
  /** Where the first one begins, and its number. */
  readonly from: bigint
  readonly index: number
  readonly width: bigint
  readonly count: number
}

/**
 * Histograms of the same bounds: the counts of their buckets, and the least and largest value where all of them say it.
 *
 * @since 0.1.0
 * @category models
 */
export interface SummedHistogram {
  readonly bounds: ReadonlyArray<number>
  readonly counts: ReadonlyArray<bigint>
  readonly min: number | null
  readonly max: number | null
}

/**
 * A question about records in groups.
 *
 * @since 0.1.0
 * @category models
 */
export interface AggregateQuery {
  readonly of: SignalName
  readonly conditions: ReadonlyArray<Condition>
  readonly groupBy: ReadonlyArray<GroupedBy>
  /** Runs of buckets, one after the other; all times that the conditions let through are in one of them. */
  readonly buckets: ReadonlyArray<Buckets>
  readonly accumulators: ReadonlyArray<Accumulator>
  /** These groups alone; with `rest` all others as one. */
  readonly among: Option.Option<{ readonly groups: ReadonlyArray<GroupKey>; readonly rest: boolean }>
  /**
   * The groups that come first by an accumulator, or by its ratio to another one: of nanoseconds a whole number, cut towards
   * zero. `null` is last, ties are in the order of their keys. There are no buckets then.
   */
  readonly first: Option.Option<{
    readonly by: number
    readonly over: number | undefined
    readonly direction: "asc" | "desc"
  }>
  /** The most cells: one more tells that there are too many. */
  readonly limit: number
}

/**
 * A group, in one bucket: the value of each accumulator. Without dimensions and buckets there is one, of no records, too.
 *
 * @since 0.1.0
 * @category models
 */
export interface Cell {
  /** The number of a bucket; 0 without buckets. */
  readonly bucket: number
  /** `undefined` for the rest. */
  readonly group: GroupKey | undefined
  readonly values: ReadonlyArray<Accumulated>
}

/**
 * The value of an accumulator: an integer, a real number, histograms, or `null` where there was no value.
 *
 * @since 0.1.0
 * @category models
 */
export type Accumulated = bigint | number | null | ReadonlyArray<SummedHistogram>

/**
 * What is derived from the primitives where an engine has no faster way.
 *
 * @since 0.1.0
 * @category models
 */
export interface Derived<out E = StorageError> {
  /** One span of each trace, as `StorageService.listTraces` says which. */
  readonly listTraces: (query: TraceQuery) => Effect.Effect<ReadonlyArray<SpanRecord>, E>
  /** The spans of a trace that start first, at most `limit`. */
  readonly traceSpans: (traceId: string, limit: number) => Effect.Effect<ReadonlyArray<SpanRecord>, E>
  /** The same without their payload. */
  readonly traceOutline: (traceId: string, limit: number) => Effect.Effect<ReadonlyArray<OutlineSpan>, E>
  readonly getSpan: (id: {
    readonly traceId: string
    readonly spanId: string
  }) => Effect.Effect<Option.Option<SpanRecord>, E>
  /** `newest` is the newest activity among all sessions that match, those after `asOf` included. */
  readonly listSessions: (
    query: SessionQuery
  ) => Effect.Effect<{ readonly items: ReadonlyArray<SessionSummary>; readonly newest: bigint }, E>
  readonly getSession: (sessionId: string) => Effect.Effect<Option.Option<SessionSummary>, E>
  /** The turns, logs and scores of a session, by time: of one time spans, then logs, then scores. */
  readonly sessionTimeline: (
    query: Page & { readonly sessionId: string }
  ) => Effect.Effect<ReadonlyArray<TimelineItem>, E>
  /** Cells in any order, but for those of `first`. */
  readonly aggregate: (query: AggregateQuery) => Effect.Effect<ReadonlyArray<Cell>, E>
  readonly deleteBefore: (time: bigint) => Effect.Effect<Deleted, E>
  readonly deleteSession: (sessionId: string) => Effect.Effect<Deleted, E>
}

/**
 * How an engine helps to search. One that does not is never asked for `words`: all that meets the other conditions is read.
 *
 * @since 0.1.0
 * @category models
 */
export interface Searching<out E = StorageError> {
  /**
   * The records for a query that has `words` among its conditions, and perhaps some that lack them: each is looked at again.
   * So an index of words, hashes or parts of them is enough. Fewer records than the limit tell that there are no more.
   */
  readonly candidates: <N extends SignalName>(signal: N, query: Query) => Effect.Effect<ReadonlyArray<RecordOf<N>>, E>
  /** The candidates that have all that is searched for. Only an engine whose candidates are not whole needs it. */
  readonly confirm: <R extends object>(
    candidates: ReadonlyArray<R>,
    searches: ReadonlyArray<SearchCondition>
  ) => Effect.Effect<ReadonlyArray<R>, E>
  /** Makes candidates whole, in place. */
  readonly complete: (candidates: ReadonlyArray<object>) => Effect.Effect<void, E>
  /** Whether so many records may have the words that it is not worthwhile to look for all of them. */
  readonly areMany: (signal: SearchedSignal, searches: ReadonlyArray<SearchCondition>) => Effect.Effect<boolean, E>
  /** Some candidates of each of some traces or sessions. */
  readonly candidatesOfEach: (query: EachQuery) => Effect.Effect<CandidatesOfEach, E>
}

/**
 * A signal that is searched.
 *
 * @since 0.1.0
 * @category models
 */
export type SearchedSignal = "spans" | "logs"

/**
 * Traces or sessions, of each of which some records are looked at.
 *
 * @since 0.1.0
 * @category models
 */
export interface EachQuery {
  readonly signal: SearchedSignal
  /** The field that says of which a record is. */
  readonly field: "traceId" | "sessionId"
  readonly ids: ReadonlyArray<string>
  readonly searches: ReadonlyArray<SearchCondition>
  /** The most candidates of each. */
  readonly each: number
  /** The first and the last time of the records of all of them, where that is known. */
  readonly within: Option.Option<readonly [first: bigint, last: bigint]>
}

/**
 * The candidates of traces or sessions.
 *
 * @since 0.1.0
 * @category models
 */
export interface CandidatesOfEach {
  readonly candidates: ReadonlyArray<RecordOf<SearchedSignal>>
  /** The ids of those that may have more. */
  readonly more: ReadonlyArray<string>
}

/**
 * An engine: the primitives, and the faster ways that it has. All may fail with `StorageError`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Engine<out E = StorageError> extends Primitives<E>, Partial<Derived<E> & Searching<E>> {}
