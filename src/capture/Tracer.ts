/**
 * Records spans. Once its layer is there, every `Effect.withSpan` of the program, in anybody's code, is recorded.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as EffectTracer from "effect/Tracer"
import { carriedBy, hasValidIds, type ReadRef, sessionOf } from "../identity/internal/correlation.js"
import * as ids from "../identity/internal/ids.js"
import { isolated } from "../identity/internal/isolated.js"
import { serverParent } from "../identity/internal/serverParent.js"
import { random } from "../identity/TraceContext.js"
import { Emitter } from "../signal/Emitter.js"
import { currentInstrumentation } from "../signal/internal/instrumentation.js"
import { disregard } from "../signal/internal/stray.js"
import type { SpanRecord } from "../signal/SpanRecord.js"
import { ActiveSpans, show } from "./internal/activeSpans.js"
import { tracingOf } from "./internal/correlation.js"
import type { CaptureOptions } from "./internal/options.js"
import { RecordedSpan, recordingOf, type SpanHome, setRecording } from "./internal/span.js"
import type { Sampler, StartingSpan } from "./Sampler.js"

/**
 * The spans of the program as they are recorded.
 *
 * @since 0.1.0
 * @category tags
 */
export class Tracer extends Context.Tag("effect-observability/Tracer")<
  Tracer,
  {
    /** The spans that are open now, oldest first; at most 10,000. */
    readonly activeSpans: Effect.Effect<ReadonlyArray<SpanRecord>>
    /** How often the sampler threw, or answered with no boolean. The spans that it was asked about were sampled. */
    readonly samplerErrors: Effect.Effect<number>
  }
>() {}

/**
 * @since 0.1.0
 * @category models
 */
export interface TracerOptions extends CaptureOptions {
  /** How often spans that stay open are looked for, to be shown as running. */
  readonly snapshotInterval: Duration.Duration
  readonly sampler: Sampler
  /** Asks the sampler about every span, whatever was decided about its parent. */
  readonly ignoreParent: boolean
}

/**
 * Installs itself as Effect's tracer. Where another one is installed already, both see every span, with its ids.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: TracerOptions): Layer.Layer<Tracer, never, Emitter> =>
  Layer.scoped(
    Tracer,
    Effect.gen(function* () {
      const emitter = yield* Emitter
      const clock = yield* Effect.clock
      const surrounding = yield* Effect.tracer
      // Whoever is let go is stored as running at least.
      const active = new ActiveSpans((span) => emitter.snapshot(show(span, now())))
      const now = () => clock.unsafeCurrentTimeNanos()
      const home: SpanHome = { options, active, emit: emitter.emit, now, open: true }

      const showLongSpans = Effect.suspend(() => {
        const time = now()
        return Effect.forEach(
          active.flush(time),
          (span, index) => {
            if (!span.done) emitter.snapshot(show(span, time))
            return index % 100 === 99 ? Effect.yieldNow() : Effect.void
          },
          { discard: true }
        )
      })
      yield* Effect.delay(showLongSpans, options.snapshotInterval).pipe(Effect.forever, isolated, Effect.forkScoped)

      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          home.open = false
          for (const span of active) emitter.emit(span.close())
          emitter.abandon(active.abandoned)
        })
      )
      let samplerErrors = 0
      const sample = (span: StartingSpan): boolean => {
        try {
          const sampled: unknown = options.sampler.shouldSample(span)
          if (typeof sampled === "boolean") return sampled
          disregard(sampled)
        } catch {
          // Counted as any other answer that is none.
        }
        samplerErrors++
        return true
      }
      yield* Effect.withTracerScoped(make(home, options.ignoreParent, sample, surrounding))
      return {
        activeSpans: Effect.sync(() => Array.from(active, (span) => span.snapshot())),
        samplerErrors: Effect.sync(() => samplerErrors)
      }
    })
  )

const nativeTracer = Context.get(DefaultServices.liveServices, EffectTracer.Tracer)

const make = (
  home: SpanHome,
  ignoreParent: boolean,
  sample: Sampler["shouldSample"],
  surrounding: EffectTracer.Tracer
): EffectTracer.Tracer =>
  EffectTracer.make({
    span(name, found, context, links, startTime, kind, options) {
      const read = refsOfFiber()
      const instrumentation = read(currentInstrumentation)
      const parent = kind === "server" ? serverParent(read(FiberRef.currentContext), found) : found
      const open = instrumentation?.reuse(name, parent)
      if (open !== undefined) return open
      const other =
        surrounding === nativeTracer && home.open
          ? undefined
          : surrounding.span(name, parent, context, links, startTime, kind, options)
      // Effect keeps a tracer beyond its layer where that was built beside others.
      if (other !== undefined && !home.open) return other
      const around = Option.getOrUndefined(other === undefined ? parent : Option.orElse(parent, () => other.parent))
      const recorded = around && (recordingOf(around, home) ?? recordingOf(around))
      const valid = recorded !== undefined || (around !== undefined && hasValidIds(around)) ? around : undefined
      const given = other !== undefined && hasValidIds(other) ? other : undefined
      const traceId = valid?.traceId ?? given?.traceId ?? ids.traceId()
      const carried = valid && carriedBy(valid)
      const traceState = carried?.traceState
      const flags = valid === undefined && given === undefined ? random : carried?.flags
      const sessionId = sessionOf(read, around)
      const sampled =
        around === undefined || ignoreParent
          ? sample({ name, kind, traceId, sessionId, parent: valid, traceState, attributes: options?.attributes ?? {} })
          : (recorded ?? around).sampled
      const span = new RecordedSpan(
        home,
        name,
        parent,
        context,
        startTime === 0n ? home.now() : startTime,
        kind,
        traceId,
        given?.spanId ?? ids.spanId(),
        sampled,
        valid,
        traceState,
        flags,
        sessionId,
        sampled ? tracingOf(read, home.options.limits) : noTracing
      )
      if (links.length > 0) span.addLinks(links)
      const shown = other === undefined ? span : tee(other, span)
      if (Object.isExtensible(shown)) instrumentation?.start(shown, (name) => span.rename(name))
      return shown
    },
    context: surrounding.context
  })

const refsOfFiber = (): ReadRef => {
  const fiber = Fiber.getCurrentFiber()
  return fiber._tag === "None" ? (ref) => FiberRefs.getOrDefault(noRefs, ref) : (ref) => fiber.value.getFiberRef(ref)
}

const noTracing = {}

const noRefs = FiberRefs.unsafeMake(new Map())

/**
 * Another tracer's span that is recorded too. It stays the span of the program, so that whatever that tracer expects of
 * its own spans goes on to hold. One that cannot be changed is left to its tracer alone.
 */
const tee = (other: EffectTracer.Span, span: RecordedSpan): EffectTracer.Span => {
  if (!Object.isExtensible(other)) {
    span.abandon()
    return other
  }
  const { addLinks, attribute, end, event } = other
  const methods: Pick<EffectTracer.Span, "addLinks" | "attribute" | "end" | "event"> = {
    attribute(key, value) {
      span.attribute(key, value)
      attribute.call(other, key, value)
    },
    event(name, time, attributes) {
      span.event(name, time, attributes)
      event.call(other, name, time, attributes)
    },
    addLinks(links) {
      span.addLinks(links)
      addLinks.call(other, links)
    },
    end(time, exit) {
      span.end(time, exit)
      end.call(other, time, exit)
    }
  }
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(other, name, { value, configurable: true, writable: true })
  }
  setRecording(other, span)
  return other
}
