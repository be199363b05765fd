/** JSON that came as a text. */
import type { Json, JsonObject } from "../Json.js"

/** Longer texts are not read as JSON: it would hold up the event loop. */
const maxParsed = 1_000_000

/** A value, of a text that is JSON what it says. */
export const json = (value: Json | undefined): Json | undefined => {
  if (typeof value !== "string" || value.length > maxParsed || !/^\s*[[{"]/.test(value)) return value
  try {
    if (!isShallow(value)) return value
    const parsed = JSON.parse(exact(value)) as Json
    return /\\u[dD]|\d[eE]\+?\d{3}|\d{309}/.test(value) ? mended(parsed) : parsed
  } catch {
    return value
  }
}

/** JSON of which whole numbers that a number would change are texts of their digits, so that ids stay what they are. */
export const exact = (text: string): string =>
  /\d{16}/.test(text)
    ? text.replace(/"(?:[^"\\]|\\.)*"?|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g, (found) =>
        found[0] === '"' || String(Number(found)) === found ? found : `"${found}"`
      )
    : text

/** JSON may say what no store keeps: a half of a character, and a number beyond all that there are. */
const mended = (value: Json): Json => {
  if (typeof value === "string") return value.toWellFormed()
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value)
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return value.map(mended)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.toWellFormed(), mended(item as Json)]))
}

/** Whether a text of JSON is nested no deeper than records may be, beside what they are in. */
const isShallow = (text: string): boolean => {
  let depth = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (quoted) {
      if (code === 0x5c) i++
      else if (code === 0x22) quoted = false
    } else if (code === 0x22) quoted = true
    else if (code === 0x5b || code === 0x7b) {
      if (++depth > maxDepth) return false
    } else if (code === 0x5d || code === 0x7d) depth--
  }
  return true
}

const maxDepth = 100

/** The object that a value is, or that its text says. */
export const object = (value: Json | undefined): JsonObject | undefined => {
  const said = json(value)
  return typeof said === "object" && said !== null && !Array.isArray(said) ? (said as JsonObject) : undefined
}
