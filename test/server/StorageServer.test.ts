import { createServer, request } from "node:http"
import { gunzipSync } from "node:zlib"
import { HttpApi, HttpApiBuilder, HttpApiClient, HttpRouter, HttpServer, HttpServerResponse } from "@effect/platform"
import { NodeHttpClient, NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Option } from "effect"
import * as Observability from "../../src/Observability.js"
import * as RemoteStorage from "../../src/server/RemoteStorage.js"
import * as StorageApi from "../../src/server/StorageApi.js"
import * as StorageServer from "../../src/server/StorageServer.js"
import * as Storage from "../../src/storage/Storage.js"
import { log, span } from "../../src/testing/Records.js"
import { serve } from "../utils/remote.js"

const json = { "content-type": "application/json" }

const post = (url: string, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  Effect.promise(async () => {
    const answer = await fetch(url, { method: "POST", body: JSON.stringify(body), headers: { ...json, ...headers } })
    return { status: answer.status, headers: answer.headers, json: JSON.parse(await answer.text()) }
  })

const get = (url: string) => Effect.promise(() => fetch(url).then((answer) => answer.json() as Promise<object>))

const collector = Observability.layer({ serviceName: "server" }).pipe(Layer.provideMerge(Storage.layerMemory))

describe("StorageServer.layer", () => {
  it.live("answers a question by the name of its method, with exact numbers", () =>
    Effect.gen(function* () {
      const { url } = yield* StorageServer.StorageServer
      yield* Storage.insertSpans([
        span({ name: "turn", startTime: 5n, endTime: 9_007_199_254_740_993n }),
        span({ name: "turn", startTime: 7n, endTime: 8n })
      ])
      const answer = yield* post(`${url}/api/listSpans`, {
        filters: { name: "turn", startedBefore: "6", minDuration: "1 milli" },
        pagination: { limit: 10 }
      })
      assert.strictEqual(answer.status, 200)
      assert.deepStrictEqual(
        answer.json.items.map(({ endTime }: { readonly endTime: string }) => endTime),
        ["9007199254740993"]
      )
      const first = yield* post(`${url}/api/listSpans`, { pagination: { limit: 1 } })
      const next = yield* post(`${url}/api/listSpans`, { pagination: { limit: 1, cursor: first.json.nextCursor } })
      assert.deepStrictEqual([first.json.items[0].startTime, next.json.items[0].startTime], ["7", "5"])
      assert.notProperty(next.json, "nextCursor")
      assert.deepStrictEqual((yield* post(`${url}/api/getSession`, { sessionId: "nobody" })).json, null)
      const sums = yield* post(`${url}/api/aggregate`, {
        of: "spans",
        measures: { all: "count", longest: { max: "duration" } }
      })
      assert.deepStrictEqual(sums.json.rows, [{ group: {}, values: { all: 2, longest: "9007199254740988" } }])
    }).pipe(Effect.provide(serve(Storage.layerMemory)))
  )

  it.live("says what is wrong with a question, and where", () =>
    Effect.gen(function* () {
      const { url } = yield* StorageServer.StorageServer
      const refused: ReadonlyArray<readonly [field: string, method: string, body: unknown]> = [
        ["filters.startedBefore", "listSpans", { filters: { startedBefore: 6 } }],
        ["filters.startedBefore", "listLogs", { filters: { startedBefore: "soon" } }],
        ["filters.spanType", "listTraces", { filters: { spanType: "robot" } }],
        ["filters.sesionId", "listSessions", { filters: { sesionId: "a" } }],
        ["filters.minDuration", "listSpans", { filters: { minDuration: "long" } }],
        ["pagination.limit", "listScores", { pagination: { limit: 1_001 } }],
        ["pagination.cursor", "listSpans", { pagination: { cursor: "x" } }],
        ["orderBy.field", "listLogs", { orderBy: { field: "duration", direction: "asc" } }],
        ["traceId", "getTrace", { traceId: "x" }],
        ["traceId", "getTrace", {}],
        ["spanId", "getSpan", { traceId: "a".repeat(32) }],
        ["sessionId", "sessionTimeline", { sessionId: "" }],
        ["measures", "aggregate", { of: "spans" }],
        ["of", "aggregate", { of: "robots", measures: { a: "count" } }],
        ["time", "deleteBefore", { time: 5 }],
        ["filter", "listSpans", { filter: {} }]
      ]
      for (const [field, method, body] of refused) {
        const answer = yield* post(`${url}/api/${method}`, body)
        assert.strictEqual(answer.status, 400, field)
        assert.deepInclude(answer.json, { _tag: "StorageError", reason: "InvalidArgument", field })
      }
    }).pipe(Effect.provide(serve(Storage.layerMemory)))
  )

  it.live("describes itself, and says how its pipeline fares", () =>
    Effect.gen(function* () {
      const { url } = yield* StorageServer.StorageServer
      const spec = (yield* get(`${url}/api/openapi.json`)) as {
        readonly paths: object
        readonly components: { readonly schemas: object }
      }
      assert.includeMembers(Object.keys(spec.paths), ["/api/listSessions", "/api/aggregate", "/api/insertScores"])
      for (const name of Object.keys(spec.components.schemas)) assert.match(name, /^[\w.-]+$/)
      const stats = (yield* get(`${url}/api/stats`)) as { readonly pipeline: object; readonly readOnly: boolean }
      assert.deepInclude(stats, { readOnly: false })
      assert.property(stats.pipeline, "spans")
    }).pipe(Effect.provide(serve(Storage.layerMemory)))
  )

  it.live("compresses what is long, for those who take it", () =>
    Effect.gen(function* () {
      const { port, url } = yield* StorageServer.StorageServer
      yield* Storage.insertLogs(Array.from({ length: 500 }, () => log({ message: "again and again ".repeat(20) })))
      const plain = yield* post(
        `${url}/api/listLogs`,
        { pagination: { limit: 500 } },
        { "accept-encoding": "identity" }
      )
      const lengths: Array<number> = []
      for (const [limit, coding, expected] of [
        [500, "br, gzip;q=0.5", "gzip"],
        [5, "gzip", "gzip"],
        [500, "gzip;q=0", undefined],
        [500, "identity", undefined]
      ] as const) {
        const { bytes, encoding } = yield* Effect.async<{ bytes: Buffer; encoding: string | undefined }>((resume) => {
          const options = { port, host: "127.0.0.1", path: "/api/listLogs", method: "POST" }
          const asking = request({ ...options, headers: { ...json, "accept-encoding": coding } }, (answer) => {
            const chunks: Array<Buffer> = []
            answer.on("data", (chunk) => chunks.push(chunk))
            answer.on("end", () =>
              resume(Effect.succeed({ bytes: Buffer.concat(chunks), encoding: answer.headers["content-encoding"] }))
            )
          })
          asking.end(JSON.stringify({ pagination: { limit } }))
        })
        assert.strictEqual(encoding, expected, coding)
        const text = (expected === undefined ? bytes : gunzipSync(bytes)).toString()
        assert.deepStrictEqual(JSON.parse(text).items, plain.json.items.slice(0, limit))
        lengths.push(bytes.length)
      }
      assert.isBelow((lengths[0] as number) * 5, lengths[2] as number)
    }).pipe(Effect.provide(serve(Storage.layerMemory)))
  )

  it.live("takes records of OTLP, and gives them back", () =>
    Effect.gen(function* () {
      const { url } = yield* StorageServer.StorageServer
      const sent = {
        traceId: "0af7651916cd43dd8448eb211c80319c",
        spanId: "b7ad6b7169203331",
        name: "chat",
        startTimeUnixNano: "1700000000000000001",
        endTimeUnixNano: "1700000000000000002",
        attributes: [{ key: "session.id", value: { stringValue: "from-python" } }]
      }
      const answer = yield* post(`${url}/v1/traces`, { resourceSpans: [{ scopeSpans: [{ spans: [sent] }] }] })
      assert.strictEqual(answer.status, 200)
      yield* Observability.flush
      const session = yield* (yield* RemoteStorage.make({ url })).getSession("from-python")
      assert.strictEqual(Option.getOrThrow(session).spans, 1)
    }).pipe(Effect.provide(StorageServer.layer({ port: 0 }).pipe(Layer.provideMerge(collector))))
  )

  it.live("takes scores as short as they can be, the second of one scorer for the first", () =>
    Effect.gen(function* () {
      const { url } = yield* StorageServer.StorageServer
      for (const value of [false, true]) {
        const answer = yield* post(`${url}/api/insertScores`, {
          records: [
            {
              name: "solved",
              value,
              source: "human",
              sessionId: "s",
              comment: "sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789"
            },
            { name: "tone", label: "kind", sessionId: "s" }
          ]
        })
        assert.deepStrictEqual([answer.status, answer.json], [200, { scores: 2 }])
      }
      const { items } = yield* Storage.listScores({ filters: { sessionId: "s" } })
      assert.sameDeepMembers(
        items.map(({ dataType, label, name, source, value }) => ({ dataType, label, name, source, value })),
        [
          { dataType: "boolean", label: undefined, name: "solved", source: "human", value: 1 },
          { dataType: "categorical", label: "kind", name: "tone", source: "code", value: undefined }
        ]
      )
      assert.notInclude(JSON.stringify(items), "sk-ant", "they are masked")
      const refused: ReadonlyArray<readonly [field: string, records: unknown]> = [
        ["records", "all"],
        ["records.0.name", [{ value: 1 }]],
        ["records.0", [{ name: "empty" }]],
        ["records.0", [null]],
        ["records.1", [{ name: "a", value: 1 }, [{}]]],
        [
          "records.120.value",
          [...Array.from({ length: 120 }, () => ({ name: "a", value: 1 })), { name: "a", value: {} }]
        ],
        ["records.0.__proto__", [JSON.parse('{"name":"a","value":1,"__proto__":{"polluted":true}}')]],
        ["records.0.time", [{ name: "a", value: 1, time: "9".repeat(400) }]],
        [
          "records.1.value",
          [
            { name: "a", value: 1 },
            { name: "b", value: "high" }
          ]
        ],
        ["records.0.session", [{ name: "a", value: 1, session: "s" }]]
      ]
      for (const [field, records] of refused) {
        const { json, status } = yield* post(`${url}/api/insertScores`, { records })
        assert.deepStrictEqual([status, json.reason, json.field], [400, "InvalidArgument", field])
      }
      assert.lengthOf((yield* Storage.listScores()).items, 2)
    }).pipe(Effect.provide(StorageServer.layer({ port: 0 }).pipe(Layer.provideMerge(collector))))
  )

  it.live("says that its port is taken", () =>
    Effect.gen(function* () {
      const { port } = yield* StorageServer.StorageServer
      const error = yield* Effect.flip(Layer.build(serve(Storage.layerMemory, { port })))
      assert.deepInclude({ ...error }, { _tag: "StorageServerError", reason: "AddressInUse", field: "port" })
    }).pipe(Effect.provide(serve(Storage.layerMemory)), Effect.scoped)
  )

  it.live("has further apps at paths of their own, guarded as the rest", () =>
    Effect.gen(function* () {
      const { port, url } = yield* StorageServer.StorageServer
      const text = (path: string) => Effect.promise(() => fetch(`${url}${path}`).then((answer) => answer.text()))
      assert.strictEqual(yield* text("/mcp"), "mcp")
      assert.strictEqual(yield* text("/sessions/a"), "page")
      assert.strictEqual((yield* post(`${url}/api/listSpans`, {})).status, 200)
      const stranger = yield* Effect.promise(() => fetch(`http://127.0.0.2:${port}/mcp`).catch(() => undefined))
      assert.isUndefined(stranger, "it listens on one address")
    }).pipe(
      Effect.provide(
        serve(Storage.layerMemory, {
          apps: { "/mcp": HttpServerResponse.text("mcp"), "/": HttpServerResponse.text("page") }
        })
      )
    )
  )

  it.live("ends what it answers when it is closed, and what hangs a while later", () =>
    Effect.gen(function* () {
      const slow = Layer.succeed(
        Storage.Storage,
        Storage.make({
          getSession: () => Effect.as(Effect.sleep("300 millis"), Option.none()),
          listSpans: () => Effect.never
        })
      )
      const [took, answered] = yield* Effect.gen(function* () {
        const { url } = yield* StorageServer.StorageServer
        const remote = yield* RemoteStorage.make({ url })
        const asking = yield* Effect.forkDaemon(remote.getSession("a"))
        const hanging = yield* Effect.forkDaemon(Effect.flip(remote.listSpans()))
        yield* Effect.sleep("100 millis")
        return [hanging, asking] as const
      }).pipe(Effect.provide(serve(slow)), Effect.timed)
      assert.isBelow(Duration.toMillis(took), 10_000)
      assert.deepStrictEqual(yield* answered[1], Option.none())
      assert.strictEqual((yield* answered[0]).reason, "Unavailable")
    })
  )
})

describe("pieces of a server", () => {
  const node = NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })
  const urlOf = Effect.map(HttpServer.HttpServer, ({ address }) =>
    address._tag === "TcpAddress" ? `http://127.0.0.1:${address.port}` : ""
  )

  it.live("all of it, below a path of the program's own router", () =>
    Effect.gen(function* () {
      const url = yield* urlOf
      yield* Storage.insertSpans([span({ sessionId: "s" })])
      const remote = yield* RemoteStorage.make({ url: `${url}/observability/` })
      assert.strictEqual((yield* remote.listSessions()).items[0]?.sessionId, "s")
      assert.strictEqual(yield* Effect.promise(() => fetch(`${url}/mine`).then((answer) => answer.text())), "mine")
      const otlp = yield* post(`${url}/observability/v1/logs`, { resourceLogs: [] })
      assert.strictEqual(otlp.status, 200)
      const foreign = yield* Effect.promise(() =>
        fetch(`${url}/observability/api/stats`, { headers: { origin: "https://evil.example" } })
      )
      assert.strictEqual(foreign.status, 403)
    }).pipe(
      Effect.provide(
        Layer.unwrapEffect(
          Effect.map(StorageServer.httpApp(), (app) =>
            HttpServer.serve(
              HttpRouter.empty.pipe(
                HttpRouter.get("/mine", HttpServerResponse.text("mine")),
                HttpRouter.mountApp("/observability", app)
              )
            )
          )
        ).pipe(Layer.provideMerge(node), Layer.provideMerge(collector))
      )
    )
  )

  it.live("its questions within the program's own HttpApi", () => {
    class MyApi extends HttpApi.make("mine").add(StorageApi.group) {}
    const live = HttpApiBuilder.serve().pipe(
      Layer.provide(HttpApiBuilder.api(MyApi)),
      Layer.provide(HttpApiBuilder.group(MyApi, "storage", StorageServer.handlers({ readOnly: true }))),
      Layer.provideMerge(node),
      Layer.provideMerge(collector)
    )
    return Effect.gen(function* () {
      const baseUrl = yield* urlOf
      yield* Storage.insertSpans([span({ sessionId: "s", startTime: 1n, endTime: 9_007_199_254_740_993n })])
      yield* Storage.insertLogs([log({ sessionId: "s" })])
      const { storage } = yield* HttpApiClient.make(MyApi, { baseUrl })
      const asked = { filters: { sessionId: "s", startedAfter: 0n }, pagination: { limit: 5 } }
      assert.deepStrictEqual(yield* storage.listSpans({ payload: asked }), yield* Storage.listSpans(asked))
      assert.deepStrictEqual(yield* storage.listSessions({ payload: {} }), yield* Storage.listSessions())
      const timeline = yield* storage.sessionTimeline({ payload: { sessionId: "s" } })
      assert.deepStrictEqual(timeline, yield* Storage.sessionTimeline({ sessionId: "s" }))
      const error = yield* Effect.flip(storage.deleteSession({ payload: { sessionId: "s" } }))
      assert.instanceOf(error, Storage.StorageError)
      assert.deepInclude({ ...error }, { reason: "ReadOnly" })
      const bad = yield* Effect.flip(storage.listSpans({ payload: { filters: { traceId: "x" } } }))
      assert.deepInclude({ ...bad }, { reason: "InvalidArgument", field: "filters.traceId" })
    }).pipe(Effect.provide([live, NodeHttpClient.layer]))
  })
})
