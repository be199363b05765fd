import * as FiberRef from "effect/FiberRef"
import { globalValue } from "effect/GlobalValue"
import type * as Option from "effect/Option"
import type { AnySpan, Span } from "effect/Tracer"

/** Knows the spans of a library. Both functions are total: they run inside the program under observation. */
export interface Instrumentation {
  /** The open span to go on with, where the library is about to open one for the same operation. */
  readonly reuse: (name: string, parent: Option.Option<AnySpan>) => Span | undefined
  /** Called with every span as it starts. It may stand before the methods of one, and rename it in the records. */
  readonly start: (span: Span, rename: (name: string) => void) => void
}

/** The instrumentation for the spans that a fiber starts. */
export const currentInstrumentation: FiberRef.FiberRef<Instrumentation | undefined> = globalValue(
  "effect-observability/Tracer/currentInstrumentation",
  () => FiberRef.unsafeMake<Instrumentation | undefined>(undefined)
)
