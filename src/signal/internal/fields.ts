import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as SessionId from "../../identity/SessionId.js"
import { JsonObject } from "../Json.js"

/** What spans and logs have in common: whom a record belongs to, and where it was made. */
export const correlation = {
  sessionId: Schema.optional(SessionId.SessionId),
  threadId: Schema.optional(Schema.String),
  runId: Schema.optional(Schema.String),
  requestId: Schema.optional(Schema.String),
  resourceId: Schema.optional(Schema.String),
  userId: Schema.optional(Schema.String),
  organizationId: Schema.optional(Schema.String),
  conversationId: Schema.optional(Schema.String),
  serviceName: Schema.String,
  environment: Schema.optional(Schema.String),
  tags: Schema.Array(Schema.String),
  metadata: Schema.optional(JsonObject)
}

/** Nanoseconds since the epoch: a signed 64-bit integer, encoded as a decimal string. */
export const Nanos = Schema.BigInt.pipe(
  Schema.betweenBigInt(-(2n ** 63n), 2n ** 63n - 1n, {
    message: () => "expected nanoseconds since the epoch that fit into 64 bits"
  }),
  Schema.annotations({ identifier: "Nanos", title: "nanoseconds since the epoch" })
)

export const TraceId = Schema.String.pipe(
  Schema.pattern(/^[0-9a-f]{32}$/, { message: () => "expected a trace id: 32 lower-case hex digits" })
)

export const SpanId = Schema.String.pipe(
  Schema.pattern(/^[0-9a-f]{16}$/, { message: () => "expected a span id: 16 lower-case hex digits" })
)

/**
 * Checks the fields of a record, unless told not to. It is compiled once, while the constructor of a `Schema.Class` with a
 * transformed field compiles its check anew for every record: ten times the cost.
 */
export const checkFields = <A, I>(name: string, fields: Schema.Schema<A, I>) => {
  const check = ParseResult.validateSync(fields.annotations({ title: `${name} (Constructor)` }))
  return (props: A, options: MakeOptions = false): A =>
    (typeof options === "boolean" ? options : options.disableValidation) ? props : check(props)
}

/** Those of every `Schema.Class`, which has no name for them. */
export type MakeOptions = boolean | { readonly disableValidation?: boolean }

/** The encoded form of a record: its fields without those that are `undefined`, times as decimal strings. */
export const encode = <Encoded>(record: object): Encoded =>
  Object.fromEntries(
    Object.entries(record).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, typeof value === "bigint" ? String(value) : value]]
    )
  ) as Encoded
