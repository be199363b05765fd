/** The view of a session: its conversation, time line, logs and scores, as a reader comes upon them. */
import { assert, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import type { Page } from "playwright-core"
import * as Observability from "../../src/Observability.js"
import * as StorageServer from "../../src/server/StorageServer.js"
import * as Storage from "../../src/storage/Storage.js"
import { at, span, spanId, traceId } from "../../src/testing/Records.js"
import { axeOf, describeBrowser, open, overflowOf, serve } from "../utils/browser.js"
import { conventions } from "../utils/explorerConventions.js"
import * as data from "../utils/explorerData.js"
import { address, entriesOn, go, isSeen, recorded, textOf, until, waitForTurns } from "../utils/sessionPage.js"

const now = Date.now()

/** A server of some records, and a page. */
const withRecords = (records: data.Records, options: Parameters<typeof open>[0] = {}) =>
  Effect.gen(function* () {
    const { context, url } = yield* serve(Storage.layerMemory)
    yield* Effect.provide(data.insert(records), context)
    return { context, page: yield* open(options), url }
  })

const current = (page: Page) => page.locator("[data-turn][aria-current]").getAttribute("data-turn")
const waitForCurrent = (page: Page, turn: number) => page.waitForSelector(`[data-turn="${turn}"][aria-current]`)
const queryOf = (page: Page) => new URL(page.url()).searchParams

describeBrowser("a conversation", () => {
  it.scopedLive("reads the same by each convention", () =>
    Effect.gen(function* () {
      const { page, url } = yield* withRecords(data.sessions(now))
      yield* Effect.promise(async () => {
        await page.goto(`${url}/sessions`)
        for (const convention of conventions) {
          const id = data.named.convention(convention)
          await go(page, address(url, id, recorded))
          await page.waitForSelector(`.session-title bdi[title="${id}"]`)
          await waitForTurns(page, 2)
          const said = (await entriesOn(page)).flatMap(({ parts, role }) =>
            parts.map((part) =>
              part._tag === "Text"
                ? [role, part.text]
                : [role, part.name, part.arguments, JSON.parse(part.result ?? "null")]
            )
          )
          assert.deepStrictEqual(
            said,
            [
              ["system", "You know the weather."],
              ["user", "Will it rain in Łódź?"],
              ["assistant", "get_weather", { city: "Łódź" }, { rain: true, degrees: 7 }],
              ["assistant", "Yes, at 7 °C."],
              ["user", "And on Friday?"],
              ["assistant", "Friday stays dry."]
            ],
            convention
          )
        }
      })
    })
  )

  it.scopedLive("has sums, names and ways on in its head, and what failed is open where it failed", () =>
    Effect.gen(function* () {
      const { page, url } = yield* withRecords(data.sessions(now))
      yield* Effect.promise(async () => {
        await page.goto(address(url, data.named.failed))
        await page.waitForSelector("[data-turn]")
        await page.getByText("tags").waitFor()
        const head = await textOf(page.locator(".session-head"))
        for (const text of [
          "turns 5",
          "spans 21",
          "error 1",
          "tokens in",
          "cached",
          "user margaret",
          "tags shop, vip"
        ]) {
          assert.include(head, text)
        }
        for (const text of ["service support", "environment production", "relevance 0.93"]) assert.include(head, text)
        const links = await page
          .locator(".session-title .session-links a")
          .evaluateAll((links) => links.map((link) => link.getAttribute("href")))
        assert.deepStrictEqual(links, [
          "/dashboard?sessionId=support-0003",
          "/logs?sessionId=support-0003",
          "/traces?sessionId=support-0003",
          "/?pick=support-0003"
        ])
        const failed = page.locator(".tool-failed")
        assert.strictEqual(await failed.getAttribute("open"), "")
        assert.include(await textOf(failed), "The database of orders cannot be reached.")
        assert.strictEqual(await page.locator(".tool:not(.tool-failed)[open]").count(), 0)
        await failed.getByText("span", { exact: true }).click()
        await page.waitForSelector(".span-panel .bad")
        assert.strictEqual(queryOf(page).get("turn"), "5")
        await page.keyboard.press("Escape")
        await page.waitForSelector(".span-panel", { state: "detached" })
        // What was opened and shut is in the address, as whoever it is sent to finds it.
        await failed.locator("summary").first().click()
        const other = page.locator("details.entry-system").first()
        await other.locator("summary").first().click()
        await until(page, `new URL(location.href).searchParams.getAll("fold").length === 2`)
        await page.goto(page.url())
        await page.waitForSelector("details.entry-system[open] .part")
        assert.strictEqual(await failed.getAttribute("open"), null)
        await other.locator("summary").first().click()
        await until(page, `new URL(location.href).searchParams.getAll("fold").length === 1`)
      })
    })
  )

  it.scopedLive("is read by keys alone", () =>
    Effect.gen(function* () {
      const { page, url } = yield* withRecords(data.sessions(now))
      yield* Effect.promise(async () => {
        await page.goto(address(url, data.named.failed))
        await waitForTurns(page, 5)
        const press = async (keys: string, turn: number) => {
          for (const key of keys.split(" ")) await page.keyboard.press(key)
          await waitForCurrent(page, turn)
          assert.strictEqual(queryOf(page).get("turn"), String(turn))
        }
        await press("j", 2)
        await press("j", 3)
        await press("k", 2)
        await press("Shift+G", 5)
        await press("g g", 1)
        await press("e", 5)
        await isSeen(page, '[data-turn="5"]')
        await press("Shift+$", 4)
        await page.keyboard.press("Enter")
        await page.waitForSelector(".span-panel")
        assert.isNotNull(queryOf(page).get("span"))
        await page.keyboard.press("Escape")
        await page.waitForSelector(".span-panel", { state: "detached" })
        await page.keyboard.press("x")
        await page.waitForSelector(".reasoning[open]")
        await page.keyboard.press("r")
        await until(page, `document.querySelector(".entry .markdown") === null`)
        for (const [key, tab] of [
          ["2", "timeline"],
          ["3", "logs"],
          ["4", "scores"],
          ["1", null]
        ] as const) {
          await page.keyboard.press(key)
          await page.waitForSelector('.tabs [aria-current="page"]')
          assert.strictEqual(queryOf(page).get("tab"), tab)
        }
      })
    })
  )

  it.scopedLive("of 200 turns is found in, and read from where an address says", () =>
    Effect.gen(function* () {
      const { page, url } = yield* withRecords(data.longConversation(now))
      const id = "two-hundred-turns"
      yield* Effect.promise(async () => {
        await page.goto(address(url, id, { turn: "150" }))
        await waitForCurrent(page, 150)
        await isSeen(page, '[data-turn="150"]')
        await waitForTurns(page, 200)
        await isSeen(page, '[data-turn="150"]')
        assert.strictEqual(await current(page), "150")
        await page.keyboard.press("f")
        await page.keyboard.type("78: WHICH kettle")
        await until(page, `document.querySelector(".find-count")?.textContent === "1 of 2"`)
        await isSeen(page, '[data-turn="78"]')
        await page.keyboard.press("Enter")
        await until(page, `document.querySelector(".find-count")?.textContent === "2 of 2"`)
        await page.keyboard.press("Escape")
        await page.keyboard.press("n")
        await until(page, `document.querySelector(".find-count")?.textContent === "1 of 2"`)
        assert.deepStrictEqual([queryOf(page).get("find"), queryOf(page).get("match")], ["78: WHICH kettle", "1"])
        await page.reload()
        await isSeen(page, '[data-turn="78"]')
        // What is folded opens where something is found in it.
        await page.goto(address(url, id, { find: "quiet kettle", match: "2" }))
        await page.waitForSelector(".tool[open]")
        assert.strictEqual(await page.evaluate(`CSS.highlights.has("found")`), true)
      })
    })
  )

  it.scopedLive("follows the address as one scrolls, and back leads to the turn that was left", () =>
    Effect.gen(function* () {
      const { page, url } = yield* withRecords(data.longConversation(now, 60))
      yield* Effect.promise(async () => {
        await page.goto(address(url, "two-hundred-turns"))
        await waitForTurns(page, 60)
        await page.locator(".conversation").hover()
        await page.mouse.wheel(0, 4_000)
        await until(page, `Number(new URL(location.href).searchParams.get("turn")) > 2`)
        const left = await current(page)
        await page.locator(".rail a").nth(49).click()
        await waitForCurrent(page, 50)
        await isSeen(page, '[data-turn="50"]')
        await page.goBack()
        await waitForCurrent(page, Number(left))
      })
    })
  )

  it.scopedLive("says where the history was put into other words", () =>
    Effect.gen(function* () {
      const said = (role: string, content: string) => ({ role, parts: [{ type: "text", content }] })
      const call = (n: number, input: ReadonlyArray<unknown>, output: string) =>
        span({
          sessionId: "compacted",
          traceId: traceId(n),
          spanId: spanId(n),
          spanType: "model_generation",
          startTime: at(n * 1_000),
          attributes: { "gen_ai.input.messages": input, "gen_ai.output.messages": [said("assistant", output)] } as never
        })
      const before = [said("user", "one"), said("assistant", "two"), said("user", "three")]
      const { page, url } = yield* withRecords({
        spans: [call(1, before, "four"), call(2, [said("user", "Summary: one to four."), said("user", "five")], "six")],
        logs: [],
        scores: []
      })
      yield* Effect.promise(async () => {
        await page.goto(address(url, "compacted"))
        await waitForTurns(page, 2)
        assert.strictEqual(await page.locator('[data-turn="2"] [data-compacted]').count(), 1)
        assert.strictEqual(await page.locator('[data-turn="1"] [data-compacted]').count(), 0)
      })
    })
  )

  it.scopedLive("shows images that it was given, and fetches none", () =>
    Effect.gen(function* () {
      const { page, url } = yield* withRecords(data.sessions(now))
      yield* Effect.promise(async () => {
        await page.goto(address(url, data.named.images))
        await waitForTurns(page, 2)
        const images = page.locator("[data-turn] img")
        assert.deepStrictEqual(
          await images.evaluateAll((images) => images.map((image) => image.getAttribute("src")?.slice(0, 22))),
          ["data:image/png;base64,"]
        )
        assert.strictEqual(await page.evaluate(`document.querySelector("[data-turn] img").naturalWidth`), 1)
        assert.include(await textOf(page.locator('[data-turn="2"]')), "https://example.com/kettle.jpg")
      })
    })
  )
})

describeBrowser("sessions of strangers", () => {
  it.scopedLive("are text on each tab, whatever they say", () =>
    Effect.gen(function* () {
      const { page, url } = yield* withRecords(data.hostile(now))
      yield* Effect.promise(async () => {
        await page.goto(`${url}/sessions`)
        for (const id of data.hostileIds) {
          for (const query of [{}, recorded, { tab: "timeline", turn: "1" }, { tab: "logs" }, { tab: "scores" }]) {
            await go(page, address(url, id, query as Record<string, string>))
            const tab = "tab" in query ? query.tab : "conversation"
            await page.waitForSelector(
              { conversation: "[data-turn]", timeline: ".timeline-spans li", logs: ".session-log", scores: ".score" }[
                tab
              ] as string
            )
            assert.strictEqual(queryOf(page).get("id"), id)
          }
        }
        await page.goto(address(url, data.hostileIds[0] as string, { find: "<script>" }))
        await until(page, `/ of /.test(document.querySelector(".find-count")?.textContent ?? "")`)
        const text = await textOf(page.locator("[data-turn]"))
        assert.include(text, "⟨U+202E⟩")
        assert.include(text, "␛")
        assert.deepStrictEqual(await axeOf(page), [])
        assert.strictEqual(await page.evaluate("window.pwned"), undefined)
        assert.strictEqual(await page.locator("main script, main svg[onload], main iframe").count(), 0)
      })
    })
  )

  it.scopedLive("are as wide as the page, with words of 100,000 letters", () =>
    Effect.gen(function* () {
      const { page, url } = yield* withRecords(data.hostile(now), { viewport: { width: 390, height: 800 } })
      yield* Effect.promise(async () => {
        for (const query of [{}, { folds: "open" }, { raw: "on" }, { tab: "timeline", turn: "1" }, { tab: "scores" }]) {
          await page.goto(address(url, data.heavyId, query as Record<string, string>))
          await page.waitForSelector("tab" in query ? ".session-body" : "[data-turn]")
          assert.strictEqual(await overflowOf(page), 0, JSON.stringify(query))
          const view = await page.evaluate(
            `document.querySelector(".view").scrollWidth - document.querySelector(".view").clientWidth`
          )
          assert.strictEqual(view, 0, JSON.stringify(query))
        }
      })
    })
  )
})

describeBrowser("the other tabs of a session", () => {
  it.scopedLive("have turns, spans, logs and scores on one axis, which is zoomed by drag and keys", () =>
    Effect.gen(function* () {
      const { page, url } = yield* withRecords(data.sessions(now))
      yield* Effect.promise(async () => {
        await page.goto(address(url, data.named.failed, { tab: "timeline" }))
        await page.waitForSelector("[data-turn-row]")
        assert.strictEqual(await page.locator("[data-turn-row]").count(), 5)
        assert.strictEqual(await page.locator(".mark-log").count(), 11)
        assert.strictEqual(await page.locator(".mark-score").count(), 2)
        await page.locator("[data-turn-row='5'] .timeline-fold").click()
        await page.waitForSelector(".timeline-spans li")
        assert.strictEqual(await page.locator(".timeline-spans li").count(), 2)
        assert.strictEqual(queryOf(page).get("turn"), "5")
        const box = await page.locator(".timeline-ruler svg").boundingBox()
        assert.isNotNull(box)
        const { width = 0, x = 0, y = 0 } = box ?? {}
        await page.mouse.move(x + width * 0.5, y + 10)
        await page.mouse.down()
        await page.mouse.move(x + width * 0.75, y + 10)
        await page.mouse.up()
        await until(
          page,
          String.raw`/^(?:49|50)\d\d-75\d\d$/.test(new URL(location.href).searchParams.get("zoom") ?? "")`
        )
        await page.keyboard.press("+")
        await until(page, String.raw`/^56\d\d-68\d\d$/.test(new URL(location.href).searchParams.get("zoom") ?? "")`)
        await page.keyboard.press("0")
        await until(page, `!location.search.includes("zoom")`)
        await page.getByText("Show idle time").click()
        await until(page, `document.querySelector(".timeline .gap") === null`)
        await page.locator(".timeline-name").first().click()
        await page.waitForSelector(".span-panel")
      })
    })
  )

  it.scopedLive("have the logs as they came, from a level on, with the way to their trace", () =>
    Effect.gen(function* () {
      const { page, url } = yield* withRecords(data.sessions(now))
      yield* Effect.promise(async () => {
        await page.goto(address(url, data.named.failed, { tab: "logs" }))
        await page.waitForSelector(".session-log")
        assert.strictEqual(await page.locator(".session-log").count(), 11)
        await page.locator(".timeline-bar select").selectOption("error")
        await until(page, `document.querySelectorAll(".session-log").length === 3`)
        assert.strictEqual(queryOf(page).get("level"), "error")
        await page.locator(".session-log summary").last().click()
        await page.getByText("connect ECONNREFUSED").waitFor()
        await page.locator(".session-log > a").last().click()
        await page.waitForURL(/\/trace\?id=e/)
      })
    })
  )

  it.scopedLive("take what one thinks of the session or of a turn, which is seen at once", () =>
    Effect.gen(function* () {
      const collector = Observability.layer({ serviceName: "server" }).pipe(Layer.provideMerge(Storage.layerMemory))
      const context = yield* Layer.build(StorageServer.layer({ port: 0 }).pipe(Layer.provideMerge(collector)))
      const { url } = Context.get(context, StorageServer.StorageServer)
      yield* Effect.provide(data.insert(data.sessions(now)), context)
      const page = yield* open()
      yield* Effect.promise(async () => {
        await page.goto(address(url, data.named.failed, { tab: "scores" }))
        await page.waitForSelector(".score-form")
        await page.getByLabel("bad").check()
        await page.getByLabel("Comment").fill("It <b>never</b> told me why.")
        await page.getByRole("button", { name: "Add" }).click()
        const thumbs = page.locator('[data-score="thumbs"]')
        await thumbs.waitFor()
        assert.include(await textOf(thumbs), "thumbs no human session")
        assert.include(await textOf(thumbs), "It <b>never</b> told me why.")
        await page.locator(".session-about").getByText("thumbs").waitFor()

        await page.getByLabel("About").selectOption("2")
        await page.getByLabel("Name").fill("correctness")
        await page.getByLabel("Kind").selectOption("number")
        await page.getByLabel("Value").fill("0.25")
        await page.getByRole("button", { name: "Add" }).click()
        const number = page.locator('[data-score="correctness"]')
        await number.waitFor()
        assert.include(await textOf(number), "0.25")
        await number.getByText("turn 2").click()
        await waitForCurrent(page, 2)
        await page.locator('[data-turn] [data-score="correctness"]').waitFor()
      })
    })
  )

  it.scopedLive("say that a server takes no scores, and how to go on where a session is unknown", () =>
    Effect.gen(function* () {
      const { context, url } = yield* serve(Storage.layerMemory, { readOnly: true })
      yield* Effect.provide(data.insert(data.growing(now, 2)), context)
      const page = yield* open()
      yield* Effect.promise(async () => {
        await page.goto(address(url, data.named.running, { tab: "scores" }))
        await page.getByText("scores are added where it is not read-only").waitFor()
        await page.getByText("Nobody has scored the session yet").waitFor()
        assert.strictEqual(await page.locator(".score-form").count(), 0)
        await page.goto(address(url, "../nobody"))
        await page.getByText("There is no such session").waitFor()
        await page.getByText("../nobody").waitFor()
        await page.goto(`${url}/session`)
        await page.getByText("There is no such session").waitFor()
      })
    })
  )

  it.scopedLive("are accessible, light and dark, wide and narrow", () =>
    Effect.gen(function* () {
      const { page, url } = yield* withRecords(data.sessions(now))
      yield* Effect.promise(async () => {
        for (const width of [1280, 390]) {
          await page.setViewportSize({ width, height: 800 })
          for (const theme of ["light", "dark"]) {
            for (const tab of ["", "timeline", "logs", "scores"]) {
              await page.goto(address(url, data.named.failed, { theme, tab, turn: "5", folds: "open" }))
              await page.waitForSelector(
                { "": "[data-turn]", timeline: ".timeline-spans li", logs: ".session-log", scores: ".score" }[
                  tab
                ] as string
              )
              await page.getByText("tags").waitFor()
              assert.deepStrictEqual(await axeOf(page), [], `${tab} ${theme} ${width}`)
              assert.strictEqual(await overflowOf(page), 0, `${tab} ${width}`)
            }
          }
        }
      })
    })
  )
})

describeBrowser("a session that goes on", () => {
  it.scopedLive("grows within three seconds, and what is read stays where it is", () =>
    Effect.gen(function* () {
      const { context, page, url } = yield* withRecords(data.growing(now, 0))
      const grow = (step: number) => Effect.provide(data.insert(data.growing(now, step)), context)
      yield* Effect.promise(async () => {
        await page.goto(address(url, data.named.running, { folds: "open" }))
        await page.waitForSelector("[data-turn] .running")
      })
      yield* grow(2)
      yield* Effect.promise(() => page.getByText("out for delivery", { exact: true }).waitFor({ timeout: 3_500 }))
      const top = yield* Effect.promise(() =>
        page.evaluate(`document.querySelector('[data-turn="1"]').getBoundingClientRect().top`)
      )
      yield* grow(8)
      yield* Effect.promise(async () => {
        await page.waitForSelector('[data-turn="5"]', { timeout: 3_500 })
        assert.strictEqual(
          await page.evaluate(`document.querySelector('[data-turn="1"]').getBoundingClientRect().top`),
          top
        )
        assert.strictEqual(await page.locator('[data-turn="1"] .turn-head .running').count(), 0)
      })
    })
  )
})
