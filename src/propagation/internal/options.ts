import * as Schema from "effect/Schema"
import { Json } from "../../signal/Json.js"
import type { Carrier } from "../Propagation.js"
import { isIdentity } from "./baggage.js"

/** The header of a remote procedure call that has the tracing options, as JSON; the session is in the baggage. */
const name = "effect-observability-options"

type Options = Omit<NonNullable<Carrier["options"]>, "sessionId">

/** Adds the tracing options to headers, or nothing where there are none. */
export const write = (headers: Readonly<Record<string, string>>, options: Options): Record<string, string> => {
  const text = JSON.stringify(options)
  return text === "{}" ? { ...headers } : { ...headers, [name]: text }
}

/** Reads the tracing options from headers. What is malformed is left out, and named in `refused`. */
export const read = (
  headers: Readonly<Record<string, string>>
): { readonly options: Options; readonly refused: ReadonlyArray<string> } => {
  const text = headers[name]
  if (text === undefined) return { options: {}, refused: [] }
  const given = text.length > maxLength ? undefined : parse(text)
  if (given?._tag !== "Some") return { options: {}, refused: [name] }
  const options: Record<string, unknown> = {}
  const refused: Array<string> = []
  for (const [key, isValid] of Object.entries(validators)) {
    if (!Object.hasOwn(given.value, key)) continue
    if (isValid(given.value[key])) options[key] = given.value[key]
    else refused.push(`${name}.${key}`)
  }
  return { options, refused }
}

const maxLength = 65_536

const parse = Schema.decodeOption(Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown })))

const validators: { readonly [K in keyof Required<Options>]: (value: unknown) => value is Required<Options>[K] } = {
  threadId: isIdentity,
  runId: isIdentity,
  requestId: isIdentity,
  resourceId: isIdentity,
  userId: isIdentity,
  organizationId: isIdentity,
  tags: (value): value is ReadonlyArray<string> => Array.isArray(value) && value.every(isIdentity),
  metadata: Schema.is(Schema.Record({ key: Schema.String, value: Json }))
}
