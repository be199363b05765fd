/**
 * Decides which traces are recorded. A span that is not sampled still has its ids and is propagated, and so are its
 * children, but none of them is stored.
 *
 * @since 0.1.0
 */

import type * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"
import type { AnySpan, SpanKind } from "effect/Tracer"
import type { SessionId } from "../identity/SessionId.js"
import { fnv1a } from "../runtime/hash.js"
import type { SpanRecord } from "../signal/SpanRecord.js"

/**
 * Asked once for every span without a parent; others follow their parent. It is asked when the span starts, or, of an HTTP
 * request that names a session, once `HttpPropagation` knows whether that is believed, but before its first child starts.
 * `shouldSample` is synchronous and runs inside the program. A span for which it throws, or returns no boolean, is sampled.
 *
 * @example
 * ```ts
 * import { Sampler } from "effect-observability"
 *
 * const tenth = Sampler.ratio(0.1)
 *
 * const withoutHealthChecks: Sampler.Sampler = {
 *   shouldSample: (span) => span.name !== "GET /health" && tenth.shouldSample(span)
 * }
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export interface Sampler {
  readonly shouldSample: (span: StartingSpan) => boolean
  /**
   * Whether it decides about sessions: then it is also asked about a span whose session is not that of its parent here, about
   * a span that gets its session later, and about logs, by their session.
   */
  readonly perSession?: boolean | undefined
}

/**
 * What is known of a span when it starts.
 *
 * @since 0.1.0
 * @category models
 */
export interface StartingSpan {
  readonly name: string
  readonly kind: SpanKind
  readonly traceId: string
  /** The session that it belongs to, unless that is the default one. */
  readonly sessionId: SessionId | undefined
  readonly parent: AnySpan | undefined
  /** The W3C `tracestate` that came with its trace. */
  readonly traceState: string | undefined
  /** The attributes that it is started with; those set later are not among them. */
  readonly attributes: Readonly<Record<string, unknown>>
}

/**
 * For the sake of which spans a trace is kept that is not sampled. All that a rule says must hold of the same span.
 *
 * @since 0.1.0
 * @category models
 */
export interface KeepRule {
  /** It failed. */
  readonly error?: true | undefined
  /** It took this long, or has been open for this long. */
  readonly minDuration?: Duration.Duration | undefined
  readonly userId?: string | undefined
  /**
   * Synchronous; runs inside the program. Where it throws, or returns no boolean, the rule does not hold.
   */
  readonly when?: ((span: SpanRecord) => boolean) | undefined
}

/**
 * Whether a value is a sampler.
 *
 * @since 0.1.0
 * @category guards
 */
export const isSampler = (value: unknown): value is Sampler =>
  Predicate.isRecord(value) && typeof value.shouldSample === "function"

/**
 * Samples everything.
 *
 * @since 0.1.0
 * @category constructors
 */
export const always: Sampler = { shouldSample: () => true }

/**
 * Samples nothing.
 *
 * @since 0.1.0
 * @category constructors
 */
export const never: Sampler = { shouldSample: () => false }

/**
 * Samples a part of the traces, from 0 to 1. It decides by the trace id as OpenTelemetry's `TraceIdRatioBased` sampler
 * does, so that services which use the same ratio keep the same traces, and one with a higher ratio keeps those too.
 *
 * @since 0.1.0
 * @category constructors
 */
export const ratio = (probability: number): Sampler => {
  const rejected = threshold(probability)
  return { shouldSample: (span) => randomness(span) >= rejected }
}

/**
 * Samples a part of the sessions, from 0 to 1: every trace of a session, or none. It decides by a fixed hash of the
 * session id, so that all processes that know the session agree. A trace outside any session is decided as by `ratio`;
 * what is in a session inside it, as that session is.
 *
 * @since 0.1.0
 * @category constructors
 */
export const session = (probability: number): Sampler => {
  const rejected = threshold(probability)
  return {
    shouldSample: (span) => (span.sessionId === undefined ? randomness(span) : hash(span.sessionId)) >= rejected,
    perSession: true
  }
}

/**
 * The part of all traces that is rejected, with the precision that OpenTelemetry recommends: four hex digits after the
 * leading `f`s. https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling
 */
const threshold = (probability: number): number => {
  const leading = Math.floor((Math.floor(Math.log2(probability)) + 1) / -4)
  const unit = 16 ** Math.min(Math.max(4 + leading, 4), 12)
  return Math.round((1 - probability) * unit) / unit
}

/**
 * The common randomness of a trace, from 0 to 1: the last 56 bits of its id, unless its `tracestate` names others. The
 * last four of them are left out: no threshold is so fine, and a number holds 53.
 */
const randomness = ({ traceId, traceState }: StartingSpan): number => {
  const explicit = traceState && /(?:^|,)\s*ot=(?:[^,]*;)?rv:([0-9a-f]{14})(?=[;,\s]|$)/.exec(traceState)?.[1]
  const digits = explicit || traceId.slice(-14)
  return Number.parseInt(digits.slice(0, 13), 16) / 2 ** 52
}

/** FNV-1a of the characters, mixed as MurmurHash3 ends, so that ids that differ in a digit are far apart: from 0 to 1. */
const hash = (id: string): number => {
  let h = fnv1a(id)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32
}
