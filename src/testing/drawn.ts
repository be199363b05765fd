/** Records and questions at random. They are drawn from few values, so that they meet. */
import * as fc from "effect/FastCheck"
import type { SpanRecord } from "../signal/SpanRecord.js"
import { type RecordOf, type SignalName, signalNames } from "../signal/signals.js"
import type { AggregateOptions } from "../storage/Storage.js"
import {
  at,
  type LogFields,
  log,
  type MetricFields,
  metric,
  type ScoreFields,
  type SpanFields,
  score,
  span,
  spanId,
  traceId
} from "./Records.js"

type Other = Exclude<SignalName, "spans">

/** The signals whose records have no versions. */
export const otherNames = signalNames.filter((name): name is Other => name !== "spans")

type ListOf<N extends SignalName> = `list${Capitalize<N>}`

export type Lists = "listTraces" | "listSessions" | ListOf<SignalName>

const listOf = (name: SignalName) => `list${name[0]?.toUpperCase()}${name.slice(1)}` as ListOf<SignalName>

/** All lists of a storage. */
export const lists: ReadonlyArray<Lists> = ["listTraces", ...signalNames.map(listOf), "listSessions"]

export interface Question {
  readonly filters: object
  readonly orderBy: object
  readonly limit: number
}

export interface Drawn extends Others {
  /** Each span once a round at most, in versions that may run or be completed, in any order. */
  readonly rounds: ReadonlyArray<ReadonlyArray<SpanRecord>>
  readonly sessionIds: ReadonlyArray<string>
  readonly traceIds: ReadonlyArray<string>
  /** Questions for a list. */
  readonly asked: (list: Lists, count: number) => ReadonlyArray<Question>
  /** Searches, each in one of the lists that know them. */
  readonly searches: (count: number) => ReadonlyArray<Question & { readonly list: Lists }>
  /** Aggregates of a signal. */
  readonly aggregates: (signal: SignalName, count: number) => ReadonlyArray<AggregateOptions>
}

type Others = { readonly [N in Other]: ReadonlyArray<RecordOf<N>> }

/** At most six spans a trace, and as many records of every other signal as `logs` says. The same seed draws the same. */
export const draw = (options: {
  readonly seed: number
  readonly sessions: number
  readonly traces: number
  readonly spans: number
  readonly logs: number
  /** Rows of a page, at most. */
  readonly limit: number
}): Drawn => {
  const sample = <A>(arbitrary: fc.Arbitrary<A>, numRuns: number) =>
    fc.sample(arbitrary, { numRuns, seed: options.seed })
  const sessionIds = Array.from({ length: options.sessions }, (_, n) => `s${n + 1}`)
  const traceIds = Array.from({ length: options.traces }, (_, n) => traceId(n + 1))

  const ids = {
    sessionId: fc.constantFrom(...sessionIds),
    threadId: few,
    runId: few,
    userId: few,
    environment: few,
    metadata: fc.record(
      { a: fc.constantFrom(1, "1", null), b: fc.constantFrom({ x: 1, y: 2 }, [1]) },
      { requiredKeys: [] }
    )
  }
  const tags = fc.uniqueArray(few, { maxLength: 3 })

  const errors = { errorType: fc.constantFrom("a", "b"), statusMessage: fc.constantFrom("a", "b") }
  /** Fields that may change while a span runs. */
  const changing = fc.record(
    {
      ...ids,
      tags,
      spanType,
      model: few,
      requestModel: few,
      toolName: few,
      provider: few,
      ...errors,
      inputTokens: fc.nat(100),
      agentName: few,
      costUsd: fc.constantFrom(0.1, 0.2, 0.7, 12_345.678901, 1e9),
      costSource: fc.constantFrom("custom", "table"),
      attributes: fc.oneof(
        fc.constantFrom({}, { "effect_observability.replay": true }, said("a"), said("b"), {
          "input.value": "c",
          a: 1
        }),
        conversation,
        fc.record({ said: sentence, deep: fc.constantFrom(null, [{ text: "ＤＥＥＰ\u00adly" }], { n: 1, t: "b" }) })
      ),
      events: fc.constantFrom([], [{ name: "first", time: at(0), attributes: { why: "Straße 7" } }])
    },
    { requiredKeys: ["tags"] }
  )
  const versions = fc
    .tuple(
      fc.tuple(fc.constantFrom(...traceIds), fc.integer({ min: 1, max: 6 }).map(spanId)),
      fc.record({ startTime: time, name: few, serviceName: few }),
      fc.record({ entry, inner, inSessionOfTrace: fc.boolean() }),
      fc.array(
        fc.tuple(
          changing,
          fc.constantFrom("running", "ok", "error", "error", "interrupted"),
          fc.integer({ min: 0, max: 6 })
        ),
        { minLength: 1, maxLength: 3 }
      )
    )
    .map(([[traceId, spanId], fixed, { entry, inner, inSessionOfTrace }, versions]) => {
      const number = traceIds.indexOf(traceId)
      // One in three traces has no entry span, and half of the spans of a trace are in a session with each other.
      const parent = number % 3 === 0 ? inner : entry
      const session = inSessionOfTrace ? { sessionId: sessionIds[number % sessionIds.length] as string } : {}
      return versions.map(([fields, status, millis]) =>
        span({
          traceId,
          spanId,
          ...fixed,
          ...parent,
          ...(fields as SpanFields),
          ...session,
          status: status as "ok",
          ...(status === "running" ? {} : { endTime: fixed.startTime + BigInt(millis) * 1_000_000n })
        })
      )
    })
  const someLog = fc
    .record(
      {
        ...ids,
        tags,
        traceId: fc.constantFrom(...traceIds),
        timestamp: time,
        level: fc.constantFrom("debug", "info", "warn", "error"),
        message: fc.oneof(fc.constantFrom("one", "ONE two", "100%"), sentence),
        data: fc.constantFrom([], ["datum"], [{ a: ["Zwei"] }]),
        attributes: fc.constantFrom({}, { note: "東京タワー" })
      },
      { requiredKeys: ["timestamp", "level", "message"] }
    )
    .map((fields) => log(fields as LogFields))

  const someMetric = fc
    .record(
      {
        name: few,
        kind: fc.constantFrom("counter", "gauge"),
        environment: few,
        serviceName: few,
        traceId: fc.constantFrom(...traceIds),
        time,
        value: fc.constantFrom(-3, -0.1, 0, 0.1, 0.2, 1e15, 1 / 3),
        attributes: fc.record({ a: fc.constantFrom("x", "1", 1, true) }, { requiredKeys: [] }),
        histogram: fc.record(
          {
            count: fc.constant(0),
            sum: fc.constant(0),
            bounds: fc.constantFrom([0.1, 5], [-1, 0.25, 1e21], []),
            counts: fc.array(fc.nat(5), { maxLength: 4 }),
            min: fc.constantFrom(-2, 0.05),
            max: fc.constantFrom(4, 1e22)
          },
          { requiredKeys: ["count", "sum", "bounds", "counts"] }
        )
      },
      { requiredKeys: ["time", "serviceName"] }
    )
    .map((fields) => metric(fields as MetricFields))
  // Few ids: a score often replaces another one, at another time and in another session.
  const someScore = fc
    .record(
      {
        ...ids,
        tags,
        scoreId: fc.integer({ min: 1, max: options.logs }).map((n) => `score ${n}`),
        traceId: fc.constantFrom(...traceIds),
        time,
        name: few,
        label: few,
        source: fc.constantFrom("user", "model"),
        value: fc.constantFrom(0, 0.1, 0.7, 1, 3),
        dataType: fc.constantFrom("numeric", "numeric", "boolean", "text")
      },
      { requiredKeys: ["scoreId", "time", "name", "source"] }
    )
    .map((fields) => score(fields as ScoreFields))

  const rowFilters = {
    ...ids,
    serviceName: few,
    traceId: fc.constantFrom(...traceIds),
    tags: fc.subarray(["a", "b"], { minLength: 1 }),
    startedAfter: time,
    startedBefore: time
  }
  const ofSpans = question(
    {
      ...rowFilters,
      spanType,
      name: few,
      status: fc.constantFrom("ok", "error", "running"),
      model: few,
      toolName: few,
      provider: few,
      errorType: fc.constantFrom("a", "b"),
      minDuration: fc.integer({ min: 0, max: 6 }),
      hasError: fc.boolean(),
      search
    },
    options.limit,
    "time",
    "duration"
  )
  const ofLogs = question(
    {
      ...rowFilters,
      level: fc.constantFrom("info", "warn"),
      minLevel: fc.constantFrom("info", "warn"),
      search
    },
    options.limit,
    "time"
  )

  const ofMetrics = question(
    {
      name: few,
      kind: fc.constantFrom("counter", "gauge"),
      serviceName: few,
      environment: few,
      traceId: fc.constantFrom(...traceIds),
      startedAfter: time,
      startedBefore: time
    },
    options.limit,
    "time"
  )
  const ofScores = question(
    {
      ...rowFilters,
      name: few,
      label: few,
      source: fc.constantFrom("user", "model"),
      minValue: fc.integer({ min: 0, max: 3 }),
      maxValue: fc.integer({ min: 0, max: 3 })
    },
    options.limit,
    "time"
  )
  const questions: { readonly [L in Lists]: fc.Arbitrary<Question> } = {
    listTraces: ofSpans,
    listSessions: ofSpans,
    listSpans: ofSpans,
    listLogs: ofLogs,
    listMetrics: ofMetrics,
    listScores: ofScores
  }

  // Fixed fields must be the same in all versions of a span: of spans with the same ids, one is taken.
  const drawn = new Map(
    sample(versions, options.spans).map((versions) => [`${versions[0]?.traceId} ${versions[0]?.spanId}`, versions])
  )
  return {
    rounds: [0, 1, 2].map((round) =>
      Array.from(drawn.values()).flatMap((versions) => versions.slice(round, round + 1))
    ),
    logs: sample(someLog, options.logs),
    metrics: sample(someMetric, options.logs),
    scores: sample(someScore, options.logs),
    sessionIds,
    traceIds,
    asked: (list, count) => sample(questions[list], count),
    searches: (count) =>
      sample(
        fc.constantFrom<Lists>("listSpans", "listSpans", "listLogs", "listTraces", "listSessions").chain((list) =>
          fc.record({ question: questions[list], search }).map(({ question: { filters, ...others }, search }) => ({
            list,
            ...others,
            filters: { ...filters, search }
          }))
        ),
        count
      ),
    aggregates: (signal, count) => sample(aggregate(signal, questions[listOf(signal)]), count)
  }
}

const few = fc.constantFrom("a", "b", "c")

/** Words as they are written in records, and as somebody searches for them, with others that are in none. */
const spoken = fc.constantFrom(
  "Refund",
  "order",
  "straße",
  "STRASSE",
  "東京",
  "京",
  "👍🏽",
  "u\u0308ber",
  "ÜBER",
  "a",
  "x_1",
  "\\n",
  "42",
  "a1b2c3d4e5f60718",
  "e\u0301te\u0301",
  "日本語",
  "ขอคืนเงิน",
  "👨‍👩‍👧",
  "İstanbul",
  "ﬁne",
  "ＡＢ１",
  "x".repeat(70),
  "...",
  "'; --",
  "\\u00e4",
  "nul\u0000l"
)
const sentence = fc
  .array(spoken, { minLength: 1, maxLength: 6 })
  .chain((words) => fc.constantFrom(" ", "-", "\n", '"', "").map((between) => words.join(between)))
const searched = fc.oneof(
  spoken,
  fc.constantFrom("one", "b", "first", "deeply", "datum", "zwei", "7", "message", "absent", "fund")
)
const search = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: searched },
      searched.map((word) => `"${word}"`)
    ),
    { minLength: 1, maxLength: 2 }
  )
  .map((parts) => `${parts.join(" ")}`)
  // A search without a word or a phrase is refused.
  .filter((text) => /["\p{L}\p{N}\p{Extended_Pictographic}]/u.test(text))
/** Agents send all messages before it with each call, as they are or as a text. */
const conversation = fc
  .record({ contents: fc.array(sentence, { minLength: 1, maxLength: 12 }), space: fc.constantFrom(0, 1) })
  .map(({ contents, space }) => {
    const messages = contents.map((said, n) => ({
      role: "user",
      content: `${said}${` message ${n}`.repeat(30)} ${said}`
    }))
    return { "gen_ai.input.messages": messages, input: JSON.stringify(messages, undefined, space) }
  })
const said = (text: string) => ({
  "gen_ai.input.messages": [{ role: "user", parts: [{ type: "text", content: text }] }],
  "gen_ai.output.messages": [{ role: "assistant", parts: [{ type: "text", content: `${text}!` }] }]
})
const time = fc.integer({ min: 0, max: 12 }).map(at)
const spanType = fc.constantFrom("agent_run", "model_generation", "tool_call")
/** A parent that may be there or not: a span below it, itself, or in a circle with it included. */
const inner = fc.constantFrom(1, 1, 2, 3, 99).map((id) => ({ parentSpanId: spanId(id) }))
const entry = fc.oneof(inner, fc.constantFrom({}, { parentSpanId: spanId(2), parentIsRemote: true }))

/** Up to three filters at once. */
const question = (
  filters: Record<string, fc.Arbitrary<unknown>>,
  limit: number,
  ...fields: ReadonlyArray<string>
): fc.Arbitrary<Question> =>
  fc.record({
    filters: fc
      .subarray(Object.keys(filters), { maxLength: 3 })
      .chain((keys) => fc.record(Object.fromEntries(keys.map((key) => [key, filters[key] as fc.Arbitrary<unknown>])))),
    orderBy: fc.record({ field: fc.constantFrom(...fields), direction: fc.constantFrom("asc", "desc") }),
    limit: fc.integer({ min: Math.ceil(limit / 10), max: limit })
  })

const ids = ["traceId", "spanId", "sessionId", "threadId", "runId", "userId", "serviceName", "environment"]

/** By signal: dimensions, and the fields that are measured. */
const measurable: {
  readonly [N in SignalName]: { readonly dimensions: ReadonlyArray<unknown>; readonly fields: ReadonlyArray<string> }
} = {
  spans: {
    dimensions: [
      ...ids,
      "name",
      "spanType",
      "status",
      "model",
      "toolName",
      "errorType",
      "tags",
      { metadata: "a" },
      { metadata: "b" }
    ],
    fields: ["duration", "inputTokens", "costUsd"]
  },
  logs: { dimensions: [...ids, "level", "tags", { metadata: "a" }], fields: [] },
  metrics: {
    dimensions: ["name", "kind", "environment", "serviceName", "traceId", { attribute: "a" }],
    fields: ["value"]
  },
  scores: { dimensions: [...ids, "name", "label", "source", "tags", { metadata: "a" }], fields: ["value"] }
}

/** An aggregate with the filters of a list. */
const aggregate = (of: SignalName, list: fc.Arbitrary<Question>): fc.Arbitrary<AggregateOptions> => {
  const { dimensions, fields } = measurable[of]
  const field = fields.length === 0 ? fc.constant("") : fc.constantFrom(...fields)
  const ofField = fc.oneof(
    fc.record({ sum: field }),
    fc.record({ mean: field }),
    fc.record({ min: field }),
    fc.record({ max: field }),
    fc.record({ quantile: fc.constantFrom(0, 0.1, 0.5, 0.9, 0.95, 1), of: field })
  )
  const ofValue = fc.constantFrom(...(of === "metrics" ? ["rate", "last"] : ["last"])).map((op) => ({ [op]: "value" }))
  const measure = fc.oneof(
    fc.constant("count"),
    fc.record({ distinct: fc.constantFrom(...dimensions.filter((dimension) => dimension !== "tags")) }),
    fc.constantFrom("min", "max").map((op) => ({ [op]: "time" })),
    ...(of === "spans" || of === "logs" ? [fc.constantFrom("errors", "errorRate")] : [ofValue]),
    ...(of === "metrics" ? [fc.record({ quantile: fc.constantFrom(0.1, 0.5, 1), of: fc.constant("histogram") })] : []),
    ...(fields.length > 0 ? [ofField, ofField, ofField] : [])
  )
  return fc
    .record({
      list,
      range: fc.tuple(time, fc.integer({ min: 0, max: 9 })),
      groupBy: fc.subarray(Array.from(dimensions), { maxLength: 4 }),
      interval: fc.constantFrom(undefined, undefined, 1_000_000n, 3_000_000n, "7 nanos"),
      measures: fc.array(measure, { minLength: 1, maxLength: 5 }),
      place: fc.nat(),
      direction: fc.constantFrom("asc", "desc"),
      limit: fc.constantFrom(1, 2, 3, 100),
      rest: fc.boolean(),
      previous: fc.boolean()
    })
    .map(({ direction, groupBy, interval, limit, list, measures, place, previous, range: [from, millis], rest }) => ({
      of,
      filters: {
        ...list.filters,
        startedAfter: from,
        startedBefore: from + BigInt(millis) * (interval === "7 nanos" ? 40n : 1_000_000n)
      },
      groupBy,
      interval,
      measures: Object.fromEntries(measures.map((measure, i) => [`m${i}`, measure])),
      orderBy: { measure: `m${place % measures.length}`, direction },
      limit,
      rest,
      previous
    })) as unknown as fc.Arbitrary<AggregateOptions>
}
