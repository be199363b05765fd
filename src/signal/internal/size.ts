/** The bytes that records hold in memory, estimated: a character counts as one, what records share as none. */
import type { Fields, Kind } from "../Field.js"
import { perSignal } from "../signals.js"

/** Bytes of a record without its texts and JSON. */
export const ofRecord = 320
/** Bytes of an object or a list without what it holds, and of a text without its characters. */
export const ofContainer = 16
/** Bytes of a number, a boolean or null. */
export const ofScalar = 8

/** Whether the characters of a text count by themselves. Ids are short and of one length: they are in `ofRecord`. */
export const isCounted = (kind: Kind): boolean => kind === "text" || kind === "name"

/** Texts and JSON differ in size by orders of magnitude; all else is in `ofRecord`. */
const sizer = (fields: Fields) => {
  const own = Object.entries(fields).filter(([, { shared }]) => shared !== true)
  const texts = own.flatMap(([name, { kind }]) => (isCounted(kind) ? [name] : []))
  const values = own.flatMap(([name, { kind }]) => (hasJson.has(kind) ? [name] : []))
  return (record: object): number => {
    const of = record as { readonly [name: string]: unknown }
    let bytes = ofRecord
    for (let i = 0; i < texts.length; i++) {
      const text = of[texts[i] as string] as string | undefined
      if (text !== undefined) bytes += text.length
    }
    for (let i = 0; i < values.length; i++) {
      const value = of[values[i] as string]
      if (value !== undefined) bytes += sizeOfJson(value)
    }
    return bytes
  }
}

const hasJson: ReadonlySet<string> = new Set(["object", "values", "numbers", "reals", "names", "struct", "list"])

/** The bytes of a JSON value. */
export const sizeOfJson = (value: unknown): number => {
  if (typeof value === "string") return ofContainer + value.length
  if (typeof value !== "object" || value === null) return ofScalar
  let bytes = ofContainer
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) bytes += sizeOfJson(value[i])
    return bytes
  }
  for (const key in value) bytes += key.length + sizeOfJson((value as Record<string, unknown>)[key])
  return bytes
}

/** The bytes of a record, by its signal. */
export const sizeOf = perSignal(({ fields }) => sizer(fields))
