/**
 * Records what agents do, session by session. It loads `effect` alone; engines and integrations have entries of their own.
 *
 * @since 0.1.0
 */

/** Spans for agents, models and tools, with the attributes of the GenAI conventions. */
export * as Agent from "./agent/Agent.js"
/** Loggers of others, told whom a log belongs to. */
export * as LoggerContext from "./agent/LoggerContext.js"
/** The call of a tool that the current fiber works for. */
export * as ToolExecutionContext from "./agent/ToolExecutionContext.js"
/** The execution of a durable workflow that the current fiber works for. */
export * as WorkflowContext from "./agent/WorkflowContext.js"
/** Scores of users: thumbs, ratings, comments, corrections. */
export * as Feedback from "./capture/Feedback.js"
/** Records Effect's logs. Most programs need nothing of it: `Observability.layer` has it. */
export * as Logger from "./capture/Logger.js"
/** Records Effect's metrics. Most programs need nothing of it: `metrics` of the configuration switches it on. */
export * as Metrics from "./capture/Metrics.js"
/** Decides which traces are recorded. */
export * as Sampler from "./capture/Sampler.js"
/** Scores of a session, a trace or a span: by a program, a judge, a colleague or a user. */
export * as Score from "./capture/Score.js"
/** Records Effect's spans. Most programs need nothing of it: `Observability.layer` has it. */
export * as Tracer from "./capture/Tracer.js"
/** W3C baggage: named values that travel with a request, the session among them. */
export * as Baggage from "./identity/Baggage.js"
/** The session of what runs: its id, and how work is done in it. */
export * as SessionId from "./identity/SessionId.js"
/** W3C trace context: the trace of a piece of work, as headers tell it. */
export * as TraceContext from "./identity/TraceContext.js"
/** The thread, run and request of what runs, its user, and its labels. */
export * as TracingOptions from "./identity/TracingOptions.js"
/** Everything wired together: the Layer that records a program, and `flush` and `stats`. */
export * as Observability from "./Observability.js"
/** The configuration, with its defaults, as a Schema. */
export * as ObservabilityConfig from "./ObservabilityConfig.js"
/** Where records go besides the storage: the console, files, memory, your own. */
export * as Exporter from "./pipeline/Exporters.js"
/** The cost of calls of models: tables of prices, and new prices for what is stored. */
export * as Pricing from "./pipeline/Pricing.js"
/** Masks secrets in records before anything stores or sends them. */
export * as SensitiveDataFilter from "./pipeline/SensitiveDataFilter.js"
/** Changes or drops records before they are exported. */
export * as SignalProcessor from "./pipeline/SignalProcessor.js"
/** A session across queues, callbacks and processes. */
export * as Propagation from "./propagation/Propagation.js"
/** Hands finished records to the pipeline: for sources of your own. */
export * as Emitter from "./signal/Emitter.js"
/** The fields of records: for engines and exporters of your own. */
export * as Field from "./signal/Field.js"
/** A log as it is stored. */
export * as LogRecord from "./signal/LogRecord.js"
/** A point of a metric as it is stored. */
export * as MetricPoint from "./signal/MetricPoint.js"
/** A session as lists show it: its activity, turns, errors, tokens and cost. */
export * as SessionSummary from "./signal/SessionSummary.js"
/** A span as it is stored. */
export * as SpanRecord from "./signal/SpanRecord.js"
/** The signals, spans, logs, metrics and scores: for engines and exporters of your own. */
export * as Signal from "./signal/signals.js"
/** Keeps records, and answers questions about them: `Storage.listSessions()`. */
export * as Storage from "./storage/Storage.js"
