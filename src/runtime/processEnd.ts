/** The end of a process that does not close its scopes. */
import nodeProcess from "node:process"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { globalValue } from "effect/GlobalValue"
import type * as Scope from "effect/Scope"

/**
 * The two moments: `beforeExit` is when nothing is left to do, and comes again after what was begun then; after `exit`
 * nothing runs any more. A process has one listener for each, however many layers there are.
 */
type Moment = "beforeExit" | "exit"

const hook = () => {
  const runs = new Set<() => void>()
  const listener = () => {
    for (const run of runs) Either.try(run)
  }
  return { runs, listener }
}

const hooks: Readonly<Record<Moment, ReturnType<typeof hook>>> = globalValue(
  "effect-observability/runtime/processEnd",
  () => ({ beforeExit: hook(), exit: hook() })
)

/** Has a function run at a moment, until the scope closes. What it throws is nobody's. */
export const whenProcessEnds = (moment: Moment, run: () => void): Effect.Effect<void, never, Scope.Scope> => {
  const { listener, runs } = hooks[moment]
  return Effect.acquireRelease(
    Effect.sync(() => {
      if (runs.size === 0) nodeProcess.on(moment, listener)
      runs.add(run)
    }),
    () =>
      Effect.sync(() => {
        runs.delete(run)
        if (runs.size === 0) nodeProcess.off(moment, listener)
      })
  )
}
