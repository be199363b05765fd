/**
 * Reads protobuf by the tables of the messages (https://protobuf.dev/programming-guides/encoding/). What a table does not
 * have is skipped, as is a field that came as another type.
 */
import { assign } from "../../signal/internal/jsonWalk.js"
import type { Json } from "../../signal/Json.js"
import {
  type DividedMetric,
  type Division,
  type Incoming,
  type JsonFields,
  jsonOfDouble,
  jsonOfInt,
  Malformed,
  maxDepth,
  maxValues,
  minAround,
  originOf,
  type Raw,
  type Slice,
  TooManyRecords,
  tooDeep,
  tooMany
} from "./incoming.js"
import {
  AnyValue,
  KeyValue,
  type Message,
  nesting,
  type PointForm,
  pointForms,
  Resource,
  type Scalar,
  Scope,
  type Type
} from "./messages.js"
import { wireTypes } from "./protobuf.js"

export const protobufReader: Incoming = {
  *divide(_, bytes, maxRecords) {
    const divisions: Array<Division> = []
    let count = 0
    let around = 0
    // The fields of requests, resources and scopes have the same numbers in all signals.
    for (const resource of yield* slicesOf(bytes, { start: 0, end: bytes.length }, 1, maxRecords + minAround)) {
      const raw = merged(Resource, bytes, yield* slicesOf(bytes, resource, 1, maxRecords))
      const scopes = yield* slicesOf(bytes, resource, 2, maxRecords + minAround)
      around += 1 + scopes.length
      if (around > 2 * maxRecords + minAround) throw new TooManyRecords(maxRecords)
      yield
      for (const scope of scopes) {
        const origin = originOf(raw, merged(Scope, bytes, yield* slicesOf(bytes, scope, 1, maxRecords)))
        const slices = yield* slicesOf(bytes, scope, 2, maxRecords)
        count += slices.length
        if (count > maxRecords) throw new TooManyRecords(maxRecords)
        divisions.push({ origin, slices })
        yield
      }
    }
    return divisions
  },
  read: (message, bytes, slice) => readInto({}, compiled(message), new Input(bytes, slice), 0),
  *divideMetric(bytes, slice, maxRecords): Generator<void, DividedMetric> {
    const raw = readInto({}, compiled(withoutData), new Input(bytes, slice), 0)
    const points: { [F in PointForm]?: Array<Slice> } = {}
    for (const [form, number, fields] of formFields) {
      // A message that comes twice is one.
      for (const data of yield* slicesOf(bytes, slice, number, maxRecords)) {
        const own = held<Raw>(raw, form, () => ({}))
        points[form] ??= []
        for (const point of yield* slicesOf(bytes, data, 1, maxRecords)) points[form].push(point)
        if (points[form].length > maxRecords) throw new TooManyRecords(maxRecords)
        const input = new Input(bytes, data)
        input.room += points[form].length
        readInto(own, compiled(fields), input, 0)
      }
    }
    return { raw, points }
  }
}

const { record: Metric } = nesting.resourceMetrics

const withoutData: Message = Object.fromEntries(Object.entries(Metric).filter(([name]) => !(name in pointForms)))

/** The fields that hold points, with their numbers and with what they have besides. */
const formFields = (Object.keys(pointForms) as Array<PointForm>).map((form) => {
  const [number, data] = Metric[form] as readonly [number, Message]
  const { dataPoints: _, ...others } = data
  return [form, number, others] as const
})

/** How many fields are looked at between two pauses. */
const stride = 4_096

/** Where a field of a message begins and ends, each time that it is there. */
function* slicesOf(bytes: Buffer, slice: Slice, field: number, max: number): Generator<void, ReadonlyArray<Slice>> {
  const input = new Input(bytes, slice)
  const tag = field * 8 + 2
  const slices: Array<Slice> = []
  for (let count = 1; input.at < input.end; count++) {
    if (count % stride === 0) yield
    const read = input.tag()
    if (read !== tag) {
      input.room++
      input.skip(read)
      continue
    }
    const length = input.length()
    slices.push({ start: input.at, end: input.at + length })
    if (slices.length > max) throw new TooManyRecords(max)
    input.at += length
  }
  return slices
}

const merged = (message: Message, bytes: Buffer, slices: ReadonlyArray<Slice>): Raw => {
  const raw: Raw = {}
  for (const slice of slices) readInto(raw, compiled(message), new Input(bytes, slice), 0)
  return raw
}

/** A field of a message, by what is done with its bytes. */
interface Field {
  readonly name: string
  readonly tag: number
  readonly isRepeated: boolean
  readonly kind: "attributes" | "value" | "message" | "scalar"
  /** The fields of a message. */
  readonly fields: () => Fields
  readonly scalar: (input: Input) => unknown
}

/** The fields of a message, by their numbers. */
type Fields = ReadonlyArray<Field | undefined>

const known = new WeakMap<Message, Fields>()

const compiled = (message: Message): Fields => {
  const before = known.get(message)
  if (before !== undefined) return before
  const fields: Array<Field | undefined> = []
  for (const [name, [number, given]] of Object.entries(message)) fields[number] = toField(name, number, given)
  // A list without holes is faster to look into.
  const dense = Array.from(fields)
  known.set(message, dense)
  return dense
}

const toField = (name: string, number: number, given: Type | readonly [Type]): Field => {
  const isRepeated = Array.isArray(given)
  const type = (isRepeated ? given[0] : given) as Type
  if (typeof type === "string") {
    const tag = number * 8 + wireTypes[type]
    return { name, tag, isRepeated, kind: "scalar", fields: () => [], scalar: scalars[type] }
  }
  const message = typeof type === "function" ? type() : type
  const kind = message === KeyValue ? "attributes" : message === AnyValue ? "value" : "message"
  const scalar = () => undefined
  return { name, tag: number * 8 + 2, isRepeated, kind, fields: () => compiled(message), scalar }
}

const readInto = (raw: Raw, fields: Fields, input: Input, depth: number): Raw => {
  if (depth > maxDepth) throw tooDeep
  while (input.at < input.end) {
    const tag = input.tag()
    const field = fields[tag >>> 3]
    if (field === undefined) input.skip(tag)
    else if (field.tag === tag) readField(raw, field, input, depth)
    else if (field.kind === "scalar" && field.isRepeated && (tag & 7) === 2) readPacked(raw, field, input)
    else input.skip(tag)
  }
  return raw
}

const readField = (raw: Raw, field: Field, input: Input, depth: number): void => {
  const { isRepeated, kind, name } = field
  switch (kind) {
    case "scalar":
      if (isRepeated) listOf(raw, name).push(input.value(field.scalar))
      else raw[name] = field.scalar(input)
      return
    case "attributes":
      readKeyValue(
        held<JsonFields>(raw, name, () => ({})),
        input,
        depth + 1
      )
      return
    case "value":
      raw[name] = readAnyValue(input, depth + 1)
      return
    default: {
      if (--input.room < 0) throw tooMany
      const end = input.enter()
      if (isRepeated) listOf(raw, name).push(readInto({}, field.fields(), input, depth + 1))
      // A message that comes twice is one.
      else raw[name] = readInto((raw[name] as Raw | undefined) ?? {}, field.fields(), input, depth + 1)
      input.end = end
    }
  }
}

const listOf = (raw: Raw, name: string): Array<unknown> => held(raw, name, () => [])

/** The value of a field, or one to begin with. */
const held = <A>(raw: Raw, name: string, begin: () => A): A => {
  const before = raw[name] as A | undefined
  if (before !== undefined) return before
  const begun = begin()
  raw[name] = begun
  return begun
}

const readPacked = (raw: Raw, { name, scalar }: Field, input: Input): void => {
  const list = listOf(raw, name)
  const end = input.enter()
  while (input.at < input.end) list.push(input.value(scalar))
  input.end = end
}

const readKeyValue = (object: JsonFields, input: Input, depth: number): void => {
  if (--input.room < 0) throw tooMany
  const end = input.enter()
  let key = ""
  let value: Json = null
  while (input.at < input.end) {
    const tag = input.tag()
    if (tag === 10) key = input.name()
    else if (tag === 18) value = readAnyValue(input, depth)
    else input.skip(tag)
  }
  input.end = end
  assign(object, key, value)
}

const readAnyValue = (input: Input, depth: number): Json => {
  if (depth > maxDepth) throw tooDeep
  if (--input.room < 0) throw tooMany
  const end = input.enter()
  let value: Json = null
  while (input.at < input.end) {
    const tag = input.tag()
    switch (tag) {
      case 10:
        value = input.string()
        break
      case 16:
        value = input.varint() !== 0
        break
      case 24:
        value = input.int()
        break
      case 33:
        value = jsonOfDouble(input.double())
        break
      case 42:
      case 50:
        value = readContainer(input, depth, tag)
        break
      case 58:
        value = input.encoded("base64")
        break
      default:
        input.skip(tag)
    }
  }
  input.end = end
  return value
}

/** An `ArrayValue`, or a `KeyValueList`: messages whose only field is 1, repeated. */
const readContainer = (input: Input, depth: number, of: number): Json => {
  const end = input.enter()
  const items: Array<Json> = []
  const object: JsonFields = {}
  while (input.at < input.end) {
    const tag = input.tag()
    if (tag !== 10) input.skip(tag)
    else if (of === 42) items.push(readAnyValue(input, depth + 1))
    else readKeyValue(object, input, depth + 1)
  }
  input.end = end
  return of === 42 ? items : object
}

const scalars: { readonly [S in Scalar]: (input: Input) => unknown } = {
  string: (input) => input.string(),
  hex: (input) => input.encoded("hex"),
  bytes: (input) => input.encoded("base64"),
  bool: (input) => input.varint() !== 0,
  int64: (input) => BigInt.asIntN(64, input.varint64()),
  uint64: (input) => input.varint64(),
  uint32: (input) => input.varint(),
  sint32: (input) => {
    const zigzag = input.varint()
    return (zigzag >>> 1) ^ -(zigzag & 1)
  },
  double: (input) => input.double(),
  fixed64: (input) => input.fixed64(),
  sfixed64: (input) => BigInt.asIntN(64, input.fixed64()),
  fixed32: (input) => input.fixed32()
}

const truncated = new Malformed("the message ends within a field")
const overlong = new Malformed("a number has more than 10 bytes")
const noField = new Malformed("a field has no number")
const noGroup = new Malformed("a group ends that has not begun, or does not end")
const noType = new Malformed("a field has a type that there is not")

/** Bytes that are read from the first to the last. */
class Input {
  at: number
  end: number
  /** How many more values there may be. */
  room = maxValues

  constructor(
    private readonly bytes: Buffer,
    { end, start }: Slice
  ) {
    this.at = start
    this.end = end
  }

  /** The number and the wire type of the next field. */
  tag(): number {
    const byte = this.bytes[this.at] as number
    if (byte < 128 && this.at < this.end) {
      this.at++
      if (byte < 8) throw noField
      return byte
    }
    const tag = this.varint()
    if (tag < 8) throw noField
    return tag
  }

  /** The lower 32 bits of a number. */
  varint(): number {
    const { bytes, end } = this
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= end) throw truncated
      const byte = bytes[this.at++] as number
      if (shift < 32) value |= (byte & 127) << shift
      if (byte < 128) return value >>> 0
    }
    throw overlong
  }

  varint64(): bigint {
    let low = 0
    let high = 0n
    for (let i = 0; i < 10; i++) {
      if (this.at >= this.end) throw truncated
      const byte = this.bytes[this.at++] as number
      // The first seven bytes have 49 bits, which a number holds.
      if (i < 7) low += (byte & 127) * 2 ** (7 * i)
      else high |= BigInt(byte & 127) << BigInt(7 * i)
      if (byte < 128) return BigInt.asUintN(64, BigInt(low) | high)
    }
    throw overlong
  }

  /** A signed integer of 64 bits as JSON. */
  int(): Json {
    const { at, bytes } = this
    const byte = bytes[at] as number
    if (at < this.end && byte < 128) {
      this.at++
      return byte
    }
    return jsonOfInt(BigInt.asIntN(64, this.varint64()))
  }

  /** The length of what follows, which is there. */
  length(): number {
    const { bytes, end } = this
    let length = 0
    for (let factor = 1; factor < 2 ** 70; factor *= 128) {
      if (this.at >= end) throw truncated
      const byte = bytes[this.at++] as number
      length += (byte & 127) * factor
      if (byte < 128) {
        if (length > end - this.at) throw truncated
        return length
      }
    }
    throw overlong
  }

  /** Goes into a message, and gives the end of the one around it. */
  enter(): number {
    const length = this.length()
    const { end } = this
    this.end = this.at + length
    return end
  }

  string(): string {
    const start = this.taken(this.length())
    return this.bytes.toString("utf8", start, this.at)
  }

  /** A text of which there are few, such as the name of an attribute. */
  name(): string {
    const start = this.taken(this.length())
    return names.get(this.bytes, start, this.at)
  }

  encoded(encoding: "hex" | "base64"): string {
    const start = this.taken(this.length())
    return this.bytes.toString(encoding, start, this.at)
  }

  double(): number {
    return this.bytes.readDoubleLE(this.taken(8))
  }

  fixed64(): bigint {
    return this.bytes.readBigUInt64LE(this.taken(8))
  }

  fixed32(): number {
    return this.bytes.readUInt32LE(this.taken(4))
  }

  value(scalar: (input: Input) => unknown): unknown {
    if (--this.room < 0) throw tooMany
    return scalar(this)
  }

  /** Goes over so many bytes, and gives where they begin. */
  private taken(length: number): number {
    const { at } = this
    if (length > this.end - at) throw truncated
    this.at = at + length
    return at
  }

  skip(tag: number): void {
    if (--this.room < 0) throw tooMany
    const open: Array<number> = []
    let next = tag
    while (true) {
      const field = next >>> 3
      switch (next & 7) {
        case 0:
          this.varint()
          break
        case 1:
          this.taken(8)
          break
        case 2:
          this.taken(this.length())
          break
        case 3:
          if (open.push(field) > maxDepth) throw tooDeep
          break
        case 4:
          if (open.pop() !== field) throw noGroup
          break
        case 5:
          this.taken(4)
          break
        default:
          throw noType
      }
      if (open.length === 0) return
      if (this.at >= this.end) throw noGroup
      next = this.tag()
    }
  }
}

/** The longest name that is kept, in bytes. */
const maxName = 64

/** Names that came before, so that they need not be decoded again. One whose place is taken takes its place. */
class Names {
  private readonly texts: Array<string> = new Array(1_024).fill("")

  get(bytes: Buffer, start: number, end: number): string {
    if (end - start > maxName) return bytes.toString("utf8", start, end)
    let hash = end - start
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0
    const place = (hash ^ (hash >>> 10)) & 1_023
    const known = this.texts[place] as string
    if (isSame(known, bytes, start, end)) return known
    const text = bytes.toString("utf8", start, end)
    this.texts[place] = text
    return text
  }
}

/** Whether a text is ASCII, and the same as some bytes. */
const isSame = (text: string, bytes: Buffer, start: number, end: number): boolean => {
  if (text.length !== end - start) return false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code !== bytes[start + i] || code > 127) return false
  }
  return true
}

const names = new Names()
