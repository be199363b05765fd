/** Headers by name, in any case; a name may have several values. */
export type HeaderRecord = Readonly<Record<string, string | ReadonlyArray<string> | undefined>>

/** The header that names the session, which Mastra sends and reads too. */
export const sessionHeader = "x-mastra-session-id"

/** The headers that carry a trace or a session. */
const known: ReadonlySet<string> = new Set([
  "traceparent",
  "tracestate",
  "baggage",
  sessionHeader,
  "b3",
  "x-b3-traceid",
  "x-b3-spanid",
  "x-b3-sampled",
  "x-b3-flags"
])

/** No more headers than that are looked at. */
const maxHeaders = 256

/** The values of the headers that carry a trace or a session, by their names in lower case. */
export const valuesOf = (headers: HeaderRecord): ReadonlyMap<string, ReadonlyArray<string>> => {
  const values = new Map<string, ReadonlyArray<string>>()
  let seen = 0
  for (const key in headers) {
    if (++seen > maxHeaders) break
    const name = knownName(key)
    if (name === undefined) continue
    const now = textsOf(headers[key])
    if (now === undefined) continue
    const before = values.get(name)
    values.set(name, before === undefined ? now : [...before, ...now])
  }
  return values
}

/** The header that carries a trace or a session, by its name in lower case. */
export const knownName = (name: string): string | undefined => {
  if (name.length > maxName) return undefined
  const lower = name.toLowerCase()
  return known.has(lower) ? lower : undefined
}

const maxName = Math.max(...Array.from(known, (name) => name.length))

/** The values of a header. What is neither a text nor texts came in by a cast, and is none. */
const textsOf = (value: unknown): ReadonlyArray<string> | undefined => {
  if (typeof value === "string") return [value]
  return Array.isArray(value) ? value.filter((text) => typeof text === "string") : undefined
}

/** Text without the optional whitespace of RFC 7230 around it. A regular expression would be quadratic here. */
export const trim = (text: string): string => {
  let start = 0
  let end = text.length
  while (start < end && isSpace(text.charCodeAt(start))) start++
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

const isSpace = (code: number) => code === 0x20 || code === 0x09
