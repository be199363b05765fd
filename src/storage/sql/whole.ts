/**
 * Whole spans: their attributes as they were, of the messages that `conversations.ts` has cut them into.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { forEachInTurns } from "../../runtime/eventLoop.js"
import { assign } from "../../signal/internal/jsonWalk.js"
import type { Json } from "../../signal/Json.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import type { Engine } from "../Engine.js"
import { hashLength, type Message, ownerOf, type Parts, refLength } from "./conversations.js"

/** Messages to read. */
interface Wanted {
  readonly owners: ReadonlyArray<string>
  readonly hashes: ReadonlyArray<string>
}

export type Stored = Pick<Message, "owner" | "hash" | "isList" | "body">

/** Reads the messages of some owners that have one of the hashes, and perhaps others. */
export type Read<E> = (wanted: Wanted) => Effect.Effect<ReadonlyArray<Stored>, E>

/** Spans whose attributes are still to be made, and of what. */
const pending = new WeakMap<object, ReadonlyArray<readonly [attribute: string, parts: Parts]>>()

/** Keeps what the column `messages` of a span says. Somebody may have put anything into it: that is left out. */
export const pend = <R extends object>(record: R, messages: unknown): R => {
  if (!Predicate.isRecord(messages)) return record
  const parts = Object.entries(messages).filter((entry): entry is [string, Parts] => isParts(entry[1]))
  if (parts.length > 0) pending.set(record, parts)
  return record
}

/** The parts of which attributes of a span are still to be made. */
export const pendingOf = (record: object) => pending.get(record)

const isParts = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 3 && value.every(Predicate.isString)

/** The reads of an engine that give spans, which give whole ones. */
export const reads = <E, Reads extends Pick<Engine<E>, Name>>(engine: Reads, read: Read<E>): Reads => ({
  ...engine,
  ...Object.fromEntries(
    names.map((name) => [
      name,
      (...args: ReadonlyArray<never>) =>
        Effect.tap((engine[name] as Method<E>)(...args), (found) => complete(found, read))
    ])
  )
})

type Name = (typeof names)[number]
type Found = ReadonlyArray<object> | Option.Option<object>
type Method<E> = (...args: ReadonlyArray<never>) => Effect.Effect<Found, E>

const names = ["select", "listTraces", "traceSpans", "getSpan", "sessionTimeline"] as const

/** Messages that are read at once. */
export const hashesARead = 500

/** Makes the attributes of what was found, where they are still to be made. */
export const complete = <E>(found: Found, read: Read<E>): Effect.Effect<void, E> => {
  const spans: Array<SpanRecord> = []
  for (const record of Option.isOption(found) ? Option.toArray(found) : found)
    if (pending.has(record)) spans.push(record as SpanRecord)
  return spans.length === 0 ? Effect.void : completeSpans(spans, read)
}

const completeSpans = Effect.fnUntraced(function* <E>(spans: ReadonlyArray<SpanRecord>, read: Read<E>) {
  const stored = new Map<string, Stored>()
  const wanted = new Map<string, string>()
  const fetchSome = Effect.fnUntraced(function* (some: ReadonlyArray<readonly [key: string, owner: string]>) {
    const messages = yield* read({
      owners: Array.from(new Set(some.map(([, owner]) => owner))),
      hashes: Array.from(new Set(some.map(([key, owner]) => key.slice(owner.length))))
    })
    for (const message of messages) stored.set(message.owner + message.hash, message)
  })
  const fetch = Effect.fnUntraced(function* () {
    let some: Array<readonly [key: string, owner: string]> = []
    for (const entry of wanted) {
      if (stored.has(entry[0])) continue
      if (some.push(entry) < hashesARead) continue
      yield* fetchSome(some)
      some = []
    }
    if (some.length > 0) yield* fetchSome(some)
    wanted.clear()
  })
  const want = (owner: string, hash: string) => wanted.set(owner + hash, owner)

  yield* forEachInTurns(spans, (span) => {
    for (const [, [, refs]] of pending.get(span) ?? []) for (const hash of hashesOf(refs)) want(ownerOf(span), hash)
  })
  yield* fetch()
  yield* forEachInTurns(Array.from(stored.values()), ({ body, isList, owner }) => {
    if (isList) for (const hash of cut(body, hashLength)) want(owner, hash)
  })
  yield* fetch()
  yield* forEachInTurns(spans, (span) => {
    const textOf = (hash: string) => stored.get(ownerOf(span) + hash)
    for (const [name, parts] of pending.get(span) ?? []) {
      assign(span.attributes as Record<string, Json>, name, valueOf(parts, textOf))
    }
    pending.delete(span)
  })
})

/** A text in parts of one length. */
export const cut = (text: string, length: number): ReadonlyArray<string> => {
  const parts: Array<string> = []
  for (let i = 0; i < text.length; i += length) parts.push(text.slice(i, i + length))
  return parts
}

const hashesOf = (refs: string) => cut(refs, refLength).map((ref) => ref.slice(1))

/** Stands where a message is gone that somebody has deleted. */
export const missing = "[Missing]"

const valueOf = ([kind, refs, rest]: Parts, messageOf: (hash: string) => Stored | undefined): Json => {
  const gap = kind === "array" ? `"${missing}"` : missing
  const pieces = hashesOf(refs).flatMap((hash): ReadonlyArray<string> => {
    const message = messageOf(hash)
    if (message === undefined) return [gap]
    return message.isList ? cut(message.body, hashLength).map((hash) => messageOf(hash)?.body ?? gap) : [message.body]
  })
  if (kind !== "array") return pieces.join("") + rest
  if (rest !== "") pieces.push(rest)
  return parsed(`[${pieces.join(",")}]`) ?? pieces.flatMap((piece) => parsed(`[${piece}]`) ?? [missing])
}

/** The items of a list as JSON; `undefined` where somebody has put something else into a message. */
export const parsed = (text: string): ReadonlyArray<Json> | undefined => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
