/**
 * Words that ClickHouse finds by itself, and those that it does not. Its tokens are what is between characters of ASCII
 * that are no letters or digits, in the JSON of a record in lower case: that cuts no text of letters of other scripts, and
 * takes the `n` of a line that ends for a letter of the next.
 */
import { searchedTexts } from "../../internal/searchedTexts.js"
import { foldText, maxWordLength, wordsOf } from "../../internal/words.js"

/** The word that is found in rows of which the words are not known, such as those that an older release writes. */
export const unknownWords = "effectobservabilityunknownwords"

/** As many characters are looked at closely: that takes some ten milliseconds. */
const maxLooked = 50_000

/** The words of a record that are no tokens of it. Those of long texts are not known. */
export const hiddenWords = (record: object): ReadonlyArray<string> => {
  const hidden = new Set<string>()
  let looked = 0
  for (const text of searchedTexts(record)) {
    if (!mayHide.test(text)) continue
    looked += text.length
    if (looked > maxLooked) return [unknownWords]
    const tokens = new Set(lowerAscii(JSON.stringify(text)).split(betweenTokens))
    for (const word of wordsOf(foldText(text))) if (!tokens.has(word)) hidden.add(word)
  }
  return Array.from(hidden)
}

const lowerAscii = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())

const betweenTokens = /[\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+/

/** Anything but ASCII that is in JSON as it is, and a word that is cut. */
const mayHide = new RegExp(`[^\\x20-\\x5b\\x5d-\\x7e]|[A-Za-z0-9]{${maxWordLength + 1}}`)
