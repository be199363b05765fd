/**
 * Identifiers from a cryptographic source. Random bytes are drawn in blocks, because a system call an id would cost more
 * than the rest of a span.
 */
const hex: Array<string> = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"))

const block = new Uint8Array(8_192)
let used = block.length

const draw = (bytes: number): number => {
  if (used + bytes > block.length) {
    crypto.getRandomValues(block)
    used = 0
  }
  const from = used
  used += bytes
  return from
}

const hexAt = (at: number): string => hex[block[at] as number] as string

const eightBytes = (at: number): string =>
  hexAt(at) +
  hexAt(at + 1) +
  hexAt(at + 2) +
  hexAt(at + 3) +
  hexAt(at + 4) +
  hexAt(at + 5) +
  hexAt(at + 6) +
  hexAt(at + 7)

const noSpanId = "0000000000000000"

/** 16 lower-case hex digits, never all zero (W3C trace context, `parent-id`). */
export const spanId = (): string => {
  const id = eightBytes(draw(8))
  return id === noSpanId ? spanId() : id
}

/** 32 lower-case hex digits, never all zero (W3C trace context, `trace-id`). */
export const traceId = (): string => spanId() + eightBytes(draw(8))

let lastMillis = -1
let sequence = 0

/**
 * A UUID version 7 (RFC 9562, section 5.7) of a time in milliseconds. Ids of one process and one millisecond sort in the
 * order in which they were made: `rand_a` counts.
 */
export const uuid7 = (millis: number): string => {
  const time = Math.min(Math.max(Math.trunc(millis), 0), 0xffff_ffff_ffff)
  sequence = time === lastMillis ? (sequence + 1) & 0xfff : 0
  lastMillis = time
  const at = draw(8)
  const stamp = time.toString(16).padStart(12, "0")
  const counter = (0x7000 | sequence).toString(16)
  const variant = hex[((block[at] as number) & 0x3f) | 0x80] as string
  return `${stamp.slice(0, 8)}-${stamp.slice(8)}-${counter}-${variant}${hexAt(at + 1)}-${hexAt(at + 2)}${hexAt(at + 3)}${hexAt(at + 4)}${hexAt(at + 5)}${hexAt(at + 6)}${hexAt(at + 7)}`
}
