/**
 * Records spans. Once its layer is there, every `Effect.withSpan` of the program, in anybody's code, is recorded.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Duration from "effect/Duration"
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
import type { SessionId } from "../identity/SessionId.js"
import { random } from "../identity/TraceContext.js"
import { Emitter } from "../signal/Emitter.js"
import { currentInstrumentation } from "../signal/internal/instrumentation.js"
import { disregard } from "../signal/internal/stray.js"
import type { SpanRecord } from "../signal/SpanRecord.js"
import { ActiveSpans, show } from "./internal/activeSpans.js"
import { tracingOf } from "./internal/correlation.js"
import { type HeldTrace, HeldTraces } from "./internal/heldTraces.js"
import type { CaptureOptions } from "./internal/options.js"
import {
  type Decision,
  PropagatedSpan,
  RecordedSpan,
  recordingOf,
  type SpanHome,
  setRecording
} from "./internal/span.js"
import type { KeepRule, Sampler, StartingSpan } from "./Sampler.js"

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
    /**
     * How often the sampler, or the `when` of a rule, threw or answered with no boolean. The spans that the sampler was
     * asked about were sampled.
     */
    readonly samplerErrors: Effect.Effect<number>
    /** How many traces were left out because they went over the bounds before a rule kept them. */
    readonly undecidedTraces: Effect.Effect<number>
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
  /** Which traces are kept that are not sampled, and what is held of those for which that is not yet known. */
  readonly keep?: KeepOptions | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface KeepOptions {
  /** A trace is kept where one of them holds of one of its spans. */
  readonly rules: ReadonlyArray<KeepRule>
  /** Open spans, ended spans and logs that are held, at most. */
  readonly maxRecords: number
  /** How long a trace is held, at most. */
  readonly maxAge: Duration.Duration
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

      let samplerErrors = 0
      const answer = (question: () => unknown, otherwise: boolean): boolean => {
        const answered = Option.getOrUndefined(asked(question))
        if (typeof answered === "boolean") return answered
        samplerErrors++
        return otherwise
      }
      const sample: Sampler["shouldSample"] = (span) => answer(() => options.sampler.shouldSample(span), true)

      const holds = ({ error, minDuration, userId, when }: KeepRule, span: SpanRecord): boolean =>
        (error === undefined || span.status === "error") &&
        (userId === undefined || span.userId === userId) &&
        (minDuration === undefined || millisOf(span, now) >= Duration.toMillis(minDuration)) &&
        (when === undefined || answer(() => when(span), false))
      const { keep } = options
      const held =
        keep && keep.rules.length > 0
          ? new HeldTraces(
              { ...keep, keeps: (span) => keep.rules.some((rule) => holds(rule, span)) },
              active,
              emitter.emit
            )
          : undefined

      const atIntervals = Effect.suspend(() => {
        const time = now()
        return Effect.zipRight(
          inSlices(held?.expired(time) ?? [], (trace) => trace.giveUp()),
          inSlices(active.flush(time), (span) => {
            if (!span.done) emitter.snapshot(show(span, time))
          })
        )
      })
      yield* Effect.delay(atIntervals, options.snapshotInterval).pipe(Effect.forever, isolated, Effect.forkScoped)

      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          home.open = false
          for (const trace of held ?? []) trace.giveUp()
          for (const span of active) emitter.emit(span.close())
          emitter.abandon(active.abandoned)
        })
      )
      yield* Effect.withTracerScoped(make(home, options.ignoreParent, sample, held, surrounding))
      return {
        activeSpans: Effect.sync(() => Array.from(active, (span) => span.snapshot())),
        samplerErrors: Effect.sync(() => samplerErrors),
        undecidedTraces: Effect.sync(() => held?.givenUp ?? 0)
      }
    })
  )

/** What the program answers, if that is a boolean; none where it throws. */
const asked = Option.liftThrowable((question: () => unknown) => {
  const answered = question()
  return typeof answered === "boolean" ? answered : disregard(answered)
})

/** How long a span took, or has taken by now. */
const millisOf = ({ endTime, startTime }: SpanRecord, now: () => bigint): number =>
  Number((endTime ?? now()) - startTime) / 1e6

/** Gives way to other fibers now and then. */
const inSlices = <A>(items: Iterable<A>, use: (item: A) => void): Effect.Effect<void> =>
  Effect.forEach(
    items,
    (item, index) => {
      use(item)
      return index % 100 === 99 ? Effect.yieldNow() : Effect.void
    },
    { discard: true }
  )

const nativeTracer = Context.get(DefaultServices.liveServices, EffectTracer.Tracer)

const make = (
  home: SpanHome,
  ignoreParent: boolean,
  sample: Sampler["shouldSample"],
  held: HeldTraces | undefined,
  surrounding: EffectTracer.Tracer
): EffectTracer.Tracer => {
  /** Decides on a span once it is known whose it is. */
  const later =
    (starting: StartingSpan, parent: PropagatedSpan | undefined) =>
    (sessionId: SessionId | undefined): Decision => {
      const sampled = sample({ ...starting, sessionId })
      const trace = sampled || held === undefined ? undefined : heldTraceOf(held, parent, home, starting.traceId)
      return { sampled, trace }
    }
  return EffectTracer.make({
    span(name, found, context, links, startTime, kind, options) {
      const read = refsOfFiber()
      const instrumentation = read(currentInstrumentation)
      const served = kind === "server" ? serverParent(read(FiberRef.currentContext), found) : undefined
      const parent = served === undefined ? found : served.parent
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
      const starting =
        around === undefined || ignoreParent
          ? { name, kind, traceId, sessionId, parent: valid, traceState, attributes: options?.attributes ?? {} }
          : undefined
      const waits = starting !== undefined && served?.namesSession === true
      const sampled = starting === undefined ? (recorded ?? around)?.sampled !== false : waits || sample(starting)
      const start = startTime === 0n ? home.now() : startTime
      const spanId = given?.spanId ?? ids.spanId()
      const trace = sampled || held === undefined ? undefined : heldTraceOf(held, recorded, home, traceId)
      const span =
        sampled || trace !== undefined
          ? new RecordedSpan(
              home,
              name,
              parent,
              context,
              start,
              kind,
              traceId,
              spanId,
              sampled,
              traceState,
              flags,
              sessionId,
              valid,
              tracingOf(read, home.options.limits),
              trace,
              waits ? later(starting, recorded) : undefined
            )
          : new PropagatedSpan(
              home,
              name,
              parent,
              context,
              start,
              kind,
              traceId,
              spanId,
              sampled,
              traceState,
              flags,
              sessionId
            )
      if (links.length > 0) span.addLinks(links)
      const shown = other === undefined ? span : tee(other, span)
      if (Object.isExtensible(shown)) instrumentation?.start(shown, (name) => span.rename(name))
      return shown
    },
    context: surrounding.context
  })
}

const refsOfFiber = (): ReadRef => {
  const fiber = Fiber.getCurrentFiber()
  return fiber._tag === "None" ? (ref) => FiberRefs.getOrDefault(noRefs, ref) : (ref) => fiber.value.getFiberRef(ref)
}

const noRefs = FiberRefs.unsafeMake(new Map())

/** What a span that is not sampled is held with: the trace of its parent, as long as that one is not left out. */
const heldTraceOf = (
  held: HeldTraces,
  parent: PropagatedSpan | undefined,
  home: SpanHome,
  traceId: string
): HeldTrace | undefined => {
  if (parent === undefined || parent.home !== home || parent.sampled) return held.of(traceId, home.now())
  return parent instanceof RecordedSpan ? parent.heldTrace : undefined
}

/**
 * Another tracer's span that is recorded too. It stays the span of the program, so that whatever that tracer expects of
 * its own spans goes on to hold. One that cannot be changed is left to its tracer alone.
 */
const tee = (other: EffectTracer.Span, span: PropagatedSpan): EffectTracer.Span => {
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
