/**
 * Every field of every signal on every path that its record takes. A table for each signal says of each field what holds,
 * and each test holds all fields against one column of them:
 *
 * - every engine and the spool give it back as it was, whichever of two values it has;
 * - `otlp`: what differs in OTLP when it does: fields, attributes, and attributes of the resource; none where it is not
 *   sent on purpose;
 * - `secret`: where a secret that stands in it is left on purpose; everywhere else it is masked; null where it has no text;
 * - `filters`: which filters of a list tell its two values apart; none where no filter asks for it.
 *
 * A new field has no row, and a new signal no table: neither compiles.
 */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Either, type Layer, Logger, Predicate, Queue } from "effect"
import { Exporter, SensitiveDataFilter, SessionId, type SignalProcessor, Storage } from "effect-observability"
import { DuckDbStorage } from "effect-observability/duckdb"
import { OtlpExporter } from "effect-observability/otlp"
import * as BatchWriter from "../../src/pipeline/internal/batchWriter.js"
import type { correlation } from "../../src/signal/internal/correlation.js"
import { keyOf, type RecordOf, type SignalName, signalNames, signalOf } from "../../src/signal/signals.js"
import { at, spanId, traceId } from "../../src/testing/Records.js"
import * as Clickhouse from "../utils/chdb.js"
import { describeClickhouse } from "../utils/describeClickhouse.js"
import { emit } from "../utils/emit.js"
import { folder } from "../utils/folder.js"
import { type Message, one, server } from "../utils/otlp.js"
import { all } from "../utils/pages.js"
import { shaped } from "../utils/secrets.js"

interface Row<A, Filters> {
  /** What it is in all records but one, and what it is in that one. */
  readonly values: readonly [usual: A, other: A]
  readonly otlp: ReadonlyArray<string>
  /** What other fields are where OTLP has it, when that is not what they usually are. */
  readonly beside?: Values
  /** How it holds a text, and where it keeps that. */
  readonly secret: { readonly put: (text: string) => A; readonly left: ReadonlyArray<string> } | null
  readonly filters: ReadonlyArray<Filters>
}

interface Values {
  readonly [field: string]: unknown
}

type Rows<Fields, Filters> = { readonly [Name in keyof Fields]-?: Row<NonNullable<Fields[Name]>, Filters> }

type RowsOf<N extends SignalName> = Rows<Omit<RecordOf<N>, "toJSON" | "_tag">, FiltersOf<N>>

type FiltersOf<N extends SignalName> = NonNullable<
  NonNullable<Parameters<Storage.StorageService[`list${Capitalize<N>}`]>[0]>["filters"]
>

const masked = <A>(put: (text: string) => A) => ({ put, left: [] })
const left = <A>(put: (text: string) => A) => ({ put, left: [""] })

const text = (text: string) => text
const texts = (text: string) => [text]
const object = (text: string) => ({ [text]: text, nested: [{ text }] })

const correlated: Rows<Pick<RecordOf<"spans">, keyof typeof correlation>, Storage.CommonFilters> = {
  sessionId: {
    values: [SessionId.SessionId.make("session-1"), SessionId.SessionId.make("session-2")],
    otlp: ["attributes.session.id"],
    secret: left((text) => SessionId.SessionId.make(text)),
    filters: [{ sessionId: "session-1" }]
  },
  threadId: {
    values: ["thread-1", "thread-2"],
    otlp: ["attributes.effect_observability.thread_id"],
    secret: left(text),
    filters: [{ threadId: "thread-1" }]
  },
  runId: {
    values: ["run-1", "run-2"],
    otlp: ["attributes.effect_observability.run_id"],
    secret: left(text),
    filters: [{ runId: "run-1" }]
  },
  requestId: {
    values: ["request-1", "request-2"],
    otlp: ["attributes.effect_observability.request_id"],
    secret: left(text),
    filters: [{ requestId: "request-1" }]
  },
  resourceId: {
    values: ["resource-1", "resource-2"],
    otlp: ["attributes.effect_observability.resource_id"],
    secret: left(text),
    filters: [{ resourceId: "resource-1" }]
  },
  userId: {
    values: ["user-1", "user-2"],
    otlp: ["attributes.user.id"],
    secret: left(text),
    filters: [{ userId: "user-1" }]
  },
  organizationId: {
    values: ["organization-1", "organization-2"],
    otlp: ["attributes.effect_observability.organization_id"],
    secret: left(text),
    filters: [{ organizationId: "organization-1" }]
  },
  conversationId: {
    values: ["conversation-1", "conversation-2"],
    otlp: ["attributes.gen_ai.conversation.id"],
    secret: left(text),
    filters: [{ conversationId: "conversation-1" }]
  },
  serviceName: {
    values: ["service-1", "service-2"],
    otlp: ["resource.service.name"],
    secret: masked(text),
    filters: [{ serviceName: "service-1" }]
  },
  environment: {
    values: ["production", "staging"],
    otlp: ["resource.deployment.environment.name"],
    secret: masked(text),
    filters: [{ environment: "production" }]
  },
  tags: {
    values: [["vip", "beta"], ["beta"]],
    otlp: ["attributes.langfuse.trace.tags", "attributes.tag.tags"],
    secret: masked(texts),
    filters: [{ tags: ["vip"] }]
  },
  metadata: {
    values: [{ plan: "pro" }, { plan: "free" }],
    otlp: ["attributes.langfuse.trace.metadata.plan", "attributes.metadata"],
    secret: masked(object),
    filters: [{ metadata: { plan: "pro" } }]
  }
}

const spans: RowsOf<"spans"> = {
  traceId: {
    values: [traceId(1), traceId(2)],
    otlp: ["traceId"],
    secret: null,
    filters: [{ traceId: traceId(1) }]
  },
  spanId: { values: [spanId(1), spanId(2)], otlp: ["spanId"], secret: null, filters: [] },
  parentSpanId: { values: [spanId(3), spanId(4)], otlp: ["parentSpanId"], secret: null, filters: [] },
  parentIsRemote: { values: [true, false], otlp: ["flags"], secret: null, filters: [] },
  traceState: { values: ["vendor=1", "vendor=2"], otlp: ["traceState"], secret: masked(text), filters: [] },
  name: { values: ["chat", "answer"], otlp: ["name"], secret: masked(text), filters: [{ name: "chat" }] },
  kind: { values: ["client", "server"], otlp: ["kind"], secret: null, filters: [] },
  spanType: {
    values: ["model_generation", "retrieval"],
    otlp: [
      "attributes.llm.model_name",
      "attributes.llm.token_count.completion",
      "attributes.llm.token_count.completion_details.reasoning",
      "attributes.llm.token_count.prompt",
      "attributes.llm.token_count.prompt_details.cache_read",
      "attributes.llm.token_count.prompt_details.cache_write",
      "attributes.openinference.span.kind"
    ],
    secret: null,
    filters: [{ spanType: "model_generation" }]
  },
  status: {
    values: ["error", "ok"],
    otlp: ["status.code"],
    secret: null,
    filters: [{ status: "error" }, { hasError: true }, { hasError: false }]
  },
  statusMessage: {
    values: ["overloaded", "out of tokens"],
    otlp: ["status.message"],
    secret: masked(text),
    filters: []
  },
  startTime: {
    values: [at(10), at(5)],
    otlp: ["startTimeUnixNano"],
    secret: null,
    filters: [{ startedAfter: at(10) }, { startedBefore: at(10) }]
  },
  endTime: {
    values: [at(30), at(20)],
    otlp: ["endTimeUnixNano"],
    secret: null,
    filters: [{ minDuration: "20 millis" }]
  },
  ...correlated,
  model: {
    values: ["model-1", "model-2"],
    otlp: ["attributes.gen_ai.response.model", "attributes.llm.model_name"],
    secret: masked(text),
    filters: [{ model: "model-1" }]
  },
  provider: {
    values: ["openai", "anthropic"],
    otlp: ["attributes.gen_ai.provider.name"],
    secret: masked(text),
    filters: [{ provider: "openai" }]
  },
  inputTokens: {
    values: [11, 12],
    otlp: ["attributes.gen_ai.usage.input_tokens", "attributes.llm.token_count.prompt"],
    secret: null,
    filters: []
  },
  outputTokens: {
    values: [21, 22],
    otlp: ["attributes.gen_ai.usage.output_tokens", "attributes.llm.token_count.completion"],
    secret: null,
    filters: []
  },
  requestModel: {
    values: ["asked-1", "asked-2"],
    otlp: ["attributes.gen_ai.request.model"],
    secret: masked(text),
    filters: [{ model: "asked-1" }]
  },
  errorType: {
    values: ["NoSeats", "429"],
    otlp: ["attributes.error.type"],
    secret: masked(text),
    filters: [{ errorType: "NoSeats" }]
  },
  cachedInputTokens: {
    values: [5, 6],
    otlp: ["attributes.gen_ai.usage.cache_read.input_tokens", "attributes.llm.token_count.prompt_details.cache_read"],
    secret: null,
    filters: []
  },
  cacheWriteTokens: {
    values: [3, 4],
    otlp: ["attributes.gen_ai.usage.cache_write.input_tokens", "attributes.llm.token_count.prompt_details.cache_write"],
    secret: null,
    filters: []
  },
  reasoningTokens: {
    values: [7, 8],
    otlp: [
      "attributes.gen_ai.usage.reasoning.output_tokens",
      "attributes.llm.token_count.completion_details.reasoning"
    ],
    secret: null,
    filters: []
  },
  costSource: {
    values: ["provider", "custom"],
    otlp: ["attributes.effect_observability.cost_source"],
    secret: null,
    filters: []
  },
  timeToFirstToken: {
    values: [9_000n, 10_000n],
    otlp: ["attributes.effect_observability.time_to_first_token"],
    secret: null,
    filters: []
  },
  toolName: {
    values: ["search", "book"],
    otlp: ["attributes.gen_ai.tool.name"],
    secret: masked(text),
    filters: [{ toolName: "search" }]
  },
  agentName: {
    values: ["planner", "writer"],
    otlp: ["attributes.gen_ai.agent.name"],
    secret: masked(text),
    filters: [{ agentName: "planner" }]
  },
  costUsd: { values: [0.25, 0.5], otlp: ["attributes.gen_ai.usage.cost"], secret: null, filters: [] },
  attributes: {
    values: [{ attribute: "a" }, { attribute: "b" }],
    otlp: ["attributes.attribute"],
    secret: masked(object),
    filters: []
  },
  events: {
    values: [
      [{ name: "first", time: at(11), attributes: { event: 1 } }],
      [{ name: "second", time: at(12), attributes: { event: 2 } }]
    ],
    otlp: ["events"],
    secret: masked((text) => [{ name: text, time: at(11), attributes: object(text) }]),
    filters: []
  },
  links: {
    values: [
      [{ traceId: traceId(7), spanId: spanId(7), attributes: { link: 1 } }],
      [{ traceId: traceId(8), spanId: spanId(8), attributes: { link: 2 } }]
    ],
    otlp: ["links"],
    secret: {
      put: (text) => [{ traceId: text, spanId: text, attributes: object(text) }],
      left: ["/0/traceId", "/0/spanId"]
    },
    filters: []
  },
  resource: {
    values: [{ "host.name": "host-1" }, { "host.name": "host-2" }],
    otlp: ["resource.host.name"],
    secret: masked(object),
    filters: []
  },
  dropped: {
    values: [
      { attributes: 1, events: 2, links: 3 },
      { attributes: 4, events: 5, links: 6 }
    ],
    otlp: ["droppedAttributesCount", "droppedEventsCount", "droppedLinksCount"],
    secret: null,
    filters: []
  }
}

const logs: RowsOf<"logs"> = {
  logId: { values: ["log-1", "log-2"], otlp: ["attributes.log.record.uid"], secret: left(text), filters: [] },
  timestamp: {
    values: [at(10), at(5)],
    otlp: ["observedTimeUnixNano", "timeUnixNano"],
    secret: null,
    filters: [{ startedAfter: at(10) }, { startedBefore: at(10) }]
  },
  level: {
    values: ["error", "info"],
    otlp: ["severityNumber", "severityText"],
    secret: null,
    filters: [{ level: "error" }, { minLevel: "warn" }]
  },
  dropped: {
    values: [{ attributes: 1 }, { attributes: 2 }],
    otlp: ["droppedAttributesCount"],
    secret: null,
    filters: []
  },
  message: {
    values: ["The model is overloaded", "The model answers"],
    otlp: ["body.stringValue"],
    secret: masked(text),
    filters: [{ search: "OVERLOADED" }]
  },
  data: {
    values: [[{ data: 1 }], [{ data: 2 }]],
    otlp: ["attributes.effect_observability.data"],
    secret: masked((text) => [text, object(text)]),
    filters: []
  },
  attributes: {
    values: [{ attribute: "a" }, { attribute: "b" }],
    otlp: ["attributes.attribute"],
    secret: masked(object),
    filters: []
  },
  logSpans: {
    values: [{ request: 1.5 }, { request: 2.5 }],
    otlp: ["attributes.logSpan.request"],
    secret: masked((text) => ({ [text]: 1 })),
    filters: []
  },
  cause: {
    values: ["Error: one\n    at one", "Error: two\n    at two"],
    otlp: ["attributes.exception.message", "attributes.exception.stacktrace"],
    secret: masked(text),
    filters: []
  },
  traceId: {
    values: [traceId(1), traceId(2)],
    otlp: ["traceId"],
    secret: left(text),
    filters: [{ traceId: traceId(1) }]
  },
  spanId: { values: [spanId(1), spanId(2)], otlp: ["spanId"], secret: left(text), filters: [] },
  ...correlated
}

const metrics: RowsOf<"metrics"> = {
  metricId: { values: ["metric-1", "metric-2"], otlp: ["metadata"], secret: left(text), filters: [] },
  name: { values: ["requests", "answers"], otlp: ["name"], secret: masked(text), filters: [{ name: "requests" }] },
  kind: {
    values: ["counter", "gauge"],
    otlp: ["gauge", "sum", "sum.aggregationTemporality", "sum.isMonotonic"],
    secret: null,
    filters: [{ kind: "counter" }]
  },
  unit: { values: ["{request}", "{answer}"], otlp: ["unit"], secret: masked(text), filters: [] },
  description: { values: ["All requests", "All answers"], otlp: ["description"], secret: masked(text), filters: [] },
  startTime: { values: [at(3), at(4)], otlp: ["point.startTimeUnixNano"], secret: null, filters: [] },
  time: {
    values: [at(10), at(5)],
    otlp: ["point.exemplars", "point.timeUnixNano"],
    secret: null,
    filters: [{ startedAfter: at(10) }, { startedBefore: at(10) }]
  },
  value: { values: [0.25, 0.5], otlp: ["point.asDouble", "point.exemplars"], secret: null, filters: [] },
  histogram: {
    values: [
      { count: 3, sum: 6.5, min: 0.5, max: 4, bounds: [1, 2], counts: [1, 0, 2] },
      { count: 4, sum: 7.5, min: 0.75, max: 5, bounds: [2, 3], counts: [2, 1, 1] }
    ],
    otlp: [
      "point.bucketCounts",
      "point.count",
      "point.exemplars",
      "point.explicitBounds",
      "point.max",
      "point.min",
      "point.sum"
    ],
    beside: { kind: "histogram" },
    secret: null,
    filters: []
  },
  attributes: {
    values: [{ attribute: "a" }, { attribute: "b" }],
    otlp: ["point.attributes.attribute"],
    secret: masked(object),
    filters: []
  },
  traceId: {
    values: [traceId(1), traceId(2)],
    otlp: ["point.exemplars"],
    secret: left(text),
    filters: [{ traceId: traceId(1) }]
  },
  spanId: { values: [spanId(1), spanId(2)], otlp: ["point.exemplars"], secret: left(text), filters: [] },
  serviceName: correlated.serviceName,
  environment: correlated.environment,
  resource: {
    values: [{ "host.name": "host-1" }, { "host.name": "host-2" }],
    otlp: ["resource.host.name"],
    secret: masked(object),
    filters: []
  }
}

const scores: RowsOf<"scores"> = {
  scoreId: {
    values: ["score-1", "score-2"],
    otlp: ["attributes.effect_observability.score_id"],
    secret: left(text),
    filters: []
  },
  time: {
    values: [at(10), at(5)],
    otlp: ["observedTimeUnixNano", "timeUnixNano"],
    secret: null,
    filters: [{ startedAfter: at(10) }, { startedBefore: at(10) }]
  },
  name: {
    values: ["helpfulness", "tone"],
    otlp: ["attributes.gen_ai.evaluation.name"],
    secret: masked(text),
    filters: [{ name: "helpfulness" }]
  },
  value: {
    values: [0.25, 0.5],
    otlp: ["attributes.gen_ai.evaluation.score.value"],
    secret: null,
    filters: [{ minValue: 0.5 }, { maxValue: 0.25 }]
  },
  label: {
    values: ["good", "bad"],
    otlp: ["attributes.gen_ai.evaluation.score.label"],
    secret: masked(text),
    filters: [{ label: "good" }]
  },
  comment: {
    values: ["It answered.", "It asked."],
    otlp: ["attributes.gen_ai.evaluation.explanation"],
    secret: masked(text),
    filters: []
  },
  correction: {
    values: ["It should have asked.", "It should have answered."],
    otlp: ["attributes.effect_observability.score_correction"],
    secret: masked(text),
    filters: []
  },
  dataType: {
    values: ["numeric", "categorical"],
    otlp: ["attributes.effect_observability.score_data_type"],
    secret: null,
    filters: [{ dataType: "numeric" }]
  },
  source: {
    values: ["model", "human"],
    otlp: ["attributes.effect_observability.score_source"],
    secret: null,
    filters: [{ source: "model" }]
  },
  scorer: {
    values: [
      { name: "judge", version: "1", model: "model-1" },
      { name: "jury", version: "2", model: "model-2" }
    ],
    otlp: [
      "attributes.effect_observability.scorer_model",
      "attributes.effect_observability.scorer_name",
      "attributes.effect_observability.scorer_version"
    ],
    secret: masked((text) => ({ name: text, version: text, model: text })),
    filters: []
  },
  authorId: {
    values: ["author-1", "author-2"],
    otlp: ["attributes.effect_observability.author_id"],
    secret: left(text),
    filters: []
  },
  traceId: {
    values: [traceId(1), traceId(2)],
    otlp: ["traceId"],
    secret: left(text),
    filters: [{ traceId: traceId(1) }]
  },
  spanId: { values: [spanId(1), spanId(2)], otlp: ["spanId"], secret: left(text), filters: [] },
  ...correlated
}

const tables: { readonly [N in SignalName]: RowsOf<N> } = { spans, logs, metrics, scores }

/** A pipeline until the scope closes, in which a processor makes a copy of each record. It is given some to begin with. */
const emitting = (
  records: ReadonlyArray<RecordOf<SignalName>>,
  options: Pick<BatchWriter.BatchWriterOptions, "exporters" | "spool"> & Partial<BatchWriter.BatchWriterOptions>
) =>
  BatchWriter.make({ processors: [copying], batch, ...options }).pipe(
    Effect.tap(({ emitter }) => {
      for (const record of records) emit(emitter, record)
    }),
    Effect.provide(Logger.remove(Logger.defaultLogger))
  )

const copying = {
  name: "copying",
  ...Object.fromEntries(signalNames.map((name) => [signalOf(name).one, (record: object) => ({ ...record })]))
} as SignalProcessor.SignalProcessor

const batch: BatchWriter.BatchWriterOptions["batch"] = {
  maxQueueSize: 1_000,
  maxQueueBytes: 2 ** 26,
  maxBatchSize: 1_000,
  scheduledDelay: Duration.millis(10),
  exportTimeout: Duration.seconds(30),
  shutdownTimeout: Duration.millis(100)
}

/** What OTLP has of the only record of a request, by name. */
const flat = (message: Message): ReadonlyMap<string, string> => {
  const { record, resource } = one(message)
  const all = [...partsOf(record), ...attributesOf("resource", resource["attributes"])]
  return new Map(all.map(([name, value]) => [name, JSON.stringify(value)]))
}

type Parts = ReadonlyArray<readonly [name: string, value: unknown]>

/** The parts of a record, and of the only point of a metric, with the parts that they have. */
const partsOf = (message: Message, prefix = ""): Parts =>
  Object.entries(message).flatMap(([name, value]): Parts => {
    const path = `${prefix}${name}`
    if (name === "attributes") return attributesOf(path, value)
    if (name === "dataPoints") return partsOf((value as [Message])[0], "point.")
    return Predicate.isRecord(value) ? [[path, {}], ...partsOf(value, `${path}.`)] : [[path, value]]
  })

const attributesOf = (prefix: string, list: unknown): Parts =>
  (list as ReadonlyArray<{ readonly key: string; readonly value: unknown }>).map(({ key, value }) => [
    `${prefix}.${key}`,
    value
  ])

/** Where a text stands in a value. */
const placesOf = (text: string, value: unknown, path = ""): ReadonlyArray<string> =>
  typeof value === "string"
    ? value.includes(text)
      ? [path]
      : []
    : typeof value === "object" && value !== null
      ? Object.entries(value).flatMap(([key, part]) => [
          ...placesOf(text, key, `${path}/key`),
          ...placesOf(text, part, `${path}/${key}`)
        ])
      : []

const secret = shaped["Anthropic"] as string

const matrixOf = <N extends SignalName>(name: N) => {
  const signal = signalOf(name)
  const rows = Object.entries<Row<unknown, unknown>>(tables[name])

  /** Something of each field, by its name. */
  const each = <A>(f: (row: Row<unknown, unknown>, field: string) => A) =>
    Object.fromEntries(rows.map(([field, row]) => [field, f(row, field)]))
  const usual: Values = each(({ values }) => values[0])
  const recordOf = (fields: Values): RecordOf<N> => new signal.record({ ...usual, ...fields })
  const key = (record: object) => keyOf(signal, record)

  /** The last field of the key, of a number: a text as long as it usually is. */
  const identity = (n: number): Values => {
    const field = signal.key.at(-1) as string
    return { [field]: (100 + n).toString(16).padStart(String(usual[field]).length, "0") }
  }
  /** A record as all others but for a field, with an id of its own. */
  const stored = [
    recordOf({}),
    ...rows.map(([field, { values }], n) => recordOf({ ...identity(n), [field]: values[1] }))
  ]

  /** Which fields of what was kept are what is read. */
  const kept = (read: ReadonlyArray<object>) => {
    const byKey = new Map(read.map((record) => [key(record), record]))
    return each((_, field) =>
      stored.every((record) => same(valueOf(byKey.get(key(record)), field), valueOf(record, field)))
    )
  }
  const allKept = each(() => true)

  it("each has a row", () => {
    assert.deepStrictEqual(Object.keys(usual).toSorted(), Object.keys(signal.fields).toSorted())
  })

  it("each has two values, which nothing else has", () => {
    const values = rows.flatMap(([, { values }]) => values.map((value) => JSON.stringify(value, withBigints)))
    const twice = values.filter((value, index) => values.indexOf(value) !== index)
    assert.deepStrictEqual(twice, [])
    assert.strictEqual(new Set(stored.map(key)).size, rows.length + 1)
  })

  const onEngine = (engine: string, layer: Layer.Layer<Storage.Storage, unknown>) => {
    const onFilled = <E>(use: (list: Listing<N>) => Effect.Effect<void, E>) =>
      Storage.Storage.pipe(
        Effect.map((storage) => Storage.methodsOf(storage, name)),
        Effect.tap(({ insert }) => insert(stored)),
        Effect.flatMap(({ list }) => use((filters, pagination) => list({ filters: filters as never, pagination }))),
        Effect.provide(layer)
      )

    it.live(`each is kept by ${engine}`, () =>
      onFilled((list) =>
        Effect.gen(function* () {
          const read = yield* all((pagination) => list({}, pagination))
          assert.lengthOf(read, stored.length)
          assert.deepStrictEqual(kept(read), allKept)
        })
      )
    )

    it.live(`each is asked for by its filters in ${engine}, and by no other`, () =>
      onFilled((list) =>
        Effect.gen(function* () {
          const keys = stored.map(key).sort()
          for (const [index, [field, row]] of rows.entries()) {
            const own = key(stored[index + 1] as object)
            for (const filters of row.filters) {
              const { items } = yield* list(filters, { limit: 1_000 })
              const found = items.map(key).sort()
              const expected = found.length === 1 ? [own] : keys.filter((key) => key !== own)
              assert.deepStrictEqual(found, expected, `${field} by ${JSON.stringify(filters, withBigints)}`)
            }
            if (row.filters.some((filters) => Predicate.hasProperty(filters, field))) continue
            const answer = yield* Effect.either(list({ [field]: row.values[0] }))
            assert.strictEqual(Either.isLeft(answer) && answer.left.field, `filters.${field}`)
          }
        })
      )
    )
  }
  onEngine("memory", Storage.layerMemory)
  onEngine("DuckDB", DuckDbStorage.layer({ path: ":memory:" }))
  describeClickhouse("ClickHouse", () => onEngine("ClickHouse", Clickhouse.layer()))

  it.scopedLive("each is kept by the spool until the next start", () =>
    Effect.gen(function* () {
      const spool = { directory: yield* folder, maxBytes: 2 ** 26 }
      const unavailable = new Exporter.ExportError({ retryable: true, reason: "Unavailable", cause: "down" })
      const down: Exporter.Exporter = { name: "store", export: () => unavailable }
      yield* Effect.scoped(emitting(stored, { exporters: [down], spool }))
      const store = Exporter.memory("store")
      yield* emitting([], { exporters: [store], spool })
      yield* Effect.sync(() => store[name].length).pipe(
        Effect.delay("5 millis"),
        Effect.repeat({ until: (count) => count === stored.length }),
        Effect.timeout("20 seconds")
      )
      assert.deepStrictEqual(kept(store[name]), allKept)
    })
  )

  it.scopedLive("each is sent as OTLP where it says", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* server()
      const exporters = [OtlpExporter.make({ endpoint: url, protocol: "http/json" })]
      const { emitter, flush } = yield* emitting([], { exporters })
      const sent = Effect.fnUntraced(function* (fields: Values) {
        emit(emitter, recordOf(fields))
        yield* flush
        return flat((yield* Queue.take(requests)).body)
      })
      const differences: { [field: string]: ReadonlyArray<string> } = {}
      for (const [field, { beside = {}, values }] of rows) {
        const usually = yield* sent(beside)
        const otherwise = yield* sent({ ...beside, [field]: values[1] })
        const paths = new Set([...usually.keys(), ...otherwise.keys()])
        differences[field] = [...paths].filter((path) => usually.get(path) !== otherwise.get(path)).sort()
      }
      assert.deepStrictEqual(
        differences,
        each(({ otlp }) => otlp)
      )
    })
  )

  it.scopedLive("each is masked, but where it says", () =>
    Effect.gen(function* () {
      const holding = rows.flatMap(([field, row]) => {
        const value = row.secret?.put(secret)
        return value === undefined
          ? []
          : [{ field, value, left: row.secret?.left, record: recordOf({ [field]: value }) }]
      })
      const sink = Exporter.memory()
      const { flush } = yield* emitting(
        holding.map(({ record }) => record),
        { exporters: [sink], processors: [copying, SensitiveDataFilter.make()] }
      )
      yield* flush
      assert.lengthOf(sink[name], holding.length)
      for (const [index, { field, left, value }] of holding.entries()) {
        assert.isNotEmpty(placesOf(secret, value), `${field} holds the secret`)
        assert.deepStrictEqual(placesOf(secret, valueOf(sink[name][index], field)), left, field)
      }
    })
  )

  it("each without a row for secrets refuses text", () => {
    const taking = rows.filter(
      ([field, row]) => row.secret === null && Either.isRight(Either.try(() => recordOf({ [field]: secret })))
    )
    assert.deepStrictEqual(taking, [])
  })
}

type Listing<N extends SignalName> = (
  filters: unknown,
  pagination?: Storage.Pagination
) => Effect.Effect<Storage.PaginatedResult<RecordOf<N>>, Storage.StorageError>

const valueOf = (record: object | undefined, field: string): unknown => (record as Values | undefined)?.[field]

const withBigints = (_: string, value: unknown) => (typeof value === "bigint" ? `${value}n` : value)

const same = (a: unknown, b: unknown): boolean =>
  a !== undefined && JSON.stringify(a, withBigints) === JSON.stringify(b, withBigints)

for (const name of signalNames) describe(`the fields of a ${signalOf(name).one}`, () => matrixOf(name))
