/**
 * A set of words that may say that it has one which it has not: a Bloom filter, in slices of which one holds all bits of a
 * word, so that whoever stores the slices apart reads few of them.
 */
import { fnvBasis, fnvStep } from "../../runtime/hash.js"
import { foldText, forEachWord, isJson, maxWordLength } from "./words.js"

export const slices = 128

/** Bytes of a slice. */
export const sliceBytes = 256

const bitsAWord = 6

/** Where a word is: its slice, and the numbers of its bits within it, the first of a byte being the highest. */
export const placeOf = (word: string): { readonly slice: number; readonly bits: ReadonlyArray<number> } => {
  const hash = hashOf(word, 0, word.length)
  const [first, step] = [mixed(hash), mixed(hash ^ 0x9e3779b9) | 1]
  return {
    slice: first >>> 25,
    bits: Array.from({ length: bitsAWord }, (_, i) => (first + Math.imul(i, step)) & (8 * sliceBytes - 1))
  }
}

const hashOf = (text: string, start: number, end: number): number => {
  let hash = fnvBasis
  for (let i = start; i < end; i++) hash = fnvStep(hash, text.charCodeAt(i))
  return hash
}

/** The last step of MurmurHash3. */
const mixed = (hash: number): number => {
  let mixed = hash ^ (hash >>> 16)
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}

/** As an integer of 32 bits, with which V8 need not think of fractions. */
const basis = fnvBasis | 0

const recentMask = 0x3fff
const noneRecent = new Int32Array(0)
/** From so many characters on a text is remembered, up to so many characters in all. */
const longText = 512
const maxCharacters = 4_000_000
const backslash = 0x5c
const escapedSpaces: ReadonlySet<number> = new Set(Array.from("bfnrt", (letter) => letter.charCodeAt(0)))

/** The letters and digits of ASCII in lower case, and 0 for all else. */
const lettersOfAscii = Uint8Array.from({ length: 0x80 }, (_, unit) => {
  const letter = String.fromCharCode(unit).toLowerCase()
  return /[a-z0-9]/.test(letter) ? letter.charCodeAt(0) : 0
})

export class WordFilter {
  /** All slices, one after the other. */
  readonly bytes = new Uint8Array(slices * sliceBytes)
  /** Hashes of words that it has already, as most words of a text. */
  private recent = new Int32Array(recentMask + 1)
  /** Long texts that it has already: each call of a model repeats the messages before it. */
  private readonly texts = new Set<string>()
  private charactersOfTexts = 0

  /** Lets go of what only helps to add more. */
  readonly end = (): void => {
    this.recent = noneRecent
    this.texts.clear()
  }

  /** Whether it may have a word. */
  readonly has = (word: string): boolean => {
    const { bits, slice } = placeOf(word)
    return bits.every((bit) => ((this.bytes[slice * sliceBytes + (bit >>> 3)] as number) & (0x80 >>> (bit & 7))) !== 0)
  }

  /** Adds the words of a text. */
  readonly add = (text: string): void => {
    if (text.length >= longText) {
      if (this.texts.has(text)) return
      this.charactersOfTexts += text.length
      if (this.charactersOfTexts <= maxCharacters) this.texts.add(text)
    }
    if (this.addPlain(text)) return
    const folded = foldText(text)
    forEachWord(folded, (start, end) => this.addHash(hashOf(folded, start, end)))
  }

  /** The same for a text in which all words are of ASCII, without a copy of it. It may stop where that shows to be wrong. */
  private addPlain(text: string): boolean {
    const escapes = isJson(text)
    const length = text.length
    let i = 0
    while (i < length) {
      let unit = text.charCodeAt(i)
      if (unit > 0x7f) return false
      let letter = lettersOfAscii[unit] as number
      if (letter === 0) {
        i++
        if (unit !== backslash || !escapes) continue
        const next = text.charCodeAt(i)
        if (next === 0x75) return false
        if (next === backslash || escapedSpaces.has(next)) i++
        continue
      }
      const last = i + maxWordLength
      let hash = basis
      do {
        if (i < last) hash = fnvStep(hash, letter)
        if (++i === length) break
        unit = text.charCodeAt(i)
        if (unit > 0x7f) return false
        letter = lettersOfAscii[unit] as number
      } while (letter !== 0)
      this.addHash(hash)
    }
    return true
  }

  private addHash(hash: number): void {
    const place = hash & recentMask
    if (this.recent[place] === hash) return
    this.recent[place] = hash
    const first = mixed(hash)
    const step = mixed(hash ^ 0x9e3779b9) | 1
    const slice = (first >>> 25) * sliceBytes
    for (let i = 0, bit = first; i < bitsAWord; i++, bit += step) {
      const at = bit & (8 * sliceBytes - 1)
      ;(this.bytes[slice + (at >>> 3)] as number) |= 0x80 >>> (at & 7)
    }
  }

  /** The share of its bits that are set: beyond a half it finds too much. */
  readonly fullness = (): number => {
    let set = 0
    for (const byte of this.bytes) set += ones[byte] as number
    return set / (8 * this.bytes.length)
  }
}

const ones = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll("0", "").length)
