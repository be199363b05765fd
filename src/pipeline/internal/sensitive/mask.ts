/** The text in the place of a secret. */

import { createHmac } from "node:crypto"
import * as Redacted from "effect/Redacted"

/**
 * How a secret is shown.
 *
 * @since 0.1.0
 * @category models
 */
export type Style =
  | { readonly type: "full" }
  | { readonly type: "partial" }
  | { readonly type: "hashed"; readonly key: Redacted.Redacted }

/** A short secret would be shown for the most part. */
const minLength = 16

export const make = (style: Style): ((secret: string) => string) => {
  switch (style.type) {
    case "full":
      return () => "[REDACTED]"
    case "partial":
      return (secret) => {
        const end = /[A-Za-z0-9_-]{4}$/.exec(secret)
        return end === null || secret.length < minLength ? "[REDACTED]" : `[REDACTED:${end[0]}]`
      }
    case "hashed":
      return (secret) => {
        const hash = createHmac("sha256", Redacted.value(style.key)).update(secret).digest("hex")
        return `[REDACTED:h${hash.slice(0, 16)}]`
      }
  }
}

/** Whether a value was masked before, by us or by `Redacted`. The bracket at the end may be gone, or that of JSON be there. */
export const isMasked = (text: string): boolean =>
  text === "<redacted>" || /^\[REDACTED(?::(?:[\w-]{4}|h[0-9a-f]{16}))?\]?[\]})]*$/.test(text)
