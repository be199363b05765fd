import { Agent, createServer } from "node:http"
import {
  HttpApi,
  HttpApiBuilder,
  HttpApiEndpoint,
  HttpApiGroup,
  HttpApp,
  HttpBody,
  HttpClient,
  HttpClientRequest,
  HttpClientResponse,
  HttpMiddleware,
  HttpRouter,
  HttpServer,
  HttpServerRequest,
  HttpServerResponse,
  Socket
} from "@effect/platform"
import { NodeHttpServer, Undici } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Layer, Option, type Runtime, Schema, Stream } from "effect"
import { type Sampler, SessionId, type SpanRecord, Tracer, TracingOptions } from "effect-observability"
import { HttpPropagation } from "effect-observability/http"
import { client, id, named, ofKind, Recording, raw, recordingWith, serve, stored, whoami } from "./utils.js"

const a = id("session-a")
const b = id("session-b")
const traceId = "12345678901234567890123456789012"
const spanId = "1234567890123456"
const traceparent = `00-${traceId}-${spanId}-01`

/** Answers with the headers of the request. */
const echo = Effect.map(HttpServerRequest.HttpServerRequest, ({ headers }) => HttpServerResponse.unsafeJson(headers))

const getText = (http: HttpClient.HttpClient, url: string) => Effect.flatMap(http.get(url), ({ text }) => text)
const getHeaders = (http: HttpClient.HttpClient, url: string) =>
  Effect.flatMap(http.get(url), ({ json }) => json as Effect.Effect<Record<string, string>, never>)

describe("HttpPropagation", () => {
  it.scopedLive("takes the session and the trace from a client to the server span and what is in it", () =>
    Effect.gen(function* () {
      const url = yield* serve(whoami)
      const http = yield* client()
      const answer = yield* getText(http, url).pipe(Effect.withSpan("caller"), SessionId.withSessionId(a))
      assert.strictEqual(answer, a)
      const { logs, spans } = yield* stored
      const [caller, sent, served, handler] = [
        named(spans, "caller"),
        ...ofKind(spans, "client"),
        ...ofKind(spans, "server"),
        named(spans, "handler")
      ]
      for (const span of [caller, sent, served, handler]) {
        assert.strictEqual(span?.sessionId, a)
        assert.strictEqual(span?.traceId, caller?.traceId)
      }
      assert.deepStrictEqual(
        [sent?.parentSpanId, served?.parentSpanId, handler?.parentSpanId],
        [caller?.spanId, sent?.spanId, served?.spanId]
      )
      assert.isTrue(served?.parentIsRemote)
      assert.deepStrictEqual(
        logs.map(({ sessionId, spanId }) => [sessionId, spanId]),
        [[a, served?.spanId]]
      )
    }).pipe(Effect.provide(Recording))
  )

  describe("the headers that spans keep", () => {
    /** Those of a call, of both sides, as attributes of its spans and of a span of the program. */
    const kept = Effect.gen(function* () {
      const url = yield* serve(
        Effect.as(
          Effect.withSpan(Effect.void, "own", { attributes: { "http.request.header.x-tenant": "acme" } }),
          HttpServerResponse.text("hello", {
            headers: { "x-request-id": "r-1", "set-cookie": "sid=1", "x-tenant": "acme" }
          })
        )
      )
      const http = HttpClient.mapRequest(
        yield* client(),
        HttpClientRequest.setHeaders({ authorization: "Bearer secret", "x-tenant": "acme", "X-Correlation-Id": "c-1" })
      )
      yield* getText(http, url)
      const { spans } = yield* stored
      const headersOf = (spans: ReadonlyArray<SpanRecord.SpanRecord>) =>
        spans.map(({ attributes }) =>
          Object.keys(attributes)
            .filter((key) => key.includes(".header."))
            .toSorted()
        )
      return {
        client: headersOf(ofKind(spans, "client")),
        server: headersOf(ofKind(spans, "server")),
        own: headersOf([named(spans, "own")])
      }
    })

    it.scopedLive("are a few that are harmless", () =>
      Effect.gen(function* () {
        const headers = [
          "http.request.header.x-correlation-id",
          ...["content-length", "content-type", "x-request-id"].map((name) => `http.response.header.${name}`)
        ]
        assert.deepStrictEqual(yield* kept, {
          client: [headers],
          server: [headers],
          own: [["http.request.header.x-tenant"]]
        })
      }).pipe(Effect.provide(Recording))
    )

    it.scopedLive("are those that are named", () =>
      Effect.gen(function* () {
        const headers = ["http.request.header.x-tenant", "http.response.header.x-tenant"]
        const { client, server } = yield* kept
        assert.deepStrictEqual([client, server], [[headers], [headers]])
      }).pipe(Effect.provide(recordingWith({ httpHeaders: ["X-Tenant"] })))
    )

    it.scopedLive("are all of them", () =>
      Effect.gen(function* () {
        const { client, server } = yield* kept
        assert.isAbove(client[0]?.length ?? 0, 8)
        assert.include(server[0] ?? [], "http.request.header.authorization")
      }).pipe(Effect.provide(recordingWith({ httpHeaders: "all" })))
    )
  })

  describe("the client", () => {
    it.scopedLive("sends no header of a session where there is none", () =>
      Effect.gen(function* () {
        const url = yield* serve(echo)
        const headers = yield* getHeaders(yield* client(), url)
        assert.isTrue(headers.traceparent?.startsWith("00-"))
        for (const name of ["tracestate", "baggage", "x-mastra-session-id"]) assert.notProperty(headers, name)
      }).pipe(Effect.provide(Recording))
    )

    it.scopedLive("sends the session, and on request user and organisation", () =>
      Effect.gen(function* () {
        const url = yield* serve(echo)
        const options = TracingOptions.withTracingOptions({
          sessionId: id("a b"),
          userId: "Amélie",
          organizationId: "org",
          threadId: "t"
        })
        const plain = yield* options(getHeaders(yield* client(), url))
        assert.strictEqual(plain["x-mastra-session-id"], "a b")
        assert.strictEqual(plain.baggage, "session.id=a%20b")
        const all = yield* options(getHeaders(yield* client({ include: ["userId", "organizationId"] }), url))
        assert.strictEqual(all.baggage, "session.id=a%20b,user.id=Am%C3%A9lie,effect_observability.organization_id=org")
      }).pipe(Effect.provide(Recording))
    )

    it.scopedLive("sends the baggage and the tracestate on that came with its request", () =>
      Effect.gen(function* () {
        const url = yield* serve(echo)
        const http = yield* client()
        const front = yield* serve(Effect.map(getHeaders(http, url), (json) => HttpServerResponse.unsafeJson(json)))
        const { body } = yield* raw(front, [
          ...["traceparent", `00-${traceId}-${spanId}-03`, "tracestate", "foo=1", "tracestate", "bar=2"],
          ...["baggage", "shop=a%20b;p=1 , session.id=session-a", "baggage", "other=2"]
        ])
        const headers = JSON.parse(body)
        assert.match(headers.traceparent, new RegExp(`^00-${traceId}-(?!${spanId})[0-9a-f]{16}-03$`))
        assert.strictEqual(headers.tracestate, "foo=1,bar=2")
        assert.strictEqual(headers.baggage, "session.id=session-a,shop=a%20b;p=1,other=2")
      }).pipe(Effect.provide(Recording))
    )

    const matches: ReadonlyArray<
      readonly [targets: HttpPropagation.ClientOptions["targets"], yes: Array<string>, no: Array<string>]
    > = [
      [
        undefined,
        [
          "http://localhost",
          "http://localhost.:1",
          "http://a.localhost",
          "http://127.0.0.1",
          "http://127.8.9.1",
          "http://[::1]:1"
        ],
        [
          "http://example.com",
          "http://localhost.example.com",
          "http://10.0.0.1",
          "http://127.0.0.1.example.com",
          "http://notlocalhost"
        ]
      ],
      [[], [], ["http://localhost", "http://example.com"]],
      [
        ["api.example.com"],
        ["http://api.example.com", "https://API.example.com:8443/x", "https://api.example.com."],
        ["http://example.com", "http://x.api.example.com", "http://localhost", "http://api.example.com.evil.test"]
      ],
      [
        ["example.com:8080"],
        ["http://example.com:8080", "http://example.com.:8080"],
        ["http://example.com", "http://example.com:80"]
      ],
      [["Example.com.:443"], ["https://example.com"], ["http://example.com", "https://example.com:80"]],
      [["bücher.example"], ["http://bücher.example"], ["http://bucher.example"]],
      [["[::1]:80"], ["http://[::1]"], ["http://[::1]:81", "http://localhost"]],
      [["*.example.com:81"], ["http://a.example.com:81"], ["http://a.example.com", "http://example.com:81"]],
      [["example.com/path", "x@example.com", "*"], [], ["http://example.com", "http://x.test"]],
      [
        ["*.example.com"],
        ["http://a.example.com", "http://a.b.example.com:1"],
        [
          "http://example.com",
          "http://notexample.com",
          "http://a.example.com.evil.test",
          "http://evil.test/?.example.com"
        ]
      ],
      [["https://example.com"], ["https://example.com/x"], ["http://example.com", "https://example.com:444"]],
      [["no url://"], [], ["http://example.com"]],
      [(url) => url.pathname === "/yes", ["http://example.com/yes"], ["http://example.com/no"]],
      [() => assert.fail("thrown"), [], ["http://localhost"]],
      [(() => Promise.resolve(true)) as never, [], ["http://localhost"]]
    ]
    for (const [targets, yes, no] of matches) {
      it.scoped(
        `tells the session to ${typeof targets === "object" ? targets.join() || "nobody" : targets} alone`,
        () =>
          Effect.gen(function* () {
            const seen = HttpClient.make((request) =>
              Effect.succeed(HttpClientResponse.fromWeb(request, Response.json(request.headers)))
            )
            const http = Context.get(
              yield* Layer.build(
                Layer.provide(HttpPropagation.layerClient({ targets }), Layer.succeed(HttpClient.HttpClient, seen))
              ),
              HttpClient.HttpClient
            )
            for (const url of [...yes, ...no]) {
              const headers = yield* getHeaders(http, url).pipe(SessionId.withSessionId(a))
              assert.strictEqual(headers["x-mastra-session-id"], yes.includes(url) ? a : undefined, url)
              assert.strictEqual("baggage" in headers, yes.includes(url), url)
              assert.property(headers, "traceparent")
            }
          })
      )
    }

    it.scopedLive("injects each attempt and each hop of a redirect anew, each with a span of its own", () =>
      Effect.gen(function* () {
        const seen: Array<string | undefined> = []
        const url = yield* serve(
          HttpRouter.empty.pipe(
            HttpRouter.get(
              "/busy",
              Effect.map(HttpServerRequest.HttpServerRequest, ({ headers }) => {
                seen.push(headers.traceparent)
                return seen.length < 3
                  ? HttpServerResponse.empty({ status: 503 })
                  : HttpServerResponse.empty({ status: 200 })
              })
            )
          )
        )
        const http = (yield* client()).pipe(HttpClient.filterStatusOk, HttpClient.retry({ times: 2 }))
        yield* http.get(`${url}/busy`).pipe(SessionId.withSessionId(a))
        const { spans } = yield* stored
        const sent = ofKind(spans, "client").map((span) => `00-${span.traceId}-${span.spanId}-03`)
        assert.strictEqual(new Set(sent).size, 3)
        assert.deepStrictEqual(seen, sent)
      }).pipe(Effect.provide(Recording))
    )

    for (const follows of ["fetch", "HttpClient.followRedirects"]) {
      it.scopedLive(`sheds the session on a redirect to another host that ${follows} follows`, () =>
        Effect.gen(function* () {
          const other = (yield* serve(echo, { trust: "never" }, "localhost")).replace(/\/$/, "")
          const first = yield* serve(
            HttpRouter.empty.pipe(
              HttpRouter.get("/there", HttpServerResponse.redirect(other, { status: 307 })),
              HttpRouter.get("/here", HttpServerResponse.redirect("/echo")),
              HttpRouter.get("/echo", echo)
            )
          )
          const http = yield* client({ targets: ["127.0.0.1"] })
          const following = follows === "fetch" ? http : HttpClient.followRedirects(http)
          const get = (path: string) =>
            following.execute(HttpClientRequest.get(first + path, { headers: { authorization: "secret" } })).pipe(
              Effect.flatMap(({ json }) => json as Effect.Effect<Record<string, string>>),
              SessionId.withSessionId(a)
            )
          const there = yield* get("/there")
          assert.notProperty(there, "x-mastra-session-id")
          assert.notProperty(there, "baggage")
          assert.property(there, "traceparent")
          if (follows === "fetch") assert.notProperty(there, "authorization")
          const here = yield* get("/here")
          assert.deepStrictEqual([here["x-mastra-session-id"], here.authorization], [a, "secret"])
        }).pipe(Effect.provide(Recording))
      )
    }

    it.scopedLive("follows a redirect of a POST as fetch does", () =>
      Effect.gen(function* () {
        const method = Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
          Effect.map(request.text, (text) =>
            HttpServerResponse.text(`${request.method} ${text} ${request.headers["content-type"] ?? ""}`)
          )
        )
        const url = yield* serve(
          HttpRouter.empty.pipe(
            HttpRouter.post("/302", HttpServerResponse.redirect("/")),
            HttpRouter.post("/303", HttpServerResponse.redirect("/", { status: 303 })),
            HttpRouter.post("/307", HttpServerResponse.redirect("/", { status: 307 })),
            HttpRouter.post("/loop", HttpServerResponse.redirect("/loop", { status: 307 })),
            HttpRouter.all("/", method)
          )
        )
        const http = yield* client()
        const post = (path: string) =>
          Effect.flatMap(
            http.post(url + path, { body: HttpBody.raw("body", { contentType: "text/plain" }) }),
            ({ text }) => text
          )
        assert.strictEqual(yield* post("/302"), "GET  ")
        assert.strictEqual(yield* post("/303"), "GET  ")
        assert.strictEqual(yield* post("/307"), "POST body text/plain")
        assert.strictEqual((yield* Effect.flip(post("/loop")))._tag, "RequestError")
      }).pipe(Effect.provide(Recording))
    )

    it.scopedLive("leaves a request alone whose propagation is disabled", () =>
      Effect.gen(function* () {
        const url = yield* serve(echo)
        const http = HttpClient.withTracerPropagation(yield* client(), false)
        const headers = yield* getHeaders(http, url).pipe(SessionId.withSessionId(a))
        for (const name of ["traceparent", "baggage", "x-mastra-session-id"]) assert.notProperty(headers, name)
      }).pipe(Effect.provide(Recording))
    )
  })

  describe("the server", () => {
    const trusts: ReadonlyArray<
      readonly [name: string, trust: HttpPropagation.ServerOptions["trust"], trusted: boolean]
    > = [
      ["trusts everybody", "always", true],
      ["trusts nobody", "never", false],
      ["trusts by a predicate that holds", ({ headers }) => headers.host === "test", true],
      ["trusts by a predicate that does not hold", ({ headers }) => headers.host === "other", false],
      ["trusts by a predicate that throws", () => assert.fail("thrown"), false],
      ["trusts by a predicate that gives a promise", (() => Promise.resolve(true)) as never, false]
    ]
    for (const [name, trust, trusted] of trusts) {
      it.scopedLive(`${trusted ? "believes" : "does not believe"} a session where it ${name}`, () =>
        Effect.gen(function* () {
          const url = yield* serve(whoami, { trust })
          const { body } = yield* raw(url, [
            ...["traceparent", traceparent, "x-mastra-session-id", a],
            ...["baggage", "session.id=session-a,user.id=ada,effect_observability.organization_id=org"]
          ])
          assert.strictEqual(body, trusted ? a : "none")
          const [served] = ofKind((yield* stored).spans, "server")
          assert.deepStrictEqual(
            [served?.traceId, served?.sessionId, served?.userId, served?.organizationId],
            trusted ? [traceId, a, "ada", "org"] : [traceId, undefined, undefined, undefined]
          )
        }).pipe(Effect.provide(Recording))
      )
    }

    const asked: ReadonlyArray<
      readonly [name: string, options: HttpPropagation.ServerOptions | null, headers: Array<string>, as: string]
    > = [
      ["the session that is believed", { trust: "always" }, ["x-mastra-session-id", a], a],
      ["the session in the baggage", { trust: "always" }, ["baggage", `session.id=${a}`], a],
      ["no session of a stranger", { trust: "never" }, ["x-mastra-session-id", a], "none"],
      ["no session that is malformed", { trust: "always" }, ["x-mastra-session-id", " "], "none"],
      ["no session where there is none", { trust: "always" }, [], "none"],
      ["no session without the middleware", null, ["x-mastra-session-id", a], "none"]
    ]
    for (const [name, options, headers, as] of asked) {
      for (const sampled of [true, false]) {
        it.scopedLive(`tells a sampler ${name}, once, and ${sampled ? "records" : "leaves out"} the request`, () =>
          Effect.gen(function* () {
            const seen: Array<string> = []
            const shouldSample = ({ sessionId }: Sampler.StartingSpan) => {
              seen.push(sessionId ?? "none")
              return sampled
            }
            const found = yield* Effect.gen(function* () {
              const url = yield* serve(whoami, options)
              yield* raw(url, headers)
              return yield* stored
            }).pipe(Effect.provide(recordingWith({ sampling: { type: "custom", sampler: { shouldSample } } })))
            assert.deepStrictEqual(seen, [as])
            assert.deepStrictEqual(found.spans.map((span) => [span.name, span.sessionId ?? "none"]).sort(), [
              ...(sampled
                ? [
                    ["handler", as],
                    ["http.server GET", as]
                  ]
                : [])
            ])
            assert.strictEqual(found.logs.length, sampled ? 1 : 0)
          })
        )
      }
    }

    const unsampled: ReadonlyArray<
      readonly [
        options: HttpPropagation.ServerOptions | null,
        remote: "follow" | "ignore" | undefined,
        recorded: boolean
      ]
    > = [
      [{ trust: "always" }, undefined, false],
      [{ trust: "never" }, undefined, true],
      [null, undefined, true],
      [{ trust: "always" }, "ignore", true],
      [{ trust: "never" }, "follow", false],
      [null, "follow", false]
    ]
    for (const [options, remote, recorded] of unsampled) {
      const trust = options === null ? "without the middleware" : `trusting ${JSON.stringify(options.trust)}`
      it.scopedLive(
        `${recorded ? "records" : "leaves out and counts"} what a caller did not sample: ${remote}, ${trust}`,
        () =>
          Effect.gen(function* () {
            const url = yield* serve(whoami, options)
            for (const flags of ["00", "01"]) {
              yield* raw(url, ["traceparent", `00-${traceId}-b7ad6b716920333${flags.at(1)}-${flags}`])
            }
            const { logs, spans } = yield* stored
            assert.deepStrictEqual(
              [ofKind(spans, "server").length, spans.length, logs.length],
              recorded ? [2, 4, 2] : [1, 2, 1]
            )
            for (const span of spans) assert.strictEqual(span.traceId, traceId)
            const { unsampledByCallers } = yield* Tracer.Tracer
            assert.strictEqual(yield* unsampledByCallers, recorded ? 0 : 1)
          }).pipe(Effect.provide(recordingWith({ sampling: { type: "always", ...(remote && { remote }) } })))
      )
    }

    it.scopedLive("keeps a failed request of a session that is not sampled, with what is in it", () =>
      Effect.gen(function* () {
        const url = yield* serve(Effect.zipRight(whoami, Effect.die("broken")))
        yield* raw(url, ["x-mastra-session-id", a])
        yield* raw(yield* serve(whoami), ["x-mastra-session-id", a])
        const { logs, spans } = yield* stored
        assert.deepStrictEqual(
          spans.map((span) => [span.name, span.sessionId]),
          [
            ["http.server GET", a],
            ["handler", a]
          ]
        )
        assert.deepStrictEqual(
          logs.filter(({ message }) => message === "asked").map(({ sessionId }) => sessionId),
          [a]
        )
      }).pipe(Effect.provide(recordingWith({ sampling: { type: "never", keep: [{ error: true }] } })))
    )

    it.scopedLive("does not look for a session beyond 256 headers", () =>
      Effect.gen(function* () {
        const url = yield* serve(whoami)
        const many = Array.from({ length: 300 }, (_, index) => [`x-${index}`, "1"]).flat()
        assert.strictEqual((yield* raw(url, [...many, "x-mastra-session-id", a])).body, "none")
        assert.strictEqual((yield* raw(url, ["x-mastra-session-id", a, ...many])).body, a)
      }).pipe(Effect.provide(Recording))
    )

    it.scopedLive("keeps apart the requests of one connection", () =>
      Effect.gen(function* () {
        const url = yield* serve(whoami)
        const agent = new Agent({ keepAlive: true, maxSockets: 1 })
        yield* Effect.addFinalizer(() => Effect.sync(() => agent.destroy()))
        const answers = yield* Effect.forEach([a, undefined, b, undefined, a], (session) =>
          Effect.map(
            raw(url, session === undefined ? [] : ["x-mastra-session-id", session], { agent }),
            ({ body }) => body
          )
        )
        assert.deepStrictEqual(answers, [a, "none", b, "none", a])
        const { spans } = yield* stored
        assert.deepStrictEqual(
          ofKind(spans, "server").map(({ sessionId }) => sessionId),
          [a, undefined, b, undefined, a]
        )
      }).pipe(Effect.provide(Recording))
    )

    it.scopedLive("gives a session that is set late to what comes after it", () =>
      Effect.gen(function* () {
        const late = Effect.gen(function* () {
          yield* Effect.log("before")
          yield* Effect.annotateCurrentSpan("session.id", a)
          yield* Effect.withSpan(Effect.log("after"), "after")
          return HttpServerResponse.empty()
        })
        yield* raw(yield* serve(late), ["traceparent", traceparent])
        const { logs, spans } = yield* stored
        assert.deepStrictEqual(Object.fromEntries(logs.map(({ message, sessionId }) => [message, sessionId])), {
          before: undefined,
          after: a
        })
        assert.strictEqual(named(spans, "after").sessionId, a)
        assert.strictEqual(ofKind(spans, "server")[0]?.sessionId, a)
      }).pipe(Effect.provide(Recording))
    )

    /** Streams three chunks, with a log and a span for each. */
    const chunks = Effect.succeed(
      HttpServerResponse.stream(
        Stream.range(1, 3).pipe(
          Stream.mapEffect((n) => Effect.as(Effect.withSpan(Effect.log(n), "chunk"), `${n}`)),
          Stream.encodeText
        )
      )
    )

    it.scopedLive("keeps the session while a body is streamed", () =>
      Effect.gen(function* () {
        const url = yield* serve(chunks)
        assert.strictEqual((yield* raw(url, ["x-mastra-session-id", a])).body, "123")
        const { logs, spans } = yield* stored
        const [served] = ofKind(spans, "server")
        const streamed = spans.filter(({ name }) => name === "chunk")
        assert.deepStrictEqual(
          [...logs, ...streamed].map(({ sessionId, traceId }) => [sessionId, traceId]),
          Array.from({ length: 6 }, () => [a, served?.traceId])
        )
      }).pipe(Effect.provide(Recording))
    )

    const trustful = HttpPropagation.middleware({ trust: "always" })
    const placed: Record<string, (runtime: Runtime.Runtime<never>) => ReturnType<typeof HttpApp.toWebHandler>> = {
      "around the app": (runtime) => HttpApp.toWebHandlerRuntime(runtime)(chunks, trustful),
      "within a router": (runtime) =>
        HttpApp.toWebHandlerRuntime(runtime)(
          HttpRouter.empty.pipe(HttpRouter.get("/", chunks), HttpRouter.use(trustful), Effect.orDie)
        )
    }
    for (const [place, makeHandler] of Object.entries(placed)) {
      it.scopedLive(`keeps the session while a web handler streams a body, ${place}`, () =>
        Effect.gen(function* () {
          const handler = makeHandler(
            yield* Effect.runtime<never>().pipe(Effect.withSpan("startup"), SessionId.withSessionId(b))
          )
          const ask = (session?: string) =>
            Effect.promise(() =>
              handler(new Request("http://localhost/", session ? { headers: { "x-mastra-session-id": session } } : {}))
            )
          const responses = yield* Effect.all([ask(a), ask()])
          const texts = yield* Effect.forEach(responses, (response) => Effect.promise(() => response.text()), {
            concurrency: 2
          })
          assert.deepStrictEqual(texts, ["123", "123"])
          const { logs, spans } = yield* stored
          const served = ofKind(spans, "server")
          assert.deepStrictEqual(
            served.map(({ sessionId }) => sessionId),
            [a, undefined]
          )
          for (const { sessionId, spanId, traceId } of served) {
            const streamed = spans.filter(({ name, parentSpanId }) => name === "chunk" && parentSpanId === spanId)
            assert.deepStrictEqual(
              [...streamed, ...logs.filter((log) => log.traceId === traceId)].map((record) => record.sessionId),
              Array.from({ length: 6 }, () => sessionId)
            )
          }
        }).pipe(Effect.provide(Recording))
      )
    }

    it.scopedLive("keeps the session of a websocket for as long as it is open", () =>
      Effect.gen(function* () {
        const done = yield* Deferred.make<void>()
        const url = yield* serve(
          Effect.gen(function* () {
            const socket = yield* HttpServerRequest.upgrade
            yield* socket.run((data) =>
              Effect.zipRight(Effect.log(String(data.length)), Deferred.succeed(done, undefined))
            )
            return HttpServerResponse.empty()
          }).pipe(Effect.catchAll(() => HttpServerResponse.empty()))
        )
        const socket = yield* Socket.makeWebSocket(url.replace("http", "ws")).pipe(
          Effect.provideService(
            Socket.WebSocketConstructor,
            (address) =>
              new Undici.WebSocket(address, { headers: { "x-mastra-session-id": a } }) as unknown as WebSocket
          )
        )
        const running = yield* Effect.fork(socket.run(() => Effect.void))
        const write = yield* socket.writer
        yield* write("hello")
        yield* Deferred.await(done)
        yield* Effect.ignore(write(new Socket.CloseEvent(1000)))
        yield* Effect.exit(running.await)
        const { logs } = yield* stored
        assert.deepStrictEqual(
          logs.map(({ message, sessionId }) => [message, sessionId]),
          [["5", a]]
        )
      }).pipe(Effect.provide(Recording))
    )

    it.scopedLive("works with HttpApi", () =>
      Effect.gen(function* () {
        const Api = HttpApi.make("Api").add(
          HttpApiGroup.make("group").add(HttpApiEndpoint.get("whoami", "/whoami").addSuccess(Schema.String))
        )
        const Live = HttpApiBuilder.group(Api, "group", (handlers) =>
          handlers.handle("whoami", () =>
            Effect.map(
              SessionId.get,
              Option.getOrElse(() => "none")
            )
          )
        )
        const context = yield* HttpApiBuilder.serve(HttpPropagation.middleware({ trust: "always" })).pipe(
          Layer.provide(Layer.provide(HttpApiBuilder.api(Api), Live)),
          Layer.provideMerge(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })),
          Layer.build
        )
        const { address } = Context.get(context, HttpServer.HttpServer)
        const url = `http://127.0.0.1:${address._tag === "TcpAddress" ? address.port : ""}/whoami`
        assert.strictEqual((yield* raw(url, ["x-mastra-session-id", a])).body, `"${a}"`)
        assert.strictEqual((yield* raw(url, [])).body, `"none"`)
      }).pipe(Effect.provide(Recording))
    )

    it.scopedLive("works as the middleware of a router", () =>
      Effect.gen(function* () {
        const context = yield* HttpRouter.empty.pipe(
          HttpRouter.get("/:name", whoami),
          HttpRouter.use(HttpPropagation.middleware({ trust: "always" })),
          HttpServer.serve(),
          Layer.provideMerge(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })),
          Layer.build
        )
        const { address } = Context.get(context, HttpServer.HttpServer)
        const url = `http://127.0.0.1:${address._tag === "TcpAddress" ? address.port : ""}/me`
        assert.strictEqual((yield* raw(url, ["x-mastra-session-id", a])).body, a)
        assert.strictEqual(ofKind((yield* stored).spans, "server")[0]?.sessionId, a)
      }).pipe(Effect.provide(Recording))
    )

    it.scopedLive("works where requests of a path are not traced", () =>
      Effect.gen(function* () {
        const url = yield* serve(whoami).pipe(
          Effect.locally(HttpMiddleware.currentTracerDisabledWhen, () => true),
          SessionId.withSessionId(b)
        )
        assert.strictEqual((yield* raw(url, ["traceparent", traceparent, "x-mastra-session-id", a])).body, a)
        const handler = named((yield* stored).spans, "handler")
        assert.deepStrictEqual([handler.traceId, handler.parentSpanId, handler.sessionId], [traceId, spanId, a])
        assert.strictEqual((yield* raw(url, [])).body, "none")
      }).pipe(Effect.provide(Recording))
    )
  })
})
