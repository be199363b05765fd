/** Bytes within content, such as an image: what is said of them where they are left out. */
import { sha256 } from "../../runtime/sha256.js"

/** Characters and bytes up to which they stay as they are. */
export const minLength = 1_024

/** Bytes that are hashed, at most: beyond, it would hold the event loop. */
const maxHashed = 4 * 2 ** 20

/** Says the type, the length and the digest of bytes. */
export const ofBytes = (bytes: Uint8Array, mediaType: string | undefined): string =>
  described(mediaType, bytes.length, bytes.length <= maxHashed ? sha256(bytes) : undefined)

/** The same of a `data:` URL in base64; nothing of any other text. */
const ofDataUrl = (text: string): string | undefined => {
  if (!text.startsWith("data:")) return undefined
  const [, mediaType] = /^data:([\w.+/-]{1,100})?(?:;[^;,]{1,100}){0,8};base64,/.exec(text.slice(0, 1_000)) ?? []
  const start = text.slice(0, 1_000).indexOf(base64)
  return start === -1 ? undefined : ofBase64(text.slice(start + base64.length), mediaType)
}

/** Text with such words in place of the `data:` URLs in base64 that it quotes, as Markdown does; nothing where there are none. */
export const withoutDataUrls = (text: string): string | undefined => {
  const pieces: Array<string> = []
  let from = 0
  for (let at = text.indexOf(base64); at !== -1; at = text.indexOf(base64, at + base64.length)) {
    const before = text.slice(Math.max(from, at - 200), at)
    const start = at - before.length + before.lastIndexOf("data:")
    notBase64.lastIndex = at + base64.length
    const end = notBase64.exec(text)?.index ?? text.length
    const said = before.includes("data:") && end - at > minLength ? ofDataUrl(text.slice(start, end)) : undefined
    if (said === undefined) continue
    pieces.push(text.slice(from, start), said)
    from = end
  }
  return from === 0 ? undefined : pieces.join("") + text.slice(from)
}

const base64 = ";base64,"
const notBase64 = /[^\w+/=-]/g

/** The same of the field of an object that holds bytes in base64; nothing of any other. */
export const ofField = (key: string, value: unknown, mediaType: string | undefined): string | undefined =>
  typeof value === "string" &&
  value.length > minLength &&
  keys.has(key) &&
  isBase64(value) &&
  (isBinary(mediaType) || (!texts.has(key) && isVaried(value)))
    ? ofBase64(value, mediaType)
    : undefined

/** The type of the bytes that an object holds. */
export const mediaTypeOf = (names: ReadonlyArray<string>, read: (key: string) => unknown): string | undefined => {
  if (names.length > 32 || !names.some((name) => keys.has(name))) return undefined
  for (const name of names) {
    if (!mediaTypes.has(name)) continue
    try {
      const value = read(name)
      if (typeof value === "string" && value.length <= 100) return value
    } catch {
      // One that cannot be read is no type.
    }
  }
  return undefined
}

/** The fields in which the formats of providers have bytes. */
const keys: ReadonlySet<string> = new Set(["content", "data", "image", "bytes", "base64", "b64_json", "file_data"])
/** The fields among them that are texts unless a type beside them says otherwise. */
const texts: ReadonlySet<string> = new Set(["content"])

const mediaTypes: ReadonlySet<string> = new Set([
  "mime_type",
  "mimeType",
  "media_type",
  "mediaType",
  "content_type",
  "contentType"
])

const isBinary = (mediaType: string | undefined): boolean =>
  mediaType !== undefined && !/^text\/|json|xml/.test(mediaType)

const isBase64 = (text: string): boolean =>
  /^[\w+/\r\n-]+$/.test(text.slice(0, 256)) && /^[\w+/\r\n-]+={0,2}\s*$/.test(text.slice(-64))

/** Whether base64 is the likely reading of a text that nothing is known of. */
const isVaried = (text: string): boolean => {
  const start = text.slice(0, 256)
  return /[a-z]/.test(start) && /[A-Z]/.test(start) && /\d/.test(start)
}

const ofBase64 = (text: string, mediaType: string | undefined): string => {
  const padding = /={0,2}\s*$/.exec(text.slice(-4))?.[0].trim().length ?? 0
  const length = Math.floor((text.length * 3) / 4) - padding
  return described(mediaType, length, length <= maxHashed ? sha256(text) : undefined)
}

const described = (mediaType: string | undefined, length: number, digest: string | undefined): string =>
  `[${mediaType === undefined ? "" : `${mediaType}, `}${length} bytes${digest === undefined ? "" : `, sha256 ${digest}`}]`
