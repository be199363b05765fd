/**
 * Sends spans and logs to an OpenTelemetry Collector, or to whatever else understands OTLP/HTTP
 * (https://opentelemetry.io/docs/specs/otlp/#otlphttp).
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { LogRecord } from "../signal/LogRecord.js"
import type { SpanRecord } from "../signal/SpanRecord.js"
import { ExportError, type Exporter } from "./Exporter.js"
import * as Destination from "./internal/otlp/destination.js"
import type { Answer, SignalEncoding } from "./internal/otlp/encoding.js"
import { send } from "./internal/otlp/send.js"

export type {
  /**
   * @since 0.1.0
   */
  Options
} from "./internal/otlp/destination.js"

/**
 * An exporter to a server of OTLP/HTTP. It is configured by its options, and by the variables `OTEL_EXPORTER_OTLP_*`, which
 * it reads at its first batch through the `ConfigProvider` of the program.
 *
 * Requests are sent again by the specification: after 429, 502, 503, 504, a broken connection or no answer in time, no
 * sooner than the server says. What a server takes in part is not sent again: the records that it refused are counted as
 * failed with the reason `PartialSuccess`. Any other status is counted as `Http…`; after 400 and 413 smaller parts of the
 * batch are tried first.
 *
 * @example
 * ```ts
 * import { Redacted } from "effect"
 * import { Observability } from "effect-observability"
 * import { OtlpExporter } from "effect-observability/otlp"
 *
 * declare const apiKey: Redacted.Redacted
 *
 * const ObservabilityLive = Observability.layerExportOnly({
 *   serviceName: "support-agent",
 *   exporters: [
 *     OtlpExporter.make({
 *       endpoint: "https://collector.example.com",
 *       headers: { "x-api-key": apiKey },
 *       compression: "gzip"
 *     })
 *   ]
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Destination.Options = {}): Exporter => {
  /** Those of the batch that need not be sent again, and why the server refused them, if it did. */
  const answered = new WeakMap<AnyRecord, ExportError | undefined>()
  /** What the server refused as a whole, by its first record: it is not sent again as it is. */
  const refusals = new WeakMap<AnyRecord, { readonly count: number; readonly error: ExportError }>()
  let destinations: { readonly spans: Destination.Destination; readonly logs: Destination.Destination } | undefined

  const sendUnlessRefused = (
    sent: ReadonlyArray<AnyRecord>,
    sending: Effect.Effect<Answer, ExportError>
  ): Effect.Effect<Answer, ExportError> => {
    const first = sent[0] as AnyRecord
    const known = refusals.get(first)
    if (known?.count === sent.length) return known.error
    return Effect.tapError(sending, (error) =>
      Effect.sync(() => {
        if (!error.retryable) refusals.set(first, { count: sent.length, error })
      })
    )
  }

  const exportAll = <A extends AnyRecord>(
    destination: Destination.Destination,
    encoding: SignalEncoding<A>,
    records: ReadonlyArray<A>
  ) =>
    Effect.gen(function* () {
      const parts = yield* encode(
        encoding,
        records.filter((record) => !answered.has(record))
      )
      for (const request of toRequests(parts)) {
        const sent = request.flatMap((part) => part.records)
        const sending = Effect.suspend(() => send(destination, encoding.join(request.map(({ bytes }) => bytes))))
        const refused = yield* sendUnlessRefused(sent, sending).pipe(
          Effect.map(({ message, rejected }) => ({ count: rejected, error: partialSuccess(message) })),
          Effect.catchIf(isFinal, (error) => Effect.succeed({ count: sent.length, error }))
        )
        sent.forEach((record, index) => {
          answered.set(record, index < refused.count ? refused.error : undefined)
        })
      }
    })

  return {
    name: options.name ?? "otlp",
    signals: options.signals,
    export: Effect.fnUntraced(function* ({ logs, spans }) {
      destinations ??= {
        spans: yield* Destination.make("spans", options),
        logs: yield* Destination.make("logs", options)
      }
      const results = yield* Effect.all(
        [
          Effect.either(exportAll(destinations.spans, destinations.spans.encoding.spans, spans)),
          Effect.either(exportAll(destinations.logs, destinations.logs.encoding.logs, logs))
        ],
        { concurrency: "unbounded" }
      )
      const failures = Arr.getLefts(results)
      // What is to be sent again waits first: dividing the batch would send it at once.
      const failure = failures.find(({ retryable }) => retryable) ?? failures[0]
      if (failure !== undefined) return yield* failure

      const refused = (records: ReadonlyArray<AnyRecord>) => records.flatMap((record) => answered.get(record) ?? [])
      const [refusedSpans, refusedLogs] = [refused(spans), refused(logs)]
      for (const record of [...spans, ...logs]) answered.delete(record)
      const error = refusedSpans[0] ?? refusedLogs[0]
      if (error !== undefined) {
        const { cause, reason } = error
        const rejected = { spans: refusedSpans.length, logs: refusedLogs.length }
        return yield* new ExportError({ retryable: false, reason, cause, rejected })
      }
    })
  }
}

type AnyRecord = SpanRecord | LogRecord

/** Records in their encoding. */
interface Part<A> {
  readonly records: ReadonlyArray<A>
  readonly bytes: Uint8Array
}

/** What a request may hold. */
const maxRequestBytes = 64 * 2 ** 20

/** How many records are encoded in a turn of the event loop. */
const recordsPerTurn = 20

/** Encodes records in parts that are no larger than a request, if they are more than one record. */
const encode = <A>(encoding: SignalEncoding<A>, records: ReadonlyArray<A>): Effect.Effect<ReadonlyArray<Part<A>>> =>
  Effect.suspend(() => {
    if (records.length === 0) return Effect.succeed([])
    if (records.length <= recordsPerTurn) {
      const bytes = encoding.part(records)
      if (bytes.length < maxRequestBytes || records.length === 1) {
        return Effect.as(Effect.sleep(Duration.zero), [{ records, bytes }])
      }
    }
    const [before, after] = Arr.splitAt(records, records.length >> 1)
    return Effect.zipWith(encode(encoding, before), encode(encoding, after), (a, b) => [...a, ...b])
  })

/** As few requests as their size allows. */
const toRequests = <A>(parts: ReadonlyArray<Part<A>>): ReadonlyArray<ReadonlyArray<Part<A>>> => {
  const requests: Array<Array<Part<A>>> = []
  let size = Number.POSITIVE_INFINITY
  for (const part of parts) {
    size += part.bytes.length + 1
    if (size < maxRequestBytes) {
      requests.at(-1)?.push(part)
    } else {
      requests.push([part])
      size = part.bytes.length + envelopeBytes
    }
  }
  return requests
}

/** What joining parts adds. */
const envelopeBytes = 64

/** Nothing of the request is to be sent again, not in parts either. */
const isFinal = ({ reason, retryable }: ExportError): boolean => !retryable && reason !== "Rejected"

const partialSuccess = (message: string): ExportError =>
  new ExportError({ retryable: false, reason: "PartialSuccess", cause: new Error(message) })
