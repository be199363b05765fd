/**
 * The session is the multi-turn conversation that a record belongs to. It lives in a `FiberRef`: whatever runs inside
 * `withSessionId`, forks included, belongs to it.
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
import * as Schema from "effect/Schema"
import { logWarning } from "../runtime/annotated.js"
import { uuid7 } from "../runtime/ids.js"
import { currentSessionRefused, joined, replacing } from "./internal/session.js"

const pattern = /^[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?$/

/**
 * A session id: 1 to 200 printable ASCII characters, with no space at either end.
 *
 * @example
 * ```ts
 * import { SessionId } from "effect-observability"
 *
 * const id = SessionId.SessionId.make("support-4711")
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
 * A valid session id, as `SessionId.make` and `generate` give it.
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
 * What came in by a cast and is no session id gives no session, and a warning.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { SessionId } from "effect-observability"
 *
 * const turn = Effect.log("hello").pipe(
 *   Effect.withSpan("turn"),
 *   SessionId.withSessionId(SessionId.SessionId.make("support-4711"))
 * )
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const withSessionId: {
  (id: SessionId): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(effect: Effect.Effect<A, E, R>, id: SessionId): Effect.Effect<A, E, R>
} = dual(
  2,
  <A, E, R>(effect: Effect.Effect<A, E, R>, id: SessionId): Effect.Effect<A, E, R> =>
    isSessionId(id)
      ? effect.pipe(Effect.locally(currentSessionId, Option.some(id)), Effect.locally(currentSessionRefused, false))
      : Effect.zipRight(refuse, withoutSessionId(effect))
)

/** A session id that is none, by a cast, could be stored but neither asked for nor deleted. So it is refused. */
const refuse = logWarning("SessionId")(
  "A session id is ignored: expected 1 to 200 printable ASCII characters, with no space at either end"
)

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
 * that it is provided to: that one alone is built in a session by `Layer.locallyEffect(SessionId.withSessionId(id))`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { SessionId } from "effect-observability"
 *
 * // a program of the command line that is one conversation from its start to its end
 * const main = Effect.log("hello").pipe(Effect.provide(SessionId.layer(SessionId.SessionId.make("booking-4711"))))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (id: SessionId): Layer.Layer<never> =>
  Layer.scopedDiscard(
    Effect.flatMap(get, (outer) => {
      if (!isSessionId(id)) return refuse
      const session = Option.some(id)
      return Effect.all([
        replacing<Option.Option<SessionId>>(outer, session),
        Effect.locallyScoped(currentSessionId, session),
        Effect.locallyScoped(currentSessionRefused, false)
      ])
    })
  )
