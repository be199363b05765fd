/** Secrets in a URL: who logs in, and what only those who know it can ask for. */
import { isMasked } from "./mask.js"
import { isNothing, looksSecret } from "./nothing.js"
import type { Hits } from "./shapes.js"

const authority = /[^\s/?#"'<>`\\]{0,1024}/y
const beforeAt = /[^\s"'<>`\\@]{0,256}@/y

/** Looks for secrets in a URL whose host starts at a place. */
export const findInUrl = (text: string, start: number, hits: Hits): void => {
  authority.lastIndex = start
  const host = authority.exec(text)?.[0] ?? ""
  const at = host.lastIndexOf("@")
  const colon = host.indexOf(":")
  const end = start + host.length
  if (at >= 0) {
    if (isMasked(host.slice(0, at))) return
    if (colon >= 0 && colon < at) {
      const to = endOfPassword(text, end, host.slice(at + 1)) ?? start + at
      if (!isPlaceholder(host.slice(colon + 1, at))) hits.push(start + colon + 1, to)
      if (colon >= minUser && looksSecret(host.slice(0, colon)) && /\d/.test(host.slice(0, colon)))
        hits.push(start, start + colon)
    } else if (at >= 16 && looksSecret(host.slice(0, at))) hits.push(start, start + at)
  } else if (colon >= 0 && !/^\d*$/.test(host.slice(colon + 1)) && !host.startsWith("[")) {
    // Text after the colon that is not a number is no port but a password, which may hold a slash or be cut off.
    beforeAt.lastIndex = end
    const rest = beforeAt.exec(text)?.[0]
    const secret = rest === undefined ? host.slice(colon + 1) : text.slice(start + colon + 1, end + rest.length - 1)
    if (rest === undefined ? end === text.length && looksSecret(secret) : !isPlaceholder(secret)) {
      hits.push(start + colon + 1, start + colon + 1 + secret.length)
    }
  }
  findInPath(text, end, host, hits)
}

/** A user as long as this is a token. */
const minUser = 16

/** Where a password ends that has both a slash and what looks like the end of it: `p@ss/w0rd@host`. */
const endOfPassword = (text: string, end: number, host: string): number | undefined => {
  if (!/^[\w-]{0,32}$/.test(host) || host === "localhost" || text[end] !== "/") return undefined
  beforeAt.lastIndex = end
  const rest = beforeAt.exec(text)?.[0] ?? ""
  return rest.length > 2 &&
    !rest.endsWith("/@") &&
    /^[\w.-]+(?::\d{2,5})?(?:[/?\s"'\\]|$)/.test(text.slice(end + rest.length, end + rest.length + 300))
    ? end + rest.length - 1
    : undefined
}

/** The rest of a placeholder may be cut off by a brace. */
const isPlaceholder = (secret: string): boolean =>
  isNothing(secret) || (/^\\?[${<]/.test(secret) && /[}>]$/.test(secret))

const path = /(?:\\?\/[^\s/?#"'<>`\\]{0,256}){0,16}/y
const hookHost =
  /(?:^|\.)(?:hooks?|webhooks?)\.|^(?:discord(?:app)?\.com|outlook\.office\.com|api\.telegram\.org|maker\.ifttt\.com)/
const hookPath = /\/(?:web)?hooks?\d{0,2}(?:b2)?\\?\/|\/IncomingWebhook\\?\//i
/** A part of a path that is followed by a secret. */
const named = /^(?:key|api-?key|token|secret|access-?token)$/i

/** Looks for what lets everybody who knows it call a URL: the address of a webhook, or a part after `key`. */
const findInPath = (text: string, start: number, host: string, hits: Hits): void => {
  path.lastIndex = start
  const found = path.exec(text)?.[0] ?? ""
  if (found.length < 8) return
  const isHook = hookHost.test(host) || hookPath.test(found)
  let at = start
  let before = ""
  for (const raw of found.split("/")) {
    const part = raw.endsWith("\\") ? raw.slice(0, -1) : raw
    if ((isHook || named.test(before)) && isChance(part)) {
      const skipped = /^bot\d{6,}:/.exec(part)?.[0].length ?? 0
      hits.push(at + skipped, at + part.length)
    }
    at += raw.length + 1
    before = part
  }
}

/** Whether a part of a path is made of chance: no name, and no number that others may know. */
const isChance = (part: string): boolean =>
  part.length >= 16 && /\d/.test(part) && /[A-Za-z]/.test(part) && !isNothing(part) && !/^[xX0-9_-]+$/.test(part)
