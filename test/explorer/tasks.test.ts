/** What the explorer is for: each task takes few keys and clicks, and its answer is then on the screen. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Locator, Page } from "playwright-core"
import * as Storage from "../../src/storage/Storage.js"
import { score, span, spanId, traceId } from "../../src/testing/Records.js"
import { describeBrowser, open, serve } from "../utils/browser.js"
import * as data from "../utils/explorerData.js"

/** Keys and clicks that a task may take. */
const most = 6

/** A page at the list of sessions, whose keys and clicks are counted. */
const started = (records: data.Records) =>
  Effect.gen(function* () {
    const { context, url } = yield* serve(Storage.layerMemory)
    yield* Effect.provide(data.insert(records), context)
    // A day has 24 hours there, whatever the day.
    const page = yield* open({ timezoneId: "UTC" })
    let actions = 0
    yield* Effect.promise(async () => {
      await page.goto(url)
      await page.waitForSelector(".row")
    })
    return {
      page,
      press: async (...keys: ReadonlyArray<string>) => {
        for (const key of keys) {
          actions++
          await page.keyboard.press(key)
        }
      },
      click: async (what: Locator) => {
        actions++
        await what.click()
      },
      /** Whether the task is done: in few actions, and with the answers to be read where they are, without scrolling. */
      isDone: async (...answers: ReadonlyArray<Locator>) => {
        for (const answer of answers) await isRead(page, answer)
        assert.isAtMost(actions, most)
      }
    }
  })

/** Waits until a text is on the screen, with nothing above it. */
const isRead = async (page: Page, answer: Locator): Promise<void> => {
  await answer.waitFor()
  const end = Date.now() + 5_000
  const isSeen = () =>
    answer.evaluate((element) => {
      const { height, left, top, width } = element.getBoundingClientRect()
      const found = element.ownerDocument.elementFromPoint(left + Math.min(width / 2, 40), top + height / 2)
      return found !== null && (element.contains(found) || found.contains(element))
    })
  while (!(await isSeen())) {
    assert.isBelow(Date.now(), end, `not on the screen: ${await answer.textContent()}`)
    await page.waitForTimeout(20)
  }
}

const day = 86_400_000
const nanos = (millis: number): bigint => BigInt(millis) * 1_000_000n

/** Turns of one session, a minute each: what was asked, and what came of it. */
const turns = (sessionId: string, start: number, all: ReadonlyArray<Parameters<typeof span>[0]>) =>
  all.flatMap((fields, i) => {
    const trace = traceId(0x1000 * sessionId.length + i + 1)
    const of = { sessionId, traceId: trace, startTime: nanos(start + i * 60_000) }
    return [
      span({ ...of, spanId: spanId(1), spanType: "agent_run", endTime: nanos(start + i * 60_000 + 5_000) }),
      span({
        ...of,
        spanId: spanId(2),
        parentSpanId: spanId(1),
        spanType: "model_generation",
        model: "large-model",
        inputTokens: 1_000,
        outputTokens: 20,
        costUsd: 0.001,
        endTime: nanos(start + i * 60_000 + 4_000),
        attributes: {
          "gen_ai.input.messages": [
            { role: "user", parts: [{ type: "text", content: `${i + 1}: ${"what about this? ".repeat(60)}` }] }
          ],
          "gen_ai.output.messages": [
            { role: "assistant", parts: [{ type: "text", content: `answer ${i + 1}. ${"It is so. ".repeat(120)}` }] }
          ]
        },
        ...fields
      })
    ]
  })

describeBrowser("somebody who looks for", () => {
  it.scopedLive("the sessions that failed yesterday, and why, finds them", () =>
    Effect.gen(function* () {
      const now = Date.now()
      const seeds = data.sessions(now)
      const yesterday = new Date(now - day).toISOString().slice(0, 10)
      const failed = seeds.spans.filter(
        ({ startTime, status }) =>
          status === "error" && new Date(Number(startTime / 1_000_000n)).toISOString().startsWith(yesterday)
      )
      const { click, isDone, page, press } = yield* started(seeds)
      yield* Effect.promise(async () => {
        await press("g", "d")
        const errors = page.getByRole("group", { name: /^Errors: arrows/ })
        await click(errors.getByRole("link", { name: new RegExp(`^${yesterday}: errors`) }))
        await page.waitForSelector(".row")
        const listed = await page
          .locator("[data-key]")
          .evaluateAll((rows) => rows.map((row) => row.getAttribute("data-key")))
        assert.isAbove(listed.length, 0)
        assert.sameMembers(listed, Array.from(new Set(failed.map(({ sessionId }) => sessionId ?? ""))))
        await press("j", "Enter")
        await page.waitForSelector("[data-turn]")
        await press("e")
        const why = failed.find(({ sessionId }) => sessionId === listed[0])?.statusMessage ?? ""
        await isDone(page.locator(".failure", { hasText: why }).first())
      })
    })
  )

  it.scopedLive("the most expensive turn, and what made it so, finds it", () =>
    Effect.gen(function* () {
      const now = Date.now()
      const spans = [
        ...turns("cheap", now - 3_600_000, [{ costUsd: 0.9 }, {}]),
        ...turns(
          "expensive",
          now - 7_200_000,
          Array.from({ length: 30 }, (_, i) => (i === 21 ? { inputTokens: 412_000, costUsd: 4.2 } : {}))
        )
      ]
      const { click, isDone, page, press } = yield* started({ spans, logs: [], scores: [] })
      yield* Effect.promise(async () => {
        await press("g", "d")
        await click(page.getByRole("region", { name: "Cost by: Session" }).getByRole("link").first())
        await page.waitForSelector("[data-turn]")
        await press("$")
        const turn = page.locator('[data-turn="22"]')
        await isDone(
          turn.locator(".turn-head").getByText("$4.20"),
          turn.locator(".call-facts").getByText("large-model"),
          turn.locator(".call-facts").getByText("412k → 20")
        )
        assert.match(
          (await turn.locator(".turn-head li:has(meter)").getAttribute("title")) ?? "",
          /, 99 % of the session$/
        )
      })
    })
  )

  it.scopedLive("what a user complained of, finds it", () =>
    Effect.gen(function* () {
      const start = Date.now() - 7_200_000
      const spans = turns(
        "long",
        start,
        Array.from({ length: 12 }, () => ({}))
      )
      const scores = [
        score({
          sessionId: "long",
          name: "thumbs",
          dataType: "boolean",
          value: 0,
          source: "user",
          comment: "That was not my question",
          time: nanos(start + 6 * 60_000 + 30_000)
        }),
        score({ sessionId: "long", name: "thumbs", dataType: "boolean", value: 1, time: nanos(start + 30_000) })
      ]
      const { click, isDone, page, press } = yield* started({ spans, logs: [], scores })
      yield* Effect.promise(async () => {
        await press("g", "d")
        await click(page.getByRole("link", { name: "That was not my question" }))
        await page.waitForSelector("[data-turn]")
        await press("e")
        const turn = page.locator('[data-turn="7"]')
        await isDone(
          turn.getByText("That was not my question"),
          turn.locator('[data-role="user"]').getByText(/^7: what about this/),
          turn.locator('[data-role="assistant"]').getByText(/^answer 7\./)
        )
      })
    })
  )
})
