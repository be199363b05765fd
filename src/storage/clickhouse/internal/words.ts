/**
 * Words that ClickHouse finds by itself, and those that it does not. Its tokens are what is between characters of ASCII
 * that are no letters or digits, in the JSON of a record in lower case: that cuts no text of letters of other scripts, and
 * takes the `n` of a line that ends for a letter of the next.
 */
import { searchedTexts } from "../../internal/searchedTexts.js"
import { fold, foldPart, foldText, maxWordLength, wordsOf } from "../../internal/words.js"
import type { Parts } from "../../sql/conversations.js"
import { parsed } from "../../sql/whole.js"

/** The word that is found in rows of which the words are not known, such as those that an older release writes. */
export const unknownWords = "effectobservabilityunknownwords"

/** The word that is found in rows of spans of which some words are in messages. */
export const wordsInMessages = "effectobservabilitywordsinmessages"

/** The texts of a row in which its words are looked for, as they are indexed; a row of before has no `Words`. */
export const searchedIn = (columns: string): string =>
  `lower(concat(${columns}, ' ', ifNull(Words, '${unknownWords}')))`

/** How they are indexed. */
export const indexOf = (searched: string): { readonly idx_words: string } => ({
  idx_words: `${searched} TYPE tokenbf_v1(16384, 3, 0) GRANULARITY 1`
})

/** The column of the words that are no tokens of the rest of the row; NULL in a row of before. */
export const column = { name: "Words", type: "Nullable(String)" } as const

/** As many characters are looked at closely: that takes some ten milliseconds. */
const maxLooked = 50_000

/** Words of texts that are no tokens of what is written of them. Those of long texts are not known. */
const hidden = (written: Iterable<readonly [json: string, folded: () => Iterable<string>]>): ReadonlyArray<string> => {
  const hidden = new Set<string>()
  let looked = 0
  for (const [json, folded] of written) {
    if (!mayHide.test(json)) continue
    looked += json.length
    if (looked > maxLooked) return [unknownWords]
    const tokens = new Set(lowerAscii(json).split(betweenTokens))
    for (const text of folded()) for (const word of wordsOf(text)) if (!tokens.has(word)) hidden.add(word)
  }
  return Array.from(hidden)
}

/** The words of a record that are no tokens of it. */
export const hiddenWords = (record: object): ReadonlyArray<string> =>
  hidden(searchedTexts(record).map((text) => [JSON.stringify(text), () => [foldText(text)]] as const))

/** The same for a span that is cut, of which the messages say the rest. */
export const hiddenWordsOfCut = (row: object): ReadonlyArray<string> => {
  const { messages } = row as { readonly messages: { readonly [attribute: string]: Parts } }
  const rests = Object.values(messages).map(([, , rest]) => [JSON.stringify(rest), () => foldedParts(rest)] as const)
  const texts = searchedTexts(row).map((text) => [JSON.stringify(text), () => [foldText(text)]] as const)
  return [wordsInMessages, ...hidden([...texts, ...rests])]
}

/** The same for a message. */
export const hiddenWordsOfMessage = (body: string): ReadonlyArray<string> => hidden([[body, () => foldedParts(body)]])

/** The texts of a part of a value, whether it is one of a list, of a text, or of a text of JSON. */
const foldedParts = (part: string): ReadonlyArray<string> => [
  fold(part),
  foldPart(part, true),
  ...searchedTexts({ attributes: parsed(`[${part}]`) ?? [] }).map(foldText)
]

const lowerAscii = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())

const betweenTokens = /[\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+/

/** Anything but ASCII that is in JSON as it is, and a word that is cut. */
const mayHide = new RegExp(`[^\\x20-\\x5b\\x5d-\\x7e]|[A-Za-z0-9]{${maxWordLength + 1}}`)
