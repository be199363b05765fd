/**
 * Lists with a search among their filters. The engine gives candidates, page by page, and the words decide here.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Predicate from "effect/Predicate"
import { mapInTurns } from "../../runtime/eventLoop.js"
import { type RecordOf, type SignalName, signals } from "../../signal/signals.js"
import type {
  Condition,
  Derived,
  Engine,
  Primitives,
  Query,
  SearchCondition,
  Searching,
  SessionQuery
} from "../Engine.js"
import { matchesAll } from "./matches.js"
import { recordKey, sessionKey, spanKey } from "./query.js"
import { earliestTime } from "./summarized.js"

export const isSearch = (condition: Condition): condition is SearchCondition => condition.op === "words"

/** The conditions that are no search, and those that are. */
const split = (conditions: ReadonlyArray<Condition>) => Arr.partition(conditions, isSearch)

type Select<E> = Primitives<E>["select"]

/** The parts of a search: those that an engine has of its own, and the rest by reading. */
export const make = <E>(engine: Engine<E>) => {
  const withoutWords: Select<E> = (signal, query) =>
    engine.select(signal, { ...query, conditions: split(query.conditions)[0] })
  const searching: Searching<E> = {
    candidates: engine.candidates ?? withoutWords,
    confirm: engine.confirm ?? confirm,
    complete: engine.complete ?? (() => Effect.void)
  }
  const confirmed = confirming(searching)
  /** Records, which may lack what `complete` adds. */
  const found: Select<E> = (signal, query) => {
    const [, searches] = split(query.conditions)
    return searches.length === 0 ? engine.select(signal, query) : confirmed(signal, query, searches)
  }
  const select: Select<E> = (signal, query) => Effect.tap(found(signal, query), searching.complete)
  return { ...searching, found, select }
}

const confirm: Searching<never>["confirm"] = (candidates, searches) =>
  Effect.map(
    mapInTurns(candidates, (record) => matchesAll(record, searches)),
    (matching) => candidates.filter((_, i) => matching[i])
  )

/** Pages of candidates, which grow, until there are as many records as asked for. */
const confirming = <E>({ candidates, confirm }: Searching<E>) =>
  Effect.fnUntraced(function* <N extends SignalName>(
    signal: N,
    query: Query,
    searches: ReadonlyArray<SearchCondition>
  ): Effect.fn.Return<ReadonlyArray<RecordOf<N>>, E> {
    const found: Array<RecordOf<N>> = []
    let { after, limit } = query
    while (true) {
      const page = yield* candidates(signal, { ...query, limit, after })
      found.push(...(yield* confirm(page, searches)))
      const last = page.at(-1)
      if (found.length >= query.limit || page.length < limit || last === undefined) return found.slice(0, query.limit)
      after = Option.some(recordKey(signals[signal])(last, query.order))
      limit = Math.max(query.limit, Math.min(2 * limit, fewRecords))
    }
  })

/** The most records that are looked at together, where those before had few words. */
const fewRecords = 500

type Lists<E> = Pick<Derived<E>, "listTraces" | "listSessions">

/**
 * Traces and sessions by the words of their records. Where few records have the words, these are found first, and the list
 * is asked for their traces or sessions; where many have, most items of a list do, too, and each page of it is looked through.
 */
export const listsByCandidates = <E>(engine: Lists<E>, select: Select<E>): Lists<E> => {
  const find = finder(select)
  return {
    listTraces: Effect.fnUntraced(function* (query) {
      const [others, searches] = split(query.ofSome)
      if (searches.length === 0) return yield* engine.listTraces(query)
      const of = { signals: ["spans"], field: "traceId", searches } as const
      const few = yield* find.few(of)
      if (few?.length === 0) return []
      if (few !== undefined) return yield* engine.listTraces({ ...query, ofSome: [...others, oneOf("traceId", few)] })
      return yield* paged(
        query,
        (page) => engine.listTraces({ ...query, ofSome: others, ...page }),
        (span) => spanKey(span, query.order),
        (spans) =>
          Effect.map(
            find.amongTraces(
              searches,
              spans.map(({ traceId }) => traceId)
            ),
            (ids) => (span) => ids.has(span.traceId)
          )
      )
    }),
    listSessions: Effect.fnUntraced(function* (query) {
      const [others, searches] = split(query.ofRecords)
      if (searches.length === 0) return yield* engine.listSessions(query)
      const of = { signals: ["spans", "logs"], field: "sessionId", searches } as const
      const few = yield* find.few(of)
      if (few?.length === 0) return { items: [], newest: earliestTime }
      if (few !== undefined) {
        return yield* engine.listSessions({ ...query, ofRecords: [...others, oneOf("sessionId", few)] })
      }
      const matching = (query: SessionQuery) =>
        paged(
          query,
          (page) => Effect.map(engine.listSessions({ ...query, ofRecords: others, ...page }), ({ items }) => items),
          (session) => sessionKey(session, query.order),
          (sessions) =>
            Effect.map(
              find.amongSessions(
                of,
                sessions.map(({ sessionId }) => sessionId)
              ),
              (ids) => (session) => ids.has(session.sessionId)
            )
        )
      const items = yield* matching(query)
      // Pages that follow know it from the first.
      if (Option.isSome(query.after)) return { items, newest: earliestTime }
      const isNewestFirst = query.order.field === "time" && query.order.direction === "desc"
      const [newest] = isNewestFirst
        ? items
        : yield* matching({ ...query, order: newestFirst, limit: 1, asOf: Option.none() })
      return { items, newest: newest?.lastActivity ?? earliestTime }
    })
  }
}

const newestFirst = { field: "time", direction: "desc" } as const

const equals = (field: string, value: string): Condition => ({ op: "equals", fields: [field], value })

const oneOf = (field: string, values: ReadonlyArray<string>): Condition => ({ op: "oneOf", field, values })

/** A search in the records of traces or sessions, and the field that says of which. */
interface Of {
  readonly signals: ReadonlyArray<"spans" | "logs">
  readonly field: "traceId" | "sessionId"
  readonly searches: ReadonlyArray<SearchCondition>
}

interface Part {
  readonly limit: number
  readonly after: Query["after"]
}

/** As many records as are read to learn that they are all. */
const fewHits = 200

const finder = <E>(select: Select<E>) => {
  const first = (signal: "spans" | "logs", conditions: ReadonlyArray<Condition>, limit: number) =>
    select(signal, { conditions, order: newestFirst, limit, after: Option.none() })
  const idOf = (record: object, { field }: Of) => (record as { readonly [field: string]: string | undefined })[field]

  /** The ids of all that match, unless they are many. */
  const few = Effect.fnUntraced(function* (of: Of): Effect.fn.Return<ReadonlyArray<string> | undefined, E> {
    const ids = new Set<string>()
    for (const signal of of.signals) {
      const found = yield* first(signal, of.searches, fewHits)
      if (found.length === fewHits) return undefined
      for (const id of found.map((record) => idOf(record, of))) if (id !== undefined) ids.add(id)
    }
    return Array.from(ids)
  })

  /** Sessions have many records, of which one is enough: each is asked for itself. */
  const amongSessions = (of: Of, ids: ReadonlyArray<string>): Effect.Effect<ReadonlySet<string>, E> =>
    Effect.map(
      Effect.filter(
        ids,
        (id) =>
          Effect.exists(of.signals, (signal) =>
            Effect.map(first(signal, [equals(of.field, id), ...of.searches], 1), (found) => found.length > 0)
          ),
        { concurrency: 2 }
      ),
      (matching) => new Set(matching)
    )

  /** Traces have few spans: those of many are looked through together. */
  const amongTraces = Effect.fnUntraced(function* (
    searches: ReadonlyArray<SearchCondition>,
    ids: ReadonlyArray<string>
  ): Effect.fn.Return<ReadonlySet<string>, E> {
    const left = new Set(ids)
    let after: Query["after"] = Option.none()
    while (left.size > 0) {
      const conditions = [oneOf("traceId", Array.from(left)), ...searches]
      const found: ReadonlyArray<RecordOf<"spans">> = yield* select("spans", {
        conditions,
        order: newestFirst,
        limit: fewHits,
        after
      })
      for (const { traceId } of found) left.delete(traceId)
      const last = found.at(-1)
      if (found.length < fewHits || last === undefined) break
      after = Option.some(spanKey(last, newestFirst))
    }
    return new Set(ids.filter((id) => !left.has(id)))
  })

  return { few, amongSessions, amongTraces }
}

/** Pages of a list, which grow, until as many items match as are asked for. */
const paged = Effect.fnUntraced(function* <A, E>(
  query: Part,
  list: (part: Part) => Effect.Effect<ReadonlyArray<A>, E>,
  key: (item: A) => ReadonlyArray<bigint | string>,
  matching: (items: ReadonlyArray<A>) => Effect.Effect<Predicate.Predicate<A>, E>
): Effect.fn.Return<ReadonlyArray<A>, E> {
  const shown: Array<A> = []
  let { after, limit } = query
  while (true) {
    const items = yield* list({ limit, after })
    shown.push(...items.filter(yield* matching(items)))
    const last = items.at(-1)
    if (shown.length >= query.limit || items.length < limit || last === undefined) return shown.slice(0, query.limit)
    after = Option.some(key(last))
    limit = Math.max(query.limit, Math.min(2 * limit, fewRecords))
  }
})
