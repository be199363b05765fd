/**
 * Records spans. Once its layer is there, every `Effect.withSpan` of the program, in anybody's code, is recorded.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
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
import { carriedBy, hasValidIds, type ReadRef, sessionOf } from "../identity/internal/currentCorrelation.js"
import { random } from "../identity/TraceContext.js"
import { background } from "../runtime/background.js"
import { disregard } from "../runtime/call.js"
import * as ids from "../runtime/ids.js"
import { currentInstrumentation } from "../runtime/instrumentation.js"
import { isolated } from "../runtime/isolated.js"
import * as moments from "../runtime/moments.js"
import * as ownMetrics from "../runtime/ownMetrics.js"
import * as wall from "../runtime/wall.js"
import { Emitter } from "../signal/Emitter.js"
import * as refusedAttributes from "../signal/internal/refusedAttributes.js"
import type { SpanRecord } from "../signal/SpanRecord.js"
import { ActiveSpans, show } from "./internal/activeSpans.js"
import * as bySession from "./internal/bySession.js"
import { tracingOf } from "./internal/currentTracing.js"
import * as doubled from "./internal/doubled.js"
import { HeldTraces } from "./internal/heldTraces.js"
import { isUnwanted as isUnwantedHeader } from "./internal/httpHeaders.js"
import { ModelCalls } from "./internal/modelCalls.js"
import type { CaptureOptions } from "./internal/options.js"
import { installed, register } from "./internal/recorders.js"
import { serverParent } from "./internal/serverParent.js"
import {
  type Decision,
  type HeadOptions,
  PropagatedSpan,
  RecordedSpan,
  recordedOf,
  setRecording,
  type TracerLayer,
  timeOf
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
    /** How many traces were not recorded because their caller, in another process, had not sampled them and was believed. */
    readonly unsampledByCallers: Effect.Effect<number>
  }
>() {}

/**
 * How spans are recorded: the sampler, the traces that are kept all the same, and how often open spans are shown.
 *
 * @since 0.1.0
 * @category models
 */
export interface TracerOptions extends CaptureOptions {
  /** How often spans that stay open are looked for, to be shown as running. */
  readonly snapshotInterval: Duration.Duration
  readonly sampler: Sampler
  /** Asks the sampler about every span, whatever was decided about its parent. */
  readonly ignoreParent: boolean
  /**
   * Whether a caller in another process is believed that did not sample its trace: always, where its session is believed, too,
   * which is the default, or never.
   */
  readonly remote?: "follow" | "trusted" | "ignore" | undefined
  /** Which traces are kept that are not sampled, and what is held of those for which that is not yet known. */
  readonly keep?: KeepOptions | undefined
  /** The names of the headers that spans of HTTP calls keep, `"all"`, or by default a few that are harmless. */
  readonly httpHeaders?: ReadonlyArray<string> | "all" | undefined
}

/**
 * The rules that keep a trace which the sampler left out, and the bounds of what is held until they decide.
 *
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
 * @example
 * ```ts
 * import { Duration, Layer } from "effect"
 * import { Emitter, Sampler, Tracer } from "effect-observability"
 *
 * // records spans without `Observability`: whoever provides the `Emitter` gets them
 * declare const EmitterLive: Layer.Layer<Emitter.Emitter>
 *
 * const TracerLive = Tracer.layer({
 *   serviceName: "support-agent",
 *   resource: {},
 *   limits: { attributeCount: 128, attributeValueLength: 1_000, attributeDepth: 8, eventCount: 128, linkCount: 128 },
 *   sampler: Sampler.ratio(0.1),
 *   ignoreParent: false,
 *   snapshotInterval: Duration.seconds(1)
 * }).pipe(Layer.provide(EmitterLive))
 * ```
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
      // Beyond 10,000 open spans the oldest is not tracked any longer. It is stored once more as running, since it gets
      // no further snapshots.
      const active = new ActiveSpans((span) => emitter.snapshot(show(span, now())))
      const now = () => clock.unsafeCurrentTimeNanos()
      const isUnwanted = isUnwantedHeader(options.httpHeaders)
      const layer: TracerLayer = {
        options,
        active,
        modelCalls: new ModelCalls(),
        emitter,
        isUnwanted,
        moments: moments.of(emitter),
        wall: wall.of(clock),
        refused: refusedAttributes.of(emitter),
        now,
        open: true,
        surrounding
      }

      let samplerErrors = 0
      const answer = (question: () => unknown, otherwise: boolean): boolean => {
        const answered = Option.getOrUndefined(asked(question))
        if (typeof answered === "boolean") return answered
        samplerErrors++
        return otherwise
      }
      const sample: Sampler["shouldSample"] = (span) => answer(() => options.sampler.shouldSample(span), true)

      const holds = ({ error, minDuration, userId, when }: KeepRule, span: SpanRecord, by: bigint): boolean =>
        (error === undefined || span.status === "error") &&
        (userId === undefined || span.userId === userId) &&
        (minDuration === undefined || millisBetween(span.startTime, by) >= Duration.toMillis(minDuration)) &&
        (when === undefined || answer(() => when(span), false))
      const { ignoreParent, keep, remote = "trusted", sampler } = options
      const keeps = (span: SpanRecord, by: bigint) => keep?.rules.some((rule) => holds(rule, span, by)) === true
      const held = keep && keep.rules.length > 0 ? new HeldTraces({ ...keep, now, keeps }, active, emitter) : undefined

      yield* Effect.delay(atIntervals(layer, held), options.snapshotInterval).pipe(
        Effect.forever,
        background,
        Effect.forkScoped
      )
      yield* Effect.addFinalizer(() => close(layer, held))
      const callers = new Callers()
      const deciding = { sampler, sample, ignoreParent, remote, held, callers }
      if (sampler.perSession) bySession.set(emitter, sample)
      const beneath = options.isAlone ? doubled.beneath(surrounding) : surrounding
      const around = installed(surrounding)
      if (around !== undefined) yield* isolated(doubled.say(around.emitter))
      const tracer = make(layer, deciding, beneath)
      register(tracer, layer)
      yield* Effect.withTracerScoped(tracer)
      return {
        activeSpans: Effect.sync(() => Array.from(active, (span) => span.snapshot())),
        samplerErrors: Effect.sync(() => samplerErrors),
        undecidedTraces: Effect.sync(() => held?.givenUp ?? 0),
        unsampledByCallers: Effect.sync(() => callers.count)
      }
    })
  )

/** Shows the spans that stay open, and lets go of what was held for too long. */
const atIntervals = (layer: TracerLayer, held: HeldTraces | undefined): Effect.Effect<void> =>
  Effect.suspend(() => {
    const time = layer.now()
    layer.modelCalls.expire(time)
    return Effect.all(
      [
        layer.refused.say,
        doubled.say(layer.emitter),
        inSlices(held?.expired(time) ?? [], (trace) => trace.giveUp()),
        inSlices(layer.active.flush(time), (span) => {
          if (!span.done) layer.emitter.snapshot(show(span, time))
        })
      ],
      { discard: true }
    )
  })

/** Records what is open or held, as it is. */
const close = (layer: TracerLayer, held: HeldTraces | undefined): Effect.Effect<void> =>
  Effect.sync(() => {
    layer.open = false
    for (const trace of held ?? []) trace.giveUp()
    // A span is closed before those around it, which wrap its call if it is one.
    for (const span of Array.from(layer.active).toReversed()) {
      const record = span.close()
      layer.emitter.emit("spans", record, span.sizeOf(record))
    }
    layer.modelCalls.close()
    layer.emitter.refuse(layer.active.untracked)
  }).pipe(Effect.zipRight(isolated(Effect.zipRight(layer.refused.say, doubled.say(layer.emitter)))))

/** The boolean that the program answers; none for another value, or where it throws. */
const asked = Option.liftThrowable((question: () => unknown) => {
  const answered = question()
  return typeof answered === "boolean" ? answered : disregard(answered)
})

/** How long something took, to the microsecond: its start may have been moved by nanoseconds. */
const millisBetween = (start: bigint, end: bigint): number => Math.round(Number(end - start) / 1e3) / 1e3

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

/** Counts the traces that are not recorded because a caller did not sample them. */
class Callers {
  count = 0

  /** A trace that is held is counted once it is left out. */
  refused(decision: Decision): Decision {
    const { trace } = decision
    if (trace === undefined) this.add()
    else trace.onDropped ??= () => this.add()
    return decision
  }

  private add(): void {
    this.count++
    ownMetrics.sampling.remote.unsafeUpdate(1, [])
  }
}

const noAttributes = Object.freeze({})

const nativeTracer = Context.get(DefaultServices.liveServices, EffectTracer.Tracer)

/** How the spans of a layer are decided upon. */
interface Deciding {
  readonly sampler: Sampler
  readonly sample: Sampler["shouldSample"]
  readonly ignoreParent: boolean
  readonly remote: "follow" | "trusted" | "ignore"
  readonly callers: Callers
  readonly held: HeldTraces | undefined
}

const make = (layer: TracerLayer, deciding: Deciding, beneath: EffectTracer.Tracer): EffectTracer.Tracer =>
  EffectTracer.make({
    span(name, found, context, links, startTime, kind, options) {
      const read = refsOfFiber()
      const instrumentation = read(currentInstrumentation)
      const served = kind === "server" ? serverParent(read(FiberRef.currentContext), found) : undefined
      const given = served === undefined ? found : served.parent
      const parent = instrumentation === undefined ? given : instrumentation.around(given)
      const open = instrumentation?.reuse(name, parent, startTime)
      if (open !== undefined) return open
      // The layer around this one records again what is inside once this one has closed.
      const otherTracer = layer.open ? beneath : layer.surrounding
      const other =
        otherTracer === nativeTracer && layer.open
          ? undefined
          : otherTracer.span(name, parent, context, links, startTime, kind, options)
      // Effect keeps a tracer beyond its layer where that was built beside others.
      if (other !== undefined && !layer.open) return other
      const place = placeOf(layer, parent, other)
      const sessionId = sessionOf(read, place.around)
      const { flags, spanId, traceId, traceState } = place
      const attributes = options?.attributes ?? noAttributes
      const decision =
        inherited(layer, deciding, place, sessionId) ??
        decide(
          layer,
          deciding,
          place,
          { name, kind, traceId, sessionId, parent: place.parent, traceState, attributes },
          served
        )
      const head: HeadOptions = {
        layer,
        name,
        parent,
        context,
        startTime: timeOf(startTime, layer),
        kind,
        traceId,
        spanId,
        sampled: decision.sampled,
        follows: decision.follows,
        traceState,
        flags,
        sessionId
      }
      const span =
        decision.sampled || decision.trace !== undefined
          ? new RecordedSpan(
              head,
              place.parent,
              tracingOf(read, layer.options.limits),
              decision,
              timeOfDay(layer, read, head.startTime)
            )
          : new PropagatedSpan(head)
      if (links.length > 0) span.addLinks(links)
      const shown = other === undefined ? span : tee(other, span)
      if (Object.isExtensible(shown)) instrumentation?.start(shown, (name) => span.rename(name))
      return shown
    },
    context: layer.surrounding.context
  })

/** Where a span stands: what is around it, and what it takes over from there. */
interface Place {
  /** Its parent, or that of the other tracer's span. */
  readonly around: EffectTracer.AnySpan | undefined
  /** The recording of what is around it. */
  readonly recorded: PropagatedSpan | undefined
  /** The span around it, if that has ids that are ids. */
  readonly parent: EffectTracer.AnySpan | undefined
  readonly traceId: string
  readonly spanId: string
  readonly traceState: string | undefined
  readonly flags: number | undefined
}

const placeOf = (
  layer: TracerLayer,
  parent: Option.Option<EffectTracer.AnySpan>,
  other: EffectTracer.Span | undefined
): Place => {
  const around = Option.getOrUndefined(other === undefined ? parent : Option.orElse(parent, () => other.parent))
  const recorded = around && (recordedOf(around, layer.emitter) ?? recordedOf(around))
  const valid = recorded !== undefined || (around !== undefined && hasValidIds(around)) ? around : undefined
  const given = other !== undefined && hasValidIds(other) ? other : undefined
  const carried = valid && carriedBy(valid)
  return {
    around,
    recorded,
    parent: valid,
    traceId: valid?.traceId ?? given?.traceId ?? ids.traceId(),
    spanId: given?.spanId ?? ids.spanId(),
    traceState: carried?.traceState,
    flags: valid === undefined && given === undefined ? random : carried?.flags
  }
}

/**
 * The decision on a span, where that is what was decided on the one around it. The sampler is asked where there is none, or
 * where its caller need not be believed, and, if it decides about sessions, where the two are in different ones.
 */
const inherited = (
  layer: TracerLayer,
  { callers, held, ignoreParent, remote, sampler }: Deciding,
  { around, recorded, traceId }: Place,
  sessionId: StartingSpan["sessionId"]
): Decision | undefined => {
  if (around === undefined || ignoreParent) return undefined
  const isRefused = recorded === undefined && isUnsampledCaller(around)
  if (isRefused && remote !== "follow") return undefined
  const isSampled = (recorded ?? around).sampled !== false
  const follows = recorded?.follows ?? true
  if (sampler.perSession && !follows && sessionId !== undefined && sessionId !== recorded?.sessionId) return undefined
  if (isSampled) return follows ? followed : sampled
  const decision = notSampled(layer, held, recorded, traceId, follows)
  return isRefused ? callers.refused(decision) : decision
}

/**
 * The decision of the sampler. A span whose session is not known yet, nor whether its caller is believed, is decided upon
 * later, and taken for sampled until then.
 */
const decide = (
  layer: TracerLayer,
  { callers, held, ignoreParent, remote, sample, sampler }: Deciding,
  { around, recorded, traceId }: Place,
  starting: StartingSpan,
  served: ReturnType<typeof serverParent> | undefined
): Decision => {
  const perSession = sampler.perSession === true
  const isRefused = around !== undefined && recorded === undefined && !ignoreParent && isUnsampledCaller(around)
  const mayBeBelieved = isRefused && remote === "trusted" && carriedBy(around)?.trusted !== false
  const asked = (sessionId: StartingSpan["sessionId"], trusted: boolean | undefined) => {
    if (mayBeBelieved && (trusted ?? served === undefined)) {
      return callers.refused(notSampled(layer, held, recorded, traceId, true))
    }
    return sample({ ...starting, sessionId }) ? sampled : notSampled(layer, held, recorded, traceId, false)
  }
  // A caller may be known to who answers a request: of HTTP, or of `@effect/rpc`, whose spans have this attribute.
  const isAnswered = served !== undefined || "requestId" in starting.attributes
  const isOpen =
    (mayBeBelieved && isAnswered) || served?.namesSession || (perSession && starting.sessionId === undefined)
  return isOpen ? { ...sampled, later: asked, perSession } : asked(starting.sessionId, undefined)
}

const isUnsampledCaller = (around: EffectTracer.AnySpan): boolean => around._tag === "ExternalSpan" && !around.sampled

const sampled: Decision = { sampled: true, trace: undefined, follows: false, later: undefined, perSession: false }
const followed: Decision = { ...sampled, follows: true }
const dropped: Decision = { ...sampled, sampled: false }
const droppedThere: Decision = { ...dropped, follows: true }

/**
 * The decision on an unsampled span: it joins a held trace. Below an unsampled span of this layer that is the parent's,
 * or none if the parent's was dropped; otherwise the one held under this trace id.
 */
const notSampled = (
  layer: TracerLayer,
  held: HeldTraces | undefined,
  parent: PropagatedSpan | undefined,
  traceId: string,
  follows: boolean
): Decision => {
  if (held === undefined) return follows ? droppedThere : dropped
  const joins = parent !== undefined && parent.layer === layer && !parent.sampled
  const trace = !joins ? held.of(traceId, layer.now()) : parent instanceof RecordedSpan ? parent.heldTrace : undefined
  return { ...(follows ? droppedThere : dropped), trace }
}

const refsOfFiber = (): ReadRef => {
  const fiber = Fiber.getCurrentFiber()
  return fiber._tag === "None" ? (ref) => FiberRefs.getOrDefault(noRefs, ref) : (ref) => fiber.value.getFiberRef(ref)
}

/** The time of day at which a span starts, by the clock of its fiber, which may be another one than the layer's. */
const timeOfDay = (layer: TracerLayer, read: ReadRef, reading: bigint): bigint =>
  layer.wall.agrees(reading)
    ? reading
    : wall.of(Context.get(read(DefaultServices.currentServices), Clock.Clock)).at(reading)

const noRefs = FiberRefs.unsafeMake(new Map())

/**
 * Another tracer's span that is recorded too. It stays the span of the program, so that whatever that tracer expects of
 * its own spans goes on to hold. One that cannot be changed is left to its tracer alone.
 */
const tee = (other: EffectTracer.Span, span: PropagatedSpan): EffectTracer.Span => {
  if (!Object.isExtensible(other)) {
    span.detach()
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
