/**
 * Every field of a record on every path that it takes. Two tables say of each field what holds, and each test holds all
 * fields against one column of them:
 *
 * - every engine and the spool give it back as it was, whichever of two values it has;
 * - `otlp`: what differs in OTLP when it does: fields, attributes, and attributes of the resource; none where it is not
 *   sent on purpose;
 * - `secret`: where a secret that stands in it is left on purpose; everywhere else it is masked; null where it has no text;
 * - `filters`: which filters of a list tell its two values apart; none where no filter asks for it.
 *
 * A new field has no row, and fails.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, type Layer, Logger, Queue } from "effect"
import {
  Exporter,
  LogRecord,
  Observability,
  type ObservabilityConfig,
  SessionId,
  type SignalProcessor,
  SpanRecord,
  Storage
} from "effect-observability"
import { DuckDbStorage } from "effect-observability/duckdb"
import { OtlpExporter } from "effect-observability/otlp"
import * as Clickhouse from "../utils/chdb.js"
import { describeClickhouse } from "../utils/describeClickhouse.js"
import { folder } from "../utils/folder.js"
import { type Message, server } from "../utils/otlp.js"
import { all } from "../utils/pages.js"
import { at, spanId, traceId } from "../utils/records.js"
import { shaped } from "../utils/secrets.js"

interface Row<A, Filters> {
  /** What it is in all records but one, and what it is in that one. */
  readonly values: readonly [usual: A, other: A]
  readonly otlp: ReadonlyArray<string>
  /** How it holds a text, and where it keeps that. */
  readonly secret: { readonly put: (text: string) => A; readonly left: ReadonlyArray<string> } | null
  readonly filters: ReadonlyArray<Filters>
}

type Rows<Fields, Filters> = { readonly [Name in keyof Fields]-?: Row<NonNullable<Fields[Name]>, Filters> }

type SpanFields = ConstructorParameters<typeof SpanRecord.SpanRecord>[0]
type LogFields = ConstructorParameters<typeof LogRecord.LogRecord>[0]

const masked = <A>(put: (text: string) => A) => ({ put, left: [] })
const left = <A>(put: (text: string) => A) => ({ put, left: [""] })

const text = (text: string) => text
const texts = (text: string) => [text]
const object = (text: string) => ({ [text]: text, nested: [{ text }] })

const correlation: Rows<
  Pick<SpanFields & LogFields, keyof SpanFields & keyof LogFields & Shared>,
  Storage.CommonFilters
> = {
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

type Shared =
  | "sessionId"
  | "threadId"
  | "runId"
  | "requestId"
  | "resourceId"
  | "userId"
  | "organizationId"
  | "conversationId"
  | "serviceName"
  | "environment"
  | "tags"
  | "metadata"

const spanRows: Rows<SpanFields, Storage.SpanFilters> = {
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
      "attributes.llm.token_count.prompt",
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
  ...correlation,
  model: {
    values: ["model-1", "model-2"],
    otlp: ["attributes.gen_ai.request.model", "attributes.llm.model_name"],
    secret: masked(text),
    filters: [{ model: "model-1" }]
  },
  provider: {
    values: ["openai", "anthropic"],
    otlp: ["attributes.gen_ai.provider.name"],
    secret: masked(text),
    filters: []
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

const logRows: Rows<LogFields, Storage.LogFilters> = {
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
  message: {
    values: ["The model is overloaded", "The model answers"],
    otlp: ["body"],
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
  ...correlation
}

/** What the tests need of a kind of record. */
interface Signal<Fields extends object, Filters, Record extends object> {
  readonly name: string
  readonly rows: Rows<Fields, Filters>
  readonly Record: { readonly fields: object; new (fields: Fields): Record }
  /** The fields that make one record another, of a number. */
  readonly identity: (n: number) => Partial<Fields>
  readonly key: (record: Record) => string
  readonly insert: (
    storage: Storage.StorageService
  ) => (records: ReadonlyArray<Record>) => Effect.Effect<void, Storage.StorageError>
  readonly list: (
    storage: Storage.StorageService
  ) => (
    options: Storage.ListOptions<Filters, "time">
  ) => Effect.Effect<Storage.PaginatedResult<Record>, Storage.StorageError>
  readonly batch: (records: ReadonlyArray<Record>) => Records
  readonly of: (records: Records) => ReadonlyArray<Record>
}

interface Records {
  readonly spans: ReadonlyArray<SpanRecord.SpanRecord>
  readonly logs: ReadonlyArray<LogRecord.LogRecord>
}

const spans: Signal<SpanFields, Storage.SpanFilters, SpanRecord.SpanRecord> = {
  name: "span",
  rows: spanRows,
  Record: SpanRecord.SpanRecord,
  identity: (n) => ({ spanId: spanId(100 + n) }),
  key: (span) => span.traceId + span.spanId,
  insert: (storage) => storage.insertSpans,
  list: (storage) => storage.listSpans,
  batch: (spans) => ({ spans, logs: [] }),
  of: ({ spans }) => spans
}

const logs: Signal<LogFields, Storage.LogFilters, LogRecord.LogRecord> = {
  name: "log",
  rows: logRows,
  Record: LogRecord.LogRecord,
  identity: (n) => ({ logId: `log-${100 + n}` }),
  key: (log) => log.logId,
  insert: (storage) => storage.insertLogs,
  list: (storage) => storage.listLogs,
  batch: (logs) => ({ spans: [], logs }),
  of: ({ logs }) => logs
}

/** Brings records through the pipeline to the exporters of a configuration, in place of as many that a program emits. */
const through = (records: Records, config: Partial<ObservabilityConfig.Input>, flushes = true) =>
  Effect.gen(function* () {
    yield* Effect.forEach(records.spans, () => Effect.withSpan(Effect.void, "another"), { discard: true })
    yield* Effect.forEach(records.logs, () => Effect.log("another"), { discard: true })
    if (flushes) yield* Effect.flatMap(Observability.Observability, ({ flush }) => flush)
  }).pipe(
    Effect.provide(Observability.layerExportOnly({ serviceName: "test", processors: [standIn(records)], ...config })),
    Effect.provide(Logger.remove(Logger.defaultLogger))
  )

const standIn = (records: Records): SignalProcessor.SignalProcessor => {
  const spans = [...records.spans]
  const logs = [...records.logs]
  return { name: "stand-in", span: () => spans.shift(), log: () => logs.shift() }
}

/** What OTLP has of the only record of a request, by name. */
const flat = (message: Message): ReadonlyMap<string, string> => {
  const [[{ resource, ...scopes }]] = Object.values(message) as [[Message]]
  const [[{ scope: _, ...records }]] = Object.values(scopes) as [[Message]]
  const [[record]] = Object.values(records) as [[Message]]
  const attributes = (prefix: string, list: unknown) =>
    (list as ReadonlyArray<{ readonly key: string; readonly value: unknown }>).map(
      ({ key, value }) => [`${prefix}.${key}`, value] as const
    )
  const entries = Object.entries(record).flatMap(([name, value]) =>
    name === "attributes"
      ? attributes(name, value)
      : name === "status"
        ? Object.entries(value as object).map(([part, value]) => [`status.${part}`, value] as const)
        : [[name, value] as const]
  )
  const all = [...entries, ...attributes("resource", (resource as Message)["attributes"])]
  return new Map(all.map(([name, value]) => [name, JSON.stringify(value)]))
}

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

const matrixOf = <Fields extends object, Filters, Record extends object>(signal: Signal<Fields, Filters, Record>) => {
  const { Record, batch, identity, insert, key, list, of, rows } = signal
  const names = Object.keys(rows) as Array<keyof Fields & keyof Record & string>

  /** Something of each field, by its name. */
  const each = <A>(f: (name: (typeof names)[number], index: number) => A) =>
    Object.fromEntries(names.map((name, index) => [name, f(name, index)]))
  const usual = each((name) => rows[name].values[0]) as Fields
  /** A record as all others but for a field. */
  const differing = (name: (typeof names)[number], n?: number) =>
    new Record({ ...usual, ...(n !== undefined && identity(n)), [name]: rows[name].values[1] })

  const usualRecord = new Record(usual)
  const stored = [usualRecord, ...names.map(differing)]

  /** Which fields of what was kept are what is read. */
  const kept = (read: ReadonlyArray<Record>) => {
    const byKey = new Map(read.map((record) => [key(record), record]))
    return each((name) => stored.every((record) => same(byKey.get(key(record))?.[name], record[name])))
  }

  it("each has a row", () => {
    assert.deepStrictEqual(names.toSorted(), Object.keys(Record.fields).sort())
  })

  it("each has two values, which nothing else has", () => {
    const values = names.flatMap((name) => rows[name].values.map((value) => JSON.stringify(value, withBigints)))
    const twice = values.filter((value, index) => values.indexOf(value) !== index)
    assert.deepStrictEqual(twice, [])
    assert.strictEqual(new Set(stored.map(key)).size, names.length + 1)
  })

  const onEngine = (engine: string, layer: Layer.Layer<Storage.Storage, unknown>) => {
    const onFilled = <E>(use: (storage: Storage.StorageService) => Effect.Effect<void, E>) =>
      Storage.Storage.pipe(
        Effect.tap((storage) => insert(storage)(stored)),
        Effect.flatMap(use),
        Effect.provide(layer)
      )

    it.live(`each is kept by ${engine}`, () =>
      onFilled((storage) =>
        Effect.gen(function* () {
          const read = yield* all((pagination) => list(storage)({ pagination }))
          assert.lengthOf(read, stored.length)
          assert.deepStrictEqual(
            kept(read),
            each(() => true)
          )
        })
      )
    )

    it.live(`each is asked for by its filters in ${engine}, and by no other`, () =>
      onFilled((storage) =>
        Effect.gen(function* () {
          const keys = stored.map(key).sort()
          for (const [index, name] of names.entries()) {
            const own = key(stored[index + 1] as Record)
            for (const filters of rows[name].filters) {
              const { items } = yield* list(storage)({ filters, pagination: { limit: 1_000 } })
              const found = items.map(key).sort()
              const expected = found.length === 1 ? [own] : keys.filter((key) => key !== own)
              assert.deepStrictEqual(found, expected, `${name} by ${JSON.stringify(filters, withBigints)}`)
            }
            if (rows[name].filters.length > 0) continue
            const filters = { [name]: rows[name].values[0] } as Filters
            const answer = yield* Effect.either(list(storage)({ filters }))
            assert.strictEqual(Either.isLeft(answer) && answer.left.field, `filters.${name}`)
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
      const config = {
        spool: { directory: yield* folder },
        batch: { shutdownTimeout: "100 millis", scheduledDelay: "10 millis" },
        sensitiveData: false
      } as const
      const unavailable = new Exporter.ExportError({ retryable: true, reason: "Unavailable", cause: "down" })
      const down: Exporter.Exporter = { name: "store", export: () => unavailable }
      yield* through(batch(stored), { ...config, exporters: [down] }, false)
      const store = Exporter.memory("store")
      yield* Effect.sync(() => of(store).length).pipe(
        Effect.delay("5 millis"),
        Effect.repeat({ until: (count) => count === stored.length }),
        Effect.timeout("20 seconds"),
        Effect.provide(Observability.layerExportOnly({ serviceName: "test", exporters: [store], ...config }))
      )
      assert.deepStrictEqual(
        kept(of(store)),
        each(() => true)
      )
    })
  )

  it.scopedLive("each is sent as OTLP where it says", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* server()
      const sent = Effect.fnUntraced(function* (record: Record) {
        const exporters = [OtlpExporter.make({ endpoint: url, protocol: "http/json" })]
        yield* through(batch([record]), { exporters, sensitiveData: false })
        return flat((yield* Queue.take(requests)).body)
      })
      const usually = yield* sent(usualRecord)
      const differences: { [name: string]: ReadonlyArray<string> } = {}
      for (const name of names) {
        const otherwise = yield* sent(differing(name))
        const all = new Set([...usually.keys(), ...otherwise.keys()])
        differences[name] = [...all].filter((path) => usually.get(path) !== otherwise.get(path)).sort()
      }
      assert.deepStrictEqual(
        differences,
        each((name) => rows[name].otlp)
      )
    })
  )

  it.live("each is masked, but where it says", () =>
    Effect.gen(function* () {
      const holding = names.flatMap((name) => {
        const value = rows[name].secret?.put(secret)
        return value === undefined ? [] : [{ name, value, record: new Record({ ...usual, [name]: value }) }]
      })
      const sink = Exporter.memory()
      yield* through(batch(holding.map(({ record }) => record)), { exporters: [sink] })
      assert.lengthOf(of(sink), holding.length)
      for (const [index, { name, value }] of holding.entries()) {
        assert.isNotEmpty(placesOf(secret, value), `${name} holds the secret`)
        assert.deepStrictEqual(placesOf(secret, of(sink)[index]?.[name]), rows[name].secret?.left, name)
      }
    })
  )

  it("each without a row for secrets refuses text", () => {
    const taking = names.filter(
      (name) => rows[name].secret === null && Either.isRight(Either.try(() => new Record({ ...usual, [name]: secret })))
    )
    assert.deepStrictEqual(taking, [])
  })
}

const withBigints = (_: string, value: unknown) => (typeof value === "bigint" ? `${value}n` : value)

const same = (a: unknown, b: unknown): boolean =>
  a !== undefined && JSON.stringify(a, withBigints) === JSON.stringify(b, withBigints)

describe("the fields of a span", () => matrixOf(spans))
describe("the fields of a log", () => matrixOf(logs))
