import * as FiberRef from "effect/FiberRef"
import { globalValue } from "effect/GlobalValue"
import type * as Option from "effect/Option"
import type { AnySpan, Span } from "effect/Tracer"

/** Knows the spans of a library. Its functions are total: they run inside the program under observation. */
export interface Instrumentation {
  /** The parent as it is recorded: another span where the library's own is not recorded. */
  readonly around: (parent: Option.Option<AnySpan>) => Option.Option<AnySpan>
  /** The span to go on with, where the one that the library is about to open is not to be recorded. */
  readonly reuse: (name: string, parent: Option.Option<AnySpan>, startTime: bigint) => Span | undefined
  /** Called with every span as it starts. It may stand before the methods of one, and rename it in the records. */
  readonly start: (span: Span, rename: (name: string) => void) => void
}

/** The instrumentation for the spans that a fiber starts. */
export const currentInstrumentation: FiberRef.FiberRef<Instrumentation | undefined> = globalValue(
  "effect-observability/Tracer/currentInstrumentation",
  () => FiberRef.unsafeMake<Instrumentation | undefined>(undefined)
)
