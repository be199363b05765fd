/**
 * Reads the JSON form of OTLP by the tables of the messages: names are those of JSON or those of the definitions, ids are hex digits in either case, integers of 64 bits texts or
 * numbers, enums numbers or names, and what a table does not have is ignored
 * (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding).
 *
 * A parser of JSON cannot pause. So the records are found first, by their brackets, and each is parsed alone.
 */
import * as Predicate from "effect/Predicate"
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
  NoJson,
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
  originalName,
  type PointForm,
  pointForms,
  Resource,
  type Scalar,
  Scope,
  type Type
} from "./messages.js"

export const jsonReader: Incoming = {
  *divide(envelope, bytes, maxRecords) {
    const { records, scopes } = nesting[envelope]
    const text = new Text(bytes)
    const divisions: Array<Division> = []
    let count = 0
    let around = 0

    /** Resources and scopes need not have any records. */
    function* within(): Generator<void> {
      if (++around > 2 * maxRecords + minAround) throw new TooManyRecords(maxRecords)
      yield
    }

    function* scope(found: Array<Scoped>): Generator<void> {
      yield* within()
      const scoped: Scoped = { scope: undefined, slices: [] }
      found.push(scoped)
      yield* text.object({
        *scope() {
          scoped.scope = yield* text.value()
        },
        *[records]() {
          yield* text.list(function* () {
            if (++count > maxRecords) throw new TooManyRecords(maxRecords)
            scoped.slices.push(yield* text.value(envelope === "resourceMetrics" ? Number.POSITIVE_INFINITY : maxParts))
          })
        }
      })
    }

    function* resource(): Generator<void> {
      yield* within()
      let own: Slice | undefined
      const found: Array<Scoped> = []
      yield* text.object({
        *resource() {
          own = yield* text.value()
        },
        *[scopes]() {
          yield* text.list(() => scope(found))
        }
      })
      const raw = read(Resource, bytes, own)
      for (const { scope, slices } of found) {
        divisions.push({ origin: originOf(raw, read(Scope, bytes, scope)), slices })
      }
    }

    yield* text.object({
      *[envelope]() {
        yield* text.list(resource)
      }
    })
    text.end()
    return divisions
  },
  read: (message, bytes, slice) => read(message, bytes, slice),
  *divideMetric(bytes, slice, maxRecords): Generator<void, DividedMetric> {
    if (slice.fault !== undefined) throw slice.fault
    const { cuts, points } = yield* pointsOf(bytes, slice, maxRecords)
    // The rest without the points is a small document of its own.
    const kept = [...cuts, slice.end].map((cut, i) => {
      const [, before = slice.start] = cuts[i - 1] ?? []
      return bytes.subarray(before, typeof cut === "number" ? cut : cut[0])
    })
    const head = Buffer.concat(kept.flatMap((part, i) => (i === 0 ? [part] : [emptyList, part])))
    return { raw: read(nesting.resourceMetrics.record, head, yield* new Text(head).value()), points }
  }
}

const emptyList = Buffer.from("[]")

/** Finds the points of a metric, and what is to be cut out so that it has none. */
function* pointsOf(bytes: Buffer, { start }: Slice, maxRecords: number) {
  const text = new Text(bytes, start)
  const cuts: Array<readonly [from: number, to: number]> = []
  const points: { [F in PointForm]?: Array<Slice> } = {}
  const data = (form: PointForm) =>
    function* (): Generator<void> {
      yield* text.objectIfAny({
        *dataPoints() {
          const slices: Array<Slice> = []
          points[form] = slices
          const from = yield* text.listIfAny(function* () {
            slices.push(yield* text.value())
            if (slices.length > maxRecords) throw new TooManyRecords(maxRecords)
          })
          if (from !== undefined) cuts.push([from, text.position])
        }
      })
    }
  const forms = Object.keys(pointForms) as Array<PointForm>
  yield* text.objectIfAny(Object.fromEntries(forms.map((form) => [form, data(form)])))
  return { cuts, points }
}

interface Scoped {
  scope: Slice | undefined
  readonly slices: Array<Slice>
}

const read = (message: Message, bytes: Buffer, slice: Slice | undefined): Raw => {
  if (slice?.fault !== undefined) throw slice.fault
  const parsed = slice === undefined ? null : parse(bytes, slice)
  if (parsed === null) return {}
  return toMessage(message, parsed, { room: maxValues }, 0)
}

const parse = (bytes: Buffer, { end, start }: Slice): unknown => {
  try {
    return JSON.parse(bytes.toString("utf8", start, end))
  } catch {
    throw new NoJson("the body is no JSON")
  }
}

interface Budget {
  room: number
}

type Read = (value: unknown, budget: Budget, depth: number) => unknown

interface Field {
  readonly name: string
  readonly isRepeated: boolean
  readonly isAttributes: boolean
  readonly read: Read
}

const known = new WeakMap<Message, ReadonlyMap<string, Field>>()

const compiled = (message: Message): ReadonlyMap<string, Field> => {
  const before = known.get(message)
  if (before !== undefined) return before
  const fields = new Map(
    Object.entries(message).flatMap(([name, [, type]]) => {
      const field = toField(name, type)
      return [
        [name, field],
        [originalName(name), field]
      ]
    })
  )
  known.set(message, fields)
  return fields
}

const toField = (name: string, given: Type | readonly [Type]): Field => {
  const isRepeated = Array.isArray(given)
  const type = (isRepeated ? given[0] : given) as Type
  if (typeof type === "string") {
    const scalar = scalars[type]
    const read: Read = (value) => {
      const result = scalar(value)
      if (result === undefined) throw new Malformed(`its ${name} is none`)
      return result
    }
    return { name, isRepeated, isAttributes: false, read }
  }
  const message = typeof type === "function" ? type() : type
  const isAttributes = message === KeyValue
  const read: Read = message === AnyValue ? toJson : (value, budget, depth) => toMessage(message, value, budget, depth)
  return { name, isRepeated, isAttributes, read }
}

const toMessage = (message: Message, value: unknown, budget: Budget, depth: number): Raw => {
  if (!Predicate.isRecord(value)) throw new Malformed("it is no object where there must be one")
  if (depth > maxDepth) throw tooDeep
  const fields = compiled(message)
  const raw: Raw = {}
  for (const key in value) {
    const field = fields.get(key)
    const given = value[key]
    // In JSON, null is what a field is by default.
    if (field === undefined || given === null) continue
    const { name } = field
    if (field.isAttributes) raw[name] = toObject(given, budget, depth + 1)
    else if (field.isRepeated) raw[name] = listOf(name, given).map((item) => take(field, item, budget, depth))
    else raw[name] = take(field, given, budget, depth)
  }
  return raw
}

const take = ({ read }: Field, value: unknown, budget: Budget, depth: number): unknown => {
  if (--budget.room < 0) throw tooMany
  return read(value, budget, depth + 1)
}

const listOf = (name: string, value: unknown): ReadonlyArray<unknown> => {
  if (!Array.isArray(value)) throw new Malformed(`its ${name} is no list`)
  return value
}

/** The object that attributes are. */
const toObject = (attributes: unknown, budget: Budget, depth: number): JsonFields => {
  const object: JsonFields = {}
  for (const attribute of listOf("attributes", attributes)) {
    if (!Predicate.isRecord(attribute)) throw new Malformed("an attribute is no object")
    const { key = "", value = null } = attribute
    if (typeof key !== "string") throw new Malformed("the key of an attribute is no text")
    assign(object, key.toWellFormed(), toJson(value, budget, depth))
  }
  return object
}

/** The JSON of an `AnyValue`. */
const toJson = (value: unknown, budget: Budget, depth: number): Json => {
  if (depth > maxDepth) throw tooDeep
  if (--budget.room < 0) throw tooMany
  if (value === null) return null
  if (!Predicate.isRecord(value)) throw new Malformed("a value is no object")
  for (const kind in value) {
    const given = value[kind]
    const make = values.get(kind)
    if (make === undefined || given === null) continue
    const json = make(given, budget, depth)
    if (json === undefined) throw new Malformed(`a ${kind} is none`)
    return json
  }
  return null
}

const itemsOf = (value: unknown): ReadonlyArray<unknown> => {
  if (!Predicate.isRecord(value)) throw new Malformed("a list is no object with values")
  return value["values"] === undefined || value["values"] === null ? [] : listOf("values", value["values"])
}

type ReadValue = (value: unknown, budget: Budget, depth: number) => Json | undefined

const kinds: ReadonlyArray<readonly [kind: string, read: ReadValue]> = [
  ["stringValue", (value) => scalars.string(value)],
  ["boolValue", (value) => scalars.bool(value)],
  ["intValue", (value) => mapped(scalars.int64(value), jsonOfInt)],
  ["doubleValue", (value) => mapped(scalars.double(value), jsonOfDouble)],
  ["bytesValue", (value) => scalars.bytes(value)],
  ["arrayValue", (value, budget, depth) => itemsOf(value).map((item) => toJson(item, budget, depth + 1))],
  ["kvlistValue", (value, budget, depth) => toObject(itemsOf(value), budget, depth + 1)]
]

const values: ReadonlyMap<string, ReadValue> = new Map(
  kinds.flatMap(([kind, read]) => [
    [kind, read],
    [originalName(kind), read]
  ])
)

const mapped = <A, B>(value: A | undefined, f: (value: A) => B): B | undefined =>
  value === undefined ? undefined : f(value)

const integer =
  (min: bigint, max: bigint) =>
  (value: unknown): bigint | undefined => {
    const isInteger = typeof value === "number" ? Number.isInteger(value) : isDigits(value)
    if (!isInteger) return undefined
    const read = BigInt(value as number | string)
    return min <= read && read <= max ? read : undefined
  }

const isDigits = (value: unknown): boolean => typeof value === "string" && /^-?\d{1,20}$/.test(value)

const small = (min: number, max: number) => {
  const read = integer(BigInt(min), BigInt(max))
  return (value: unknown): number | undefined =>
    typeof value === "string" && enums.has(value) ? enums.get(value) : mapped(read(value), Number)
}

/** The names of enums, all of which are different, with their numbers. */
const enums: ReadonlyMap<string, number> = new Map([
  ...["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"].map(
    (name, number) => [`SPAN_KIND_${name}`, number] as const
  ),
  ...["UNSET", "OK", "ERROR"].map((name, number) => [`STATUS_CODE_${name}`, number] as const),
  ...["UNSPECIFIED", "DELTA", "CUMULATIVE"].map((name, number) => [`AGGREGATION_TEMPORALITY_${name}`, number] as const),
  ["SEVERITY_NUMBER_UNSPECIFIED", 0] as const,
  ...["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"].flatMap((name, level) =>
    ["", "2", "3", "4"].map((of, step) => [`SEVERITY_NUMBER_${name}${of}`, level * 4 + step + 1] as const)
  )
])

const scalars = {
  string: (value: unknown) => (typeof value === "string" ? value.toWellFormed() : undefined),
  hex: (value: unknown) =>
    typeof value === "string" && value.length % 2 === 0 && /^[\da-f]*$/i.test(value) ? value.toLowerCase() : undefined,
  bytes: (value: unknown) =>
    typeof value === "string" && /^[\w+/-]*={0,2}$/.test(value)
      ? Buffer.from(value, "base64").toString("base64")
      : undefined,
  bool: (value: unknown) => (typeof value === "boolean" ? value : undefined),
  int64: integer(-(2n ** 63n), 2n ** 63n - 1n),
  uint64: integer(0n, 2n ** 64n - 1n),
  fixed64: integer(0n, 2n ** 64n - 1n),
  sfixed64: integer(-(2n ** 63n), 2n ** 63n - 1n),
  uint32: small(-(2 ** 31), 2 ** 32 - 1),
  fixed32: small(0, 2 ** 32 - 1),
  sint32: small(-(2 ** 31), 2 ** 31 - 1),
  double: (value: unknown) => {
    if (typeof value === "number") return value
    const isNumber = typeof value === "string" && /^(NaN|-?Infinity|-?\d+(\.\d+)?(e[+-]?\d+)?)$/i.test(value)
    return isNumber ? Number(value) : undefined
  }
} satisfies { readonly [S in Scalar]: (value: unknown) => unknown }

const noJson = new NoJson("the body is no JSON")

const quote = 0x22
const backslash = 0x5c

/** How many bytes are looked at between two pauses. */
const stride = 65_536

/** An object within another one takes four brackets, and a record has its attributes within less than sixteen. */
const maxBrackets = 4 * maxDepth + 16

/** An attribute has two brackets and two commas. What has more of them than that is not parsed, which cannot pause. */
const maxParts = 4 * maxValues + 1_024

/** No name that there is has as many bytes. */
const maxName = 1_024

/** Ignored values that are longer are not checked to be JSON. */
const maxChecked = 65_536

/** The text of a request, of which the values are found without being parsed. */
class Text {
  private pause = stride

  constructor(
    private readonly bytes: Buffer,
    private at = 0
  ) {}

  get position(): number {
    return this.at
  }

  /** Nothing may follow the document. */
  end(): void {
    this.space()
    if (this.at < this.bytes.length) throw noJson
  }

  /** Goes over an object, with its members of some names; null is an object without any. */
  *object(members: { readonly [name: string]: () => Generator<void> }): Generator<void> {
    if (this.isNull()) return
    const named = new Map(
      Object.entries(members).flatMap(([name, member]) => [
        [name, member],
        [originalName(name), member]
      ])
    )
    this.expect(0x7b)
    if (this.ends(0x7d)) return
    do {
      this.space()
      const start = this.at
      this.expect(quote)
      while (!this.string()) yield
      const name = this.at - start > maxName ? "" : (parse(this.bytes, { start, end: this.at }) as string)
      this.space()
      this.expect(0x3a)
      const member = named.get(name)
      if (member !== undefined) yield* member()
      else {
        const ignored = yield* this.value()
        if (ignored.end - ignored.start < maxChecked && ignored.fault === undefined) parse(this.bytes, ignored)
      }
    } while (this.goesOn(0x7d))
  }

  /** Goes over a list, item by item; null is an empty one. */
  *list(item: () => Generator<void>): Generator<void> {
    if (this.isNull()) return
    this.expect(0x5b)
    if (this.ends(0x5d)) return
    do yield* item()
    while (this.goesOn(0x5d))
  }

  /** The same, over a value that may be no object: whoever reads it says so. */
  *objectIfAny(members: { readonly [name: string]: () => Generator<void> }): Generator<void> {
    if (this.begins(0x7b)) yield* this.object(members)
    else yield* this.value()
  }

  /** The same with a list, and gives where it began. */
  *listIfAny(item: () => Generator<void>): Generator<void, number | undefined> {
    if (!this.begins(0x5b)) return void (yield* this.value())
    const from = this.at
    yield* this.list(item)
    return from
  }

  /** Goes over a value. What has more brackets and commas than it may have is not to be read. */
  *value(most = maxParts): Generator<void, Slice> {
    this.space()
    const { bytes } = this
    const start = this.at
    let depth = 0
    let deepest = 0
    let parts = 0
    do {
      if (this.at >= bytes.length) throw noJson
      if (this.at - start > this.pause) {
        this.pause += stride
        yield
      }
      switch (bytes[this.at]) {
        case quote:
          this.at++
          while (!this.string()) yield
          break
        case 0x7b:
        case 0x5b:
          depth++
          parts++
          if (depth > deepest) deepest = depth
          this.at++
          break
        case 0x7d:
        case 0x5d:
          if (depth === 0) throw noJson
          depth--
          this.at++
          break
        case 0x2c:
          if (depth === 0) throw noJson
          parts++
          this.at++
          break
        default:
          if (depth === 0) this.word()
          else this.at++
      }
    } while (depth > 0)
    this.pause = stride
    yield
    const fault = deepest > maxBrackets ? tooDeep : parts > most ? tooMany : undefined
    return { start, end: this.at, ...(fault !== undefined && { fault }) }
  }

  /** Goes over a number, or over `true`, `false` or `null`. */
  private word(): void {
    const start = this.at
    while (this.at < this.bytes.length && !isDelimiter(this.bytes[this.at] as number)) this.at++
    if (this.at - start > 1_024) throw noJson
    parse(this.bytes, { start, end: this.at })
  }

  /** Goes on over a text, of which the first quote was passed; `false` says that it pauses before the last. */
  private string(): boolean {
    const { bytes } = this
    const next = bytes.indexOf(quote, this.at)
    if (next === -1) throw noJson
    let at = next
    if (bytes[next - 1] === backslash) {
      const pause = this.at + stride
      for (at = this.at; at < pause && bytes[at] !== quote; ) at += bytes[at] === backslash ? 2 : 1
    }
    const isOver = bytes[at] === quote
    this.at = isOver ? at + 1 : at
    return isOver
  }

  private space(): void {
    while (isSpace(this.bytes[this.at])) this.at++
  }

  private isNull(): boolean {
    this.space()
    if (this.bytes[this.at] !== 0x6e) return false
    this.word()
    return true
  }

  private expect(byte: number): void {
    if (this.bytes[this.at] !== byte) throw noJson
    this.at++
  }

  private ends(byte: number): boolean {
    if (!this.begins(byte)) return false
    this.at++
    return true
  }

  private begins(byte: number): boolean {
    this.space()
    return this.bytes[this.at] === byte
  }

  /** Whether another member or item follows, or the end. */
  private goesOn(end: number): boolean {
    if (this.ends(end)) return false
    this.expect(0x2c)
    return true
  }
}

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

const isDelimiter = (byte: number): boolean => isSpace(byte) || byte === 0x2c || byte === 0x7d || byte === 0x5d
