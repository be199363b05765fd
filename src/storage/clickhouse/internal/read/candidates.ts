/**
 * Rows that may have words. Of spans that are cut, some words stand in messages: whose these are is found first, so that of
 * all other spans none is looked at.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { RecordOf, SignalName } from "../../../../signal/signals.js"
import type { Query, SearchCondition, SearchedSignal, Searching } from "../../../Engine.js"
import { isSearch } from "../../../internal/search.js"
import type { StorageError } from "../../../StorageError.js"
import { pascalCase } from "../../../sql/identifiers.js"
import { layouts } from "../layouts.js"
import { digits, texts as idTexts, text as isText, number } from "../row.js"
import type { Store } from "../store.js"
import { tables } from "../tables.js"
import { askedWords, mayHave, type Owners } from "../where.js"
import { unknownWords } from "../words.js"
import { idsOf, newestAt, select } from "./pages.js"

export const candidates =
  (store: Store) =>
  <N extends SignalName>(signal: N, query: Query): Effect.Effect<ReadonlyArray<RecordOf<N>>, StorageError> => {
    const searches = query.conditions.filter(isSearch)
    const others = query.conditions.filter((condition) => !isSearch(condition))
    if (signal !== "spans" || searches.length === 0 || others.some(isNarrow)) return select(store, signal, query)
    return Effect.flatMap(ownersOf(store, searches), (owners) =>
      select(
        store,
        signal,
        { ...query, conditions: others },
        searches.map((search) => mayHave(store, layouts.spans, search, owners))
      )
    )
  }

/** The candidates of some traces or sessions, found by one statement. */
export const candidatesOfEach = (store: Store): Searching["candidatesOfEach"] =>
  Effect.fnUntraced(function* ({ each, field, ids, searches, signal, within }) {
    const { all, count, name, nanos, rows, sql, texts } = store
    const layout = layouts[signal]
    const owners: Owners = signal === "spans" ? yield* ownersOf(store, searches) : new Map()
    const time = sql.literal(layout.time)
    const of = sql.literal(pascalCase(field))
    const conditions = [
      sql`${of} IN ${texts(ids)}`,
      ...Option.toArray(Option.map(within, ([first, last]) => sql`${time} BETWEEN ${nanos(first)} AND ${nanos(last)}`)),
      ...searches.map((search) => mayHave(store, layout, search, owners))
    ]
    const found = yield* rows(
      { of: isText, time: digits, ids: idTexts },
      sql`
      SELECT ${of} AS of, toUnixTimestamp64Nano(${time}) AS time, ${sql.literal(`[${layout.key.join(", ")}]`)} AS ids
      FROM ${sql.literal(name[signal])} WHERE ${all(conditions)} LIMIT ${count(each)} BY of`
    )
    const newest = yield* newestAt<SearchedSignal>(store, signal, found, conditions)
    const counts = new Map<string, number>()
    for (const { of } of found) counts.set(of, (counts.get(of) ?? 0) + 1)
    return {
      candidates: Array.from(new Set(found.map(idsOf))).flatMap((ids) => {
        const row = newest.get(ids)
        return row?.matches ? [row.record] : []
      }),
      more: ids.filter((id) => (counts.get(id) ?? 0) >= each)
    }
  })

/** Whether a condition leaves so few rows that they are found sooner without. */
const isNarrow = (condition: Query["conditions"][number]): boolean =>
  condition.op === "equals"
    ? condition.fields.every((field) => field === "sessionId" || field === "traceId")
    : condition.op === "oneOf" && (condition.field === "sessionId" || condition.field === "traceId")

/** As many words are looked up: those that are longest, which few messages have. */
const fewWords = 4

/** Of a word that more of them have, most spans have it, too. */
const fewOwners = 500

/** Whose messages have a word, for each word of which few have it. */
const ownersOf = (store: Store, searches: ReadonlyArray<SearchCondition>): Effect.Effect<Owners, StorageError> => {
  const { count, name, rows, sql, text } = store
  const words = Array.from(new Set(searches.flatMap(askedWords)))
    .sort((a, b) => b.length - a.length)
    .slice(0, fewWords)
  if (words.length === 0) return Effect.succeed(new Map())
  const texts = sql.literal(tables.messages.searched ?? "")
  const selects = words.map(
    (word, i) => sql`(
      SELECT DISTINCT ${count(i)} AS word, Owner AS owner FROM ${sql.literal(name.messages)}
      WHERE hasToken(${texts}, ${text(word)}) OR hasToken(${texts}, ${text(unknownWords)}) LIMIT ${count(fewOwners + 1)})`
  )
  return Effect.map(
    rows(
      { word: number, owner: isText },
      selects.reduce((left, right) => sql`${left} UNION ALL ${right}`)
    ),
    (found) =>
      new Map(
        words.flatMap((word, i) => {
          const owners = found.flatMap((row) => (row.word === i ? [row.owner] : []))
          return owners.length > fewOwners ? [] : [[word, owners] as const]
        })
      )
  )
}
