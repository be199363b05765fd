/**
 * The folder of an exporter in the directory of a spool. It carries a mark, so that a spool touches no other one, whatever
 * lies where it would be.
 */
import { createHash } from "node:crypto"
import { mkdirSync, writeFileSync } from "node:fs"
import * as fs from "node:fs/promises"
import { join } from "node:path"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { makeFolder } from "../../runtime/makeFolder.js"
import { attempt, attemptFile, hasCode, type SpoolError } from "./disk.js"

/** Every folder that an exporter may have holds something else. */
export class Occupied extends Data.TaggedError("Occupied")<{ readonly paths: ReadonlyArray<string> }> {}

export interface Claim {
  readonly path: string
  /** What lies where the folder would have been otherwise. */
  readonly occupied: ReadonlyArray<string>
}

/** The first folder of an exporter that is its own or becomes it, being new or empty. */
export const claim = Effect.fnUntraced(function* (
  directory: string,
  exporter: string
): Effect.fn.Return<Claim, SpoolError | Occupied> {
  yield* attempt(() => makeFolder(directory))
  const occupied: Array<string> = []
  for (const suffix of suffixes) {
    const path = join(directory, `${nameOf(exporter)}${suffix}`)
    if (yield* take(path, exporter)) return { path, occupied }
    occupied.push(path)
  }
  return yield* new Occupied({ paths: occupied })
})

/** Makes a claimed folder anew, if somebody has deleted it, for a process that ends. */
export const restoreNow = (path: string, exporter: string): void => {
  const created = mkdirSync(path, { recursive: true, mode: 0o700 })
  if (created !== undefined) writeFileSync(join(path, mark), toMark(exporter), { mode: 0o600 })
}

/** The name of an exporter may be long. */
const maxMarkBytes = 2 ** 20

const mark = ".effect-observability-spool"

/** No name of an exporter becomes one with a tilde before a digit at the end. */
const suffixes = ["", "~2", "~3", "~4", "~5", "~6", "~7", "~8", "~9"]

/** Whether a folder is an exporter's own, after it has become it if it was new or empty. */
const take = Effect.fnUntraced(function* (path: string, exporter: string) {
  yield* unlessThere(() => fs.mkdir(path, { mode: 0o700 }))
  if (!(yield* attempt(() => fs.lstat(path))).isDirectory()) return false
  const entries = yield* attempt(() => fs.readdir(path))
  // Another process that begins here writes its mark before anything else: what is not empty has one by now.
  const marked = join(path, mark)
  if (entries.length === 0) {
    yield* unlessThere(() => fs.writeFile(marked, toMark(exporter), { flag: "wx", mode: 0o600 }))
  }
  const text = yield* Effect.option(attemptFile(marked, () => fs.readFile(marked, "utf8"), maxMarkBytes))
  return Option.exists(text, (text) => isMark(text, exporter))
})

const unlessThere = (run: () => Promise<void>): Effect.Effect<void, SpoolError> =>
  Effect.catchIf(
    attempt(run),
    (error) => hasCode(error, "EEXIST"),
    () => Effect.void
  )

const toMark = (exporter: string): string => `${JSON.stringify({ format: 1, exporter })}\n`

/** A mark that is torn is being written, or its process was killed meanwhile. */
const isMark = (text: string, exporter: string): boolean =>
  toMark(exporter).startsWith(text) || Option.exists(decodeMark(text), (mark) => mark.exporter === exporter)

const decodeMark = Schema.decodeOption(
  Schema.parseJson(Schema.Struct({ format: Schema.Literal(1), exporter: Schema.String }))
)

/**
 * The name of an exporter as the name of a folder, on every system and whatever the case: no path, no device, and no two
 * names alike. UTF-16 code units are written, for a lone surrogate has no UTF-8.
 */
const nameOf = (exporter: string): string => {
  const name = exporter.replace(/[^a-z0-9_-]/g, escaped)
  if (name === "") return "%"
  if (devices.test(name)) return `${escaped(name.slice(0, 1))}${name.slice(1)}`
  if (name.length <= maxLength) return name
  return `${name.slice(0, maxLength / 2)}~${createHash("sha256")
    .update(name)
    .digest("hex")
    .slice(0, maxLength / 2)}`
}

const maxLength = 80

/** What Windows takes for devices. */
const devices = /^(con|prn|aux|nul|com\d|lpt\d)$/

const escaped = (unit: string): string => {
  const hex = unit.charCodeAt(0).toString(16)
  return hex.length <= 2 ? `%${hex.padStart(2, "0")}` : `%u${hex.padStart(4, "0")}`
}
