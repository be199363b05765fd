import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { DuckDbStorage } from "../../src/duckdb.js"
import type { SpanRecord } from "../../src/signal/SpanRecord.js"
import * as Storage from "../../src/storage/Storage.js"
import { score } from "../../src/testing/Records.js"
import { describeBrowser, open, serve, until } from "../utils/browser.js"
import { conventions } from "../utils/explorerConventions.js"
import * as data from "../utils/explorerData.js"
import { folder } from "../utils/folder.js"

const now = Date.now()

const duckDb = Layer.unwrapScoped(Effect.map(folder, (path) => DuckDbStorage.layer({ path: `${path}/data.duckdb` })))

const served = (records: data.Records) =>
  Effect.gen(function* () {
    const { context, url } = yield* serve(duckDb)
    yield* Effect.provide(data.insert(records), context)
    const spanOf = (filters: Storage.SpanFilters, nth = 0) =>
      Storage.listSpans({ filters, orderBy: { field: "time", direction: "asc" } }).pipe(
        Effect.map(({ items }) => items[nth] as SpanRecord),
        Effect.provide(context)
      )
    return { context, url, spanOf }
  })

const address = (url: string, { spanId, traceId }: SpanRecord) => `${url}/span?trace=${traceId}&id=${spanId}`

describeBrowser("the view of a span", () => {
  it.scopedLive("shows the messages of each convention, or what is recorded", () =>
    Effect.gen(function* () {
      const { spanOf, url } = yield* served(data.sessions(now))
      const page = yield* open()
      for (const convention of conventions) {
        const second = yield* spanOf({ sessionId: data.named.convention(convention), spanType: "model_generation" }, 1)
        yield* Effect.promise(async () => {
          await page.goto(address(url, second))
          await page.waitForSelector(".message")
          const messages = await page
            .locator(".message")
            .evaluateAll((all) => all.map((one) => [one.querySelector(".message-role")?.textContent, one.textContent]))
          assert.deepStrictEqual(
            messages.map(([role]) => role),
            ["system", "user", "assistant", "tool", "assistant"],
            convention
          )
          for (const [i, text] of ["weather", "Łódź", "get_weather", "degrees", "7 °C"].entries()) {
            assert.include(messages[i]?.[1], text, convention)
          }
        })
        const tool = yield* spanOf({ sessionId: data.named.convention(convention), spanType: "tool_call" })
        yield* Effect.promise(async () => {
          await page.goto(address(url, tool))
          await page.waitForSelector('[aria-label="Output"]')
          assert.include(await page.locator('[aria-label="Input"]').textContent(), "Łódź", convention)
          assert.include(await page.locator('[aria-label="Output"]').textContent(), "degrees", convention)
        })
      }
      yield* Effect.promise(async () => {
        await page.locator("a", { hasText: "Raw" }).click()
        await page.waitForSelector("a:has-text('As messages')")
        assert.include(page.url(), "said=raw")
      })
    })
  )

  it.scopedLive("is copied as JSON, as Markdown and for a model", () =>
    Effect.gen(function* () {
      const { spanOf, url } = yield* served(data.sessions(now))
      const tool = yield* spanOf({ sessionId: data.named.failed, spanType: "tool_call", hasError: true })
      const page = yield* open({ permissions: ["clipboard-read", "clipboard-write"] })
      yield* Effect.promise(async () => {
        await page.goto(address(url, tool))
        const copied = async (label: string): Promise<string> => {
          await page.locator(".copies button", { hasText: label }).click()
          await page.waitForSelector(".copies button:has-text('Copied')")
          const text = await page.evaluate<string>("navigator.clipboard.readText()")
          await until(page, "!document.querySelector('.copies').textContent.includes('Copied')")
          return text
        }
        assert.deepStrictEqual(JSON.parse(await copied("JSON")), JSON.parse(JSON.stringify(tool)))
        assert.match(await copied("Markdown"), /^# execute_tool/)
        assert.include(await copied("for a model"), "<exception>")
      })
    })
  )

  it.scopedLive("has its failure with stack and cause, its logs, its scores, its links and its place", () =>
    Effect.gen(function* () {
      const { context, spanOf, url } = yield* served(data.sessions(now))
      const root = yield* spanOf({ sessionId: data.named.failed, spanType: "agent_run", hasError: true })
      yield* Effect.provide(
        Storage.insertScores([
          score({
            scoreId: "mine",
            traceId: root.traceId,
            spanId: root.spanId,
            name: "tone",
            value: 0.25,
            comment: "curt"
          }),
          score({ scoreId: "other", traceId: root.traceId, name: "of the trace", value: 1 })
        ]),
        context
      )
      const linked = yield* spanOf({ sessionId: data.named.nested, agentName: "critic" })
      const page = yield* open()
      yield* Effect.promise(async () => {
        await page.goto(address(url, root))
        await page.waitForSelector('[aria-label^="Scores"]')
        const failure = page.locator('[aria-label="Exception"]')
        assert.include(await failure.textContent(), "OrdersUnavailable")
        assert.include(await failure.locator("summary").nth(1).textContent(), "connect ECONNREFUSED")
        assert.include(await failure.locator(".stack").first().textContent(), "orders.ts:40:7")
        const logs = await page.locator(".log-of").allTextContents()
        assert.isTrue(logs.some((log) => log.includes("failed")))
        const scores = await page.locator('[aria-label^="Scores"]').textContent()
        assert.include(scores, "tone")
        assert.include(scores, "curt")
        assert.notInclude(scores, "of the trace")
        await page.locator(".span-place a", { hasText: data.named.failed }).click()
        await page.waitForURL(/session\?id=/)
        await page.goto(address(url, linked))
        await page.locator(".links a").click()
        await page.waitForSelector(".span-panel .span-body")
        assert.strictEqual(await page.locator(".span-panel h2").textContent(), "invoke_agent lead")
        await page.goto(address(url, linked))
        await page.waitForSelector(".span-body")
        await page.keyboard.press("U")
        await page.waitForSelector("h1:has-text('step 2')")
        await page.keyboard.press("u")
        await page.waitForSelector(".trow")
      })
    })
  )

  it.scopedLive("shows an attribute of 10 MB in parts, and lays no more out", () =>
    Effect.gen(function* () {
      const { spanOf, url } = yield* served(data.hostile(now))
      const huge = yield* spanOf({ sessionId: data.heavyId, spanType: "agent_run" })
      const page = yield* open()
      yield* Effect.promise(async () => {
        await page.addInitScript({
          content: `window.longest = 0
          new PerformanceObserver((list) => {
            for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration)
          }).observe({ type: "longtask", buffered: true })`
        })
        await page.goto(address(url, huge))
        await page.waitForSelector('[aria-label="Attributes"] .json-text')
        const length = () => page.evaluate<number>("document.body.textContent.length")
        const before = await length()
        assert.isBelow(before, 60_000)
        await page.locator('[aria-label="Attributes"] .more-of').first().click()
        await until(page, `document.body.textContent.length > ${before} + 40000`)
        assert.isBelow(await length(), before + 120_000)
        assert.isBelow(await page.evaluate<number>("window.longest"), 1_000)
      })
    })
  )

  it.scopedLive("shows images that came as bytes, and asks nobody for others", () =>
    Effect.gen(function* () {
      const { spanOf, url } = yield* served(data.sessions(now))
      const first = yield* spanOf({ sessionId: data.named.images, spanType: "model_generation" })
      const second = yield* spanOf({ sessionId: data.named.images, spanType: "model_generation" }, 1)
      const page = yield* open()
      yield* Effect.promise(async () => {
        await page.goto(address(url, first))
        await page.waitForSelector("img.media")
        assert.strictEqual(await page.evaluate("document.querySelector('img.media').naturalWidth"), 1)
        await page.goto(address(url, second))
        await page.waitForSelector("text=kettle.jpg")
        assert.strictEqual(await page.locator("img.media").count(), 1)
      })
    })
  )
})
