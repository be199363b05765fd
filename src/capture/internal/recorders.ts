import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as FiberRef from "effect/FiberRef"
import { globalValue } from "effect/GlobalValue"
import type { Logger } from "effect/Logger"
import { Tracer } from "effect/Tracer"
import type { ReadRef } from "../../identity/internal/currentCorrelation.js"
import { unwrap } from "../../runtime/wrappedTracer.js"
import type { Emitter } from "../../signal/Emitter.js"
import type { CaptureOptions } from "./options.js"

/** A layer that records: where its records go, and what they all say. */
export interface Recorder {
  readonly options: CaptureOptions
  readonly emitter: Emitter["Type"]
  /** Whether it still records. Effect may keep a tracer and loggers beyond their layer. */
  readonly open: boolean
  /** The tracer that its own stands in place of. */
  readonly surrounding?: Tracer | undefined
}

/**
 * The layers that record, by the tracer or the logger that they installed. A FiberRef for that would be one more that every
 * span copies.
 */
const recorders: WeakMap<object, Recorder> = globalValue("effect-observability/capture/recorders", () => new WeakMap())

/** Makes a layer known by what it installs. */
export const register = (installed: Tracer | Logger<unknown, unknown>, recorder: Recorder): void =>
  void recorders.set(installed, recorder)

/** The layer that installed a tracer or a logger, or the tracer that one is wrapped around. */
export const installed = (tracerOrLogger: object): Recorder | undefined => {
  const recorder = recorders.get(tracerOrLogger)
  if (recorder !== undefined) return recorder
  const wrapped = unwrap(tracerOrLogger)
  return wrapped && installed(wrapped.inner)
}

/** The layer that records the logs of a fiber. */
export const loggingOf = (read: ReadRef): Recorder | undefined => {
  for (const logger of read(FiberRef.currentLoggers)) {
    const recorder = recorders.get(logger)
    if (recorder?.open) return recorder
  }
  return undefined
}

/** The layer that records what a fiber does: that of its tracer, else that of its loggers. */
export const recorderOf = (read: ReadRef): Recorder | undefined => {
  const tracing = installed(Context.get(read(DefaultServices.currentServices), Tracer))
  return tracing?.open ? tracing : loggingOf(read)
}
