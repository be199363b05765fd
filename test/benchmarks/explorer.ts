/**
 * The explorer in a real browser, as fast as that is: nothing is throttled. Views are found by
 * `[data-view="sessions"] [role="row"]`, `[data-view="trace"] [role="treeitem"]` and `[data-view="session"] [data-turn]`.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { request } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Effect, Layer } from "effect"
import { Observability } from "effect-observability"
import { DuckDbStorage } from "effect-observability/duckdb"
import { StorageServer } from "effect-observability/server"
import { type Browser, chromium, type Page } from "playwright-core"
import * as data from "../utils/explorerData.js"
import { withFile } from "./answersSessions.js"
import { type Figure, figure, inProcess, median, quantile, type Suite, spansOr } from "./harness.js"

const rows = '[data-view="sessions"] [role="row"]'
const treeItems = '[data-view="trace"] [role="treeitem"]'
const turns = '[data-view="session"] [data-turn]'

const spans = spansOr(1_000_000)
const rounds = 7
const treeSpans = 20_000
const treeBytes = 10_000
const now = Date.UTC(2026, 0, 1)

// Where it runs

/** A server of a file, into which something is put before. */
const withServer = <A>(
  path: string,
  fill: ReturnType<typeof data.insert> | undefined,
  use: (url: string) => Promise<A>
): Promise<A> => {
  const live = StorageServer.layer({ port: 0 }).pipe(
    Layer.provide(Observability.layerExportOnly({ serviceName: "bench", exporters: [] })),
    Layer.provideMerge(DuckDbStorage.layer({ path }))
  )
  return Effect.gen(function* () {
    if (fill !== undefined) yield* fill
    const { url } = yield* StorageServer.StorageServer
    return yield* Effect.promise(() => use(url))
  }).pipe(Effect.provide(live), Effect.runPromise)
}

const inFolder = async <A>(use: (path: string) => Promise<A>): Promise<A> => {
  const folder = mkdtempSync(join(tmpdir(), "effect-observability-explorer-"))
  return use(join(folder, "spans.duckdb")).finally(() => rmSync(folder, { recursive: true }))
}

const withBrowser = async <A>(use: (browser: Browser) => Promise<A>): Promise<A> => {
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
  })
  return use(browser).finally(() => browser.close())
}

/** Goes to an address with nothing kept, and gives the page, and the milliseconds from there until it shows something. */
const opened = async (browser: Browser, url: string, selector: string): Promise<{ page: Page; millis: number }> => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  await page.addInitScript({
    content: `new MutationObserver((_, observer) => {
      if (document.querySelector(${JSON.stringify(selector)}) === null) return
      observer.disconnect()
      requestAnimationFrame(() => setTimeout(() => { window.shownAfter = performance.now() }))
    }).observe(document, { childList: true, subtree: true })`
  })
  await page.goto(url, { waitUntil: "commit" })
  await page.locator(selector).first().waitFor({ timeout: 60_000 })
  const shown = `new Promise((resolve) => {
    const look = () => (window.shownAfter === undefined ? requestAnimationFrame(look) : resolve(window.shownAfter))
    look()
  })`
  return { page, millis: await page.evaluate<number>(shown) }
}

const timesOf = async (browser: Browser, url: string, selector: string): Promise<ReadonlyArray<number>> => {
  const times: Array<number> = []
  for (let round = 0; round < rounds; round++) {
    const { millis, page } = await opened(browser, url, selector)
    times.push(millis)
    await page.context().close()
  }
  return times
}

/** The bytes of an answer as they are sent, compressed. */
const bytesOf = (url: string, body?: object): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = { "accept-encoding": "gzip", "content-type": "application/json" }
    const asked = request(url, { method: body === undefined ? "GET" : "POST", headers }, (answer) => {
      let bytes = 0
      answer.on("data", (chunk: Buffer) => {
        bytes += chunk.length
      })
      answer.on("end", () =>
        answer.statusCode === 200 ? resolve(bytes) : reject(new Error(`${url} answers ${answer.statusCode}`))
      )
    })
    asked.on("error", reject)
    asked.end(body === undefined ? undefined : JSON.stringify(body))
  })

// Tasks

/** All scripts and styles, those that are loaded later among them. */
const bytes = () =>
  inFolder((path) =>
    withServer(path, undefined, async (url) => {
      const module = fileURLToPath(new URL("../../dist/server/internal/page.js", import.meta.url))
      const { files } = (await import(module)) as { readonly files: ReadonlyArray<{ readonly name: string }> }
      let sum = 0
      for (const { name } of files) if (/\.(?:js|css)$/.test(name)) sum += await bytesOf(`${url}/${name}`)
      return sum
    })
  )

const sessions = () =>
  withFile(spans, (path) =>
    withServer(path, undefined, (url) =>
      withBrowser(async (browser) => {
        const [first = 0, ...others] = await timesOf(browser, `${url}/`, rows)
        return { first, median: median(others) }
      })
    )
  )

/** Scrolls whatever scrolls the rows, a screen in two frames, and gives how long each frame took. */
const scrolling = `new Promise((resolve) => {
  let box = document.querySelector(${JSON.stringify(treeItems)})
  while (box !== null && !(box.scrollHeight > box.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(box).overflowY))) {
    box = box.parentElement
  }
  box ??= document.scrollingElement
  const from = box.scrollTop
  const frames = []
  let last = performance.now()
  const step = (now) => {
    frames.push(now - last)
    last = now
    box.scrollTop += 400
    if (frames.length < 300) requestAnimationFrame(step)
    else resolve({ frames: frames.slice(1), way: box.scrollTop - from })
  }
  requestAnimationFrame(step)
})`

const traceOf = (spans: number, bytes: number) =>
  inFolder((path) =>
    withServer(path, data.insertBigTrace(now, spans, bytes), (url) =>
      withBrowser(async (browser) => {
        const address = `${url}/trace?id=${data.big.traceId}`
        const times = await timesOf(browser, address, treeItems)
        const { page } = await opened(browser, address, treeItems)
        const client = await page.context().newCDPSession(page)
        const { frames, way } = await page.evaluate<{ readonly frames: ReadonlyArray<number>; readonly way: number }>(
          scrolling
        )
        if (way < 10_000) throw new Error(`the tree scrolled by ${way} pixels`)
        // What the page holds, and what it had not let go of yet.
        const { usedSize } = await client.send("Runtime.getHeapUsage")
        await client.send("HeapProfiler.collectGarbage")
        const held = await client.send("Runtime.getHeapUsage")
        return {
          millis: median(times),
          frame: quantile(frames, 0.99),
          used: usedSize / 2 ** 20,
          held: held.usedSize / 2 ** 20,
          sent: await bytesOf(`${url}/api/traceOutline`, { traceId: data.big.traceId })
        }
      })
    )
  )

const trace = () => traceOf(treeSpans, treeBytes)

/** As many spans as the tree has at most. */
const largestTrace = () => traceOf(100_000, 1_000)

const conversation = () =>
  inFolder((path) =>
    withServer(path, data.insert(data.longConversation(now)), (url) =>
      withBrowser(async (browser) => median(await timesOf(browser, `${url}/session?id=two-hundred-turns`, turns)))
    )
  )

export const tasks: Suite["tasks"] = { bytes, sessions, trace, largestTrace, conversation }

export const run: Suite["run"] = async (): Promise<ReadonlyArray<Figure>> => {
  const task = <A>(name: string) => inProcess<A>("explorer", name)
  const size = await task<number>("bytes")
  const listed = await task<Awaited<ReturnType<typeof sessions>>>("sessions")
  const tree = await task<Awaited<ReturnType<typeof trace>>>("trace")
  const largest = await task<Awaited<ReturnType<typeof largestTrace>>>("largestTrace")
  const said = await task<number>("conversation")
  const of = `a trace of ${treeSpans.toLocaleString("en")} spans of ${treeBytes / 1_000} kB`
  return [
    figure("all scripts and styles, gzip", size / 1_000, "kB", { target: { atMost: 90 } }),
    figure(`sessions of ${spans.toLocaleString("en")} spans: from navigation to rows`, listed.median, "ms", {
      target: { atMost: 500 }
    }),
    figure("the same, of a server that was asked nothing before", listed.first, "ms"),
    figure(`${of}: from navigation to its tree`, tree.millis, "ms", { target: { atMost: 1_500 } }),
    figure("the same: memory, with what is not yet collected", tree.used, "MiB", { target: { atMost: 250 } }),
    figure("the same: memory that it holds", tree.held, "MiB"),
    figure("the same: its answer, gzip", tree.sent / 1e6, "MB", { target: { atMost: 6 } }),
    figure("scrolling it: a frame, p99", tree.frame, "ms", { target: { atMost: 50 } }),
    figure("a trace of 100,000 spans of 1 kB: from navigation to its tree", largest.millis, "ms"),
    figure("the same: memory that it holds", largest.held, "MiB"),
    figure("scrolling it: a frame, p99", largest.frame, "ms"),
    figure("a conversation of 200 turns: from navigation to its first turns", said, "ms", { target: { atMost: 800 } })
  ]
}
