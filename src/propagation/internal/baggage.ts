import type * as Types from "effect/Types"
import { formatMember, join, parseMember, split } from "../../identity/internal/baggage.js"
import { isSessionId } from "../../identity/SessionId.js"
import type { TracingOptions } from "../../identity/TracingOptions.js"
import * as effectObservability from "../../signal/conventions/effectObservability.js"
import * as genAi from "../../signal/conventions/genAi.js"

/** The tracing options that baggage carries, by the names of their members. */
const ours = {
  [genAi.sessionId]: "sessionId",
  [genAi.userId]: "userId",
  [effectObservability.organizationId]: "organizationId"
} as const

type Ours = Pick<TracingOptions, (typeof ours)[keyof typeof ours]>

const names = Object.entries(ours)
const nameOf: ReadonlyMap<string, keyof Ours> = new Map(names)

/** A header of our members, and of those of other headers that are not ours. */
export const write = (options: Ours, others: ReadonlyArray<string | undefined>): string => {
  const members: Array<string> = []
  for (const [key, name] of names) {
    const value = options[name]
    if (value !== undefined) members.push(formatMember({ key, value, properties: [] }))
  }
  for (const header of others) {
    if (header === undefined) continue
    for (const text of read([header], false).foreign) if (!members.includes(text)) members.push(text)
  }
  return join(members)
}

/** The members of headers: our own, where they are believed, and the others as they are written. */
export const read = (headers: ReadonlyArray<string>, trusted: boolean) => {
  const options: Types.Mutable<Ours> = {}
  const foreign: Array<string> = []
  const refused: Array<string> = []
  const { exceeded, members } = split(headers.join(","))
  if (exceeded) refused.push("baggage")
  for (const text of members) {
    if (text === "") continue
    const member = parseMember(text)
    const name = member && nameOf.get(member.key)
    if (member === undefined) refused.push("baggage")
    else if (name === undefined) foreign.push(text)
    else if (trusted) {
      const valid = name === "sessionId" ? isSessionId(member.value) : isIdentity(member.value)
      if (valid && (options[name] ?? member.value) === member.value) options[name] = member.value as never
      else refused.push(member.key)
    }
  }
  if (refused.length > 0) for (const [key, name] of names) if (refused.includes(key)) delete options[name]
  return { options, foreign, refused }
}

/** Who somebody is: 1 to 200 characters, none of them a control character. */
export const isIdentity = (value: unknown): value is string =>
  typeof value === "string" && /^[^\p{Cc}\p{Cs}\ufffd]{1,200}$/u.test(value)
