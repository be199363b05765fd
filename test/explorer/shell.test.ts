import { createServer, request } from "node:http"
import { gunzipSync } from "node:zlib"
import { HttpRouter, HttpServer } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Scope } from "effect"
import * as Observability from "../../src/Observability.js"
import * as StorageServer from "../../src/server/StorageServer.js"
import * as Storage from "../../src/storage/Storage.js"
import { at, span } from "../../src/testing/Records.js"
import { axeOf, describeBrowser, open, overflowOf, serve } from "../utils/browser.js"

const get = (url: string, headers: Readonly<Record<string, string>> = {}, method = "GET") =>
  Effect.async<{ status: number; headers: Readonly<Record<string, unknown>>; body: Buffer }>((resume) => {
    const asking = request(url, { method, headers }, (answer) => {
      const chunks: Array<Buffer> = []
      answer.on("data", (chunk) => chunks.push(chunk))
      answer.on("end", () =>
        resume(Effect.succeed({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }))
      )
    })
    asking.end()
  })

const assetsOf = (html: string): ReadonlyArray<string> =>
  Array.from(html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g), ([, path]) => path as string)

describe("the page over HTTP", () => {
  it.scopedLive("is the same at each view, and let in by a strict policy", () =>
    Effect.gen(function* () {
      const { url } = yield* serve(Storage.layerMemory)
      const root = yield* get(`${url}/`)
      assert.strictEqual(root.status, 200)
      for (const view of ["sessions", "session?id=a%2Fb", "trace?id=1", "logs", "dashboard", "compare"]) {
        assert.deepStrictEqual((yield* get(`${url}/${view}`)).body, root.body)
      }
      const policy = String(root.headers["content-security-policy"]).split("; ")
      assert.includeMembers(policy, [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'"
      ])
      for (const [name, value] of [
        ["x-content-type-options", "nosniff"],
        ["referrer-policy", "no-referrer"],
        ["cross-origin-opener-policy", "same-origin"],
        ["cross-origin-resource-policy", "same-origin"],
        ["x-frame-options", "DENY"],
        ["cache-control", "no-cache"]
      ] as const) {
        assert.strictEqual(root.headers[name], value)
      }
      const html = root.body.toString()
      assert.notMatch(html, /<script(?![^>]* src=)|<style|\son\w+=|https?:/)
    })
  )

  it.scopedLive("has files that are kept for good, compressed for those who take it, and none that are not there", () =>
    Effect.gen(function* () {
      const { url } = yield* serve(Storage.layerMemory)
      const assets = assetsOf((yield* get(`${url}/`)).body.toString())
      assert.isAtLeast(assets.length, 3)
      let bytes = 0
      for (const path of assets) {
        const plain = yield* get(`${url}/${path}`)
        const gzip = { "accept-encoding": "gzip" }
        const compressed = yield* get(`${url}/${path}`, gzip)
        assert.strictEqual(plain.headers["cache-control"], "public, max-age=31536000, immutable")
        assert.strictEqual(compressed.headers["content-encoding"], "gzip")
        assert.deepStrictEqual(gunzipSync(compressed.body), plain.body)
        if (/\.(?:js|css)$/.test(path)) bytes += compressed.body.length
        const etag = String(compressed.headers["etag"])
        assert.notStrictEqual(etag, plain.headers["etag"])
        const known = yield* get(`${url}/${path}`, { ...gzip, "if-none-match": `"x", W/${etag}` })
        assert.deepStrictEqual([known.status, known.body.length], [304, 0])
        const head = yield* get(`${url}/${path}`, gzip, "HEAD")
        assert.deepStrictEqual([head.status, head.headers["etag"], head.body.length], [200, etag, 0])
      }
      assert.isBelow(bytes, 90_000)
      for (const path of [
        "assets/main-00000000.js",
        "assets/",
        "assets/../index.html",
        "nothing",
        "index.html",
        "sessions/a"
      ]) {
        assert.strictEqual((yield* get(`${url}/${path}`)).status, 404, path)
      }
      const posted = yield* get(`${url}/sessions`, { "content-type": "application/json" }, "POST")
      assert.deepStrictEqual([posted.status, posted.headers["allow"]], [405, "GET, HEAD"])
    })
  )
})

const sessions = Storage.insertSpans([
  span({ sessionId: "one", startTime: at(1), endTime: at(2) }),
  span({ sessionId: "two", startTime: at(3), endTime: at(9) })
])

/** A storage with two sessions. */
const stored = Layer.effectDiscard(sessions).pipe(Layer.provideMerge(Storage.layerMemory))

describeBrowser("the shell", () => {
  it.scopedLive("finds its base below a path of a program's own server", () =>
    Effect.gen(function* () {
      const mounted = Layer.unwrapEffect(
        Effect.map(StorageServer.httpApp(), (app) =>
          HttpServer.serve(HttpRouter.empty.pipe(HttpRouter.mountApp("/deep/observability", app)))
        )
      ).pipe(
        Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
        Layer.provide(Observability.layerExportOnly({ serviceName: "server", exporters: [] })),
        Layer.provide(stored)
      )
      const { address } = Context.get(yield* Layer.build(mounted), HttpServer.HttpServer)
      const url = `http://127.0.0.1:${address._tag === "TcpAddress" ? address.port : 0}/deep/observability`
      const page = yield* open()
      yield* Effect.promise(async () => {
        await page.goto(`${url}?zone=utc`)
        await page.waitForSelector(".row")
        assert.strictEqual(page.url(), `${url}/?zone=utc`)
        await page.getByRole("link", { name: "Logs" }).click()
        assert.strictEqual(page.url(), `${url}/logs?zone=utc`)
        await page.reload()
        await page.getByRole("link", { name: "Sessions" }).click()
        await page.waitForSelector(".row")
      })
    })
  )

  it.scopedLive("works behind a proxy that takes the path away, and takes its token there", () =>
    Effect.gen(function* () {
      const { port } = yield* serve(stored, { token: "secret" })
      const proxy = yield* Effect.acquireRelease(
        Effect.async<ReturnType<typeof createServer>>((resume) => {
          const server = createServer((asked, answer) => {
            const path = (asked.url ?? "").replace(/^\/agents/, "")
            const { headers, method } = asked
            asked.pipe(
              request({ port, host: "127.0.0.1", path, method, headers }, (from) => {
                answer.writeHead(from.statusCode ?? 0, from.headers)
                from.pipe(answer)
              })
            )
          })
          server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) =>
          Effect.sync(() => {
            server.close()
            server.closeAllConnections()
          })
      )
      const address = proxy.address()
      const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/agents`
      const page = yield* open({ expected: /401/ })
      yield* Effect.promise(async () => {
        assert.strictEqual((await page.goto(`${url}/`))?.status(), 401)
        await page.goto(`${url}/sessions?token=secret&hasError=false`)
        await page.waitForSelector(".view-head")
        assert.strictEqual(page.url(), `${url}/sessions?hasError=false`)
        assert.notInclude(await page.content(), "secret")
        await page.getByRole("link", { name: "Without not failed" }).click()
        await page.waitForSelector(".row")
        assert.strictEqual(page.url(), `${url}/`)
        // The cookie is lost: the page says so, and how to go on.
        await page.context().clearCookies()
        await page.getByLabel("The server asks for its token.").fill("secret")
        await page.getByRole("button", { name: "Enter" }).click()
        await page.waitForURL(`${url}/`)
        await page.waitForSelector(".row")
      })
    })
  )

  it.scopedLive("goes to each view by its link and its keys, and back", () =>
    Effect.gen(function* () {
      const { url } = yield* serve(stored)
      const page = yield* open()
      yield* Effect.promise(async () => {
        await page.goto(url)
        await page.waitForSelector(".row")
        for (const [keys, path] of [
          ["g t", "/traces"],
          ["g l", "/logs"],
          ["g d", "/dashboard"],
          ["g c", "/compare"],
          ["g s", "/"]
        ] as const) {
          for (const key of keys.split(" ")) await page.keyboard.press(key)
          assert.strictEqual(page.url(), `${url}${path}`)
          assert.strictEqual(await page.locator(".bar-nav [aria-current=page]").count(), 1)
        }
        await page.goBack()
        assert.strictEqual(page.url(), `${url}/compare`)
        await page.goBack()
        await page
          .getByRole("link", { name: "Dashboard", exact: true })
          .and(page.locator("[aria-current=page]"))
          .waitFor()
        await page.goForward()
        assert.strictEqual(page.url(), `${url}/compare`)
        // A key of a pair alone, and one that is pressed with another, do nothing.
        await page.keyboard.press("s")
        await page.keyboard.press("Control+?")
        assert.strictEqual(page.url(), `${url}/compare`)
      })
    })
  )

  it.scopedLive("shows the keys, and searches by one; what is typed is no key", () =>
    Effect.gen(function* () {
      const { url } = yield* serve(stored)
      const page = yield* open()
      yield* Effect.promise(async () => {
        await page.goto(url)
        await page.waitForSelector(".row")
        await page.keyboard.press("?")
        await page.getByRole("dialog", { name: "Keys" }).waitFor()
        assert.strictEqual(page.url(), `${url}/?panel=keys`)
        assert.deepStrictEqual(await axeOf(page), [])
        await page.keyboard.press("Escape")
        await page.getByRole("dialog").waitFor({ state: "detached" })
        assert.strictEqual(page.url(), `${url}/`)
        await page.keyboard.press("/")
        await page.keyboard.type("g l span?")
        assert.strictEqual(page.url(), `${url}/`)
        await page.keyboard.press("Enter")
        assert.strictEqual(page.url(), `${url}/?search=g+l+span%3F`)
        await page.reload()
        assert.strictEqual(await page.getByRole("searchbox").inputValue(), "g l span?")
        await page.goto(`${url}/dashboard`)
        await page.waitForSelector("h2")
        await page.keyboard.press("/")
        await page.keyboard.type("flight")
        await page.keyboard.press("Enter")
        assert.strictEqual(page.url(), `${url}/?search=flight`)
      })
    })
  )

  it.scopedLive("is light or dark as the system is, or as the address says, which links keep", () =>
    Effect.gen(function* () {
      const { url } = yield* serve(stored)
      for (const colorScheme of ["light", "dark"] as const) {
        const page = yield* open({ colorScheme })
        yield* Effect.promise(async () => {
          const ground = () => page.evaluate<string>("getComputedStyle(document.body).backgroundColor")
          await page.goto(url)
          await page.waitForSelector(".row")
          const own = await ground()
          const other = colorScheme === "light" ? "dark" : "light"
          await page.goto(`${url}/?theme=${other}`)
          await page.waitForSelector(".row")
          assert.notStrictEqual(await ground(), own)
          await page.getByRole("link", { name: "Logs" }).click()
          assert.strictEqual(page.url(), `${url}/logs?theme=${other}`)
          await page.keyboard.press("t")
          await page.keyboard.press("t")
          if (other === "light") await page.keyboard.press("t")
          assert.strictEqual(page.url().includes("theme="), other === "light")
        })
      }
    })
  )

  it.scopedLive("says times in the zone of whoever looks, by its name, or in UTC", () =>
    Effect.gen(function* () {
      const { url } = yield* serve(stored)
      const page = yield* open({ timezoneId: "Asia/Kolkata" })
      yield* Effect.promise(async () => {
        await page.goto(url)
        const time = page.locator(".row time").first()
        assert.strictEqual(await time.getAttribute("title"), "2023-11-15 03:43:20.009 GMT+5:30")
        await page.keyboard.press("z")
        assert.strictEqual(await time.getAttribute("title"), "2023-11-14 22:13:20.009 UTC")
        assert.strictEqual(page.url(), `${url}/?zone=utc`)
        await page.locator(".bar-tools").getByText("UTC").click()
        assert.strictEqual(page.url(), `${url}/`)
      })
    })
  )

  it.scopedLive("says that the server is gone, and goes on when it is back", () =>
    Effect.gen(function* () {
      const storage = yield* Layer.build(stored)
      const first = yield* Scope.make()
      const { port, url } = yield* Scope.extend(serve(Layer.succeedContext(storage)), first)
      const page = yield* open({ expected: /Failed to load resource|ERR_/ })
      yield* Effect.promise(async () => {
        await page.goto(url)
        await page.waitForSelector(".row")
      })
      yield* Scope.close(first, Exit.void)
      yield* Effect.promise(async () => {
        await page.getByRole("alert").getByText("does not answer").waitFor()
        await page.getByRole("button", { name: "Try now" }).click()
        assert.strictEqual(await page.locator(".row").count(), 2)
        assert.deepStrictEqual(await axeOf(page), [])
      })
      yield* serve(Layer.succeedContext(storage), { port })
      yield* Effect.provide(Storage.insertSpans([span({ sessionId: "three", startTime: at(99) })]), storage)
      yield* Effect.promise(async () => {
        await page.getByRole("alert").waitFor({ state: "detached" })
        await page.locator(".row").getByText("three").waitFor()
      })
    })
  )

  it.scopedLive("is for everybody, in both themes, wide and narrow", () =>
    Effect.gen(function* () {
      const { url } = yield* serve(stored)
      for (const width of [1280, 390]) {
        const page = yield* open({ viewport: { width, height: 800 } })
        for (const theme of ["light", "dark"]) {
          yield* Effect.promise(async () => {
            await page.goto(`${url}/?theme=${theme}&startedAfter=2020-01-01&minDuration=1ms`)
            await page.waitForSelector(".row, .card")
            assert.deepStrictEqual(await axeOf(page), [])
            await page.getByRole("button", { name: "+ Filter" }).click()
            assert.deepStrictEqual(await axeOf(page), [])
            assert.strictEqual(await overflowOf(page), 0)
            await page.goto(`${url}/?theme=${theme}&userId=nobody`)
            await page.getByText("No session is like this").waitFor()
            assert.deepStrictEqual(await axeOf(page), [])
          })
        }
      }
    })
  )
})
