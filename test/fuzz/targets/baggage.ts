/** What is written is read again, and of what is malformed nothing is read that could not be written. */
import { deepStrictEqual, ok } from "node:assert/strict"
import { Baggage } from "effect-observability"
import { target } from "../fuzz.js"
import { digits, letters, type Random, unusual } from "../Random.js"

const token = `!#$%&'*+-.^_\`|~${digits}${letters}AZ`

const drawMember = (random: Random): Baggage.Member => {
  const long = random.oneIn(30) ? 4_000 : 8
  const key = () => random.pick(token) + random.text(token, long)
  return {
    key: key(),
    value: random.text(unusual, long).toWellFormed(),
    properties: random.several(2, () => (random.oneIn(2) ? key() : `${key()} = ${key()}`))
  }
}

const drawHeader = (random: Random): string => {
  const members = random.several(random.oneIn(10) ? 80 : 6, () => {
    const { key, properties, value } = drawMember(random)
    return [
      `${key}${random.pick(["=", " = ", "\t="])}${random.oneIn(2) ? value : encodeURIComponent(value)}`,
      ...properties
    ]
  })
  const text = members.map((parts) => parts.join(random.pick([";", " ; "]))).join(random.pick([",", " ,\t", ",,"]))
  return random.mutated(text, [...unusual, ..."=,;%"])
}

/** The members of the first list, and perhaps fewer of them: limits leave out the last. */
const isStart = (start: ReadonlyArray<Baggage.Member>, members: ReadonlyArray<Baggage.Member>) =>
  deepStrictEqual(start, members.slice(0, start.length))

export const baggage = target(
  "baggage",
  (random) => ({
    header: drawHeader(random),
    members: random.several(random.oneIn(10) ? 80 : 6, () => drawMember(random))
  }),
  ({ header, members }) => {
    const read = Baggage.parse(header)
    ok(read.length <= 64, `${read.length} members`)
    ok(read.every(({ key, value }) => /^[\x21-\x7e]+$/.test(key) && value.isWellFormed()))
    isStart(Baggage.parse(Baggage.format(read)), read)

    const written = Baggage.format(members)
    ok(/^[\t\x20-\x7e]*$/.test(written), written)
    ok(written.length <= 8_192, `${written.length} bytes`)
    const again = Baggage.parse(written)
    isStart(again, members)
    // Nothing in a text becomes longer than three characters for each of its bytes.
    const bytes = members.reduce((sum, member) => sum + 3 * Buffer.byteLength(JSON.stringify(member)), 0)
    if (members.length <= 64 && bytes <= 8_192) deepStrictEqual(again, members)
  }
)
