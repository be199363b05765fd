/** Who may ask a server, and how much, over real sockets. */
import { connect, type Socket } from "node:net"
import { assert, describe, it, vi } from "@effect/vitest"
import { Deferred, Effect, Layer, Option, Redacted } from "effect"
import * as RemoteStorage from "../../src/server/RemoteStorage.js"
import * as StorageServer from "../../src/server/StorageServer.js"
import * as Storage from "../../src/storage/Storage.js"
import { score, span } from "../../src/testing/Records.js"
import { serve } from "../utils/remote.js"

vi.setConfig({ testTimeout: 60_000 })

/** Sends lines as they are, and gives what comes until the server closes the connection. */
const raw = (port: number, lines: ReadonlyArray<string>, body = "") =>
  Effect.async<string>((resume) => {
    const socket = connect(port, "127.0.0.1")
    let answer = ""
    socket.on("data", (data) => (answer += data.toString("latin1")))
    socket.on("error", () => resume(Effect.succeed(answer)))
    socket.on("close", () => resume(Effect.succeed(answer)))
    socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`)
    return Effect.sync(() => socket.destroy())
  })

const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1])

const headerOf = (answer: string, name: string): string | undefined =>
  new RegExp(`^${name}: (.*)\r$`, "im").exec(answer)?.[1]

const question = (path: string, headers: ReadonlyArray<string>, body = "{}") =>
  [
    [
      `POST ${path} HTTP/1.1`,
      "Connection: close",
      "Content-Type: application/json",
      `Content-Length: ${Buffer.byteLength(body)}`,
      ...headers
    ],
    body
  ] as const

const get = (path: string, headers: ReadonlyArray<string>) => [`GET ${path} HTTP/1.1`, "Connection: close", ...headers]

/** A server to send lines to. */
const served = (
  options: StorageServer.Options,
  run: (server: StorageServer.StorageServer["Type"]) => Effect.Effect<void, unknown, Storage.Storage>
) => StorageServer.StorageServer.pipe(Effect.flatMap(run), Effect.provide(serve(Storage.layerMemory, options)))

const paths = ["/api/listSessions", "/v1/traces", "/v1/logs", "/v1/metrics", "/api/nothing", "/nothing", "/"]

describe("a server on localhost", () => {
  it.live("is asked by its names alone, on whatever port they say", () =>
    served({}, ({ port }) =>
      Effect.forEach(
        [`localhost:${port}`, "localhost", "LocalHost:1", `127.0.0.1:${port}`, `[::1]:${port}`, "[::1]"],
        (host) =>
          Effect.map(raw(port, ...question("/api/listSessions", [`Host: ${host}`])), (answer) =>
            assert.strictEqual(statusOf(answer), 200, host)
          )
      )
    )
  )

  // CVE-2025-66414 and CVE-2026-11624: the page of a name that was made to lead to 127.0.0.1.
  const strangers = [
    "evil.example",
    "127.0.0.1.nip.io",
    "localhost.evil.example",
    "localhost.",
    "evil.example:4318",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "127.0.0.1.",
    "0.0.0.0",
    "[::ffff:127.0.0.1]",
    "[::]",
    "::1",
    "localhost@evil.example",
    "evil.example@localhost",
    "localhost:4318@evil.example",
    "localhost:x",
    "localhost:999999",
    "localhost,evil.example",
    "localhost evil.example",
    "localhost/",
    "l\u00f6calhost",
    "",
    " "
  ]

  it.live("answers nobody who calls it otherwise, on any path", () =>
    served({}, ({ port }) =>
      Effect.forEach(strangers, (host) =>
        Effect.forEach(paths, (path) =>
          Effect.map(raw(port, ...question(path, [`Host: ${host}`])), (answer) => {
            assert.include([400, 403], statusOf(answer), `${host} ${path}: ${answer}`)
            assert.notInclude(answer, "access-control")
          })
        )
      )
    )
  )

  it.live("takes no request of which it is not plain whom it is for", () =>
    served({}, ({ port }) =>
      Effect.forEach(
        [
          get("/api/stats", []),
          get("/api/stats", ["Host: localhost", "Host: evil.example"]),
          get("/api/stats", ["Host: evil.example", "Host: localhost"]),
          get("/api/stats", ["Host: localhost", "Host: localhost"]),
          get("http://evil.example/api/stats", ["Host: localhost"]),
          get("http://localhost/api/stats", ["Host: localhost"]),
          get("//evil.example/api/stats", ["Host: evil.example"]),
          get("*", ["Host: localhost"]),
          ["GET /api/stats HTTP/1.0"],
          ["OPTIONS * HTTP/1.1", "Host: localhost", "Connection: close"],
          ["TRACE / HTTP/1.1", "Host: localhost", "Connection: close"],
          ["CONNECT evil.example:443 HTTP/1.1", "Host: localhost", "Connection: close"]
        ],
        (lines) =>
          Effect.map(raw(port, lines), (answer) => {
            assert.isTrue(answer === "" || statusOf(answer) >= 400, `${lines.join(" | ")}: ${answer}`)
          })
      )
    )
  )

  // GHSA-vg6x-rcgg-rjx6: any site reads what a server on localhost lets every origin read.
  it.live("answers the page of no other origin, and lets none read", () =>
    served({}, ({ port }) =>
      Effect.gen(function* () {
        const host = `Host: localhost:${port}`
        const foreign = [
          ["Origin: https://evil.example"],
          ["Origin: null"],
          ["Origin: http://localhost:1"],
          ["Origin: http://localhost"],
          [`Origin: http://localhost:${port}.evil.example`],
          [`Origin: http://localhost:${port}`, "Origin: https://evil.example"],
          ["Sec-Fetch-Site: cross-site"],
          ["Sec-Fetch-Site: same-site"],
          ["Sec-Fetch-Site: same-origin, cross-site"],
          [`Origin: http://localhost:${port}`, "Sec-Fetch-Site: cross-site"]
        ]
        for (const headers of foreign) {
          for (const path of paths) {
            const answer = yield* raw(port, ...question(path, [host, ...headers]))
            assert.strictEqual(statusOf(answer), 403, `${headers} ${path}`)
            assert.notInclude(answer.toLowerCase(), "access-control")
          }
          assert.strictEqual(statusOf(yield* raw(port, get("/api/stats", [host, ...headers]))), 403, `${headers}`)
        }
        const preflight = [
          "OPTIONS /api/listSessions HTTP/1.1",
          "Connection: close",
          host,
          "Origin: https://evil.example"
        ]
        assert.strictEqual(statusOf(yield* raw(port, preflight)), 403)
        const own = [`Origin: http://localhost:${port}`, "Sec-Fetch-Site: same-origin"]
        assert.strictEqual(statusOf(yield* raw(port, ...question("/api/listSessions", [host, ...own]))), 200)
        // somebody follows a link to the page, and nothing but the page
        const link = [host, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"]
        assert.strictEqual(statusOf(yield* raw(port, get("/sessions/a", link))), 404)
        assert.strictEqual(statusOf(yield* raw(port, get("/api/stats", link))), 403)
      })
    )
  )

  it.live("lets an origin read that is named, and no other", () =>
    served({ allowedOrigins: ["https://Console.example"] }, ({ port }) =>
      Effect.gen(function* () {
        const host = `Host: localhost:${port}`
        const from = [host, "Origin: https://console.example", "Sec-Fetch-Site: cross-site"]
        const answer = yield* raw(port, ...question("/api/listSessions", from))
        assert.strictEqual(statusOf(answer), 200)
        assert.strictEqual(headerOf(answer, "access-control-allow-origin"), "https://console.example")
        assert.include(headerOf(answer, "vary"), "origin")
        assert.isUndefined(headerOf(answer, "access-control-allow-credentials"))
        const preflight = yield* raw(port, ["OPTIONS /api/listSessions HTTP/1.1", "Connection: close", ...from])
        assert.strictEqual(statusOf(preflight), 204)
        assert.include(headerOf(preflight, "access-control-allow-headers"), "content-type")
        const other = [host, "Origin: https://console.example.evil.example"]
        assert.strictEqual(statusOf(yield* raw(port, ...question("/api/listSessions", other))), 403)
      })
    )
  )

  it.live("takes only what a browser asks first whether it may send", () =>
    served({}, ({ port }) =>
      Effect.gen(function* () {
        const types = [
          "text/plain",
          "application/x-www-form-urlencoded",
          "multipart/form-data; boundary=x",
          "text/plain; application/json",
          "text/plain, application/json",
          "application/jsonp",
          "*/*",
          ""
        ]
        for (const path of ["/api/deleteBefore", "/api/insertScores", "/v1/traces"]) {
          for (const type of types) {
            const lines = [`POST ${path} HTTP/1.1`, "Connection: close", `Host: localhost:${port}`, "Content-Length: 2"]
            const sent = [...lines, `Content-Type: ${type}`]
            assert.strictEqual(statusOf(yield* raw(port, sent, "{}")), 415, `${path} ${type}`)
            assert.strictEqual(statusOf(yield* raw(port, lines, "{}")), 415, path)
          }
        }
      })
    )
  )

  it.live("changes nothing by GET", () =>
    served({}, ({ port }) =>
      Effect.gen(function* () {
        yield* Storage.insertSpans([span({ sessionId: "kept" })])
        const host = `Host: localhost:${port}`
        for (const path of ["deleteSession?sessionId=kept", "deleteBefore?time=9", "insertScores", "listSessions"]) {
          assert.strictEqual(statusOf(yield* raw(port, get(`/api/${path}`, [host]))), 404)
        }
        assert.lengthOf((yield* Storage.listSessions()).items, 1)
      })
    )
  )

  it.live("says to browsers what they may do with any answer", () =>
    served({}, ({ port }) =>
      Effect.gen(function* () {
        const host = `Host: localhost:${port}`
        const answers = [
          yield* raw(port, ...question("/api/listSessions", [host])),
          yield* raw(port, get("/nothing", [host])),
          yield* raw(port, get("/api/nothing", [host])),
          yield* raw(port, ...question("/v1/traces", ["Host: evil.example"]))
        ]
        for (const answer of answers) {
          assert.strictEqual(headerOf(answer, "x-content-type-options"), "nosniff", answer)
          assert.strictEqual(headerOf(answer, "referrer-policy"), "no-referrer")
          assert.include(headerOf(answer, "content-security-policy"), "default-src 'none'")
          assert.include(headerOf(answer, "content-security-policy"), "require-trusted-types-for 'script'")
        }
      })
    )
  )

  it.live("deletes nothing and takes no score where it is read-only, but records of OTLP", () =>
    served({ readOnly: true }, ({ port }) =>
      Effect.gen(function* () {
        yield* Storage.insertSpans([span({ sessionId: "kept" })])
        const host = [`Host: localhost:${port}`]
        const bodies = {
          deleteSession: `{"sessionId":"kept"}`,
          deleteBefore: `{"time":"9000000000000000000"}`,
          insertScores: `{"records":[]}`
        }
        for (const [method, body] of Object.entries(bodies)) {
          const answer = yield* raw(port, ...question(`/api/${method}`, host, body))
          assert.strictEqual(statusOf(answer), 403, method)
          assert.include(answer, `"reason":"ReadOnly"`)
        }
        assert.lengthOf((yield* Storage.listSessions()).items, 1)
        assert.strictEqual(statusOf(yield* raw(port, ...question("/v1/traces", host))), 200)
      })
    )
  )
})

describe("a token", () => {
  const token = "s3cret-of-the-server"
  const options: StorageServer.Options = { token: Redacted.make(token) }

  it.live("is asked for on every path, and of everybody", () =>
    served(options, ({ port }) =>
      Effect.gen(function* () {
        const host = `Host: localhost:${port}`
        const wrong = [
          "",
          "Bearer",
          "Bearer wrong",
          `Bearer ${token}x`,
          `Bearer ${token.slice(1)}`,
          `Basic ${token}`,
          token
        ]
        for (const path of paths) {
          for (const authorization of wrong) {
            const answer = yield* raw(port, ...question(path, [host, `Authorization: ${authorization}`]))
            assert.strictEqual(statusOf(answer), 401, `${path} ${authorization}`)
            assert.strictEqual(headerOf(answer, "www-authenticate"), "Bearer")
            assert.notInclude(answer, token)
          }
        }
        for (const scheme of ["Bearer", "bearer"]) {
          const right = [host, `Authorization: ${scheme} ${token}`]
          assert.strictEqual(statusOf(yield* raw(port, ...question("/api/listSessions", right))), 200)
          assert.strictEqual(statusOf(yield* raw(port, ...question("/v1/traces", right))), 200)
        }
        const twice = [host, "Authorization: Bearer wrong", `Authorization: Bearer ${token}`]
        assert.strictEqual(statusOf(yield* raw(port, ...question("/api/listSessions", twice))), 401)
      })
    )
  )

  it.live("is given once in the URL, and kept in a cookie that no page can read or send for another", () =>
    served(options, ({ port }) =>
      Effect.gen(function* () {
        const host = `Host: localhost:${port}`
        const answer = yield* raw(port, get(`/sessions/a?x=1&token=${token}&y=2`, [host]))
        assert.strictEqual(statusOf(answer), 303)
        // Relative, since a proxy may have taken the path before it away.
        assert.strictEqual(headerOf(answer, "location"), "./a?x=1&y=2")
        const cookie = headerOf(answer, "set-cookie") ?? ""
        assert.include(cookie, "HttpOnly")
        assert.include(cookie, "SameSite=Strict")
        assert.strictEqual(headerOf(answer, "referrer-policy"), "no-referrer")
        assert.notInclude(answer, token)
        const [pair] = cookie.split(";")
        assert.strictEqual(statusOf(yield* raw(port, ...question("/api/listSessions", [host, `Cookie: ${pair}`]))), 200)
        assert.strictEqual(
          statusOf(yield* raw(port, ...question("/api/listSessions", [host, `Cookie: ${pair}x`]))),
          401
        )
        // It leads nowhere else, is no way to ask, and is refused when it is wrong.
        const elsewhere = yield* raw(port, get(`//evil.example/%2f..?token=${token}`, [host]))
        assert.match(headerOf(elsewhere, "location") ?? "", /^\.\/(?![/\\])/)
        assert.strictEqual(statusOf(yield* raw(port, ...question(`/api/listSessions?token=${token}`, [host]))), 401)
        assert.strictEqual(statusOf(yield* raw(port, get("/?token=wrong", [host]))), 401)
      })
    )
  )

  it.live("is required where others can reach the server", () =>
    Effect.gen(function* () {
      for (const host of ["0.0.0.0", "::", "192.168.1.5", "agents.example.com", "127.0.0.1.nip.io"]) {
        const error = yield* Effect.flip(Layer.build(serve(Storage.layerMemory, { host })))
        assert.deepInclude({ ...error }, { _tag: "StorageServerError", reason: "TokenRequired", field: "token" })
      }
      yield* Layer.build(serve(Storage.layerMemory, { host: "0.0.0.0", token }))
    }).pipe(Effect.scoped)
  )

  it.live("and other options are refused that are none, by name and not by value", () =>
    Effect.gen(function* () {
      const refused: ReadonlyArray<readonly [field: string, options: object]> = [
        ["token", { token: "" }],
        ["token", { token: "with space" }],
        ["token", { token: "pass\nword" }],
        ["token", { token: 1 }],
        ["port", { port: -1 }],
        ["port", { port: 65_536 }],
        ["port", { port: "4318" }],
        ["host", { host: "" }],
        ["host", { host: 1 }],
        ["allowedHosts", { allowedHosts: ["http://a"] }],
        ["allowedHosts", { allowedHosts: ["*"] }],
        ["allowedHosts", { allowedHosts: "a" }],
        ["allowedOrigins", { allowedOrigins: ["*"] }],
        ["allowedOrigins", { allowedOrigins: ["https://a.example/"] }],
        ["allowedOrigins", { allowedOrigins: ["null"] }]
      ]
      for (const [field, options] of refused) {
        const error = yield* Effect.flip(Layer.build(serve(Storage.layerMemory, options as StorageServer.Options)))
        assert.deepInclude({ ...error }, { reason: "InvalidOptions", field }, JSON.stringify(options))
        assert.notInclude(String(error), "pass")
      }
    }).pipe(Effect.scoped)
  )
})

describe("one who sends or takes too much", () => {
  it.live("is told so, and costs nobody else an answer", () =>
    served({}, ({ port }) =>
      Effect.gen(function* () {
        const host = `Host: localhost:${port}`
        const json = "Content-Type: application/json"
        const long = yield* raw(port, ["POST /api/listSpans HTTP/1.1", host, json, "Content-Length: 9000000000"], "{}")
        assert.strictEqual(statusOf(long), 413)
        assert.include(long, "body")
        const chunk = `10000\r\n${"x".repeat(65_536)}\r\n`
        const endless = ["POST /api/listSpans HTTP/1.1", host, json, "Transfer-Encoding: chunked"]
        assert.strictEqual(statusOf(yield* raw(port, endless, chunk.repeat(300))), 413)
        const headers = Array.from({ length: 100 }, (_, i) => `X-${i}: ${"x".repeat(1_000)}`)
        assert.strictEqual(statusOf(yield* raw(port, get("/api/stats", [host, ...headers]))), 431)
        const nested = `{"filters":{"metadata":${`{"a":`.repeat(50_000)}1${"}".repeat(50_000)}}}`
        assert.strictEqual(statusOf(yield* raw(port, ...question("/api/listSpans", [host], nested))), 400)
        for (const body of ["{", "null", "[]", "1", `"a"`, "\xff", `{"__proto__":{"filters":{}}}`]) {
          const answer = yield* raw(port, ...question("/api/listSpans", [host], body))
          assert.strictEqual(statusOf(answer), 400, body)
          assert.include(answer, "InvalidArgument")
        }
        assert.strictEqual(statusOf(yield* raw(port, ...question("/api/listSpans", [host]))), 200)
      })
    )
  )

  it.live(
    "hears that a question is too large, however it is sent, and the next is answered on the same connection",
    () =>
      served({}, ({ port, url }) =>
        Effect.gen(function* () {
          const large = JSON.stringify({ filters: { search: "x".repeat(3 * 2 ** 20) } })
          const host = `Host: localhost:${port}`
          const answer = yield* raw(port, ...question("/api/listSpans", [host], large))
          assert.strictEqual(statusOf(answer), 413)
          assert.include(answer, `"field":"body"`)
          const remote = yield* RemoteStorage.make({ url })
          const error = yield* Effect.flip(remote.listSpans({ filters: { search: "x".repeat(2 ** 20) } }))
          assert.include(["InvalidArgument"], error.reason)
          const scores = [score({ name: "helpful", value: 1, comment: "x".repeat(5 * 2 ** 20) })]
          const refused = yield* Effect.flip(remote.insertScores(scores))
          assert.deepInclude({ ...refused }, { reason: "InvalidArgument", field: "body", retryable: false })
          assert.lengthOf((yield* remote.listSpans()).items, 0)
        })
      )
  )

  it.live("holds no more answers in memory than a few, and others are answered when those have gone", () =>
    Effect.gen(function* () {
      let held = 0
      const text = "x".repeat(2 ** 20)
      const rows = Array.from({ length: 20 }, () => span({ name: "turn", attributes: { text } }))
      const storage = Layer.effect(
        Storage.Storage,
        Effect.map(Storage.Storage, (storage) => ({
          ...storage,
          listSpans: () =>
            Effect.sync(() => {
              held++
              return { items: rows, nextCursor: Option.none() }
            })
        }))
      ).pipe(Layer.provide(Storage.layerMemory))
      yield* Effect.gen(function* () {
        const { port, url } = yield* StorageServer.StorageServer
        const slow = Array.from({ length: 64 }, () => {
          const socket = connect(port, "127.0.0.1")
          socket.on("error", () => {})
          socket.pause()
          const [lines, body] = question("/api/listSpans", [`Host: localhost:${port}`])
          socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`)
          return socket
        })
        yield* Effect.repeat(Effect.sleep("20 millis"), { until: () => held >= 16 })
        yield* Effect.sleep("300 millis")
        assert.strictEqual(held, 16)
        for (const socket of slow) socket.destroy()
        const remote = yield* RemoteStorage.make({ url })
        assert.lengthOf((yield* remote.listSpans()).items, 20)
      }).pipe(Effect.provide(serve(storage)))
    })
  )

  it.live("is refused beside 512 others, who send nothing or a head without an end, until some of them go", () =>
    served({}, ({ port }) =>
      Effect.gen(function* () {
        const heads = ["", "POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nX-Slow: "]
        const sockets = yield* Effect.forEach(
          Array.from({ length: 512 }),
          (_, i) =>
            Effect.async<Socket>((resume) => {
              const socket = connect(port, "127.0.0.1", () => {
                socket.write(heads[i % heads.length] ?? "")
                resume(Effect.succeed(socket))
              })
              socket.on("error", () => {})
            }),
          { concurrency: 64 }
        )
        const asked = raw(port, ...question("/api/listSessions", ["Host: localhost"]))
        // One connection more is closed without an answer, at once.
        assert.strictEqual(yield* Effect.timeout(asked, "2 seconds"), "")
        for (const socket of sockets.slice(0, 8)) socket.destroy()
        yield* Effect.iterate("", {
          while: (answer) => answer === "",
          body: () => Effect.delay(asked, "20 millis")
        }).pipe(
          Effect.timeout("5 seconds"),
          Effect.map((answer) => assert.strictEqual(statusOf(answer), 200))
        )
        // Those who do not come to the end of their head are cut off, and so have no place for long.
        const cut = (socket: Socket) =>
          Effect.async<void>((resume) => {
            if (socket.destroyed) resume(Effect.void)
            socket.once("close", () => resume(Effect.void)).resume()
          })
        yield* Effect.timeout(Effect.forEach(sockets.slice(8, 10), cut, { concurrency: 2 }), "20 seconds")
        for (const socket of sockets) socket.destroy()
      })
    )
  )

  it.live("goes away, and what was asked for ends", () =>
    Effect.gen(function* () {
      const asked = yield* Deferred.make<void>()
      const ended = yield* Deferred.make<void>()
      const storage = Layer.effect(
        Storage.Storage,
        Effect.map(Storage.Storage, (storage) => ({
          ...storage,
          listSpans: () =>
            Effect.zipRight(Deferred.succeed(asked, undefined), Effect.never).pipe(
              Effect.onInterrupt(() => Deferred.succeed(ended, undefined))
            )
        }))
      ).pipe(Layer.provide(Storage.layerMemory))
      yield* Effect.gen(function* () {
        const { port } = yield* StorageServer.StorageServer
        const socket = connect(port, "127.0.0.1")
        socket.on("error", () => {})
        const [lines, body] = question("/api/listSpans", [`Host: localhost:${port}`])
        socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`)
        yield* Deferred.await(asked)
        socket.destroy()
        yield* Deferred.await(ended).pipe(Effect.timeout("5 seconds"))
      }).pipe(Effect.provide(serve(storage)))
    })
  )

  it.live("does not keep others waiting by sending slowly, and is cut off", () =>
    served({}, ({ port }) =>
      Effect.gen(function* () {
        const slow = Array.from({ length: 100 }, () => {
          const socket = connect(port, "127.0.0.1")
          socket.on("error", () => {})
          socket.write("POST /api/listSpans HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
          return socket
        })
        const closed = Effect.async<void>((resume) => void slow[0]?.once("close", () => resume(Effect.void)))
        slow[0]?.resume()
        assert.strictEqual(statusOf(yield* raw(port, ...question("/api/listSpans", ["Host: localhost"]))), 200)
        yield* closed.pipe(Effect.timeout("25 seconds"))
        for (const socket of slow) socket.destroy()
      })
    )
  )
})
