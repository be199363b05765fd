/** Finds the secrets in a text: by what they look like, and by the name that stands before them. */
import * as Encoding from "effect/Encoding"
import type { Verdict } from "./keys.js"
import { isMasked } from "./mask.js"
import { hashStep } from "./memo.js"
import { findCards, findKeys, type Hits } from "./shapes.js"

/** The verdict on the name between two places. `hash` is that of `hashStep`, if it is known. */
export type VerdictOf = (codes: Uint16Array, from: number, to: number, hash?: number) => Verdict

const none: Hits = []

/** The shortest text that can hold a name and a secret. */
const minLength = 6

/**
 * The places of secrets, in no order: where each starts and ends. Whoever is to look at every text cannot look at every
 * character: this looks at what a secret cannot do without, which is a long word, digits, or a sign after a name.
 */
export const find = (text: string, verdictOf: VerdictOf, own: ReadonlyArray<RegExp>): Hits => {
  if (text.length < minLength) return none
  load(text)
  const hits: Hits = []
  findWords(text, hits)
  findNamed(text, "=", verdictOf, hits)
  findNamed(text, ":", verdictOf, hits)
  if (text.includes("%3")) {
    findNamed(text, "%3D", verdictOf, hits)
    findNamed(text, "%3d", verdictOf, hits)
  }
  findPairs(text, "[", verdictOf, hits)
  findPairs(text, "(", verdictOf, hits)
  if (text.includes("</")) findElements(text, verdictOf, hits)
  if (text.includes(" ")) findPhrases(text, verdictOf, hits)
  for (const pattern of own) findOwn(text, pattern, hits)
  return hits.length === 0 ? none : unsafe(text, verdictOf, hits)
}

/** The text with something else at each place. */
export const replace = (text: string, hits: Hits, mask: (secret: string) => string): string => {
  const places = Array.from({ length: hits.length / 2 }, (_, i) => [hits[2 * i], hits[2 * i + 1]] as [number, number])
  places.sort(([a], [b]) => a - b)
  let result = ""
  let from = 0
  for (let i = 0; i < places.length; ) {
    let [start, end] = places[i] as [number, number]
    for (i++; i < places.length && (places[i] as [number, number])[0] < end; i++) {
      end = Math.max(end, (places[i] as [number, number])[1])
    }
    result += text.slice(from, start) + mask(text.slice(start, end))
    from = end
  }
  return (result + text.slice(from)).toWellFormed()
}

/** Whether a text under the name of a secret is none. */
export const isNothing = (text: string): boolean => text === "" || isMasked(text) || says.test(text)

/** Whether a word is no word of prose, in which the name of a secret stands before anything. */
export const looksSecret = (word: string): boolean =>
  !isMasked(word) && (word.length >= 20 || /\d|[a-z][A-Z]|\w[^\w\s.,:;!?'"()-]/.test(word))

// Words and digits

const digit = 1
const word = 2
const separator = 4
const kinds = new Uint8Array(1 << 16)
for (let code = 48; code < 58; code++) kinds[code] = digit | word
for (let code = 65; code < 91; code++) kinds[code] = word
for (let code = 97; code < 123; code++) kinds[code] = word
for (const sign of "_.~") kinds[sign.charCodeAt(0)] = word
kinds[32] = separator
kinds[45] = separator | word

const leastKept = 2 ** 12
/** A longer array than this, of half a mebibyte, goes with the next text. The default limit of a value needs half of it. */
const mostKept = 2 ** 18

/**
 * The characters of the text that is looked at: asked one by one, the text itself takes twice as long. Loops hold on to
 * the array, which is faster than to look it up for each character.
 */
let codes = new Uint16Array(leastKept)
let bytes = Buffer.from(codes.buffer)

const load = (text: string): void => {
  if (codes.length < text.length || codes.length > mostKept) {
    codes = new Uint16Array(text.length > mostKept / 2 ? text.length : Math.max(2 * text.length, leastKept))
    bytes = Buffer.from(codes.buffer)
  }
  if (text.length > shortText && isLittleEndian) bytes.write(text, "utf16le")
  else for (let i = 0; i < text.length; i++) codes[i] = text.charCodeAt(i)
}

const shortText = 32
const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

const is = (index: number, kind: number): boolean => ((kinds[codes[index] as number] as number) & kind) !== 0

/**
 * A run of at least 13 characters covers an index divisible by 12. So to look at each twelfth index finds every such
 * run of word characters or digits.
 */
const stride = 12
/** Shortest run that counts as a key at the end of a text, where a limit may have cut it: 8 characters, not 13. */
const minCut = 8

const findWords = (text: string, hits: Hits): void => {
  const last = text.length - 1
  let rowEnd = 0
  for (let at = Math.min(stride - 1, last); ; at = Math.min(at + stride, last)) {
    if (at >= rowEnd && is(at, digit | separator)) {
      const from = before(at, rowEnd, digit | separator)
      rowEnd = after(text, at, digit | separator)
      if (rowEnd - from > stride) findCards(text, from, rowEnd, hits)
    }
    if (is(at, word)) {
      const from = before(at, 0, word)
      const wordEnd = after(text, at, word)
      const length = wordEnd - from
      if (length > stride || (wordEnd > last && length >= minCut)) findKeys(text, from, wordEnd, hits)
      at = wordEnd - 1
    }
    if (at === last) return
  }
}

/** Where a row of characters of a kind starts that goes on to a place. */
const before = (at: number, floor: number, kind: number): number => {
  const all = codes
  let index = at
  while (index > floor && ((kinds[all[index - 1] as number] as number) & kind) !== 0) index--
  return index
}

/** Where it ends. */
const after = (text: string, at: number, kind: number): number => {
  const all = codes
  let index = at
  while (index < text.length && ((kinds[all[index] as number] as number) & kind) !== 0) index++
  return index
}

// Names

const findNamed = (text: string, sign: string, verdictOf: VerdictOf, hits: Hits): void => {
  let end = 0
  for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, Math.max(at + 1, end))) {
    const host = sign === ":" ? afterSlashes(text, at + 1) : undefined
    if (host !== undefined) {
      findInUrl(text, host, hits)
    } else {
      const name = nameBefore(text, at, verdictOf)
      if (name !== undefined && name.verdict !== "safe") end = findValue(text, at + sign.length, sign, name, hits)
    }
  }
}

/** A name that says something of what follows. */
interface Name {
  readonly key: string
  readonly verdict: Exclude<Verdict, "plain">
  /** The backslashes before its quotes, if it is in quotes: one for JSON in a string of JSON, three a level further in. */
  readonly level: number | undefined
}

/** Names that say something in the query of a URL alone. */
const inQuery = /(?:[?&]|&amp;)(?:sig|signature|key|code|hmac|sid|pw)$/i
/** Names of two words, as people write them. */
const spacedKey = /\b(?:api|access|private|secret|account|signing|encryption|ssh) keys?$/i
const maxName = 64
const space = 32
const bracket = 93

/** The name that stands before a sign. */
const nameBefore = (text: string, sign: number, verdictOf: VerdictOf): Name | undefined => {
  let end = codes[sign - 1] === colon ? sign - 1 : sign
  while (end > 1 && sign - end < 4 && codes[end - 1] === space) end--
  if (end > 1 && codes[end - 1] === bracket) end--
  let level: number | undefined
  if (end > 1 && isQuote(codes[end - 1] as number)) {
    end--
    level = backslashes(end)
    end -= level
  }
  const all = codes
  const floor = Math.max(0, end - maxName)
  let start = end
  let hash: number | undefined = 0
  while (start > floor && ((kinds[all[start - 1] as number] as number) & word) !== 0) {
    hash = hashStep(hash, all[--start] as number)
  }
  const found = start
  if (start > 0 && all[start - 1] === backslash) start += all[start] === 117 ? 5 : 1
  if (start > 0 && all[start - 1] === percent) start += 2
  if (end - start < 2 || is(end - 1, digit)) return undefined
  if (end - start === 5 && isV(all[start] as number)) [start, end] = labelOf(text, start, end)
  if (start !== found) hash = undefined
  const verdict = verdictOf(all, start, end, hash)
  const named =
    verdict !== "plain" ||
    (start > 0 && end - start < 10 && isQuerySign(codes[start - 1] as number) && inQuery.test(lastOf(text, end))) ||
    (end - start < 5 && codes[start - 1] === space && spacedKey.test(lastOf(text, end)))
  return named ? { key: text.slice(start, end), verdict: verdict === "plain" ? "secret" : verdict, level } : undefined
}

/** Where the name of `"name": "password", "value":` stands, or else the one that is given. */
const labelOf = (text: string, start: number, end: number): readonly [start: number, end: number] => {
  if (!/^value$/i.test(text.slice(start, end))) return [start, end]
  const from = Math.max(0, start - 128)
  const label = labelled.exec(text.slice(from, start))?.indices?.[1]
  return label === undefined ? [start, end] : [from + label[0], from + label[1]]
}

const labelled =
  /(?:name|key|header)\\{0,8}["']?\s{0,4}[:=]\s{0,4}\\{0,8}["']([\w.-]{2,64})\\{0,8}["']\s{0,4},?\s{0,8}\\{0,8}["']?$/di

const isV = (code: number): boolean => code === 118 || code === 86

const percent = 37
const colon = 58
const slash = 47
const backslash = 92
/** `?`, `&` and `;` */
const isQuerySign = (code: number): boolean => code === 63 || code === 38 || code === 59

/** Enough of what stands before a place. */
const lastOf = (text: string, end: number): string => text.slice(Math.max(0, end - 20), end)

/** `"`, `'` and `` ` `` */
const isQuote = (code: number): boolean => code === 34 || code === 39 || code === 96

/** How many backslashes stand before a place. */
const backslashes = (index: number): number => {
  let start = index
  while (start > 0 && codes[start - 1] === backslash) start--
  return index - start
}

/** `=>` is a sign, too. */
const opening = />?[ \t]{0,8}(\\*)(["'`]?)/y
const plain = "[^\\s&;,\"'<>`)\\]}|\\\\]+(?:(?:[,)\\]}|]|\\\\(?![nrtu\"'`\\\\/]))[^\\s&;,\"'<>`)\\]}|\\\\]+)*"
const value = new RegExp(plain, "y")
const cookies = new RegExp(`${plain}(?:; ?${plain})*`, "y")
const credentials = new RegExp(`(?:[A-Za-z][\\w-]{2,24} +)?${plain}(?:, *[\\w-]+=["']?${plain}["']?)*`, "y")
const says = /^(?:true|false|null|undefined|none|nil|yes|no|on|off|\*+|\.{3}|<redacted>)$/i

/** Finds the value of a name, and gives where it ends. */
const findValue = (text: string, from: number, sign: string, name: Name, hits: Hits): number => {
  // A colon stands in prose, too.
  const assigned = sign !== ":"
  opening.lastIndex = from
  const [opened, escapes = "", quote = ""] = opening.exec(text) as RegExpExecArray
  const start = from + opened.length
  if (quote !== "") return findQuoted(text, start, quote, escapes.length, hits)
  const first = text[start]
  if (first === "{" || first === "[") {
    if (!startsMasked(text, start)) return findNested(text, start, name.level ?? 0, hits)
  }
  const at = start - escapes.length
  const header = /cookie/i.test(name.key) ? cookies : /authorization$/i.test(name.key) ? credentials : value
  header.lastIndex = at
  const found = header.exec(text)?.[0]
  if (found === undefined) return from
  const numeric = /^\d+$/.test(found)
  const counts = numeric && name.verdict === "secretText" && (!assigned || found.length < 5 || /s$/.test(name.key))
  const certain = assigned || (name.level !== undefined && numeric) || found.split(/[ =]/).some(looksSecret)
  if (counts || !certain || says.test(found) || isMasked(found) || isMasked(found.replace(/^[\w-]+ +/, ""))) return from
  hits.push(at, at + found.length)
  return at + found.length
}

const mask = /\[REDACTED(?::[\w-]{4}|:h[0-9a-f]{16})?\]/y
const maskAlone = new RegExp(`${mask.source}(?=$|[\\s&;,"'<>\`)\\]}|\\\\@])`, "y")

const startsMasked = (text: string, at: number): boolean => {
  maskAlone.lastIndex = at
  return maskAlone.test(text)
}

/** The text in quotes from here on, to its end or that of all. */
const findQuoted = (text: string, start: number, quote: string, level: number, hits: Hits): number => {
  const close = closing(text, start, quote, level)
  const secret = text.slice(start, close)
  if (!isNothing(secret)) hits.push(start, close)
  return close + level + 1
}

/**
 * Where a text in quotes ends that was opened after so many backslashes. A string of JSON within another has each of its
 * quotes and backslashes escaped once more, so `level + 1` of them are what was one.
 */
const closing = (text: string, start: number, quote: string, level: number): number => {
  for (let at = text.indexOf(quote, start); at >= 0; at = text.indexOf(quote, at + 1)) {
    const slashes = Math.min(backslashes(at), at - start)
    if (slashes < level || Math.floor(slashes / (level + 1)) % 2 === 0) return at - Math.min(level, slashes)
  }
  return text.length
}

/** The texts in an object or an array, names excepted, to its end or that of all. */
const findNested = (text: string, start: number, level: number, hits: Hits): number => {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const sign = text[at] as string
    if (sign === "{" || sign === "[") depth++
    else if (sign === "}" || sign === "]") {
      if (--depth <= 0) return at
    } else if (isQuote(sign.charCodeAt(0))) {
      const close = closing(text, at + 1, sign, level)
      const secret = text.slice(at + 1, close)
      at = close + level
      if (secret !== "" && !isMasked(secret) && !/^\s{0,8}:/.test(text.slice(at + 1, at + 10))) {
        hits.push(close - secret.length, close)
      }
    }
  }
  return text.length
}

/** Finds the value after its name in `["authorization", "…"]` and `('authorization', '…')`. */
const findPairs = (text: string, bracket: string, verdictOf: VerdictOf, hits: Hits): void => {
  for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
    pair.lastIndex = at
    const match = pair.exec(text)
    if (match === null) continue
    const [found, before = "", key = "", escapes = "", quote = ""] = match
    if (!isNamed(verdictOf, at + before.length, key)) continue
    const start = at + found.length
    const close = closing(text, start, quote, escapes.length)
    if (looksSecret(text.slice(start, close))) hits.push(start, close)
  }
}

const pair = /([[(]\s{0,8}\\{0,8}["'])([\w.-]{2,64})\\{0,8}["'],\s{0,8}(\\{0,8})(["'])/y

/** Finds the text of XML elements. */
const findElements = (text: string, verdictOf: VerdictOf, hits: Hits): void => {
  element.lastIndex = 0
  for (let match = element.exec(text); match !== null; match = element.exec(text)) {
    const [, key = "", secret = ""] = match
    if (!isNamed(verdictOf, match.index + 1, key) || isNothing(secret)) continue
    hits.push(element.lastIndex - secret.length, element.lastIndex)
  }
}

const element = /<([\w.-]{2,64})>([^<]+)/g

/** Whether a key at a place is the name of a secret. */
const isNamed = (verdictOf: VerdictOf, at: number, key: string): boolean => {
  const verdict = verdictOf(codes, at, at + key.length)
  return verdict === "secret" || verdict === "secretText"
}

// URLs

const slashes = /\\{0,8}\/\\{0,8}\//y
const authority = /[^\s/?#"'<>`\\]{0,1024}/y
const beforeAt = /[^\s"'<>`\\@]{0,256}@/y
const webhook =
  /(?:hooks\.slack\.com\\?\/(?:services|workflows|triggers)|discord(?:app)?\.com\\?\/api\\?\/webhooks)\\?\/([\w/\\-]{8,})/y

/** Where two slashes end, which some write with backslashes in JSON. */
const afterSlashes = (text: string, at: number): number | undefined => {
  const code = text.charCodeAt(at)
  if (code !== slash && code !== backslash) return undefined
  slashes.lastIndex = at
  return slashes.test(text) ? slashes.lastIndex : undefined
}

const findInUrl = (text: string, start: number, hits: Hits): void => {
  authority.lastIndex = start
  const host = authority.exec(text)?.[0] ?? ""
  const at = host.lastIndexOf("@")
  const colon = host.indexOf(":")
  const end = start + host.length
  if (at >= 0) {
    if (isMasked(host.slice(0, at))) return
    if (colon >= 0 && colon < at) {
      if (!isMasked(host.slice(colon + 1, at))) hits.push(start + colon + 1, start + at)
    } else if (at >= 16 && looksSecret(host.slice(0, at))) hits.push(start, start + at)
  } else if (colon > 0 && !/^\d*$/.test(host.slice(colon + 1)) && !host.startsWith("[")) {
    // Text after the colon that is not a number is no port but a password, which may hold a slash or be cut off.
    beforeAt.lastIndex = end
    const rest = beforeAt.exec(text)?.[0]
    if (rest !== undefined) hits.push(start + colon + 1, end + rest.length - 1)
    else if (end === text.length && looksSecret(host.slice(colon + 1))) hits.push(start + colon + 1, end)
  }
  findAll(text, webhook, hits, isAnything, start)
}

// Phrases

const findPhrases = (text: string, verdictOf: VerdictOf, hits: Hits): void => {
  if (text.includes("Bearer") || text.includes("bearer") || text.includes("BEARER")) {
    findAll(text, bearer, hits, looksSecret)
  }
  if (text.includes("Basic") || text.includes("basic") || text.includes("BASIC")) findAll(text, basic, hits, isBasic)
  if (text.includes("-u") && text.includes("curl")) findAll(text, curlUser, hits, looksSecret)
  if (text.includes("--")) {
    findAll(text, privateKey, hits)
    findOptions(text, verdictOf, hits)
  }
}

const privateKey =
  /(-----BEGIN[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[^"'<`]*?(?:-----END[A-Z0-9 ]{0,60}-----|$|(?=["'<`])))/g
const bearer = /(?:(?<![A-Za-z])|(?<=\\[nrt]))bearer\s{1,4}([\w.~+/=-]{4,})/gi
const basic = /(?:(?<![A-Za-z])|(?<=\\[nrt]))basic\s{1,4}([\w+/-]{6,}={0,2})/gi
const curlUser = /\s(?:-u|--user|--proxy-user)[ =]["']?[^\s:"']{1,64}:([^\s"']{4,})/g
const option = /--([A-Za-z][\w-]{1,63})[ \t]{1,4}(["'`]?)([^\s"'`-][^\s"'`]*)/g

const isAnything = (): boolean => true

/** Finds what the last part of a pattern matches, wherever it does, or once for a pattern that stays where it begins. */
const findAll = (
  text: string,
  pattern: RegExp,
  hits: Hits,
  isSecret: (secret: string) => boolean = isAnything,
  from = 0
): void => {
  pattern.lastIndex = from
  for (let match = pattern.exec(text); match !== null; match = pattern.sticky ? null : pattern.exec(text)) {
    const end = match.index + match[0].length
    const secret = match[1] as string
    if (isSecret(secret)) hits.push(end - secret.length, end)
  }
}

/** `user:password` in base64, all of it or what is left. */
const isBasic = (secret: string): boolean => {
  const whole = secret.replace(/=+$/, "")
  const decoded = Encoding.decodeBase64String(whole.slice(0, whole.length - (whole.length % 4)).replace(/[-_]/g, "+"))
  return decoded._tag === "Right" && /^[\x20-\x7e]*:[^\x00-\x1f]*$/.test(decoded.right)
}

const findOptions = (text: string, verdictOf: VerdictOf, hits: Hits): void => {
  option.lastIndex = 0
  for (let match = option.exec(text); match !== null; match = option.exec(text)) {
    const [, key = "", quote, secret = ""] = match
    if (!isNamed(verdictOf, match.index + 2, key) || !(quote !== "" || looksSecret(secret))) continue
    const start = option.lastIndex - secret.length
    if (quote) findQuoted(text, start, quote, 0, hits)
    else hits.push(start, option.lastIndex)
  }
}

// Patterns of the program

const piece = 2_048
const overlap = 512

const findOwn = (text: string, pattern: RegExp, hits: Hits): void => {
  for (let from = 0; from === 0 || from + overlap < text.length; from += piece - overlap) {
    const part = text.slice(from, from + piece)
    pattern.lastIndex = 0
    for (let match = pattern.exec(part); match !== null; match = pattern.exec(part)) {
      const start = from + match.index
      const end = start + match[0].length
      if (end === start) pattern.lastIndex++
      else hits.push(start, end)
    }
  }
}

/** Without what stands under a name that is safe, and what was masked before. */
const unsafe = (text: string, verdictOf: VerdictOf, hits: Hits): Hits => {
  const left: Hits = []
  for (let i = 0; i < hits.length; i += 2) {
    const start = hits[i] as number
    const end = hits[i + 1] as number
    if (!isInMask(text, start, end) && !isSafe(text, start, verdictOf)) left.push(start, end)
  }
  return left
}

const isInMask = (text: string, start: number, end: number): boolean => {
  const from = Math.max(0, start - 28)
  const open = text.slice(from, start + 10).lastIndexOf("[REDACTED")
  mask.lastIndex = from + open
  return open >= 0 && mask.test(text) && mask.lastIndex >= end
}

const isSafe = (text: string, start: number, verdictOf: VerdictOf): boolean => {
  let at = start
  if (at > 0 && isQuote(text.charCodeAt(at - 1))) at -= 1 + backslashes(at - 1)
  if (text[at - 1] === " ") at--
  const sign = text[at - 1]
  return (sign === "=" || sign === ":") && nameBefore(text, at - 1, verdictOf)?.verdict === "safe"
}
