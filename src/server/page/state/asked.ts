/** The filters of the address as a storage is asked for them. */
import type { Options } from "../../internal/encoded.js"
import type { Filter, FilterSpec, FilterTable } from "./filters.js"
import { parseTime } from "./time.js"

/**
 * The filters of a question. What is no value of its kind is passed on as it is: the storage says what it
 * expects.
 */
export const askedFilters = (
  table: FilterTable,
  filters: ReadonlyArray<Filter> = []
): NonNullable<Options["listSpans"]["filters"]> => {
  const asked: { [key: string]: unknown } = {}
  const tags: Array<string> = []
  const metadata: Array<[string, unknown]> = []
  for (const [key, value] of filters) {
    const spec = table[key]
    if (spec?.kind === "tag") tags.push(value)
    else if (spec?.kind === "entry") metadata.push(entryOf(value))
    else if (spec !== undefined) asked[key] = valueOf(spec, value)
  }
  if (tags.length > 0) asked["tags"] = tags
  if (metadata.length > 0) asked["metadata"] = Object.fromEntries(metadata)
  return asked
}

const valueOf = ({ kind }: FilterSpec, value: string): unknown => {
  switch (kind) {
    case "flag":
      return value === "true" ? true : value === "false" ? false : value
    case "number":
      return value.trim() === "" || Number.isNaN(Number(value)) ? value : Number(value)
    case "time":
      return parseTime(value)?.toString() ?? value
    case "duration":
      return durationOf(value)
    default:
      return value
  }
}

const units: { readonly [unit: string]: string } = {
  ns: "nanos",
  us: "micros",
  µs: "micros",
  ms: "millis",
  s: "seconds",
  m: "minutes",
  min: "minutes",
  h: "hours",
  d: "days"
}

/** `"500ms"` and `"2 s"` as the storage takes durations; a number alone is milliseconds. */
const durationOf = (value: string): unknown => {
  const [, number, unit = "ms"] = /^\s*(\d+(?:\.\d+)?)\s*([a-zµ]*)\s*$/i.exec(value) ?? []
  const name = units[unit === "" ? "ms" : unit.toLowerCase()]
  return number === undefined || name === undefined ? value : `${number} ${name}`
}

/** `"plan=gold"`: the value is JSON, or else a text. */
const entryOf = (value: string): [string, unknown] => {
  const i = value.indexOf("=")
  const [key, text] = i < 0 ? [value, "true"] : [value.slice(0, i), value.slice(i + 1)]
  try {
    return [key, JSON.parse(text)]
  } catch {
    return [key, text]
  }
}
