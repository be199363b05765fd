import { createServer } from "node:http"
import { FetchHttpClient, HttpApp, HttpClient, HttpRouter, HttpServer, HttpServerResponse } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Data, Deferred, Effect } from "effect"
import { Observability, type SpanRecord, Storage } from "effect-observability"
import { DuckDbStorage } from "effect-observability/duckdb"

const marker = "MARKER"

class NoSeats extends Data.TaggedError("NoSeats")<{ readonly flight: string }> {}

const router = HttpRouter.empty.pipe(
  HttpRouter.get("/ok", HttpServerResponse.text("ok")),
  HttpRouter.get("/down", HttpServerResponse.text(marker, { status: 503, headers: { "x-marker": marker } })),
  HttpRouter.get("/invalid", HttpServerResponse.text(marker, { status: 422 })),
  HttpRouter.get("/denied", Effect.fail(HttpServerResponse.text(marker, { status: 401 }))),
  HttpRouter.get("/fails", Effect.withSpan(new NoSeats({ flight: "LO1" }), "booking")),
  HttpRouter.get("/dies", Effect.die(new Error("defect")))
)

/** The spans that a program records, read back from a file of DuckDB. */
const stored = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const storage = yield* Storage.Storage
    yield* program.pipe(
      Effect.provide(Observability.layer({ serviceName: "test" })),
      Effect.provideService(Storage.Storage, storage)
    )
    return (yield* storage.listSpans({ orderBy: { field: "time", direction: "asc" } })).items
  }).pipe(Effect.provide(DuckDbStorage.layer({ path: ":memory:" })))

/** What a span says of how it came out. */
const outcome = ({ attributes, events, status, statusMessage }: SpanRecord.SpanRecord) => [
  attributes["http.response.status_code"],
  status,
  attributes["error.type"],
  statusMessage,
  events.map((event) => event.attributes["exception.message"])
]

const ofKind = (spans: ReadonlyArray<SpanRecord.SpanRecord>, kind: string) =>
  spans.filter((span) => span.kind === kind).map(outcome)

const noSeats = 'NoSeats: {"flight":"LO1"}'

const served: ReadonlyArray<readonly [path: string, outcome: ReturnType<typeof outcome>]> = [
  ["/ok", [200, "ok", undefined, undefined, []]],
  ["/down", [503, "error", "503", undefined, []]],
  ["/invalid", [422, "ok", undefined, undefined, []]],
  ["/denied", [401, "ok", undefined, undefined, []]],
  ["/none", [404, "ok", undefined, undefined, []]],
  ["/fails", [500, "error", "NoSeats", noSeats, [noSeats]]],
  ["/dies", [500, "error", "Error", "defect", ["defect"]]]
]

const serving = NodeHttpServer.layer(createServer, { port: 0 })

const port = Effect.map(HttpServer.HttpServer, ({ address }) => (address as HttpServer.TcpAddress).port)

describe("a span of HTTP", () => {
  it.scopedLive("has the status that the conventions say, on a server and on its client", () =>
    Effect.gen(function* () {
      const spans = yield* stored(
        Effect.gen(function* () {
          yield* HttpServer.serveEffect(router)
          const url = `http://127.0.0.1:${yield* port}`
          yield* Effect.forEach(served, ([path]) => HttpClient.get(url + path))
        }).pipe(Effect.provide([serving, FetchHttpClient.layer]), Effect.scoped)
      )
      assert.deepStrictEqual(
        ofKind(spans, "server"),
        served.map(([, expected]) => expected)
      )
      assert.deepStrictEqual(
        ofKind(spans, "client"),
        served.map(([, [status]]) =>
          Number(status) < 400
            ? [status, "ok", undefined, undefined, []]
            : [status, "error", String(status), undefined, []]
        )
      )
      const said = spans.flatMap(({ events, statusMessage }) => [statusMessage, ...events.map((_) => _.attributes)])
      assert.notInclude(JSON.stringify(said), marker)
    })
  )

  it.scopedLive("has it in a web handler, too", () =>
    Effect.gen(function* () {
      const spans = yield* stored(
        Effect.gen(function* () {
          const handler = HttpApp.toWebHandlerRuntime(yield* Effect.runtime<never>())(router)
          yield* Effect.forEach(served, ([path]) =>
            Effect.promise(() => handler(new Request(`http://localhost${path}`)))
          )
        })
      )
      assert.deepStrictEqual(
        ofKind(spans, "server"),
        served.map(([, expected]) => expected)
      )
    })
  )

  it.scopedLive("is interrupted where the client went away", () =>
    Effect.gen(function* () {
      const spans = yield* stored(
        Effect.gen(function* () {
          const reached = yield* Deferred.make<void>()
          const left = yield* Deferred.make<void>()
          const waiting = Effect.zipRight(Deferred.succeed(reached, undefined), Effect.never).pipe(
            Effect.onInterrupt(() => Deferred.succeed(left, undefined))
          )
          yield* HttpServer.serveEffect(HttpRouter.empty.pipe(HttpRouter.get("/", waiting)))
          const asked = HttpClient.get(`http://127.0.0.1:${yield* port}/`)
          yield* Effect.raceFirst(Effect.exit(asked), Deferred.await(reached))
          yield* Deferred.await(left)
        }).pipe(Effect.provide([serving, FetchHttpClient.layer]), Effect.scoped)
      )
      assert.deepStrictEqual(
        spans.map(({ attributes, kind, status }) => [kind, status, attributes["error.type"]]).sort(),
        [
          ["client", "interrupted", undefined],
          ["server", "interrupted", undefined]
        ]
      )
    })
  )

  it.effect("has it whoever made the span, and whenever the status is set", () =>
    Effect.gen(function* () {
      const cases = [
        ["client", "http.response.status_code", 404, "error", "404"],
        ["client", "http.status_code", "500", "error", "500"],
        ["server", "http.status_code", 404, "ok", undefined],
        ["server", "http.status_code", 500, "error", "500"],
        ["internal", "http.status_code", 500, "ok", undefined],
        ["client", "http.response.status_code", 302, "ok", undefined],
        ["client", "http.response.status_code", "none", "ok", undefined]
      ] as const
      const spans = yield* stored(
        Effect.forEach(cases, ([kind, key, status], i) =>
          Effect.annotateCurrentSpan(key, status).pipe(Effect.withSpan(`${i}`, { kind }))
        )
      )
      for (const [i, [, , , status, type]] of cases.entries()) {
        const span = spans.find(({ name }) => name === `${i}`)
        assert.deepStrictEqual([span?.status, span?.attributes["error.type"]], [status, type])
      }
    })
  )

  it.scopedLive("is refused a connection: the error has a type of its own", () =>
    Effect.gen(function* () {
      const spans = yield* stored(
        Effect.ignore(HttpClient.get("http://127.0.0.1:9/")).pipe(Effect.provide(FetchHttpClient.layer))
      )
      const message = "Transport error (GET http://127.0.0.1:9/)"
      assert.deepStrictEqual(spans.map(outcome), [[undefined, "error", "RequestError", message, [message]]])
    })
  )
})
