/** Images in messages, as a page may show them. */

/** Characters of base64 that an image may have: 2 MiB. */
const maxLength = Math.ceil((2 * 2 ** 20) / 3) * 4

/** The types that no browser takes for a document that may hold a script. */
const types: ReadonlySet<string> = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"])

/** The image as a `data:` URL; nothing where it is too large, of another type, or no base64. */
export const dataUrl = (mediaType: string | undefined, base64: string): string | undefined => {
  const type = (mediaType ?? "").toLowerCase().replace("image/jpg", "image/jpeg")
  const data = base64.length > maxLength + maxBreaks ? undefined : base64.replace(/\s+/g, "")
  if (data === undefined || data.length > maxLength || !isBase64(data)) return undefined
  const known = types.has(type) ? type : type === "" || type === "image" ? typeOf(data) : undefined
  return known && `data:${known};base64,${data.replaceAll("-", "+").replaceAll("_", "/")}`
}

/** Line breaks that some encoders put into base64. */
const maxBreaks = 65_536

const isBase64 = (text: string): boolean => text.length >= 4 && /^[\w+/-]+={0,2}$/.test(text)

/** The type that the first bytes say, where nobody else does. */
const typeOf = (base64: string): string | undefined =>
  beginnings.find(([beginning]) => base64.startsWith(beginning))?.[1]

const beginnings = [
  ["iVBORw0KGgo", "image/png"],
  ["/9j/", "image/jpeg"],
  ["R0lGOD", "image/gif"],
  ["UklGR", "image/webp"]
] as const

/** Says what is not there; capture left such words itself, where it left bytes out. */
export const placeholder = (mediaType: string | undefined, data: string): string =>
  /^\[[^\]\n]{0,300}\]$/.test(data.slice(0, 400))
    ? data
    : `[${mediaType === undefined ? "" : `${mediaType.slice(0, 100)}, `}${bytesOf(data)} bytes]`

const bytesOf = (base64: string): number =>
  Math.floor((base64.length * 3) / 4) - (/={0,2}$/.exec(base64.slice(-2))?.[0].length ?? 0)
