/**
 * What a segment of a spool is made of. A header says that a spool wrote it, and in which version; a line after it has a
 * letter for its signal, a checksum, its number and a record. Lines of other signals may join them in the same version.
 */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { LogRecord } from "../../signal/LogRecord.js"
import { SpanRecord } from "../../signal/SpanRecord.js"

export type Signal = "spans" | "logs"

/** The first line of a segment. Later releases of the version may add keys. */
export const header = `${JSON.stringify({ "effect-observability": "spool", version: 1 })}\n`
export const maxHeaderLength = 4096

/** Whether a text begins like a segment; one that is not whole was torn when its process was killed. */
export const isSegment = (text: string): boolean =>
  header.startsWith(text) || Option.exists(versionOf(text), (version) => version === 1)

/** The version of a text that begins like a segment of any. */
export const versionOf = (text: string): Option.Option<unknown> =>
  Option.map(decodeHeader(text.slice(0, maxHeaderLength).split("\n", 1)[0]), ({ version }) => version)

const decodeHeader = Schema.decodeUnknownOption(
  Schema.parseJson(Schema.Struct({ "effect-observability": Schema.Literal("spool"), version: Schema.Unknown }))
)

/** Its signal, its checksum, its number and itself. What has no JSON is a damaged line. */
export const toLine = (record: SpanRecord | LogRecord, line: number): string => {
  const body = Either.try(() => `${line} ${JSON.stringify(record)}`)
  const sum = Either.match(body, { onLeft: () => "", onRight: checksum })
  return `${record instanceof SpanRecord ? "S" : "L"}${sum}${Either.getOrElse(body, () => "")}\n`
}

interface Line {
  readonly line: number
  /** None that is known here, when a newer release wrote it. */
  readonly signal: Signal | undefined
  readonly record: SpanRecord | LogRecord | undefined
}

/** What a line says, if it is whole. */
export const fromLine = (text: string): Line | undefined => {
  const body = text.slice(9)
  if (text.slice(1, 9) !== checksum(body)) return undefined
  const line = Number.parseInt(body, 10)
  const signal = signals[text.slice(0, 1)]
  if (signal === undefined) return { line, signal, record: undefined }
  const record = decode[signal](body.slice(body.indexOf(" ") + 1))
  return { line, signal, record: Option.getOrUndefined(record) }
}

const signals: Readonly<Record<string, Signal>> = { S: "spans", L: "logs" }

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

const decode: Record<Signal, (json: string) => Option.Option<SpanRecord | LogRecord>> = {
  spans: Schema.decodeOption(Schema.parseJson(SpanRecord)),
  logs: Schema.decodeOption(Schema.parseJson(LogRecord))
}

/** FNV-1a over UTF-16 code units, in eight hex digits. */
const checksum = (text: string): string => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, "0")
}
