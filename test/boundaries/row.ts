import { assert } from "@effect/vitest"
import { Effect, Layer, Logger, type Scope } from "effect"
import { Observability, SessionId, type Storage } from "effect-observability"
import { stored } from "../propagation/utils.js"

type Env = Observability.Observability | Storage.Storage | Scope.Scope

/** A boundary, and the program that crosses it and asks the store what came of that. */
export interface Row {
  readonly boundary: string
  readonly holds: string
  readonly run: Effect.Effect<unknown, unknown, Env>
}

/** Records a program into a storage, and shows nothing. */
export const recording = <E>(storage: Layer.Layer<Storage.Storage, E>) =>
  Observability.layer({ serviceName: "boundaries", batch: { maxQueueSize: 200_000 } }).pipe(
    Layer.provideMerge(storage),
    Layer.provideMerge(Logger.remove(Logger.defaultLogger))
  )

const sessions = ["ada", "bob", "none"] as const
export type Session = (typeof sessions)[number]

/** A span and a log in it, which both must turn out to be of a session. */
export const work = (session: Session) => Effect.withSpan(Effect.log(session), session)

/** Runs a turn of a session. Its span is outside of it: what is inside does not have the session from that. */
export const turn =
  (session: "ada" | "bob") =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    effect.pipe(SessionId.withSessionId(SessionId.SessionId.make(session)), Effect.withSpan(`turn of ${session}`))

/**
 * A row whose spans and logs are named by the session that they must be in, and are in the trace of its turn. `works` says
 * how many there are of each session.
 */
export const row = (
  boundary: string,
  holds: string,
  works: Partial<Record<Session, number>>,
  program: Effect.Effect<unknown, unknown, Env>
): Row => ({
  boundary,
  holds,
  run: Effect.gen(function* () {
    yield* program
    const { logs, spans } = yield* stored
    for (const session of sessions) {
      const found = spans.filter(({ name }) => name === session)
      const said = logs.filter(({ message }) => message === session)
      const { [session]: count = 0 } = works
      assert.deepStrictEqual([found.length, said.length], [count, count], `spans and logs of ${session}`)
      const trace = spans.find(({ name }) => name === `turn of ${session}`)?.traceId
      for (const { sessionId, traceId } of [...found, ...said]) {
        assert.strictEqual(sessionId ?? "none", session)
        if (trace !== undefined) assert.strictEqual(traceId, trace, `trace of ${session}`)
      }
    }
  })
})
