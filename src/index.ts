/**
 * Records what agents do, session by session. It loads `effect` alone; engines and integrations have entries of their own.
 *
 * @since 0.1.0
 */

export * as Agent from "./agent/Agent.js"
export * as LoggerContext from "./agent/LoggerContext.js"
export * as ToolExecutionContext from "./agent/ToolExecutionContext.js"
export * as WorkflowContext from "./agent/WorkflowContext.js"
export * as Feedback from "./capture/Feedback.js"
export * as Logger from "./capture/Logger.js"
export * as Metrics from "./capture/Metrics.js"
export * as Sampler from "./capture/Sampler.js"
export * as Score from "./capture/Score.js"
export * as Tracer from "./capture/Tracer.js"
export * as Baggage from "./identity/Baggage.js"
export * as SessionId from "./identity/SessionId.js"
export * as TraceContext from "./identity/TraceContext.js"
export * as TracingOptions from "./identity/TracingOptions.js"
export * as Observability from "./Observability.js"
export * as ObservabilityConfig from "./ObservabilityConfig.js"
export * as Exporter from "./pipeline/Exporters.js"
export * as SensitiveDataFilter from "./pipeline/SensitiveDataFilter.js"
export * as SignalProcessor from "./pipeline/SignalProcessor.js"
export * as Propagation from "./propagation/Propagation.js"
export * as Emitter from "./signal/Emitter.js"
export * as Field from "./signal/Field.js"
export * as LogRecord from "./signal/LogRecord.js"
export * as MetricPoint from "./signal/MetricPoint.js"
export * as SessionSummary from "./signal/SessionSummary.js"
export * as SpanRecord from "./signal/SpanRecord.js"
export * as Signal from "./signal/signals.js"
export * as Storage from "./storage/Storage.js"
