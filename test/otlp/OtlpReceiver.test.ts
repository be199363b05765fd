import { randomBytes } from "node:crypto"
import { connect } from "node:net"
import { deflateRawSync, deflateSync, gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Layer, Logger } from "effect"
import { Storage } from "effect-observability"
import { jsonReader } from "../../src/otlp/internal/jsonReader.js"
import { spanId, traceId } from "../../src/testing/Records.js"
import { post, receiver } from "../utils/receiver.js"

const protobufType = { "content-type": "application/x-protobuf" }

const spanOf = (fields: object = {}) => ({
  traceId: traceId(1),
  spanId: spanId(1),
  name: "turn",
  kind: 1,
  startTimeUnixNano: "1700000000000000001",
  endTimeUnixNano: "1700000000000000002",
  attributes: [],
  ...fields
})

const traces = (spans: ReadonlyArray<unknown>, resource: object = { attributes: [] }) => ({
  resourceSpans: [{ resource, scopeSpans: [{ scope: { name: "test" }, spans }] }]
})

const logs = (logRecords: ReadonlyArray<unknown>) => ({
  resourceLogs: [{ resource: { attributes: [] }, scopeLogs: [{ scope: { name: "test" }, logRecords }] }]
})

/** The same with each name as the definition of its message has it. */
const withOriginalNames = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(withOriginalNames)
    : typeof value === "object" && value !== null
      ? Object.fromEntries(
          Object.entries(value).map(([name, field]) => [
            name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
            withOriginalNames(field)
          ])
        )
      : value

/** The answers of protobuf, read by the numbers of their fields. */
const text = (bytes: Buffer): string => bytes.toString("latin1")

/** Storage whose inserts wait until somebody lets them go on. */
const heldStorage = Effect.gen(function* () {
  const open = yield* Deferred.make<void>()
  const layer = Layer.effect(
    Storage.Storage,
    Effect.map(Storage.Storage, (storage) => ({
      ...storage,
      insertSpans: (records: Parameters<typeof storage.insertSpans>[0]) =>
        Effect.zipRight(Deferred.await(open), storage.insertSpans(records))
    }))
  ).pipe(Layer.provide(Storage.layerMemory))
  return { layer, release: Deferred.succeed(open, undefined) }
})

describe("OtlpReceiver", () => {
  it.scopedLive("takes spans and answers in the type of the request", () =>
    Effect.gen(function* () {
      const { records, url } = yield* receiver()
      const json = yield* post(`${url}/v1/traces`, traces([spanOf()]), {
        "content-type": "application/json; charset=utf-8"
      })
      assert.deepStrictEqual([json.status, json.type, json.json], [200, "application/json", {}])
      const protobuf = yield* post(`${url}/v1/traces`, new Uint8Array(0), protobufType)
      assert.deepStrictEqual(
        [protobuf.status, protobuf.type, protobuf.bytes.length],
        [200, protobufType["content-type"], 0]
      )
      const { spans } = yield* records
      assert.deepStrictEqual(
        spans.map(({ name, startTime }) => [name, startTime]),
        [["turn", 1_700_000_000_000_000_001n]]
      )
    })
  )

  it.scopedLive("takes bodies by gzip and by deflate, with its two bytes in front and without them", () =>
    Effect.gen(function* () {
      const { records, url } = yield* receiver()
      const bodies = [
        ["gzip", gzipSync],
        ["deflate", deflateSync],
        ["deflate", deflateRawSync],
        ["identity", (bytes: Buffer) => bytes]
      ] as const
      for (const [index, [coding, compress]] of bodies.entries()) {
        const body = compress(Buffer.from(JSON.stringify(traces([spanOf({ spanId: spanId(index + 1) })]))))
        const { status } = yield* post(`${url}/v1/traces`, new Uint8Array(body), { "content-encoding": coding })
        assert.strictEqual(status, 200, coding)
      }
      assert.lengthOf((yield* records).spans, 4)
    })
  )

  it.scopedLive("refuses what it does not understand, and says why in the type of the request", () =>
    Effect.gen(function* () {
      const { records, url } = yield* receiver()
      const status = (answer: { readonly status: number; readonly json: { readonly code: number } }) => [
        answer.status,
        answer.json.code
      ]
      for (const body of [
        "",
        "{",
        "null,",
        "[]",
        '{"resourceSpans":7}',
        '{"resourceSpans":[tru]}',
        "\ufeff{}",
        "{}x"
      ]) {
        assert.deepStrictEqual(status(yield* post(`${url}/v1/traces`, body)), [400, 3], body)
      }
      const broken = yield* post(`${url}/v1/traces`, Uint8Array.of(10, 200, 1), protobufType)
      assert.deepStrictEqual([broken.status, broken.type], [400, "application/x-protobuf"])
      assert.include(text(broken.bytes), "ends within a field")
      const notGzip = yield* post(`${url}/v1/traces`, traces([]), { "content-encoding": "gzip" })
      assert.deepStrictEqual(status(notGzip), [400, 3])
      const cut = gzipSync(JSON.stringify(traces([spanOf()]))).subarray(0, -12)
      assert.strictEqual(
        (yield* post(`${url}/v1/traces`, new Uint8Array(cut), { "content-encoding": "gzip" })).status,
        400
      )
      const zstd = yield* post(`${url}/v1/traces`, traces([]), { "content-encoding": "zstd" })
      assert.deepStrictEqual([zstd.status, zstd.headers.get("accept-encoding")], [415, "gzip, deflate, identity"])
      const form = yield* post(`${url}/v1/traces`, "a=b", { "content-type": "text/plain" })
      assert.deepStrictEqual([form.status, form.type], [415, "application/json"])
      const get = yield* Effect.promise(() => fetch(`${url}/v1/traces`))
      assert.deepStrictEqual([get.status, get.headers.get("allow")], [405, "POST"])
      assert.strictEqual((yield* post(`${url}/v1/profiles`, {})).status, 404)
      // A server that is traced records a request to a path that is not the receiver's.
      const { spans } = yield* records
      assert.deepStrictEqual(
        spans.filter(({ serviceName }) => serviceName !== "collector"),
        []
      )
    })
  )

  it.scopedLive("keeps the other records of a request with one that is none, and says how many and why", () =>
    Effect.gen(function* () {
      const { records, url } = yield* receiver()
      const spans = [
        spanOf({ spanId: spanId(1) }),
        spanOf({ spanId: "00" }),
        spanOf({ traceId: "0".repeat(32) }),
        spanOf({ spanId: spanId(2), startTimeUnixNano: "18446744073709551615" }),
        spanOf({ spanId: spanId(3), attributes: [{ key: "deep", value: deep(70) }] }),
        spanOf({ spanId: spanId(4), kind: {} }),
        "no span",
        spanOf({ spanId: spanId(5), attributes: [{ key: "deep", value: deep(60) }] })
      ]
      const { json, status } = yield* post(`${url}/v1/traces`, traces(spans))
      assert.strictEqual(status, 200)
      assert.deepStrictEqual(json, {
        partialSuccess: { rejectedSpans: "6", errorMessage: "its spanId is none" }
      })
      assert.sameMembers(
        (yield* records).spans.map(({ spanId }) => spanId),
        [spanId(1), spanId(5)]
      )
    })
  )

  it.scopedLive("reads the JSON of OTLP as the specification has it", () =>
    Effect.gen(function* () {
      const { records, url } = yield* receiver()
      const span = spanOf({
        traceId: traceId(0xab).toUpperCase(),
        kind: "SPAN_KIND_CLIENT",
        startTimeUnixNano: 1_700_000_000_000_000_000,
        status: { code: "STATUS_CODE_ERROR", message: "no" },
        unknown: { deep: [1, 2, { x: null }] },
        parentSpanId: "",
        traceState: null,
        attributes: [
          { key: "int", value: { intValue: 7 } },
          { key: "large", value: { intValue: "9223372036854775807" } },
          { key: "double", value: { doubleValue: "NaN" } },
          { key: "bytes", value: { bytesValue: "AQID" } },
          { key: "nothing", value: {} },
          { key: "none" },
          { key: "lone", value: { stringValue: "\ud800" } },
          { key: "__proto__", value: { kvlistValue: { values: [{ key: "__proto__", value: { boolValue: true } }] } } },
          { key: "twice", value: { boolValue: false } },
          { key: "twice", value: { boolValue: true } }
        ]
      })
      assert.deepStrictEqual((yield* post(`${url}/v1/traces`, traces([span]))).json, {})
      const [record] = (yield* records).spans
      assert.strictEqual(record?.traceId, traceId(0xab))
      assert.deepStrictEqual([record?.kind, record?.status, record?.statusMessage], ["client", "error", "no"])
      assert.deepStrictEqual(
        JSON.stringify(record?.attributes),
        '{"int":7,"large":"9223372036854775807","double":"NaN","bytes":"AQID","nothing":null,"none":null,"lone":"\ufffd","__proto__":{"__proto__":true},"twice":true}'
      )
      assert.isFalse(({} as { polluted?: boolean }).polluted ?? false)
    })
  )

  it.scopedLive(
    "reads the names of JSON and those of the definitions, at a path with a slash at its end and without",
    () =>
      Effect.gen(function* () {
        const { url } = yield* receiver()
        const attributes = [
          { key: "text", value: { stringValue: "traceId" } },
          { key: "list", value: { arrayValue: { values: [{ intValue: "1" }, { doubleValue: 0.5 }] } } },
          { key: "object", value: { kvlistValue: { values: [{ key: "camelCase", value: { boolValue: true } }] } } }
        ]
        const at = { startTimeUnixNano: "1700000000000000001", timeUnixNano: "1700000000000000002" }
        const scope = { name: "test", version: "1" }
        const resource = { attributes: [{ key: "service.name", value: { stringValue: "agentName" } }] }
        const bodies = {
          traces: {
            resourceSpans: [
              {
                resource,
                scopeSpans: [
                  {
                    scope,
                    spans: [
                      spanOf({
                        parentSpanId: spanId(9),
                        traceState: "a=b",
                        attributes,
                        droppedAttributesCount: 2,
                        events: [{ timeUnixNano: "1700000000000000002", name: "eventName", attributes }],
                        links: [{ traceId: traceId(2), spanId: spanId(2), attributes }],
                        status: { code: 2, message: "no" }
                      })
                    ]
                  }
                ]
              }
            ]
          },
          logs: {
            resourceLogs: [
              {
                resource,
                scopeLogs: [
                  {
                    scope,
                    logRecords: [
                      { ...at, severityNumber: 9, severityText: "INFO", body: { stringValue: "said" }, attributes }
                    ]
                  }
                ]
              }
            ]
          },
          metrics: {
            resourceMetrics: [
              {
                resource,
                scopeMetrics: [
                  {
                    scope,
                    metrics: [
                      { name: "level", gauge: { dataPoints: [{ ...at, asInt: "7" }] } },
                      { name: "calls", sum: { aggregationTemporality: 1, dataPoints: [{ ...at, asDouble: 0.5 }] } },
                      {
                        name: "sizes",
                        histogram: {
                          aggregationTemporality: "AGGREGATION_TEMPORALITY_DELTA",
                          dataPoints: [{ ...at, count: "3", sum: 6, bucketCounts: ["1", "2"], explicitBounds: [2] }]
                        }
                      },
                      {
                        name: "spread",
                        exponentialHistogram: {
                          aggregationTemporality: 1,
                          dataPoints: [
                            {
                              ...at,
                              count: 2,
                              sum: 3,
                              scale: 0,
                              zeroCount: 1,
                              positive: { offset: 1, bucketCounts: [1] }
                            }
                          ]
                        }
                      },
                      {
                        name: "quick",
                        summary: {
                          dataPoints: [{ ...at, count: 2, sum: 3, quantileValues: [{ quantile: 0.5, value: 1 }] }]
                        }
                      }
                    ]
                  }
                ]
              }
            ]
          }
        }
        const sent = yield* Effect.forEach([true, false], (isOriginal) =>
          Effect.gen(function* () {
            const { records, url } = yield* receiver()
            for (const [path, body] of Object.entries(bodies)) {
              const { json, status } = yield* post(
                `${url}/v1/${path}${isOriginal ? "/" : ""}`,
                isOriginal ? (withOriginalNames(body) as object) : body
              )
              assert.deepStrictEqual([status, json], [200, {}])
            }
            return yield* records
          })
        )
        assert.deepStrictEqual(sent[0], sent[1])
        assert.lengthOf(sent[0]?.metrics ?? [], 6)
        for (const path of ["/v1/traces//", "//v1/traces", "/v1/trace"]) {
          assert.strictEqual((yield* post(`${url}${path}`, bodies.traces)).status, 404, path)
        }
      })
  )

  it.effect("goes over a text that is all escapes in turns, and finds its end", () =>
    Effect.sync(() => {
      const texts = [
        '\\"'.repeat(4e6),
        "\\\\".repeat(4e6),
        `${"\\\\".repeat(40_000)}${'\\"'.repeat(40_000)}`,
        '\\\\\\"'
      ]
      for (const text of texts) {
        const span = `{"name":"${text}"}`
        const body = Buffer.from(`{"${text}":1,"resourceSpans":[{"scopeSpans":[{"spans":[${span},{}]}]}]}`)
        const work = jsonReader.divide("resourceSpans", body, 10)
        let step = work.next()
        let steps = 1
        while (!step.done) {
          step = work.next()
          steps++
        }
        const [first] = step.value[0]?.slices ?? []
        assert.strictEqual(body.toString("utf8", first?.start, first?.end), span)
        // No more than a stride is looked at between two pauses, where there are quotes in it.
        if (text.startsWith('\\"')) assert.isAbove(steps, (2 * text.length) / 66_000)
      }
    })
  )

  it.scopedLive("answers 413 to what is too large, before and after it is inflated, and goes on", () =>
    Effect.gen(function* () {
      const { records, url } = yield* receiver({ maxBodySize: 10_000, maxRecords: 20 })
      const large = JSON.stringify(traces([spanOf({ name: randomBytes(6_000).toString("hex") })]))
      assert.strictEqual((yield* post(`${url}/v1/traces`, large)).status, 413)
      const chunked = new ReadableStream({
        start: (controller) => {
          for (let at = 0; at < large.length; at += 1_000) controller.enqueue(Buffer.from(large.slice(at, at + 1_000)))
          controller.close()
        }
      })
      assert.deepInclude(yield* post(`${url}/v1/traces`, chunked), { status: 413 })
      const bomb = new Uint8Array(gzipSync(Buffer.alloc(8 * 2 ** 20)))
      const { json, status } = yield* post(`${url}/v1/traces`, bomb, { "content-encoding": "gzip" })
      assert.deepStrictEqual([status, json], [413, { code: 8, message: "the body is larger than 10000 bytes" }])
      const many = traces(Array.from({ length: 21 }, (_, i) => ({ traceId: traceId(1), spanId: spanId(i + 1) })))
      assert.strictEqual((yield* post(`${url}/v1/traces`, many)).status, 413)
      assert.strictEqual((yield* post(`${url}/v1/traces`, traces([spanOf()]))).status, 200)
      assert.lengthOf((yield* records).spans, 1)
    })
  )

  it.scopedLive("takes nothing of a request for which the queue has no room, and all when it comes again", () =>
    Effect.gen(function* () {
      const { layer, release } = yield* heldStorage
      const { records, stats, url } = yield* receiver(
        {},
        { batch: { maxQueueSize: 10, maxBatchSize: 5, scheduledDelay: "10 millis" } },
        layer
      )
      const batch = (first: number, count: number) =>
        traces(Array.from({ length: count }, (_, i) => spanOf({ spanId: spanId(first + i) })))
      assert.strictEqual((yield* post(`${url}/v1/traces`, batch(1, 8))).status, 200)
      const refused = yield* post(`${url}/v1/traces`, batch(9, 3))
      assert.deepStrictEqual([refused.status, refused.headers.get("retry-after"), refused.json.code], [429, "1", 8])
      assert.strictEqual((yield* stats).spans["storage"]?.emitted, 8)
      assert.strictEqual((yield* post(`${url}/v1/traces`, batch(9, 2))).status, 200)
      yield* release
      yield* Effect.retry(
        Effect.filterOrFail(post(`${url}/v1/traces`, batch(9, 3)), ({ status }) => status === 200),
        { times: 50 }
      )
      assert.lengthOf((yield* records).spans, 11)
      const ledger = (yield* stats).spans["storage"]
      assert.deepStrictEqual([ledger?.dropped, ledger?.failed, ledger?.emitted], [{}, {}, 13])
    })
  )

  it.scopedLive("takes as many as the queue can ever hold of a request that has more, and says so", () =>
    Effect.gen(function* () {
      const { records, url } = yield* receiver({}, { batch: { maxQueueSize: 10, maxBatchSize: 5 } })
      const spans = Array.from({ length: 25 }, (_, i) => spanOf({ spanId: spanId(i + 1) }))
      const { json, status } = yield* post(`${url}/v1/traces`, traces(spans))
      assert.strictEqual(status, 200)
      assert.strictEqual(json.partialSuccess.rejectedSpans, "15")
      assert.lengthOf((yield* records).spans, 10)
    })
  )

  it.scopedLive("answers 503 when too many requests are under way, and takes others when those are gone", () =>
    Effect.gen(function* () {
      const { url } = yield* receiver({ maxConcurrency: 1, maxWaiting: 0 })
      const { port } = new URL(url)
      const slow = yield* Effect.acquireRelease(
        Effect.async<ReturnType<typeof connect>>((resume) => {
          const socket = connect(Number(port), "127.0.0.1", () => {
            const head =
              "POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{"
            socket.write(head, () => resume(Effect.succeed(socket)))
          })
        }),
        (socket) => Effect.sync(() => socket.destroy())
      )
      const busy = yield* Effect.retry(
        Effect.filterOrFail(post(`${url}/v1/traces`, traces([])), ({ status }) => status === 503),
        { times: 20 }
      )
      assert.strictEqual(busy.headers.get("retry-after"), "1")
      slow.destroy()
      yield* Effect.retry(
        Effect.filterOrFail(post(`${url}/v1/traces`, traces([])), ({ status }) => status === 200),
        { times: 50 }
      )
    })
  )

  it.scopedLive(
    "does not keep others waiting for senders that are slow, and answers 503 to more than it can hold",
    () =>
      Effect.gen(function* () {
        const { url } = yield* receiver({ maxConcurrency: 2, maxBodySize: 100_000 })
        const { port } = new URL(url)
        const slow = (bytes: number) =>
          Effect.acquireRelease(
            Effect.async<ReturnType<typeof connect>>((resume) => {
              const socket = connect(Number(port), "127.0.0.1", () => {
                const head =
                  "POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99000\r\n\r\n"
                socket.write(head + " ".repeat(bytes), () => resume(Effect.succeed(socket)))
              })
            }),
            (socket) => Effect.sync(() => socket.destroy())
          )
        yield* Effect.replicateEffect(slow(10), 20)
        yield* Effect.sleep("100 millis")
        const answer = yield* post(`${url}/v1/traces`, traces([spanOf()])).pipe(Effect.timeout("5 seconds"))
        assert.strictEqual(answer.status, 200)
        const large = yield* Effect.replicateEffect(slow(98_000), 2)
        const busy = post(`${url}/v1/traces`, traces([spanOf({ name: "x".repeat(10_000) })]))
        const refused = yield* Effect.repeat(Effect.delay(busy, "50 millis"), {
          until: ({ status }) => status === 503,
          times: 50
        })
        assert.deepStrictEqual([refused.status, refused.headers.get("retry-after"), refused.json.code], [503, "1", 14])
        for (const socket of large) socket.destroy()
        const taken = yield* Effect.repeat(Effect.delay(busy, "50 millis"), {
          until: ({ status }) => status === 200,
          times: 50
        })
        assert.strictEqual(taken.status, 200)
      })
  )

  it.scopedLive("knows a log that comes again, by its id or by what it says, and keeps those that say the same", () =>
    Effect.gen(function* () {
      const { records, url } = yield* receiver()
      const log = { timeUnixNano: "1700000000000000000", severityNumber: 9, body: { stringValue: "same" } }
      const withId = { ...log, attributes: [{ key: "log.record.uid", value: { stringValue: "id-1" } }] }
      const batch = logs([log, log, { ...log, body: { stringValue: "other" } }, withId])
      for (let i = 0; i < 3; i++) assert.strictEqual((yield* post(`${url}/v1/logs`, batch)).status, 200)
      const received = yield* records
      assert.sameMembers(
        received.logs.map(({ message }) => message),
        ["same", "same", "other", "same"]
      )
      assert.include(
        received.logs.map(({ logId }) => logId),
        "id-1"
      )
    })
  )

  it.scopedLive("keeps a running span as running until it comes again with its end", () =>
    Effect.gen(function* () {
      const { flush, records, stats, url } = yield* receiver()
      yield* post(`${url}/v1/traces`, traces([spanOf({ endTimeUnixNano: "0" })]))
      yield* flush
      assert.deepStrictEqual(
        (yield* records).spans.map(({ status }) => status),
        ["running"]
      )
      yield* post(`${url}/v1/traces`, traces([spanOf()]))
      yield* post(`${url}/v1/traces`, traces([spanOf({ endTimeUnixNano: "0" })]))
      assert.deepStrictEqual(
        (yield* records).spans.map(({ status }) => status),
        ["ok"]
      )
      assert.strictEqual((yield* stats).spans["storage"]?.emitted, 1)
    })
  )

  it.scopedLive("does not parse what is too deep or has too many values, and takes the records around it", () =>
    Effect.gen(function* () {
      const { records, url } = yield* receiver()
      const text = (index: number, value: string) =>
        JSON.stringify(spanOf({ spanId: spanId(index), attributes: [{ key: "a", value: 0 }] })).replace(
          '"value":0',
          `"value":${value}`
        )
      const objects = (levels: number) =>
        `${'{"kvlistValue":{"values":[{"key":"k","value":'.repeat(levels)}{"intValue":1}${"}]}}".repeat(levels)}`
      const brackets = "[".repeat(200_000) + "]".repeat(200_000)
      const many = `{"arrayValue":{"values":[${Array(100_000).fill("{}").join(",")}]}}`
      const spans = [
        text(1, objects(60)),
        text(2, objects(70)),
        text(3, brackets),
        brackets,
        text(4, many),
        text(5, "{}")
      ]
      const body = JSON.stringify(traces(["spans"])).replace('"spans"]', `${spans.join(",")}]`)
      const { json, status } = yield* post(`${url}/v1/traces`, body)
      assert.strictEqual(status, 200)
      assert.strictEqual(json.partialSuccess.rejectedSpans, "4")
      assert.sameMembers(
        (yield* records).spans.map((span) => span.spanId),
        [spanId(1), spanId(5)]
      )
      // What nobody asks for may be as it likes.
      const extra = yield* post(`${url}/v1/traces`, `{"extra":${brackets},"resourceSpans":[]}`)
      assert.strictEqual(extra.status, 200)
      for (const broken of ['{"resourceSpans":[{"resource":,}]}', '{"a":,}', '{"resourceSpans":[,]}']) {
        assert.strictEqual((yield* post(`${url}/v1/traces`, broken)).status, 400, broken)
      }
    })
  )

  it.scopedLive("answers 413 to more resources and scopes than any sender has, which have no records", () =>
    Effect.gen(function* () {
      const { url } = yield* receiver({ maxRecords: 100 })
      const empty = (count: number) => Array.from({ length: count }, () => ({}))
      for (const body of [{ resourceSpans: empty(2_000) }, { resourceSpans: [{ scopeSpans: empty(2_000) }] }]) {
        assert.strictEqual((yield* post(`${url}/v1/traces`, body)).status, 413)
      }
      assert.strictEqual((yield* post(`${url}/v1/traces`, { resourceSpans: empty(200) })).status, 200)
      const resources = Buffer.concat(Array(2_000).fill(Buffer.from([10, 0])))
      const scopes = Buffer.concat([
        Buffer.from([10, 0xa0, 0x1f]),
        Buffer.concat(Array(2_000).fill(Buffer.from([18, 0])))
      ])
      for (const bytes of [resources, scopes]) {
        assert.strictEqual((yield* post(`${url}/v1/traces`, new Uint8Array(bytes), protobufType)).status, 413)
      }
      const few = new Uint8Array(resources.subarray(0, 400))
      assert.strictEqual((yield* post(`${url}/v1/traces`, few, protobufType)).status, 200)
    })
  )

  it.scopedLive("says once which attributes were not understood, and does not say their value", () =>
    Effect.gen(function* () {
      const said: Array<string> = []
      const logger = Logger.make(({ message }) => void said.push(JSON.stringify(message)))
      const { records, url } = yield* receiver().pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
      const attributes = [
        { key: "session.id", value: { stringValue: "not an id \u0000 hunter2" } },
        { key: "gen_ai.usage.input_tokens", value: { stringValue: "many" } }
      ]
      for (let i = 1; i <= 2; i++) yield* post(`${url}/v1/traces`, traces([spanOf({ spanId: spanId(i), attributes })]))
      assert.lengthOf((yield* records).spans, 2)
      const warnings = said.filter((message) => message.includes("not understood"))
      assert.lengthOf(warnings, 1)
      assert.include(warnings[0], "session.id")
      assert.include(warnings[0], "gen_ai.usage.input_tokens")
      assert.notInclude(warnings[0], "hunter2")
    })
  )

  it.scopedLive("masks what it takes", () =>
    Effect.gen(function* () {
      const { records, url } = yield* receiver()
      const attributes = [{ key: "authorization", value: { stringValue: "Bearer abcdefghijklmnopqrstuvwxyz012345" } }]
      yield* post(`${url}/v1/traces`, traces([spanOf({ attributes })]))
      const [span] = (yield* records).spans
      assert.notInclude(JSON.stringify(span), "abcdefghijkl")
    })
  )
})

/** A value of so many lists within each other. */
const deep = (levels: number): object =>
  levels === 0 ? { intValue: "1" } : { arrayValue: { values: [deep(levels - 1)] } }
