/** The two encodings of OTLP/HTTP: of what is sent, and of what comes back. */
import * as OtlpSerialization from "@effect/opentelemetry/OtlpSerialization"
import type { HttpBody, Uint8Array as Uint8ArrayBody } from "@effect/platform/HttpBody"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { LogRecord } from "../../../signal/LogRecord.js"
import type { SpanRecord } from "../../../signal/SpanRecord.js"
import * as Data from "./data.js"

export interface Encoding {
  readonly contentType: string
  readonly spans: SignalEncoding<SpanRecord>
  readonly logs: SignalEncoding<LogRecord>
}

/** Encodes records in parts, and makes one message of several parts. */
export interface SignalEncoding<A> {
  readonly part: (records: ReadonlyArray<A>) => Uint8Array
  readonly join: (parts: ReadonlyArray<Uint8Array>) => Uint8Array
}

export const protobuf: Effect.Effect<Encoding> = Effect.map(
  OtlpSerialization.OtlpSerialization,
  (serialization): Encoding => {
    // The serialization writes no negative integers: it gets them as the unsigned ones of the same 64 bits.
    const data = Data.make((value) => String(BigInt.asUintN(64, BigInt(value))))
    return {
      contentType: "application/x-protobuf",
      spans: {
        part: (records) => bytesOf(serialization.traces({ resourceSpans: data.resourceSpans(records) })),
        join: Buffer.concat
      },
      logs: {
        part: (records) => bytesOf(serialization.logs({ resourceLogs: data.resourceLogs(records) })),
        join: Buffer.concat
      }
    }
  }
).pipe(Effect.provide(OtlpSerialization.layerProtobuf))

export const json: Effect.Effect<Encoding> = Effect.sync(() => {
  const data = Data.make(String)
  return {
    contentType: "application/json",
    spans: jsonOf("resourceSpans", data.resourceSpans),
    logs: jsonOf("resourceLogs", data.resourceLogs)
  }
})

const jsonOf = <A>(
  field: string,
  toData: (records: ReadonlyArray<A>) => ReadonlyArray<unknown>
): SignalEncoding<A> => ({
  part: (records) => Buffer.from(JSON.stringify(toData(records)).slice(1, -1)),
  join: (parts) =>
    Buffer.concat([
      Buffer.from(`{"${field}":[`),
      ...parts.flatMap((part, index) => (index === 0 ? [part] : [Buffer.from(","), part])),
      Buffer.from("]}")
    ])
})

const bytesOf = (body: HttpBody): Uint8Array => (body as Uint8ArrayBody).body

/** What a server says of a request: how many records it did not take although it took the others, and why. */
export interface Answer {
  readonly rejected: number
  readonly message: string
}

/** Reads the answer to a request that was taken. One that cannot be read says nothing. */
export const toAnswer = (contentType: string, bytes: Uint8Array): Answer => {
  if (!contentType.includes("protobuf")) {
    const { partialSuccess } = Option.getOrElse(parseAnswer(bytes), () => ({ partialSuccess: undefined }))
    return {
      rejected: partialSuccess?.rejectedSpans ?? partialSuccess?.rejectedLogRecords ?? 0,
      message: partialSuccess?.errorMessage ?? ""
    }
  }
  const [, partialSuccess] = fieldsOf(bytes)
  if (!(partialSuccess instanceof Uint8Array)) return { rejected: 0, message: "" }
  const [, rejected] = fieldsOf(partialSuccess)
  return { rejected: typeof rejected === "number" ? rejected : 0, message: messageOf(partialSuccess) }
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

const Count = Schema.optional(Schema.Union(Schema.Number, Schema.NumberFromString))

const parseAnswer = parsing(
  Schema.Struct({
    partialSuccess: Schema.optional(
      Schema.Struct({
        rejectedSpans: Count,
        rejectedLogRecords: Count,
        errorMessage: Schema.optional(Schema.String)
      })
    )
  })
)

const parseStatus = parsing(Schema.Struct({ message: Schema.String }))

/** The second field of both messages that say why something was refused. */
const messageOf = (bytes: Uint8Array): string => {
  const [, , message] = fieldsOf(bytes)
  return message instanceof Uint8Array ? toText(message) : ""
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
