/** The numbers of the whole range, and how they were before. */
import type { AggregateRow } from "../../../internal/encoded.js"
import { href, type Route } from "../../state/address.js"
import { count, decimal, dollars, dollarsShort, short } from "../../state/numbers.js"
import { nanos } from "../../state/time.js"
import { sumOf, valueOf } from "./rows.js"
import { change } from "./scale.js"

type Values = AggregateRow["values"]

interface Tile {
  readonly label: string
  readonly of: (values: Values | undefined) => number | null
  readonly short: (value: number) => string
  readonly whole: (value: number) => string
  /** More of it is worse. */
  readonly isBad?: boolean
  readonly title?: string
}

/** With the digits that matter: a rate that is not zero never looks like it. */
export const percent = (value: number): string =>
  value > 0 && value < 0.001 ? "< 0.1 %" : `${Math.round(value * 1_000) / 10} %`
export const percentWhole = (value: number): string => `${decimal(value * 100)} %`

const tiles: ReadonlyArray<Tile> = [
  { label: "Sessions", of: (values) => sumOf(values, "sessions"), short, whole: count },
  { label: "Turns", of: (values) => sumOf(values, "turns"), short, whole: count, title: "Traces: a turn is one" },
  { label: "Users", of: (values) => sumOf(values, "users"), short, whole: count },
  { label: "Errors", of: (values) => sumOf(values, "errors"), short, whole: count, isBad: true, title: "Failed spans" },
  {
    label: "Error rate",
    of: (values) => valueOf(values, "errorRate"),
    short: percent,
    whole: percentWhole,
    isBad: true,
    title: "Failed spans among all"
  },
  {
    label: "Tokens",
    of: (values) => sumOf(values, "input") + sumOf(values, "output"),
    short,
    whole: count,
    title: "In and out, of calls of models"
  },
  { label: "Cost", of: (values) => sumOf(values, "cost"), short: dollarsShort, whole: dollars },
  {
    label: "First token p95",
    of: (values) => valueOf(values, "first95"),
    short: nanos,
    whole: nanos,
    isBad: true,
    title: "Time to the first token, nearest rank"
  }
]

export const Tiles = ({
  row,
  toErrors,
  unpriced
}: {
  readonly row: AggregateRow | undefined
  readonly toErrors: Route
  /** Calls of models whose price is not known. */
  readonly unpriced: number
}) => (
  <dl class="tiles">
    {tiles.map(({ isBad = false, label, of, short, title, whole }) => {
      const value = of(row?.values)
      const before = of(row?.previous)
      const isError = label === "Errors" && value !== null && value > 0
      return (
        <div key={label} class="tile" title={title}>
          <dt>{label}</dt>
          <dd class="tile-value" title={value === null ? undefined : whole(value)}>
            {value === null ? "–" : isError ? <a href={href(toErrors)}>{short(value)}</a> : short(value)}
          </dd>
          <dd class="tile-before">
            <Change value={value} before={before} isBad={isBad} say={short} whole={whole} />
            {label === "Cost" && unpriced > 0 && <Unpriced calls={unpriced} />}
          </dd>
        </div>
      )
    })}
  </dl>
)

export const Unpriced = ({ calls }: { readonly calls: number }) => (
  <span class="warned">
    {count(calls)} {calls === 1 ? "call" : "calls"} without a price
  </span>
)

const Change = ({
  before,
  isBad,
  say,
  value,
  whole
}: {
  readonly value: number | null
  readonly before: number | null
  readonly isBad: boolean
  readonly say: (value: number) => string
  readonly whole: (value: number) => string
}) => {
  if (before === null || value === null) return <span>before: {before === null ? "–" : say(before)}</span>
  const percent = change(value, before)
  const isMore = percent !== undefined && percent >= 0.5
  const isLess = percent !== undefined && percent <= -0.5
  return (
    <span title={`The period before: ${whole(before)}`}>
      {percent !== undefined && (
        <span class={isBad && isMore ? "worse" : isBad && isLess ? "better" : undefined}>
          {isMore ? "▲" : isLess ? "▼" : "="} {count(Math.abs(Math.round(percent)))} %{" "}
        </span>
      )}
      from {say(before)}
    </span>
  )
}
