/**
 * The table of messages, of which long attributes of spans are made: see `sql/conversations.ts`.
 */
import { Readable } from "node:stream"
import type { Fragment } from "@effect/sql/Statement"
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Removal } from "../../Engine.js"
import type { StorageError } from "../../StorageError.js"
import {
  chunksOfCharacters,
  distinct,
  type Message,
  ownerOfSession,
  ownerOfTrace,
  Splitter
} from "../../sql/conversations.js"
import type { Read } from "../../sql/whole.js"
import { one } from "./connection.js"
import { digits, flag, text as isText } from "./row.js"
import { RowBinaryWriter } from "./rowBinary.js"
import type { Store } from "./store.js"
import { hiddenWordsOfMessage } from "./words.js"

export interface Messages {
  /** Stores the messages of spans that are not stored, and then the rows of the spans. */
  readonly before: (
    spans: ReadonlyArray<object>,
    insert: (rows: ReadonlyArray<object>) => Effect.Effect<void, StorageError>
  ) => Effect.Effect<void, StorageError>
  readonly read: Read<StorageError>
  readonly remove: (which: Removal) => Effect.Effect<void, StorageError>
}

/** Messages that are looked for, and characters that are written, in one statement. */
const messagesAStatement = 1000
const charactersAStatement = 16 * 2 ** 20

export const make = (store: Store): Messages => {
  const { name, nanos, rows, run, sql, texts } = store
  const splitter = new Splitter()
  const add = addTo(store)

  const removeWhere = (condition: Fragment) =>
    rows(
      { count: digits },
      sql`SELECT toString(count()) AS count FROM ${sql.literal(name.messages)} WHERE ${condition}`
    ).pipe(
      Effect.flatMap(one),
      Effect.flatMap(({ count }) =>
        count === "0"
          ? Effect.void
          : run(sql`DELETE FROM ${sql.literal(name.local.messages + name.onCluster)} WHERE ${condition}`)
      )
    )

  return {
    before: (spans, insert) =>
      Clock.currentTimeMillis.pipe(
        Effect.flatMap((now) => splitter.split(spans, now)),
        Effect.flatMap(({ messages, rows, stored }) =>
          messages.length === 0 ? insert(rows) : add(messages).pipe(Effect.zipRight(insert(rows)), Effect.map(stored))
        )
      ),
    read: read(store),
    remove: (which) =>
      ("before" in which
        ? removeWhere(sql`KeptUntil < ${nanos(which.before)}`)
        : Effect.forEach(
            Arr.chunksOf([ownerOfSession(which.sessionId), ...which.traceIds.map(ownerOfTrace)], messagesAStatement),
            (owners) => removeWhere(sql`Owner IN ${texts(owners)}`),
            { discard: true }
          )
      ).pipe(Effect.ensuring(Effect.sync(() => splitter.forget())))
  }
}

export const read =
  (store: Store): Read<StorageError> =>
  ({ hashes, owners }) => {
    const { name, rows, sql } = store
    return Effect.map(
      rows(
        { owner: isText, hash: isText, isList: flag, body: isText },
        sql`
        SELECT Owner AS owner, Hash AS hash, IsList AS isList, Body AS body
        FROM ${sql.literal(name.messages)} WHERE ${among(store, owners, hashes)}`
      ),
      (found) => found.map((message) => ({ ...message, isList: Boolean(message.isList) }))
    )
  }

const among = ({ sql, texts }: Store, owners: ReadonlyArray<string>, hashes: ReadonlyArray<string>): Fragment =>
  sql`Owner IN ${texts(owners)} AND Hash IN ${texts(hashes)}`

/** Stores messages that are not stored for as long already. */
const addTo = (store: Store) => {
  const { insert, name, rows, sql } = store
  /** Until when messages are stored. */
  const storedOf = (messages: ReadonlyArray<Message>) =>
    rows(
      { owner: isText, hash: isText, until: digits },
      sql`
      SELECT Owner AS owner, Hash AS hash, toString(toUnixTimestamp64Nano(max(KeptUntil))) AS until
      FROM ${sql.literal(name.messages)} WHERE ${among(
        store,
        distinct(messages.map(({ owner }) => owner)),
        messages.map(({ hash }) => hash)
      )} GROUP BY Owner, Hash`
    )

  const write = (messages: ReadonlyArray<Message>) =>
    Effect.forEach(
      chunksOfCharacters(messages, charactersAStatement),
      (some) => insert(`${name.messages} (Owner,Hash,IsList,KeptUntil,Body,Words)`, () => Readable.from(encoded(some))),
      { discard: true }
    )

  return (messages: ReadonlyArray<Message>) =>
    Effect.forEach(
      Arr.chunksOf(messages, messagesAStatement),
      (some) =>
        Effect.flatMap(storedOf(some), (found) => {
          const stored = new Map(found.map(({ hash, owner, until }) => [owner + hash, BigInt(until)]))
          const isStored = ({ hash, owner, until }: Message) => (stored.get(owner + hash) ?? notStored) >= until
          return write(some.filter((message) => !isStored(message)))
        }),
      { discard: true }
    )
}

const notStored = -(2n ** 64n)

/** Characters of messages that are encoded at once, while the event loop waits. */
const charactersATurn = 50_000

function* encoded(messages: ReadonlyArray<Message>) {
  const to = new RowBinaryWriter()
  for (const some of chunksOfCharacters(messages, charactersATurn)) {
    for (const { body, hash, isList, owner, until } of some) {
      to.string(owner)
      to.string(hash)
      to.bool(isList)
      to.int64(until)
      to.string(body)
      to.bool(false)
      to.string(isList ? "" : hiddenWordsOfMessage(body).join(" "))
    }
    yield to.take()
  }
}
