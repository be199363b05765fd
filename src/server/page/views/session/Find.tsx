/** Above a conversation: what is looked for in it, and how it is shown. */
import { useEffect, useRef } from "preact/hooks"
import { href, navigate, route as present, type RouteOf } from "../../state/address.js"
import { useKeys } from "../../state/keys.js"
import { count } from "../../state/numbers.js"
import type { Match } from "./find.js"
import { type Marks, otherFolds, otherRaw } from "./shown.js"

interface Props {
  readonly route: RouteOf<"session">
  readonly matches: ReadonlyArray<Match>
  readonly match: number
  readonly isWhole: boolean
  readonly marks: Marks
}

/** How long one must rest from typing before it is looked for. */
const restMillis = 150

export const Find = ({ isWhole, marks, match, matches, route }: Props) => {
  const input = useRef<HTMLInputElement>(null)
  const timer = useRef<number | undefined>(undefined)
  useEffect(() => () => window.clearTimeout(timer.current), [])
  useKeys("Find", [{ keys: "f", label: "find in the conversation", run: () => input.current?.select() }])
  const { find = "" } = route
  // What is typed stays as it is: another text of the address alone, as after back, is put in its place.
  const looked = useRef(find)
  useEffect(() => {
    if (input.current !== null && find !== looked.current) input.current.value = find
    looked.current = find
  }, [find])
  const look = (text: string) => {
    looked.current = text
    const now = present.peek()
    if (now.view !== "session" || text === (now.find ?? "")) return
    navigate({ ...now, find: text === "" ? undefined : text, match: undefined }, { replace: true })
  }
  const { length } = matches
  const place = Math.min(match, length)
  const to = (by: number): RouteOf<"session"> => {
    const next = ((place - 1 + by + length) % Math.max(1, length)) + 1
    return { ...route, match: next, turn: matches[next - 1]?.turn }
  }
  return (
    <div class="find" role="toolbar" aria-label="The conversation">
      <input
        ref={input}
        type="search"
        aria-label="Find in the conversation"
        placeholder="Find in the conversation"
        defaultValue={find}
        maxLength={500}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => {
          const { value } = event.currentTarget
          window.clearTimeout(timer.current)
          timer.current = window.setTimeout(() => look(value), restMillis)
        }}
        onKeyDown={(event) => {
          if (event.key === "Escape") event.currentTarget.blur()
          if (event.key !== "Enter") return
          event.preventDefault()
          window.clearTimeout(timer.current)
          if (event.currentTarget.value !== find) look(event.currentTarget.value)
          else if (length > 0) navigate(to(event.shiftKey ? -1 : 1), { replace: true })
        }}
      />
      {find !== "" && (
        <span class="find-count" role="status">
          {length === 0 ? (isWhole ? "not found" : "looking …") : `${count(place)} of ${count(length)}`}
          {length > 0 && !isWhole && " …"}
        </span>
      )}
      {length > 0 && (
        <>
          <a class="tool" data-replace="" href={href(to(-1))} aria-label="Previous place">
            ↑
          </a>
          <a class="tool" data-replace="" href={href(to(1))} aria-label="Next place">
            ↓
          </a>
        </>
      )}
      <span class="find-tools">
        {marks.error !== undefined && (
          <a class="tool tool-bad" href={href({ ...route, turn: marks.error })} title="Next error or complaint (e)">
            Next problem
          </a>
        )}
        {marks.dearest !== undefined && (
          <a class="tool" href={href({ ...route, turn: marks.dearest })} title="Turn that cost most ($)">
            Most expensive
          </a>
        )}
        <a
          class="tool"
          data-replace=""
          aria-current={route.raw === "on" ? "true" : undefined}
          href={href({ ...route, raw: otherRaw(route) })}
          title="Texts as they are recorded (r)"
        >
          Raw
        </a>
        <a
          class="tool"
          data-replace=""
          aria-current={route.folds === "open" ? "true" : undefined}
          href={href({ ...route, folds: otherFolds(route) })}
          title="All that is folded (x)"
        >
          Unfold
        </a>
      </span>
    </div>
  )
}
