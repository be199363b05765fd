/** The conversation as it was: turn by turn, with a list of the turns beside it, and what is found in it marked. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks"
import { href, navigate, type RouteOf } from "../../state/address.js"
import { useKeys } from "../../state/keys.js"
import { isNarrow } from "../../state/narrow.js"
import { count as counted, some } from "../../state/numbers.js"
import { Find } from "./Find.js"
import { type Match, mark, matchesIn } from "./find.js"
import { Rail } from "./Rail.js"
import { type Marks, otherFolds, otherRaw } from "./shown.js"
import { Asides, TurnView } from "./TurnView.js"
import type { TabProps, Told, ToldTurn } from "./told.js"

type Route = RouteOf<"session">

export const Conversation = ({ route, told }: TabProps) => {
  const turns = told.turns.value
  const { count } = told
  const { find = "", folds, match = 1, raw } = route
  const box = useRef<HTMLDivElement>(null)
  const matches = useMemo(() => matchesIn(turns, find), [turns, find])
  const found = matches[Math.min(match, matches.length) - 1]
  const { at, go, toEnd, unseen } = usePlace(route, told, box)
  useMatch(box, matches, found, find)
  const marks = useMarks(route, told, at, matches, match, go)
  const total = told.summary.value?.costUsd ?? 0

  useEffect(() => {
    if (find !== "") told.wantAll()
  }, [find, told])

  return (
    <div class="conversation-frame">
      <Rail route={route} turns={turns} count={count} at={at} total={total} isFolded={isNarrow.value} />
      <div class="conversation-main">
        <Find route={route} matches={matches} match={match} isWhole={told.isWhole} marks={marks} />
        <div class="conversation" ref={box} role="region" aria-label="Conversation" tabIndex={0}>
          <Asides items={told.before.value} turn={1} />
          {count === 0 && (
            <p class="quiet conversation-none">
              No span of the session is stored: <a href={href({ ...route, tab: "logs" })}>its logs</a> may tell more.
            </p>
          )}
          {Array.from({ length: count }, (_, i) => {
            const number = i + 1
            const turn = turns.get(number)
            return (
              <Slot
                key={number}
                number={number}
                told={turn}
                isCurrent={route.turn === number}
                isRaw={raw === "on"}
                isOpen={folds === "open"}
                match={found?.turn === number ? found : undefined}
                share={total > 0 ? Math.min(1, (turn?.turn.costUsd ?? 0) / total) : 0}
              />
            )
          })}
        </div>
        {unseen > 0 && (
          <button type="button" class="unseen unseen-below" onClick={toEnd}>
            {some(unseen, "new turn")} ↓
          </button>
        )}
      </div>
    </div>
  )
}

interface SlotProps extends Omit<Parameters<typeof TurnView>[0], "told"> {
  readonly number: number
  readonly told: ToldTurn | undefined
}

/** The place of a turn, which is there before the turn is. */
const Slot = ({ number, told, ...shown }: SlotProps) => (
  <div class="slot" data-slot={number}>
    {told === undefined ? (
      <p class="turn turn-awaited" aria-hidden="true">
        Turn {counted(number)}
      </p>
    ) : (
      <TurnView told={told} {...shown} />
    )}
  </div>
)

type Box = { readonly current: HTMLElement | null }

const slotOf = (box: Box, number: number): HTMLElement | null =>
  box.current?.querySelector<HTMLElement>(`[data-slot="${number}"]`) ?? null

/** How long one must rest before the address says where: browsers take few changes of it a second. */
const restMillis = 200

/** Where one reads: the address says the turn, and goes along as one scrolls. */
const usePlace = (route: Route, told: Told, box: Box) => {
  const turns = told.turns.value
  const { count } = told
  const latest = useRef(route)
  latest.current = route
  /** The turn that is scrolled to until it is there. */
  const awaited = useRef<number | undefined>(route.turn)
  /** The turn that the address says, and that is on the screen. */
  const settled = useRef<number | undefined>(undefined)
  const [known, know] = useState(0)

  const look = () => {
    const { first, isAtEnd, last } = visibleIn(box, told.count)
    told.want(last)
    told.want(first)
    if (isAtEnd) know(told.count)
    return { first, last }
  }

  useEffect(() => {
    let timer: number | undefined
    const onScroll = () => {
      look()
      window.clearTimeout(timer)
      timer = window.setTimeout(() => {
        const { first, last } = look()
        const { turn = 1 } = latest.current
        told.seen = first
        if ((turn >= first && turn <= last) || awaited.current !== undefined) return
        settled.current = first
        navigate({ ...latest.current, turn: first }, { replace: true })
      }, restMillis)
    }
    document.addEventListener("scroll", onScroll, { capture: true, passive: true })
    return () => {
      window.clearTimeout(timer)
      document.removeEventListener("scroll", onScroll, { capture: true })
    }
  }, [told])

  useLayoutEffect(() => {
    if (route.turn === settled.current) return
    settled.current = route.turn
    if (route.turn === undefined) return
    awaited.current = route.turn
    told.seen = route.turn
    told.want(route.turn)
  }, [route.turn, told])

  useLayoutEffect(() => {
    const { current: number } = awaited
    if (number !== undefined && count > 0) {
      told.want(number)
      slotOf(box, Math.min(number, count))?.scrollIntoView({ block: "start" })
      if (turns.has(number) || number > count) awaited.current = undefined
    }
    look()
  }, [turns, count, route.turn])

  const go = (number: number, more: Partial<Route> = {}) => {
    if (count === 0) return false
    const turn = Math.max(1, Math.min(count, number))
    settled.current = undefined
    navigate({ ...latest.current, ...more, turn }, { replace: true })
    if (latest.current.turn === turn) slotOf(box, turn)?.scrollIntoView({ block: "start" })
    return true
  }
  return {
    at: route.turn ?? 1,
    go,
    unseen: known === 0 ? 0 : Math.max(0, count - known),
    toEnd: () => go(count)
  }
}

/** The turns that are on the screen. Slots follow each other, so that half of them need no look. */
const visibleIn = (box: Box, count: number) => {
  const element = box.current
  if (element === null || count === 0) return { first: 1, last: 1, isAtEnd: true }
  const own = element.getBoundingClientRect()
  const view = element.closest(".view")?.getBoundingClientRect() ?? own
  const [top, bottom] = [Math.max(own.top, view.top), Math.min(own.bottom, view.bottom)]
  const slots = element.querySelectorAll<HTMLElement>("[data-slot]")
  const after = (edge: number, side: "top" | "bottom") => {
    let [low, high] = [0, slots.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((slots[middle] as HTMLElement).getBoundingClientRect()[side] > edge) high = middle
      else low = middle + 1
    }
    return low
  }
  const first = Math.min(count, after(top + 8, "bottom") + 1)
  const last = Math.max(first, after(bottom - 1, "top"))
  const end = slots[slots.length - 1]?.getBoundingClientRect().bottom ?? 0
  return { first, last, isAtEnd: last >= slots.length && end <= bottom + 80 }
}

/** Shows what was found, and marks it wherever it is. */
const useMatch = (box: Box, matches: ReadonlyArray<Match>, found: Match | undefined, find: string) => {
  useEffect(() => {
    const parts = matches.flatMap(({ at }) => box.current?.querySelector(`[data-part="${at}"]`) ?? [])
    mark(parts, find)
    return () => mark([], "")
  }, [matches, found?.at, find])
  useEffect(() => {
    if (found === undefined) return
    // The fold that it is in opens first.
    const frame = window.requestAnimationFrame(() =>
      box.current?.querySelector(`[data-part="${found.at}"]`)?.scrollIntoView({ block: "center" })
    )
    return () => window.cancelAnimationFrame(frame)
  }, [found?.at])
}

/** Whether something failed in a turn, or somebody was not content with it. */
const isAmiss = ({ after, turn: { errors, span } }: ToldTurn): boolean =>
  errors.length > 0 ||
  span.status === "error" ||
  after.some((item) => item._tag === "Score" && item.dataType === "boolean" && item.value === 0)

/** The keys of the conversation, and the turns that they lead to. */
const useMarks = (
  route: Route,
  told: Told,
  at: number,
  matches: ReadonlyArray<Match>,
  match: number,
  go: (number: number, more?: Partial<Route>) => boolean
): Marks => {
  const turns = told.turns.value
  const { isWhole } = told
  const [awaited, wait] = useState<"error" | "dearest" | undefined>(undefined)
  const marks = useMemo(() => {
    const all = Array.from(turns.values()).sort((a, b) => a.turn.number - b.turn.number)
    const failed = all.filter(isAmiss).map(({ turn }) => turn.number)
    let dearest: ToldTurn["turn"] | undefined
    for (const { turn } of all) if ((turn.costUsd ?? 0) > (dearest?.costUsd ?? 0)) dearest = turn
    // From the last one on to the first, if no more of them can be to come.
    const error = failed.find((number) => number > at) ?? (isWhole ? failed[0] : undefined)
    return { error, dearest: dearest?.number }
  }, [turns, at, isWhole])
  const to = (mark: "error" | "dearest") => {
    const number = marks[mark]
    if (number !== undefined && (isWhole || mark === "error")) return go(number)
    if (isWhole) return false
    told.wantAll()
    wait(mark)
    return true
  }
  useEffect(() => {
    if (awaited === undefined) return
    const number = marks[awaited]
    if (number === undefined || (awaited === "dearest" && !isWhole)) {
      if (isWhole) wait(undefined)
      return
    }
    wait(undefined)
    go(number)
  }, [awaited, marks, isWhole])

  const toMatch = (by: number) => {
    const { length } = matches
    if (length === 0) return false
    const next = ((Math.min(match, length) - 1 + by + length) % length) + 1
    return navigate({ ...route, match: next, turn: matches[next - 1]?.turn }, { replace: true })
  }
  useKeys("Conversation", [
    { keys: "j", label: "next turn", run: () => go(at + 1) },
    { keys: "k", label: "previous turn", run: () => go(at - 1) },
    { keys: "g g", label: "first turn", run: () => go(1) },
    { keys: "G", label: "last turn", run: () => go(told.count) },
    { keys: "n", label: "next place of what was found", run: () => toMatch(1) },
    { keys: "N", label: "previous place", run: () => toMatch(-1) },
    { keys: "e", label: "next error or complaint", run: () => to("error") },
    { keys: "$", label: "most expensive turn", run: () => to("dearest") },
    {
      keys: "Enter",
      label: "open the span",
      run: () => {
        const turn = turns.get(at)?.turn
        if (turn === undefined) return false
        const [, entry] = matches[match - 1]?.turn === at ? (matches[match - 1]?.at.split("-") ?? []) : []
        const span = entry === undefined ? turn.span.spanId : turn.entries[Number(entry)]?.spanId
        return navigate({ ...route, turn: at, trace: turn.span.traceId, span })
      }
    },
    {
      keys: "r",
      label: "raw, or Markdown",
      run: () => navigate({ ...route, raw: otherRaw(route) }, { replace: true })
    },
    {
      keys: "x",
      label: "unfold all, or fold",
      run: () => navigate({ ...route, folds: otherFolds(route) }, { replace: true })
    }
  ])
  return marks
}
