import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as FiberRefs from "effect/FiberRefs"

type AnyFiberRef = Parameters<typeof FiberRefs.updateManyAs>[1]["entries"][0][0]
type Values = Arr.NonEmptyReadonlyArray<readonly [ref: AnyFiberRef, value: unknown]>

/** Runs an effect with other values of refs: cheaper than as many `locally`, of which each copies all refs of the fiber. */
export const withRefs = <A, E, R>(effect: Effect.Effect<A, E, R>, values: Values): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(exchange(values), () => effect, exchange)

/** Sets values, and gives those before. Where nothing changes, nothing is copied. */
const exchange = (values: Values): Effect.Effect<Values> =>
  Effect.withFiberRuntime((fiber) => {
    const before = Arr.map(values, ([ref]) => [ref, fiber.getFiberRef(ref)] as const)
    const changed = values.filter(([, value], index) => value !== before[index]?.[1])
    if (!Arr.isNonEmptyReadonlyArray(changed)) return Effect.succeed(before)
    return Effect.as(
      Effect.updateFiberRefs((id, refs) =>
        FiberRefs.updateManyAs(refs, { entries: Arr.map(changed, ([ref, value]) => [ref, [[id, value]]] as const) })
      ),
      before
    )
  })
