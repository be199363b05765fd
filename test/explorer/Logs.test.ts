import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import type { Level } from "../../src/signal/LogRecord.js"
import * as Storage from "../../src/storage/Storage.js"
import { type LogFields, log, span } from "../../src/testing/Records.js"
import { axeOf, describeBrowser, open, overflowOf, serve } from "../utils/browser.js"
import * as data from "../utils/explorerData.js"

const levels: ReadonlyArray<Level> = ["trace", "debug", "info", "warn", "error", "fatal"]
const traceId = "a".repeat(32)
const spanId = "b".repeat(16)

/** Logs a second apart, the last one now: of each level, of two users. */
const logsOf = (count: number, fields: LogFields = {}) => {
  const now = BigInt(Date.now()) * 1_000_000n
  return Array.from({ length: count }, (_, i) =>
    log({
      logId: `log-${String(i).padStart(4, "0")}`,
      timestamp: now - BigInt(count - i) * 1_000_000_000n,
      level: levels[i % levels.length] as Level,
      message: `message ${i}`,
      userId: i % 2 === 0 ? "even" : "odd",
      ...fields
    })
  )
}

const serving = (logs: ReadonlyArray<ReturnType<typeof log>>) =>
  Effect.gen(function* () {
    const { context, url } = yield* serve(Storage.layerMemory)
    yield* Effect.provide(Storage.insertLogs(logs), context)
    return {
      url: `${url}/logs`,
      insert: (more: typeof logs) => Effect.provide(Storage.insertLogs(more), context),
      context
    }
  })

const messagesOf = (page: Page) => page.locator(".logs .log-message").allTextContents()

/** Waits until so many logs are drawn. */
const counted = async (page: Page, count: number): Promise<void> => {
  await page.locator(".logs .log").nth(count).waitFor({ state: "detached" })
  await page
    .locator(".logs .log")
    .nth(count - 1)
    .waitFor()
}

const shown = (page: Page, text: string) => page.locator(".logs .log-message", { hasText: text }).first().waitFor()

describeBrowser("the view of logs", () => {
  it.scopedLive("lists the newest first, by levels, filters and words", () =>
    Effect.gen(function* () {
      const { url } = yield* serving(logsOf(12))
      const page = yield* open()
      const expected = (is: (i: number) => boolean) =>
        Array.from({ length: 12 }, (_, i) => i)
          .filter(is)
          .reverse()
          .map((i) => `message ${i}`)
      yield* Effect.promise(async () => {
        await page.goto(url)
        await shown(page, "message 11")
        assert.deepStrictEqual(
          await messagesOf(page),
          expected(() => true)
        )
        const toggle = (level: Level) => page.getByRole("button", { name: level, exact: true })
        await toggle("error").click()
        await toggle("trace").click()
        await page.waitForURL(/levels=debug/)
        await counted(page, 8)
        assert.deepStrictEqual(
          await messagesOf(page),
          expected((i) => i % 6 !== 4 && i % 6 !== 0)
        )
        assert.strictEqual(await toggle("error").getAttribute("aria-pressed"), "false")
        await page.goto(`${url}?levels=warn`)
        await shown(page, "message 9")
        assert.deepStrictEqual(
          await messagesOf(page),
          expected((i) => i % 6 === 3)
        )
        for (const [query, is] of [
          ["minLevel=error", (i: number) => i % 6 >= 4],
          ["level=info", (i: number) => i % 6 === 2],
          ["userId=odd", (i: number) => i % 2 === 1],
          ["userId=odd&levels=debug&levels=fatal", (i: number) => i % 6 === 1 || i % 6 === 5],
          [`search=${encodeURIComponent("message 7")}`, (i: number) => i === 7]
        ] as const) {
          await page.goto(`${url}?${query}`)
          await page.waitForSelector(".log")
          assert.deepStrictEqual([query, await messagesOf(page)], [query, expected(is)])
        }
        await page.goto(`${url}?userId=nobody`)
        await page.getByText("No log is like this").waitFor()
      })
    })
  )

  it.scopedLive("searches by its box, and filters by its chips", () =>
    Effect.gen(function* () {
      const { url } = yield* serving(logsOf(12))
      const page = yield* open()
      yield* Effect.promise(async () => {
        await page.goto(url)
        await shown(page, "message 11")
        await page.keyboard.press("/")
        await page.keyboard.type("message 4")
        await page.keyboard.press("Enter")
        await page.waitForURL(/search=message\+4/)
        await counted(page, 1)
        await page.goBack()
        await shown(page, "message 11")
        await page.keyboard.press("f")
        await page.getByLabel("What is filtered").selectOption("userId")
        await page.getByLabel("Value").fill("even")
        await page.keyboard.press("Enter")
        await page.waitForURL(/userId=even/)
        await counted(page, 6)
      })
    })
  )

  it.scopedLive("goes on page by page, to the end", () =>
    Effect.gen(function* () {
      const { url } = yield* serving(logsOf(450))
      const page = yield* open()
      yield* Effect.promise(async () => {
        await page.goto(`${url}?live=off`)
        await shown(page, "message 449")
        for (let i = 0; i < 12; i++) {
          await page.locator(".logs").evaluate((box) => box.scrollTo(0, box.scrollHeight))
          await page.waitForTimeout(60)
        }
        await page.locator(".logs .log-message", { hasText: /^message 0$/ }).waitFor()
        assert.isBelow(await page.locator(".log").count(), 80)
        await page.goto(`${url}?live=off&order=follow`)
        await page.locator(".logs .log-message", { hasText: /^message 449$/ }).waitFor()
        for (let i = 0; i < 12; i++) {
          await page.locator(".logs").evaluate((box) => box.scrollTo(0, 0))
          await page.waitForTimeout(60)
        }
        await page.locator(".logs .log-message", { hasText: /^message 0$/ }).waitFor()
      })
    })
  )

  it.scopedLive("shows what comes within three seconds, and follows it", () =>
    Effect.gen(function* () {
      const { insert, url } = yield* serving(logsOf(100))
      const [top, tail, paused] = [yield* open(), yield* open(), yield* open()]
      const fresh = (n: number) =>
        log({ logId: `fresh-${n}`, timestamp: BigInt(Date.now()) * 1_000_000n, level: "info", message: `fresh ${n}` })
      yield* Effect.promise(async () => {
        await top.goto(url)
        await tail.goto(`${url}?order=follow`)
        await paused.goto(`${url}?live=off`)
        for (const page of [top, tail, paused]) await shown(page, "message 99")
      })
      yield* insert([fresh(1)])
      yield* Effect.promise(async () => {
        const isThere = { timeout: 3_000 }
        await Promise.all(
          [top, tail].map((page) => page.locator(".log-message", { hasText: "fresh 1" }).waitFor(isThere))
        )
        assert.strictEqual((await messagesOf(top))[0], "fresh 1")
        assert.strictEqual((await messagesOf(tail)).at(-1), "fresh 1")
        const box = tail.locator(".logs")
        assert.isBelow(await box.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight), 2)
        assert.strictEqual(await paused.getByText("fresh 1").count(), 0)
        // Whoever reads further down is not moved.
        await top.locator(".logs").evaluate((box) => box.scrollTo(0, 560))
        await top.waitForTimeout(50)
      })
      const first = yield* Effect.promise(() => placeOf(top, "message 75"))
      yield* insert([fresh(2), fresh(3)])
      yield* Effect.promise(async () => {
        await top.getByRole("button", { name: "2 new logs" }).waitFor({ timeout: 3_000 })
        assert.closeTo((await placeOf(top, "message 75")) ?? 0, first ?? -1, 1)
        await top.getByRole("button", { name: "2 new logs" }).click()
        await shown(top, "fresh 3")
      })
    })
  )

  it.scopedLive("begins anew where more came than can be read on", () =>
    Effect.gen(function* () {
      const { insert, url } = yield* serving(logsOf(50))
      const page = yield* open()
      yield* Effect.promise(async () => {
        await page.goto(url)
        await shown(page, "message 49")
      })
      const now = BigInt(Date.now()) * 1_000_000n
      yield* insert(
        Array.from({ length: 900 }, (_, i) =>
          log({ logId: `flood-${i}`, timestamp: now + BigInt(i) * 1_000n, message: `flood ${i}` })
        )
      )
      yield* Effect.promise(async () => {
        await page.locator(".log-message", { hasText: /^flood 899$/ }).waitFor()
        assert.strictEqual((await messagesOf(page))[1], "flood 898")
      })
    })
  )

  it.scopedLive("opens a log in place, and leads to its trace and session and back", () =>
    Effect.gen(function* () {
      const { context, url } = yield* serving([
        ...logsOf(300),
        log({
          logId: "whole",
          timestamp: BigInt(Date.now()) * 1_000_000n,
          level: "error",
          message: `two\nlines \u202e ${"long ".repeat(60)}`,
          data: [{ order: { id: "A-7" } }, 3],
          attributes: { "app.user": "ada" },
          cause: "Error: it broke\n  [cause]: ECONNREFUSED",
          logSpans: { request: 12.5 },
          traceId,
          spanId,
          sessionId: "the session"
        })
      ])
      yield* Effect.provide(
        Storage.insertSpans([
          span({ traceId, spanId, sessionId: "the session", startTime: BigInt(Date.now()) * 1_000_000n })
        ]),
        context
      )
      const page = yield* open({ expected: /status of 400/ })
      yield* Effect.promise(async () => {
        await page.goto(url)
        await page.locator(".log .row-link").first().click()
        const body = page.locator(".log-body")
        await body.waitFor()
        for (const text of ["two\nlines ⟨U+202E⟩", "A-7", "app.user", "ECONNREFUSED", "request", traceId]) {
          assert.include(await body.textContent(), text)
        }
        // What is below moves down by as much.
        const [open, next] = await Promise.all([
          page.locator(".log-open").boundingBox(),
          page.locator(".log").nth(1).boundingBox()
        ])
        assert.closeTo(next?.y ?? 0, (open?.y ?? 0) + (open?.height ?? 0), 1.5)
        const address = page.url()
        await body.getByRole("link", { name: "Trace", exact: true }).click()
        await page.waitForURL(/\/trace\?/)
        assert.deepStrictEqual(Object.fromEntries(new URL(page.url()).searchParams), { id: traceId, span: spanId })
        await page.goBack()
        await page.locator(".log-body").waitFor()
        assert.strictEqual(page.url(), address)
        await page.locator(".log-body").getByRole("link", { name: "Session", exact: true }).click()
        await page.waitForURL(/\/session\?/)
        assert.strictEqual(new URL(page.url()).searchParams.get("id"), "the session")
        await page.goBack()
        await page.locator(".log-body").getByTitle("Only logs of the session").click()
        await page.waitForURL(/sessionId=the\+session/)
        await counted(page, 1)
        // The address of a log shows it, wherever it is.
        await page.goto(`${url}?levels=fatal&open=${new URL(address).searchParams.get("open")}`)
        await page.getByRole("region", { name: "The log of the address" }).getByText("ECONNREFUSED").waitFor()
        await page.getByRole("link", { name: "Close" }).click()
        await page.locator(".log-pinned").waitFor({ state: "detached" })
        for (const broken of ["1.nothing", "nonsense", "99999999999999999999.x"]) {
          await page.goto(`${url}?open=${broken}`)
          await page.getByText("The log of this address is not there").waitFor()
        }
      })
    })
  )

  it.scopedLive("is gone through by keys", () =>
    Effect.gen(function* () {
      const { url } = yield* serving(logsOf(40))
      const page = yield* open()
      yield* Effect.promise(async () => {
        await page.goto(url)
        await shown(page, "message 39")
        await page.keyboard.press("j")
        await page.keyboard.press("j")
        await page.waitForURL(/at=/)
        assert.strictEqual(await page.locator(".log[aria-current] .log-message").textContent(), "message 38")
        await page.keyboard.press("Enter")
        await page.locator(".log-body").waitFor()
        assert.strictEqual(await page.locator(".log-open .log-message").textContent(), "message 38")
        await page.keyboard.press("Escape")
        await page.locator(".log-body").waitFor({ state: "detached" })
        await page.keyboard.press("G")
        await page.locator(".log[aria-current] .log-message", { hasText: /^message 0$/ }).waitFor()
        await page.keyboard.press("k")
        await page.locator(".log[aria-current] .log-message", { hasText: /^message 1$/ }).waitFor()
        await page.keyboard.press("6")
        await page.waitForURL(/levels=trace/)
        await page.locator(".log .level-fatal").first().waitFor({ state: "detached" })
        await page.keyboard.press("o")
        await page.waitForURL(/order=follow/)
        await page.keyboard.press("?")
        await page.getByRole("dialog").getByText("newest first, or follow").waitFor()
      })
    })
  )

  it.scopedLive("shows what strangers wrote as text, and fits everywhere", () =>
    Effect.gen(function* () {
      const { context, url } = yield* serving([])
      const seeds = data.hostile(Date.now())
      yield* Effect.provide(Storage.insertLogs([...seeds.logs, ...data.sessions(Date.now()).logs]), context)
      for (const [width, theme] of [
        [1280, "light"],
        [1280, "dark"],
        [390, "light"],
        [390, "dark"]
      ] as const) {
        const page = yield* open({ viewport: { width, height: 800 } })
        yield* Effect.promise(async () => {
          await page.goto(`${url}?theme=${theme}&levels=error`)
          await page.waitForSelector(".log")
          await page.locator(".log .row-link").nth(1).click()
          await page.locator(".log-body").waitFor()
          assert.deepStrictEqual(await axeOf(page), [])
          assert.strictEqual(await overflowOf(page), 0)
          assert.isUndefined(await page.evaluate("window.pwned"))
          const text = (await messagesOf(page)).join("")
          assert.include(text, "<img src=x onerror")
          assert.include(text, "⟨U+202E⟩")
          assert.include(text, "␛")
          assert.notMatch(text, /[\u0000-\u0008\u202e]/)
        })
      }
      const page = yield* open()
      yield* Effect.promise(async () => {
        await page.goto(`${url}?sessionId=${encodeURIComponent("nothing of this")}`)
        await page.getByText("No log is like this").waitFor()
        assert.deepStrictEqual(await axeOf(page), [])
      })
    })
  )
})

/** How far from the top of the page a message is. */
const placeOf = async (page: Page, text: string): Promise<number | undefined> =>
  (await page.locator(".log-message", { hasText: new RegExp(`^${text}$`) }).boundingBox())?.y
