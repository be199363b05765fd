/**
 * Layers over one program. Those that record alone, as `Observability` makes them, would record it twice: what is inside
 * several of them is recorded by the innermost, with its tracer and its logger.
 */
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import { globalValue } from "effect/GlobalValue"
import * as HashSet from "effect/HashSet"
import { Tracer } from "effect/Tracer"
import type { ReadRef } from "../../identity/internal/currentCorrelation.js"
import { logWarning } from "../../runtime/annotated.js"
import { unwrap } from "../../runtime/wrappedTracer.js"
import { installed, type Recorder } from "./recorders.js"

/** The loggers of layers that record alone and are open, the innermost last. */
const loggers: Set<Recorder> = globalValue("effect-observability/capture/doubled/loggers", () => new Set())

export const open = (recorder: Recorder): void => void (recorder.options.isAlone && loggers.add(recorder))

export const close = (recorder: Recorder): void => void loggers.delete(recorder)

/** Whether the log of a fiber is to be recorded by this layer, and not by another one that it is inside of as well. */
export const records = (recorder: Recorder, read: ReadRef): boolean => {
  if (loggers.size < 2 || recorder.options.isAlone !== true) return true
  const tracing = installed(Context.get(read(DefaultServices.currentServices), Tracer))?.emitter
  const around = new Set(Array.from(read(FiberRef.currentLoggers), (logger) => installed(logger)))
  const candidates = Array.from(loggers).filter((candidate) => around.has(candidate))
  // Of layers that were built side by side, the one whose tracer Effect has kept.
  const chosen = candidates.find(({ emitter }) => emitter === tracing) ?? candidates.at(-1)
  if (chosen === undefined || chosen === recorder) return true
  notice(recorder.emitter)
  return false
}

/** The tracer beneath those of layers that record alone. */
export const beneath = (tracer: Tracer): Tracer => {
  const wrapped = unwrap(tracer)
  if (wrapped !== undefined) {
    const inner = beneath(wrapped.inner)
    return inner === wrapped.inner ? tracer : wrapped.around(inner)
  }
  const recorder = installed(tracer)
  if (!recorder?.options.isAlone || recorder.surrounding === undefined) return tracer
  if (recorder.open) notice(recorder.emitter)
  return beneath(recorder.surrounding)
}

const noticed: WeakMap<object, "unsaid" | "said"> = globalValue(
  "effect-observability/capture/doubled/noticed",
  () => new WeakMap()
)

const notice = (emitter: object): void => {
  if (!noticed.has(emitter)) noticed.set(emitter, "unsaid")
}

/** Says, once for each layer, that another one is inside or beside it; to other loggers than those that record. */
export const say = (emitter: object): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (noticed.get(emitter) !== "unsaid") return Effect.void
    noticed.set(emitter, "said")
    return Effect.locallyWith(
      logWarning("Observability")(
        "The program is in several layers of Observability: each span and log is recorded by the innermost alone. " +
          "Provide one layer to all of the program; it can have several exporters"
      ),
      FiberRef.currentLoggers,
      HashSet.filter((logger) => installed(logger) === undefined)
    )
  })
