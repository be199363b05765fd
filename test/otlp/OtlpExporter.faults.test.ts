import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Clock, Duration, Effect, Exit, Logger, Queue, Redacted, Scope } from "effect"
import { OtlpExporter } from "effect-observability/otlp"
import { type Exporter, memory } from "../../src/pipeline/Exporters.js"
import * as BatchWriter from "../../src/pipeline/internal/batchWriter.js"
import type { Ledger } from "../../src/pipeline/Stats.js"
import { LogRecord } from "../../src/signal/LogRecord.js"
import { SpanRecord } from "../../src/signal/SpanRecord.js"
import { log, metric, score, span } from "../../src/testing/Records.js"
import { emit } from "../utils/emit.js"
import { type Answer, type Message, ok, type Received, server } from "../utils/otlp.js"

const writing = (exporters: ReadonlyArray<Exporter>) =>
  BatchWriter.make({
    exporters,
    processors: [],
    batch: {
      maxQueueSize: 50_000,
      maxQueueBytes: 256 * 1024 * 1024,
      maxBatchSize: 1_000,
      scheduledDelay: Duration.millis(10),
      exportTimeout: Duration.seconds(10),
      shutdownTimeout: Duration.seconds(5)
    }
  })

/** A server and a writer that exports to it alone, in JSON. */
const to = (answer: Answer, options: OtlpExporter.Options = {}) =>
  Effect.gen(function* () {
    const { requests, url } = yield* server(answer)
    const writer = yield* writing([OtlpExporter.make({ endpoint: url, protocol: "http/json", ...options })])
    const received = Effect.map(Queue.takeAll(requests), Chunk.toReadonlyArray)
    return { received, requests, url, writer }
  })

const emitSpans = (writer: BatchWriter.BatchWriter, count: number) =>
  Effect.sync(() => {
    for (let i = 1; i <= count; i++) emit(writer.emitter, span({ name: `span ${i}` }))
  })

/** The names of the spans of a request. */
const namesIn = ({ body }: Received): ReadonlyArray<unknown> =>
  ((body["resourceSpans"] ?? []) as Array<{ scopeSpans: [{ spans: Array<Message> }] }>).flatMap(
    ({ scopeSpans: [{ spans }] }) => spans.map(({ name }) => name)
  )

const ledger = (fields: Partial<Ledger>): Ledger => ({
  emitted: 0,
  exported: 0,
  queued: 0,
  dropped: {},
  failed: {},
  ...fields
})

/** Answers so once, and from then on that all is well. */
const once =
  (answer: Answer): Answer =>
  (response, number, request) =>
    (number === 1 ? answer : ok)(response, number, request)

const status =
  (code: number, headers: Record<string, string> = {}, body = ""): Answer =>
  (response) =>
    response.writeHead(code, headers).end(body)

const quiet = Effect.provide(Logger.remove(Logger.defaultLogger))

/** The milliseconds between the first request and the second. */
const pause = (requests: Queue.Dequeue<Received>) =>
  Effect.gen(function* () {
    yield* Queue.take(requests)
    const first = yield* Clock.currentTimeMillis
    yield* Queue.take(requests)
    return (yield* Clock.currentTimeMillis) - first
  })

describe("OtlpExporter, when the server", () => {
  for (const code of [408, 425, 429, 502, 503, 504]) {
    it.scopedLive(`answers ${code}, sends the same again`, () =>
      Effect.gen(function* () {
        const { received, writer } = yield* to(once(status(code)))
        yield* emitSpans(writer, 3)
        yield* writer.flush
        const [first, second, ...others] = yield* received
        assert.deepStrictEqual(first?.body, second?.body)
        assert.lengthOf(others, 0)
        const { exporters, spans } = yield* writer.stats
        assert.deepStrictEqual(spans["otlp"], ledger({ emitted: 3, exported: 3 }))
        assert.strictEqual(exporters["otlp"]?.retried, 3)
      }).pipe(quiet)
    )
  }

  for (const code of [301, 307, 401, 403, 404, 409, 414, 431, 451, 500, 501]) {
    it.scopedLive(`answers ${code}, sends nothing again and counts what was lost`, () =>
      Effect.gen(function* () {
        const { received, writer } = yield* to(status(code, { location: "/elsewhere" }))
        yield* emitSpans(writer, 3)
        yield* writer.flush
        assert.lengthOf(yield* received, 1)
        assert.deepStrictEqual(
          (yield* writer.stats).spans["otlp"],
          ledger({ emitted: 3, failed: { [`Http${code}`]: 3 } })
        )
      }).pipe(quiet)
    )
  }

  it.scopedLive("answers 400, loses no more than the record that is at fault", () =>
    Effect.gen(function* () {
      const { received, writer } = yield* to((response, number, request) =>
        (namesIn(request).includes("span 5") ? status(400) : ok)(response, number, request)
      )
      yield* emitSpans(writer, 8)
      yield* writer.flush
      assert.deepStrictEqual(
        (yield* writer.stats).spans["otlp"],
        ledger({ emitted: 8, exported: 7, failed: { Rejected: 1 } })
      )
      const sent = (yield* received).map((request) => namesIn(request).join())
      assert.strictEqual(new Set(sent).size, sent.length)
    }).pipe(quiet)
  )

  it.scopedLive("answers 413, sends smaller requests", () =>
    Effect.gen(function* () {
      const { writer } = yield* to((response, number, request) =>
        (namesIn(request).length > 10 ? status(413) : ok)(response, number, request)
      )
      yield* emitSpans(writer, 100)
      yield* writer.flush
      assert.deepStrictEqual((yield* writer.stats).spans["otlp"], ledger({ emitted: 100, exported: 100 }))
    }).pipe(quiet)
  )

  it.scopedLive("says in seconds when to come again, waits so long", () =>
    Effect.gen(function* () {
      const { requests, writer } = yield* to(once(status(429, { "retry-after": "1" })))
      yield* emitSpans(writer, 1)
      assert.isAtLeast(yield* pause(requests), 990)
    })
  )

  it.scopedLive("says when to come again, is not asked sooner by a flush, and once more by a close", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* server(status(429, { "retry-after": "60" }))
      const scope = yield* Scope.make()
      const writer = yield* Scope.extend(writing([OtlpExporter.make({ endpoint: url })]), scope)
      yield* emitSpans(writer, 1)
      yield* Queue.take(requests)
      yield* Effect.sleep("50 millis")
      yield* Effect.timeoutOption(writer.flush, "500 millis")
      assert.strictEqual(yield* Queue.size(requests), 0)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(yield* Queue.size(requests), 1)
      assert.deepStrictEqual((yield* writer.stats).spans["otlp"], ledger({ emitted: 1, dropped: { Shutdown: 1 } }))
    }).pipe(quiet)
  )

  it.scopedLive("says by a date when to come again, waits until then", () =>
    Effect.gen(function* () {
      const date = new Date((Math.floor((yield* Clock.currentTimeMillis) / 1_000) + 2) * 1_000)
      const { requests, writer } = yield* to(once(status(503, { "retry-after": date.toUTCString() })))
      yield* emitSpans(writer, 1)
      yield* Queue.take(requests)
      yield* Queue.take(requests)
      assert.isAtLeast(yield* Clock.currentTimeMillis, date.getTime() - 10)
    })
  )

  it.scopedLive("names a time to come again that is none or past, waits as ever", () =>
    Effect.gen(function* () {
      for (const value of ["soon", "Wed, 21 Oct 2015 07:28:00 GMT", "-5", "1.5.2", "60, 60", "0"]) {
        const { requests, writer } = yield* to(once(status(503, { "retry-after": value })))
        yield* emitSpans(writer, 1)
        assert.isAtMost(yield* pause(requests), 900)
      }
    })
  )

  describe("takes a part", () => {
    it.scopedLive("counts what it did not take, in JSON", () =>
      Effect.gen(function* () {
        const { received, writer } = yield* to((response, _, { path }) => {
          const partialSuccess =
            path === "/v1/traces"
              ? { rejectedSpans: "2", errorMessage: "too old" }
              : { rejectedLogRecords: 1, errorMessage: "too old" }
          response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ partialSuccess }))
        })
        yield* emitSpans(writer, 5)
        for (let i = 0; i < 3; i++) emit(writer.emitter, log())
        yield* writer.flush
        assert.lengthOf(yield* received, 2)
        const { exporters, logs, spans } = yield* writer.stats
        assert.deepStrictEqual(spans["otlp"], ledger({ emitted: 5, exported: 3, failed: { PartialSuccess: 2 } }))
        assert.deepStrictEqual(logs["otlp"], ledger({ emitted: 3, exported: 2, failed: { PartialSuccess: 1 } }))
        assert.strictEqual(exporters["otlp"]?.lastError?.message, "PartialSuccess: too old")
      }).pipe(quiet)
    )

    it.scopedLive("counts points of metrics, and scores as such although it takes them for logs", () =>
      Effect.gen(function* () {
        const { writer } = yield* to((response, _, { path }) => {
          const partialSuccess = path === "/v1/metrics" ? { rejectedDataPoints: "2" } : { rejectedLogRecords: "1" }
          response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ partialSuccess }))
        })
        for (let i = 0; i < 3; i++) emit(writer.emitter, metric())
        for (let i = 0; i < 3; i++) emit(writer.emitter, score())
        yield* writer.flush
        const { metrics, scores } = yield* writer.stats
        assert.deepStrictEqual(metrics["otlp"], ledger({ emitted: 3, exported: 1, failed: { PartialSuccess: 2 } }))
        assert.deepStrictEqual(scores["otlp"], ledger({ emitted: 3, exported: 2, failed: { PartialSuccess: 1 } }))
      }).pipe(quiet)
    )

    it.scopedLive("says how much it did not take, in protobuf", () =>
      Effect.gen(function* () {
        const partialSuccess = Buffer.concat([Buffer.from([0x08, 0xac, 0x02, 0x12, 7]), Buffer.from("too old")])
        const { url } = yield* server((response) =>
          response
            .writeHead(200, { "content-type": "application/x-protobuf" })
            .end(Buffer.concat([Buffer.from([0x0a, partialSuccess.length]), partialSuccess]))
        )
        const spans = Array.from({ length: 400 }, () => span())
        const error = yield* Effect.flip(OtlpExporter.make({ endpoint: url }).export({ spans, logs: [] }))
        assert.strictEqual(error.reason, "PartialSuccess")
        assert.strictEqual(error.rejected, 300)
        assert.strictEqual(String(error.cause), "Error: too old")
      })
    )

    it.scopedLive("counts each record once when it says more than it was sent, or nonsense", () =>
      Effect.gen(function* () {
        const { writer } = yield* to((response, number) =>
          response
            .writeHead(200, { "content-type": "application/json" })
            .end(['{"partialSuccess":{"rejectedSpans":"99"}}', "<html>", '{"partialSuccess":null}'][number - 1])
        )
        for (let i = 0; i < 3; i++) {
          yield* emitSpans(writer, 2)
          yield* writer.flush
        }
        assert.deepStrictEqual(
          (yield* writer.stats).spans["otlp"],
          ledger({ emitted: 6, exported: 2, failed: { PartialSuccess: 2, NotOtlp: 2 } })
        )
      }).pipe(quiet)
    )
  })

  it.scopedLive("takes one signal and not yet the other, sends that one alone again", () =>
    Effect.gen(function* () {
      let refused = 0
      const { received, writer } = yield* to((response, number, request) =>
        (request.path === "/v1/logs" && refused++ < 2 ? status(503) : ok)(response, number, request)
      )
      yield* emitSpans(writer, 2)
      emit(writer.emitter, log())
      yield* writer.flush
      assert.deepStrictEqual((yield* received).map(({ path }) => path).sort(), [
        "/v1/logs",
        "/v1/logs",
        "/v1/logs",
        "/v1/traces"
      ])
      const { logs, spans } = yield* writer.stats
      assert.deepStrictEqual(spans["otlp"], ledger({ emitted: 2, exported: 2 }))
      assert.deepStrictEqual(logs["otlp"], ledger({ emitted: 1, exported: 1 }))
    }).pipe(quiet)
  )

  it.scopedLive("knows one signal only, loses the other", () =>
    Effect.gen(function* () {
      const { writer } = yield* to((response, number, request) =>
        (request.path === "/v1/logs" ? status(404) : ok)(response, number, request)
      )
      yield* emitSpans(writer, 2)
      emit(writer.emitter, log())
      yield* writer.flush
      const { logs, spans } = yield* writer.stats
      assert.deepStrictEqual(spans["otlp"], ledger({ emitted: 2, exported: 2 }))
      assert.deepStrictEqual(logs["otlp"], ledger({ emitted: 1, failed: { Http404: 1 } }))
    }).pipe(quiet)
  )

  it.scopedLive("knows one signal only and the exporter was told so, loses nothing", () =>
    Effect.gen(function* () {
      const { received, writer } = yield* to(ok, { signals: ["spans"] })
      yield* emitSpans(writer, 2)
      emit(writer.emitter, log())
      yield* writer.flush
      assert.deepStrictEqual(
        (yield* received).map(({ path }) => path),
        ["/v1/traces"]
      )
      const { logs, spans } = yield* writer.stats
      assert.deepStrictEqual(spans["otlp"], ledger({ emitted: 2, exported: 2 }))
      assert.deepStrictEqual(logs, {})
    })
  )

  const broken: Record<string, Answer> = {
    "resets the connection": (response) => response.socket?.resetAndDestroy(),
    "ends the connection": (response) => response.socket?.end(),
    "breaks off within its answer": (response) => {
      response.writeHead(200, { "content-length": "100" }).write("{")
      setTimeout(() => response.socket?.destroy(), 20)
    },
    "never answers": () => {},
    "never ends its answer": (response) => response.writeHead(200).write("{")
  }
  for (const [what, answer] of Object.entries(broken)) {
    it.scopedLive(`${what}, sends the same again`, () =>
      Effect.gen(function* () {
        const { received, writer } = yield* to(once(answer), { timeout: "300 millis" })
        yield* emitSpans(writer, 3)
        yield* writer.flush
        const [first, second, ...others] = yield* received
        assert.deepStrictEqual(first?.body, second?.body)
        assert.lengthOf(others, 0)
        assert.deepStrictEqual((yield* writer.stats).spans["otlp"], ledger({ emitted: 3, exported: 3 }))
      }).pipe(quiet)
    )
  }

  it.scopedLive("is not there, keeps what is to be sent until it is", () =>
    Effect.gen(function* () {
      const exit = yield* OtlpExporter.make({ endpoint: "http://127.0.0.1:1" })
        .export({ spans: [span()], logs: [] })
        .pipe(Effect.flip)
      assert.isTrue(exit.retryable)
      assert.strictEqual(exit.reason, "Unavailable")
      assert.include(String(exit.cause), "http://127.0.0.1:1/v1/traces")
    })
  )

  it.scopedLive("answers without end, reads no more than it needs", () =>
    Effect.gen(function* () {
      const { writer } = yield* to((response) => {
        response.writeHead(200)
        const more = () => {
          while (response.write(Buffer.alloc(65_536)));
        }
        response.on("drain", more)
        more()
      })
      yield* emitSpans(writer, 1)
      yield* writer.flush
      assert.deepStrictEqual((yield* writer.stats).spans["otlp"], ledger({ emitted: 1, failed: { NotOtlp: 1 } }))
    }).pipe(quiet)
  )

  const pages: Record<string, Answer> = {
    "the page of a login": status(200, { "content-type": "text/html" }, "<title>Log in</title><form>Password</form>"),
    "the page of a login that calls itself JSON": status(
      200,
      { "content-type": "application/json" },
      "<title>Log in</title>"
    ),
    "a page, in protobuf": status(200, { "content-type": "application/x-protobuf" }, "<title>Log in</title>"),
    "an empty page": status(200, { "content-type": "text/html; charset=utf-8" }),
    "JSON of something else": status(200, { "content-type": "application/json" }, '{"status":"ok"}'),
    "a word": status(200, { "content-type": "text/plain" }, "OK"),
    "a page of another success": status(203, { "content-type": "text/html" }, "<title>Log in</title>")
  }
  for (const [what, answer] of Object.entries(pages)) {
    it.scopedLive(`answers with ${what}, has taken nothing`, () =>
      Effect.gen(function* () {
        const { received, url, writer } = yield* to(answer)
        yield* emitSpans(writer, 3)
        yield* writer.flush
        assert.lengthOf(yield* received, 1)
        const { exporters, spans } = yield* writer.stats
        assert.deepStrictEqual(spans["otlp"], ledger({ emitted: 3, failed: { NotOtlp: 3 } }))
        const { message = "" } = exporters["otlp"]?.lastError ?? {}
        assert.match(message, /^NotOtlp: POST http:.*\/v1\/traces: the answer is none of OTLP, but 20[03] \w/)
        assert.include(message, url)
      }).pipe(quiet)
    )
  }

  it.scopedLive("redirects to a login, says where to", () =>
    Effect.gen(function* () {
      const { url } = yield* server(status(302, { location: "https://login.example.com/?token=secret" }))
      const error = yield* Effect.flip(OtlpExporter.make({ endpoint: url }).export({ spans: [span()], logs: [] }))
      assert.strictEqual(error.reason, "Http302")
      assert.strictEqual(String(error.cause), `Error: POST ${url}/v1/traces: 302 Found, to https://login.example.com/`)
    })
  )

  it.scopedLive("refuses without a word, is told by the name of its status", () =>
    Effect.gen(function* () {
      for (const [code, words] of [
        [413, "413 Payload Too Large"],
        [503, "503 Service Unavailable"],
        [599, "599"]
      ] as const) {
        const { url } = yield* server(status(code))
        const error = yield* Effect.flip(OtlpExporter.make({ endpoint: url }).export({ spans: [span()], logs: [] }))
        assert.strictEqual(String(error.cause), `Error: POST ${url}/v1/traces: ${words}`)
      }
      const { url } = yield* server(
        status(200, { "content-type": "application/json" }, '{"partialSuccess":{"rejectedSpans":1}}')
      )
      const error = yield* Effect.flip(OtlpExporter.make({ endpoint: url }).export({ spans: [span()], logs: [] }))
      assert.strictEqual(String(error.cause), "Error: the server refused 1 of 1, and did not say why")
    })
  )

  it.scopedLive("cannot be reached, is told with what is wrong and where", () =>
    Effect.gen(function* () {
      for (const [endpoint, expected] of [
        ["http://127.0.0.1:1", /^Error: POST http:\/\/127\.0\.0\.1:1\/v1\/traces: \w.*/],
        ["http://127.0.0.1:4", /: connect ECONNREFUSED 127\.0\.0\.1:4$/],
        ["http://localhost:4", /ECONNREFUSED (?:127\.0\.0\.1|::1):4/],
        ["https://collector.invalid:4318", /: getaddrinfo \w+ collector\.invalid/]
      ] as const) {
        const error = yield* Effect.flip(OtlpExporter.make({ endpoint }).export({ spans: [span()], logs: [] }))
        assert.match(String(error.cause), expected)
        assert.notMatch(String(error.cause), /fetch failed|: ?\d*$(?<!:4)/)
      }
      const { url } = yield* server((response) => response.socket?.resetAndDestroy())
      const reset = yield* Effect.flip(OtlpExporter.make({ endpoint: url }).export({ spans: [span()], logs: [] }))
      assert.match(String(reset.cause), /: .*(?:ECONNRESET|UND_ERR_SOCKET)/)
      const plain = yield* Effect.flip(
        OtlpExporter.make({ endpoint: url.replace("http:", "https:") }).export({ spans: [span()], logs: [] })
      )
      assert.match(String(plain.cause), /: .*(?:SSL|TLS)/i)
    })
  )

  describe("drips,", () => {
    /** Writes a byte now and then, for ever. */
    const dripping = (response: Parameters<Answer>[0]) => {
      const timer = setInterval(() => response.write(" "), 5)
      response.on("close", () => clearInterval(timer))
    }
    const headers: Answer = (response) => {
      response.socket?.write("HTTP/1.1 200 OK\r\nx: ")
      const timer = setInterval(() => response.socket?.write("x"), 5)
      response.on("close", () => clearInterval(timer))
    }
    const body =
      (code: number): Answer =>
      (response) => {
        response.writeHead(code, { "content-type": "application/json" }).write("{")
        dripping(response)
      }
    for (const [what, answer, reason] of [
      ["its headers, is given up in time", headers, "Timeout"],
      ["its answer, is given up in time", body(200), "Timeout"],
      ["why it is busy, is understood all the same", body(503), "Http503"],
      ["why it refuses, is understood all the same", body(400), "Rejected"]
    ] as const) {
      it.scopedLive(what, () =>
        Effect.gen(function* () {
          const { url } = yield* server(answer)
          const [took, error] = yield* OtlpExporter.make({ endpoint: url, timeout: "400 millis" })
            .export({ spans: [span()], logs: [] })
            .pipe(Effect.flip, Effect.timed)
          assert.strictEqual(error.reason, reason)
          assert.strictEqual(error.retryable, reason !== "Rejected")
          assert.isBelow(Duration.toMillis(took), 2_000)
        })
      )
    }
  })

  it.scopedLive("hangs, delays no other exporter", () =>
    Effect.gen(function* () {
      const hanging = yield* server(() => {})
      const well = yield* server()
      const other = memory()
      const writer = yield* writing([
        OtlpExporter.make({ name: "hanging", endpoint: hanging.url, timeout: "1 second" }),
        OtlpExporter.make({ name: "well", endpoint: well.url, protocol: "http/json" }),
        other
      ])
      yield* emitSpans(writer, 10)
      assert.lengthOf(namesIn(yield* Queue.take(well.requests)), 10)
      yield* Effect.sleep("50 millis")
      const { spans } = yield* writer.stats
      assert.deepStrictEqual(spans["hanging"], ledger({ emitted: 10, queued: 10 }))
      assert.deepStrictEqual(spans["well"], ledger({ emitted: 10, exported: 10 }))
      assert.lengthOf(other.spans, 10)
    }).pipe(quiet)
  )

  it.scopedLive("refuses logs while it is too busy for spans, gets no span again before it is due", () =>
    Effect.gen(function* () {
      let busy = true
      const { received, writer } = yield* to((response, number, request) => {
        if (request.path === "/v1/logs") return status(400)(response, number, request)
        return (busy ? status(503, { "retry-after": "1" }) : ok)(response, number, request)
      })
      const spansIn = (requests: ReadonlyArray<Received>) => requests.filter(({ path }) => path === "/v1/traces").length
      yield* emitSpans(writer, 4)
      for (let i = 0; i < 4; i++) emit(writer.emitter, log())
      yield* Effect.sleep("700 millis")
      assert.strictEqual(spansIn(yield* received), 1)
      busy = false
      yield* writer.flush
      assert.strictEqual(spansIn(yield* received), 1)
      const { logs, spans } = yield* writer.stats
      assert.deepStrictEqual(spans["otlp"], ledger({ emitted: 4, exported: 4 }))
      assert.deepStrictEqual(logs["otlp"], ledger({ emitted: 4, failed: { Rejected: 4 } }))
    }).pipe(quiet)
  )

  it.scopedLive("gets more than 64 MiB at once, gets each record once although it is too busy for a part of them", () =>
    Effect.gen(function* () {
      const taken: Array<unknown> = []
      const { writer } = yield* to((response, number, request) => {
        if (number === 2) return status(503)(response, number, request)
        taken.push(...namesIn(request))
        ok(response, number, request)
      })
      const text = "x".repeat(1_000_000)
      for (let i = 0; i < 100; i++) emit(writer.emitter, span({ name: `span ${i}`, attributes: { text } }))
      yield* writer.flush
      assert.lengthOf(taken, 100)
      assert.strictEqual(new Set(taken).size, 100)
      assert.deepStrictEqual((yield* writer.stats).spans["otlp"], ledger({ emitted: 100, exported: 100 }))
    }).pipe(quiet)
  )

  it.live("is slow, has everything when the scope has closed", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* server((response, number, request) => {
        setTimeout(() => ok(response, number, request), 100)
      })
      const scope = yield* Scope.make()
      const writer = yield* Scope.extend(
        writing([OtlpExporter.make({ endpoint: url, protocol: "http/json", compression: "gzip" })]),
        scope
      )
      yield* emitSpans(writer, 3_500)
      yield* Scope.close(scope, Exit.void)
      const received = Chunk.toReadonlyArray(yield* Queue.takeAll(requests))
      assert.strictEqual(new Set(received.flatMap(namesIn)).size, 3_500)
      assert.deepStrictEqual((yield* writer.stats).spans["otlp"], ledger({ emitted: 3_500, exported: 3_500 }))
    }).pipe(Effect.scoped)
  )
})

describe("OtlpExporter", () => {
  it.scopedLive("shows little of what a server quotes, in one line, and no credentials in whatever form", () =>
    Effect.gen(function* () {
      const secret = "c2VjcmV0LXZhbHVl-and-more-of-it"
      const text = `the \u001b[31mquestion\nof a user with sk-ant-api03-${"Ab1".repeat(30)}`
      const sent = span({ attributes: { text } })
      for (const code of [200, 400, 401, 503]) {
        const { url } = yield* server((response, _, { body, headers }) => {
          const quoted = `${headers["authorization"]} ${text} ${JSON.stringify(body)}`
          const forms = [quoted, Buffer.from(quoted).toString("base64"), Buffer.from(quoted).toString("base64url")]
          const message = `no: ${forms.map((form) => form.slice(0, 400)).join(" ")}`
          response
            .writeHead(code, { "content-type": "application/json" })
            .end(
              JSON.stringify(
                code === 200 ? { partialSuccess: { rejectedSpans: 1, errorMessage: message } } : { message }
              )
            )
        })
        const exporter = OtlpExporter.make({ endpoint: url, headers: { authorization: `Bearer ${secret}` } })
        const error = yield* Effect.flip(exporter.export({ spans: [sent], logs: [] }))
        const said = String(error.cause)
        assert.include(said, "no: ")
        assert.isBelow(said.length, 700)
        assert.notMatch(said, /\p{Cc}/u)
        for (const hidden of [
          secret,
          "sk-ant-api03-Ab1",
          Buffer.from(`Bearer ${secret}`).toString("base64").slice(0, 30)
        ]) {
          assert.notInclude(said, hidden)
        }
      }
    })
  )

  it.scopedLive("loses a record that cannot be encoded, and no other", () =>
    Effect.gen(function* () {
      for (const protocol of ["http/json", "http/protobuf"] as const) {
        const { writer } = yield* to(ok, { protocol })
        yield* emitSpans(writer, 4)
        emit(writer.emitter, Object.assign(Object.create(SpanRecord.prototype), span(), { tags: undefined }))
        emit(writer.emitter, Object.assign(Object.create(LogRecord.prototype), log(), { tags: undefined }))
        emit(writer.emitter, log({ message: "\u0000 \ud800" }))
        yield* writer.flush
        const { logs, spans } = yield* writer.stats
        assert.deepStrictEqual(spans["otlp"], ledger({ emitted: 5, exported: 4, failed: { Defect: 1 } }))
        assert.deepStrictEqual(logs["otlp"], ledger({ emitted: 2, exported: 1, failed: { Defect: 1 } }))
      }
    }).pipe(quiet)
  )

  it.scopedLive("tells a secret to its server alone, even when that says it aloud", () => {
    const said: Array<unknown> = []
    const logger = Logger.make(({ cause, message }) => void said.push(message, cause))
    return Effect.gen(function* () {
      const secret = "c2VjcmV0LXZhbHVl"
      const basic = Buffer.from(`user:${secret}`).toString("base64")
      const echo =
        (code: number): Answer =>
        (response, _, { headers }) =>
          response
            .writeHead(code, { "content-type": "application/json", location: "http://127.0.0.1:1/" })
            .end(JSON.stringify({ message: `bad credentials ${headers["authorization"]}, ${headers["x-key"]}` }))
      for (const code of [302, 400, 401, 503]) {
        const { requests, url } = yield* server(echo(code))
        const exporter = OtlpExporter.make({
          endpoint: url.replace("http://", `http://user:${secret}@`),
          headers: { "x-key": Redacted.make(`Bearer ${secret}`) }
        })
        const writer = yield* writing([exporter])
        yield* emitSpans(writer, 1)
        const { headers } = yield* Queue.take(requests)
        assert.strictEqual(headers["authorization"], `Basic ${basic}`)
        assert.strictEqual(headers["x-key"], `Bearer ${secret}`)
        said.push(exporter, yield* Effect.flip(exporter.export({ spans: [span()], logs: [] })), yield* writer.stats)
      }
      for (const endpoint of [`ftp://user:${secret}@host`, `${secret}://`, `http://user:${secret}@127.0.0.1:1`]) {
        said.push(yield* Effect.flip(OtlpExporter.make({ endpoint }).export({ spans: [span()], logs: [] })))
      }
      const headers = { "x-key": `${secret}\n${secret}` }
      const invalid = yield* Effect.flip(OtlpExporter.make({ headers }).export({ spans: [span()], logs: [] }))
      assert.strictEqual(invalid.reason, "InvalidHeaders")
      said.push(invalid)
      const all = said.map((value) => `${inspect(value, { depth: 20 })} ${String(value)}`).join("\n")
      assert.include(all, "Records were lost")
      assert.include(all, "bad credentials")
      for (const hidden of [secret, basic]) assert.notInclude(all, hidden)
    }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
  })
})
