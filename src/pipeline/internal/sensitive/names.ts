/** The name that stands before a sign in a text. */
import { before, codes, digit, is, kinds, word } from "./codes.js"
import type { Verdict } from "./keys.js"
import { hashStep } from "./memo.js"

/** The verdict on the name between two places. `hash` is that of `hashStep`, if it is known. */
export type VerdictOf = (codes: Uint16Array, from: number, to: number, hash?: number) => Verdict

/** Constants of this module: see those of codes.ts. */
const table = kinds
const wordKind = word

/** A name that says something of what follows. */
export interface Name {
  readonly key: string
  readonly verdict: Exclude<Verdict, "plain">
  /** The backslashes before its quotes, if it is in quotes: one for JSON in a string of JSON, three a level further in. */
  readonly level: number | undefined
  /** Where it starts. */
  readonly start: number
  /** Whether a blank stands before the sign. */
  readonly apart: boolean
}

/** Names that say something in the query of a URL alone. */
const inQuery = /(?:[?&]|&amp;)(?:sig|signature|key|code|hmac|sid|pw)$/i
/** Names of a query that say so of a long word of chance alone. */
export const often = /^(?:key|code)$/i
/** Names of two words, as people write them. */
const spacedKey =
  /\b(?:(?:api|access|private|secret|account|signing|encryption|ssh|pragma) keys?|(?:seed|recovery|secret) phrase|mot de passe)$/i
const maxName = 64
const space = 32
const bracket = 93
const quotEnd = /%(?:25)?2[27]$/

/** The name that stands before a sign. Most say nothing: what is seldom is done elsewhere. */
export const nameBefore = (text: string, sign: number, verdictOf: VerdictOf, of = ""): Name | undefined => {
  const all = codes
  let end = all[sign - 1] === colon ? sign - 1 : sign
  while (end > 1 && sign - end < 4 && all[end - 1] === space) end--
  if (end > 1 && all[end - 1] === bracket) end--
  let level = -1
  const quote = end > 1 ? all[end - 1] : 0
  if (quote === 34 || quote === 39 || quote === 96) {
    const close = --end
    while (end > 0 && all[end - 1] === backslash) end--
    level = close - end
  }
  const floor = Math.max(0, end - maxName)
  let start = end
  let hash = 0
  while (start > floor && ((table[all[start - 1] as number] as number) & wordKind) !== 0) {
    hash = hashStep(hash, all[--start] as number)
  }
  const before = start > 0 ? (all[start - 1] as number) : 0
  const last = end > 0 ? (all[end - 1] as number) : 0
  const isSeldom =
    before > lastAscii ||
    before === backslash ||
    before === percent ||
    last < 58 ||
    (end - start === 5 && isV(all[start] as number))
  if (isSeldom) return seldomName(text, start, end, level, sign, verdictOf)
  if (end - start < 2) return undefined
  const verdict = verdictOf(all, start, end, hash)
  const isPlain = verdict === "plain" && !(end - start < 10 && (isQuerySign(before) || before === space))
  if (isPlain && of !== "=") return undefined
  const name = toName(text, { start, end, level, first: start, sign }, verdict)
  return name ?? (of === "=" && start > 0 ? typedBefore(text, start, end, verdictOf) : undefined)
}

/** Where a name stands that is beside an escape, in letters of others, in an encoded quote, or is the label of a value. */
const seldomName = (
  text: string,
  from: number,
  to: number,
  level: number,
  sign: number,
  verdictOf: VerdictOf
): Name | undefined => {
  let start = from
  let end = to
  let depth = level
  if (level < 0 && quotEnd.test(text.slice(Math.max(0, end - 5), end))) {
    end -= codes[end - 3] === percent ? 3 : 5
    depth = 0
    start = before(end, Math.max(0, end - maxName), wordKind)
  }
  const found = start
  const floor = Math.max(0, end - maxName)
  if (start > 0 && (codes[start - 1] as number) > lastAscii)
    while (start > floor && isLetter(codes[start - 1] as number)) start--
  else if (codes[start - 1] === backslash) start += codes[start] === 117 ? 5 : 1
  else if (codes[start - 1] === percent) start += 2
  if (end - start < 2 || is(end - 1, digit)) return undefined
  const first = start
  if (end - start === 5 && isV(codes[start] as number)) [start, end] = labelOf(text, start, end)
  const verdict = verdictOf(codes, start, end)
  const name = toName(text, { start, end, level: depth, first, sign }, verdict)
  return name ?? (codes[sign] === equals && found > 0 ? typedBefore(text, first, end, verdictOf) : undefined)
}

interface Place {
  readonly start: number
  readonly end: number
  readonly level: number
  readonly first: number
  readonly sign: number
}

const toName = (text: string, { end, first, level, sign, start }: Place, verdict: Verdict): Name | undefined => {
  const named =
    verdict !== "plain" ||
    (start > 0 && end - start < 10 && isQuerySign(codes[start - 1] as number) && inQuery.test(lastOf(text, end))) ||
    (end - start < 7 && codes[start - 1] === space && spacedKey.test(lastOf(text, end)))
  if (!named) return undefined
  return {
    key: text.slice(start, end),
    verdict: verdict === "plain" ? "secret" : verdict,
    level: level < 0 ? undefined : level,
    start: first,
    apart: end < sign && codes[sign - 1] === space
  }
}

const equals = 61
const lastAscii = 127

/** Letters beyond ASCII, and what is not seen between letters. */
const isLetter = (code: number): boolean =>
  ((table[code] as number) & wordKind) !== 0 ||
  (code > lastAscii && /[\p{L}\p{Cf}\p{M}]/u.test(String.fromCharCode(code)))

/** The name before its type: `const apiKey: string =`. */
const typedBefore = (text: string, start: number, end: number, verdictOf: VerdictOf): Name | undefined => {
  let at = start
  while (at > 0 && start - at < 3 && (codes[at - 1] === 38 || codes[at - 1] === space)) at--
  if (at === start || codes[at - 1] !== colon || !/^[A-Za-z]+$/.test(text.slice(start, end))) return undefined
  const name = nameBefore(text, at - 1, verdictOf)
  return name === undefined || name.verdict === "safe" ? undefined : { ...name, verdict: "token", apart: true }
}

/** Where the name of `"name": "password", "value":` stands, or else the one that is given. */
const labelOf = (text: string, start: number, end: number): readonly [start: number, end: number] => {
  if (!/^value$/i.test(text.slice(start, end))) return [start, end]
  const from = Math.max(0, start - 128)
  const label = labelled.exec(text.slice(from, start))?.indices?.[1]
  return label === undefined ? [start, end] : [from + label[0], from + label[1]]
}

const labelled =
  /(?:name|key|header)\\{0,8}["']?\s{0,4}[:=]\s{0,4}\\{0,8}["']?([\w.-]{2,64})(?:\\{0,8}["']\s{0,4},?\s{0,8}|(?:\\{1,8}[nr]|[\r\n]){1,4} {0,32})\\{0,8}["']?$/di

const isV = (code: number): boolean => code === 118 || code === 86

const percent = 37
const colon = 58
const slash = 47
const backslash = 92
/** `?`, `&` and `;` */
const isQuerySign = (code: number): boolean => code === 63 || code === 38 || code === 59

/** Enough of what stands before a place. */
const lastOf = (text: string, end: number): string => text.slice(Math.max(0, end - 20), end)

const slashes = /\\{0,8}\/\\{0,8}\//y

/** Where two slashes end, which some write with backslashes in JSON. */
export const afterSlashes = (text: string, at: number): number | undefined => {
  const code = text.charCodeAt(at)
  if (code !== slash && code !== backslash) return undefined
  slashes.lastIndex = at
  return slashes.test(text) ? slashes.lastIndex : undefined
}
