/** The answer of a server to a request. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { SignalEncoding } from "./encoding.js"

/** The answer to a request that was taken: how many records the server refused while it took the others, and why. */
export interface Answer {
  readonly rejected: number
  readonly message: string
}

type Rejected = SignalEncoding<never>["rejected"]

/** Reads the answer to a request that was taken. One that cannot be read says nothing. */
export const toAnswer = (rejected: Rejected, contentType: string, bytes: Uint8Array): Answer => {
  if (!contentType.includes("protobuf")) {
    const { partialSuccess } = Option.getOrElse(parseAnswer(bytes), () => ({ partialSuccess: undefined }))
    return { rejected: partialSuccess?.[rejected] ?? 0, message: partialSuccess?.errorMessage ?? "" }
  }
  const [, partialSuccess] = fieldsOf(bytes)
  if (!(partialSuccess instanceof Uint8Array)) return { rejected: 0, message: "" }
  const [, count] = fieldsOf(partialSuccess)
  return { rejected: isCount(count) ? count : 0, message: messageOf(partialSuccess) }
}

/** Reads why a request was refused. */
export const toReason = (contentType: string, bytes: Uint8Array): string =>
  contentType.includes("protobuf")
    ? messageOf(bytes)
    : Option.match(parseStatus(bytes), { onNone: () => toText(bytes), onSome: ({ message }) => message })

const toText = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

const parsing = <A, I>(schema: Schema.Schema<A, I>) => {
  const parse = Schema.decodeUnknownOption(Schema.parseJson(schema))
  return (bytes: Uint8Array) => parse(toText(bytes))
}

const isCount = Schema.is(Schema.NonNegativeInt)

const Count = Schema.optional(
  Schema.Union(Schema.NonNegativeInt, Schema.NumberFromString.pipe(Schema.int(), Schema.nonNegative()))
)

const parseAnswer = parsing(
  Schema.Struct({
    partialSuccess: Schema.optional(
      Schema.Struct({
        rejectedSpans: Count,
        rejectedLogRecords: Count,
        rejectedDataPoints: Count,
        errorMessage: Schema.optional(Schema.String)
      })
    )
  })
)

const parseStatus = parsing(Schema.Struct({ message: Schema.String }))

/** Texts in protobuf are UTF-8 without a mark that says so: one at their beginning belongs to them. */
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true })

/** The second field of both messages that say why something was refused. */
const messageOf = (bytes: Uint8Array): string => {
  const [, , message] = fieldsOf(bytes)
  return message instanceof Uint8Array ? utf8.decode(message) : ""
}

/** The integers and the bytes of a message in protobuf, by the number of their field. */
const fieldsOf = (bytes: Uint8Array): ReadonlyArray<number | Uint8Array | undefined> => {
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
    if (field > 16) return fields
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
        return fields
    }
  }
  return fields
}
