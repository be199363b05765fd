import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Storage from "../../src/storage/Storage.js"
import { at, span } from "../../src/testing/Records.js"
import { describeBrowser, open, serve } from "../utils/browser.js"

describeBrowser("the view of sessions", () => {
  it.scopedLive("lists the sessions, those first that were active last", () =>
    Effect.gen(function* () {
      const { context, url } = yield* serve(Storage.layerMemory)
      yield* Effect.provide(
        Storage.insertSpans([
          span({ sessionId: "first", startTime: at(1) }),
          span({ sessionId: "second", startTime: at(2) })
        ]),
        context
      )
      const page = yield* open()
      yield* Effect.promise(async () => {
        await page.goto(url)
        await page.waitForSelector(".row")
        assert.deepStrictEqual(await page.locator(".row .said-in").allTextContents(), ["second", "first"])
      })
    })
  )
})
