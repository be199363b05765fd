/**
 * The signals: the one place that enumerates them. Queues, ledgers, spools, masks, tables, filters and copies go through
 * this list, and a table `{ [N in SignalName]: … }` that lacks a signal does not compile.
 *
 * @since 0.1.0
 */
import * as Log from "./LogRecord.js"
import * as Metric from "./MetricPoint.js"
import * as Scored from "./Score.js"
import type { Signal } from "./Signal.js"
import * as Span from "./SpanRecord.js"

export * from "./Signal.js"

const signal = <const Name extends string, R>(options: Signal<Name, R>): Signal<Name, R> => options

/**
 * Every signal, by its name.
 *
 * @since 0.1.0
 * @category signals
 */
export const signals = {
  spans: signal({
    name: "spans",
    one: "span",
    code: "S",
    fields: Span.fields,
    key: ["traceId", "spanId"],
    time: "startTime",
    record: Span.SpanRecord,
    rule: (span: Span.SpanRecord) => (Span.isStatusOfEnd(span) ? undefined : "status"),
    isComplete: (span) => span.endTime !== undefined
  }),
  logs: signal({
    name: "logs",
    one: "log",
    code: "L",
    fields: Log.fields,
    key: ["logId"],
    time: "timestamp",
    record: Log.LogRecord
  }),
  metrics: signal({
    name: "metrics",
    one: "metric",
    code: "M",
    fields: Metric.fields,
    key: ["metricId"],
    time: "time",
    record: Metric.MetricPoint
  }),
  scores: signal({
    name: "scores",
    one: "score",
    code: "C",
    fields: Scored.fields,
    key: ["scoreId"],
    time: "time",
    record: Scored.Score
  })
} as const

/**
 * The name of a signal: `"spans"`, `"logs"`, `"metrics"` or `"scores"`.
 *
 * @since 0.1.0
 * @category models
 */
export type SignalName = keyof typeof signals

/**
 * The record of a signal.
 *
 * @since 0.1.0
 * @category models
 */
export type RecordOf<Name extends SignalName> = InstanceType<(typeof signals)[Name]["record"]>

/**
 * The signal of a name.
 *
 * @since 0.1.0
 * @category accessors
 */
export const signalOf = <N extends SignalName>(name: N) => signals[name] as Signal<N, RecordOf<N>>

/**
 * The names, in the order in which they are deleted, copied and told.
 *
 * @since 0.1.0
 * @category signals
 */
export const signalNames = Object.keys(signals) as ReadonlyArray<SignalName>

/**
 * A value for each signal.
 *
 * @since 0.1.0
 * @category constructors
 */
export const perSignal = <A>(make: (signal: Signal, name: SignalName) => A): { readonly [N in SignalName]: A } =>
  Object.fromEntries(signalNames.map((name) => [name, make(signals[name], name)])) as { [N in SignalName]: A }

/** A signal whose records may belong to a session. @internal */
export type SessionSignal = {
  [N in SignalName]: "sessionId" extends keyof RecordOf<N> ? N : never
}[SignalName]

/** The signals of sessions; in a timeline, records of one time come in this order. @internal */
export const sessionSignals = signalNames.filter((name): name is SessionSignal => "sessionId" in signals[name].fields)
