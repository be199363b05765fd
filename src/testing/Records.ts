/**
 * Records for tests: one of each signal with what a test says of it, or any at random.
 *
 * @since 0.1.0
 */
import { SessionId } from "../identity/SessionId.js"
import { LogRecord } from "../signal/LogRecord.js"
import { MetricPoint } from "../signal/MetricPoint.js"
import { Score } from "../signal/Score.js"
import { SpanRecord } from "../signal/SpanRecord.js"

type Fields<Args> = Partial<Omit<Args, "sessionId">> & { readonly sessionId?: string | undefined }
/**
 * The fields that a test gives a span.
 *
 * @since 0.1.0
 * @category models
 */
export type SpanFields = Fields<ConstructorParameters<typeof SpanRecord>[0]>
/**
 * The fields that a test gives a log.
 *
 * @since 0.1.0
 * @category models
 */
export type LogFields = Fields<ConstructorParameters<typeof LogRecord>[0]>
/**
 * The fields that a test gives a point of a metric.
 *
 * @since 0.1.0
 * @category models
 */
export type MetricFields = Partial<ConstructorParameters<typeof MetricPoint>[0]>
/**
 * The fields that a test gives a score.
 *
 * @since 0.1.0
 * @category models
 */
export type ScoreFields = Fields<ConstructorParameters<typeof Score>[0]>

/**
 * A time so many milliseconds after a fixed one.
 *
 * @since 0.1.0
 * @category constructors
 */
export const at = (millis: number): bigint => 1_700_000_000_000_000_000n + BigInt(Math.round(millis * 1_000_000))

/**
 * The trace id of a number.
 *
 * @since 0.1.0
 * @category constructors
 */
export const traceId = (n: number): string => n.toString(16).padStart(32, "0")

/**
 * The span id of a number.
 *
 * @since 0.1.0
 * @category constructors
 */
export const spanId = (n: number): string => n.toString(16).padStart(16, "0")

let made = 0

const common = { serviceName: "test", tags: [], attributes: {} }

const inSession = (sessionId: string | undefined) =>
  sessionId === undefined ? {} : { sessionId: SessionId.make(sessionId) }

/**
 * A completed span of a millisecond, or a running one where `status` says so. Each has ids of its own, and starts a
 * millisecond after the record made before it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const span = ({ sessionId, ...fields }: SpanFields = {}): SpanRecord => {
  made++
  const startTime = fields.startTime ?? at(made)
  return new SpanRecord({
    traceId: traceId(made),
    spanId: spanId(made),
    name: "span",
    kind: "internal",
    spanType: "generic",
    status: "ok",
    startTime,
    ...(fields.status === "running" ? {} : { endTime: startTime + 1_000_000n }),
    events: [],
    links: [],
    resource: {},
    ...common,
    ...fields,
    ...inSession(sessionId)
  })
}

/**
 * A log with an id of its own, a millisecond after the record made before it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const log = ({ sessionId, ...fields }: LogFields = {}): LogRecord => {
  made++
  return new LogRecord({
    logId: `log-${String(made).padStart(8, "0")}`,
    timestamp: at(made),
    level: "info",
    message: "message",
    data: [],
    logSpans: {},
    ...common,
    ...fields,
    ...inSession(sessionId)
  })
}

/**
 * A point of a counter with an id of its own, a millisecond after the record made before it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const metric = (fields: MetricFields = {}): MetricPoint => {
  made++
  return new MetricPoint({
    metricId: `metric-${String(made).padStart(8, "0")}`,
    name: "metric",
    kind: "counter",
    time: at(made),
    value: 1,
    attributes: {},
    serviceName: "test",
    resource: {},
    ...fields
  })
}

/**
 * A number with an id of its own, a millisecond after the record made before it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const score = ({ sessionId, ...fields }: ScoreFields = {}): Score => {
  made++
  return new Score({
    scoreId: `score-${String(made).padStart(8, "0")}`,
    time: at(made),
    name: "score",
    ...(fields.dataType === undefined && { value: 1 }),
    dataType: "numeric",
    source: "code",
    serviceName: "test",
    tags: [],
    ...fields,
    ...inSession(sessionId)
  })
}

export {
  /**
   * Records of a signal at random, with any value that each field may have.
   *
   * @since 0.1.0
   * @category arbitraries
   */
  records as arbitrary
} from "./arbitrary.js"
