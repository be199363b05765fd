/**
 * Identifiers from a cryptographic source. Random bytes are drawn in blocks, and ids are slices of a block's digits:
 * a system call and a string built digit by digit would cost more than the rest of a span.
 */
const block = new Uint8Array(1_536)
let digits = ""
let used = 0

/** Random lower-case hex digits. */
const draw = (length: number): string => {
  if (used + length > digits.length) {
    crypto.getRandomValues(block)
    digits = toHex(block)
    used = 0
  }
  const from = used
  used += length
  return digits.slice(from, used)
}

/** Browsers have no `Buffer`, which does it in a tenth of the time. */
const toHex = (bytes: Uint8Array<ArrayBuffer>): string =>
  typeof Buffer === "undefined"
    ? Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
    : Buffer.from(bytes.buffer).toString("hex")

/** 16 lower-case hex digits, never all zero (W3C trace context, `parent-id`). */
export const spanId = (): string => notZero(draw(16)) ?? spanId()

/** 32 lower-case hex digits, never all zero (W3C trace context, `trace-id`). */
export const traceId = (): string => notZero(draw(32)) ?? traceId()

const notZero = (id: string): string | undefined => (/[^0]/.test(id) ? id : undefined)

let lastMillis = -1
let sequence = 0

/**
 * A UUID version 7 (RFC 9562, section 5.7) of a time in milliseconds. Ids of one process and one millisecond sort in the
 * order in which they were made: `rand_a` and the six bits after the variant count.
 */
export const uuid7 = (millis: number): string => {
  const time = Math.min(Math.max(Math.trunc(millis), 0), 0xffff_ffff_ffff)
  sequence = time === lastMillis ? (sequence + 1) & 0x3ffff : 0
  lastMillis = time
  const stamp = time.toString(16).padStart(12, "0")
  const high = (0x7000 | (sequence >> 6)).toString(16)
  const low = (0x80 | (sequence & 0x3f)).toString(16)
  const random = draw(14)
  return `${stamp.slice(0, 8)}-${stamp.slice(8)}-${high}-${low}${random.slice(0, 2)}-${random.slice(2)}`
}
