/** The tables of the dashboard: models, tools, agents, kinds of errors, and who or what cost most. */
import type { ComponentChildren } from "preact"
import { useId } from "preact/hooks"
import type { SpanType } from "../../../../signal/SpanRecord.js"
import type { AggregateRow } from "../../../internal/encoded.js"
import { href, type Route } from "../../state/address.js"
import { count, dollars, dollarsShort, short } from "../../state/numbers.js"
import { nanos } from "../../state/time.js"
import { oneLine } from "../../state/visible.js"
import { sumOf, valueOf } from "./rows.js"
import { percent } from "./Tiles.js"

export interface Item {
  readonly key: string
  readonly name: string
  readonly isUnnamed?: boolean
  readonly to: Route | undefined
  readonly cells: ReadonlyArray<ComponentChildren>
  /** Its part of the largest, from 0 to 1. */
  readonly part: number
}

interface Props {
  readonly label: string
  readonly heads: ReadonlyArray<string>
  readonly items: ReadonlyArray<Item>
}

/** So many are shown: what is further down is a link away. */
const most = 10

export const List = ({ heads, items, label }: Props) => {
  const id = useId()
  return (
    <div class="dash-scroll" tabIndex={0} role="region" aria-labelledby={id}>
      <table class="list">
        <caption id={id}>{label}</caption>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.slice(0, most).map(({ cells, isUnnamed = false, key, name, part, to }) => (
            <tr key={key}>
              <th scope="row" style={{ "--part": `${(Math.max(0, Math.min(1, part)) * 100).toFixed(2)}%` }}>
                <span class="list-name">
                  {to === undefined ? (
                    <span class={isUnnamed ? "none" : undefined}>{oneLine(name)}</span>
                  ) : (
                    <a href={href(to)} title={oneLine(name)}>
                      <bdi>{oneLine(name) || "“”"}</bdi>
                    </a>
                  )}
                </span>
              </th>
              {cells.map((cell, i) => (
                <td key={heads[i + 1]}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {items.length > most && <p class="dash-more">{count(items.length - most)} more</p>}
    </div>
  )
}

type Values = AggregateRow["values"]
type Cell = (values: Values) => ComponentChildren

/** What a table lists: rows of one dimension, each with the cells after its name. */
export interface Listing {
  readonly dimension: string
  /** The spans that count; absent: all rows do. */
  readonly spanType?: SpanType
  /** What a row without a value of the dimension is called. */
  readonly none: string
  /** The measure of the largest first, and of the bar behind a name. */
  readonly by: string
  /** By head, what the cell says. */
  readonly cells: { readonly [head: string]: Cell }
}

const number =
  (measure: string, ...others: ReadonlyArray<string>): Cell =>
  (values) => {
    const value = [measure, ...others].reduce((sum, name) => sum + sumOf(values, name), 0)
    return <span title={count(value)}>{short(value)}</span>
  }

const time =
  (measure: string): Cell =>
  (values) => {
    const value = valueOf(values, measure)
    return value === null ? "–" : nanos(value)
  }

const cost: Cell = (values) => {
  const value = sumOf(values, "cost")
  return <span title={dollars(value)}>{dollarsShort(value)}</span>
}

const failed =
  (say: (values: Values, errors: number) => string): Cell =>
  (values) => {
    const errors = sumOf(values, "errors")
    return errors === 0 ? (
      <span class="none">0</span>
    ) : (
      <span class="bad" title={`${count(errors)} failed`}>
        {say(values, errors)}
      </span>
    )
  }

const calls = {
  Calls: number("calls"),
  Failed: failed((values) => percent(valueOf(values, "errorRate") ?? 0)),
  p50: time("p50"),
  p95: time("p95"),
  p99: time("p99")
}

/** Calls of models by model, the most expensive first. */
export const models: Listing = {
  dimension: "model",
  spanType: "model_generation",
  none: "no model",
  by: "cost",
  cells: { ...calls, "1st token": time("first50"), Tokens: number("input", "output"), Cost: cost }
}

/** Calls of tools by tool, the slowest first. */
export const tools: Listing = {
  dimension: "toolName",
  spanType: "tool_call",
  none: "no name",
  by: "p95",
  cells: { ...calls, Cost: cost }
}

/** Runs of agents by agent, those that run most first. */
export const agents: Listing = {
  dimension: "agentName",
  spanType: "agent_run",
  none: "no name",
  by: "calls",
  cells: {
    Runs: calls.Calls,
    Failed: calls.Failed,
    p50: calls.p50,
    p95: calls.p95,
    Sessions: number("sessions")
  }
}

/** Failed spans by the type of the error, the most frequent first. */
export const errorTypes: Listing = {
  dimension: "errorType",
  none: "no type",
  by: "errors",
  cells: { Spans: number("errors") }
}

/** Who or what cost most. */
export const topOf = (dimension: string): Listing => ({
  dimension,
  none: "none",
  by: "cost",
  cells: {
    Turns: number("turns"),
    Failed: failed((_, errors) => short(errors)),
    Tokens: number("input", "output"),
    Cost: cost
  }
})

/** The rows of a table. */
export const itemsOf = (
  { by, cells, dimension, none, spanType }: Listing,
  rows: ReadonlyArray<AggregateRow>,
  to: (filter: readonly [string, string]) => Route
): ReadonlyArray<Item> => {
  const found = rows
    .filter(({ group }) => spanType === undefined || group["spanType"] === spanType)
    .sort((a, b) => sumOf(b.values, by) - sumOf(a.values, by))
  const max = sumOf(found[0]?.values, by)
  return found.map(({ group, values }) => {
    const value = group[dimension] ?? null
    return {
      key: JSON.stringify(value),
      ...(value === null
        ? { name: none, isUnnamed: true, to: undefined }
        : { name: String(value), to: to([dimension, String(value)]) }),
      part: max > 0 ? sumOf(values, by) / max : 0,
      cells: Object.values(cells).map((cell) => cell(values))
    }
  })
}

/** How many spans failed, by the type of the error. */
export const failuresOf = (rows: ReadonlyArray<AggregateRow>): ReadonlyArray<AggregateRow> => {
  const byType = new Map<string | null, number>()
  for (const { group, values } of rows) {
    const errors = sumOf(values, "errors")
    const type = group["errorType"] ?? null
    if (errors > 0) byType.set(type, (byType.get(type) ?? 0) + errors)
  }
  return Array.from(byType, ([errorType, errors]) => ({ group: { errorType }, values: { errors } }))
}

/** Calls of models that have ended and have no price. */
export const unpricedOf = (rows: ReadonlyArray<AggregateRow>): number =>
  rows.reduce(
    (sum, { group, values }) =>
      group["spanType"] === "model_generation" &&
      group["costSource"] === null &&
      (group["status"] === "ok" || group["status"] === "interrupted")
        ? sum + sumOf(values, "count")
        : sum,
    0
  )
