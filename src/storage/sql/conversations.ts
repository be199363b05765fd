/**
 * Conversations are stored once. An agent sends all messages so far with each call, so that the payload of its spans would
 * grow with the square of its turns. So a long list among the attributes of a span is cut into *messages*, each of which is
 * stored once a session in a table of its own; the row of the span has `null` in its place, and says in the column
 * `messages` of which messages it is made:
 *
 * ```
 * { "gen_ai.input.messages": ["array", "#<hash>#<hash>@<hash>", "<the rest>"] }
 * ```
 *
 * `#` is a message, `@` a message that is itself a list of hashes: a call then names a dozen of them, and not all before
 * it. The value is an array of the messages and the rest, joined by commas, or a text (`"text"`) of them, joined by nothing.
 * So whatever the value is, it comes back as it was. What is cut follows from its shape, and not from its name: an array of
 * objects or long texts, or a text that is JSON by its looks; in spans of models and agents any long text.
 *
 * Messages belong to the session of their span, or to its trace where it has none, and go with it. Each is kept until the
 * time in `until`, which is never before the start of a span that has it, and at most two days after the last one.
 */
import type * as Effect from "effect/Effect"
import { inTurns } from "../../runtime/eventLoop.js"
import { assign } from "../../signal/internal/jsonWalk.js"
import type { Json } from "../../signal/Json.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import { type Cut, cutArray, cutText, isList, looksLikeJson, type Piece } from "./pieces.js"

/** A message, as it is stored. */
export interface Message {
  /** Whose it is: `s:` and the id of a session, or `t:` and that of a trace. */
  readonly owner: string
  /** 132 bits of SHA-256, as 22 characters of base64url. */
  readonly hash: string
  /** Whether the body is one of hashes. */
  readonly isList: boolean
  readonly body: string
  /** Nanoseconds since the epoch: no span that has it starts later. */
  readonly until: bigint
}

/** How an attribute is made of messages: `"array"` or `"text"`, their hashes each with a mark before it, and the rest. */
export type Parts = readonly [kind: "array" | "text", refs: string, rest: string]

/** Rows to be stored, the messages that have to be stored before them, and what to call when all of it is. */
export interface Split<R> {
  readonly rows: ReadonlyArray<R>
  readonly messages: ReadonlyArray<Message>
  readonly stored: () => void
}

const whole = Symbol("whole")

/** The record that a row was cut from, or the row where it is whole. */
export const wholeOf = <R extends object>(row: R): R => (row as { readonly [whole]?: R })[whole] ?? row

export const ownerOf = ({ sessionId, traceId }: Pick<SpanRecord, "sessionId" | "traceId">): string =>
  sessionId === undefined ? ownerOfTrace(traceId) : ownerOfSession(sessionId)

export const ownerOfSession = (sessionId: string): string => `s:${sessionId}`

export const ownerOfTrace = (traceId: string): string => `t:${traceId}`

/** Each of many values once. */
export const distinct = <A extends string | bigint>(values: Iterable<A>): ReadonlyArray<A> =>
  Array.from(new Set(values))

/** Messages in parts of so many characters, or of one message where that has more. */
export const chunksOfCharacters = (
  messages: ReadonlyArray<Message>,
  characters: number
): ReadonlyArray<ReadonlyArray<Message>> => {
  const chunks: Array<Array<Message>> = []
  let room = 0
  for (const message of messages) {
    if (chunks.length === 0 || room < message.body.length) {
      chunks.push([])
      room = characters
    }
    room -= message.body.length
    chunks.at(-1)?.push(message)
  }
  return chunks
}

/** Characters of a hash, and of one with its mark. */
export const hashLength = 22
export const refLength = hashLength + 1

/** A value is cut when it is at least so long; a text that is no list when it is twice that: a reader looks twice then. */
const leastLength = 1024

/** Milliseconds for which what was stored is believed to be there: another process may have deleted the session meanwhile. */
const believedFor = 60_000

const maxKnown = 100_000
/** Characters of values that are remembered, to compare the next ones with. */
const maxRemembered = 8 * 2 ** 20

/** Cuts spans, and remembers what was stored. */
export class Splitter {
  /** By owner and hash, until when a message is stored, and since when that is believed. */
  private readonly known = new Map<string, { readonly until: bigint; readonly since: number }>()
  /** The last value of an attribute of an owner: the next one mostly begins with it. */
  private readonly last = new Map<string, Cut>()
  private remembered = 0
  /** Counts how often all was forgotten: what was cut before is not known to be stored after. */
  private age = 0

  /** To be called when messages were deleted. */
  forget(): void {
    this.age++
    this.known.clear()
  }

  /** Rows of spans; `now` is in milliseconds. Between any two of them the event loop may turn. */
  split<R extends object>(records: ReadonlyArray<R>, now: number): Effect.Effect<Split<R>> {
    return inTurns(() => this.splitting(records, now))
  }

  private *splitting<R extends object>(records: ReadonlyArray<R>, now: number): Generator<void, Split<R>> {
    const { age } = this
    const fresh = new Map<string, Message>()
    let rows: Array<R> | undefined
    for (let i = 0; i < records.length; i++) {
      const record = records[i] as R
      const row = this.row(record as unknown as SpanRecord, fresh, now)
      if (row !== undefined) {
        rows ??= records.slice()
        rows[i] = row as unknown as R
      }
      yield
    }
    return {
      rows: rows ?? records,
      messages: Array.from(fresh.values()),
      stored: () => {
        if (age !== this.age) return
        for (const [key, { until }] of fresh) {
          this.known.delete(key)
          this.known.set(key, { until, since: now })
        }
        evict(this.known, maxKnown)
      }
    }
  }

  private row(span: SpanRecord, fresh: Map<string, Message>, now: number): object | undefined {
    const { attributes } = span
    let cut: { readonly attributes: Record<string, Json>; readonly messages: Record<string, Parts> } | undefined
    for (const name in attributes) {
      const value = attributes[name] as Json
      const made = this.cut(span, name, value)
      if (made === undefined) continue
      cut ??= { attributes: { ...attributes }, messages: {} }
      assign(cut.attributes, name, null)
      assign(cut.messages as never, name, this.parts(span, made, fresh, now) as never)
    }
    return cut && { ...span, ...cut, [whole]: span }
  }

  private cut(span: SpanRecord, name: string, value: Json): Cut | undefined {
    if (typeof value === "string") {
      if (value.length < leastLength) return undefined
      const isJson = looksLikeJson(value)
      if (!isJson && (value.length < 2 * leastLength || !ofAgents.has(span.spanType))) return undefined
      return this.compared(span, name, (last) => cutText(value, isJson, last))
    }
    return isList(value) ? this.compared(span, name, (last) => cutArray(value, last)) : undefined
  }

  /** Cuts a value, with an eye on the last one at its place. */
  private compared(span: SpanRecord, name: string, cut: (last: Cut | undefined) => Cut): Cut | undefined {
    const key = `${ownerOf(span)} ${name}`
    const before = this.last.get(key)
    if (before?.value === span.attributes[name]) return before
    const made = cut(before)
    if (made.pieces.length === 0 || (made.kind === "array" && made.length < leastLength)) return undefined
    this.last.delete(key)
    this.remembered += made.length - (before?.length ?? 0)
    if (made.length <= maxRemembered / 4) this.last.set(key, made)
    else this.remembered -= made.length
    for (const [oldest, { length }] of this.last) {
      if (this.remembered <= maxRemembered) break
      this.last.delete(oldest)
      this.remembered -= length
    }
    return made
  }

  private parts(span: SpanRecord, cut: Cut, fresh: Map<string, Message>, now: number): Parts {
    const owner = ownerOf(span)
    const { startTime } = span
    const until = untilOf(startTime)
    const isStored = (hash: string, least: bigint): boolean => {
      const key = owner + hash
      const known = this.known.get(key)
      if (known !== undefined && known.until >= least && now - known.since < believedFor) return true
      const added = fresh.get(key)
      return added !== undefined && added.until >= least
    }
    const add = (hash: string, isList: boolean, body: string) =>
      fresh.set(owner + hash, { owner, hash, isList, body, until })
    const addPiece = (piece: Piece, least: bigint) => {
      if (!isStored(piece.hash, least)) add(piece.hash, false, cut.bodyOf(piece))
    }
    let refs = ""
    for (const { from, hash, to } of cut.lists) {
      const pieces = cut.pieces.slice(from, to)
      if (hash === undefined) {
        for (const piece of pieces) {
          addPiece(piece, startTime)
          refs += `#${piece.hash}`
        }
      } else {
        if (!isStored(hash, startTime)) {
          // The messages of a list are kept as long as the list is.
          for (const piece of pieces) addPiece(piece, until)
          add(hash, true, pieces.map((piece) => piece.hash).join(""))
        }
        refs += `@${hash}`
      }
    }
    return [cut.kind, refs, cut.rest]
  }
}

/** The types of spans whose texts come again in the next one. */
const ofAgents: ReadonlySet<string> = new Set(["model_generation", "agent_run"])

const day = 86_400_000_000_000n
const latest = 2n ** 63n - 1n

/** The same time for all spans of a day, a day or two ahead, so that what is stored need not be touched with each. */
const untilOf = (startTime: bigint): bigint => {
  const until = (startTime / day + 2n) * day
  return until < latest ? until : latest
}

/** Forgets the oldest entries of a map that has too many. */
export const evict = (map: Map<string, unknown>, size: number): void => {
  for (const key of map.keys()) {
    if (map.size <= size) return
    map.delete(key)
  }
}
