/**
 * What a segment of a spool is made of. A header says that a spool wrote it, in which version, and for which signal; a
 * line after it has the letter of the signal, a checksum, its number and a record.
 */
import * as Either from "effect/Either"
import { constUndefined } from "effect/Function"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { fnv1a } from "../../runtime/hash.js"
import { faultOf } from "../../signal/Field.js"
import type { Signal } from "../../signal/Signal.js"
import { perSignal, type SignalName, signalNames, signals } from "../../signal/signals.js"
import type { AnyRecord } from "./record.js"

/** The first line of a segment, by its signal. Later releases of the version may add keys. */
export const headers = perSignal(
  (_, signal) => `${JSON.stringify({ "effect-observability": "spool", version: 1, signal })}\n`
)
export const maxHeaderLength = 4096

/** What the beginning of a text says: its signal; that a newer release wrote it; or nothing, where no spool did. */
export const headOf = (text: string): SignalName | "newer" | undefined => {
  // A header that is not whole was torn when its process was killed, and is one of any signal.
  const begun = signalNames.find((name) => headers[name].startsWith(text))
  if (begun !== undefined) return begun
  return Option.match(decodeHeader(text.slice(0, maxHeaderLength).split("\n", 1)[0]), {
    onNone: constUndefined,
    onSome: ({ signal, version }) =>
      version === 1 ? (signalNames.find((name) => name === signal) ?? "newer") : "newer"
  })
}

const decodeHeader = Schema.decodeUnknownOption(
  Schema.parseJson(
    Schema.Struct({
      "effect-observability": Schema.Literal("spool"),
      version: Schema.Unknown,
      signal: Schema.optional(Schema.Unknown)
    })
  )
)

/** Its signal, a checksum of all of it, its number and itself. What has no JSON is a damaged line. */
export const toLine = ({ code }: Signal, record: AnyRecord, line: number): string => {
  const body = Either.try(() => `${line} ${JSON.stringify(record)}`)
  return `${code}${Either.match(body, { onLeft: () => "", onRight: (body) => checksum(code + body) + body })}\n`
}

interface Line {
  readonly line: number
  /** Whether a newer release wrote it, under a letter that is not the one of the signal. */
  readonly isUnread: boolean
  /** `undefined` where it is no record. */
  readonly record: AnyRecord | undefined
}

/** Far more than a segment has: each takes a hundred bytes at least. */
const maxLines = 2 ** 20

/** What a line says, if it is whole. */
export const fromLine = (signal: SignalName, text: string): Line | undefined => {
  const body = text.slice(9)
  // The checksum of an earlier release leaves out the letter.
  const sum = text.slice(1, 9)
  if (sum !== checksum(text.slice(0, 1) + body) && sum !== checksum(body)) return undefined
  const line = Number.parseInt(body, 10)
  if (!text.startsWith(signals[signal].code)) return { line, isUnread: true, record: undefined }
  // A number that no segment gets to is damage: to count the lines before it would take for ever.
  if (!(line >= 0 && line < maxLines)) return undefined
  return { line, isUnread: false, record: decode[signal](body.slice(body.indexOf(" ") + 1)) }
}

/** The line that says which lines are not needed any longer. It begins on a line of its own, whatever stands before it. */
export const fromDone = (lines: Iterable<number>): string => {
  const body = JSON.stringify(Array.from(lines))
  return `\nD${checksum(body)}${body}\n`
}

export const toDone = (text: string): Either.Either<ReadonlyArray<number>, string> => {
  const body = text.slice(9)
  return text.startsWith("D") && text.slice(1, 9) === checksum(body)
    ? Either.right(Option.getOrElse(decodeDone(body), () => []))
    : Either.left(text)
}

const decodeDone = Schema.decodeOption(Schema.parseJson(Schema.Array(Schema.Number)))

/** The class of a record is the schema of its encoded form, too. */
const decode = perSignal(({ fields, record }) => {
  const parse = Schema.decodeOption(Schema.parseJson(record as unknown as Schema.Schema<AnyRecord, object>))
  return (json: string): AnyRecord | undefined =>
    Option.getOrUndefined(Option.filter(parse(json), (record) => faultOf(fields, record) === undefined))
})

const checksum = (text: string): string => fnv1a(text).toString(16).padStart(8, "0")
