/**
 * Sends records to an OpenTelemetry Collector, or to whatever else understands OTLP/HTTP
 * (https://opentelemetry.io/docs/specs/otlp/#otlphttp).
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { ExportError, type Exporter } from "../pipeline/Exporter.js"
import { nextTurn } from "../runtime/eventLoop.js"
import { type RecordOf, type SignalName, signalNames } from "../signal/signals.js"
import * as Destination from "./internal/destination.js"
import type { SignalEncoding } from "./internal/encoding.js"
import { encodings } from "./internal/encodings.js"
import type { Format } from "./internal/format.js"
import { send } from "./internal/send.js"
import * as Transport from "./internal/transport.js"

export type {
  /**
   * @since 0.1.0
   */
  Options
} from "./internal/destination.js"
export type {
  /**
   * @since 0.1.0
   */
  Dispatcher
} from "./internal/transport.js"

/**
 * An exporter to a server of OTLP/HTTP. It is configured by its options, and by the variables `OTEL_EXPORTER_OTLP_*`, which
 * it reads at its first batch through the `ConfigProvider` of the program.
 *
 * Requests are sent again by the specification: after 408, 425, 429, 502, 503, 504, a broken connection or no answer in
 * time, no sooner than the server says. What a server takes in part is not sent again: the records that it refused are counted as
 * failed with the reason `PartialSuccess`. Any other status is counted as `Http…`; after 400, 413 and 422 smaller parts of
 * the batch are tried first. An answer that is none of OTLP, such as the page of a login, is counted as `NotOtlp`.
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
  const destinations = new Map<string, Destination.Destination>()
  let transport: Transport.Transport | undefined

  const destinationOf = Effect.fnUntraced(function* (path: SignalEncoding<never>["path"]) {
    const destination = destinations.get(path) ?? (yield* Destination.make(path, options))
    destinations.set(path, destination)
    return destination
  })

  const exportSignal = Effect.fnUntraced(function* <N extends SignalName>(
    name: N,
    records: ReadonlyArray<RecordOf<N>> | undefined
  ) {
    if (records === undefined || records.length === 0) return
    const encoding: SignalEncoding<RecordOf<N>> = encodings[name]
    const destination = yield* destinationOf(encoding.path)
    const request = yield* encode(encoding, destination.format, records)
    transport ??= yield* Effect.flatMap(Destination.proxies, (proxies) => Transport.make(options.dispatcher, proxies))
    const { message, rejected } = yield* send(transport, destination, encoding.rejected, request)
    if (rejected === 0) return
    return yield* new ExportError({
      retryable: false,
      reason: "PartialSuccess",
      cause: new Error(
        message === "" ? `the server refused ${rejected} of ${records.length}, and did not say why` : message
      ),
      rejected: Math.min(rejected, records.length)
    })
  })

  return {
    name: options.name ?? "otlp",
    signals: options.signals,
    export: (batch) => Effect.forEach(signalNames, (name) => exportSignal(name, batch[name]), { discard: true }),
    shutdown: Effect.suspend(() => {
      const { close = Effect.void } = transport ?? {}
      transport = undefined
      return close
    })
  }
}

/** The largest request: 64 MiB. */
const maxRequestBytes = 64 * 2 ** 20

/** Bytes that the envelope around the joined parts of a request adds. */
const envelopeBytes = 64

/**
 * Encodes records as one request. Records that need more than one are refused, so that they come again in two batches:
 * a flight of one request is taken or not, and nothing that a server took can be sent again with what it did not take.
 */
const encode = Effect.fnUntraced(function* <R>(
  { encode, envelope, recordsPerTurn }: SignalEncoding<R>,
  format: Format,
  records: ReadonlyArray<R>
) {
  const parts: Array<Uint8Array> = []
  let bytes = envelopeBytes
  for (let i = 0; i < records.length; i += recordsPerTurn) {
    const part = format.part(envelope, encode(records.slice(i, i + recordsPerTurn)))
    bytes += part.length + 1
    if (bytes > maxRequestBytes && records.length > 1) {
      const cause = new Error("The batch is larger than a request may be, 64 MiB, and is divided")
      return yield* new ExportError({ retryable: false, reason: "Rejected", cause })
    }
    parts.push(part)
    yield* nextTurn
  }
  return format.join(envelope, parts)
})
