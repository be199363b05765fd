/** The filter over a corpus of secrets in the formats that are in use, and of texts that look like them. */
import { assert, describe, it } from "@effect/vitest"
import * as SensitiveDataFilter from "../../src/pipeline/SensitiveDataFilter.js"
import type { Json } from "../../src/signal/Json.js"
import type { LogRecord } from "../../src/signal/LogRecord.js"
import type { SpanRecord } from "../../src/signal/SpanRecord.js"
import { log, span } from "../../src/testing/Records.js"
import { isLeft, read, type Sample } from "./corpus/corpus.js"

const secrets = read("secrets.txt")
const lookAlikes = read("lookAlikes.txt")

const filter = SensitiveDataFilter.make()

const attribute = (value: Json): Json => {
  const masked = filter.span?.(span({ attributes: { note: value } })) as SpanRecord
  return masked.attributes["note"] as Json
}

const message = (text: string): string => {
  const masked = filter.log?.(log({ message: text })) as LogRecord
  return masked.message
}

const parsed = (text: string): Json => {
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}

/** Where a text may stand: what was there, and what became of it. */
const places: { readonly [place: string]: (sample: Sample) => readonly [before: Json, after: Json] } = {
  "as a value": ({ text }) => [text, attribute(text)],
  "as JSON": ({ text }) => [parsed(text), attribute(parsed(text))],
  "inside a sentence": ({ lines, text }) => {
    const whole = lines ? `It read:\n${text}\nand no more.` : `The answer was ${text} and then it went on.`
    return [whole, attribute(whole)]
  },
  "inside encoded JSON": ({ text }) => {
    const whole = JSON.stringify({ note: text, done: true })
    return [whole, attribute(whole)]
  },
  "inside encoded JSON in encoded JSON": ({ text }) => {
    const whole = JSON.stringify({ body: JSON.stringify([{ note: text }]) })
    return [whole, attribute(whole)]
  },
  "in the message of a log": ({ lines, text }) => {
    const whole = lines ? text : `Request failed: ${text}`
    return [whole, message(whole)]
  }
}

const textOf = (value: Json): string => (typeof value === "string" ? value : JSON.stringify(value))

describe("SensitiveDataFilter, over a corpus", () => {
  it("of at least 300 secrets and 300 look-alikes", () => {
    assert.isAtLeast(secrets.length, 300)
    assert.isAtLeast(lookAlikes.length, 300)
  })

  describe("leaves no secret", () => {
    for (const [place, maskedIn] of Object.entries(places)) {
      it(place, () =>
        assert.deepStrictEqual(
          secrets.flatMap((sample) => {
            const after = textOf(maskedIn(sample)[1])
            return sample.secrets.some((secret) => isLeft(secret, after)) ? [`${sample.text} → ${after}`] : []
          }),
          []
        )
      )
    }
  })

  describe("leaves what only looks like one", () => {
    for (const [place, maskedIn] of Object.entries(places)) {
      it(place, () =>
        assert.deepStrictEqual(
          lookAlikes.flatMap((sample) => {
            const [before, after] = maskedIn(sample)
            return textOf(before) === textOf(after) ? [] : [`${textOf(before)} → ${textOf(after)}`]
          }),
          []
        )
      )
    }
  })
})
