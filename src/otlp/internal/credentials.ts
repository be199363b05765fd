import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"

/** The header `authorization` for the user of a URL, if it has one: `fetch` takes no URL with a user in it. */
export const basicOf = ({ password, username }: URL): string | undefined => {
  if (username === "") return undefined
  const credentials = `${username}:${password}`
  const decoded = Either.getOrElse(Encoding.decodeUriComponent(credentials), () => credentials)
  return `Basic ${Encoding.encodeBase64(decoded)}`
}
