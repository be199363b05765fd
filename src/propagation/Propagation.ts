/**
 * Takes the trace and the session of a fiber over what breaks a tree of fibers: a queue, a callback, another process.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import type * as FiberRefs from "effect/FiberRefs"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Record from "effect/Record"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import * as Tracer from "effect/Tracer"
import type * as Types from "effect/Types"
import * as Baggage from "../identity/Baggage.js"
import { carriedBy, hasValidIds, sessionOf } from "../identity/internal/currentCorrelation.js"
import { type HeaderRecord, knownName, sessionHeader, valuesOf } from "../identity/internal/headers.js"
import { currentSessionRefused } from "../identity/internal/session.js"
import * as SessionId from "../identity/SessionId.js"
import * as TraceContext from "../identity/TraceContext.js"
import * as TracingOptions from "../identity/TracingOptions.js"
import { wrap } from "../runtime/wrappedTracer.js"
import { isJson } from "../signal/internal/json.js"
import { Json } from "../signal/Json.js"
import * as baggage from "./internal/baggage.js"
import { withRefs } from "./internal/refs.js"
import { report } from "./internal/refused.js"
import { holds, isTrusted } from "./internal/trust.js"

const CarriedOptions = Schema.Struct({
  ...TracingOptions.TracingOptions.fields,
  metadata: Schema.optional(Schema.Record({ key: Schema.String, value: Json }))
})

/**
 * The trace, the session and the tracing options of some work, as plain JSON. Put it into a message, and give it to
 * `restore` where the message is handled.
 *
 * @since 0.1.0
 * @category models
 */
export const Carrier = Schema.Struct({
  /** The span that the work is in, as the W3C header has it. */
  traceparent: Schema.optional(Schema.String),
  tracestate: Schema.optional(Schema.String),
  /** The members of W3C baggage that are not ours. */
  baggage: Schema.optional(Schema.String),
  /** The session, and what else `TracingOptions` says; of `metadata` what is JSON. */
  options: Schema.optional(CarriedOptions)
}).annotations({ identifier: "Carrier" })

/**
 * The decoded form of a carrier.
 *
 * @since 0.1.0
 * @category models
 */
export interface Carrier extends Schema.Schema.Type<typeof Carrier> {}

/**
 * The carrier of the current fiber: the trace of the span that it is in, its session or else that of the span, and all of
 * its tracing options. The `defaultSessionId` of a configuration is never carried.
 *
 * @example
 * ```ts
 * import { Effect, Queue } from "effect"
 * import { Propagation } from "effect-observability"
 *
 * const program = Effect.gen(function* () {
 *   const jobs = yield* Queue.unbounded<{ readonly text: string; readonly carrier: Propagation.Carrier }>()
 *   yield* Queue.offer(jobs, { text: "hello", carrier: yield* Propagation.capture })
 *
 *   const job = yield* Queue.take(jobs)
 *   yield* Effect.log(job.text).pipe(Propagation.restore(job.carrier))
 * })
 * ```
 *
 * @since 0.1.0
 * @category hand-off
 */
export const capture: Effect.Effect<Carrier> = Effect.withFiberRuntime((fiber) => Effect.succeed(carrierOf(fiber)))

/**
 * Runs an effect in the trace, the session and the options of a carrier, in place of those around it: where the carrier
 * has no session, the effect has none. Of a value that came in by a cast, what is malformed is dropped, counted, and
 * annotated on the current span.
 *
 * @since 0.1.0
 * @category hand-off
 */
export const restore: {
  (carrier: Carrier): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(effect: Effect.Effect<A, E, R>, carrier: Carrier): Effect.Effect<A, E, R>
} = dual(2, <A, E, R>(effect: Effect.Effect<A, E, R>, given: Carrier): Effect.Effect<A, E, R> => {
  const { carrier, isWhole } = fitOf(given)
  const restored = restoreUnder(effect, carrier, parentOf(carrier))
  return isWhole ? restored : Effect.zipRight(report(["carrier"]), restored)
})

/** @internal */
export const restoreUnder = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  carrier: Carrier,
  parent: Tracer.AnySpan | undefined
): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime(({ currentContext }) =>
    withRefs(effect, [
      [SessionId.currentSessionId, Option.fromNullable(carrier.options?.sessionId)],
      [currentSessionRefused, false],
      [TracingOptions.currentTracingOptions, optionsOf(carrier)],
      [Baggage.currentBaggage, carrier.baggage ?? ""],
      [FiberRef.currentContext, withParent(currentContext, parent)]
    ])
  )

const withParent = (context: Context.Context<never>, parent: Tracer.AnySpan | undefined): Context.Context<never> => {
  const around = Option.getOrUndefined(Context.getOption(context, Tracer.ParentSpan))
  if (around === parent) return context
  return parent === undefined
    ? Context.omit(Tracer.ParentSpan)(context as Context.Context<Tracer.ParentSpan>)
    : (Context.add(context, Tracer.ParentSpan, parent) as Context.Context<never>)
}

/** The options without the session: one object where there are none, since what is made of them is kept by it. @internal */
export const optionsOf = ({
  options: { sessionId: _, ...options } = {}
}: Carrier): Omit<TracingOptions.TracingOptions, "sessionId"> =>
  Object.keys(options).length === 0 ? TracingOptions.none : options

/**
 * Headers by name. Names are read in any case and written in lower case.
 *
 * @since 0.1.0
 * @category models
 */
export type Headers = HeaderRecord

/**
 * How much of a carrier goes into headers.
 *
 * @since 0.1.0
 * @category models
 */
export interface InjectOptions {
  /** Whether the receiver is to know the session and the baggage, or the trace alone. By default it is. */
  readonly session?: boolean | undefined
  /** What else of the tracing options is put into the baggage. By default nothing. */
  readonly include?: ReadonlyArray<"userId" | "organizationId"> | undefined
}

/**
 * Whose sessions, users and organisations are believed: everybody's, nobody's, or of those for which a predicate holds.
 * One that throws, or gives a promise, does not hold. The trace is taken from anybody.
 *
 * @since 0.1.0
 * @category models
 */
export type Trust<A> = "always" | "never" | Predicate.Predicate<A>

/**
 * How headers are read: whether the session that they carry is believed.
 *
 * @since 0.1.0
 * @category models
 */
export interface ExtractOptions {
  readonly trust: Trust<Headers>
}

/**
 * A carrier read from headers.
 *
 * @since 0.1.0
 * @category models
 */
export interface Extracted extends Carrier {
  /** The headers and the members of baggage that were dropped because they are malformed. */
  readonly refused: ReadonlyArray<string>
}

/**
 * Adds a carrier to headers: `traceparent` and `tracestate`, `baggage`, and the session as `x-mastra-session-id`. What the
 * carrier does not have is not there, and never empty.
 *
 * @since 0.1.0
 * @category headers
 */
export const inject = (
  headers: Readonly<Record<string, string>>,
  carrier: Carrier,
  { include = none, session = true }: InjectOptions = {}
): Record<string, string> => {
  // A spread object that grows costs twenty times as much.
  const injected: Record<string, string> = Object.assign({}, headers)
  for (const name in headers) {
    const lower = knownName(name)
    if (lower === undefined || lower === name) continue
    injected[lower] = headers[name] as string
    delete injected[name]
  }
  if (carrier.traceparent !== undefined) {
    injected.traceparent = carrier.traceparent
    if (carrier.tracestate === undefined) delete injected.tracestate
    else injected.tracestate = carrier.tracestate
  }
  if (!session) return injected
  const { options = {} } = carrier
  const ours: Types.Mutable<TracingOptions.TracingOptions> = {}
  if (SessionId.isSessionId(options.sessionId)) ours.sessionId = options.sessionId
  for (const name of include) if (baggage.isIdentity(options[name])) ours[name] = options[name]
  const written = baggage.write(ours, [injected.baggage, carrier.baggage])
  if (written !== "") injected.baggage = written
  if (ours.sessionId !== undefined) injected[sessionHeader] = ours.sessionId
  return injected
}

/**
 * Reads a carrier from headers. What is malformed is dropped, and named in `refused`.
 *
 * @since 0.1.0
 * @category headers
 */
export const extract = (headers: Headers, { trust }: ExtractOptions): Extracted => {
  const values = valuesOf(headers)
  const trusted = isTrusted(trust, headers)
  const read = baggage.read(values.get("baggage") ?? [], trusted)
  const carrier: Types.Mutable<Extracted> = { options: read.options, refused: read.refused }
  if (read.foreign.length > 0) carrier.baggage = read.foreign.join(",")
  const trace = Option.getOrUndefined(TraceContext.fromValues(values))
  if (trace !== undefined) {
    carrier.traceparent = TraceContext.toTraceParent(trace)
    if (trace.traceState !== undefined) carrier.tracestate = trace.traceState
    else if (values.get("tracestate")?.some((text) => text !== "")) read.refused.push("tracestate")
  } else if (values.has("traceparent")) read.refused.push("traceparent")
  const named = trusted ? values.get(sessionHeader) : undefined
  if (named?.length === 1 && SessionId.isSessionId(named[0])) read.options.sessionId = named[0]
  else if (named !== undefined) read.refused.push(sessionHeader)
  return carrier
}

/**
 * Adds the carrier of the current fiber to headers.
 *
 * @since 0.1.0
 * @category headers
 */
export const injectCurrent = (
  headers: Readonly<Record<string, string>>,
  options?: InjectOptions
): Effect.Effect<Record<string, string>> => Effect.map(capture, (carrier) => inject(headers, carrier, options))

/**
 * Runs an effect in the trace and the session that headers carry, as `restore` does. What is malformed is counted, and
 * annotated on the current span.
 *
 * @since 0.1.0
 * @category headers
 */
export const withExtracted: {
  (headers: Headers, options: ExtractOptions): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(effect: Effect.Effect<A, E, R>, headers: Headers, options: ExtractOptions): Effect.Effect<A, E, R>
} = dual(
  3,
  <A, E, R>(effect: Effect.Effect<A, E, R>, headers: Headers, options: ExtractOptions): Effect.Effect<A, E, R> =>
    Effect.suspend(() => {
      const trusted = isTrusted(options.trust, headers)
      const { refused, ...carrier } = extract(headers, { trust: trusted ? "always" : "never" })
      return Effect.zipRight(report(refused), restoreUnder(effect, carrier, parentOf(carrier, trusted)))
    })
)

/**
 * The environment variables by which a child process or a worker finds the carrier: `TRACEPARENT`, `TRACESTATE` and
 * `BAGGAGE`, with the session, the user and the organisation.
 *
 * @since 0.1.0
 * @category environment
 */
export const toEnv = (carrier: Carrier): Record<string, string> => {
  const { baggage, traceparent, tracestate } = toMcpMeta(carrier, { include: ["userId", "organizationId"] })
  return {
    ...(traceparent !== undefined && { TRACEPARENT: traceparent }),
    ...(tracestate !== undefined && { TRACESTATE: tracestate }),
    ...(baggage !== undefined && { BAGGAGE: baggage })
  }
}

/**
 * The carrier in environment variables. Whoever starts a process is believed.
 *
 * @since 0.1.0
 * @category environment
 */
export const fromEnv = (env: Readonly<Record<string, string | undefined>>): Extracted =>
  extract({ traceparent: env.TRACEPARENT, tracestate: env.TRACESTATE, baggage: env.BAGGAGE }, { trust: "always" })

/**
 * The carrier for `params._meta` of a request of the Model Context Protocol, as SEP-414 names it.
 *
 * @since 0.1.0
 * @category mcp
 */
export const toMcpMeta = (
  carrier: Carrier,
  options?: InjectOptions
): { readonly traceparent?: string; readonly tracestate?: string; readonly baggage?: string } => {
  const { [sessionHeader]: _, ...meta } = inject({}, carrier, options)
  return meta
}

/**
 * A runtime for callbacks and promises: what it runs is in the session, the trace and the options of the fiber that made it.
 *
 * @example
 * ```ts
 * import { Effect, Runtime } from "effect"
 * import { Propagation } from "effect-observability"
 *
 * const program = Effect.gen(function* () {
 *   const runtime = yield* Propagation.runtime()
 *   process.on("SIGUSR2", () => Runtime.runFork(runtime)(Effect.log("still in the session")))
 * })
 * ```
 *
 * @since 0.1.0
 * @category promises
 */
export const runtime = <R = never>(): Effect.Effect<Runtime.Runtime<R>, never, R> =>
  Effect.zipWith(Effect.runtime<R>(), capture, (runtime, { options }) =>
    Runtime.setFiberRef(runtime, SessionId.currentSessionId, Option.fromNullable(options?.sessionId))
  )

/**
 * Has every step of the program's fibers run inside a function, so that promise code that is called from an Effect finds
 * what it looks for in an `AsyncLocalStorage`, be it the carrier or a context of OpenTelemetry. It costs some 30 ns a step;
 * provide it inside the layer of `Observability`.
 *
 * @example
 * ```ts
 * import { AsyncLocalStorage } from "node:async_hooks"
 * import { Propagation } from "effect-observability"
 *
 * const current = new AsyncLocalStorage<Propagation.Carrier>()
 * const ContextLive = Propagation.layerContext((carrier, step) => current.run(carrier, step))
 * ```
 *
 * @since 0.1.0
 * @category promises
 */
export const layerContext = (run: <A>(carrier: Carrier, step: () => A) => A): Layer.Layer<never> =>
  Layer.unwrapEffect(
    Effect.map(Effect.tracer, (surrounding) => {
      const carriers = new WeakMap<FiberRefs.FiberRefs, Carrier>()
      const around = (tracer: Tracer.Tracer) =>
        Tracer.make({
          span: (...args) => tracer.span(...args),
          context(step, fiber) {
            const refs = fiber.getFiberRefs()
            let carrier = carriers.get(refs)
            if (carrier === undefined) {
              carrier = carrierOf(fiber)
              carriers.set(refs, carrier)
            }
            return run(carrier, () => tracer.context(step, fiber))
          }
        })
      return Layer.setTracer(wrap(surrounding, around))
    })
  )

const none: ReadonlyArray<never> = []

/** @internal */
export const parentOf = (
  { options, traceparent, tracestate }: Carrier,
  trusted?: boolean
): Tracer.ExternalSpan | undefined => {
  const context = Option.getOrUndefined(TraceContext.fromHeaders({ traceparent, tracestate }))
  return context && TraceContext.toExternalSpan(context, options?.sessionId, trusted)
}

/** @internal */
export const carrierOf = (fiber: Fiber.RuntimeFiber<unknown, unknown>): Carrier => {
  const around = Option.getOrUndefined(Context.getOption(fiber.currentContext, Tracer.ParentSpan))
  const { metadata, ...others } = fiber.getFiberRef(TracingOptions.currentTracingOptions)
  const options: Types.Mutable<NonNullable<Carrier["options"]>> = others
  if (metadata !== undefined) options.metadata = jsonOf(metadata)
  const sessionId = sessionOf((ref) => fiber.getFiberRef(ref), around)
  if (sessionId !== undefined) options.sessionId = sessionId
  const carrier: Types.Mutable<Carrier> = { options }
  if (around !== undefined && hasValidIds(around)) {
    const { traceId, spanId, sampled } = around
    const carried = carriedBy(around)
    const flags = (sampled ? TraceContext.sampled : 0) | ((carried?.flags ?? 0) & TraceContext.random)
    carrier.traceparent = TraceContext.toTraceParent({ traceId, spanId, flags })
    if (carried?.traceState !== undefined) carrier.tracestate = carried.traceState
  }
  const baggage = fiber.getFiberRef(Baggage.currentBaggage)
  if (baggage !== "") carrier.baggage = baggage
  return carrier
}

const jsonOf = (metadata: Readonly<Record<string, unknown>>): Readonly<Record<string, Json>> =>
  Record.filter(metadata, (value): value is Json => holds((value) => isJson(value, () => true), value))

const isCarrier = Schema.is(Carrier)

/** The part of a value that is fit for a carrier, and whether that is all of it. Reading it may throw: then nothing is. */
const fitOf = (given: Carrier): { readonly carrier: Carrier; readonly isWhole: boolean } => {
  try {
    const { options, ...trace } = given
    // Read once: a getter may give something else the next time.
    const carrier: Carrier = { ...trace, ...(options !== undefined && { options: { ...options } }) }
    if (isCarrier(carrier)) return { carrier, isWhole: true }
    return { carrier: { ...soundOf(Carrier, carrier), options: soundOf(CarriedOptions, options) }, isWhole: false }
  } catch {
    return { carrier: {}, isWhole: false }
  }
}

const soundOf = <Fields extends Schema.Struct.Fields>(schema: Schema.Struct<Fields>, value: unknown): object =>
  Predicate.isRecord(value)
    ? Struct.pick(value, ...Object.keys(schema.fields).filter((key) => Schema.is(schema.pick(key) as never)(value)))
    : {}
