/**
 * Conditions in SQL. What may change while a span runs, or when a score is given again, is asked twice: of all rows, to
 * find those that may do, and of the row with the highest version, to decide.
 */
import type { Fragment } from "@effect/sql/Statement"
import type { Condition, SearchCondition } from "../../Engine.js"
import { canonical } from "../../internal/query.js"
import { wordsWithin } from "../../internal/words.js"
import { ownerOfSession, ownerOfTrace } from "../../sql/conversations.js"
import { pascalCase } from "../../sql/identifiers.js"
import type { Layout } from "./layouts.js"
import type { Store } from "./store.js"
import { unknownWords, wordsInMessages } from "./words.js"

/** The most entries that are compared each for itself, in half the time; more are one comparison, of any number of them. */
const fewEntries = 10

/** A condition on the rows of a signal. It holds for no row of a signal that lacks the field. */
export const where = (store: Store, layout: Layout, condition: Condition): Fragment => {
  const { all, duration, holds, sql, text, texts, wide } = store
  if (condition.op === "words") return mayHave(store, layout, condition)
  if (condition.op === "not") return sql`NOT ${holds([where(store, layout, condition.condition)])}`
  const [field, ...others] = fieldsOf(condition).filter((field) => Object.hasOwn(layout.signal.fields, field))
  if (field === undefined) return sql`false`
  const column = sql.literal(pascalCase(field))
  switch (condition.op) {
    case "equals": {
      const value = text(condition.value)
      const equal = sql`${column} = ${value}`
      return others.length === 0
        ? equal
        : sql.or([equal, ...others.map((other) => sql`${sql.literal(pascalCase(other))} = ${value}`)])
    }
    case "oneOf":
      return sql`${column} IN ${texts(condition.values)}`
    case "hasAll":
      return sql`hasAll(${column}, ${texts(condition.values)})`
    case "entries": {
      const entries = Object.entries(condition.entries).map(([key, value]) => [key, canonical(value)] as const)
      if (entries.length <= fewEntries)
        return all(entries.map(([key, value]) => sql`${column}[${text(key)}] = ${text(value)}`))
      const asked = sql`arrayZip(${texts(entries.map(([key]) => key))}, ${texts(entries.map(([, value]) => value))})`
      return sql`hasAll(arrayZip(mapKeys(${column}), mapValues(${column})), ${asked})`
    }
    case "atLeast":
      return sql`${column} >= ${bound(store, layout, field, condition.value)}`
    case "atMost":
      return sql`${column} <= ${bound(store, layout, field, condition.value)}`
    case "below":
      return sql`${column} < ${bound(store, layout, field, condition.value)}`
    case "lasting":
      return sql`${duration} >= ${wide(condition.value)}`
  }
}

/** The words that each row has in which a search finds something. */
export const askedWords = ({ phrases, words }: SearchCondition): ReadonlyArray<string> =>
  Array.from(new Set([...words, ...phrases.flatMap(wordsWithin)]))

/** The owners of the messages that may have a word, as far as they are known. */
export type Owners = ReadonlyMap<string, ReadonlyArray<string>>

/** Holds for the rows that have what is searched for, for some others, and for those of which the words are not known. */
export const mayHave = (
  { all, sql, text, texts }: Store,
  { searched, signal }: Layout,
  search: SearchCondition,
  owners: Owners = new Map()
): Fragment => {
  if (searched === undefined) return sql`false`
  const asked = askedWords(search)
  if (asked.length === 0) return sql`true`
  const row = sql.literal(searched)
  const has = (word: string) => sql`hasToken(${row}, ${text(word)})`
  const hasOrMessageHas = (word: string): Fragment => {
    if (signal.name !== "spans") return has(word)
    const known = owners.get(word)
    if (known === undefined) return sql`(${has(word)} OR ${has(wordsInMessages)})`
    if (known.length === 0) return has(word)
    const of = (mark: string) =>
      texts(known.flatMap((owner) => (owner.startsWith(mark) ? [owner.slice(mark.length)] : [])))
    const isOfOwner = sql`(SessionId IN ${of(ownerOfSession(""))} OR TraceId IN ${of(ownerOfTrace(""))})`
    return sql`(${has(word)} OR (${has(wordsInMessages)} AND ${isOfOwner}))`
  }
  return sql`(${all(asked.map(hasOrMessageHas))} OR ${has(unknownWords)})`
}

/** The fields of which one is asked. */
const fieldsOf = (condition: Exclude<Condition, { readonly op: "not" | "words" }>): ReadonlyArray<string> => {
  switch (condition.op) {
    case "equals":
      return condition.fields
    case "lasting":
      return ["endTime"]
    default:
      return [condition.field]
  }
}

/** A value to compare a field with. */
const bound = ({ nanos, sql, wide }: Store, { signal }: Layout, field: string, value: bigint | number): Fragment =>
  typeof value === "number"
    ? sql`${sql.param("Float64", value)}`
    : signal.fields[field]?.kind === "time"
      ? nanos(value)
      : sql`${wide(value)}`

/** Where the rows of a record are in its table: by the ids that it is known by, and its time in nanoseconds. */
export interface Place {
  readonly time: string
  readonly ids: ReadonlyArray<string>
}

/** The rows at places. Those of a record whose time may change are wherever its id is. */
export const at = (store: Store, layout: Layout, places: ReadonlyArray<Place>): Fragment => {
  const { isTimeFixed, key, time } = layout
  if (!isTimeFixed) return near(store, layout, places)
  const { sql, texts, times } = store
  const starts = times(places.map(({ time }) => time))
  const ids = key.map((_, i) => texts(places.map(({ ids }) => ids[i] as string)))
  const parts = sql.literal(key.map((_, i) => `place.${i + 2}`).join(", "))
  return sql`(${sql.literal([time, ...key].join(", "))}) IN (
    SELECT fromUnixTimestamp64Nano(place.1, 'UTC'), ${parts}
    FROM (SELECT arrayJoin(arrayZip(${sql.csv([starts, ...ids])})) AS place))`
}

/** The rows at places and perhaps some more, found in less time than those that `at` finds. */
export const near = (
  { all, sql, texts, times }: Store,
  { isTimeFixed, key, time }: Layout,
  places: ReadonlyArray<Place>
): Fragment => {
  const ids = key.map((column, i) => sql`${sql.literal(column)} IN ${texts(places.map(({ ids }) => ids[i] as string))}`)
  const starts = times(places.map(({ time }) => time))
  return isTimeFixed
    ? all([sql`${sql.literal(time)} IN (SELECT fromUnixTimestamp64Nano(arrayJoin(${starts}), 'UTC'))`, ...ids])
    : all(ids)
}
