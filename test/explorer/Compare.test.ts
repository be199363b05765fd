import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import * as Storage from "../../src/storage/Storage.js"
import { axeOf, describeBrowser, open, overflowOf, serve } from "../utils/browser.js"
import { conventions } from "../utils/explorerConventions.js"
import * as data from "../utils/explorerData.js"

const seeded = Effect.gen(function* () {
  const { context, url } = yield* serve(Storage.layerMemory)
  const seeds = data.sessions(Date.now())
  yield* Effect.provide(data.insert(seeds), context)
  return { context, seeds, url }
})

const of = (url: string, ...ids: ReadonlyArray<string>) =>
  `${url}/compare?${ids.map((id) => `ids=${encodeURIComponent(id)}`).join("&")}`

/** By the name of a sum: that of the first, that of the second, and what the second has more. */
const sumsOf = async (page: Page): Promise<{ readonly [name: string]: ReadonlyArray<string> }> => {
  const rows = await Promise.all(
    (await page.locator(".sums tr").all()).map((row) => row.locator("th, td").allTextContents())
  )
  const [names = [], ...sides] = rows
  return Object.fromEntries(names.slice(1).map((name, i) => [name, sides.map((cells) => cells[i + 1] ?? "")]))
}

const numbers = new Intl.NumberFormat("en-US")

describeBrowser("the comparison", () => {
  it.scopedLive("of two sessions has their sums, and what the second has more", () =>
    Effect.gen(function* () {
      const { context, url } = yield* seeded
      const page = yield* open()
      const sessions = yield* Effect.provide(
        Effect.forEach([data.named.failed, "support-0008"], (id) => Storage.getSession(id)),
        context
      )
      const [a, b] = sessions.map((session) => (session._tag === "Some" ? session.value : undefined))
      if (a === undefined || b === undefined) return assert.fail("the sessions are there")
      yield* Effect.promise(async () => {
        await page.goto(of(url, a.sessionId, b.sessionId))
        await page.waitForSelector(".pair")
        const sums = await sumsOf(page)
        const signed = (value: number) =>
          value === 0 ? "=" : `${value > 0 ? "+" : "−"}${numbers.format(Math.abs(value))}`
        for (const [label, name] of [
          ["Turns", "turns"],
          ["Spans", "spans"],
          ["Errors", "errors"],
          ["Input", "inputTokens"],
          ["Output", "outputTokens"]
        ] as const) {
          assert.deepStrictEqual(sums[label], [
            numbers.format(a[name]),
            numbers.format(b[name]),
            signed(b[name] - a[name])
          ])
        }
        const cost = (value: number) => `$${value.toFixed(9).replace(/0{1,7}$/, "")}`
        assert.deepStrictEqual(sums["Cost"]?.slice(0, 2), [cost(a.costUsd), cost(b.costUsd)])
      })
    })
  )

  it.scopedLive("puts turns that ask the same side by side, and tells what differs", () =>
    Effect.gen(function* () {
      const { url } = yield* seeded
      const page = yield* open()
      yield* Effect.promise(async () => {
        // The same conversation by two conventions: nothing differs in words and tools.
        await page.goto(of(url, data.named.convention(conventions[0]), data.named.convention(conventions[1])))
        await page.waitForSelector(".pair")
        assert.strictEqual(await page.getByText("same answer").count(), 2)
        assert.strictEqual(await page.getByText("same tools").count(), 2)
        assert.strictEqual(await page.locator(".pair :is(del, ins)").count(), 0)
        await page.goto(of(url, "support-0000", "support-0005"))
        await page.waitForSelector(".pair")
        const asked = await Promise.all(
          (await page.locator(".pair").all()).map((pair) => pair.locator(".pair-asked").allTextContents())
        )
        const same = asked.filter((pair) => pair.length === 2)
        assert.isAbove(same.length, 0)
        assert.isTrue(same.some(([a, b]) => a === b))
        // What is marked is what the other side lacks; without the marks both sides say the same.
        const unmarked = (await page.evaluate(`Array.from(document.querySelectorAll(".pair"), (pair) =>
          Array.from(pair.querySelectorAll(".pair-answer"), (answer) =>
            Array.from(answer.childNodes, (node) => (node.nodeName === "#text" ? node.data : "")).join("")
          ))`)) as ReadonlyArray<ReadonlyArray<string>>
        for (const [a, b = a] of unmarked) assert.strictEqual(a, b)
        assert.isAbove(await page.locator(".changes li").count(), 0)
        // Each turn leads to its trace.
        await page.locator(".pair-facts a").first().click()
        await page.waitForURL(/\/trace\?/)
        await page.goBack()
        await page.waitForSelector(".pair")
      })
    })
  )

  it.scopedLive("is of two that are chosen in the list, by a key or by links", () =>
    Effect.gen(function* () {
      const { url } = yield* seeded
      const page = yield* open()
      yield* Effect.promise(async () => {
        await page.goto(url)
        await page.waitForSelector(".row")
        await page.keyboard.press("j")
        await page.waitForURL(/at=/)
        await page.keyboard.press("c")
        await page.waitForURL(/pick=/)
        const first = new URL(page.url()).searchParams.get("pick")
        await page.keyboard.press("j")
        await page.waitForURL(({ searchParams }) => searchParams.get("at") !== first)
        const second = new URL(page.url()).searchParams.get("at")
        await page.keyboard.press("c")
        await page.waitForURL(/\/compare\?/)
        assert.deepStrictEqual(new URL(page.url()).searchParams.getAll("ids"), [first, second])
        await page.waitForSelector(".sums")
        await page.keyboard.press("x")
        await page.waitForURL(({ searchParams }) => searchParams.get("ids") === second)
        await page.goBack()
        await page.waitForURL(({ searchParams }) => searchParams.get("ids") === first)

        await page.goto(`${url}/compare`)
        await page.getByRole("link", { name: "Choose two among the sessions" }).click()
        await page.waitForSelector(".row")
        await page.getByText("Choose the first session").waitFor()
        await page.locator(".row").nth(2).click()
        await page.getByText("Choose the session to compare with").waitFor()
        await page.locator(".row").nth(3).click()
        await page.waitForURL(/\/compare\?ids=.*&ids=/)
        await page.waitForSelector(".pair")

        await page.getByLabel("A", { exact: true }).fill("support-0001")
        await page.getByLabel("B", { exact: true }).fill("support-0002")
        await page.keyboard.press("Enter")
        await page.waitForURL(/ids=support-0001&ids=support-0002/)
      })
    })
  )

  it.scopedLive("is of two traces that are chosen in their list, or of the one that is shown", () =>
    Effect.gen(function* () {
      const { url } = yield* seeded
      const page = yield* open()
      const query = () => new URL(page.url()).searchParams
      yield* Effect.promise(async () => {
        await page.goto(`${url}/compare?of=traces`)
        await page.getByRole("link", { name: "Choose two among the traces" }).click()
        await page.getByText("Choose the first trace").waitFor()
        await page.locator(".row").nth(1).click()
        await page.getByText("Choose the trace to compare with").waitFor()
        const first = query().get("pick")
        await page.locator(".row").nth(2).click()
        await page.waitForURL(/\/compare\?/)
        await page.waitForSelector(".sums")
        const [a, b] = query().getAll("ids")
        assert.deepStrictEqual([query().get("of"), a], ["traces", first])

        await page.goto(`${url}/trace?id=${b}`)
        await page.getByRole("link", { name: "Compare with…" }).click()
        await page.waitForSelector(".row")
        await page.locator(`[data-key="${a}"]`).click()
        await page.waitForURL(/\/compare\?/)
        assert.deepStrictEqual(query().getAll("ids"), [b, a])
        await page.getByRole("link", { name: "Compare A with…" }).click()
        await page.getByText("Choose the trace to compare with").waitFor()
        assert.strictEqual(query().get("pick"), b)

        await page.goto(`${url}/session?id=support-0001`)
        await page.getByRole("link", { name: "Compare with…" }).click()
        await page.locator('[data-key="support-0002"]').click()
        await page.waitForSelector(".pair")
        assert.deepStrictEqual(query().getAll("ids"), ["support-0001", "support-0002"])
      })
    })
  )

  it.scopedLive("goes from turn to turn by keys", () =>
    Effect.gen(function* () {
      const { url } = yield* seeded
      const page = yield* open()
      yield* Effect.promise(async () => {
        await page.goto(of(url, "support-0000", "support-0004"))
        await page.waitForSelector(".pair")
        await page.keyboard.press("j")
        await page.waitForURL(/at=0/)
        assert.strictEqual(await page.locator(".pair[aria-current]").count(), 1)
        await page.keyboard.press("j")
        await page.waitForURL(/at=1/)
        await page.keyboard.press("k")
        await page.waitForURL(/at=0/)
        await page.keyboard.press("n")
        await page.waitForURL(/at=[1-9]/)
      })
    })
  )

  it.scopedLive("of two traces has one tree with the durations of both", () =>
    Effect.gen(function* () {
      const { seeds, url } = yield* seeded
      const page = yield* open()
      const traces = ["support-0000", "support-0004"].map(
        (id) => seeds.spans.find(({ sessionId }) => sessionId === id)?.traceId ?? ""
      )
      const [a = [], b = []] = traces.map((id) => seeds.spans.filter(({ traceId }) => traceId === id))
      yield* Effect.promise(async () => {
        await page.goto(`${url}/compare?of=traces&ids=${traces.join("&ids=")}`)
        await page.waitForSelector(".row")
        const sums = await sumsOf(page)
        assert.deepStrictEqual(sums["Spans"]?.slice(0, 2), [String(a.length), String(b.length)])
        const rows = await page
          .locator(".row")
          .evaluateAll((rows) =>
            rows.map((row) => [".cell-a", ".cell-b"].map((name) => row.querySelector(name)?.textContent !== "–"))
          )
        assert.strictEqual(rows.filter(([inA]) => inA).length, a.length)
        assert.strictEqual(rows.filter(([, inB]) => inB).length, b.length)
        await page.locator(".row .row-link").first().click()
        await page.waitForURL(/\/trace\?/)
        assert.strictEqual(new URL(page.url()).searchParams.get("id"), traces[0])
      })
    })
  )

  it.scopedLive("says which of them is not there", () =>
    Effect.gen(function* () {
      const { url } = yield* seeded
      const page = yield* open()
      yield* Effect.promise(async () => {
        await page.goto(of(url, "support-0000", "nobody <b>"))
        await page.getByText("There is no such session").waitFor()
        await page.getByText("nobody <b>").waitFor()
        assert.deepStrictEqual(await axeOf(page), [])
        await page.goto(`${url}/compare?of=traces&ids=${"0".repeat(31)}1&ids=${"0".repeat(31)}2`)
        await page.getByText("There is no such trace").waitFor()
        await page.goto(of(url, "only-one"))
        await page.getByText("Which sessions?").waitFor()
      })
    })
  )

  it.scopedLive("shows what strangers wrote as text, and fits everywhere", () =>
    Effect.gen(function* () {
      const { context, seeds, url } = yield* seeded
      yield* Effect.provide(data.insert(data.hostile(Date.now())), context)
      const traces = ["support-0003", "support-0008"].map(
        (id) => seeds.spans.find(({ sessionId, status }) => sessionId === id && status === "error")?.traceId ?? ""
      )
      for (const [width, theme] of [
        [1280, "light"],
        [390, "dark"]
      ] as const) {
        const page = yield* open({ viewport: { width, height: 800 } })
        yield* Effect.promise(async () => {
          for (const ids of [
            ["a/b/../c", "<script>window.pwned=1</script>"],
            [data.heavyId, "__proto__"],
            [data.named.long, "support-0003"]
          ] as const) {
            await page.goto(`${of(url, ...ids)}&theme=${theme}`)
            await page.waitForSelector(".pair")
            assert.deepStrictEqual(await axeOf(page), [])
            assert.strictEqual(await overflowOf(page), 0)
            assert.isUndefined(await page.evaluate("window.pwned"))
          }
          await page.goto(`${url}/compare?of=traces&theme=${theme}&ids=${traces.join("&ids=")}`)
          await page.waitForSelector(".row, .card")
          assert.deepStrictEqual(await axeOf(page), [])
          assert.strictEqual(await overflowOf(page), 0)
          await page.goto(`${url}/compare?theme=${theme === "light" ? "dark" : "light"}`)
          await page.getByText("Which sessions?").waitFor()
          assert.deepStrictEqual(await axeOf(page), [])
        })
      }
    })
  )
})
