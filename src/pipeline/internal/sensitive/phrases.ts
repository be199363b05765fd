/** Secrets that stand after a word, with no sign between: of a sentence, of SQL, of a file, of a protocol. */
import * as Encoding from "effect/Encoding"
import { after, before, closing, codes, is, word } from "./codes.js"
import { isSecret } from "./keys.js"
import type { VerdictOf } from "./names.js"
import { isExpression, isNothing, looksRandom, looksSecret } from "./nothing.js"
import type { Hits } from "./shapes.js"

/**
 * Every fourth place is looked at, and the three letters that end there, in any case. So each of these words shows itself
 * by one of its threes, with a sign before or after it where it is short.
 */
const stride = 4
const threeOf = (a: number, b: number, c: number): number => ((a & 31) << 10) | ((b & 31) << 5) | (c & 31)

const signs = [" ", "\n", '"', "'", "`", "\\", "(", "\t"]
const shown: ReadonlyArray<string> = [
  ..."password passwd passphrase secret requirepass bearer identified identify masterauth setuser rabbitmqctl sqlplus sqlldr securestring".split(
    " "
  ),
  ..."token basic login expdp impdp".split(" ").flatMap((word) => [`${word}s`, ...signs.map((sign) => word + sign)]),
  ..."auth pass".split(" ").flatMap((word) => [...signs, "n", "r", "t"].map((sign) => `${sign}${word} `)),
  ...["api key", "api_key", "api-key", "apikey"]
]

/** For each three the first of its candidates, which are numbered from 1. */
const threes = new Uint16Array(1 << 15)
/** The letters of the words, one after the other. */
const letters: Array<number> = []
/** For each candidate: where its word starts in `letters`, how long it is, where its three ends, and the next candidate. */
const candidates: Array<number> = [0, 0, 0, 0]

for (const text of shown) {
  const start = letters.length
  for (const letter of text) letters.push(letter.charCodeAt(0) & 31)
  for (let offset = 2; offset < 2 + stride; offset++) {
    const [a = 0, b = 0, c = 0] = letters.slice(start + offset - 2, start + offset + 1)
    const three = threeOf(a, b, c)
    candidates.push(start, text.length, offset, threes[three] as number)
    threes[three] = candidates.length / 4 - 1
  }
}

/** Whether one of the words stands where its three does. */
const isCandidate = (first: number, at: number): boolean => {
  const all = codes
  for (let candidate = 4 * first; candidate !== 0; candidate = 4 * (candidates[candidate + 3] as number)) {
    const start = candidates[candidate] as number
    const length = candidates[candidate + 1] as number
    const from = at - (candidates[candidate + 2] as number)
    let i = 0
    while (i < length && ((all[from + i] as number) & 31) === letters[start + i]) i++
    if (i === length) return true
  }
  return false
}

const maxWord = 64

export const findPhrases = (text: string, verdictOf: VerdictOf, hits: Hits): void => {
  const all = codes
  const { length } = text
  // At the start of a text nothing is before its first word.
  let done =
    length > 2 && threes[threeOf(all[0] as number, all[1] as number, all[2] as number)] !== 0
      ? findAt(text, 2, verdictOf, hits)
      : 0
  for (let i = stride; i < length; i += stride) {
    const first = threes[threeOf(all[i - 2] as number, all[i - 1] as number, all[i] as number)] as number
    if (first !== 0 && i >= done && isCandidate(first, i)) done = findAt(text, i, verdictOf, hits)
  }
}

/** Looks at the word at a place, and gives where it ends. */
const findAt = (text: string, place: number, verdictOf: VerdictOf, hits: Hits): number => {
  // The sign between two words belongs to the first.
  const at = is(place, word) ? place : place - 1
  let start = before(at, Math.max(0, at - maxWord), word)
  let end = after(text, at, word)
  if (start > at) start = at
  if (end === at) return at + 1
  if (end - start > maxWord) return end
  while (end > start + 1 && codes[end - 1] === 46) end--
  if (start > 0 && codes[start - 1] === 92 && /[nrt]/.test(text[start] as string)) start++
  while (start < end && codes[start] === 45) start++
  const name = text.slice(start, end)
  const lower = name.toLowerCase()
  const own = Object.hasOwn(phrases, lower) ? phrases[lower] : undefined
  if (own !== undefined) own(text, start, end, hits)
  else if (isNamed(text, start, end, name, verdictOf)) findAfterName(text, start, end, name, hits)
  return end
}

const isNamed = (text: string, start: number, end: number, name: string, verdictOf: VerdictOf): boolean =>
  isSecret(verdictOf(codes, start, end)) ||
  (/^api$/i.test(name) && /^ keys?\b/i.test(text.slice(end, end + 6))) ||
  (/^keys?$/i.test(name) && /\b(?:api|access|secret|private) $/i.test(text.slice(Math.max(0, start - 9), start)))

type Phrase = (text: string, start: number, end: number, hits: Hits) => void

/** Pushes what the groups of a pattern match that begins at a place. */
const matching =
  (pattern: RegExp, isSecret: (secret: string) => boolean): Phrase =>
  (text, start, _end, hits) => {
    pattern.lastIndex = start
    for (const [from, to] of pattern
      .exec(text)
      ?.indices?.slice(1)
      .filter((place) => place !== undefined) ?? []) {
      const secret = text.slice(from, to)
      if (!isNothing(secret) && isSecret(secret)) hits.push(from, to)
    }
  }

/** `user:password` in base64, all of it or what is left. */
const isBasic = (secret: string): boolean => {
  const whole = secret.replace(/=+$/, "")
  const decoded = Encoding.decodeBase64String(whole.slice(0, whole.length - (whole.length % 4)).replace(/[-_]/g, "+"))
  return decoded._tag === "Right" && /^[\x20-\x7e]*:[^\x00-\x1f]*$/.test(decoded.right)
}

const isAny = (): boolean => true
const easily = (word: string): boolean => looksRandom(word, true)
const hardly = (word: string): boolean => looksRandom(word, false)

const oracle = matching(/\w+\s{1,4}(?:-\w+\s{1,4}){0,4}[\w.]{1,64}\/([^\s@"'\\]{3,})/dy, isAny)
const authCommand = matching(
  /AUTH[ \t]{1,4}(?:(?:PLAIN|LOGIN|XOAUTH2|CRAM-MD5)[ \t]{1,4})?([^\s"'\\]+)(?:[ \t]{1,4}([^\s"'\\]+))?/dy,
  easily
)

const phrases: { readonly [word: string]: Phrase } = {
  bearer: matching(/bearer\s{1,4}([\w.~+/-]{4,}(?:={1,2}(?!\\{0,8}["'\w=[]))?)(?![\w=.~+/-])/diy, looksSecret),
  basic: matching(/basic\s{1,4}([\w+/-]{6,}={0,2})/diy, isBasic),
  identified: matching(
    /identified\s{1,4}(?:with\s{1,4}["'`]?\w{1,64}["'`]?\s{1,4})?(?:by|as)\s{1,4}(?:password\s{1,4})?(?:values\s{1,4})?\\{0,8}["']?([^\s"';,)\\]{3,})/diy,
    isAny
  ),
  identify: matching(/identify[ \t]{1,4}([^\s"'\\]+)(?:[ \t]{1,4}([^\s"'\\]+))?/diy, easily),
  setuser: matching(/setuser\b[^\r\n>"\\]{0,80}[ \t]>([^\s"'\\]+)/diy, isAny),
  rabbitmqctl: matching(
    /rabbitmqctl\s{1,4}(?:-\S{1,64}\s{1,4}){0,4}(?:add_user|change_password|authenticate_user)\s{1,4}\S{1,128}\s{1,4}([^\s"'\\]+)/dy,
    isAny
  ),
  htpasswd: matching(/htpasswd\s{1,4}-\w{0,8}b\w{0,8}\s{1,4}\S{1,256}\s{1,4}\S{1,128}\s{1,4}([^\s"'\\]+)/dy, isAny),
  login: matching(/LOGIN[ \t]{1,4}[^\s"'\\]{1,128}[ \t]{1,4}([^\s"'\\]+)/dy, easily),
  "convertto-securestring": matching(/[\w-]+\s{1,4}(?:-String\s{1,4})?\\{0,8}["']([^"'\\]+)/dy, isAny),
  sqlplus: oracle,
  sqlldr: oracle,
  expdp: oracle,
  impdp: oracle,
  pass: matching(/PASS[ \t]{1,4}(?:oauth:)?([^\s"'\\/]+)(?![\w/])/dy, hardly),
  auth: (text, start, end, hits) =>
    text.startsWith("AUTH", start)
      ? authCommand(text, start, end, hits)
      : findAfterName(text, start, end, "auth", hits),
  chpasswd: (text, start, _end, hits) => {
    const floor = Math.max(0, start - 192)
    const match = piped.exec(text.slice(floor, start))
    const secret = match?.[1] ?? ""
    if (match === null || isNothing(secret)) return
    const at = floor + match.index + match[0].indexOf(`:${secret}`) + 1
    hits.push(at, at + secret.length)
  }
}

const piped =
  /(?:echo|printf)[ \t]+(?:-\w[ \t]+)?\\{0,8}["']?[\w.-]{1,64}:([^\s"'|\\]{3,128})\\{0,8}["']?[ \t]{0,4}\|[ \t]{0,4}(?:sudo[ \t]+)?$/

/** Words between the name of a secret and the secret. */
const joint =
  /(?: keys?)?[ \t]{1,4}(?:for[ \t]{1,4}[^=\r\n]{1,80}=[ \t]{0,4}|(?:is|was|to|be|as|is now|is:|<<<|->|→)[ \t]{1,4})?(\\{0,8})(["'`]?)/iy
const call = /\([ \t]{0,4}(\\{0,8})(["'])/y
const argument = /[^\s"'`\\]+/y

/** Looks for a secret after its name: in quotes in SQL, as a word of chance elsewhere. */
const findAfterName = (text: string, start: number, end: number, name: string, hits: Hits): void => {
  const next = codes[end]
  const called = next === 40 && end < text.length && (/(?:^|\.)(?:set|with)[A-Z_]/.test(name) || name === "PASSWORD")
  const pattern = called ? call : joint
  pattern.lastIndex = end
  const match = pattern.exec(text)
  if (match === null) return
  const [found, escapes = "", quote = ""] = match
  const from = end + found.length
  const password = /pass|pwd/i.test(name)
  if (quote !== "") {
    const close = closing(text, from, quote, escapes.length)
    const secret = text.slice(from, close)
    const certain = called || (/^[A-Z_]+$/.test(name) && name.length > 4 && /^\S{4,}$/.test(secret))
    if (!isNothing(secret) && (certain ? looksSecret(secret) || password : looksRandom(secret, password)))
      hits.push(from, close)
    return
  }
  if (escapes !== "") return
  argument.lastIndex = from
  const secret = (argument.exec(text)?.[0] ?? "").replace(/[.,;:)\]}>]+$/, "")
  const afterUser =
    password &&
    /(?:login|user(?:name)?|account)[ \t]{1,4}[^\s"']{1,128}(?:\s|\\{1,8}[nrt]){1,16}$/.test(
      text.slice(Math.max(0, start - 192), start)
    )
  const isSecret = afterUser
    ? secret.length > 2 && !isNothing(secret) && looksSecret(secret)
    : looksRandom(secret, password)
  if (isSecret && !isExpression(secret, name)) hits.push(from, from + secret.length)
}
