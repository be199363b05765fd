import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import type { SpanRecord } from "../../src/signal/SpanRecord.js"
import * as Storage from "../../src/storage/Storage.js"
import { span } from "../../src/testing/Records.js"
import { axeOf, describeBrowser, open, overflowOf, serve } from "../utils/browser.js"
import * as data from "../utils/explorerData.js"

const day = 86_400_000
const nanos = (millis: number): bigint => BigInt(millis) * 1_000_000n

const seeded = (records: (now: number) => data.Records = data.sessions) =>
  Effect.gen(function* () {
    const now = Date.now()
    const { context, url } = yield* serve(Storage.layerMemory)
    const seeds = records(now)
    yield* Effect.provide(data.insert(seeds), context)
    return { now, context, seeds, url: `${url}/dashboard` }
  })

const go = async (page: Page, address: string): Promise<void> => {
  await page.goto(address)
  await page.waitForSelector(".tiles")
  await page.locator(".dash-wait, .stale").first().waitFor({ state: "detached" })
}

/** The number of a tile with all its digits. */
const tile = async (page: Page, label: string): Promise<string> => {
  const value = page.locator(".tile", { has: page.getByText(label, { exact: true }) }).locator(".tile-value")
  return (await value.getAttribute("title")) ?? (await value.textContent()) ?? ""
}

const tilesOf = async (page: Page) => ({
  sessions: await tile(page, "Sessions"),
  turns: await tile(page, "Turns"),
  users: await tile(page, "Users"),
  errors: await tile(page, "Errors"),
  tokens: await tile(page, "Tokens"),
  cost: await tile(page, "Cost")
})

const distinct = (values: ReadonlyArray<string | undefined>): number =>
  new Set(values.filter((value) => value !== undefined)).size

const numbers = new Intl.NumberFormat("en-US")

/** US dollars of some billionths of them. */
const dollars = (billionths: bigint): string => {
  const text = String(billionths).padStart(10, "0")
  return `$${text.slice(0, -9)}.${text.slice(-9).replace(/0{1,7}$/, "")}`
}

/** The same numbers by arithmetic over the spans. */
const countedOf = (spans: ReadonlyArray<SpanRecord>) => {
  const calls = spans.filter(({ spanType }) => spanType === "model_generation")
  const sum = (values: ReadonlyArray<number | undefined>) =>
    values.reduce<number>((sum, value) => sum + (value ?? 0), 0)
  const billionths = spans
    .filter(({ spanType }) => spanType === "model_generation" || spanType === "tool_call")
    .reduce((sum, { costUsd = 0 }) => sum + BigInt(Math.round(costUsd * 1e9)), 0n)
  return {
    sessions: numbers.format(distinct(spans.map(({ sessionId }) => sessionId))),
    turns: numbers.format(distinct(spans.map(({ traceId }) => traceId))),
    users: numbers.format(distinct(spans.map(({ userId }) => userId))),
    errors: numbers.format(spans.filter(({ status }) => status === "error").length),
    tokens: numbers.format(
      sum(calls.map(({ inputTokens }) => inputTokens)) + sum(calls.map(({ outputTokens }) => outputTokens))
    ),
    cost: dollars(billionths)
  }
}

/** The smallest value that at least a part of all does not exceed. */
const nearestRank = (values: ReadonlyArray<bigint>, part: number): bigint =>
  values.toSorted((a, b) => (a < b ? -1 : 1))[Math.max(0, Math.ceil(part * values.length) - 1)] as bigint

const isModel = ({ spanType }: SpanRecord) => spanType === "model_generation"

describeBrowser("the dashboard", () => {
  it.scopedLive("has the numbers that arithmetic over the spans has, in few requests", () =>
    Effect.gen(function* () {
      const { seeds, url } = yield* seeded()
      const page = yield* open()
      const asked: Array<string> = []
      page.on("request", (request) => {
        if (request.url().includes("/api/")) asked.push(request.url())
      })
      yield* Effect.promise(async () => {
        await go(page, `${url}?range=30d`)
        assert.isAtMost(asked.length, 10)
        assert.deepStrictEqual(await tilesOf(page), countedOf(seeds.spans))

        const models = await page
          .locator("section", { hasText: "1st token" })
          .last()
          .locator("tbody tr")
          .allInnerTexts()
        const calls = seeds.spans.filter(isModel)
        assert.deepStrictEqual(
          models
            .map((row) =>
              row
                .split("\t")
                .slice(0, 2)
                .map((text) => text.trim())
            )
            .sort(),
          Array.from(new Set(calls.map(({ model }) => model)), (name) => [
            name,
            String(calls.filter(({ model }) => model === name).length)
          ]).sort()
        )

        // What the buckets have adds up to the whole.
        const turns = await page
          .locator("table", { has: page.locator("caption", { hasText: /^Turns$/ }) })
          .locator("tbody tr td:nth-child(2)")
          .allTextContents()
        assert.strictEqual(
          turns.reduce((sum, text) => sum + Number(text), 0),
          distinct(seeds.spans.map(({ traceId }) => traceId))
        )

        const first = seeds.spans.flatMap(({ timeToFirstToken }) =>
          timeToFirstToken === undefined ? [] : [timeToFirstToken]
        )
        assert.strictEqual(
          await tile(page, "First token p95"),
          `${(Number(nearestRank(first, 0.95)) / 1e6).toFixed(0)} ms`
        )
      })
    })
  )

  const filters: ReadonlyArray<readonly [query: string, is: (span: SpanRecord) => boolean]> = [
    ["model=gpt-5.2", ({ model }) => model === "gpt-5.2"],
    ["toolName=find_parcel", ({ toolName }) => toolName === "find_parcel"],
    ["agentName=billing", ({ agentName }) => agentName === "billing"],
    [`userId=${encodeURIComponent("用户-42")}`, ({ userId }) => userId === "用户-42"],
    ["sessionId=support-0003", ({ sessionId }) => sessionId === "support-0003"],
    ["hasError=true", ({ status }) => status === "error"],
    ["errorType=OrdersUnavailable", ({ errorType }) => errorType === "OrdersUnavailable"],
    ["status=running", ({ status }) => status === "running"],
    ["spanType=tool_call", ({ spanType }) => spanType === "tool_call"],
    ["environment=staging", ({ environment }) => environment === "staging"],
    ["serviceName=voice", ({ serviceName }) => serviceName === "voice"],
    ["provider=anthropic", ({ provider }) => provider === "anthropic"],
    ["tags=vip&tags=shop", ({ tags }) => tags.includes("vip") && tags.includes("shop")],
    ["metadata=channel%3Dweb", ({ metadata }) => metadata?.["channel"] === "web"],
    ["minDuration=2s", ({ endTime, startTime }) => endTime !== undefined && endTime - startTime >= 2_000_000_000n],
    ["model=gpt-5.2&userId=nobody", () => false]
  ]

  it.scopedLive("counts what each filter leaves", () =>
    Effect.gen(function* () {
      const { seeds, url } = yield* seeded()
      const page = yield* open()
      yield* Effect.promise(async () => {
        for (const [query, is] of filters) {
          await go(page, `${url}?range=30d&${query}`)
          assert.deepStrictEqual([query, await tilesOf(page)], [query, countedOf(seeds.spans.filter(is))])
        }
      })
    })
  )

  it.scopedLive("counts what each time has, and says what is no time", () =>
    Effect.gen(function* () {
      const { now, seeds, url } = yield* seeded()
      const page = yield* open({ timezoneId: "UTC" })
      const within = (from: number, to = now + day) =>
        countedOf(seeds.spans.filter(({ startTime }) => startTime >= nanos(from) && startTime < nanos(to)))
      const hour = 3_600_000
      yield* Effect.promise(async () => {
        await go(page, url)
        assert.deepStrictEqual(await tilesOf(page), within(Math.floor(now / day) * day - 6 * day))
        await page.getByRole("link", { name: "Day", exact: true }).click()
        await page.waitForURL(/range=24h/)
        await go(page, page.url())
        assert.deepStrictEqual(await tilesOf(page), within(Math.floor(now / hour) * hour - 23 * hour))
        await go(page, `${url}?range=1h`)
        assert.deepStrictEqual(await tilesOf(page), within(Math.floor(now / 60_000) * 60_000 - 59 * 60_000))

        const [from, to] = [now - 2 * day, now - day]
        await go(page, `${url}?startedAfter=${nanos(from)}&startedBefore=${nanos(to)}`)
        assert.deepStrictEqual(await tilesOf(page), within(from, to))

        await page.getByLabel("From", { exact: true }).fill("2d")
        await page.getByLabel("To", { exact: true }).fill("")
        await page.getByRole("button", { name: "Set" }).click()
        await page.waitForURL(/startedAfter=2d$/)
        await page.getByLabel("From", { exact: true }).fill("next spring")
        await page.getByRole("button", { name: "Set" }).click()
        await page.getByRole("alert").getByText("“next spring” is no time").waitFor()
        await page.goto(`${url}?startedAfter=1h&startedBefore=2h`)
        await page.getByText("the range ends before it begins").waitFor()
        await page.goBack()
        await page.getByText("“next spring” is no time").waitFor()
      })
    })
  )

  it.scopedLive("leads from a mark to the sessions of its time", () =>
    Effect.gen(function* () {
      const { context, url } = yield* seeded()
      const page = yield* open()
      yield* Effect.promise(async () => {
        await go(page, `${url}?range=30d&environment=production`)
        const marks = page.getByRole("group", { name: /^Errors: arrows/ }).getByRole("link")
        const said = (await marks.first().getAttribute("aria-label")) ?? ""
        assert.match(said, /^\d{4}-\d\d-\d\d: errors \d+$/)
        await marks.first().click()
        await page.waitForSelector(".row")
      })
      const query = new URL(page.url()).searchParams
      assert.deepStrictEqual([query.get("environment"), query.get("hasError")], ["production", "true"])
      const { items } = yield* Effect.provide(
        Storage.listSessions({
          filters: {
            environment: "production",
            hasError: true,
            startedAfter: BigInt(query.get("startedAfter") ?? ""),
            startedBefore: BigInt(query.get("startedBefore") ?? "")
          }
        }),
        context
      )
      assert.isAbove(items.length, 0)
      yield* Effect.promise(async () => {
        assert.strictEqual(await page.locator(".row").count(), items.length)
        await page.goBack()
        await page.waitForSelector(".tiles")
        const costs = page.getByRole("group", { name: /^Cost by model: arrows/ })
        const href = await costs
          .getByRole("link", { name: /gemini-3-flash \$\d[\d.]*$/ })
          .first()
          .getAttribute("href")
        assert.include(href ?? "", "model=gemini-3-flash")
        // Every name in the lists leads on.
        await page.getByRole("link", { name: "find_parcel" }).click()
        await page.waitForURL(/sessions|toolName=find_parcel/)
        assert.include(page.url(), "toolName=find_parcel")
      })
    })
  )

  it.scopedLive("is gone through by keys", () =>
    Effect.gen(function* () {
      const { url } = yield* seeded()
      const page = yield* open()
      yield* Effect.promise(async () => {
        await go(page, `${url}?range=30d`)
        await page.keyboard.press("3")
        await page.waitForURL((url) => !url.search.includes("range"))
        await page.keyboard.press("4")
        await page.waitForURL(/range=30d/)
        await page.locator(".stale").first().waitFor({ state: "detached" })
        const chart = page.getByRole("group", { name: /^Cost by model: arrows/ })
        assert.strictEqual(await chart.locator("a[tabindex='0']").count(), 1)
        await page.locator("section", { has: chart }).locator(".plot").scrollIntoViewIfNeeded()
        await chart.getByRole("link").first().focus()
        await page.keyboard.press("End")
        await page.keyboard.press("ArrowLeft")
        const at = page.getByRole("tooltip")
        await at.waitFor()
        const before = await at.textContent()
        await page.keyboard.press("ArrowRight")
        assert.notStrictEqual(await at.textContent(), before)
        await page.keyboard.press("ArrowUp")
        assert.strictEqual(await at.locator(".tip-at").count(), 1)
        await page.keyboard.press("Escape")
        await at.waitFor({ state: "detached" })
        await page.keyboard.press("Enter")
        await page.waitForURL(/model=/)
        await page.goBack()
        await page.waitForSelector(".tiles")
        await page.keyboard.press("v")
        await page.waitForURL(/show=tables/)
        await page.getByRole("region", { name: "Tokens" }).getByRole("link").first().waitFor()
      })
    })
  )

  it.scopedLive("is up to date within ten seconds, and stands while it is paused", () =>
    Effect.gen(function* () {
      const { context, url } = yield* seeded(() => ({ spans: [], logs: [], scores: [] }))
      const page = yield* open()
      const insert = (sessionId: string, fields: Parameters<typeof span>[0] = {}) =>
        Effect.provide(
          Storage.insertSpans([
            span({
              sessionId,
              spanType: "model_generation",
              model: "new",
              startTime: nanos(Date.now() - 5_000),
              endTime: nanos(Date.now() - 4_000),
              ...fields
            })
          ]),
          context
        )
      yield* Effect.promise(async () => {
        await page.clock.install()
        await go(page, url)
        assert.strictEqual(await tile(page, "Sessions"), "0")
        assert.strictEqual(await tile(page, "Error rate"), "–")
        assert.isAtLeast(await page.getByText("Nothing in this time.").count(), 9)
      })
      yield* insert("one")
      yield* Effect.promise(async () => {
        await page.clock.runFor(10_500)
        await page.getByText("1 call without a price").first().waitFor()
        assert.strictEqual(await tile(page, "Sessions"), "1")
        await page.keyboard.press("p")
        await page.waitForURL(/live=off/)
      })
      yield* insert("two", { costUsd: 0.1 })
      yield* Effect.promise(async () => {
        await page.clock.runFor(30_000)
        assert.strictEqual(await tile(page, "Sessions"), "1")
        await page.keyboard.press("p")
        await page.clock.runFor(10_500)
        await page.locator(".tile-value", { hasText: "$0.10" }).waitFor()
      })
    })
  )

  it.scopedLive("waits for a storage that takes longer than that", () =>
    Effect.gen(function* () {
      const { url } = yield* seeded()
      const page = yield* open()
      let asked = 0
      yield* Effect.promise(async () => {
        await page.clock.install()
        await page.route("**/api/aggregate", async (route) => {
          asked++
          // Half a minute passes before all is answered.
          await page.clock.runFor(4_000)
          return route.continue()
        })
        await page.goto(`${url}?range=30d`)
        await page.waitForSelector(".tiles")
        await page.locator(".dash-wait").first().waitFor({ state: "detached" })
        assert.isAtMost(asked, 18)
        assert.notStrictEqual(await tile(page, "Sessions"), "0")
      })
    })
  )

  it.scopedLive("shows all others where one part fails, and asks again", () =>
    Effect.gen(function* () {
      const { url } = yield* seeded()
      const page = yield* open({ expected: /status of 503/ })
      let isBroken = true
      yield* Effect.promise(async () => {
        await page.route("**/api/aggregate", (route) =>
          isBroken && route.request().postData()?.includes('"of":"scores"')
            ? route.fulfill({
                status: 503,
                headers: { "effect-observability-api": "1", "content-type": "application/json" },
                body: JSON.stringify({
                  _tag: "StorageError",
                  reason: "Timeout",
                  retryable: true,
                  detail: "it took long"
                })
              })
            : route.continue()
        )
        await page.goto(`${url}?range=30d`)
        await page.getByRole("alert").getByText("it took long").waitFor()
        await page.getByRole("group", { name: /^Sessions: arrows/ }).waitFor()
        assert.strictEqual(await page.getByRole("alert").count(), 1)
        isBroken = false
        await page.getByRole("button", { name: "Ask again" }).click()
        await page.getByRole("group", { name: /^Scores, mean: arrows/ }).waitFor()
      })
    })
  )

  it.scopedLive("says what a storage refuses", () =>
    Effect.gen(function* () {
      const { url } = yield* seeded()
      const page = yield* open({ expected: /status of 400/ })
      yield* Effect.promise(async () => {
        await page.goto(`${url}?minDuration=soon`)
        await page.getByText("minDuration").first().waitFor()
        assert.isAtLeast(await page.getByRole("alert").count(), 1)
      })
    })
  )

  it.scopedLive("sums costs up by what is chosen", () =>
    Effect.gen(function* () {
      const { seeds, url } = yield* seeded()
      const page = yield* open()
      yield* Effect.promise(async () => {
        await go(page, `${url}?range=30d`)
        await page.getByRole("navigation", { name: "Cost by" }).getByRole("link", { name: "User" }).click()
        await page.waitForURL(/top=users/)
        const table = page.getByRole("region", { name: "Cost by: User" })
        await table.waitFor()
        const users = await table.locator("tbody th").allInnerTexts()
        const costs = new Map<string | undefined, number>()
        for (const { costUsd = 0, userId } of seeds.spans) costs.set(userId, (costs.get(userId) ?? 0) + costUsd)
        assert.deepStrictEqual(
          users.map((text) => text.trim()),
          Array.from(costs)
            .sort((a, b) => b[1] - a[1])
            .map(([user]) => user)
        )
      })
    })
  )

  it.scopedLive("lists whom somebody was not content with, the newest first, and leads there", () =>
    Effect.gen(function* () {
      const { seeds, url } = yield* seeded()
      const page = yield* open()
      const refused = seeds.scores
        .filter(({ dataType, value }) => dataType === "boolean" && value === 0)
        .sort((a, b) => (a.time < b.time ? 1 : -1))
      assert.isAtLeast(refused.length, 2)
      yield* Effect.promise(async () => {
        await go(page, `${url}?range=30d`)
        const table = page.getByRole("region", { name: "Thumbs down: Comment" })
        await table.waitFor()
        const rows = await table
          .locator("tbody tr")
          .evaluateAll((rows) =>
            rows.map((row) => [
              row.querySelector("th")?.textContent?.trim(),
              row.querySelectorAll("td")[1]?.textContent
            ])
          )
        assert.deepStrictEqual(
          rows,
          refused.map(({ comment, sessionId }) => [comment, sessionId])
        )
        await table.getByRole("link").first().click()
        await page.waitForURL((address) => address.searchParams.get("id") === refused[0]?.sessionId)
      })
    })
  )

  it.scopedLive("shows what strangers wrote as text, and fits everywhere", () =>
    Effect.gen(function* () {
      const { url } = yield* seeded((now) => {
        const [a, b] = [data.sessions(now), data.hostile(now)]
        return { spans: [...a.spans, ...b.spans], logs: b.logs, scores: [...a.scores, ...b.scores] }
      })
      for (const [width, theme, more] of [
        [1280, "light", "range=30d"],
        [390, "dark", "range=30d&top=users"],
        [1280, "dark", "range=24h&show=tables"],
        [390, "light", "range=24h&show=tables&top=tags"]
      ] as const) {
        const page = yield* open({ viewport: { width, height: 800 } })
        yield* Effect.promise(async () => {
          await go(page, `${url}?theme=${theme}&${more}`)
          assert.deepStrictEqual(await axeOf(page), [])
          assert.strictEqual(await overflowOf(page), 0)
          assert.isUndefined(await page.evaluate("window.pwned"))
        })
      }
    })
  )
})
