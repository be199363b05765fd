/** The values of attributes, as senders write them. */
import { json } from "../../../signal/internal/parsed.js"
import type { Json } from "../../../signal/Json.js"

/** MLflow writes each value as JSON, texts in quotes. */
export const unquoted = (value: Json): Json | undefined =>
  typeof value === "string" && value.startsWith('"') ? json(value) : value

/** A list of texts, also as JSON, or with commas between them. */
export const texts = (value: Json): ReadonlyArray<string> | undefined => {
  const said = json(value)
  if (typeof said === "string") {
    return said
      .split(",")
      .map((text) => text.trim())
      .filter((text) => text !== "")
  }
  if (!Array.isArray(said)) return undefined
  return said.flatMap((text: Json) =>
    typeof text === "string" ? [text] : typeof text === "number" || typeof text === "boolean" ? [String(text)] : []
  )
}
