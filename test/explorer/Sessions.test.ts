import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import type { sessionFilters } from "../../src/server/page/state/filters.js"
import * as Storage from "../../src/storage/Storage.js"
import { at, log, type SpanFields, score, span, spanId, traceId } from "../../src/testing/Records.js"
import { describeBrowser, open, overflowOf, serve, until } from "../utils/browser.js"

const said = (input: string, output: string): SpanFields => ({
  spanType: "model_generation",
  attributes: {
    "gen_ai.input.messages": [{ role: "user", parts: [{ type: "text", content: input }] }],
    "gen_ai.output.messages": [{ role: "assistant", parts: [{ type: "text", content: output }] }]
  }
})

/** A server, and what inserts into its storage. */
const served = Effect.map(serve(Storage.layerMemory), ({ context, url }) => ({
  url,
  insert: (...spans: ReadonlyArray<SpanFields>) =>
    Effect.provide(Storage.insertSpans(spans.map((fields) => span(fields))), context),
  context
}))

const namesOn = (page: Page): Promise<ReadonlyArray<string>> => page.locator(".row .said-in").allTextContents()

/** So many sessions, `"s001"` the oldest. */
const many = (count: number): ReadonlyArray<SpanFields> =>
  Array.from({ length: count }, (_, i) => ({
    sessionId: `s${String(i + 1).padStart(3, "0")}`,
    startTime: at(1000 * i),
    endTime: at(1000 * i + 1 + ((i * 37) % 100))
  }))

describeBrowser("the view of sessions", () => {
  it.scopedLive("says of each what was said, by whom, how much, how long and what for", () =>
    Effect.gen(function* () {
      const { context, insert, url } = yield* served
      yield* insert({
        ...said("Change my flight", "It is changed"),
        traceId: traceId(0xabc),
        spanId: spanId(1),
        sessionId: "one",
        userId: "mia",
        model: "gpt-5",
        status: "error",
        inputTokens: 1_234_000,
        outputTokens: 567,
        costUsd: 0.000000021,
        startTime: at(0),
        endTime: at(134_000)
      })
      yield* insert({
        traceId: traceId(0xabc),
        parentSpanId: spanId(1),
        sessionId: "one",
        model: "claude",
        startTime: at(9)
      })
      yield* Effect.provide(
        Storage.insertScores([
          score({ sessionId: "one", name: "helpful", value: 0.25 }),
          score({ sessionId: "one", name: "helpful", value: 1 })
        ]),
        context
      )
      const page = yield* open()
      yield* Effect.promise(async () => {
        await page.goto(url)
        await page.waitForSelector(".row")
        assert.deepStrictEqual(
          (await page.locator(".row .cell").allInnerTexts()).slice(0, -1).map((text) => text.replace(/\n/g, " | ")),
          [
            "Change my flight | It is changed",
            "mia",
            "1",
            "2",
            "1",
            "1.23M",
            "< $0.0001",
            "2m 14s",
            "claude | +1",
            "helpful | 0.625 (2)"
          ]
        )
        const titles = await page
          .locator(".row [title]")
          .evaluateAll((all: ReadonlyArray<{ title: string }>) => all.map(({ title }) => title))
        assert.includeMembers(titles, ["1,234,000 in, 567 out", "$0.000000021", "claude, gpt-5"])
      })
    })
  )

  it.scopedLive("pages without end, in either order", () =>
    Effect.gen(function* () {
      const { insert, url } = yield* served
      yield* insert(...many(250))
      const page = yield* open()
      yield* Effect.promise(async () => {
        await page.goto(url)
        await page.waitForSelector(".row")
        assert.deepStrictEqual((await namesOn(page)).slice(0, 2), ["s250", "s249"])
        const seen = new Set<string>()
        const box = page.getByRole("table")
        await box.hover()
        while (!seen.has("s001")) {
          for (const name of await namesOn(page)) seen.add(name)
          await page.mouse.wheel(0, 500)
          await page.evaluate("new Promise(requestAnimationFrame)")
        }
        assert.strictEqual(seen.size, 250)
        assert.strictEqual(await box.getAttribute("aria-rowcount"), "251")
        await page.getByRole("link", { name: "Last activity" }).click()
        assert.strictEqual(page.url(), `${url}/?direction=asc`)
        await page.locator(".row").first().getByText("s001").waitFor()
        await page.getByRole("link", { name: "Duration" }).click()
        assert.strictEqual(page.url(), `${url}/?orderBy=duration`)
        await page.locator(".row").first().locator(".cell-duration").getByText("100 ms").waitFor()
        assert.strictEqual(await page.locator("[aria-sort=descending]").textContent(), "Duration ↓")
      })
    })
  )

  it.scopedLive("is moved through by keys, and comes back to where it was", () =>
    Effect.gen(function* () {
      const { insert, url } = yield* served
      yield* insert(...many(60))
      const page = yield* open()
      yield* Effect.promise(async () => {
        await page.goto(url)
        await page.waitForSelector(".row")
        for (let i = 0; i < 30; i++) await page.keyboard.press("j")
        await page.keyboard.press("k")
        const current = page.locator(".row[aria-current]")
        assert.strictEqual(await current.locator(".said-in").textContent(), "s032")
        await page.keyboard.press("Enter")
        assert.strictEqual(page.url(), `${url}/session?id=s032`)
        await page.goBack()
        await current.waitFor()
        assert.strictEqual(page.url(), `${url}/?at=s032`)
        const box = await page.getByRole("table").boundingBox()
        const row = await current.boundingBox()
        assert.isTrue(box !== null && row !== null && row.y >= box.y && row.y + row.height <= box.y + box.height + 1)
        // With the pointer, as a link: also in a tab of its own.
        const [tab] = await Promise.all([
          page.context().waitForEvent("page"),
          page.locator("[data-key=s033] .row-link").click({ modifiers: ["Control"] })
        ])
        assert.strictEqual(tab.url(), `${url}/session?id=s033`)
        await page.locator("[data-key=s031] .cell-tokens [title]").click()
        assert.strictEqual(page.url(), `${url}/session?id=s031`)
        await page.goBack()
        assert.strictEqual(page.url(), `${url}/?at=s031`)
      })
    })
  )

  it.scopedLive("asks for what its chips say: every filter that there is", () =>
    Effect.gen(function* () {
      const { insert, url } = yield* served
      yield* insert({ sessionId: "one" })
      const trace = traceId(0xabc)
      const values: { readonly [K in keyof typeof sessionFilters]: readonly [value: string, asked: unknown] } = {
        search: ["not found", "not found"],
        hasError: ["false", false],
        model: ["gpt-5", "gpt-5"],
        toolName: ["find", "find"],
        agentName: ["airline", "airline"],
        userId: ["mia & co", "mia & co"],
        sessionId: ["a/b?c#d", "a/b?c#d"],
        traceId: [trace, trace],
        threadId: ["t", "t"],
        conversationId: ["c", "c"],
        runId: ["r", "r"],
        requestId: ["q", "q"],
        resourceId: ["e", "e"],
        organizationId: ["o", "o"],
        serviceName: ["s", "s"],
        environment: ["prod", "prod"],
        tags: ["vip", ["vip", "eu"]],
        metadata: ["plan=gold", { plan: "gold", seats: 2 }],
        startedAfter: ["2026-03-29 02:30", "1774747800000000000"],
        startedBefore: ["2026-11-30", "1795993200000000000"],
        provider: ["openai", "openai"],
        spanType: ["tool_call", "tool_call"],
        name: ["chat", "chat"],
        status: ["error", "error"],
        errorType: ["429", "429"],
        minDuration: ["2s", "2 seconds"]
      }
      const page = yield* open()
      yield* Effect.promise(async () => {
        const query = new URLSearchParams(
          Object.entries(values).map(([key, [value]]): [string, string] => [key, value])
        )
        query.append("tags", "eu")
        query.append("metadata", "seats=2")
        const [asked] = await Promise.all([page.waitForRequest(/listSessions/), page.goto(`${url}/?${query}`)])
        assert.deepStrictEqual(
          asked.postDataJSON().filters,
          Object.fromEntries(Object.entries(values).map(([key, [, value]]) => [key, value]))
        )
        await page.getByText("No session is like this").waitFor()
        assert.strictEqual(await page.locator(".chip").count(), Object.keys(values).length + 1)
        await page.getByRole("link", { name: "Clear" }).click()
        assert.strictEqual(page.url(), `${url}/?search=not+found`)
      })
    })
  )

  it.scopedLive("adds, changes and takes away filters, by hand and by keys; back takes them back", () =>
    Effect.gen(function* () {
      const { insert, url } = yield* served
      yield* insert({ sessionId: "one", model: "gpt-5" }, { sessionId: "two", model: "claude", status: "error" })
      const page = yield* open()
      yield* Effect.promise(async () => {
        await page.goto(url)
        await page.waitForSelector(".row")
        await page.keyboard.press("f")
        await page.getByLabel("What is filtered").selectOption("model")
        await page.getByLabel("Value").fill("gpt-5")
        await page.keyboard.press("Enter")
        assert.strictEqual(page.url(), `${url}/?model=gpt-5`)
        await page.locator("[data-key=two]").waitFor({ state: "detached" })
        assert.deepStrictEqual(await namesOn(page), ["one"])
        await page.getByRole("button", { name: "model: gpt-5" }).click()
        await page.getByLabel("Value").fill("claude")
        await page.getByRole("button", { name: "Apply" }).click()
        assert.strictEqual(page.url(), `${url}/?model=claude`)
        await page.locator("[data-key=two]").waitFor()
        await page.keyboard.press("f")
        await page.getByRole("button", { name: "Apply" }).click()
        assert.strictEqual(page.url(), `${url}/?model=claude&hasError=true`)
        await page.getByRole("link", { name: "Without model: claude" }).click()
        assert.strictEqual(page.url(), `${url}/?hasError=true`)
        await page.goBack()
        await page.goBack()
        await page.goBack()
        await page.locator("[data-key=one]").waitFor()
        assert.strictEqual(page.url(), `${url}/?model=gpt-5`)
        await page.keyboard.press("f")
        await page.keyboard.press("Escape")
        assert.strictEqual(await page.locator(".editor").count(), 0)
      })
    })
  )

  it.scopedLive("proposes the values that are left by the other filters, the most frequent first", () =>
    Effect.gen(function* () {
      const { context, insert, url } = yield* served
      yield* insert(
        { sessionId: "one", model: "claude", userId: "mia", tags: ["vip", "eu"] },
        ...["gpt-5", "gpt-5", `"><b>&`].map((model) => ({ sessionId: "two", model, userId: "bob" }))
      )
      yield* Effect.provide(Storage.insertLogs([log({ userId: "eve", serviceName: "shop" })]), context)
      const page = yield* open()
      yield* Effect.promise(async () => {
        const proposed = async (field: string, count: number) => {
          await page.getByLabel("What is filtered").selectOption(field)
          await until(page, `document.querySelectorAll("datalist option").length === ${count}`)
          return page
            .locator("datalist option")
            .evaluateAll((all: ReadonlyArray<{ value: string }>) => all.map(({ value }) => value))
        }
        await page.goto(url)
        await page.waitForSelector(".row")
        await page.keyboard.press("f")
        const models = await proposed("model", 3)
        assert.strictEqual(models[0], "gpt-5")
        assert.sameMembers([...models], ["gpt-5", `"><b>&`, "claude"])
        assert.sameMembers([...(await proposed("tags", 2))], ["vip", "eu"])
        await page.goto(`${url}/?userId=mia&model=gpt-5&search=nothing`)
        await page.getByText("No session is like this").waitFor()
        // The present value of the filter itself leaves none out.
        await page.getByRole("button", { name: "model: gpt-5" }).click()
        assert.deepStrictEqual(await proposed("model", 1), ["claude"])
        const asked: Array<string> = []
        page.on("request", (request) => asked.push(request.url()))
        await page.getByLabel("What is filtered").selectOption("traceId")
        assert.strictEqual(await page.locator("datalist option").count(), 0)
        assert.isFalse(asked.some((address) => address.includes("aggregate")))
        await page.goto(`${url}/logs`)
        await page.waitForSelector(".log")
        await page.keyboard.press("f")
        assert.deepStrictEqual(await proposed("userId", 1), ["eve"])
      })
    })
  )

  it.scopedLive("says which filter is none", () =>
    Effect.gen(function* () {
      const { url } = yield* served
      const page = yield* open({ expected: /status of 400/ })
      yield* Effect.promise(async () => {
        await page.goto(`${url}/?spanType=robot&startedAfter=soon&minDuration=2s`)
        await page.getByRole("alert").waitFor()
        assert.strictEqual(await page.locator(".chip-bad").count(), 1)
        for (const name of ["type: robot", "since: soon"])
          await page.getByRole("link", { name: `Without ${name}` }).click()
        await page.getByText("No session is like this").waitFor()
        assert.strictEqual(await page.getByRole("alert").count(), 0)
        await page.getByRole("link", { name: "Without at least: 2s" }).click()
        await page.getByText("No session yet").waitFor()
      })
    })
  )

  it.scopedLive("shows what is new within three seconds, and moves nothing that is read", () =>
    Effect.gen(function* () {
      const { insert, url } = yield* served
      yield* insert(...many(120))
      const page = yield* open()
      yield* Effect.promise(async () => {
        await page.goto(url)
        await page.waitForSelector(".row")
      })
      yield* insert({ sessionId: "new", startTime: at(1_000_000) })
      yield* Effect.promise(async () => {
        await page.locator("[data-key=new]").waitFor({ timeout: 3_000 })
        assert.strictEqual((await namesOn(page))[0], "new")
        await page.getByRole("table").evaluate((box: { scrollTop: number }) => {
          box.scrollTop = 1_570
        })
        await page.locator("[data-key=s085]").waitFor()
      })
      const read = page.locator("[data-key=s085]")
      const before = yield* Effect.promise(() => read.boundingBox())
      // One is new, one that is above comes first, and one that is below does.
      yield* insert(
        { sessionId: "newer", startTime: at(1_000_001) },
        { sessionId: "s110", startTime: at(1_000_002) },
        { sessionId: "s010", startTime: at(1_000_003) }
      )
      yield* Effect.promise(async () => {
        await page.getByRole("button", { name: "2 new sessions" }).waitFor({ timeout: 3_000 })
        assert.deepStrictEqual(await read.boundingBox(), before)
        await page.getByRole("button", { name: "2 new sessions" }).click()
        await page.locator("[data-key=s010]").waitFor()
        assert.deepStrictEqual((await namesOn(page)).slice(0, 5), ["s010", "s110", "newer", "new", "s120"])
        assert.strictEqual(await page.locator(".unseen").count(), 0)
      })
    })
  )

  it.scopedLive("asks nothing while it is paused", () =>
    Effect.gen(function* () {
      const { insert, url } = yield* served
      yield* insert({ sessionId: "one" })
      const page = yield* open()
      const asked: Array<string> = []
      page.on("request", (request) => asked.push(request.url()))
      yield* Effect.promise(async () => {
        await page.clock.install()
        await page.goto(`${url}/?live=off`)
        await page.waitForSelector(".row")
        const count = asked.length
        await page.clock.runFor(60_000)
        assert.strictEqual(asked.length, count)
        await page.keyboard.press("p")
        assert.strictEqual(page.url(), `${url}/`)
        await Promise.all([page.waitForRequest(/listSessions/), page.clock.runFor(2_100)])
      })
    })
  )

  it.scopedLive("shows whatever strangers have written as text, and as cards where it is narrow", () =>
    Effect.gen(function* () {
      const { insert, url } = yield* served
      const hostile = `"><img src=x onerror=alert(1)><script>alert(2)</script>\u202egnp.exe\u0000\u{e0041}`
      const ids = [`../..//evil.example/?x#y%2F"><img src=x onerror=alert(3)>`, "..", "javascript:alert(4)"]
      yield* insert(
        ...ids.map((sessionId) => ({
          ...said(hostile, `${hostile} `.repeat(20)),
          sessionId,
          userId: hostile,
          model: hostile
        }))
      )
      for (const width of [1280, 390]) {
        const page = yield* open({ viewport: { width, height: 800 } })
        yield* Effect.promise(async () => {
          await page.goto(url)
          await page.waitForSelector(".row, .card")
          assert.strictEqual(await page.locator(".table img, .table script").count(), 0)
          const text = await page.locator(".said-in").first().textContent()
          assert.include(text, "<script>alert(2)</script>⟨U+202E⟩gnp.exe␀⟨U+E0041⟩")
          assert.strictEqual(await overflowOf(page), 0)
          for (const id of ids) {
            const links = page.locator(".row-link")
            const index = ids.length - 1 - ids.indexOf(id)
            await links.nth(index).click()
            assert.strictEqual(new URL(page.url()).pathname, "/session")
            assert.strictEqual(new URL(page.url()).searchParams.get("id"), id)
            await page.goBack()
            await page.waitForSelector(".row, .card")
          }
        })
      }
    })
  )
})
