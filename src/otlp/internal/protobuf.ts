/**
 * Writes the JSON form of OTLP as protobuf (https://protobuf.dev/programming-guides/encoding/).
 *
 * A message is written from its end to its beginning: the length, which stands before it, is known by then.
 */
import { type Envelope, type Message, resources, type Scalar, type Type } from "./messages.js"

/** Writes resources as the first field of a request. */
export const encode = (envelope: Envelope, values: ReadonlyArray<object>): Uint8Array => {
  const output = new Output()
  requests[envelope](output, values)
  return output.written()
}

/** Writes a message. */
export const encodeMessage = (message: Message, value: object): Uint8Array => {
  const output = new Output(256)
  messageOf(message)(output, value)
  return output.written()
}

type Write = (output: Output, value: unknown) => void

const writeMessage = (message: Message): Write => {
  const writes: { [name: string]: Write | undefined } = Object.create(null)
  for (const [name, [number, type]] of Object.entries(message)) writes[name] = writeField(number, type)
  return (output, value) => {
    for (const name in value as object) {
      const field = (value as { readonly [name: string]: unknown })[name]
      if (field !== undefined) writes[name]?.(output, field)
    }
  }
}

const writeField = (number: number, given: Type | readonly [Type]): Write => {
  const type = isRepeated(given) ? given[0] : given
  if (typeof type === "string") return writeScalar(number, type)
  const tag = number * 8 + lengthDelimited
  let write: Write | undefined
  const writeOne: Write = (output, value) => {
    write ??= messageOf(typeof type === "function" ? type() : type)
    const end = output.position
    write(output, value)
    output.varint(end - output.position)
    output.varint(tag)
  }
  return (output, value) => {
    if (!Array.isArray(value)) return writeOne(output, value)
    for (let i = value.length - 1; i >= 0; i--) writeOne(output, value[i])
  }
}

const isRepeated = (type: Type | readonly [Type]): type is readonly [Type] => Array.isArray(type)

const writers = new WeakMap<Message, Write>()

const messageOf = (message: Message): Write => {
  const known = writers.get(message)
  if (known !== undefined) return known
  const write = writeMessage(message)
  writers.set(message, write)
  return write
}

const writeScalar = (number: number, type: Scalar): Write => {
  const write = scalars[type]
  const tag = number * 8 + wireTypes[type]
  const packed = number * 8 + lengthDelimited
  return (output, value) => {
    if (!Array.isArray(value)) {
      // A number that is 0 by default need not be sent.
      if (value === 0 && type === "uint32") return
      write(output, value as never)
      return output.varint(tag)
    }
    if (value.length === 0) return
    const end = output.position
    for (let i = value.length - 1; i >= 0; i--) write(output, value[i] as never)
    output.varint(end - output.position)
    output.varint(packed)
  }
}

const lengthDelimited = 2

export const wireTypes: { readonly [S in Scalar]: 0 | 1 | 2 | 5 } = {
  string: lengthDelimited,
  hex: lengthDelimited,
  bytes: lengthDelimited,
  bool: 0,
  int64: 0,
  uint32: 0,
  uint64: 0,
  sint32: 0,
  double: 1,
  fixed64: 1,
  sfixed64: 1,
  fixed32: 5
}

const scalars: { readonly [S in Scalar]: (output: Output, value: never) => void } = {
  string: (output, value: string) => output.string(value),
  hex: (output, value: string) => output.encoded(value, "hex"),
  bytes: (output, value: string) => output.encoded(value, "base64"),
  bool: (output, value: boolean) => output.varint(value ? 1 : 0),
  int64: (output, value: string) => output.int64(value),
  uint32: (output, value: number) => output.varint(value),
  uint64: (output, value: string) => output.int64(value),
  sint32: (output, value: number) => output.varint(value < 0 ? -2 * value - 1 : 2 * value),
  double: (output, value: number) => output.double(value),
  fixed64: (output, value: string) => output.fixed64(value),
  sfixed64: (output, value: string) => output.fixed64(value),
  fixed32: (output, value: number) => output.fixed32(value)
}

/** Bytes, the last of which are written first. */
class Output {
  private bytes: Buffer
  private at: number
  /** How many bytes the buffers before this one had less. */
  private grown = 0

  constructor(size = 16_384) {
    this.bytes = Buffer.allocUnsafe(size)
    this.at = size
  }

  /** Counts down with each byte that is written. */
  get position(): number {
    return this.at - this.grown
  }

  written(): Uint8Array {
    return this.bytes.subarray(this.at)
  }

  varint(value: number): void {
    let length = 1
    for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++
    let at = this.take(length)
    let rest = value
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.bytes[at++] = (rest % 128) + 128
    this.bytes[at] = rest
  }

  int64(text: string): void {
    const number = Number(text)
    if (number >= 0 && Number.isSafeInteger(number)) {
      this.varint(number)
      return
    }
    // Negative integers are those of the same 64 bits that have no sign: 10 bytes, of which the last has one bit. Large ones
    // take as many.
    let rest = BigInt.asUintN(64, BigInt(text))
    const at = this.take(10)
    for (let i = 0; i < 9; i++, rest >>= 7n) this.bytes[at + i] = Number(rest & 127n) + 128
    this.bytes[at + 9] = Number(rest)
  }

  fixed64(text: string): void {
    const at = this.take(8)
    this.bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(text)), at)
  }

  double(value: number): void {
    const at = this.take(8)
    this.bytes.writeDoubleLE(value, at)
  }

  fixed32(value: number): void {
    const at = this.take(4)
    this.bytes.writeUInt32LE(value, at)
  }

  string(text: string): void {
    const length = Buffer.byteLength(text)
    const at = this.take(length)
    this.bytes.write(text, at, "utf8")
    this.varint(length)
  }

  encoded(text: string, encoding: "hex" | "base64"): void {
    const length = Buffer.byteLength(text, encoding)
    const at = this.take(length)
    this.bytes.write(text, at, encoding)
    this.varint(length)
  }

  /** Makes room for so many bytes, and gives where it begins. The buffer may be another one after it. */
  private take(length: number): number {
    if (this.at < length) {
      const size = Math.max(this.bytes.length * 2, this.bytes.length + length)
      const bytes = Buffer.allocUnsafe(size)
      const more = size - this.bytes.length
      this.bytes.copy(bytes, this.at + more, this.at)
      this.bytes = bytes
      this.at += more
      this.grown += more
    }
    this.at -= length
    return this.at
  }
}

const requests = {
  resourceSpans: writeField(1, resources.resourceSpans),
  resourceLogs: writeField(1, resources.resourceLogs),
  resourceMetrics: writeField(1, resources.resourceMetrics)
} satisfies { readonly [E in Envelope]: Write }
