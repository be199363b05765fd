/**
 * What is known about a piece of work besides its session: the thread, run and request it belongs to, who asked for it,
 * and how it is labelled.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import { dual } from "effect/Function"
import { globalValue } from "effect/GlobalValue"
import * as Option from "effect/Option"
import type { ParseError } from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as SessionId from "./SessionId.js"

/**
 * The ids and labels that are put on every record made inside `withTracingOptions`.
 *
 * @since 0.1.0
 * @category models
 */
export const TracingOptions = Schema.Struct({
  /** The multi-turn conversation. Use it for whatever a person would call "this chat". */
  sessionId: Schema.optional(SessionId.SessionId),
  /** A persisted memory thread. One session may touch several, and a thread may outlive its sessions. */
  threadId: Schema.optional(Schema.String),
  /** One execution of an agent or a workflow. A session has many. */
  runId: Schema.optional(Schema.String),
  /** One incoming call: an HTTP request, a message taken from a queue. */
  requestId: Schema.optional(Schema.String),
  /** The entity that owns a memory thread: a customer, a project, a repository. */
  resourceId: Schema.optional(Schema.String),
  /** The end user on whose behalf the work is done. */
  userId: Schema.optional(Schema.String),
  /** The tenant that the user belongs to. */
  organizationId: Schema.optional(Schema.String),
  /** Labels to filter by, such as `"experiment-7"`. */
  tags: Schema.optional(Schema.Array(Schema.String)),
  /** Further facts, kept as JSON and filtered by equality of single keys. */
  metadata: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
}).annotations({ identifier: "TracingOptions" })

/**
 * The ids and labels of some work, as a decoded value.
 *
 * @since 0.1.0
 * @category models
 */
export interface TracingOptions extends Schema.Schema.Type<typeof TracingOptions> {}

/**
 * The same with a session id that may be a plain text: it is checked where the options are used.
 *
 * @since 0.1.0
 * @category models
 */
export interface Given<Id extends string = SessionId.SessionId> extends Omit<TracingOptions, "sessionId"> {
  /** The multi-turn conversation. */
  readonly sessionId?: Id | undefined
}

/** @internal */
export const none: Omit<TracingOptions, "sessionId"> = {}

/**
 * The options of the current fiber, without the session, which has its own `FiberRef`.
 *
 * @since 0.1.0
 * @category fiber refs
 */
export const currentTracingOptions: FiberRef.FiberRef<Omit<TracingOptions, "sessionId">> = globalValue(
  "effect-observability/TracingOptions/currentTracingOptions",
  () => FiberRef.unsafeMake(none, { join: (parent) => parent })
)

/**
 * The options of the current fiber, its session included.
 *
 * @since 0.1.0
 * @category accessors
 */
export const get: Effect.Effect<TracingOptions> = Effect.zipWith(
  SessionId.get,
  FiberRef.get(currentTracingOptions),
  (sessionId, options) => (Option.isSome(sessionId) ? { ...options, sessionId: sessionId.value } : options)
)

/**
 * Runs an effect with options merged into those it inherits: `tags` are joined, `metadata` is merged by key, any other
 * field replaces. A `sessionId` is set as `SessionId.withSessionId` does, and a plain text that is none fails as there.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { TracingOptions } from "effect-observability"
 *
 * const run = Effect.log("started").pipe(
 *   Effect.withSpan("run"),
 *   TracingOptions.withTracingOptions({ runId: "run-1", userId: "ada", tags: ["beta"] })
 * )
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const withTracingOptions: {
  <Id extends string = SessionId.SessionId>(
    options: Given<Id>
  ): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | SessionId.ErrorOf<Id>, R>
  <A, E, R, Id extends string = SessionId.SessionId>(
    effect: Effect.Effect<A, E, R>,
    options: Given<Id>
  ): Effect.Effect<A, E | SessionId.ErrorOf<Id>, R>
} = dual(2, <A, E, R>(effect: Effect.Effect<A, E, R>, given: Given<string>): Effect.Effect<A, E | ParseError, R> => {
  const { sessionId, ...options } = readOf(given)
  const merged = Effect.locallyWith(effect, currentTracingOptions, (inherited) => merge(inherited, options))
  return sessionId === undefined ? merged : SessionId.withSessionId(merged, sessionId)
})

/** Options from JavaScript may be none, or throw while they are read: then they say nothing. */
const readOf = (given: Given<string>): Given<string> => {
  try {
    return { ...given }
  } catch {
    return {}
  }
}

const merge = (
  inherited: Omit<TracingOptions, "sessionId">,
  options: Omit<TracingOptions, "sessionId">
): Omit<TracingOptions, "sessionId"> => {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  return {
    ...inherited,
    ...given,
    ...(inherited.tags && options.tags && { tags: Array.from(new Set([...inherited.tags, ...options.tags])) }),
    ...(inherited.metadata && options.metadata && { metadata: { ...inherited.metadata, ...options.metadata } })
  }
}
