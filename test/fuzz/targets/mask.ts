/** What was masked is masked no further: `mask(mask(x)) = mask(x)`, of a text, a name, a list and an object. */
import { deepStrictEqual } from "node:assert/strict"
import { Redacted } from "effect"
import { type LogRecord, SensitiveDataFilter, type SpanRecord } from "effect-observability"
import { log, span } from "../../utils/records.js"
import { inText, lookAlikes, named, shaped } from "../../utils/secrets.js"
import { target } from "../fuzz.js"
import { type Random, unusual } from "../Random.js"

const signs = ["=", ": ", ":", ";", "&", "?", '"', "'", '\\"', "\\", "`", "(", ")", "[", "]", "{", "}", "<", ">", "</"]
const words = [
  "%3D",
  "@",
  "://",
  "--",
  "/",
  "https://example.com",
  "[REDACTED]",
  "<redacted>",
  "bearer",
  "null",
  "true"
]
const spaces = [" ", " ", "\n", ", ", "; ", '" "']

/** Secrets beside what a sentence, a line of a program or a table has, each a word of its own. */
const drawText = (random: Random): string => {
  const part = (): string =>
    random.pick([
      () => random.pick(Object.values(shaped)),
      () => random.pick(named)[0],
      () => random.pick(named)[1],
      () => random.pick(named.map(([name, secret]) => `${name}${random.pick(["=", ":", ": "])}${secret}`)),
      () => random.pick(inText.map(([text, secret]) => text(secret))),
      () => String(random.pick(random.pick<ReadonlyArray<string | number | boolean>>(lookAlikes))),
      () => random.text(unusual, 12),
      () => random.pick(words),
      () => random.text(signs, 3)
    ])()
  const text = random.several(8, part).reduce((text, part) => text + random.pick(spaces) + part, "")
  return random.oneIn(5) ? JSON.stringify({ [random.pick(named)[0]]: text }) : text
}

type Value = SpanRecord.SpanRecord["attributes"][string]

const drawValue = (random: Random, depth: number): Value => {
  if (depth === 0 || random.oneIn(2)) return drawText(random)
  if (random.oneIn(6)) return random.pick<Value>([null, true, 0, 4_111_111_111_111_111, random.below(2 ** 31)])
  if (random.oneIn(2)) return drawObject(random, depth - 1)
  return random.several(4, () => drawValue(random, depth - 1))
}

const drawName = (random: Random): string =>
  random.oneIn(4) ? drawText(random) : random.pick([random.pick(named)[0], random.pick(lookAlikes)[0], "text"])

const drawObject = (random: Random, depth: number): { readonly [name: string]: Value } =>
  Object.fromEntries(random.several(4, () => [drawName(random), drawValue(random, depth)]))

const styles: ReadonlyArray<SensitiveDataFilter.Style> = [
  { type: "full" },
  { type: "partial" },
  { type: "hashed", key: Redacted.make("k") }
]

export const mask = target(
  "mask",
  (random) => ({
    style: random.pick(styles),
    text: drawText(random),
    data: [drawValue(random, 2)],
    attributes: drawObject(random, 2)
  }),
  ({ attributes, data, style, text }) => {
    const filter = SensitiveDataFilter.make({ style })
    const ofSpan = filter.span?.(span({ name: text, statusMessage: text, attributes })) as SpanRecord.SpanRecord
    deepStrictEqual(filter.span?.(ofSpan), ofSpan)
    const ofLog = filter.log?.(log({ message: text, data, attributes })) as LogRecord.LogRecord
    deepStrictEqual(filter.log?.(ofLog), ofLog)
  }
)
