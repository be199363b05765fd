import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { gzipSync } from "node:zlib"
import { FetchHttpClient, HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Layer, Option, Redacted } from "effect"
import * as Observability from "../../src/Observability.js"
import * as RemoteStorage from "../../src/server/RemoteStorage.js"
import * as StorageServer from "../../src/server/StorageServer.js"
import * as Storage from "../../src/storage/Storage.js"
import { score, span } from "../../src/testing/Records.js"
import { serve } from "../utils/remote.js"

/** A server that answers as it is told. */
const answering = (listener: RequestListener) =>
  Effect.acquireRelease(
    Effect.async<{ readonly url: string; readonly close: () => void }>((resume) => {
      const server = createServer(listener)
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        resume(
          Effect.succeed({
            url: `http://127.0.0.1:${port}`,
            close: () => {
              server.close()
              server.closeAllConnections()
            }
          })
        )
      })
    }),
    ({ close }) => Effect.sync(close)
  )

const ours = { "content-type": "application/json", "effect-observability-api": "1" }

const asked = (listener: RequestListener, options: Partial<RemoteStorage.Options> = {}) =>
  Effect.gen(function* () {
    const { url } = yield* answering(listener)
    const storage = yield* RemoteStorage.make({ url, ...options })
    return yield* Effect.flip(storage.listSpans())
  }).pipe(Effect.scoped)

const answers: ReadonlyArray<
  readonly [what: string, reason: Storage.StorageErrorReason, retryable: boolean, listener: RequestListener]
> = [
  [
    "a page of HTML",
    "Incompatible",
    false,
    (_, to) => to.writeHead(200, { "content-type": "text/html" }).end("<html>")
  ],
  [
    "a login of a proxy",
    "Incompatible",
    false,
    (_, to) => to.writeHead(302, { location: "https://login.example" }).end()
  ],
  ["404 of somebody else", "Incompatible", false, (_, to) => to.writeHead(404).end("no")],
  ["502 of a proxy", "Unavailable", true, (_, to) => to.writeHead(502).end("<html>")],
  ["503 of a proxy", "Unavailable", true, (_, to) => to.writeHead(503).end()],
  ["429 of a proxy", "Unavailable", true, (_, to) => to.writeHead(429).end()],
  ["504 of a proxy", "Timeout", true, (_, to) => to.writeHead(504).end()],
  ["401 of a proxy", "Unauthorized", false, (_, to) => to.writeHead(401).end()],
  [
    "another version",
    "Incompatible",
    false,
    (_, to) => to.writeHead(200, { ...ours, "effect-observability-api": "2" }).end("{}")
  ],
  ["an unknown method", "Unsupported", false, (_, to) => to.writeHead(404, ours).end()],
  ["no JSON", "Incompatible", false, (_, to) => to.writeHead(200, ours).end("no")],
  ["nothing", "Incompatible", false, (_, to) => to.writeHead(200, ours).end()],
  ["no UTF-8", "Incompatible", false, (_, to) => to.writeHead(200, ours).end(Buffer.from([0xff, 0xfe]))],
  [
    "a row that is no span",
    "Incompatible",
    false,
    (_, to) => to.writeHead(200, ours).end(`{"items":[\n{"traceId":1}\n]}\n`)
  ],
  ["a row of null", "Incompatible", false, (_, to) => to.writeHead(200, ours).end(`{"items":[\nnull\n]}\n`)],
  ["an answer that is cut off", "Incompatible", false, (_, to) => to.writeHead(200, ours).end(`{"items":[\n`)],
  [
    "an answer that breaks off",
    "Unavailable",
    true,
    (_, to) => void to.writeHead(200, ours).write(`{"items":[\n`, () => to.destroy())
  ],
  ["a closed connection", "Unavailable", true, (request) => void request.socket.destroy()],
  [
    "gzip that is none",
    "Unavailable",
    true,
    (_, to) => to.writeHead(200, { ...ours, "content-encoding": "gzip" }).end("no")
  ],
  [
    "an error of a store",
    "Locked",
    true,
    (_, to) => to.writeHead(503, ours).end(`{"_tag":"StorageError","reason":"Locked","retryable":true,"detail":"held"}`)
  ],
  [
    "an endless error",
    "Unavailable",
    true,
    (_, to) => {
      to.writeHead(500, ours)
      const more = () => to.write("x".repeat(65_536), () => setImmediate(more))
      more()
    }
  ]
]

describe("RemoteStorage", () => {
  for (const [what, reason, retryable, listener] of answers) {
    it.live(`fails with ${reason} for ${what}`, () =>
      Effect.gen(function* () {
        const error = yield* asked(listener)
        assert.deepInclude({ ...error }, { _tag: "StorageError", reason, retryable })
      })
    )
  }

  it.live("waits no longer than it is told, for the head and for the rest of an answer", () =>
    Effect.gen(function* () {
      const silent: RequestListener = () => {}
      const stalled: RequestListener = (_, to) => void to.writeHead(200, ours).write(`{"items":[\n`)
      for (const listener of [silent, stalled]) {
        const error = yield* asked(listener, { timeout: 200 })
        assert.deepInclude({ ...error }, { reason: "Timeout", retryable: true })
      }
    })
  )

  it.live("takes no more than it can hold, however small it comes", () =>
    Effect.gen(function* () {
      const bomb = gzipSync(Buffer.alloc(300 * 2 ** 20, "x"), { level: 1 })
      const error = yield* asked((_, to) => to.writeHead(200, { ...ours, "content-encoding": "gzip" }).end(bomb))
      assert.deepInclude({ ...error }, { reason: "Query", retryable: false })
    })
  )

  it.live("is built where no server is, and answers once one is there", () =>
    Effect.gen(function* () {
      const gone = yield* Effect.scoped(answering(() => {}))
      const storage = yield* RemoteStorage.make({ url: gone.url })
      const error = yield* Effect.flip(storage.listSessions())
      assert.deepInclude({ ...error }, { reason: "Unavailable", retryable: true })
      assert.include(error.message, "ECONNREFUSED")
      const port = Number(new URL(gone.url).port)
      yield* Effect.gen(function* () {
        assert.lengthOf((yield* storage.listSessions()).items, 0)
      }).pipe(Effect.provide(serve(Storage.layerMemory, { port })))
      assert.strictEqual((yield* Effect.flip(storage.listSessions())).reason, "Unavailable")
    })
  )

  it.live("shows its token to the server, and to nobody else", () =>
    Effect.gen(function* () {
      const token = Redacted.make("s3cret-of-the-server")
      const { url } = yield* StorageServer.StorageServer
      assert.lengthOf((yield* (yield* RemoteStorage.make({ url, token })).listSessions()).items, 0)
      for (const other of [undefined, "wrong"]) {
        const storage = yield* RemoteStorage.make({ url, token: other })
        const error = yield* Effect.flip(storage.listSessions())
        assert.strictEqual(error.reason, "Unauthorized")
      }
      const seen: Array<string> = []
      const other = yield* answering((request, to) => {
        seen.push(String(request.headers["authorization"]))
        to.end()
      })
      const error = yield* asked((_, to) => to.writeHead(307, { location: other.url }).end(), { token })
      assert.strictEqual(error.reason, "Incompatible")
      assert.deepStrictEqual(seen, [])
      assert.notInclude(JSON.stringify(error) + String(error), "s3cret")
    }).pipe(Effect.provide(serve(Storage.layerMemory, { token: "s3cret-of-the-server" })), Effect.scoped)
  )

  it.live("tells what the server says of a storage that fails, without what caused it", () =>
    Effect.gen(function* () {
      const { url } = yield* StorageServer.StorageServer
      const error = yield* Effect.flip((yield* RemoteStorage.make({ url })).listSpans())
      assert.deepInclude({ ...error }, { reason: "Full", retryable: true, detail: "no room", field: "path" })
      assert.isUndefined(error.cause)
    }).pipe(
      Effect.provide(
        serve(
          Layer.succeed(
            Storage.Storage,
            Storage.make({
              listSpans: () =>
                new Storage.StorageError({
                  reason: "Full",
                  retryable: true,
                  detail: "no room",
                  field: "path",
                  cause: new Error("postgres://user:password@host")
                })
            })
          )
        )
      )
    )
  )

  it.live("reads what is large in turns, whole and compressed", () =>
    Effect.gen(function* () {
      const { url } = yield* StorageServer.StorageServer
      const traceId = "a".repeat(32)
      const spans = Array.from({ length: 3_000 }, (_, i) =>
        span({ traceId, spanId: (i + 1).toString(16).padStart(16, "0"), attributes: { text: "ä\n\u2028".repeat(300) } })
      )
      yield* Storage.insertSpans(spans)
      const expected = yield* Storage.getTrace(traceId)
      const client = HttpClient.mapRequest(yield* HttpClient.HttpClient, (request) => ({
        ...request,
        headers: { ...request.headers, "accept-encoding": "gzip" }
      }))
      const remote = yield* Storage.Storage.pipe(
        Effect.provide(RemoteStorage.layerClient({ url })),
        Effect.provideService(HttpClient.HttpClient, client as never)
      )
      assert.deepStrictEqual(yield* remote.getTrace(traceId), expected)
      const plain = yield* RemoteStorage.make({ url })
      assert.deepStrictEqual(yield* plain.getTrace(traceId), expected)
      assert.deepStrictEqual(yield* plain.getTrace("b".repeat(32)), Option.none())
    }).pipe(Effect.provide([serve(Storage.layerMemory), FetchHttpClient.layer]))
  )

  it.live("stores scores by the pipeline of the server, and no other records", () =>
    Effect.gen(function* () {
      const { url } = yield* StorageServer.StorageServer
      const remote = yield* RemoteStorage.make({ url })
      const given = score({ scoreId: "s-1", name: "helpful", value: 0.5, sessionId: "s" })
      yield* remote.insertScores([given])
      assert.deepStrictEqual((yield* remote.listScores()).items, [given])
      assert.strictEqual((yield* Effect.flip(remote.insertSpans([span()]))).reason, "Unsupported")
      const bad = yield* Effect.flip(remote.insertScores([{ ...given, value: "high" } as never]))
      assert.deepInclude({ ...bad }, { reason: "InvalidArgument", field: "records.0.value" })
    }).pipe(
      Effect.provide(
        StorageServer.layer({ port: 0 }).pipe(
          Layer.provide(Observability.layer({ serviceName: "server" })),
          Layer.provideMerge(Storage.layerMemory)
        )
      )
    )
  )

  it.effect("refuses options that are none", () =>
    Effect.gen(function* () {
      const refused: ReadonlyArray<readonly [field: string, options: object]> = [
        ["url", { url: "localhost:4318" }],
        ["url", { url: "file:///a" }],
        ["url", { url: "http://user:password@localhost" }],
        ["url", {}],
        ["token", { url: "http://localhost", token: "a b" }],
        ["token", { url: "http://localhost", token: "" }],
        ["timeout", { url: "http://localhost", timeout: "long" }],
        ["timeout", { url: "http://localhost", timeout: Number.POSITIVE_INFINITY }]
      ]
      for (const [field, options] of refused) {
        const made = yield* Effect.either(RemoteStorage.make(options as RemoteStorage.Options))
        assert.isTrue(Either.isLeft(made), field)
        if (Either.isLeft(made)) assert.deepInclude({ ...made.left }, { reason: "InvalidArgument", field })
      }
    })
  )
})
