/**
 * Layouts: how DuckDB keeps each signal so that its records are found fast. The rest of a table follows from the fields of
 * its signal.
 */
import { attributesSize, inputSize, outputSize } from "../../../signal/internal/contentSizes.js"
import { isEntry, isReplayed } from "../../../signal/internal/spans.js"
import type { RecordOf, SignalName } from "../../../signal/signals.js"
import { wholeOf } from "../../sql/conversations.js"

/** The column that marks the records which the table of sessions knows. */
export const mark = "in_sessions"

// biome-ignore lint/suspicious/noExplicitAny: the layout of a signal of no particular type.
export interface Layout<in R = any> {
  /** Columns that are computed from a record for the sake of queries. */
  readonly computed: Readonly<Record<string, Computed<R>>>
  /** Such columns that tables of an earlier version lack. */
  readonly added?: Readonly<Record<string, Computed<R>>>
  /** Columns with an index each. */
  readonly indexes: ReadonlyArray<string>
  /**
   * Holds for a stored row that only a complete record replaces, where a signal has incomplete ones. Stored rows of such
   * records are looked for by their time, which never changes; those of all others by their ids.
   */
  readonly isComplete?: string
  /** Whether its records are found by their words. */
  readonly isSearched?: boolean
}

interface Computed<in R> {
  readonly type: string
  /** The minor version of the tables that has it first: older tables get it, and it is NULL in the rows of before. */
  readonly since?: number
  readonly value: (record: R) => unknown
}

/** The table of sessions knows of the record: a release that did not know that table has left it out. */
const inSessions = { [mark]: { type: "BOOLEAN", since: 3, value: () => true } }

export const layouts: { readonly [N in SignalName]: Layout<RecordOf<N>> } = {
  spans: {
    computed: {
      /** The trace id folded to 32 bits, to find a trace without reading strings. */
      trace_key: { type: "BIGINT", value: (span) => traceKey(span.traceId) },
      /** The same on entry spans alone, where an index on it is small. */
      entry_key: { type: "BIGINT", value: (span) => (isEntry(span) ? traceKey(span.traceId) : undefined) },
      replayed: { type: "BOOLEAN", value: isReplayed },
      input_size: { type: "BIGINT", since: 3, value: (span) => inputSize(wholeOf(span)) },
      output_size: { type: "BIGINT", since: 3, value: (span) => outputSize(wholeOf(span)) },
      attributes_size: { type: "BIGINT", since: 3, value: (span) => attributesSize(wholeOf(span)) },
      ...inSessions
    },
    /** Of which messages its attributes are made: see `sql/conversations.ts`. */
    added: { messages: { type: "JSON", value: (span) => (span as { readonly messages?: object }).messages } },
    indexes: ["session_id", "entry_key"],
    isComplete: "end_time IS NOT NULL",
    isSearched: true
  },
  logs: { computed: inSessions, indexes: ["session_id"], isSearched: true },
  metrics: { computed: {}, indexes: [] },
  scores: { computed: inSessions, indexes: ["session_id"] }
}

/** The four words of a trace id, folded into one by XOR. */
export const traceKey = (traceId: string): number => {
  let key = 0
  for (let i = 0; i < 32; i++) {
    const code = traceId.charCodeAt(i)
    key ^= (code - (code < 58 ? 48 : 87)) << (28 - 4 * (i % 8))
  }
  return key >>> 0
}
