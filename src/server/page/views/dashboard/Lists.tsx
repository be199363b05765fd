/** The tables of the dashboard: models, tools, agents, kinds of errors, and who or what cost most. */
import type { ComponentChildren } from "preact"
import { useId } from "preact/hooks"
import type { AggregateRow } from "../../../internal/encoded.js"
import { href, type Route } from "../../state/address.js"
import { count, dollars, dollarsShort, short } from "../../state/numbers.js"
import { oneLine } from "../../state/visible.js"
import { sumOf, valueOf } from "./rows.js"
import { nanos, percent } from "./Tiles.js"

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

const Rate = ({ values }: { readonly values: AggregateRow["values"] }) => {
  const errors = sumOf(values, "errors")
  const rate = valueOf(values, "errorRate") ?? 0
  return errors === 0 ? (
    <span class="none">0</span>
  ) : (
    <span class="bad" title={`${count(errors)} failed`}>
      {percent(rate)}
    </span>
  )
}

const Dollars = ({ value }: { readonly value: number }) => <span title={dollars(value)}>{dollarsShort(value)}</span>
const Short = ({ value }: { readonly value: number }) => <span title={count(value)}>{short(value)}</span>

const time = (values: AggregateRow["values"], measure: string): string => {
  const value = valueOf(values, measure)
  return value === null ? "–" : nanos(value)
}

const partsOf = (values: ReadonlyArray<number>): ((i: number) => number) => {
  const max = Math.max(0, ...values)
  return (i) => (max === 0 ? 0 : (values[i] ?? 0) / max)
}

type To = (filter: readonly [string, string]) => Route

export const modelHeads = ["Model", "Calls", "Failed", "p50", "p95", "p99", "1st token", "Tokens", "Cost"]

/** Calls of models by model, the most expensive first. */
export const modelItems = (rows: ReadonlyArray<AggregateRow>, to: To): ReadonlyArray<Item> => {
  const models = rows
    .filter(({ group }) => group["spanType"] === "model_generation")
    .sort((a, b) => sumOf(b.values, "cost") - sumOf(a.values, "cost"))
  const part = partsOf(models.map(({ values }) => sumOf(values, "cost")))
  return models.map(({ group, values }, i) => {
    const model = group["model"] ?? null
    return {
      key: JSON.stringify(model),
      ...named(model, "no model", to, "model"),
      part: part(i),
      cells: [
        <Short value={sumOf(values, "calls")} />,
        <Rate values={values} />,
        time(values, "p50"),
        time(values, "p95"),
        time(values, "p99"),
        time(values, "first50"),
        <Short value={sumOf(values, "input") + sumOf(values, "output")} />,
        <Dollars value={sumOf(values, "cost")} />
      ]
    }
  })
}

export const toolHeads = ["Tool", "Calls", "Failed", "p50", "p95", "p99", "Cost"]

/** Calls of tools by tool, the slowest first. */
export const toolItems = (rows: ReadonlyArray<AggregateRow>, to: To): ReadonlyArray<Item> => {
  const tools = rows
    .filter(({ group }) => group["spanType"] === "tool_call")
    .sort((a, b) => sumOf(b.values, "p95") - sumOf(a.values, "p95"))
  const part = partsOf(tools.map(({ values }) => sumOf(values, "p95")))
  return tools.map(({ group, values }, i) => ({
    key: JSON.stringify(group),
    ...named(group["toolName"] ?? null, "no name", to, "toolName"),
    part: part(i),
    cells: [
      <Short value={sumOf(values, "calls")} />,
      <Rate values={values} />,
      time(values, "p50"),
      time(values, "p95"),
      time(values, "p99"),
      <Dollars value={sumOf(values, "cost")} />
    ]
  }))
}

export const agentHeads = ["Agent", "Runs", "Failed", "p50", "p95", "Sessions"]

/** Runs of agents by agent, those that run most first. */
export const agentItems = (rows: ReadonlyArray<AggregateRow>, to: To): ReadonlyArray<Item> => {
  const agents = rows.filter(({ group }) => group["spanType"] === "agent_run")
  const part = partsOf(agents.map(({ values }) => sumOf(values, "calls")))
  return agents.map(({ group, values }, i) => ({
    key: JSON.stringify(group),
    ...named(group["agentName"] ?? null, "no name", to, "agentName"),
    part: part(i),
    cells: [
      <Short value={sumOf(values, "calls")} />,
      <Rate values={values} />,
      time(values, "p50"),
      time(values, "p95"),
      <Short value={sumOf(values, "sessions")} />
    ]
  }))
}

export const errorHeads = ["Error", "Spans"]

/** Failed spans by the type of the error, the most frequent first. */
export const errorItems = (rows: ReadonlyArray<AggregateRow>, to: To): ReadonlyArray<Item> => {
  const byType = new Map<string | null, number>()
  for (const { group, values } of rows) {
    const errors = sumOf(values, "errors")
    const type = group["errorType"] ?? null
    if (errors > 0) byType.set(type, (byType.get(type) ?? 0) + errors)
  }
  const all = Array.from(byType).sort((a, b) => b[1] - a[1])
  const part = partsOf(all.map(([, errors]) => errors))
  return all.map(([type, errors], i) => ({
    key: JSON.stringify(type),
    ...named(type, "no type", to, "errorType"),
    part: part(i),
    cells: [<Short value={errors} />]
  }))
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

export const topHeads = (label: string) => [label, "Turns", "Failed", "Tokens", "Cost"]

export const topItems = (
  rows: ReadonlyArray<AggregateRow>,
  dimension: string,
  toOne: (value: string) => Route
): ReadonlyArray<Item> => {
  const part = partsOf(rows.map(({ values }) => sumOf(values, "cost")))
  return rows.map(({ group, values }, i) => {
    const value = group[dimension] ?? null
    const errors = sumOf(values, "errors")
    return {
      key: JSON.stringify(value),
      ...(value === null
        ? { name: "none", isUnnamed: true, to: undefined }
        : { name: String(value), to: toOne(String(value)) }),
      part: part(i),
      cells: [
        <Short value={sumOf(values, "turns")} />,
        <span class={errors > 0 ? "bad" : "none"}>{short(errors)}</span>,
        <Short value={sumOf(values, "input") + sumOf(values, "output")} />,
        <Dollars value={sumOf(values, "cost")} />
      ]
    }
  })
}

const named = (value: string | null, none: string, to: To, key: string): Pick<Item, "name" | "to" | "isUnnamed"> =>
  value === null ? { name: none, isUnnamed: true, to: undefined } : { name: value, to: to([key, value]) }
