/**
 * OTLP/HTTP: spans and logs for an OpenTelemetry Collector, Langfuse, Phoenix, Jaeger, …
 *
 * @since 0.1.0
 */
/** Sends records over OTLP/HTTP. */
export * as OtlpExporter from "./otlp/OtlpExporter.js"
