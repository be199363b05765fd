import { execFile } from "node:child_process"
import { createServer, type IncomingMessage, request } from "node:http"
import { type AddressInfo, connect, type Socket } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Exit, Logger, Queue } from "effect"
import { OtlpExporter } from "effect-observability/otlp"
import { Agent, ProxyAgent } from "undici"
import { span } from "../../src/testing/Records.js"
import { server } from "../utils/otlp.js"

/** A proxy that leads to one server, whatever it is asked for, until the scope closes. */
const proxy = (target: string, status = 200) =>
  Effect.gen(function* () {
    const asked: Array<string> = []
    const { hostname, port } = new URL(target)
    const http = yield* Effect.acquireRelease(
      Effect.async<ReturnType<typeof createServer>>((resume) => {
        const server = createServer((incoming: IncomingMessage, response) => {
          asked.push(`${incoming.method} ${incoming.url}`)
          incoming.pipe(
            request({ hostname, port, method: "POST", path: "/v1/traces", headers: incoming.headers }, (answer) =>
              answer.pipe(response)
            )
          )
        })
          .on("connect", ({ headers, url }: IncomingMessage, socket: Socket) => {
            asked.push(`CONNECT ${url} ${headers["proxy-authorization"] ?? ""}`.trim())
            if (status !== 200) return void socket.end(`HTTP/1.1 ${status} No\r\n\r\n`)
            const through = connect(Number(port), hostname, () => {
              socket.write("HTTP/1.1 200 OK\r\n\r\n")
              socket.pipe(through).pipe(socket)
            }).on("error", () => socket.destroy())
            socket.on("error", () => through.destroy())
          })
          .listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.sync(() => {
          server.close()
          server.closeAllConnections()
        })
    )
    return { asked, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` }
  })

const exporting = (options: OtlpExporter.Options, env: Record<string, string>) =>
  Effect.gen(function* () {
    const exporter = OtlpExporter.make({ timeout: "2 seconds", ...options })
    const exit = yield* Effect.exit(exporter.export({ spans: [span()], logs: [] }))
    yield* exporter.shutdown ?? Effect.void
    return exit
  }).pipe(Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(env)), { pathDelim: "_" })))

describe("requests of OTLP", () => {
  it.scopedLive("go through the proxy that the environment names, in capitals and small letters", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* server()
      const through = yield* proxy(url)
      const endpoint = "http://collector.invalid:4318"
      for (const name of ["HTTP_PROXY", "http_proxy"]) {
        const exit = yield* exporting({ endpoint }, { [name]: through.url.replace("//", "//user:secret@") })
        assert.isTrue(Exit.isSuccess(exit), String(exit))
        assert.strictEqual(yield* Queue.size(requests), 1)
        assert.strictEqual((yield* Queue.take(requests)).path, "/v1/traces")
      }
      assert.lengthOf(through.asked, 2)
      const basic = `Basic ${Buffer.from("user:secret").toString("base64")}`
      for (const asked of through.asked) {
        assert.match(asked, /collector\.invalid:4318/)
        if (asked.startsWith("CONNECT")) assert.include(asked, basic)
      }
    })
  )

  it.scopedLive("go through a tunnel to a server of HTTPS", () =>
    Effect.gen(function* () {
      const { url } = yield* server()
      for (const name of ["HTTPS_PROXY", "https_proxy"]) {
        const through = yield* proxy(url)
        yield* exporting({ endpoint: "https://collector.invalid:4318" }, { [name]: through.url })
        assert.strictEqual(through.asked[0], "CONNECT collector.invalid:4318")
      }
    })
  )

  it.scopedLive("go directly to hosts that need no proxy", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* server()
      const through = yield* proxy(url)
      for (const endpoint of [url, url.replace("127.0.0.1", "localhost")]) {
        assert.isTrue(Exit.isSuccess(yield* exporting({ endpoint }, { HTTP_PROXY: through.url })))
      }
      assert.strictEqual(yield* Queue.size(requests), 2)
      for (const [name, none] of [
        ["NO_PROXY", "collector.invalid"],
        ["no_proxy", "a.example, .invalid"],
        ["NO_PROXY", "collector.invalid:4318"],
        ["NO_PROXY", "*"],
        ["no_proxy", "*"],
        ["NO_PROXY", "a.example,*"],
        ["NO_PROXY", " .INVALID. "],
        ["NO_PROXY", "*.invalid,other"],
        ["NO_PROXY", "invalid\ta.example:1"],
        ["NO_PROXY", ",,collector.invalid.:4318,"]
      ] as const) {
        const env = { HTTP_PROXY: through.url, HTTPS_PROXY: through.url, [name]: none }
        for (const endpoint of ["http://collector.invalid:4318", "https://collector.invalid:4318"]) {
          const error = yield* Effect.flip(yield* exporting({ endpoint }, env))
          assert.match(String(error.cause), /getaddrinfo/)
        }
      }
      assert.deepStrictEqual(through.asked, [])
    })
  )

  for (const [endpoint, none, isDirect] of [
    ["http://192.0.2.1:4318", "192.0.2.1", true],
    ["http://192.0.2.1:4318", "192.0.2.1:4318", true],
    ["http://192.0.2.1:4318", "192.0.2.1:80", false],
    ["http://192.0.2.1:4318", "192.0.2.0/24", true],
    ["http://192.0.2.1:4318", "192.0.3.0/24,192.0.2.128/25", false],
    ["http://192.0.2.1:4318", "2.1,192.0.2,192.0.2.1/99,192.0.2.1/x", false],
    ["http://[2001:db8::1]:4318", "2001:db8::1", true],
    ["http://[2001:db8::1]:4318", "[2001:db8::1]", true],
    ["http://[2001:db8::1]:4318", "[2001:DB8:0:0:0:0:0:1]:4318", true],
    ["http://[2001:db8::1]:4318", "[2001:db8::1]:4317", false],
    ["http://[2001:db8::1]:4318", "2001:db8::/32", true],
    ["http://[2001:db8::1]:4318", "::/0", true],
    ["http://[2001:db8::1]:4318", "0.0.0.0/0", false],
    ["http://[2001:db8::1]:4318", "db8::1,[,],[]:,:,/,//,.", false],
    ["http://collector.invalid", "collector.invalid:80", true],
    ["https://collector.invalid", "collector.invalid:443", true],
    ["https://collector.invalid", "collector.invalid:80", false],
    ["http://collector.invalid.", "collector.invalid", true],
    ["http://collector.invalid", "ollector.invalid,collector.invalid.example,.", false],
    ["http://xn--bcher-kva.invalid", "b\u00fccher.invalid,xn--bcher-kva.invalid", true]
  ] as const) {
    it.scopedLive(`${isDirect ? "go directly" : "go through the proxy"} to ${endpoint} with NO_PROXY=${none}`, () =>
      Effect.gen(function* () {
        const through = yield* proxy("http://127.0.0.1:1", 403)
        const env = { HTTP_PROXY: through.url, HTTPS_PROXY: through.url, NO_PROXY: none }
        yield* Effect.flip(yield* exporting({ endpoint, timeout: "300 millis" }, env))
        assert.lengthOf(through.asked, isDirect ? 0 : 1)
      })
    )
  }

  it.scopedLive("go through a proxy of odd form: without a scheme, with any user, in capitals", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* server()
      const endpoint = "http://collector.invalid:4318"
      const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`
      for (const [form, authorization] of [
        ["HOST", ""],
        ["HTTP://HOST/", ""],
        ["http://HOST/path?query#fragment", ""],
        ["  http://HOST  ", ""],
        ["user:secret@HOST", basic("user:secret")],
        ["http://user@HOST", basic("user:")],
        ["http://user:p%40ss%3A%2F@HOST", basic("user:p@ss:/")],
        ["http://user:100%@HOST", basic("user:100%")],
        ["http://%C3%BCser:@HOST", basic("\u00fcser:")]
      ] as const) {
        const through = yield* proxy(url)
        const exit = yield* exporting({ endpoint }, { http_proxy: form.replace("HOST", new URL(through.url).host) })
        assert.isTrue(Exit.isSuccess(exit), `${form} ${exit}`)
        assert.deepStrictEqual(through.asked, [`CONNECT collector.invalid:4318 ${authorization}`.trim()], form)
        yield* Queue.take(requests)
      }
    })
  )

  it.scopedLive("heed small letters before capitals, and each scheme its own", () =>
    Effect.gen(function* () {
      const { url } = yield* server()
      const [small, capital] = [yield* proxy(url), yield* proxy(url)]
      yield* exporting({ endpoint: "http://a.invalid" }, { HTTP_PROXY: capital.url, http_proxy: small.url })
      yield* exporting({ endpoint: "https://b.invalid" }, { HTTP_PROXY: small.url, HTTPS_PROXY: capital.url })
      assert.deepStrictEqual(small.asked, ["CONNECT a.invalid:80"])
      assert.deepStrictEqual(capital.asked, ["CONNECT b.invalid:443"])
      const error = yield* Effect.flip(yield* exporting({ endpoint: "http://a.invalid" }, { HTTPS_PROXY: small.url }))
      assert.match(String(error.cause), /getaddrinfo/)
      assert.lengthOf(small.asked, 1)
    })
  )

  it.scopedLive("are not sent again when the proxy refuses them, but are when it is down", () =>
    Effect.gen(function* () {
      const endpoint = "https://collector.invalid:4318"
      for (const [status, reason] of [
        [407, "Http407"],
        [403, "Http403"],
        [503, "Unavailable"]
      ] as const) {
        const through = yield* proxy("http://127.0.0.1:1", status)
        const exit = yield* exporting({ endpoint }, { HTTPS_PROXY: through.url })
        const error = yield* Effect.flip(exit)
        assert.deepStrictEqual([error.reason, error.retryable], [reason, status === 503], String(error.cause))
        assert.include(String(error.cause), String(status))
      }
      const error = yield* Effect.flip(yield* exporting({ endpoint }, { HTTPS_PROXY: "http://127.0.0.1:4" }))
      assert.match(String(error.cause), /ECONNREFUSED 127\.0\.0\.1:4/)
      assert.isTrue(error.retryable)
    })
  )

  it.scopedLive("go directly where a proxy is no URL, which is said without it", () => {
    const said: Array<string> = []
    return Effect.gen(function* () {
      const endpoint = "http://collector.invalid"
      const none = [
        "ftp://user:secret@",
        "ftp://user:secret@127.0.0.1:1",
        "http://",
        "user:secret@",
        "http://a b:secret/"
      ]
      for (const HTTP_PROXY of none) {
        const error = yield* Effect.flip(yield* exporting({ endpoint }, { HTTP_PROXY }))
        assert.match(String(error.cause), /getaddrinfo/, HTTP_PROXY)
      }
      assert.lengthOf(said, none.length)
      assert.notInclude(said.join(), "secret")
    }).pipe(
      Effect.provide(
        Logger.replace(
          Logger.defaultLogger,
          Logger.make(({ message }) => said.push(String(message)))
        )
      )
    )
  })

  it.scopedLive("are sent by a dispatcher of the program's own, which stays open", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* server()
      const through = yield* proxy(url)
      const ignored = yield* proxy(url)
      const agents = [new ProxyAgent(through.url), new Agent({ connect: { timeout: 1_000 } })]
      yield* Effect.addFinalizer(() => Effect.promise(() => Promise.all(agents.map((agent) => agent.close()))))
      for (const dispatcher of [agents[0], agents[0], agents[1]] as ReadonlyArray<Agent>) {
        const exit = yield* exporting({ endpoint: url, dispatcher }, { HTTP_PROXY: ignored.url })
        assert.isTrue(Exit.isSuccess(exit), String(exit))
      }
      assert.strictEqual(yield* Queue.size(requests), 3)
      assert.isAtLeast(through.asked.length, 1)
      assert.deepStrictEqual(ignored.asked, [])
    })
  )

  it.scopedLive("do not keep a process alive behind a proxy", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* server()
      const through = yield* proxy(url)
      const script = `
        import { Effect, ManagedRuntime } from "effect"
        import { Observability } from "./src/index.js"
        import { OtlpExporter } from "./src/otlp.js"
        const exporters = [OtlpExporter.make({ endpoint: "http://collector.invalid:4318", signals: ["spans"] })]
        const live = Observability.layerExportOnly({ serviceName: "t", exporters })
        ManagedRuntime.make(live).runPromise(Effect.withSpan(Effect.void, "work"))`
      const child = yield* Effect.async<{ readonly status: number | null; readonly stderr: string }>((resume) => {
        execFile(
          process.execPath,
          ["--import", "tsx", "--input-type=module", "-e", script],
          { env: { ...process.env, HTTP_PROXY: through.url }, timeout: 30_000 },
          (error, _, stderr) => resume(Effect.succeed({ status: error === null ? 0 : 1, stderr }))
        )
      })
      assert.deepStrictEqual(child, { status: 0, stderr: "" })
      assert.strictEqual(yield* Queue.size(requests), 1)
    })
  )
})
