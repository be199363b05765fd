/**
 * OTLP/HTTP: out, to an OpenTelemetry Collector, Langfuse, Phoenix, Jaeger, …; and in, from any program that sends it.
 *
 * @since 0.1.0
 */
/** Sends records over OTLP/HTTP. */
export * as OtlpExporter from "./otlp/OtlpExporter.js"
/** Takes records over OTLP/HTTP, of any program that sends them. */
export * as OtlpReceiver from "./otlp/OtlpReceiver.js"
