import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import type { SpanRecord } from "../../src/signal/SpanRecord.js"
import * as Storage from "../../src/storage/Storage.js"
import { type SpanFields, span, spanId, traceId } from "../../src/testing/Records.js"
import { describeBrowser, open, serve, until } from "../utils/browser.js"
import { go } from "../utils/sessionPage.js"

const start = BigInt(Date.now() - 3_600_000) * 1_000_000n
const minute = 60_000_000_000n
const largest = 2n ** 63n - 1n

/** A call of a model in a trace of its own, so many minutes after the first. */
const said = (n: number, at: number, text: string, fields: SpanFields = {}): SpanRecord =>
  span({
    sessionId: "told",
    traceId: traceId(n),
    spanId: spanId(n),
    name: `call ${n}`,
    spanType: "model_generation",
    startTime: start + BigInt(at) * minute,
    attributes: {
      "gen_ai.output.messages": JSON.stringify([{ role: "assistant", parts: [{ type: "text", content: text }] }])
    },
    ...fields
  })

/** Few characters of which a million cells would be made. */
const vast = (columns: number) => `|a${"|a".repeat(columns)}|\n|-${"|-".repeat(columns)}|\n${"b\n".repeat(columns)}`

const numbers = `{"id": 12345678901234567890, "text": "[1234567890123456789]", "part": 0.12345678901234567}`

const strange = [
  said(1, 0, vast(990), { sessionId: "strange", costUsd: 1e300 }),
  said(2, 1, vast(4_900), { sessionId: "strange", costUsd: Number.MAX_VALUE }),
  said(3, 2, numbers, { sessionId: "strange", costUsd: 1e-12 }),
  said(4, 3, "[link](javascript:window.pwned=1) <img src=x onerror=window.pwned=1>", { sessionId: "strange" }),
  // A clock that began at the epoch, one that was set back, and the ends of all time.
  span({ sessionId: "times", traceId: traceId(9), spanId: spanId(91), startTime: -largest, endTime: largest }),
  span({
    sessionId: "times",
    traceId: traceId(9),
    spanId: spanId(92),
    parentSpanId: spanId(91),
    startTime: 0n,
    endTime: -5n
  }),
  span({
    sessionId: "times",
    traceId: traceId(9),
    spanId: spanId(93),
    parentSpanId: spanId(92),
    startTime: largest,
    endTime: largest
  })
]

describeBrowser("what strangers and networks do", () => {
  it.scopedLive("shows numbers, tables and times that no page expects", () =>
    Effect.gen(function* () {
      const { url } = yield* serve(
        Layer.effectDiscard(Storage.insertSpans(strange)).pipe(Layer.provideMerge(Storage.layerMemory))
      )
      const page = yield* open()
      const shows = (address: string, what: string) =>
        Effect.promise(async () => {
          await page.goto(`${url}/${address}`)
          await page.locator(what).first().waitFor()
          assert.strictEqual(await page.getByText("This view failed").count(), 0, address)
        })
      yield* shows("", ".row")
      yield* shows("session?id=strange", "[data-turn='4']")
      assert.isBelow(yield* Effect.promise(() => page.locator("td").count()), 20_000)
      yield* shows("session?id=strange&turn=3", "text=12345678901234567890")
      yield* shows("session?id=strange&tab=timeline", "[data-turn-row='4']")
      yield* shows(`span?trace=${traceId(2)}&id=${spanId(2)}`, ".markdown")
      assert.isBelow(yield* Effect.promise(() => page.locator("td").count()), 20_000)
      yield* shows(`compare?ids=strange&ids=times`, "text=12345678901234567890")
      yield* shows(`compare?of=traces&ids=${traceId(1)}&ids=${traceId(2)}`, "text=call 1")
      yield* shows("dashboard", ".dash-panel")
      yield* shows(
        `trace?id=${traceId(9)}&path=on&from=9000000000000000000&to=9500000000000000000`,
        "text=All of the time"
      )
      assert.include(page.url(), "from=9000000000000000000")
      assert.strictEqual(yield* Effect.promise(() => page.evaluate("window.pwned")), undefined)
    })
  )

  it.scopedLive("shows nothing of a turn or a span under the name of another", () =>
    Effect.gen(function* () {
      const storage = yield* Layer.build(Storage.layerMemory)
      const { url } = yield* serve(Layer.succeedContext(storage))
      const insert = (...spans: ReadonlyArray<SpanRecord>) => Effect.provide(Storage.insertSpans(spans), storage)
      yield* insert(said(1, 0, "alpha"), said(2, 10, "beta"), said(3, 20, "gamma"))
      const page = yield* open({ expected: /Failed to load resource/ })
      const turns = (...words: ReadonlyArray<string>) =>
        Effect.promise(() =>
          until(
            page,
            `Array.from(document.querySelectorAll("[data-slot]"), (slot) => slot.innerText.match(/alpha|beta|gamma|late|again/)?.[0]).join() === "${words}"`
          )
        )
      yield* Effect.promise(() => page.goto(`${url}/session?id=told`))
      yield* turns("alpha", "beta", "gamma")
      yield* insert(said(4, 5, "late"))
      yield* turns("alpha", "late", "beta", "gamma")
      const { deleteBefore, deleteSession } = yield* Effect.provide(Storage.Storage, storage)
      yield* deleteBefore(start + 7n * minute)
      yield* turns("beta", "gamma")
      yield* deleteSession("told")
      yield* Effect.promise(() => page.getByText("There is no such session").waitFor())
      yield* insert(said(5, 30, "again"))
      yield* turns("again")

      // The first span is there, the second is refused.
      yield* insert(said(6, 40, "alpha"))
      yield* Effect.promise(async () => {
        await page.goto(`${url}/trace?id=${traceId(5)}&span=${spanId(5)}`)
        await page.locator(".span-panel").getByText("again", { exact: true }).waitFor()
        await page.route("**/api/getSpan", (route) => route.fulfill({ status: 413, body: "<h1>too large</h1>" }))
        await go(page, `${url}/trace?id=${traceId(6)}&span=${spanId(6)}`)
        await page.locator(".span-panel").getByText("status 413").waitFor()
        assert.notInclude(await page.locator(".span-panel").textContent(), "call 5")
        await page.unroute("**/api/getSpan")
        await page.locator(".span-panel").getByRole("button", { name: "Ask again" }).click()
        await page.locator(".span-panel").getByText("alpha", { exact: true }).waitFor()

        // What a turn says is refused, though the session is there: that stays to be seen.
        await page.route("**/api/sessionTranscript", (route) => route.fulfill({ status: 429, body: "slowly" }))
        await page.goto(`${url}/session?id=told`)
        await page.getByText("status 429").waitFor()
        await page.waitForResponse(/getSession$/)
        await page.waitForResponse(/getSession$/)
        assert.strictEqual(await page.getByText("status 429").count(), 1)
        await page.unroute("**/api/sessionTranscript")
        await page.getByRole("button", { name: "Ask again" }).click()
      })
      yield* turns("again", "alpha")
    })
  )
})
