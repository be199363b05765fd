/**
 * Words, as `search` finds them. All engines decide by what is here; their indexes only say where it is worth to look.
 *
 * A text is folded first: composed, without case (also where that has more letters: `ß` is `ss`), the letters and digits
 * of full and half width as the plain ones, and without what nobody sees, as soft hyphens. A word is then a run of letters
 * and digits with their marks. In scripts that are written without spaces each letter or digit is a word, and so is each
 * emoji; the marks after it are none.
 */

/** A search: all words and all phrases must occur. */
export interface Search {
  /** Folded. */
  readonly words: ReadonlyArray<string>
  /** Folded; each is a part of one text. */
  readonly phrases: ReadonlyArray<string>
}

/** The words of a text in the filter `search`, and its phrases between double quotes. */
export const parse = (search: string): Search => {
  const words = new Set<string>()
  const phrases = new Set<string>()
  const parts = search.split('"')
  for (const [i, part] of parts.entries()) {
    // A quote that is not closed stands for nothing.
    if (i % 2 === 1 && i < parts.length - 1) {
      const phrase = fold(part)
      if (phrase.trim() !== "") phrases.add(phrase)
    } else {
      for (const word of wordsOf(fold(part))) words.add(word)
    }
  }
  return { words: Array.from(words), phrases: Array.from(phrases) }
}

/** Whether texts have all words and phrases of a search, each in any of them. */
export const occurs = ({ phrases, words }: Search, texts: Iterable<string>): boolean => {
  let left = [...words.map((word) => ({ word, isIn: hasWord })), ...phrases.map((word) => ({ word, isIn: hasPart }))]
  for (const text of texts) {
    const folded = foldText(text)
    left = left.filter(({ isIn, word }) => !isIn(folded, word))
    if (left.length === 0) return true
  }
  return left.length === 0
}

/** Finds the words and phrases of a search in folded texts, each as a bit: the words first. */
export const finder = ({ phrases, words }: Search) => {
  const wanted = [
    ...words.map((word) => ({ word, isIn: hasWord })),
    ...phrases.map((word) => ({ word, isIn: hasPart }))
  ]
  return {
    all: (1n << BigInt(wanted.length)) - 1n,
    find: (folded: string): bigint => {
      let found = 0n
      for (let i = 0; i < wanted.length; i++) {
        const { isIn, word } = wanted[i] as (typeof wanted)[number]
        if (isIn(folded, word)) found |= 1n << BigInt(i)
      }
      return found
    }
  }
}

const hasPart = (folded: string, part: string): boolean => folded.includes(part)

/** A word is a part of its text, so that most texts need no closer look. */
const hasWord = (folded: string, word: string): boolean => {
  if (!folded.includes(word)) return false
  let isThere = false
  forEachWord(folded, (start, end) => {
    isThere ||= end - start === word.length && folded.startsWith(word, start)
  })
  return isThere
}

/** The words of a folded text. */
export const wordsOf = (folded: string): ReadonlyArray<string> => {
  const words: Array<string> = []
  forEachWord(folded, (start, end) => words.push(folded.slice(start, end)))
  return words
}

/**
 * The words of a phrase that are words of whatever text has it: not a run of letters at one of its ends, which may go on
 * in the text.
 */
export const wordsWithin = (phrase: string): ReadonlyArray<string> => {
  const words: Array<string> = []
  forEachWord(phrase, (start, end) => {
    const isWhole = kindOf(phrase.codePointAt(start) as number) === single
    const before = phrase.slice(Math.max(0, start - 2), start)
    if (isWhole || (start > 0 && end < phrase.length && !endsInMark.test(before))) words.push(phrase.slice(start, end))
  })
  return words
}

const endsInMark = /\p{M}$/u

/** Longer words are known by their beginning: it is as many UTF-16 code units, or one less. */
export const maxWordLength = 64

/** Calls a function with the beginning and the end of each word of a folded text. */
export const forEachWord = (folded: string, found: (start: number, end: number) => void): void => {
  const length = folded.length
  let start = -1
  let i = 0
  while (i < length) {
    const unit = folded.charCodeAt(i)
    const point = unit >= 0xd800 && unit < 0xdc00 ? (folded.codePointAt(i) as number) : unit
    const size = point > 0xffff ? 2 : 1
    const kind = kindOf(point)
    if (kind === letter) {
      if (start < 0) start = i
    } else if (kind !== mark) {
      if (start >= 0) found(start, cut(folded, start, i))
      start = -1
      if (kind === single) found(i, i + size)
    }
    i += size
  }
  if (start >= 0) found(start, cut(folded, start, length))
}

const cut = (text: string, start: number, end: number): number => {
  if (end - start <= maxWordLength) return end
  const last = start + maxWordLength
  const unit = text.charCodeAt(last - 1)
  return unit >= 0xd800 && unit < 0xdc00 ? last - 1 : last
}

const [unknown, separator, letter, mark, single] = [0, 1, 2, 3, 4]

/** The kinds of the characters of the basic plane, as far as they were looked at. */
const kinds = new Uint8Array(0x10000)

const kindOf = (point: number): number => {
  if (point > 0xffff) return look(point)
  if (kinds[point] === unknown) kinds[point] = look(point)
  return kinds[point] as number
}

const look = (point: number): number => {
  const character = String.fromCodePoint(point)
  if (letters.test(character)) return withoutSpaces.test(character) ? single : letter
  return marks.test(character) ? mark : emoji.test(character) ? single : separator
}

const letters = /^[\p{L}\p{N}]$/u
const marks = /^\p{M}$/u
const emoji = /^[\p{Extended_Pictographic}\p{Regional_Indicator}]$/u
/** With what lengthens a vowel, and closes, in Japanese, which belong to no one script. */
const withoutSpaces =
  /^[\u3006\u303c\u30fc\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Bopomofo}\p{sc=Yi}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]$/u

/** A text of a record, folded. In a text that is JSON, what stands for a character is that character. */
export const foldText = (text: string): string => fold(text.includes("\\") && isJson(text) ? unescaped(text) : text)

/** The same for a part of a text of JSON, after which a comma or a bracket comes if it is not the last one. */
export const foldPart = (part: string, isLast: boolean): string =>
  fold(!part.includes("\\") ? part : isLast ? unescaped(part) : unescaped(`${part},`).slice(0, -1))

/** Whether a text looks like JSON of more than a number or a word. */
export const isJson = (text: string): boolean => jsonBegins.test(text)

const jsonBegins = /^\s*[[{"]/

const unescaped = (json: string): string =>
  json.replace(escapes, (whole, code: string | undefined, character: string) =>
    code !== undefined ? String.fromCharCode(Number.parseInt(code, 16)) : "bfnrt".includes(character) ? " " : whole
  )

const escapes = /\\(?:u([0-9a-fA-F]{4})|(.))/gs

/** A text without case, widths and other differences that a reader does not mean. */
export const fold = (text: string): string => {
  if (!beyondAscii.test(text)) return text.toLowerCase()
  return text
    .replace(unseen, "")
    .normalize("NFC")
    .replace(widths, (wide) => wide.normalize("NFKC"))
    .replace(capitalSharpS, "ss")
    .toUpperCase()
    .toLowerCase()
    .replace(dotted, "i")
    .replace(finalSigma, "σ")
    .normalize("NFC")
}

const beyondAscii = /[^\x00-\x7f]/
/** Soft hyphens, joiners, the mark at the beginning of a file, and what chooses among forms of a character. */
const unseen = /\u00ad|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/g
const widths = /[\uff00-\uffef]+/g
/** The small form of `İ`, which is the `i` with its dot. */
const dotted = /i\u0307/g
const capitalSharpS = /ẞ/g
const finalSigma = /ς/g

/**
 * A regular expression, in the syntax of RE2, for texts in which a letter or digit of ASCII may be written as something
 * else: all that `fold` and `foldText` make one of, or take out between two.
 */
export const foldedToAscii = String.raw`[\x{ad}\x{200c}\x{200d}\x{2060}\x{fe00}-\x{fe0f}\x{feff}\x{ff00}-\x{ffef}\x{df}\x{1e9e}\x{130}\x{131}\x{17f}\x{212a}\x{fb00}-\x{fb06}]|i\x{307}|I\x{307}|\\u`
