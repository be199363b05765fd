/**
 * Traces without an entry span. There are hardly any, and to look for them takes as long as a list does. So the traces that
 * may be such are known to the process, which alone writes the file: each that has got a span since they were looked for,
 * and none that is sure to be an entry span.
 */
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import { globalValue } from "effect/GlobalValue"
import * as Option from "effect/Option"
import { isEntry } from "../../../../signal/internal/spans.js"
import type { SpanRecord } from "../../../../signal/SpanRecord.js"
import type { DuckDbClient } from "../../DuckDbClient.js"
import { traceKey } from "../layout.js"
import type { Table } from "../table.js"

export interface TraceKey {
  readonly trace_key: number
  readonly trace_id: string
}

/**
 * The spans shown for the traces without an entry span, of those traces whose rows meet the condition: the earliest whose
 * parent is not stored, else, in a cycle, the earliest. `columns` are more of what a row has, beside its ids. No index
 * finds the rows of a trace: one column is read of all rows, and the others where it matched.
 */
export const shown = (sql: DuckDbClient, { quoted }: Table, ofTraces: Fragment, columns: Fragment): Fragment => {
  const spans = sql.literal(quoted)
  return sql`(
    WITH part AS MATERIALIZED (
      SELECT trace_key, trace_id, span_id, parent_span_id, start_time, ${columns} FROM ${spans}
      WHERE rowid IN (SELECT rowid FROM ${spans} WHERE ${ofTraces})
    )
    SELECT unnest(arg_min(part, {
      below: parent.span_id IS NOT NULL, start_time: part.start_time, span_id: part.span_id
    })) FROM part LEFT JOIN part AS parent ON parent.trace_id = part.trace_id AND parent.span_id = part.parent_span_id
    GROUP BY part.trace_id
  )`
}

/** All traces without an entry span, and some others. */
interface Known {
  /** By trace id, the insertion that has told of it. */
  readonly traces: Map<string, number>
  isComplete: boolean
}

interface State {
  known: Known | undefined
  insertions: number
}

/** By the lock that all clients of a file share, and by table. */
const states = globalValue(
  "effect-observability/duckdb/rootless",
  () => new WeakMap<DuckDbClient["withWriteLock"], Map<string, State>>()
)

const stateOf = (sql: DuckDbClient, table: Table): State => {
  const ofFile = states.get(sql.withWriteLock) ?? new Map<string, State>()
  states.set(sql.withWriteLock, ofFile)
  const state = ofFile.get(table.name) ?? { known: undefined, insertions: 0 }
  ofFile.set(table.name, state)
  return state
}

/** As many traces as are remembered, and looked up at once. */
const maxKnown = 1000

export interface Rootless {
  /** To be told once rows are stored, in the order in which they are. */
  readonly inserted: (spans: ReadonlyArray<SpanRecord>) => Effect.Effect<void>
  /** To be told once rows are deleted, and when it is not known whether rows were stored. */
  readonly changed: Effect.Effect<void>
  /** A condition for the rows of the traces without an entry span, if there are any. */
  readonly rows: Effect.Effect<Option.Option<Fragment>, SqlError>
}

export const make = (sql: DuckDbClient, table: Table<SpanRecord>): Rootless => {
  const state = stateOf(sql, table)
  const spans = sql.literal(table.quoted)
  const keys = sql`SELECT trace_key FROM ${spans} GROUP BY trace_key HAVING count(entry_key) = 0`

  const rowsOf = (traceIds: ReadonlyArray<string>): Option.Option<Fragment> =>
    traceIds.length === 0
      ? Option.none()
      : Option.some(sql.and([sql.in("trace_key", traceIds.map(traceKey)), sql.in("trace_id", traceIds)]))

  const lookForAll = Effect.gen(function* () {
    const known: Known = { traces: new Map(), isComplete: false }
    state.known = known
    const found = yield* sql<{ readonly id: string }>`
      SELECT DISTINCT trace_id AS id FROM ${spans} WHERE trace_key IN (${keys}) LIMIT ${maxKnown + 1}`
    if (found.length > maxKnown) return Option.some(sql`trace_key IN (${keys})`)
    for (const { id } of found) known.traces.set(id, known.traces.get(id) ?? 0)
    known.isComplete = true
    return rowsOf(found.map(({ id }) => id))
  })

  const lookFor = Effect.fnUntraced(function* ({ traces }: Known) {
    const asked = Array.from(traces)
    const found = yield* sql<{ readonly id: string }>`
      SELECT trace_id AS id FROM ${spans} WHERE ${sql.in(
        "entry_key",
        asked.map(([id]) => traceKey(id))
      )}`
    const entered = new Set(found.map(({ id }) => id))
    // An insertion meanwhile may have replaced an entry span.
    for (const [id, insertion] of asked) if (entered.has(id) && traces.get(id) === insertion) traces.delete(id)
    return rowsOf(asked.flatMap(([id]) => (entered.has(id) ? [] : [id])))
  })

  return {
    inserted: (records) =>
      Effect.sync(() => {
        const { known } = state
        if (known === undefined) return
        const insertion = ++state.insertions
        const entered = new Set<string>()
        for (const span of records) {
          if (isSure(span)) entered.add(span.traceId)
          else if (!isEntry(span)) known.traces.set(span.traceId, insertion)
        }
        for (const id of entered) known.traces.delete(id)
        if (known.traces.size > maxKnown) state.known = undefined
      }),
    changed: Effect.sync(() => {
      state.known = undefined
    }),
    rows: Effect.suspend(() => {
      const { known } = state
      if (known === undefined || !known.isComplete) return lookForAll
      return known.traces.size === 0 ? Effect.succeedNone : lookFor(known)
    })
  }
}

/** Whether a span is an entry span in its table now: it has no parent, which never changes, or no other version goes over it. */
const isSure = (span: SpanRecord): boolean =>
  span.parentSpanId === undefined || (span.parentIsRemote === true && span.endTime !== undefined)
