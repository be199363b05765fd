/** Pages of the explorer in a real browser, against a real server. A page on which anything is amiss fails its test. */
import { existsSync } from "node:fs"
import { afterAll, assert, beforeAll, describe } from "@effect/vitest"
import axe from "axe-core"
import { Context, Effect, Layer, type Scope } from "effect"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"
import * as StorageServer from "../../src/server/StorageServer.js"
import type { Storage } from "../../src/storage/Storage.js"
import { serve as serveStorage } from "./remote.js"

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium"

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync"
]

let browser: Browser | undefined

/** Tests in a browser, one for each file: skipped by name where there is none, but not in CI. */
export const describeBrowser = (name: string, tests: () => void): void => {
  const isThere = existsSync(executablePath) || process.env["CI"] !== undefined
  // A page on a machine that does much else besides is slow.
  describe.skipIf(!isThere)(name, { timeout: 90_000 }, () => {
    beforeAll(async () => {
      browser ??= await chromium.launch({ executablePath, args: flags })
    })
    afterAll(async () => {
      await browser?.close()
      browser = undefined
    })
    tests()
  })
}

/** A server of a storage, until the scope closes, and the storage. */
export const serve = <E, R>(storage: Layer.Layer<Storage, E, R>, options: StorageServer.Options = {}) =>
  Effect.map(Layer.build(serveStorage(storage, options)), (context) => ({
    ...Context.get(context, StorageServer.StorageServer),
    context
  }))

interface Options extends BrowserContextOptions {
  /** Errors that are part of the test: of the console, as a server that is gone makes them. */
  readonly expected?: RegExp | undefined
}

/** A page that is watched, until the scope closes: 1280 pixels wide, in light and English, unless the options say else. */
export const open = ({ expected, ...options }: Options = {}): Effect.Effect<Page, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(async () => {
        const context = await (browser as Browser).newContext({
          viewport: { width: 1280, height: 800 },
          colorScheme: "light",
          locale: "en-GB",
          timezoneId: "Europe/Berlin",
          ...options
        })
        const page = await context.newPage()
        page.setDefaultTimeout(10_000)
        return { context, page, amiss: watch(page, expected) }
      }),
      ({ amiss, context }, exit) =>
        Effect.promise(async () => {
          await context.close()
          if (exit._tag === "Success") assert.deepStrictEqual(amiss, [])
        })
    ),
    ({ page }) => page
  )

/** What goes wrong on a page: errors, violations of the content security policy, requests to elsewhere. */
const watch = (page: Page, expected: RegExp | undefined): ReadonlyArray<string> => {
  const amiss: Array<string> = []
  const add = (text: string) => {
    if (expected === undefined || !expected.test(text)) amiss.push(text)
  }
  let origin: string | undefined
  page.on("pageerror", (error) => add(`error: ${error.stack ?? error.message}`))
  page.on("console", (message) => {
    // Of an answer that is no page, such as a refusal, the browser asks the origin for an icon, sooner or later.
    if (message.location().url.endsWith("/favicon.ico")) return
    if (message.type() === "error" || message.type() === "warning") add(`${message.type()}: ${message.text()}`)
  })
  page.on("dialog", (dialog) => {
    add(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on("popup", (popup) => add(`popup: ${popup.url()}`))
  page.on("request", (request) => {
    const url = new URL(request.url())
    if (url.protocol === "data:") return
    origin ??= url.origin
    if (url.origin !== origin) add(`request to ${request.url()}`)
  })
  return amiss
}

/** What axe finds wrong on the page, by WCAG 2.1 A and AA, each with the first place of it. */
export const axeOf = (page: Page): Promise<ReadonlyArray<string>> =>
  page.evaluate(axe.source).then(() =>
    page.evaluate(async () => {
      const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run({
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
      })
      return violations.map(
        ({ help, id, nodes }) => `${id}: ${help}: ${nodes[0]?.html} ${nodes[0]?.failureSummary ?? ""}`
      )
    })
  )

/** How far the page can be scrolled sideways: 0 where all of it fits. */
export const overflowOf = (page: Page): Promise<number> =>
  page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")

/** Waits until an expression holds on the page. What Playwright waits with is evaluated in the page, which its policy forbids. */
export const until = async (page: Page, expression: string): Promise<void> => {
  const end = Date.now() + 10_000
  while (!(await page.evaluate(expression).catch(() => false))) {
    if (Date.now() > end) throw new Error(`after 10 s, this does not hold: ${expression}`)
    await page.waitForTimeout(20)
  }
}
