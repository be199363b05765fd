/** `traceparent` is read as another reading of its grammar says, and of `tracestate` nothing is left that is malformed. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict"
import { Option } from "effect"
import { TraceContext } from "effect-observability"
import { target } from "../fuzz.js"
import { digits, hex, letters, type Random, unusual } from "../Random.js"

const drawParent = (random: Random): string => {
  const version = random.pick(["00", "00", "00", "01", "cc", "ff", random.exactly(hex, 2)])
  const ids = [32, 16].map((length) => (random.oneIn(20) ? "0".repeat(length) : random.exactly(hex, length)))
  const more = random.oneIn(4) ? [random.text(unusual, 10)] : []
  return random.mutated([version, ...ids, random.exactly(hex, 2), ...more].join("-"), [...unusual, ...hex, ..."AF-"], 2)
}

const drawState = (random: Random): string => {
  const member = () =>
    `${random.pick(letters + digits)}${random.text(`${letters}${digits}_-*/@`, random.oneIn(10) ? 300 : 6)}=${random.text(unusual, random.oneIn(10) ? 300 : 6)}`
  const members = random.several(random.oneIn(4) ? 40 : 5, member)
  if (random.oneIn(3)) members.push(random.pick([...members, ""]))
  return random.mutated(members.join(random.pick([",", ", ", " ,\t", ",,"])), [...unusual, ..."=,"], 2)
}

const drawHeaders = (random: Random) => {
  const name = () =>
    random.pick(["traceparent", "TraceParent", "tracestate", "b3", "x-b3-traceid", "X-B3-SpanId", "x-b3-sampled", "x"])
  const value = () =>
    random.pick([
      () => drawParent(random),
      () => drawState(random),
      () => random.exactly(hex, 32),
      () => random.exactly(hex, 16),
      () => `${random.exactly(hex, 32)}-${random.exactly(hex, 16)}-${random.pick("01d2")}`
    ])()
  return Object.fromEntries(
    random.several(8, () => [name(), random.pick([value(), [value()], [value(), value()], undefined])])
  )
}

const isHex = (text: string, length: number) =>
  text.length === length && [...text].every((digit) => hex.includes(digit))

/** The grammar of the standard, without an expression: what a header says, or `undefined`. */
const readParent = (header: string) => {
  const text = header.replace(/^[ \t]*|[ \t]*$/g, "")
  const [version = "", traceId = "", spanId = "", flags = "", ...more] = text.split("-")
  const isRead =
    isHex(version, 2) &&
    version !== "ff" &&
    isHex(traceId, 32) &&
    Number.parseInt(traceId, 16) !== 0 &&
    isHex(spanId, 16) &&
    Number.parseInt(spanId, 16) !== 0 &&
    isHex(flags, 2) &&
    (version !== "00" || more.length === 0) &&
    [...more.join("-")].every((character) => character >= " " && character <= "~")
  return isRead ? { traceId, spanId, flags: Number.parseInt(flags, 16) & 3 } : undefined
}

const isWellFormed = ({ flags, spanId, traceId }: TraceContext.TraceContext) =>
  isHex(traceId, 32) && /[^0]/.test(traceId) && isHex(spanId, 16) && /[^0]/.test(spanId) && (flags & ~3) === 0

export const traceContext = target(
  "traceContext",
  (random) => ({ parent: drawParent(random), state: drawState(random), headers: drawHeaders(random) }),
  ({ headers, parent, state }) => {
    const context = TraceContext.parseTraceParent(parent)
    deepStrictEqual(Option.getOrUndefined(context), readParent(parent))
    if (Option.isSome(context)) {
      deepStrictEqual(TraceContext.parseTraceParent(TraceContext.toTraceParent(context.value)), context)
    }

    const read = TraceContext.parseTraceState(state)
    if (Option.isSome(read)) {
      const members = read.value.split(",")
      const keys = members.map((member) => member.split("=", 1)[0])
      ok(members.length <= 32, `${members.length} members`)
      strictEqual(new Set(keys).size, keys.length, "a key twice")
      ok(members.every((member) => /^[\x20-\x7e]+$/.test(member) && state.includes(member)))
      deepStrictEqual(TraceContext.parseTraceState(read.value), read)
    }

    const from = TraceContext.fromHeaders(headers)
    if (Option.isSome(from)) {
      ok(isWellFormed(from.value), JSON.stringify(from.value))
      strictEqual(TraceContext.toExternalSpan(from.value).traceId, from.value.traceId)
    }
  }
)
