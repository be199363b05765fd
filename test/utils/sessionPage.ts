/** The view of a session as a test reads it: raw, with all that is folded open. */
import type { Locator, Page } from "playwright-core"

export const address = (url: string, id: string, query: Record<string, string> = {}): string =>
  `${url}/session?${new URLSearchParams({ id, ...query })}`

/** By which all of a conversation is on the page, as it was recorded. */
export const recorded = { raw: "on", folds: "open" }

interface Entry {
  readonly role: string
  readonly parts: ReadonlyArray<
    | { readonly _tag: "Text"; readonly text: string }
    | { readonly _tag: "ToolUse"; readonly name: string; readonly arguments: unknown; readonly result?: string }
  >
}

// Texts, as the types of a browser are not those of the tests.

const reading = `Array.from(document.querySelectorAll("[data-turn] [data-role]"), (entry) => ({
  role: entry.getAttribute("data-role"),
  parts: Array.from(entry.querySelectorAll("[data-part]:not(.reasoning)"), (part) => {
    const textOf = (selector) => part.querySelector(selector)?.textContent ?? undefined
    const name = part.getAttribute("data-tool")
    if (name === null) return { _tag: "Text", text: part.textContent }
    const result = textOf("[data-result]")
    return { _tag: "ToolUse", name, arguments: JSON.parse(textOf("[data-arguments]")), ...(result !== undefined && { result }) }
  })
}))`

/** What was said, as the page shows it: without reasoning. */
export const entriesOn = (page: Page): Promise<ReadonlyArray<Entry>> => page.evaluate(reading)

/** Goes to an address of the page without loading it anew. */
export const go = (page: Page, url: string): Promise<void> =>
  page.evaluate(`history.pushState(null, "", ${JSON.stringify(url)}); dispatchEvent(new PopStateEvent("popstate"))`)

/** Waits until something is true on the page. Its policy lets nobody evaluate a text, `waitForFunction` neither. */
export const until = (page: Page, expression: string): Promise<void> =>
  page.evaluate(`new Promise((resolve, reject) => {
    const end = performance.now() + 10_000
    const look = () => {
      if (${expression}) resolve()
      else if (performance.now() > end) reject(new Error(${JSON.stringify(`never true: ${expression}`)}))
      else setTimeout(look, 20)
    }
    look()
  })`)

/** Waits for so many turns. */
export const waitForTurns = (page: Page, count: number): Promise<void> =>
  until(page, `document.querySelectorAll("[data-turn]").length === ${count}`)

/** Waits until something is on the screen. */
export const isSeen = (page: Page, selector: string): Promise<void> =>
  until(
    page,
    `(() => {
      const box = document.querySelector(${JSON.stringify(selector)})?.getBoundingClientRect()
      return box !== undefined && box.bottom > 0 && box.top >= 0 && box.top < innerHeight
    })()`
  )

/** What is read of something, on one line. */
export const textOf = (locator: Locator): Promise<string> =>
  // biome-ignore lint/performance/useDomNodeTextContent: what is read has spaces where the style puts them.
  locator.innerText().then((text) => text.replace(/\s+/g, " "))
