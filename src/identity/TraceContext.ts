/**
 * W3C trace context, level 2 (https://www.w3.org/TR/trace-context-2): the trace that a piece of work belongs to, as it is
 * read from headers and written to them.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import { type HeaderRecord, trim, valuesOf } from "./internal/headers.js"
import type { SessionId } from "./SessionId.js"

/**
 * What came with a remote parent, kept in the `context` of its `ExternalSpan`.
 *
 * @example
 * ```ts
 * import { Context, Tracer } from "effect"
 * import { SessionId, TraceContext } from "effect-observability"
 *
 * const parent = Tracer.externalSpan({
 *   traceId: "0af7651916cd43dd8448eb211c80319c",
 *   spanId: "b7ad6b7169203331",
 *   context: Context.make(TraceContext.Carried, { sessionId: SessionId.make("support-4711") })
 * })
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class Carried extends Context.Tag("effect-observability/TraceContext/Carried")<
  Carried,
  {
    /** The `tracestate` header, forwarded as it came. */
    readonly traceState?: string | undefined
    /** The flags of the `traceparent` header. */
    readonly flags?: number | undefined
    readonly sessionId?: SessionId | undefined
    /** Whether its sender is believed about its session, and about not having sampled the trace: by default it is. */
    readonly trusted?: boolean | undefined
  }
>() {}

/**
 * A span of some process, and the trace that it belongs to.
 *
 * @since 0.1.0
 * @category models
 */
export interface TraceContext {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string
  /** 16 lower-case hex digits, not all zero. */
  readonly spanId: string
  /** `sampled` and `random`, or both; other bits are cleared. */
  readonly flags: number
  readonly traceState?: string | undefined
}

/**
 * The flag of a trace that its sender recorded.
 *
 * @since 0.1.0
 * @category flags
 */
export const sampled = 0x01

/**
 * The flag of a trace whose id was drawn at random.
 *
 * @since 0.1.0
 * @category flags
 */
export const random = 0x02

/**
 * Reads `traceparent` and `tracestate`, or, where there is no `traceparent`, `b3` or the `x-b3-*` headers of Zipkin. A
 * malformed `tracestate` is left out and the rest kept; anything else that is malformed gives `none`.
 *
 * @since 0.1.0
 * @category decoding
 */
export const fromHeaders = (headers: HeaderRecord): Option.Option<TraceContext> => fromValues(valuesOf(headers))

/** @internal */
export const fromValues = (values: ReadonlyMap<string, ReadonlyArray<string>>): Option.Option<TraceContext> => {
  const parents = values.get("traceparent")
  if (parents === undefined) return fromB3(values)
  if (parents.length !== 1) return Option.none()
  const parent = parseTraceParent(parents[0] as string)
  const states = values.get("tracestate")
  return states === undefined
    ? parent
    : Option.map(parent, (context) => ({
        ...context,
        traceState: Option.getOrUndefined(parseTraceState(states.join(",")))
      }))
}

/**
 * Reads a `traceparent` header. A higher version is read as far as it agrees with version 00.
 *
 * @since 0.1.0
 * @category decoding
 */
export const parseTraceParent = (header: string): Option.Option<TraceContext> => {
  const match = traceParent.exec(trim(header))
  if (match === null) return Option.none()
  const [, version, traceId, spanId, flags, more] = match as unknown as readonly [
    string,
    string,
    string,
    string,
    string,
    string | undefined
  ]
  if (version === "ff" || (version === "00" && more !== undefined)) return Option.none()
  return Option.some({ traceId, spanId, flags: Number.parseInt(flags, 16) & (sampled | random) })
}

const traceParent = /^([0-9a-f]{2})-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})(-[\x20-\x7e]*)?$/

/**
 * Reads a `tracestate` header: its members without empty ones and the space around them, of a key that is there twice the
 * first, which is the newer. `none` where it is empty, has more than 32 members or one that is malformed.
 *
 * @since 0.1.0
 * @category decoding
 */
export const parseTraceState = (header: string): Option.Option<string> => {
  if (header.length > maxTraceState) return Option.none()
  const members = new Map<string, string>()
  let count = 0
  for (const text of header.split(",")) {
    const member = trim(text)
    if (member === "") continue
    const key = traceStateMember.exec(member)?.[1]
    if (key === undefined || ++count > 32) return Option.none()
    if (!members.has(key)) members.set(key, member)
  }
  return count === 0 ? Option.none() : Option.some(Array.from(members.values()).join(","))
}

/** 32 members of 256 + 1 + 256 characters, and as much again for what may stand between them. */
const maxTraceState = 2 * 32 * 514

const traceStateMember =
  /^([a-z0-9][a-z0-9_\-*/@]{0,255})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/

/**
 * Writes the `traceparent` header, of version 00.
 *
 * @since 0.1.0
 * @category encoding
 */
export const toTraceParent = ({ flags, spanId, traceId }: TraceContext): string =>
  `00-${traceId}-${spanId}-0${flags & (sampled | random)}`

/**
 * The trace context as the parent of spans of this process.
 *
 * @since 0.1.0
 * @category conversions
 */
export const toExternalSpan = (
  { flags, spanId, traceId, traceState }: TraceContext,
  sessionId?: SessionId | undefined,
  trusted?: boolean | undefined
): Tracer.ExternalSpan =>
  Tracer.externalSpan({
    traceId,
    spanId,
    sampled: (flags & sampled) !== 0,
    context: Context.make(Carried, { traceState, flags, sessionId, ...(trusted === false && { trusted }) })
  })

/** https://github.com/openzipkin/b3-propagation: the single header, else the several ones. */
const fromB3 = (values: ReadonlyMap<string, ReadonlyArray<string>>): Option.Option<TraceContext> => {
  const only = (name: string) => {
    const texts = values.get(name)
    return texts?.length === 1 ? texts[0] : undefined
  }
  const single = values.has("b3")
    ? only("b3")
    : [
        only("x-b3-traceid"),
        only("x-b3-spanid"),
        only("x-b3-flags") === "1" ? "d" : (only("x-b3-sampled") ?? "1")
      ].join("-")
  const match = b3.exec(single ?? "")
  if (match === null) return Option.none()
  const [, traceId, spanId, decision] = match as unknown as readonly [string, string, string, string | undefined]
  return Option.some({ traceId: traceId.padStart(32, "0"), spanId, flags: decision === "0" ? 0 : sampled })
}

const b3 = /^(?!0+-)([0-9a-f]{32}|[0-9a-f]{16})-((?!0{16})[0-9a-f]{16})(?:-([01d])(?:-[0-9a-f]{16})?)?$/
