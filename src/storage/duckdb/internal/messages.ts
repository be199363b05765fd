/**
 * The table of messages, of which long attributes of spans are made: see `sql/conversations.ts`.
 */
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import { globalValue } from "effect/GlobalValue"
import { nextTurn } from "../../../runtime/eventLoop.js"
import type { Removal } from "../../Engine.js"
import {
  chunksOfCharacters,
  distinct,
  type Message,
  ownerOfSession,
  ownerOfTrace,
  Splitter
} from "../../sql/conversations.js"
import type { Read, Stored } from "../../sql/whole.js"
import type { DuckDbClient } from "../DuckDbClient.js"
import type { Tables } from "./table.js"
import * as Text from "./text.js"

export const nameOf = ({ spans }: Tables): string => spans.name.replace(/spans$/, "messages")

export const columns = [
  { name: "owner", type: "VARCHAR" },
  { name: "hash", type: "VARCHAR" },
  { name: "is_list", type: "BOOLEAN" },
  { name: "kept_until", type: "BIGINT" },
  { name: "body", type: "VARCHAR" }
]

export interface Messages {
  /** Cuts spans; the same one for all clients of a file. */
  readonly splitter: Splitter
  /** Stores messages, each once. */
  readonly add: (messages: ReadonlyArray<Message>) => Effect.Effect<void, SqlError>
  readonly read: Read<SqlError>
  readonly remove: (which: Removal) => Effect.Effect<void, SqlError>
}

/** By the lock that all clients of a file share, and by table. */
const splitters = globalValue(
  "effect-observability/duckdb/messages",
  () => new WeakMap<DuckDbClient["withWriteLock"], Map<string, Splitter>>()
)

const splitterOf = (sql: DuckDbClient, table: string): Splitter => {
  const ofFile = splitters.get(sql.withWriteLock) ?? new Map<string, Splitter>()
  splitters.set(sql.withWriteLock, ofFile)
  const splitter = ofFile.get(table) ?? new Splitter()
  ofFile.set(table, splitter)
  return splitter
}

/** As many owners as the index is asked for at once. */
const fewOwners = 100

/** Characters that are written in one statement, which is made of them while the event loop waits. */
const charactersAStatement = 2 ** 20

export const make = (sql: DuckDbClient, tables: Tables): Messages => {
  const name = nameOf(tables)
  const table = sql.literal(`"${name}"`)
  const splitter = splitterOf(sql, name)
  const among = (values: Iterable<string>) =>
    sql`(SELECT unnest(from_json(${JSON.stringify(Array.from(values))}, '["VARCHAR"]')))`
  const ofOwners = (owners: ReadonlyArray<string>): Fragment =>
    owners.length <= fewOwners ? sql.in("owner", owners) : sql`owner IN ${among(owners)}`
  /** The rows of some messages. The index finds those of their owners, where nothing else is asked. */
  const rowsOf = (owners: ReadonlyArray<string>, hashes: ReadonlyArray<string>) => sql`
    rowid IN (SELECT id FROM (SELECT rowid AS id, hash FROM ${table} WHERE ${ofOwners(owners)}) WHERE hash IN ${among(hashes)})`
  const rowsOfAll = (messages: ReadonlyArray<Message>) =>
    rowsOf(distinct(messages.map(({ owner }) => owner)), distinct(messages.map(({ hash }) => hash)))

  /** Keeps messages that are stored for longer. */
  const keep = (messages: ReadonlyArray<Message>) =>
    Effect.forEach(
      distinct(messages.map(({ until }) => until)),
      (until) => sql`
        UPDATE ${table} SET kept_until = ${until}
        WHERE kept_until < ${until} AND ${rowsOfAll(messages.filter((message) => message.until === until))}`,
      { discard: true }
    )

  return {
    splitter,
    add: Effect.fnUntraced(function* (messages) {
      const rows = yield* sql<{ readonly key: string; readonly until: string }>`
        SELECT owner || hash AS key, kept_until::VARCHAR AS until FROM ${table} WHERE ${rowsOfAll(messages)}`
      const stored = new Map(rows.map(({ key, until }) => [key, BigInt(until)]))
      const [known, absent] = Arr.partition(messages, ({ hash, owner }) => !stored.has(owner + hash))
      yield* keep(known.filter(({ hash, owner, until }) => (stored.get(owner + hash) as bigint) < until))
      for (const some of chunksOfCharacters(absent, charactersAStatement)) {
        yield* Effect.suspend(() => sql.unsafe(...insertion(`"${name}"`, some)))
        yield* nextTurn
      }
    }),
    read: ({ hashes, owners }) => sql<Stored>`
      SELECT owner, hash, is_list AS "isList", body FROM ${table} WHERE ${rowsOf(owners, hashes)}`,
    remove: (which) =>
      Effect.asVoid(
        "before" in which
          ? sql`DELETE FROM ${table} WHERE kept_until < ${which.before}`
          : sql`
            DELETE FROM ${table}
            WHERE owner IN ${among([ownerOfSession(which.sessionId), ...which.traceIds.map(ownerOfTrace)])}`
      ).pipe(Effect.ensuring(Effect.sync(() => splitter.forget())))
  }
}

const insertion = (table: string, messages: ReadonlyArray<Message>) => {
  const column = (name: string, type: string, cells: ReadonlyArray<string>): Text.TextColumn => ({
    name,
    decode: (text) => (type === "" ? text : `${text}::${type}`),
    isText: type === "",
    cells
  })
  return Text.insertion(table, messages.length, [
    column(
      "owner",
      "",
      messages.map(({ owner }) => owner)
    ),
    column(
      "hash",
      "",
      messages.map(({ hash }) => hash)
    ),
    column(
      "is_list",
      "BOOLEAN",
      messages.map(({ isList }) => String(isList))
    ),
    column(
      "kept_until",
      "BIGINT",
      messages.map(({ until }) => String(until))
    ),
    column(
      "body",
      "",
      messages.map(({ body }) => body)
    )
  ])
}
