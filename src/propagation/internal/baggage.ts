import { formatMember, join, parseMember, split } from "../../identity/internal/baggage.js"
import { isSessionId } from "../../identity/SessionId.js"
import type { TracingOptions } from "../../identity/TracingOptions.js"

/** The tracing options that baggage carries, by the names of their members. */
const ours = {
  "session.id": "sessionId",
  "user.id": "userId",
  "effect_observability.organization_id": "organizationId"
} as const

type Ours = Pick<TracingOptions, (typeof ours)[keyof typeof ours]>

const nameOf = (key: string): keyof Ours | undefined =>
  Object.hasOwn(ours, key) ? ours[key as keyof typeof ours] : undefined

/** A header of our members, and of those of other headers that are not ours. */
export const write = (options: Ours, others: ReadonlyArray<string | undefined>): string => {
  const members = Object.entries(ours).flatMap(([key, name]) => {
    const value = options[name]
    return value === undefined ? [] : [formatMember({ key, value, properties: [] })]
  })
  const foreign = others.flatMap((header) => (header === undefined ? [] : read([header], false).foreign))
  return join(members.concat(Array.from(new Set(foreign))))
}

/** The members of headers: our own, where they are believed, and the others as they are written. */
export const read = (
  headers: ReadonlyArray<string>,
  trusted: boolean
): { readonly options: Ours; readonly foreign: ReadonlyArray<string>; readonly refused: ReadonlyArray<string> } => {
  const options: { -readonly [K in keyof Ours]: Ours[K] } = {}
  const foreign: Array<string> = []
  const refused = new Set<string>()
  const { exceeded, members } = split(headers.join(","))
  if (exceeded) refused.add("baggage")
  for (const text of members) {
    if (text === "") continue
    const member = parseMember(text)
    const name = member && nameOf(member.key)
    if (member === undefined) refused.add("baggage")
    else if (name === undefined) foreign.push(text)
    else if (trusted) {
      const valid = name === "sessionId" ? isSessionId(member.value) : isIdentity(member.value)
      if (!valid || (options[name] ?? member.value) !== member.value) refused.add(member.key)
      else Object.assign(options, { [name]: member.value })
    }
  }
  return { options, foreign, refused: Array.from(refused) }
}

/** Who somebody is: 1 to 200 characters, none of them a control character. */
export const isIdentity = (value: string): boolean => /^[^\p{Cc}\p{Cs}\ufffd]{1,200}$/u.test(value)
