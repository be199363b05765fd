/**
 * Pieces: long values, cut where the next value of a conversation is likely to go on. A piece is at least some 256
 * characters long; what is left at the end is the rest.
 */
import { createHash } from "node:crypto"
import { assign } from "../../signal/internal/jsonWalk.js"
import type { Json } from "../../signal/Json.js"

export interface Piece {
  readonly hash: string
  /** Where it begins and ends: the number of items, or of characters, before that. */
  readonly start: number
  readonly end: number
  /** Its characters. */
  readonly size: number
  /** How deep in the lists of a text it ends. */
  readonly depth?: number
}

/** Some pieces one after another, which have a hash together where they are many. */
interface List {
  readonly from: number
  readonly to: number
  readonly hash: string | undefined
}

export interface Cut {
  readonly kind: "array" | "text"
  readonly pieces: ReadonlyArray<Piece>
  readonly lists: ReadonlyArray<List>
  readonly rest: string
  readonly bodyOf: (piece: Piece) => string
  /** The value, with which the next one is compared: of an array a copy, as its owner may change it. */
  readonly value: string | ReadonlyArray<Json>
  /** Its characters, without those between pieces. */
  readonly length: number
}

const leastPiece = 256

/** Whether a text is the JSON of a list or an object by its looks. */
export const looksLikeJson = (value: string): boolean => opens(value.charCodeAt(0))

/** Whether a value is an array of objects or long texts by its first item. */
export const isList = (value: Json): value is Extract<Json, ReadonlyArray<unknown>> => {
  if (!Array.isArray(value) || value.length === 0) return false
  const [first] = value as ReadonlyArray<Json>
  return typeof first === "string" ? first.length >= leastPiece : typeof first === "object" && first !== null
}

const opens = (code: number) => code === 0x5b || code === 0x7b
const closes = (code: number) => code === 0x5d || code === 0x7d

/** Cuts an array between its items. */
export const cutArray = (value: ReadonlyArray<Json>, last: Cut | undefined): Cut => {
  const items = last !== undefined && typeof last.value !== "string" ? last.value : []
  let same = 0
  while (same < items.length && same < value.length && areEqual(items[same] as Json, value[same] as Json)) same++
  const pieces = last === undefined ? [] : last.pieces.slice(0, endOf(last.pieces, same))
  let start = pieces.at(-1)?.end ?? 0
  let text = ""
  const cutAt = (end: number) => {
    pieces.push({ hash: hashOf(`#${text}`), start, end, size: text.length })
    start = end
    text = ""
  }
  for (let i = start; i < value.length; i++) {
    const item = textOf(value[i] as Json)
    // A long item is a piece of its own: what is short before it may be another one in the next list.
    if (text !== "" && item.length >= leastPiece) cutAt(i)
    text = text === "" ? item : `${text},${item}`
    if (text.length >= leastPiece) cutAt(i + 1)
  }
  return {
    kind: "array",
    pieces,
    lists: listsOf(pieces, last),
    rest: text,
    bodyOf: ({ end, start }) => value.slice(start, end).map(textOf).join(),
    value: [...items.slice(0, same), ...value.slice(same).map(copyOf)],
    length: pieces.reduce((length, { size }) => length + size, text.length)
  }
}

/** A copy whose texts are those of the value. */
const copyOf = (value: Json): Json => {
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return value.map(copyOf)
  const copy: Record<string, Json> = {}
  for (const key in value) assign(copy, key, copyOf((value as Record<string, Json>)[key] as Json))
  return copy as Json
}

const textOf = (item: Json): string => JSON.stringify(item) ?? "null"

/** Cuts a text: one of JSON between the items of its lists, and any other not at all. */
export const cutText = (value: string, isJson: boolean, last: Cut | undefined): Cut => {
  const before = last?.kind === "text" && isJson ? last : undefined
  let pieces: Array<Piece> = before === undefined ? [] : beginning(before, value)
  const start = pieces.at(-1)?.end ?? 0
  const isSound = start === 0 ? value.isWellFormed() : value.slice(start).isWellFormed()
  if (!isSound) pieces = []
  else if (isJson) scan(value, pieces)
  else pieces.push({ hash: hashOf(`#${value}`), start: 0, end: value.length, size: value.length })
  return {
    kind: "text",
    pieces,
    lists: listsOf(pieces, before),
    rest: value.slice(pieces.at(-1)?.end ?? 0),
    bodyOf: ({ end, start }) => value.slice(start, end),
    value,
    length: value.length
  }
}

/** The pieces with which a text begins as the last one did. */
const beginning = ({ pieces, value: last }: Cut, value: string): Array<Piece> => {
  const end = pieces.at(-1)?.end ?? 0
  if (value.startsWith((last as string).slice(0, end))) return pieces.slice()
  const isSame = ({ end, start }: Piece) => value.slice(start, end) === (last as string).slice(start, end)
  const differs = pieces.findIndex((piece) => !isSame(piece))
  return pieces.slice(0, differs)
}

/** Depths at whose commas and ends a text is cut: those of a list, and of a list in an object. */
const deepestCut = 2

/** Adds the pieces of a text that come after those that are known, of which the depth is the one they end at. */
const scan = (text: string, pieces: Array<Piece>): void => {
  const known = pieces.at(-1)
  let start = known?.end ?? 0
  let depth = known?.depth ?? 0
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x22) {
      i = endOfString(text, i)
      continue
    }
    if (opens(code)) {
      depth++
      continue
    }
    const ends = closes(code)
    if ((ends || code === 0x2c) && depth <= deepestCut && i - start >= leastPiece) {
      pieces.push({ hash: hashOf(`#${text.slice(start, i)}`), start, end: i, size: i - start, depth })
      start = i
    }
    if (ends) depth--
  }
}

/** Where the string ends that begins at a quote. */
const endOfString = (text: string, start: number): number => {
  let end = start
  while (true) {
    end = text.indexOf('"', end + 1)
    if (end === -1) return text.length
    let escapes = 0
    while (text.charCodeAt(end - 1 - escapes) === 0x5c) escapes++
    if (escapes % 2 === 0) return end
  }
}

/** How many pieces end within so much. */
const endOf = (pieces: ReadonlyArray<Piece>, end: number): number => {
  let count = pieces.length
  while (count > 0 && (pieces[count - 1] as Piece).end > end) count--
  return count
}

const leastOfList = 8
const mostOfList = 32

/**
 * Lists of some 16 pieces. Where one ends is said by the hash of its last piece, so that those of a conversation without its
 * first messages are mostly the same.
 */
const listsOf = (pieces: ReadonlyArray<Piece>, last: Cut | undefined): ReadonlyArray<List> => {
  const lists: Array<List> = []
  for (const list of last?.lists ?? []) {
    if (list.hash === undefined || last?.pieces[list.to - 1] !== pieces[list.to - 1]) break
    lists.push(list)
  }
  let from = lists.at(-1)?.to ?? 0
  for (let i = from; i < pieces.length; i++) {
    const count = i + 1 - from
    const isEnd = count >= leastOfList && ((pieces[i] as Piece).hash.charCodeAt(0) & 7) === 0
    if (!isEnd && count < mostOfList) continue
    const hashes = pieces.slice(from, i + 1).map(({ hash }) => hash)
    lists.push({ from, to: i + 1, hash: hashOf(`@${hashes.join("")}`) })
    from = i + 1
  }
  if (from < pieces.length) lists.push({ from, to: pieces.length, hash: undefined })
  return lists
}

const hashOf = (text: string): string => createHash("sha256").update(text).digest("base64url").slice(0, 22)

/** Whether the JSON of two values is the same text. */
const areEqual = (a: Json, b: Json): boolean => {
  if (a === b) return true
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false
    for (let i = 0; i < a.length; i++) if (!areEqual(a[i], b[i])) return false
    return true
  }
  if (Array.isArray(b)) return false
  const [keys, others] = [Object.keys(a), Object.keys(b)]
  if (keys.length !== others.length) return false
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string
    if (key !== others[i] || !areEqual((a as never)[key], (b as never)[key])) return false
  }
  return true
}
