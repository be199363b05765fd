/** The characters of the text that is looked at, and of what kind each is. */

// V8 folds the constants of a module, but not what is exported: loops use these, and others the copies below.
const digitKind = 1
const wordKind = 2
const separatorKind = 4
const table = new Uint8Array(1 << 16)
for (let code = 48; code < 58; code++) table[code] = digitKind | wordKind
for (let code = 65; code < 91; code++) table[code] = wordKind
for (let code = 97; code < 123; code++) table[code] = wordKind
for (const sign of "_.~") table[sign.charCodeAt(0)] = wordKind
table[32] = separatorKind
table[45] = separatorKind | wordKind

export const digit = digitKind
export const word = wordKind

/** The kinds of each character, as bits. */
export const kinds = table

const leastKept = 2 ** 12
/** A longer array than this, of half a mebibyte, goes with the next text. The default limit of a value needs half of it. */
const mostKept = 2 ** 18

/**
 * The characters of the text that is looked at: asked one by one, the text itself takes twice as long. Loops hold on to
 * the array, which is faster than to look it up for each character.
 */
let current = new Uint16Array(leastKept)
let bytes = Buffer.from(current.buffer)
export let codes = current

export const load = (text: string): void => {
  if (current.length < text.length || current.length > mostKept) {
    current = new Uint16Array(text.length > mostKept / 2 ? text.length : Math.max(2 * text.length, leastKept))
    bytes = Buffer.from(current.buffer)
    codes = current
  }
  if (text.length > shortText && isLittleEndian) bytes.write(text, "utf16le")
  else for (let i = 0; i < text.length; i++) current[i] = text.charCodeAt(i)
}

const shortText = 32
const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

export const is = (index: number, kind: number): boolean => ((table[current[index] as number] as number) & kind) !== 0

/** Where a row of characters of a kind starts that goes on to a place. */
export const before = (at: number, floor: number, kind: number): number => {
  const all = current
  let index = at
  while (index > floor && ((table[all[index - 1] as number] as number) & kind) !== 0) index--
  return index
}

/** Where it ends. */
export const after = (text: string, at: number, kind: number): number => {
  const all = current
  let index = at
  while (index < text.length && ((table[all[index] as number] as number) & kind) !== 0) index++
  return index
}

/** `"`, `'` and `` ` `` */
export const isQuote = (code: number): boolean => code === 34 || code === 39 || code === 96

/** How many backslashes stand before a place. */
export const backslashes = (index: number): number => {
  let start = index
  while (start > 0 && current[start - 1] === 92) start--
  return index - start
}

/**
 * Where a text in quotes ends that was opened after so many backslashes. A string of JSON within another has each of its
 * quotes and backslashes escaped once more, so `level + 1` of them are what was one.
 */
export const closing = (text: string, start: number, quote: string, level: number): number => {
  for (let at = text.indexOf(quote, start); at >= 0; at = text.indexOf(quote, at + 1)) {
    const slashes = Math.min(backslashes(at), at - start)
    if (slashes < level || Math.floor(slashes / (level + 1)) % 2 === 0) return at - Math.min(level, slashes)
  }
  return text.length
}

/**
 * A run of at least 13 characters covers an index divisible by 12. So to look at each twelfth index finds every such
 * run of word characters or digits.
 */
const stride = 12
/** Shortest run that counts as a key at the end of a text, where a limit may have cut it: 8 characters, not 13. */
const minCut = 8

type Find<A> = (text: string, from: number, to: number, found: A) => void

/** Shows each long word, and each long row of digits. A table is read twice as fast in the module that it belongs to. */
export const forEachWord = <A>(text: string, inWord: Find<A>, inDigits: Find<A>, found: A): void => {
  const all = current
  const last = text.length - 1
  let rowEnd = 0
  for (let at = Math.min(stride - 1, last); ; at = Math.min(at + stride, last)) {
    const kind = table[all[at] as number] as number
    if (at >= rowEnd && (kind & (digitKind | separatorKind)) !== 0) {
      const from = before(at, rowEnd, digitKind | separatorKind)
      rowEnd = after(text, at, digitKind | separatorKind)
      if (rowEnd - from > stride) inDigits(text, from, rowEnd, found)
    }
    if ((kind & wordKind) !== 0) {
      const from = before(at, 0, wordKind)
      const wordEnd = after(text, at, wordKind)
      const length = wordEnd - from
      if (length > stride || (wordEnd > last && length >= minCut)) inWord(text, from, wordEnd, found)
      at = wordEnd - 1
    }
    if (at === last) return
  }
}
