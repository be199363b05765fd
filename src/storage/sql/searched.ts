/**
 * Words in spans whose attributes are still to be made: a message is looked at once for each search, whatever spans have
 * it, and no attribute is put together.
 *
 * The texts of a list are those of its messages. A text of JSON is cut before a comma or a bracket, which is no part of a
 * word, so that its words are those of its parts; a phrase may go on from one part to the next.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import { forEachInTurns } from "../../runtime/eventLoop.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import type { SearchCondition, Searching } from "../Engine.js"
import { matchesAll } from "../internal/matches.js"
import { searchedTexts } from "../internal/searchedTexts.js"
import { finder, foldPart, foldText } from "../internal/words.js"
import { distinct, evict, hashLength, ownerOf, type Parts, refLength } from "./conversations.js"
import { complete, cut, hashesARead, missing, parsed, pendingOf, type Read } from "./whole.js"

/** The words and phrases that a part has, as bits, and the phrases that may begin at its end. */
interface Found {
  readonly found: bigint
  readonly begun: bigint
}

const nothing: Found = { found: 0n, begun: 0n }

/** Where a part stands: in a list, or in a text, of which it is all, the beginning, or a part that follows. */
type Place = "list" | "text" | "beginning" | "next"

/** The messages that one search has seen so far. */
interface Seen extends ReturnType<typeof lookFor> {
  readonly of: ReadonlyArray<SearchCondition>
  /** By place, owner and hash; of a message that is a list, what its messages have together. */
  readonly messages: Map<string, Found>
}

/** As many messages are remembered. */
const maxSeen = 100_000

/** Spans that are looked at together. */
const fewSpans = 100

export const make = <E>(read: Read<E>): Pick<Searching<E>, "complete" | "confirm"> => {
  // All pages of a question have the same conditions.
  const searched = new WeakMap<SearchCondition, Seen>()
  const seenBy = (searches: ReadonlyArray<SearchCondition>): Seen => {
    const [first] = searches
    const known = first && searched.get(first)
    if (known?.of.every((search, i) => search === searches[i]) && known.of.length === searches.length) return known
    const seen = { ...lookFor(searches), of: searches, messages: new Map() }
    if (first !== undefined) searched.set(first, seen)
    return seen
  }
  return {
    complete: (candidates) => complete(candidates, read),
    confirm: (candidates, searches) =>
      Effect.map(
        Effect.forEach(Arr.chunksOf(candidates, fewSpans), (some) => confirm(some, searches, seenBy(searches), read)),
        Arr.flatten
      )
  }
}

/** Looks for words and phrases in the parts of values. */
const lookFor = (searches: ReadonlyArray<SearchCondition>) => {
  const words = distinct(searches.flatMap(({ words }) => words))
  const phrases = distinct(searches.flatMap(({ phrases }) => phrases))
  const { all, find } = finder({ words, phrases })
  /** The beginnings of phrases that may go on in the next part. */
  const beginnings = phrases.map((phrase) =>
    Array.from(phrase.matchAll(/[,\]}]/g), ({ index }) => phrase.slice(0, index)).filter((text) => text !== "")
  )
  const lookAt = (folded: string): Found => {
    let begun = 0n
    for (const [i, texts] of beginnings.entries()) {
      const begins = texts.some((text) => folded.endsWith(text) || text.endsWith(folded))
      if (begins) begun |= 1n << BigInt(words.length + i)
    }
    return { found: find(folded), begun }
  }
  const textsOf = (texts: Iterable<string>): bigint => {
    let found = 0n
    for (const text of texts) {
      found |= find(foldText(text))
      if (found === all) break
    }
    return found
  }
  /** Looks at a part: of a list some of its items, of a text some of its characters. */
  const partOf = (place: Place, part: string, isLast: boolean): Found => {
    if (place === "list") {
      return { found: textsOf(searchedTexts({ attributes: parsed(`[${part}]`) ?? [missing] })), begun: 0n }
    }
    // Only the beginning of a text says whether it is JSON.
    return lookAt(place === "text" ? foldText(part) : foldPart(part, isLast))
  }
  return { all, textsOf, partOf }
}

/** A span of which some words are still to be found. */
interface Open<R> {
  readonly record: R
  found: bigint
}

const confirm = Effect.fnUntraced(function* <R extends object, E>(
  candidates: ReadonlyArray<R>,
  searches: ReadonlyArray<SearchCondition>,
  seen: Seen,
  read: Read<E>
) {
  const confirmed = new Set<R>()
  const open: Array<Open<R>> = []
  yield* forEachInTurns(candidates, (record) => {
    const found = seen.textsOf(searchedTexts(record))
    if (found === seen.all) confirmed.add(record)
    else if (pendingOf(record) !== undefined) open.push({ record, found })
  })
  if (open.length > 0) yield* lookAtMessages(open, seen, read)
  const whole: Array<R> = []
  yield* forEachInTurns(open, (span) => {
    const begun = lookAtParts(span, seen)
    if (span.found === seen.all) confirmed.add(span.record)
    else if ((span.found | begun) === seen.all) whole.push(span.record)
  })
  for (const record of whole) {
    yield* complete([record], read)
    if (matchesAll(record, searches)) confirmed.add(record)
  }
  return candidates.filter((record) => confirmed.has(record))
})

/** Adds what the parts of a span have, and gives the phrases that may go on from one part to the next. */
const lookAtParts = <R extends object>(span: Open<R>, { all, messages, partOf }: Seen): bigint => {
  let begun = 0n
  for (const [, [kind, refs, rest]] of pendingOf(span.record) ?? []) {
    for (const { key } of messagesOf(span.record, kind, refs, rest)) {
      const part = messages.get(key) ?? nothing
      span.found |= part.found
      begun |= part.begun
      if (span.found === all) return begun
    }
    if (rest !== "") span.found |= partOf(kind === "array" ? "list" : "next", rest, true).found
  }
  return begun
}

/** A message of a value. */
interface Ref {
  /** Its owner and its hash. */
  readonly id: string
  readonly owner: string
  readonly isList: boolean
  readonly place: Place
  readonly key: string
}

const refOf = (owner: string, hash: string, isList: boolean, place: Place): Ref => {
  const id = owner + hash
  return { id, owner, isList, place, key: `${place} ${id}` }
}

const messagesOf = (record: object, kind: Parts[0], refs: string, rest: string): ReadonlyArray<Ref> => {
  const owner = ownerOf(record as SpanRecord)
  const marked = cut(refs, refLength)
  const isAll = marked.length === 1 && rest === ""
  return marked.map((ref, i) => {
    const isList = ref.startsWith("@")
    const place = kind === "array" ? "list" : i > 0 ? "next" : isAll && !isList ? "text" : "beginning"
    return refOf(owner, ref.slice(1), isList, place)
  })
}

/** Reads the messages of spans that this search has not seen, and remembers what they have. */
const lookAtMessages = Effect.fnUntraced(function* <R extends object, E>(
  spans: ReadonlyArray<Open<R>>,
  seen: Seen,
  read: Read<E>
) {
  const { messages } = seen
  evict(messages, maxSeen)
  const [lists, single] = [new Map<string, Ref>(), new Map<string, Ref>()]
  yield* forEachInTurns(spans, ({ record }) => {
    for (const [, [kind, refs, rest]] of pendingOf(record) ?? []) {
      for (const ref of messagesOf(record, kind, refs, rest)) {
        if (!messages.has(ref.key)) (ref.isList ? lists : single).set(ref.key, ref)
      }
    }
  })
  const items = new Map<Ref, ReadonlyArray<Ref>>()
  yield* readAll(lists, read, (ref, body) => {
    // Where a list is gone, there is one gap for all of its messages.
    const refs = cut(body ?? "", hashLength).map((hash, i) =>
      refOf(ref.owner, hash, false, ref.place === "beginning" && i > 0 ? "next" : ref.place)
    )
    if (body === undefined) messages.set(ref.key, seen.partOf(ref.place, missing, false))
    else items.set(ref, refs)
    for (const item of refs) if (!messages.has(item.key)) single.set(item.key, item)
  })
  yield* readAll(single, read, ({ key, place }, body = missing) => {
    messages.set(key, seen.partOf(place, body, false))
  })
  yield* forEachInTurns(Array.from(items), ([{ key }, refs]) => {
    let [found, begun] = [0n, 0n]
    for (const item of refs) {
      const part = messages.get(item.key) ?? nothing
      found |= part.found
      begun |= part.begun
    }
    messages.set(key, { found, begun })
  })
})

/** Reads messages, some at a time, and gives each to a function, without a body where it is gone. */
const readAll = Effect.fnUntraced(function* <E>(
  wanted: ReadonlyMap<string, Ref>,
  read: Read<E>,
  look: (ref: Ref, body: string | undefined) => void
) {
  for (const some of Arr.chunksOf(Array.from(wanted.values()), hashesARead)) {
    const hashes = distinct(some.map(({ id, owner }) => id.slice(owner.length)))
    const stored = yield* read({ owners: distinct(some.map(({ owner }) => owner)), hashes })
    const bodies = new Map(stored.map(({ body, hash, owner }) => [owner + hash, body]))
    yield* forEachInTurns(some, (ref) => look(ref, bodies.get(ref.id)))
  }
})
