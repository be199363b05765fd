/** The turns of a conversation, to go to: what was asked, what it cost, and whether it failed. */
import { useEffect, useMemo, useRef } from "preact/hooks"
import { href, type RouteOf } from "../../state/address.js"
import { count as counted, dollars, dollarsShort } from "../../state/numbers.js"
import { cut, oneLine } from "../../state/visible.js"
import type { ToldTurn } from "./told.js"

interface Props {
  readonly route: RouteOf<"session">
  readonly turns: ReadonlyMap<number, ToldTurn>
  readonly count: number
  readonly at: number
  readonly total: number
  /** Where there is no room for it. */
  readonly isFolded: boolean
}

export const Rail = ({ at, count, isFolded, route, total, turns }: Props) => {
  const list = (
    <ol class="rail-list">
      {Array.from({ length: count }, (_, i) => (
        <Item key={i} number={i + 1} told={turns.get(i + 1)} route={route} isAt={i + 1 === at} total={total} />
      ))}
    </ol>
  )
  const box = useRef<HTMLElement>(null)
  useEffect(() => {
    const element = box.current
    const item = element?.querySelector<HTMLElement>("[aria-current]")
    if (element == null || item == null) return
    const [top, bottom] = [item.offsetTop, item.offsetTop + item.offsetHeight]
    if (top < element.scrollTop) element.scrollTop = top
    else if (bottom > element.scrollTop + element.clientHeight) element.scrollTop = bottom - element.clientHeight
  }, [at])
  if (isFolded) {
    return (
      <details class="rail-fold">
        <summary>
          Turn {counted(at)} of {counted(count)}
        </summary>
        <nav aria-label="Turns">{list}</nav>
      </details>
    )
  }
  return (
    <nav class="rail" aria-label="Turns" ref={box} tabIndex={0}>
      {list}
    </nav>
  )
}

interface ItemProps extends Pick<Props, "route" | "total"> {
  readonly number: number
  readonly told: ToldTurn | undefined
  readonly isAt: boolean
}

const Item = ({ isAt, number, route, told, total }: ItemProps) => {
  const words = useMemo(() => (told === undefined ? "" : wordsOf(told)), [told])
  const turn = told?.turn
  const hasFailed = turn !== undefined && (turn.errors.length > 0 || turn.span.status === "error")
  const cost = turn?.costUsd ?? undefined
  return (
    <li class="rail-item">
      <a href={href({ ...route, turn: number, match: undefined })} aria-current={isAt ? "true" : undefined}>
        <span class="rail-number">{counted(number)}</span>
        <bdi class="rail-words">{words}</bdi>
        <span>
          {hasFailed ? (
            <span class="rail-bad" role="img" aria-label="failed" title="failed">
              !
            </span>
          ) : (
            turn?.span.status === "running" && <span class="running" role="img" aria-label="running" title="running" />
          )}
        </span>
        {cost !== undefined && (
          <span class="rail-cost" title={dollars(cost)} style={{ "--part": total > 0 ? Math.min(1, cost / total) : 0 }}>
            {dollarsShort(cost)}
          </span>
        )}
      </a>
    </li>
  )
}

/** The first words of the user, or else of whoever spoke first. */
const wordsOf = ({ turn: { entries, span } }: ToldTurn): string => {
  const texts = entries.flatMap(({ parts, role }) =>
    parts.flatMap((part) => (part._tag === "Text" ? [{ role, text: part.text }] : []))
  )
  const first = texts.find(({ role }) => role === "user") ?? texts.find(({ role }) => role !== "system")
  return oneLine(cut((first?.text ?? span.name).slice(0, 400), 120))
}
