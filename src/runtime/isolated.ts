/**
 * Where the work of the observation runs: apart from the program that it observes.
 */
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import type * as FiberId from "effect/FiberId"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import * as Tracer from "effect/Tracer"

/** The tag under which `@effect/sql` keeps the open transaction of any of its clients; known by its key alone. */
const TransactionConnection = Context.GenericTag<never>("@effect/sql/SqlClient/TransactionConnection")

/** The FiberRefs that say how a fiber runs. All others say for whom it works: its session, its log annotations, … */
const runtimeRefs: ReadonlySet<unknown> = new Set<unknown>([
  FiberRef.currentContext,
  DefaultServices.currentServices,
  FiberRef.currentLoggers,
  FiberRef.currentMinimumLogLevel,
  FiberRef.currentScheduler,
  FiberRef.currentSchedulingPriority,
  FiberRef.currentMaxOpsBeforeYield,
  FiberRef.currentSupervisor,
  FiberRef.unhandledErrorLogLevel
])

/**
 * Runs what works for the observation itself: in no session, trace, baggage or transaction of the program, and untraced.
 * Whatever is forked while a layer is built would otherwise keep for ever what surrounded that moment.
 *
 * The fiber gets the very FiberRefs back that it had. `Effect.locally` would leave an entry behind for each ref, and Effect
 * copies all entries at every `provideService`, `locally` and `withSpan` of the program.
 */
export const isolated = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.withFiberRuntime<A, E, R>((fiber) => {
      const before = fiber.getFiberRefs()
      const settable = fiber as typeof fiber & Settable
      settable.setFiberRefs(isolatedRefs(before, fiber.id()))
      return Effect.ensuring(
        restore(effect),
        Effect.sync(() => settable.setFiberRefs(before))
      )
    })
  )

/** Every fiber of Effect v3 has the method; its public type leaves it out. */
interface Settable {
  readonly setFiberRefs: (refs: FiberRefs.FiberRefs) => void
}

const isolatedRefs = (refs: FiberRefs.FiberRefs, fiberId: FiberId.Single) =>
  FiberRefs.unsafeMake(new Map(Array.from(refs.locals).filter(([ref]) => runtimeRefs.has(ref)))).pipe(
    FiberRefs.updateAs({
      fiberId,
      fiberRef: FiberRef.currentContext,
      value: Context.omit(
        Tracer.ParentSpan as never,
        TransactionConnection as never
      )(FiberRefs.getOrDefault(refs, FiberRef.currentContext))
    }),
    FiberRefs.updateAs({ fiberId, fiberRef: FiberRef.currentTracerEnabled, value: false })
  )
