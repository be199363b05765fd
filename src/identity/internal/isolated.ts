import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as HashMap from "effect/HashMap"
import * as List from "effect/List"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import { currentBaggage } from "../Baggage.js"
import { currentSessionId } from "../SessionId.js"
import { currentTracingOptions } from "../TracingOptions.js"

/** The tag under which `@effect/sql` keeps the open transaction of any of its clients; known by its key alone. */
const TransactionConnection = Context.GenericTag<never>("@effect/sql/SqlClient/TransactionConnection")

/**
 * Runs what works for the observation itself: in no session, trace, baggage or transaction of the program, and untraced. Whatever
 * is forked while a layer is built would otherwise keep for ever what surrounded that moment.
 */
export const isolated = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  effect.pipe(
    Effect.mapInputContext(
      (context: Context.Context<R>) =>
        Context.omit(Tracer.ParentSpan as never, TransactionConnection as never)(context) as Context.Context<R>
    ),
    Effect.locally(currentSessionId, Option.none()),
    Effect.locally(currentTracingOptions, {}),
    Effect.locally(currentBaggage, ""),
    Effect.locally(FiberRef.currentTracerSpanAnnotations, HashMap.empty()),
    Effect.locally(FiberRef.currentTracerSpanLinks, Chunk.empty()),
    Effect.locally(FiberRef.currentLogAnnotations, HashMap.empty()),
    Effect.locally(FiberRef.currentLogSpan, List.empty()),
    Effect.withTracerEnabled(false)
  )
