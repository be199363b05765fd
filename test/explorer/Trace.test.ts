import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import type { Page } from "playwright-core"
import { DuckDbStorage } from "../../src/duckdb.js"
import type { SpanRecord } from "../../src/signal/SpanRecord.js"
import * as Storage from "../../src/storage/Storage.js"
import { axeOf, describeBrowser, open, overflowOf, serve, until } from "../utils/browser.js"
import * as data from "../utils/explorerData.js"
import { folder } from "../utils/folder.js"

const now = Date.now()

const duckDb = Layer.unwrapScoped(Effect.map(folder, (path) => DuckDbStorage.layer({ path: `${path}/data.duckdb` })))

/** A server of a file that has the data, and the ids of its traces by session. */
const served = Effect.gen(function* () {
  const { context, url } = yield* serve(duckDb)
  yield* Effect.provide(data.insert(data.sessions(now)), context)
  const traceOf = (sessionId: string, nth = 0) =>
    Storage.listTraces({ filters: { sessionId }, orderBy: { field: "time", direction: "asc" } }).pipe(
      Effect.map(({ items }) => (items[nth] as SpanRecord).traceId),
      Effect.provide(context)
    )
  return { context, url, traceOf }
})

const names = (page: Page) => page.locator(".trow .t-said").allTextContents()
const query = (page: Page) => Object.fromEntries(new URL(page.url()).searchParams)
const current = (page: Page) => page.locator('[aria-selected="true"] .t-said').textContent()
const press = async (page: Page, ...keys: ReadonlyArray<string>) => {
  for (const key of keys) await page.keyboard.press(key)
}

describeBrowser("the view of a trace", () => {
  it.scopedLive("shows spans as a tree, with sums where they are sums", () =>
    Effect.gen(function* () {
      const { traceOf, url } = yield* served
      const id = yield* traceOf(data.named.nested)
      const page = yield* open()
      yield* Effect.promise(async () => {
        await page.goto(`${url}/trace?id=${id}`)
        await page.waitForSelector('[data-view="trace"] [role="treeitem"]')
        const all = await names(page)
        assert.deepStrictEqual(all.slice(0, 5), [
          "invoke_agent lead",
          "step 1",
          "invoke_agent researcher",
          "search manuals",
          "chat gpt-5.2"
        ])
        assert.strictEqual(all.length, 14)
        const levels = await page
          .locator(".trow")
          .evaluateAll((rows) => rows.slice(0, 5).map((row) => row.getAttribute("aria-level")))
        assert.deepStrictEqual(levels, ["1", "2", "3", "4", "4"])
        const tokens = await page.locator(".trow .t-tokens").allTextContents()
        assert.match(tokens[0] as string, /^∑ /)
        assert.match(tokens[4] as string, /^\d/)
        assert.strictEqual(await page.locator('[role="treeitem"][aria-expanded="true"]').count(), 7)
        assert.include(await page.locator(".trace-head").textContent(), "14 spans")
        // The link of a row is an address.
        await page.locator(".trow").nth(4).click()
        await page.waitForSelector(".span-panel .span-body")
        assert.strictEqual(await page.locator(".span-panel h2").textContent(), "chat gpt-5.2")
        await page.goBack()
        await until(page, "document.querySelector('.span-panel') === null")
      })
    })
  )

  it.scopedLive("is gone through by keys, and each state is an address", () =>
    Effect.gen(function* () {
      const { traceOf, url } = yield* served
      const id = yield* traceOf(data.named.nested)
      const page = yield* open()
      yield* Effect.promise(async () => {
        await page.goto(`${url}/trace?id=${id}`)
        await page.waitForSelector(".trow")
        await press(page, "j", "j", "j")
        assert.strictEqual(await current(page), "invoke_agent researcher")
        await press(page, "h")
        assert.strictEqual(await page.locator('[aria-selected="true"]').getAttribute("aria-expanded"), "false")
        assert.strictEqual((await names(page)).length, 12)
        await press(page, "ArrowLeft")
        assert.strictEqual(await current(page), "step 1")
        await press(page, "ArrowRight", "ArrowRight", "ArrowRight")
        assert.deepStrictEqual([await current(page), (await names(page)).length], ["search manuals", 14])
        await press(page, "G")
        assert.strictEqual(await current(page), "chat gpt-5.2")
        await press(page, "Home", "-", "-")
        await until(page, "document.querySelectorAll('.trow').length === 5")
        assert.strictEqual(query(page)["depth"], "1")
        await press(page, "+")
        await until(page, "document.querySelectorAll('.trow').length === 8")
        await press(page, "Enter")
        await page.waitForSelector(".span-panel .span-facts")
        await press(page, "j")
        await until(page, "document.querySelector('.span-panel h2').textContent === 'step 1'")
        const address = page.url()
        await page.goto("about:blank")
        await page.goto(address)
        await page.waitForSelector(".span-panel .span-facts")
        assert.deepStrictEqual([await current(page), (await names(page)).length], ["step 1", 8])
        await press(page, "Escape")
        await until(page, "document.querySelector('.span-panel') === null")
        assert.strictEqual(await current(page), "step 1")
        await press(page, "*")
        await until(page, "document.querySelectorAll('.trow').length === 14")
        // A tree is one stop of the tabulator, and says which row is its current one.
        await page.locator('[role="tree"]').focus()
        await press(page, "ArrowDown")
        const active = await page.locator('[role="tree"]').getAttribute("aria-activedescendant")
        assert.strictEqual(await page.locator(`#${active} .t-said`).textContent(), "invoke_agent researcher")
      })
    })
  )

  it.scopedLive("finds the next match, also where it is folded, and filters by type and errors", () =>
    Effect.gen(function* () {
      const { traceOf, url } = yield* served
      const id = yield* traceOf(data.named.nested)
      const page = yield* open()
      yield* Effect.promise(async () => {
        await page.goto(`${url}/trace?id=${id}&depth=0`)
        await page.waitForSelector(".trow")
        await press(page, "/")
        await page.keyboard.type("MANUALS")
        await until(page, "document.querySelector('.trace-matches')?.textContent === '3'")
        await press(page, "Enter")
        await until(page, "document.querySelector('.trace-matches').textContent === '1 of 3'")
        assert.strictEqual(await current(page), "search manuals")
        await press(page, "Escape", "n", "n")
        await until(page, "document.querySelector('.trace-matches').textContent === '3 of 3'")
        await press(page, "n")
        await until(page, "document.querySelector('.trace-matches').textContent === '1 of 3'")
        await press(page, "N")
        await until(page, "document.querySelector('.trace-matches').textContent === '3 of 3'")
        assert.isTrue(await page.locator(".trow-match[aria-selected=true]").isVisible())

        await page.goto(`${url}/trace?id=${id}`)
        await page.locator(".trace-types a", { hasText: "retrieval" }).click()
        await until(page, "document.querySelectorAll('.trow').length === 10")
        assert.strictEqual(query(page)["type"], "retrieval")
        await page.locator(".trace-types a", { hasText: "retrieval" }).click()
        await until(page, "document.querySelectorAll('.trow').length === 14")
        await press(page, "e")
        await page.waitForSelector("text=No span is like this")
      })
    })
  )

  it.scopedLive("says what failed, above it too where it is folded", () =>
    Effect.gen(function* () {
      const { context, url } = yield* served
      const { items } = yield* Effect.provide(
        Storage.listTraces({ filters: { sessionId: data.named.failed, hasError: true } }),
        context
      )
      const page = yield* open()
      yield* Effect.promise(async () => {
        await page.goto(`${url}/trace?id=${items[0]?.traceId}&depth=0`)
        await page.waitForSelector(".trow")
        assert.include(await page.locator(".trow").textContent(), "1 failed below")
        await page.goto(`${url}/trace?id=${items[0]?.traceId}&only=errors`)
        await page.waitForSelector(".trow")
        assert.strictEqual(await page.locator(".trow .bad").count(), 2)
        assert.strictEqual(await page.locator(".trow").count(), 2)
        await press(page, "e")
        await until(page, "document.querySelectorAll('.trow').length === 3")
      })
    })
  )

  it.scopedLive("is zoomed by a brush on its map, and shows the critical path", () =>
    Effect.gen(function* () {
      const { traceOf, url } = yield* served
      const id = yield* traceOf(data.named.nested)
      const page = yield* open()
      yield* Effect.promise(async () => {
        await page.goto(`${url}/trace?id=${id}`)
        await page.waitForSelector(".trow")
        assert.strictEqual(await page.locator(".on-path").count(), 0)
        await press(page, "c")
        await page.waitForSelector(".on-path")
        const box = await page.locator(".minimap canvas").boundingBox()
        if (box === null) throw new Error("there is no map")
        await page.mouse.move(box.x + box.width * 0.5, box.y + 20)
        await page.mouse.down()
        await page.mouse.move(box.x + box.width * 0.75, box.y + 20, { steps: 4 })
        await page.mouse.up()
        await until(page, "new URL(location.href).searchParams.has('from')")
        const { from, to } = query(page)
        assert.closeTo(Number(from) / 9e9, 0.5, 0.01)
        assert.closeTo(Number(to) / 9e9, 0.75, 0.01)
        // What ended before, or begins after it, is gone.
        const shown = await names(page)
        assert.deepStrictEqual([shown.length, shown.filter((name) => name === "search manuals").length], [8, 0])
        await page.locator(".minimap").dblclick()
        await until(page, "!new URL(location.href).searchParams.has('from')")
        await page.goBack()
        await until(page, "new URL(location.href).searchParams.has('from')")
        await press(page, ",", "G", ".")
        await until(page, "Number(new URL(location.href).searchParams.get('from')) > 8e9")
      })
    })
  )

  it.scopedLive("grows as long as something runs", () =>
    Effect.gen(function* () {
      const { context, traceOf, url } = yield* served
      const id = yield* traceOf(data.named.running)
      const page = yield* open()
      const step = (n: number) => Effect.provide(data.insert(data.growing(now, n)), context)
      yield* Effect.promise(async () => {
        await page.goto(`${url}/trace?id=${id}`)
        await page.waitForSelector(".trow")
        const first = await page.locator(".trow .t-time").first().textContent()
        await until(page, `document.querySelector('.trow .t-time').textContent !== ${JSON.stringify(first)}`)
        assert.isAtLeast(await page.locator(".bar-running").count(), 1)
      })
      yield* step(4)
      yield* Effect.promise(async () => {
        await until(page, "document.querySelectorAll('.trow').length === 4")
        await until(page, "document.querySelectorAll('.bar-running').length === 0")
        assert.strictEqual(await page.locator(".trace-head .running").count(), 0)
      })
    })
  )

  it.scopedLive("shows 20,000 spans, of which it draws those that are seen", () =>
    Effect.gen(function* () {
      const { context, url } = yield* serve(duckDb)
      yield* Effect.provide(data.insertBigTrace(Date.UTC(2026, 0, 1), 20_000, 200), context)
      const page = yield* open()
      yield* Effect.promise(async () => {
        await page.goto(`${url}/trace?id=${data.big.traceId}`)
        await page.waitForSelector(".trow")
        assert.include(await page.locator(".trace-head").textContent(), "20,000 spans")
        assert.include(await page.locator(".trace-head").textContent(), "20 failed")
        assert.isBelow(await page.locator(".trow").count(), 80)
        await press(page, "G")
        await until(page, "document.querySelector('[aria-selected=true] .t-said')?.textContent.endsWith(' 19999')")
        await press(page, "/")
        await page.keyboard.type("workflow_step 10003")
        await until(page, "document.querySelector('.trace-matches')?.textContent === '1'")
        await press(page, "Enter")
        await until(
          page,
          "document.querySelector('[aria-selected=true] .t-said')?.textContent === 'workflow_step 10003'"
        )
        await press(page, "Escape", "-", "Home", "-")
        await until(page, "Number(document.querySelector('.tree-rows').style.height.replace('px', '')) < 560000")
      })
    })
  )

  it.scopedLive("shows what a stranger wrote as text", () =>
    Effect.gen(function* () {
      const { context, url } = yield* serve(duckDb)
      yield* Effect.provide(data.insert(data.hostile(now)), context)
      const traces = yield* Effect.provide(Storage.listTraces({ pagination: { limit: 5 } }), context)
      const page = yield* open()
      yield* Effect.promise(async () => {
        for (const { spanId, traceId } of traces.items) {
          await page.goto(`${url}/trace?id=${traceId}&find=script`)
          await page.waitForSelector(".trow")
          await page.goto(`${url}/trace?id=${traceId}&span=${spanId}&find=${encodeURIComponent("<img")}`)
          await page.waitForSelector(".span-panel .span-body")
          assert.isUndefined(await page.evaluate("window.pwned"))
          assert.strictEqual(await overflowOf(page), 0)
        }
        await page.goto(`${url}/traces`)
        await page.waitForSelector(".row")
        assert.isUndefined(await page.evaluate("window.pwned"))
      })
    })
  )

  it.scopedLive("says that there is no such trace, and shows it when it comes", () =>
    Effect.gen(function* () {
      const { context, url } = yield* serve(duckDb)
      const page = yield* open({ expected: /status of 400/ })
      const [first] = data.growing(now, 0).spans
      yield* Effect.promise(async () => {
        await page.goto(`${url}/trace?id=${first?.traceId}`)
        await page.waitForSelector("text=There is no such trace")
      })
      yield* Effect.provide(data.insert(data.growing(now, 1)), context)
      yield* Effect.promise(async () => {
        await page.waitForSelector(".trow")
        await page.goto(`${url}/trace?id=nonsense`)
        await page.waitForSelector(".note-bad, .state")
      })
    })
  )

  for (const colorScheme of ["light", "dark"] as const) {
    it.scopedLive(`is right for who cannot see it, in ${colorScheme}, wide and narrow`, () =>
      Effect.gen(function* () {
        const { context, traceOf, url } = yield* served
        const id = yield* traceOf(data.named.nested)
        const { items } = yield* Effect.provide(
          Storage.listSpans({ filters: { sessionId: data.named.failed, spanType: "tool_call", hasError: true } }),
          context
        )
        const [wide, narrow] = [
          yield* open({ colorScheme }),
          yield* open({ colorScheme, viewport: { width: 390, height: 800 } })
        ]
        yield* Effect.promise(async () => {
          for (const page of [wide, narrow]) {
            for (const path of [
              `trace?id=${id}&path=on&find=chat`,
              `trace?id=${items[0]?.traceId}&span=${items[0]?.spanId}&from=1000000`,
              `span?trace=${items[0]?.traceId}&id=${items[0]?.spanId}`,
              "traces"
            ]) {
              await page.goto(`${url}/${path}`)
              await page.waitForSelector(".trow, .row, .card, .span-page .span-body")
              if (path.includes("&span=")) await page.waitForSelector(".span-panel .span-body")
              assert.deepStrictEqual(await axeOf(page), [], path)
              assert.strictEqual(await overflowOf(page), 0, path)
            }
          }
        })
      })
    )
  }
})
