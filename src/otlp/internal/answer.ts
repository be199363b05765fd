/** The answer of a server to a request. */
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { SignalEncoding } from "./encoding.js"

/** The answer to a request that was taken: how many records the server refused while it took the others, and why. */
export interface Answer {
  readonly rejected: number
  readonly message: string
}

type Rejected = SignalEncoding<never>["rejected"]

/** Reads the answer to a request that was taken; none where it is no answer of OTLP, such as a page. */
export const toAnswer = (rejected: Rejected, contentType: string, bytes: Uint8Array): Answer | undefined => {
  // Some servers say nothing, which is what OTLP says where all was taken.
  if (bytes.length === 0) return contentType.includes("html") ? undefined : { rejected: 0, message: "" }
  if (contentType.includes("json") || (!contentType.includes("protobuf") && isObject(bytes))) {
    return Option.getOrUndefined(Option.flatMap(parseObject(bytes), (answer) => inJson(rejected, answer)))
  }
  const { fields, isWhole } = fieldsOf(bytes)
  const [, partialSuccess] = fields
  if (!isWhole) return undefined
  if (!(partialSuccess instanceof Uint8Array)) return { rejected: 0, message: "" }
  const [, count] = fieldsOf(partialSuccess).fields
  return { rejected: isCount(count) ? count : 0, message: messageOf(partialSuccess) }
}

/** Reads why a request was refused. */
export const toReason = (contentType: string, bytes: Uint8Array): string =>
  contentType.includes("protobuf") && fieldsOf(bytes).isWhole
    ? messageOf(bytes)
    : Option.match(parseStatus(bytes), { onNone: () => toPage(bytes), onSome: ({ message }) => message })

/** A text, or the title of a page. */
export const toPage = (bytes: Uint8Array): string => {
  const text = toText(bytes.subarray(0, maxPage))
  return /<title[^>]{0,100}>([^<]+)/i.exec(text)?.[1]?.trim() ?? text
}

const maxPage = 4_096

const toText = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

const parsing = <A, I>(schema: Schema.Schema<A, I>) => {
  const parse = Schema.decodeUnknownOption(Schema.parseJson(schema))
  return (bytes: Uint8Array) => parse(toText(bytes))
}

const isCount = Schema.is(Schema.NonNegativeInt)

const isObject = (bytes: Uint8Array): boolean => toText(bytes.subarray(0, 64)).trimStart().startsWith("{")

const parseObject = parsing(Schema.Record({ key: Schema.String, value: Schema.Unknown }))

/** An answer of which a part cannot be read says nothing there. Names may be those of protobuf. */
const inJson = (rejected: Rejected, answer: Readonly<Record<string, unknown>>): Option.Option<Answer> => {
  const names = Object.keys(answer)
  if (names.length > 0 && !names.some((name) => name === "partialSuccess" || name === "partial_success")) {
    return Option.none()
  }
  const partial = answer["partialSuccess"] ?? answer["partial_success"]
  const field = (name: string): unknown =>
    Predicate.isRecord(partial) ? (partial[name] ?? partial[toSnakeCase(name)]) : undefined
  const message = field("errorMessage")
  return Option.some({
    rejected: Option.getOrElse(countOf(field(rejected)), () => 0),
    message: typeof message === "string" ? message : ""
  })
}

const toSnakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const countOf = Schema.decodeUnknownOption(
  Schema.Union(Schema.NonNegativeInt, Schema.NumberFromString.pipe(Schema.int(), Schema.nonNegative()))
)

const parseStatus = parsing(Schema.Struct({ message: Schema.String }))

/** Texts in protobuf are UTF-8 without a mark that says so: one at their beginning belongs to them. */
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true })

/** The second field of both messages that say why something was refused. */
const messageOf = (bytes: Uint8Array): string => {
  const [, , message] = fieldsOf(bytes).fields
  return message instanceof Uint8Array ? utf8.decode(message) : ""
}

interface Fields {
  /** The integers and the bytes of a message in protobuf, by the number of their field. */
  readonly fields: ReadonlyArray<number | Uint8Array | undefined>
  /** Whether the bytes are a message to their end. */
  readonly isWhole: boolean
}

const fieldsOf = (bytes: Uint8Array): Fields => {
  const fields: Array<number | Uint8Array> = []
  let at = 0
  const varint = () => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++] ?? 0
      value += (byte % 128) * factor
      if (byte < 128) return value
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    const field = Math.floor(tag / 8)
    // No field of an answer has a higher number.
    if (field === 0 || field > 16) return { fields, isWhole: false }
    switch (tag % 8) {
      case 0:
        fields[field] = varint()
        break
      case 1:
        at += 8
        break
      case 2: {
        const length = varint()
        fields[field] = bytes.subarray(at, at + length)
        at += length
        break
      }
      case 5:
        at += 4
        break
      default:
        return { fields, isWhole: false }
    }
  }
  return { fields, isWhole: at === bytes.length }
}
