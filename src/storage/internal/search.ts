/**
 * Lists with a search among their filters. The engine gives candidates, page by page, and the words decide here.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { mapInTurns } from "../../runtime/eventLoop.js"
import type { SessionSummary } from "../../signal/SessionSummary.js"
import { type RecordOf, type SignalName, signals } from "../../signal/signals.js"
import type {
  Condition,
  Derived,
  EachQuery,
  Engine,
  Primitives,
  Query,
  SearchCondition,
  SearchedSignal,
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
  const candidates = engine.candidates ?? withoutWords
  const searching: Searching<E> = {
    candidates,
    confirm: engine.confirm ?? confirm,
    complete: engine.complete ?? (() => Effect.void),
    areMany: engine.areMany ?? (() => Effect.succeed(false)),
    candidatesOfEach: engine.candidatesOfEach ?? oneByOne(candidates)
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

const oneByOne =
  <E>(candidates: Searching<E>["candidates"]): Searching<E>["candidatesOfEach"] =>
  ({ each, field, ids, searches, signal }) =>
    Effect.map(
      Effect.forEach(
        ids,
        (id) => {
          const conditions = [equals(field, id), ...searches]
          return candidates(signal, { conditions, order: newestFirst, limit: each, after: Option.none() })
        },
        { concurrency: 2 }
      ),
      (found) => ({ candidates: found.flat(), more: ids.filter((_, i) => found[i]?.length === each) })
    )

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
export const listsByCandidates = <E>(engine: Lists<E>, searching: Searching<E>, select: Select<E>): Lists<E> => {
  const walk = walker(searching, select)
  return {
    listTraces: Effect.fnUntraced(function* (query) {
      const [others, searches] = split(query.ofSome)
      if (searches.length === 0) return yield* engine.listTraces(query)
      const shown = yield* walk(query, {
        of: { signals: ["spans"], field: "traceId", searches },
        list: (page) => engine.listTraces({ ...query, ofSome: others, ...page }),
        key: (span) => spanKey(span, query.order),
        id: ({ traceId }) => traceId,
        within: () => Option.none()
      })
      if (Either.isRight(shown)) return shown.right
      if (shown.left.length === 0) return []
      return yield* engine.listTraces({ ...query, ofSome: [...others, oneOf("traceId", shown.left)] })
    }),
    listSessions: Effect.fnUntraced(function* (query) {
      const [others, searches] = split(query.ofRecords)
      if (searches.length === 0) return yield* engine.listSessions(query)
      const matching = (query: SessionQuery) =>
        walk(query, {
          of: { signals: ["spans", "logs"], field: "sessionId", searches },
          list: (page) =>
            Effect.map(engine.listSessions({ ...query, ofRecords: others, ...page }), ({ items }) => items),
          key: (session) => sessionKey(session, query.order),
          id: ({ sessionId }) => sessionId,
          within: activityOf
        })
      const ofSome = (ids: ReadonlyArray<string>) =>
        ids.length === 0
          ? Effect.succeed({ items: [], newest: earliestTime })
          : engine.listSessions({ ...query, ofRecords: [...others, oneOf("sessionId", ids)] })
      const shown = yield* matching(query)
      if (Either.isLeft(shown)) return yield* ofSome(shown.left)
      const items = shown.right
      // Pages that follow know it from the first.
      if (Option.isSome(query.after)) return { items, newest: earliestTime }
      if (query.order.field === "time" && query.order.direction === "desc") {
        return { items, newest: items[0]?.lastActivity ?? earliestTime }
      }
      const newest = yield* matching({ ...query, order: newestFirst, limit: 1, asOf: Option.none() })
      if (Either.isLeft(newest)) return yield* ofSome(newest.left)
      return { items, newest: newest.right[0]?.lastActivity ?? earliestTime }
    })
  }
}

/** When some sessions had their records. */
const activityOf = (sessions: ReadonlyArray<SessionSummary>): EachQuery["within"] => {
  const [one, ...others] = sessions
  if (one === undefined) return Option.none()
  let [first, last] = [one.firstActivity, one.lastActivity]
  for (const { firstActivity, lastActivity } of others) {
    if (firstActivity < first) first = firstActivity
    if (lastActivity > last) last = lastActivity
  }
  return Option.some([first, last])
}

const newestFirst = { field: "time", direction: "desc" } as const

const equals = (field: string, value: string): Condition => ({ op: "equals", fields: [field], value })

const oneOf = (field: string, values: ReadonlyArray<string>): Condition => ({ op: "oneOf", field, values })

/** A search in the records of traces or sessions, and the field that says of which. */
interface Of extends Pick<EachQuery, "field" | "searches"> {
  readonly signals: ReadonlyArray<SearchedSignal>
}

interface Part {
  readonly limit: number
  readonly after: Query["after"]
}

/** As many records as are read to learn that they are all. */
const fewHits = 200

/** Candidates of an item that are looked at together with those of others, at first and then. */
const candidatesOfItem = [1, 20]

const finder = <E>({ candidatesOfEach, confirm }: Searching<E>, select: Select<E>) => {
  const first = (signal: SearchedSignal, conditions: ReadonlyArray<Condition>, limit: number) =>
    select(signal, { conditions, order: newestFirst, limit, after: Option.none() })

  /** The ids of all that match, unless they are many. */
  const few = Effect.fnUntraced(function* (of: Of): Effect.fn.Return<ReadonlyArray<string> | undefined, E> {
    const ids = new Set<string>()
    for (const signal of of.signals) {
      const found = yield* first(signal, of.searches, fewHits)
      if (found.length === fewHits) return undefined
      for (const record of found) {
        const id = record[of.field]
        if (id !== undefined) ids.add(id)
      }
    }
    return Array.from(ids)
  })

  /** The ids that match, of some. */
  const among = Effect.fnUntraced(function* (
    { field, searches, signals }: Of,
    ids: ReadonlyArray<string>,
    within: EachQuery["within"]
  ): Effect.fn.Return<ReadonlySet<string>, E> {
    const matching = new Set<string>()
    const isLeft = (id: string) => !matching.has(id)
    for (const signal of signals) {
      let left = ids.filter(isLeft)
      for (const each of candidatesOfItem) {
        if (left.length === 0) break
        const { candidates, more } = yield* candidatesOfEach({ signal, field, ids: left, searches, each, within })
        for (const record of yield* confirm(candidates, searches)) matching.add(record[field] ?? "")
        left = more.filter(isLeft)
      }
      const others = yield* Effect.filter(
        left,
        (id) => Effect.map(first(signal, [equals(field, id), ...searches], 1), (found) => found.length > 0),
        { concurrency: 2 }
      )
      for (const id of others) matching.add(id)
    }
    return matching
  })

  return { few, among }
}

/** A list of traces or sessions, and what is searched for in their records. */
interface Walk<A, E> {
  readonly of: Of
  readonly list: (part: Part) => Effect.Effect<ReadonlyArray<A>, E>
  readonly key: (item: A) => ReadonlyArray<bigint | string>
  readonly id: (item: A) => string
  readonly within: (items: ReadonlyArray<A>) => EachQuery["within"]
}

const [fewItems, manyItems] = [10, 500]

/**
 * Pages of a list until as many items match as are asked for; or, where few records match, the ids of all items that do.
 * Where records are many by their words, these are looked for only when the items looked through are many, too: each of two
 * words may be in many records, and both of them in none.
 */
const walker = <E>(searching: Searching<E>, select: Select<E>) => {
  const { among, few } = finder(searching, select)
  return Effect.fnUntraced(function* <A>(
    query: Part,
    { id, key, list, of, within }: Walk<A, E>
  ): Effect.fn.Return<Either.Either<ReadonlyArray<A>, ReadonlyArray<string>>, E> {
    const shown: Array<A> = []
    let after = query.after
    let limit = Math.max(query.limit, fewItems)
    let looked = 0
    let patience = (yield* Effect.exists(of.signals, (signal) => searching.areMany(signal, of.searches)))
      ? manyItems
      : 0
    while (true) {
      if (looked >= patience) {
        const ids = yield* few(of)
        if (ids !== undefined) return Either.left(ids)
        patience = Number.POSITIVE_INFINITY
      }
      const items = yield* list({ limit, after })
      const matching = yield* among(of, items.map(id), within(items))
      for (const item of items) if (matching.has(id(item))) shown.push(item)
      const last = items.at(-1)
      if (shown.length >= query.limit || items.length < limit || last === undefined) {
        return Either.right(shown.slice(0, query.limit))
      }
      after = Option.some(key(last))
      looked += items.length
      // Somewhat more than have the rest, if as many match as did so far.
      const wanted = Math.ceil((1.5 * (query.limit - shown.length) * looked) / Math.max(1, shown.length))
      limit = Math.max(fewItems, Math.min(wanted, 4 * limit, manyItems))
    }
  })
}
