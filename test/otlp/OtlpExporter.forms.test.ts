/** Endpoints and answers of odd form. */
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Duration, Effect, Exit, Queue } from "effect"
import { OtlpExporter } from "effect-observability/otlp"
import { log, metric, score, span } from "../../src/testing/Records.js"
import { type Answer, server } from "../utils/otlp.js"

const exporting = (options: OtlpExporter.Options, env: Record<string, string> = {}) =>
  Effect.suspend(() =>
    OtlpExporter.make({ timeout: "2 seconds", protocol: "http/json", ...options }).export({
      spans: [span()],
      logs: [log()],
      metrics: [metric()],
      scores: [score()]
    })
  ).pipe(Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(env)), { pathDelim: "_" })))

const paths = (requests: Queue.Dequeue<{ readonly path: string | undefined }>) =>
  Effect.map(Queue.takeAll(requests), (received) => Array.from(received, ({ path }) => path))

const signals = (base: string, query = "") =>
  ["traces", "logs", "metrics", "logs"].map((name) => `${base}/v1/${name}${query}`)

describe("an endpoint", () => {
  for (const [end, expected] of [
    ["", signals("")],
    ["///", signals("")],
    ["?", signals("")],
    ["#fragment", signals("")],
    ["/?key=a%20b&x=/v1/traces", signals("", "?key=a%20b&x=/v1/traces")],
    ["/v1/traces/?a=b#c", signals("", "?a=b")],
    ["/v1/logs///", signals("")],
    ["/v1/metrics", signals("")],
    ["/v1/traces/v1/traces", signals("/v1/traces")],
    ["/v1/traces/other", signals("/v1/traces/other")],
    ["/V1/traces", signals("/V1/traces")],
    ["/a b/\u00e9", signals("/a%20b/%C3%A9")],
    ["/a/../b/.", signals("/b")],
    ["/v1/trace", signals("/v1/trace")]
  ] as const) {
    it.scopedLive(`that ends with ${JSON.stringify(end)} is one of all signals, by option and by variable`, () =>
      Effect.gen(function* () {
        const { requests, url } = yield* server()
        yield* exporting({ endpoint: url + end })
        assert.deepStrictEqual(yield* paths(requests), expected)
        yield* exporting({}, { OTEL_EXPORTER_OTLP_ENDPOINT: ` ${url}${end} ` })
        assert.deepStrictEqual(yield* paths(requests), expected)
      })
    )
  }

  it.scopedLive("of a signal is taken as it is, with its query, and the others go on to the general one", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* server()
      yield* exporting(
        {},
        {
          OTEL_EXPORTER_OTLP_ENDPOINT: `${url}/all/`,
          OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/in?token=a`,
          OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: url,
          OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: ""
        }
      )
      assert.deepStrictEqual(yield* paths(requests), ["/in?token=a", "/all/v1/logs", "/", "/all/v1/logs"])
      // An option comes before all of them.
      yield* exporting({ endpoint: `${url}/own` }, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/in` })
      assert.deepStrictEqual(yield* paths(requests), signals("/own"))
    })
  )

  it.scopedLive("with a user authenticates, and shows that to nobody", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* server((response) => response.writeHead(401).end())
      for (const [user, expected] of [
        ["mia:p%40ss%2Fword", "mia:p@ss/word"],
        ["token", "token:"],
        ["mia:100%25", "mia:100%"]
      ] as const) {
        const error = yield* Effect.flip(exporting({ endpoint: url.replace("//", `//${user}@`), signals: ["spans"] }))
        const { headers } = yield* Queue.take(requests)
        assert.strictEqual(headers.authorization, `Basic ${Buffer.from(expected).toString("base64")}`)
        assert.strictEqual(String(error.cause), `Error: POST ${url}/v1/traces: 401 Unauthorized`)
        yield* Queue.takeAll(requests)
      }
    })
  )

  for (const endpoint of [
    "localhost:4318",
    "//localhost:4318",
    "/v1/traces",
    "",
    " ",
    "ftp://a",
    "grpc://a:4317",
    "http://",
    "http://a b"
  ]) {
    it.effect(`is refused that is no URL of HTTP: ${JSON.stringify(endpoint)}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(exporting({ endpoint }))
        assert.deepStrictEqual([error.reason, error.retryable], ["InvalidEndpoint", false])
      })
    )
  }
})

const answering =
  (status: number, headers: Record<string, string>, body: string | Buffer = ""): Answer =>
  (response) =>
    void response.writeHead(status, headers).end(body)

const json = { "content-type": "application/json" }
const protobuf = { "content-type": "application/x-protobuf" }

/** A message of protobuf that refuses a record, and says "no". */
const partial = Buffer.from([0x0a, 0x06, 0x08, 0x01, 0x12, 0x02, 0x6e, 0x6f])

const exported = (answer: Answer, options: OtlpExporter.Options = {}) =>
  Effect.gen(function* () {
    const { requests, url } = yield* server(answer)
    const exporter = OtlpExporter.make({ endpoint: url, timeout: "1 second", ...options })
    const [took, exit] = yield* Effect.timed(Effect.exit(exporter.export({ spans: [span()], logs: [] })))
    assert.isBelow(Duration.toMillis(took), 3_000)
    assert.strictEqual(yield* Queue.size(requests), 1)
    return exit
  })

describe("an answer", () => {
  const taken: ReadonlyArray<readonly [string, Answer]> = [
    ["204 without a body", answering(204, {})],
    ["204 of HTML", answering(204, { "content-type": "text/plain" })],
    ["202 with an empty object", answering(202, json, "{}")],
    ["200 without a type", answering(200, {}, "{}")],
    [
      "JSON with a type of its own",
      answering(200, { "content-type": "application/vnd.x+json; charset=utf-8" }, " {}\n")
    ],
    ["JSON in gzip", answering(200, { ...json, "content-encoding": "gzip" }, gzipSync("{}"))],
    ["JSON in deflate", answering(200, { ...json, "content-encoding": "deflate" }, deflateSync("{}"))],
    ["JSON in brotli", answering(200, { ...json, "content-encoding": "br" }, brotliCompressSync("{}"))],
    ["protobuf in gzip", answering(200, { ...protobuf, "content-encoding": "gzip" }, gzipSync(Buffer.alloc(0)))],
    ["an encoding that is none", answering(200, { ...json, "content-encoding": "identity" }, "{}")],
    [
      "chunks of a byte",
      (response) => {
        response.writeHead(200, json)
        for (const byte of '{"partialSuccess":{}}') response.write(byte)
        response.end()
      }
    ],
    [
      "an interim one before",
      (response) => {
        response.writeProcessing()
        response.writeEarlyHints({ link: "</style.css>; rel=preload" })
        response.writeHead(200, json).end("{}")
      }
    ]
  ]
  for (const [what, answer] of taken) {
    it.scopedLive(`is one of all was taken: ${what}`, () =>
      Effect.gen(function* () {
        const exit = yield* exported(answer)
        assert.isTrue(Exit.isSuccess(exit), String(exit))
      })
    )
  }

  for (const [what, answer] of [
    ["in gzip", answering(200, { ...protobuf, "content-encoding": "gzip" }, gzipSync(partial))],
    ["as it is", answering(200, protobuf, partial)],
    ["of a proxy that forgot the type", answering(200, {}, partial)]
  ] as const) {
    it.scopedLive(`refuses a part, ${what}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(yield* exported(answer))
        assert.deepStrictEqual([error.reason, error.rejected, String(error.cause)], ["PartialSuccess", 1, "Error: no"])
      })
    )
  }

  for (const status of [300, 301, 302, 303, 304, 305, 307, 308]) {
    it.scopedLive(`leads elsewhere with ${status}, and is not followed`, () =>
      Effect.gen(function* () {
        const other = yield* server()
        const error = yield* Effect.flip(
          yield* exported(answering(status, { location: `${other.url}/v1/traces?secret=1` }), {
            headers: { "x-api-key": "the key of this server" }
          })
        )
        assert.deepStrictEqual([error.reason, error.retryable], [`Http${status}`, false])
        assert.include(String(error.cause), `to ${other.url}/v1/traces`)
        assert.notInclude(String(error.cause), "secret")
        assert.strictEqual(yield* Queue.size(other.requests), 0)
      })
    )
  }

  for (const [status, retryable] of [
    [401, false],
    [404, false],
    [405, false],
    [408, true],
    [409, false],
    [425, true],
    [429, true],
    [500, false],
    [501, false],
    [503, true],
    [504, true],
    [507, false],
    [511, false],
    [520, false]
  ] as const) {
    it.scopedLive(`of ${status} is ${retryable ? "" : "not "}tried again, with a page that has no end`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(
          yield* exported((response) => {
            response.writeHead(status, { "content-type": "text/html" }).write("<title>Sorry</title>")
            const timer = setInterval(() => response.write("x".repeat(100)), 10)
            response.on("close", () => clearInterval(timer))
          })
        )
        assert.deepStrictEqual([error.reason, error.retryable], [`Http${status}`, retryable])
      })
    )
  }

  const broken: ReadonlyArray<readonly [string, Answer]> = [
    ["a type of gzip that is none", answering(200, { ...json, "content-encoding": "gzip" }, "{}")],
    [
      "gzip that is cut off",
      answering(200, { ...json, "content-encoding": "gzip" }, gzipSync("x".repeat(999)).subarray(0, 12))
    ],
    ["a length that is too long", answering(200, { ...json, "content-length": "99" }, "{}")]
  ]
  for (const [what, answer] of broken) {
    it.scopedLive(`cannot be read: ${what}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(yield* exported(answer))
        assert.include(["Unavailable", "Timeout", "NotOtlp"], error.reason)
        assert.isAbove(String(error.cause).length, 60)
      })
    )
  }

  it.scopedLive("of gzip that unpacks to gigabytes is read as far as it is needed", () =>
    Effect.gen(function* () {
      const bomb = gzipSync(Buffer.alloc(200 * 2 ** 20), { level: 9 })
      const before = process.memoryUsage().rss
      for (const status of [200, 503, 400]) {
        assert.isTrue(Exit.isFailure(yield* exported(answering(status, { ...json, "content-encoding": "gzip" }, bomb))))
      }
      assert.isBelow(process.memoryUsage().rss - before, 150 * 2 ** 20)
    })
  )

  it.scopedLive("says in any form when to come again", () =>
    Effect.gen(function* () {
      const soon = new Date(Date.now() + 120_000)
      const [weekday = "", day = "", month = "", year = "", time = ""] = soon.toUTCString().split(/,? /)
      const long = {
        Sun: "Sunday",
        Mon: "Monday",
        Tue: "Tuesday",
        Wed: "Wednesday",
        Thu: "Thursday",
        Fri: "Friday",
        Sat: "Saturday"
      }
      for (const [value, least, most] of [
        ["120", 120, 120],
        [" 120 ", 120, 120],
        ["0.5", 0.5, 0.5],
        [soon.toUTCString(), 110, 121],
        [`${long[weekday as keyof typeof long]}, ${day}-${month}-${year.slice(2)} ${time} GMT`, 110, 121],
        [`${weekday} ${month} ${day.replace(/^0/, " ")} ${time} ${year}`, 110, 121],
        [soon.toISOString(), 110, 121],
        ["99999999999999999999", 300, Number.POSITIVE_INFINITY],
        ["Fri, 31 Dec 9999 23:59:59 GMT", 300, Number.POSITIVE_INFINITY],
        ["Wed, 21 Oct 2015 07:28:00 GMT", 0, 0]
      ] as const) {
        for (const status of [408, 425, 429, 503]) {
          const error = yield* Effect.flip(yield* exported(answering(status, { "retry-after": value })))
          const seconds = Duration.toSeconds(error.retryAfter ?? Duration.seconds(-1))
          assert.isTrue(seconds >= least && seconds <= most, `${status} ${value}: ${seconds}`)
        }
      }
      const refused = yield* Effect.flip(yield* exported(answering(400, { "retry-after": "120" })))
      assert.isUndefined(refused.retryAfter)
    })
  )
})
