/** Arguments that many tools have: filters, times, ids and pages. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { SpanStatus, SpanType } from "../../../signal/SpanRecord.js"
import type { CommonFilters, SpanFilters } from "../../../storage/Storage.js"
import { misfit, type Refused } from "./tool.js"

const text = (description: string) =>
  Schema.String.pipe(Schema.minLength(1), Schema.maxLength(1_000)).annotations({
    description,
    message: () => ({ message: "expected 1 to 1,000 characters", override: true })
  })

export const optionalText = (description: string) => Schema.optional(text(description))

export const integer = (description: string, least: number, most: number) =>
  Schema.optional(
    Schema.Int.pipe(Schema.between(least, most)).annotations({
      description,
      message: () => ({ message: `expected a whole number from ${least} to ${most}`, override: true })
    })
  )

export const flag = (description: string) => Schema.optional(Schema.Boolean.annotations({ description }))

export const sessionId = text("The id of a session, as list_sessions gives it.")

/** Ids as people and headers write them: in capitals, with dashes, or within a `traceparent`. */
const hex = (digits: number, group: number, description: string) =>
  Schema.transform(
    Schema.String.pipe(Schema.maxLength(100)).annotations({ description }),
    Schema.String.pipe(
      Schema.pattern(new RegExp(`^[0-9a-f]{${digits}}$`), {
        message: () => `expected ${digits} hex digits`
      })
    ),
    {
      strict: true,
      decode: (given) => {
        const id = given.trim().toLowerCase()
        return /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(id)?.[group] ?? id.replaceAll("-", "")
      },
      encode: (id) => id
    }
  )

export const traceId = hex(32, 1, "The id of a trace: 32 hex digits.")
export const spanId = hex(16, 2, "The id of a span: 16 hex digits.")

const times = {
  since: optionalText("Not before this time: ISO 8601, as 2026-11-30T09:00:00Z, or how long ago, as 45m, 2h, 7d."),
  until: optionalText("Before this time, in the same forms.")
}

/** The filters of sessions, traces, spans, logs and scores. */
export const common = {
  ...times,
  session_id: Schema.optional(text("Only of this session.")),
  user: optionalText("Only of the user with this id."),
  service: optionalText("Only of the service of this name."),
  environment: optionalText("Only of this environment, as production."),
  tags: Schema.optional(
    Schema.Array(text("A tag."))
      .pipe(Schema.maxItems(20))
      .annotations({ description: "Only what has all of these tags." })
  ),
  metadata: Schema.optional(
    Schema.Record({
      key: Schema.String,
      value: Schema.Union(Schema.String, Schema.Finite, Schema.Boolean)
    }).annotations({
      description: "Only what has these values in its metadata."
    })
  )
}

/** The filters of spans, with those. */
export const ofSpans = {
  ...common,
  type: Schema.optional(
    SpanType.annotations({ description: "Only spans of this type; of sessions and traces, those that have one." })
  ),
  status: Schema.optional(SpanStatus.annotations({ description: "Only spans with this status." })),
  name: optionalText("Only spans of exactly this name."),
  model: optionalText("Only calls of this model."),
  provider: optionalText("Only calls of this provider, as openai."),
  tool: optionalText("Only calls of the tool of this name."),
  agent: optionalText("Only runs of the agent of this name."),
  error_type: optionalText("Only failures of this kind, as 429 or TimeoutException."),
  has_error: flag("Whether there is a failure."),
  min_duration_ms: Schema.optional(
    Schema.NonNegative.annotations({ description: "Completed, and at least this many milliseconds long." })
  )
}

const schemaOfSpans = Schema.Struct(ofSpans)
const schemaOfCommon = Schema.Struct(common)

/** The filters of a storage. */
export const toCommon = (given: typeof schemaOfCommon.Type): Effect.Effect<CommonFilters, Refused> =>
  Effect.gen(function* () {
    return {
      sessionId: given.session_id,
      userId: given.user,
      serviceName: given.service,
      environment: given.environment,
      tags: given.tags,
      metadata: given.metadata,
      startedAfter: yield* toTime("since", given.since),
      startedBefore: yield* toTime("until", given.until)
    }
  })

export const toSpanFilters = (
  given: typeof schemaOfSpans.Type & { readonly search?: string | undefined }
): Effect.Effect<SpanFilters, Refused> =>
  Effect.map(toCommon(given), (filters) => ({
    ...filters,
    spanType: given.type,
    status: given.status,
    name: given.name,
    model: given.model,
    provider: given.provider,
    toolName: given.tool,
    agentName: given.agent,
    errorType: given.error_type,
    hasError: given.has_error,
    minDuration:
      given.min_duration_ms === undefined ? undefined : Duration.nanos(BigInt(Math.round(given.min_duration_ms * 1e6))),
    search: given.search
  }))

const units: { readonly [unit: string]: bigint } = {
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
  w: 604_800_000_000_000n
}

const toTime = (field: string, given: string | undefined): Effect.Effect<bigint | undefined, Refused> => {
  if (given === undefined) return Effect.succeed(undefined)
  const ago = /^(\d{1,6})\s*([smhdw])(?:\s+ago)?$/i.exec(given.trim())
  if (ago !== null) {
    const nanos = BigInt(ago[1] as string) * (units[(ago[2] as string).toLowerCase()] as bigint)
    return Effect.map(Clock.currentTimeMillis, (now) => BigInt(now) * 1_000_000n - nanos)
  }
  const iso = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(?:Z|[+-]\d{2}:?\d{2})?$/i.test(given.trim())
  // Without a zone it is UTC.
  const zoned = /(?:Z|[+-]\d{2}:?\d{2})$/i.test(given.trim().slice(10)) ? given.trim() : `${given.trim()}Z`
  const millis = iso ? Date.parse(given.trim().length === 10 ? given.trim() : zoned) : Number.NaN
  return Number.isNaN(millis)
    ? misfit(`- ${field}: expected ISO 8601, as 2026-11-30T09:00:00Z, or how long ago, as 45m, 2h, 7d`)
    : Effect.succeed(BigInt(millis) * 1_000_000n)
}

/** The cursor of a page, which is good for the same question alone. */
export const cursor = Schema.optional(
  Schema.String.pipe(Schema.maxLength(20_000)).annotations({
    description: "The cursor that the page before gave, with all other arguments as they were."
  })
)

/** Nanoseconds since the epoch. */
export const now = Effect.map(Clock.currentTimeMillis, (millis) => BigInt(millis) * 1_000_000n)
