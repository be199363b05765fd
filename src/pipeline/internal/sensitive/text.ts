/** Finds the secrets in a text: by what they look like, and by the name that stands before them. */
import type { Json } from "../../../signal/Json.js"
import { backslashes, closing, codes, digit, forEachWord, is, isQuote, load } from "./codes.js"
import { findInCommands, form, frame, putty } from "./commands.js"
import { isSecret, type Verdict } from "./keys.js"
import { afterSlashes, type Name, nameBefore, often, type VerdictOf } from "./names.js"
import { isExpression, isNothing, looksLong, looksRandom, looksSecret } from "./nothing.js"
import { findPhrases } from "./phrases.js"
import { findCards, findKeys, type Hits, startText } from "./shapes.js"
import { findInUrl } from "./urls.js"

/** Facts about names, and about values under them. */
export interface Look {
  readonly verdictOf: VerdictOf
  /** Whether a value under the name of a secret says only what one is like. */
  readonly isHarmless: (verdict: Verdict, value: Json) => boolean
}

const none: Hits = []

/** The shortest text that can hold a name and a secret. */
const minLength = 6

/**
 * The places of secrets, in no order: where each starts and ends. Whoever is to look at every text cannot look at every
 * character: this looks at what a secret cannot do without, which is a long word, digits, or a sign after a name.
 */
export const find = (text: string, look: Look, own: ReadonlyArray<RegExp>): Hits => {
  const { verdictOf } = look
  // Not so, too, of what is no text: a program may make records of its own.
  if (!(text.length >= minLength)) return none
  load(text)
  startText()
  lastTo = 0
  const hits: Hits = []
  forEachWord(text, findKeys, findCards, hits)
  findNamed(text, "=", look, hits)
  findNamed(text, ":", look, hits)
  findNamed(text, "：", look, hits)
  if (text.includes("%")) {
    findNamed(text, "%3D", look, hits)
    findNamed(text, "%3d", look, hits)
    findNamed(text, "%3A", look, hits)
    findNamed(text, "%3a", look, hits)
    findNamed(text, "%253D", look, hits)
    findNamed(text, "%253A", look, hits)
  }
  findPairs(text, "[", verdictOf, hits)
  findPairs(text, "(", verdictOf, hits)
  if (text.includes("</")) findElements(text, verdictOf, hits)
  findPhrases(text, verdictOf, hits)
  const seen = findInCommands(text, verdictOf, hits)
  if (seen & frame) findAll(text, privateKey, hits)
  if (seen & putty) findAll(text, puttyKey, hits)
  if (seen & form) findParts(text, verdictOf, hits)
  for (const pattern of own) findOwn(text, pattern, hits)
  if (deferred.length > 0) findDeferred(text, hits)
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

// Names

const findNamed = (text: string, sign: string, look: Look, hits: Hits): void => {
  const { length } = sign
  let end = 0
  for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, Math.max(at + 1, end))) {
    const host = sign === ":" ? afterSlashes(text, at + 1) : undefined
    if (host !== undefined) {
      findInUrl(text, host, hits)
    } else {
      const name = nameBefore(text, at, look.verdictOf, sign)
      if (name !== undefined && name.verdict !== "safe") end = findValue(text, at + length, sign, name, look, hits)
      else if (sign === ":") findWithColons(text, at, hits)
    }
  }
}

const space = 32
const slash = 47
const colon = 58

/** A line of `.pgpass`, a user and a password of Oracle, an option of remote desktops. */
const findWithColons = (text: string, at: number, hits: Hits): void => {
  const next = codes[at + 1] as number
  const before = codes[at - 1] as number
  if ((next >= 48 && next < 58) || next === 42)
    findAll(text, pgpass, hits, (secret) => !isNothing(secret) && !/^[\da-f]{1,4}$/i.test(secret), at)
  if ((before === 110 && text.startsWith("thin", at - 4)) || (before === 105 && text.startsWith("oci", at - 3)))
    findAll(text, oracle, hits, (secret) => !isNothing(secret), at)
  if (before === 104 && text.startsWith("oauth", at - 5)) findAll(text, twitch, hits, isAnything, at)
  if (before === 112 && codes[at - 2] === slash && codes[at - 3] === space)
    findAll(text, remote, hits, (secret) => looksSecret(secret) && !isNothing(secret), at)
  if (before === 114 && text.startsWith(" /user", at - 6))
    findAll(text, share, hits, (secret) => looksSecret(secret) && !isNothing(secret), at)
}

const pgpass = /:(?:\d{2,5}|\*):[A-Za-z*][^:\s"'\\]{0,62}:[A-Za-z*][^:\s"'\\]{0,62}:([^\s"'\\]{3,})/y
const oracle = /:[^\s/:@"'\\]{1,64}\/([^\s"'@\\]{2,64})(?=@)/y
const twitch = /:[a-z0-9]{30}(?![\w.-])/y
const remote = /:([^\s"'\\]{4,128})/y
const share = /:[^\s"'\\]{1,64}[ \t]{1,4}([^\s"'\\]{4,128})/y

/** `=>` and `==` are signs, too. */
const opening = /=?=?>?[ \t]{0,8}(?:[NEUbfru](?=\\{0,8}["']))?(\\*)(["'`]?|%(?:25)?2[27])/y
/** The next line, or what YAML says of a value: how it is written, its type, its anchor. */
const nextLine =
  /[ \t]{0,8}(?:(?:[|>][+-]?\d?|&\w{1,32}|!!\w{1,32}|!(?:str|binary)\b)[ \t]{0,8})?((?:\\{1,8}r)?(?:\\{1,8}n|\r?\n)[ \t]{1,16}(?:- )?)?(\\{0,8})(["']?)([^\s"'\\][^\r\n"'\\]*)/y
const inYaml = /[ \t]{0,8}[|>&!\r\n\\]/y
const plain = "[^\\s&;,\"'<>`)\\]}|\\\\]+(?:(?:[,)\\]}|]|\\\\(?![nrtu\"'`\\\\/]))[^\\s&;,\"'<>`)\\]}|\\\\]+)*"
const value = new RegExp(plain, "y")
const cookies = new RegExp(`${plain}(?:; ?${plain})*`, "y")
const credentials = new RegExp(`(?:[A-Za-z][\\w-]{2,24} +)?${plain}(?:, *[\\w-]+=["']?${plain}["']?)*`, "y")
const digest = /Digest [^\r\n]{0,1024}?response=\\{0,8}["']?([\da-f]{16,128})/iy
const words = /[a-z]{3,8}(?: [a-z]{3,8}){11,23}/y

/** Finds the value of a name, and gives where it ends. */
const findValue = (text: string, from: number, sign: string, name: Name, look: Look, hits: Hits): number => {
  opening.lastIndex = from
  const [opened, escapes = "", quote = ""] = opening.exec(text) as RegExpExecArray
  const start = from + opened.length
  const compared = opened.startsWith("=")
  if (quote.startsWith("%")) return findQuoted(text, start, quote, 0, name, hits)
  if (quote !== "") {
    // A quote that ends what began before the name: "Password: ", or the JSON in which it stands; or a variable of psql.
    const closes =
      name.level === undefined &&
      codes[name.start - 1] === quote.charCodeAt(0) &&
      backslashes(name.start - 1) === escapes.length &&
      isOver.test(text.slice(start, start + 1))
    const variable = name.apart && sign === ":" && name.level === undefined && opened === "'"
    if (closes || variable || isEnd(text, start, escapes.length)) return from
    return findQuoted(text, start, quote, escapes.length, name, hits)
  }
  const first = text[start]
  if (first === "{" || first === "[") {
    if (!startsMasked(text, start)) return findNested(text, start, name, look, hits)
  }
  if (sign === ":") {
    inYaml.lastIndex = from
    if (inYaml.test(text)) {
      const end = findInYaml(text, from, name, hits)
      if (end !== undefined) return end
    }
  }
  const at = start - escapes.length
  const header = /cookie/i.test(name.key) ? cookies : /authorization$/i.test(name.key) ? credentials : value
  const end = endOfValue(text, at, header)
  if (end === undefined) return from
  const found = text.slice(at, Math.min(end, at + maxJudged))
  if (header === credentials) findAll(text, digest, hits, isAnything, at)
  if (/mnemonic|phrase$/i.test(name.key)) findAll(text, words, hits, isAnything, at)
  // A colon stands in prose, too, and a sign with a blank after it alone.
  const assigned = !sign.startsWith("%")
    ? sign !== ":" && sign !== "：" && (name.apart || at === from)
    : !/a$/i.test(sign)
  if (sign === ":" && codes[name.start - 1] === colon && /\barn:/.test(text.slice(Math.max(0, at - 128), at)))
    return from
  return isValue(found, { assigned, compared, name, sign }) ? push(hits, at, end) : from
}

/** So much of a value tells whether it is a secret. */
const maxJudged = 512

/** The value that was read last: one that is no secret may hold the names of others, whose values end where it ends. */
let lastPattern = value
let lastFrom = 0
let lastTo = 0

const endOfValue = (text: string, at: number, pattern: RegExp): number | undefined => {
  if (pattern === lastPattern && at > lastFrom && at < lastTo) {
    return /[\s&;,"'<>`)\]}|\\]/.test(text[at] as string) ? undefined : lastTo
  }
  pattern.lastIndex = at
  if (!pattern.test(text)) return undefined
  lastPattern = pattern
  lastFrom = at
  lastTo = pattern.lastIndex
  return lastTo
}

const push = (hits: Hits, start: number, end: number): number => {
  hits.push(start, end)
  return end
}

/** The characters that follow a text, and start none. */
const isOver = /^(?:[\s),;\]}]|$)/

interface Assignment {
  readonly assigned: boolean
  readonly compared: boolean
  readonly name: Name
  readonly sign: string
}

/** Whether what stands without quotes after a name is its value, and a secret. */
const isValue = (found: string, { assigned, compared, name, sign }: Assignment): boolean => {
  const { key, level, verdict } = name
  const numeric = /^\d+$/.test(found)
  if (numeric && verdict !== "secret" && (!assigned || found.length < 5 || /s$/.test(key) || verdict === "token"))
    return false
  const rest = found.replace(/^[A-Za-z][\w-]* +/, "")
  const certain = assigned || (level !== undefined && numeric) || found.split(/[ =]/).some(looksSecret)
  if (!certain || isNothing(found) || isNothing(rest) || compared) return false
  if (/^https?:\/\//.test(found) && !/string|dsn|url/i.test(key)) return false
  if (verdict === "token" ? !looksLong(rest) : /^pass$/i.test(key) && sign === ":" && !looksRandom(found, true))
    return false
  if (/^pin$/i.test(key) && found.length < 4) return false
  if (often.test(key) && !/(?=.*\d)(?=.*[A-Za-z])^.{16,}|^\S{24,}$/.test(found)) return false
  return !isExpression(found, key)
}

/** Whether a quote is no start, but ends the text of JSON in which the name stands. */
const isEnd = (text: string, start: number, level: number): boolean => {
  jsonEnd.lastIndex = start
  const found = jsonEnd.exec(text)
  return found !== null && (found[1] ?? "").length <= level
}

const jsonEnd = /[,}\]](?:[}\]]{0,8}$|[}\],]{0,8}(\\{0,8})")/y

/** The value of YAML that stands on the next line, or after what is said of it. */
const findInYaml = (text: string, from: number, name: Name, hits: Hits): number | undefined => {
  nextLine.lastIndex = from
  const match = nextLine.exec(text)
  if (match === null) return undefined
  const [found, line, escapes = "", quote = "", rest = ""] = match
  const start = from + found.length - rest.length
  const marked = /^[ \t]{0,8}[|>&!]/.test(found)
  if (line === undefined && !marked) return undefined
  if (quote !== "") return findQuoted(text, start, quote, escapes.length, name, hits)
  const secret = rest.replace(/[ \t]+$/, "")
  if (isNothing(secret) || /^[\w.-]+:(?: |$)|^- |[:,{}]$/.test(secret)) return undefined
  const block = /^[ \t]{0,8}[|>]/.test(found)
  if (!block && (/\s/.test(secret) || !looksSecret(secret))) return undefined
  hits.push(start, start + secret.length)
  if (line?.includes("- ")) findItems(text, start + rest.length, line, hits)
  return start + rest.length
}

/** The further items of a list, each on a line of its own like the first. */
const findItems = (text: string, from: number, line: string, hits: Hits): void => {
  let at = from
  while (text.startsWith(line, at)) {
    item.lastIndex = at + line.length
    const secret = item.exec(text)?.[0]
    if (secret === undefined) return
    hits.push(at + line.length, item.lastIndex)
    at = item.lastIndex
  }
}

const item = /[^\s"'\\]+/y

const mask = /\[REDACTED(?::[\w-]{4}|:h[0-9a-f]{16})?\]/y
const maskAlone = new RegExp(`${mask.source}(?=$|[\\s&;,"'<>\`)\\]}|\\\\@])`, "y")

const startsMasked = (text: string, at: number): boolean => {
  maskAlone.lastIndex = at
  return maskAlone.test(text)
}

/** The text in quotes from here on, to its end or that of all. */
const findQuoted = (
  text: string,
  start: number,
  quote: string,
  level: number,
  name: Name | undefined,
  hits: Hits
): number => {
  const found = quote.startsWith("%") ? text.indexOf(quote, start) : closing(text, start, quote, level)
  const close = found < 0 ? text.length : found
  const secret = text.slice(start, close)
  if (!isNothing(secret) && (name?.verdict !== "token" || close === text.length || looksLong(secret)))
    hits.push(start, close)
  return close + level + 1
}

/** The texts in an object or an array, names excepted, to its end or that of all. */
const findNested = (text: string, start: number, name: Name, look: Look, hits: Hits): number => {
  const { verdict } = name
  const found: Hits = []
  let level = name.level
  let depth = 0
  let end = text.length
  for (let at = start; at < text.length; at++) {
    const sign = text[at] as string
    if (sign === "{" || sign === "[") depth++
    else if (sign === "}" || sign === "]") {
      if (--depth <= 0) {
        end = at
        break
      }
    } else if (isQuote(sign.charCodeAt(0))) {
      level ??= backslashes(at)
      const close = closing(text, at + 1, sign, level)
      const secret = text.slice(at + 1, close)
      at = close + level
      const isName = /^\s{0,8}:/.test(text.slice(at + 1, at + 10))
      if (!isName && !isNothing(secret) && (verdict !== "token" || close === text.length || looksLong(secret)))
        found.push(close - secret.length, close)
    }
  }
  const json = text.slice(start, Math.min(end + 1, start + maxSchema))
  if (found.length === 0 || literal.test(json)) return end
  if (schema.test(json) && isBelowSchemas(text, name.start)) {
    deferred.push({ found, isHarmless: () => isHarmless(json, level ?? 0, verdict, look) })
  } else for (const place of found) hits.push(place)
  return end
}

/** A schema is shorter. */
const maxSchema = 2 ** 14

/** Places that hold a secret unless they are in a schema: to see that is to look at other texts, which comes last. */
let deferred: Array<{ readonly found: Hits; readonly isHarmless: () => boolean }> = []

const findDeferred = (text: string, hits: Hits): void => {
  const all = deferred
  deferred = []
  for (const { found, isHarmless } of all) if (!isHarmless()) for (const place of found) hits.push(place)
  load(text)
}

const maxAround = 2_048

/** Whether the object around a place is one of schemas, as far as signs tell. */
const isBelowSchemas = (text: string, place: number): boolean => {
  let depth = 0
  for (let at = place - 1; at >= 0 && place - at < maxAround; at--) {
    const sign = text[at]
    if (sign === "}" || sign === "]") depth++
    else if ((sign === "{" || sign === "[") && depth-- === 0)
      return isOfSchemas.test(text.slice(Math.max(0, at - 64), at))
  }
  return false
}

const isOfSchemas =
  /(?:properties|patternProperties|\$defs|definitions|schemas|securitySchemes|securityDefinitions)\\{0,8}["']?\s{0,8}:\s{0,8}$/

/** Whether JSON says what a secret is like, as a schema does, and what it is not. */
const isHarmless = (json: string, level: number, verdict: Verdict, look: Look): boolean => {
  try {
    let plain = json
    for (let escaped = level; escaped > 0; escaped = (escaped - 1) / 2) plain = JSON.parse(`"${plain}"`)
    return look.isHarmless(verdict, JSON.parse(plain))
  } catch {
    return false
  }
}

/** `{ type: "oauth2" }` in a program. */
const literal = /^\{\s{0,8}type: \\{0,8}["'](?:string|number|oauth2|http|apiKey|basic)\\{0,8}["']\s{0,8}\}$/
const schema =
  /^\{\s{0,64}\\{0,8}["']?(?:type|\$ref|description|title|anyOf|oneOf|allOf|format|enum|in|name|scheme)\\{0,8}["']?\s{0,4}:/

/** Finds the value after its name in `["authorization", "…"]` and `('authorization', '…')`. */
const findPairs = (text: string, bracket: string, verdictOf: VerdictOf, hits: Hits): void => {
  for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
    if (bracket === "(" && codes[at - 4] === 64) findSocket(text, at, hits)
    pair.lastIndex = at
    const match = pair.exec(text)
    if (match === null) continue
    const [found, before = "", key = "", escapes = "", quote = ""] = match
    const verdict = verdictAt(verdictOf, at + before.length, key)
    if (!isSecret(verdict)) continue
    const start = at + found.length
    const close = closing(text, start, quote, escapes.length)
    const secret = text.slice(start, close)
    if (!isNothing(secret) && (verdict === "token" ? looksLong(secret) : looksSecret(secret))) hits.push(start, close)
  }
}

const pair = /([[(]\s{0,8}\\{0,8}["'])([\w.-]{2,64})\\{0,8}["'],\s{0,8}(\\{0,8})(["'])/y

/** Finds the text of XML elements. */
const findElements = (text: string, verdictOf: VerdictOf, hits: Hits): void => {
  element.lastIndex = 0
  for (let match = element.exec(text); match !== null; match = element.exec(text)) {
    const [, key = "", secret = ""] = match
    const verdict = verdictAt(verdictOf, match.index + 1, key)
    if (!isSecret(verdict) || isNothing(secret) || (verdict === "token" && !looksLong(secret))) continue
    hits.push(element.lastIndex - secret.length, element.lastIndex)
  }
}

const element = /<([\w.-]{2,64})>([^<]+)/g

/** The verdict on the name at a place. */
const verdictAt = (verdictOf: VerdictOf, at: number, key: string): Verdict => verdictOf(codes, at, at + key.length)

/** `user:secret@tcp(host)`, as programs in Go write it. */
const findSocket = (text: string, bracket: number, hits: Hits): void => {
  const floor = Math.max(0, bracket - 192)
  const secret = socket.exec(text.slice(floor, bracket))?.[1]
  if (secret !== undefined && !isNothing(secret)) hits.push(bracket - 4 - secret.length, bracket - 4)
}

const socket = /[\w.-]{1,64}:([^\s"'\\]{2,120})@(?:tcp|udp)$/

// Keys and parts of forms

const puttyKey =
  /Private-Lines: \d{1,4}(?:\\{0,8}[rn]|[\r\n]){1,4}([A-Za-z0-9+/=\s\\]*?(?:Private-MAC: [\da-f]{0,64}|$|(?=[^A-Za-z0-9+/=\s\\])))/g
const privateKey =
  /(-----BEGIN[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[^"'<`]*?(?:-----END[A-Z0-9 ]{0,60}-----|$|(?=["'<`])))/g

/** Finds the part of a form, which stands after an empty line below its name. */
const findParts = (text: string, verdictOf: VerdictOf, hits: Hits): void => {
  part.lastIndex = 0
  for (let match = part.exec(text); match !== null; match = part.exec(text)) {
    const [found, key = "", secret = ""] = match
    if (!isSecret(verdictAt(verdictOf, match.index + found.indexOf(`"${key}`) + 1, key)) || isNothing(secret)) continue
    hits.push(part.lastIndex - secret.length, part.lastIndex)
  }
}

const part = /form-data; {0,4}name=\\{0,8}"([\w.-]{2,64})\\{0,8}"(?:(?:\\{1,8}r)?(?:\\{1,8}n|\r?\n)){2}([^\r\n\\]+)/g

const isAnything = (): boolean => true

/** Finds what the last part of a pattern matches, wherever it does, or once for a pattern that stays where it begins. */
const findAll = (
  text: string,
  pattern: RegExp,
  hits: Hits,
  accepts: (secret: string) => boolean = isAnything,
  from = 0
): void => {
  pattern.lastIndex = from
  for (let match = pattern.exec(text); match !== null; match = pattern.sticky ? null : pattern.exec(text)) {
    const end = match.index + match[0].length
    const secret = match[1] ?? match[0]
    if (accepts(secret)) hits.push(end - secret.length, end)
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

/** Names of things whose numbers are as long as those of cards. */
const ordered =
  /(?:order|invoice|tracking|booking|ticket|receipt|shipment|parcel|confirmation|reference|serial|ref)[_ -]?(?:number|num|no\.?|id|#)?\\{0,8}["']?\s?[:=#]?\s?\\{0,8}["']?$/i

const isSafe = (text: string, start: number, verdictOf: VerdictOf): boolean => {
  if (is(start, digit) && ordered.test(text.slice(Math.max(0, start - 40), start))) return true
  let at = start
  if (at > 0 && isQuote(text.charCodeAt(at - 1))) at -= 1 + backslashes(at - 1)
  if (text[at - 1] === " ") at--
  const sign = text[at - 1]
  return (sign === "=" || sign === ":") && nameBefore(text, at - 1, verdictOf)?.verdict === "safe"
}
