import * as SensitiveDataFilter from "./SensitiveDataFilter.js"

/**
 * The words of somebody else, in one line and not too long. They may quote what they were about: credentials, records,
 * also as base64.
 */
export const quoted = (text: string, secrets: ReadonlyArray<string> = []): string => {
  const line = text
    .slice(0, maxQuoted)
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim()
  const known = secrets.reduce((text, secret) => text.replaceAll(secret, "<redacted>"), line)
  return SensitiveDataFilter.masked(known.replace(encoded, ({ length }) => `[${length} characters]`)).slice(
    0,
    maxLength
  )
}

const maxLength = 500

/** Enough for a text of `maxLength` in which some things were masked. */
const maxQuoted = 8 * maxLength

/** Base64 and the like: longer than an id of a trace, in letters of both cases and digits. */
const encoded = /(?=[\w+/-]*\d)(?=[\w+/-]*[a-z])(?=[\w+/-]*[A-Z])[\w+/-]{40,}={0,2}/g
