/**
 * Methods that an engine need not have: every question answered by its primitives, slow and obvious. They are the reference
 * that faster ways are compared with.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isReplayed, turnsOf } from "../../signal/internal/spans.js"
import { SpanRecord } from "../../signal/SpanRecord.js"
import { type RecordOf, type SignalName, sessionSignals, signalNames, signals } from "../../signal/signals.js"
import type { Condition, Derived, Engine, Primitives, Removal, Searching, SessionQuery, TraceQuery } from "../Engine.js"
import type { Deleted } from "../StorageService.js"
import { aggregate } from "./aggregated.js"
import { matches, matchesAll } from "./matches.js"
import { traceOutline } from "./outline.js"
import { recordKey, sessionKey, spanKey, timelineKey } from "./query.js"
import * as Search from "./search.js"
import { representative, select } from "./select.js"
import { earliestTime, max, type Session, summarized } from "./summarized.js"

/** An engine with all methods. */
export type Complete<E> = Primitives<E> & Derived<E> & Searching<E>

/** The methods of an engine, each of its own or derived. Of a search, the engine is asked for candidates alone. */
export const complete = <E>(engine: Engine<E>): Complete<E> => {
  const reference = derived(engine)
  const all = { ...reference, ...engine }
  const { found, select, ...searching } = Search.make(engine)
  // Aggregates need no payload.
  const searched = aggregate({ select: found })
  return {
    ...all,
    ...searching,
    select,
    aggregate: (query) => (query.conditions.some(Search.isSearch) ? searched : all.aggregate)(query),
    ...(engine.candidates === undefined
      ? {
          listTraces: (query) => (query.ofSome.some(Search.isSearch) ? reference : all).listTraces(query),
          listSessions: (query) => (query.ofRecords.some(Search.isSearch) ? reference : all).listSessions(query)
        }
      : Search.listsByCandidates(all, searching, found))
  }
}

const derived = <E>(engine: Primitives<E>): Derived<E> => ({
  ...traces(engine),
  ...sessions(engine),
  ...deletes(engine),
  aggregate: aggregate(engine)
})

type Traces = "listTraces" | "traceSpans" | "traceOutline" | "getSpan"
type Sessions = "listSessions" | "getSession" | "sessionTimeline"
type Deletes = "deleteBefore" | "deleteSession"

/** All records that meet conditions, the oldest first, in pages. */
const all = <N extends SignalName, E>(
  engine: Primitives<E>,
  name: N,
  conditions: ReadonlyArray<Condition> = []
): Effect.Effect<ReadonlyArray<RecordOf<N>>, E> =>
  Effect.gen(function* () {
    const found: Array<RecordOf<N>> = []
    while (true) {
      const last = found.at(-1)
      const after = last === undefined ? Option.none() : Option.some(recordKey(signals[name])(last, oldestFirst))
      const page = yield* engine.select(name, { conditions, order: oldestFirst, limit: pageSize, after })
      found.push(...page)
      if (page.length < pageSize) return found
    }
  })

const oldestFirst = { field: "time", direction: "asc" } as const

const equals = (field: string, value: string): Condition => ({ op: "equals", fields: [field], value })

const traces = <E>(engine: Primitives<E>): Pick<Derived<E>, Traces> => {
  const first = (limit: number, conditions: ReadonlyArray<Condition>) =>
    engine.select("spans", { conditions, order: oldestFirst, limit, after: Option.none() })
  return {
    listTraces: (query) =>
      Effect.map(all(engine, "spans"), (spans) => {
        const traces = Object.values(Arr.groupBy(spans, (span) => span.traceId))
        const shown = traces.flatMap((trace) => {
          const span = representative(trace)
          return traceMatches(trace, span, query) ? [span] : []
        })
        return select(shown, spanKey, query)
      }),
    traceSpans: (traceId, limit) => first(limit, [equals("traceId", traceId)]),
    traceOutline: traceOutline(engine),
    getSpan: ({ spanId, traceId }) =>
      Effect.map(first(1, [equals("traceId", traceId), equals("spanId", spanId)]), Arr.head)
  }
}

const sessions = <E>(engine: Primitives<E>): Pick<Derived<E>, Sessions> => ({
  listSessions: (query) =>
    Effect.map(everything(engine, []), ([spans, logs, scores]) => {
      const spansOf = Arr.groupBy(spans, (span) => span.sessionId ?? "")
      const logsOf = Arr.groupBy(logs, (log) => log.sessionId ?? "")
      const scoresOf = Arr.groupBy(scores, (score) => score.sessionId ?? "")
      const ids = Array.from(new Set([...Object.keys(spansOf), ...Object.keys(logsOf)])).filter((id) => id !== "")
      const matching = ids
        .map((id) => summarized(id, spansOf[id] ?? [], logsOf[id] ?? [], scoresOf[id] ?? []))
        .filter((session) => sessionMatches(session, query))
        .map(({ summary }) => summary)
      const shown = matching.filter(({ lastActivity }) =>
        Option.match(query.asOf, { onNone: () => true, onSome: (asOf) => lastActivity <= asOf })
      )
      return {
        items: select(shown, sessionKey, query),
        newest: matching.reduce((newest, { lastActivity }) => max(newest, lastActivity), earliestTime)
      }
    }),
  getSession: (sessionId) =>
    Effect.map(everything(engine, [equals("sessionId", sessionId)]), ([spans, logs, scores]) =>
      spans.length + logs.length > 0 ? Option.some(summarized(sessionId, spans, logs, scores).summary) : Option.none()
    ),
  sessionTimeline: ({ sessionId, ...page }) =>
    Effect.map(recordsOf(engine, sessionSignals, sessionId), (records) => {
      const [others, spans] = Arr.partition(records, (record) => record instanceof SpanRecord)
      return select([...turnsOf(spans), ...others], timelineKey, page)
    })
})

/** The records that summaries of sessions are made of. */
const everything = <E>(engine: Primitives<E>, conditions: ReadonlyArray<Condition>) =>
  Effect.all([all(engine, "spans", conditions), all(engine, "logs", conditions), all(engine, "scores", conditions)])

/** The records of some signals that belong to a session. */
const recordsOf = <N extends SignalName, E>(
  engine: Primitives<E>,
  names: ReadonlyArray<N>,
  sessionId: string
): Effect.Effect<ReadonlyArray<RecordOf<N>>, E> =>
  Effect.map(
    Effect.forEach(names, (name) => all(engine, name, [equals("sessionId", sessionId)])),
    (found) => found.flat()
  )

const deletes = <E>(engine: Primitives<E>): Pick<Derived<E>, Deletes> => {
  const removeAll = (which: Removal) =>
    Effect.map(
      Effect.forEach(signalNames, (name) => Effect.map(engine.remove(name, which), (count) => [name, count] as const)),
      deletedOf
    )
  return {
    deleteBefore: (before) => removeAll({ before }),
    deleteSession: (sessionId) =>
      Effect.flatMap(recordsOf(engine, sessionSignals, sessionId), (records) =>
        removeAll({ sessionId, traceIds: Array.from(new Set(records.flatMap(({ traceId }) => traceId ?? []))) })
      )
  }
}

const pageSize = 1000

/** Numbers of deleted rows, of which those of later signals are named where there are some. */
export const deletedOf = (counts: Iterable<readonly [SignalName, number]>): Deleted => {
  const { logs = 0, spans = 0, ...later } = Object.fromEntries(counts)
  return { spans, logs, ...Object.fromEntries(Object.entries(later).filter(([, count]) => count > 0)) }
}

const traceMatches = (
  trace: ReadonlyArray<SpanRecord>,
  entry: SpanRecord,
  { ofEntry, ofSome, withoutError }: TraceQuery
): boolean =>
  matchesAll(entry, ofEntry) &&
  ofSome.every((condition) => trace.some((span) => matches(span, condition))) &&
  !(withoutError && trace.some((span) => span.status === "error"))

const sessionMatches = ({ logs, spans, summary }: Session, query: SessionQuery): boolean =>
  (query.sessionId === undefined || summary.sessionId === query.sessionId) &&
  query.ofRecords.every((condition) => [...spans, ...logs].some((record) => matches(record, condition))) &&
  query.ofSpans.every((condition) => spans.some((span) => matches(span, condition))) &&
  (query.lastActivityFrom === undefined || summary.lastActivity >= query.lastActivityFrom) &&
  (query.firstActivityBefore === undefined || summary.firstActivity < query.firstActivityBefore) &&
  (query.minDuration === undefined || summary.lastActivity - summary.firstActivity >= query.minDuration) &&
  (query.hasError === undefined ||
    query.hasError === spans.some((span) => span.status === "error" && !isReplayed(span)))
