/**
 * The session is the multi-turn conversation that a record belongs to. It lives in a `FiberRef`: whatever runs inside
 * `withSessionId`, forks included, belongs to it. An id is a plain text that is checked where it is given, or a `SessionId`
 * that was checked before: `SessionId.make`, or the schema `SessionId.SessionId`.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import { dual } from "effect/Function"
import { globalValue } from "effect/GlobalValue"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { ParseError } from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { uuid7 } from "../runtime/ids.js"
import { currentSessionRefused, joined, replacing } from "./internal/session.js"

const pattern = /^[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?$/

/**
 * A session id: 1 to 200 printable ASCII characters, with no space at either end.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { SessionId } from "effect-observability"
 *
 * const Request = Schema.Struct({ sessionId: SessionId.SessionId, question: Schema.String })
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export const SessionId = Schema.String.pipe(
  Schema.pattern(pattern, {
    description: "a session id: 1 to 200 printable ASCII characters, with no space at either end"
  }),
  Schema.annotations({ identifier: "SessionId", title: "SessionId" }),
  Schema.brand("SessionId")
)

/**
 * A valid session id, as `make`, `generate` and the schema give it.
 *
 * @since 0.1.0
 * @category models
 */
export type SessionId = typeof SessionId.Type

/**
 * Whether a value is a valid session id.
 *
 * @since 0.1.0
 * @category guards
 */
export const isSessionId = (value: unknown): value is SessionId => typeof value === "string" && pattern.test(value)

/**
 * The error of an id that was given: a plain text may be no session id, a `SessionId` is one.
 *
 * @since 0.1.0
 * @category type-level
 */
export type ErrorOf<Id extends string> = Id extends SessionId ? never : ParseError

/**
 * A session id of a text that is known to be one: a literal. It throws a `ParseError` otherwise, as the constructor of a
 * schema does.
 *
 * @example
 * ```ts
 * import { SessionId } from "effect-observability"
 *
 * const id = SessionId.make("support-4711")
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (id: string): SessionId => SessionId.make(id)

/**
 * A new session id: a UUID version 7, so that ids sort by the time at which they were made.
 *
 * @since 0.1.0
 * @category constructors
 */
export const generate: Effect.Effect<SessionId> = Effect.map(Clock.currentTimeMillis, (millis) =>
  SessionId.make(uuid7(millis), true)
)

/**
 * The session of the current fiber. Children inherit it, and never hand theirs back: set it with `withSessionId`.
 *
 * @since 0.1.0
 * @category fiber refs
 */
export const currentSessionId: FiberRef.FiberRef<Option.Option<SessionId>> = globalValue(
  "effect-observability/SessionId/currentSessionId",
  () => FiberRef.unsafeMake<Option.Option<SessionId>>(Option.none(), { join: joined })
)

/**
 * The session of the current fiber, if it has one.
 *
 * @since 0.1.0
 * @category accessors
 */
export const get: Effect.Effect<Option.Option<SessionId>> = FiberRef.get(currentSessionId)

/**
 * Runs an effect in a session: every span, log and fork inside belongs to it.
 *
 * A span that is opened outside does not: write `program.pipe(Effect.withSpan("agent"), SessionId.withSessionId(id))`.
 * A plain text that is no session id fails with a `ParseError` that names the field `sessionId`; the effect does not run.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { SessionId } from "effect-observability"
 *
 * const turn = Effect.log("hello").pipe(Effect.withSpan("turn"), SessionId.withSessionId("support-4711"))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const withSessionId: {
  <Id extends string>(id: Id): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | ErrorOf<Id>, R>
  <A, E, R, Id extends string>(effect: Effect.Effect<A, E, R>, id: Id): Effect.Effect<A, E | ErrorOf<Id>, R>
} = dual(
  2,
  <A, E, R, Id extends string>(effect: Effect.Effect<A, E, R>, id: Id): Effect.Effect<A, E | ErrorOf<Id>, R> =>
    isSessionId(id) ? within(effect, id) : Effect.flatMap(checked(id), (id) => within(effect, id))
)

const within = <A, E, R>(effect: Effect.Effect<A, E, R>, id: SessionId): Effect.Effect<A, E, R> =>
  effect.pipe(Effect.locally(currentSessionId, Option.some(id)), Effect.locally(currentSessionRefused, false))

/** A session id that is none could be stored, but neither asked for nor deleted. So it is refused, whatever its type is. */
const checked = <Id extends string>(id: Id): Effect.Effect<SessionId, ErrorOf<Id>> =>
  // An id that is too long is so without its end, too, which would fill the message.
  Effect.map(
    decodeField({ sessionId: typeof id === "string" ? id.slice(0, 201) : id }),
    ({ sessionId }) => sessionId
  ) as Effect.Effect<SessionId, ErrorOf<Id>>

const decodeField = Schema.decodeUnknown(Schema.Struct({ sessionId: SessionId }))

/**
 * Runs an effect in a session of its own, with a generated id.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withNewSessionId = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(generate, (id) => withSessionId(effect, id))

/**
 * Runs an effect outside any session, that of the span around it included.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withoutSessionId = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  effect.pipe(Effect.locally(currentSessionId, Option.none()), Effect.locally(currentSessionRefused, true))

/**
 * A session for everything that the layer is provided to: a script or a worker that serves one conversation.
 *
 * Provide it to a program. Like each layer that sets a `FiberRef`, it also reaches what is built beside and after a layer
 * that it is provided to: that one alone is built in a session by `Layer.locallyEffect(SessionId.withSessionId(id))`. A plain
 * text that is no session id fails with a `ParseError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { SessionId } from "effect-observability"
 *
 * // a program of the command line that is one conversation from its start to its end
 * const main = Effect.log("hello").pipe(Effect.provide(SessionId.layer("booking-4711")))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <Id extends string>(id: Id): Layer.Layer<never, ErrorOf<Id>> =>
  Layer.scopedDiscard(
    Effect.flatMap(Effect.zip(get, checked(id)), ([outer, id]) => {
      const session = Option.some(id)
      return Effect.all([
        replacing<Option.Option<SessionId>>(outer, session),
        Effect.locallyScoped(currentSessionId, session),
        Effect.locallyScoped(currentSessionRefused, false)
      ])
    })
  )
