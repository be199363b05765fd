/** The keys of the page, in one registry: each view adds its own, and `?` shows all of them. */
import { signal } from "@preact/signals"
import { useLayoutEffect, useRef } from "preact/hooks"

export interface Key {
  /** As `"j"`, `"Enter"`, `"Escape"`, `"/"`, or two in a row: `"g s"`. */
  readonly keys: string
  readonly label: string
  /** `false` where it was not for this: another one may take it. */
  readonly run: () => unknown
}

interface Group {
  readonly title: string
  readonly keys: ReadonlyArray<Key>
}

/** The keys that are there: of two that are the same, those that were added last are taken. */
export const groups = signal<ReadonlyArray<Group>>([])

/** Adds keys as long as the component is there. */
export const useKeys = (title: string, keys: ReadonlyArray<Key>): void => {
  const latest = useRef(keys)
  latest.current = keys
  const names = keys.map(({ keys, label }) => `${keys} ${label}`).join("\n")
  // The keys of a view are there as soon as it is seen.
  useLayoutEffect(() => {
    const group: Group = {
      title,
      keys: latest.current.map((key, i) => ({ ...key, run: () => latest.current[i]?.run() }))
    }
    groups.value = [group, ...groups.peek()]
    return () => {
      groups.value = groups.peek().filter((other) => other !== group)
    }
  }, [title, names])
}

/** How long the second of two keys is waited for. */
const patience = 1_500
let first: { readonly key: string; readonly time: number } | undefined

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(?:INPUT|SELECT|TEXTAREA)$/.test(target.tagName))

/** Links and buttons have their own meaning of these, but for the link of a row, which is where the cursor is. */
const isPressed = (target: EventTarget | null, key: string): boolean =>
  (key === "Enter" || key === " ") &&
  target instanceof HTMLElement &&
  /^(?:A|BUTTON|SUMMARY)$/.test(target.tagName) &&
  !target.classList.contains("row-link")

export const listen = (): void =>
  document.addEventListener("keydown", (event) => {
    const { key, target } = event
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
    if (isPressed(target, key) || (isTyping(target) && key !== "Escape")) return
    const pair = first !== undefined && event.timeStamp - first.time < patience ? `${first.key} ${key}` : undefined
    first = undefined
    if ((pair !== undefined && runs(pair)) || runs(key)) return event.preventDefault()
    if (all().some(({ keys }) => keys.startsWith(`${key} `))) first = { key, time: event.timeStamp }
  })

const all = (): ReadonlyArray<Key> => groups.peek().flatMap(({ keys }) => keys)

const runs = (pressed: string): boolean => all().some(({ keys, run }) => keys === pressed && run() !== false)
