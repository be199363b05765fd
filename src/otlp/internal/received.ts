/** Records that arrived by OTLP, decoded, before it is known what their sender means. */
import type { Json } from "../../signal/Json.js"

/** The resource and the instrumentation scope of a record. */
export interface Origin {
  readonly resource: Readonly<Record<string, Json>>
  readonly scope: {
    readonly name: string
    readonly version: string
    readonly attributes: Readonly<Record<string, Json>>
  }
}

export interface ReceivedSpan {
  readonly origin: Origin
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly traceState: string | undefined
  readonly flags: number
  readonly name: string
  readonly kind: number
  readonly startTime: bigint
  readonly endTime: bigint
  readonly attributes: Readonly<Record<string, Json>>
  readonly events: ReadonlyArray<{
    readonly time: bigint
    readonly name: string
    readonly attributes: Readonly<Record<string, Json>>
  }>
  readonly links: ReadonlyArray<{
    readonly traceId: string
    readonly spanId: string
    readonly traceState: string | undefined
    readonly attributes: Readonly<Record<string, Json>>
  }>
  readonly status: { readonly code: number; readonly message: string }
  readonly dropped: { readonly attributes: number; readonly events: number; readonly links: number }
}

export interface ReceivedLog {
  readonly origin: Origin
  readonly time: bigint
  readonly observedTime: bigint
  readonly severityNumber: number
  readonly severityText: string
  readonly body: Json
  readonly attributes: Readonly<Record<string, Json>>
  readonly eventName: string
  readonly traceId: string | undefined
  readonly spanId: string | undefined
  readonly flags: number
  readonly dropped: number
}
