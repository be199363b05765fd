/** The charts of the dashboard. */
import type { ComponentChildren } from "preact"
import type { AggregateRow, Answers } from "../../../internal/encoded.js"
import type { Route } from "../../state/address.js"
import type { Filter } from "../../state/filters.js"
import type { Asking } from "../../state/live.js"
import { count, decimal, dollars } from "../../state/numbers.js"
import { nanos } from "../../state/time.js"
import { oneLine } from "../../state/visible.js"
import { Chart, Legend, type Series, type Told } from "./Chart.js"
import { Panel } from "./Panel.js"
import { ofScores } from "./questions.js"
import type { Bucket } from "./range.js"
import { bucketed, sumOf, valueOf } from "./rows.js"
import type { Unit } from "./scale.js"
import { percentWhole, Unpriced } from "./Tiles.js"

type Asked = Asking<Answers["aggregate"]>

interface Props {
  readonly times: Asked
  readonly types: Asked
  readonly models: Asked
  readonly scores: Asked
  readonly unpriced: number
  readonly isTable: boolean
  readonly filters: ReadonlyArray<Filter>
  readonly to: (bucket: Bucket, ...more: ReadonlyArray<Filter>) => Route
}

const says: { readonly [U in Unit]: (value: number) => string } = {
  count,
  dollars,
  nanos,
  part: percentWhole,
  number: decimal
}

/** Colours of series that have none of their own, one after the other. */
const colours = ["model", "tool", "agent", "workflow", "retrieval", "generic"]

export const Charts = ({ filters, isTable, models, scores, times, to, types, unpriced }: Props) => {
  const drawn = { isTable, to }
  return (
    <div class="dash-grid">
      <OfTimes title="Sessions" asking={times} {...drawn} measure="sessions" colour="accent" told="users" />
      <OfTimes title="Turns" asking={times} {...drawn} measure="turns" colour="agent" told="spans" />
      <OfTimes
        title="Errors"
        asking={times}
        {...drawn}
        to={(bucket) => to(bucket, ["hasError", "true"])}
        measure="errors"
        colour="bad"
        told="errorRate"
      />
      <Tokens asking={times} {...drawn} />
      <Costs asking={models} {...drawn} unpriced={unpriced} />
      <Latency title="Time to first token" asking={times} {...drawn} spanType="model_generation" prefix="first" />
      <Latency title="Latency of models" asking={types} {...drawn} spanType="model_generation" />
      <Latency title="Latency of tools" asking={types} {...drawn} spanType="tool_call" />
      <Scores asking={scores} {...drawn} filters={filters} />
    </div>
  )
}

interface Drawn {
  readonly asking: Asked
  readonly isTable: boolean
  readonly to: Props["to"]
}

/** The buckets and the rows of what has no groups. */
const first = (all: ReadonlyArray<AggregateRow>) => {
  const { buckets, groups } = bucketed(all)
  return { buckets, rows: groups[0]?.rows ?? [] }
}

const toldOf = (rows: ReadonlyArray<AggregateRow>, measure: string): Told => {
  const [label, unit] = toldNames[measure] ?? [measure, "count"]
  return {
    label,
    texts: rows.map(({ values }) => {
      const value = valueOf(values, measure)
      return value === null ? "–" : says[unit](value)
    })
  }
}

const toldNames: { readonly [measure: string]: readonly [label: string, unit: Unit] } = {
  users: ["users", "count"],
  spans: ["spans", "count"],
  errorRate: ["of all spans", "part"]
}

/** A chart in its panel: what it draws of the rows, or `undefined` where they have nothing to draw. */
const Drawing = ({
  asking,
  head,
  isTable,
  of,
  title,
  to
}: Drawn & {
  readonly title: string
  readonly head: ComponentChildren
  readonly of: (
    rows: ReadonlyArray<AggregateRow>
  ) => Omit<Parameters<typeof Chart>[0], "label" | "isTable" | "to"> | undefined
}) => (
  <Panel title={title} asking={asking} head={head}>
    {(rows) => {
      const drawn = of(rows)
      return drawn && <Chart {...drawn} label={title} isTable={isTable} to={to} />
    }}
  </Panel>
)

const counted = { kind: "bars", unit: "count", say: count } as const
const isNone = (values: ReadonlyArray<number | null>) => values.every((value) => !value)

const OfTimes = ({
  colour,
  measure,
  told,
  ...drawn
}: Drawn & {
  readonly title: string
  readonly measure: string
  readonly colour: string
  readonly told: string
}) => (
  <Drawing
    {...drawn}
    head={<Before />}
    of={(all) => {
      const { buckets, rows } = first(all)
      const values = rows.map(({ values }) => sumOf(values, measure))
      const before = rows.map(({ previous }) => sumOf(previous, measure))
      if (isNone([...values, ...before])) return undefined
      const series = [{ label: drawn.title.toLowerCase(), colour, values }]
      return { ...counted, buckets, series, told: [toldOf(rows, told)], before }
    }}
  />
)

const Before = () => (
  <ul class="legend">
    <li>
      <svg width="16" height="8" aria-hidden="true">
        <path class="before" d="M0 4H16" />
      </svg>
      before
    </li>
  </ul>
)

const tokens = [
  { label: "input", colour: "model" },
  { label: "cached input", colour: "retrieval" },
  { label: "output", colour: "tool" }
] as const

const Tokens = (drawn: Drawn) => (
  <Drawing
    {...drawn}
    title="Tokens"
    head={<Legend series={tokens} isLines={false} />}
    of={(all) => {
      const { buckets, rows } = first(all)
      const of = (measure: string) => rows.map(({ values }) => sumOf(values, measure))
      const input = of("input")
      // Those from a cache are among the input.
      const cached = of("cached").map((value, i) => Math.min(value, input[i] ?? 0))
      const output = of("output")
      if (isNone([...input, ...output])) return undefined
      const values = [input.map((value, i) => value - (cached[i] ?? 0)), cached, output]
      const series = tokens.map((token, i) => ({ ...token, values: values[i] as ReadonlyArray<number> }))
      return { ...counted, buckets, series }
    }}
  />
)

const Costs = ({ unpriced, ...drawn }: Drawn & { readonly unpriced: number }) => {
  const { buckets, groups } = bucketed(drawn.asking.answer?.rows ?? [])
  const series = groups
    .map(({ group, isRest, rows }): Omit<Series, "colour"> => {
      const model = group["model"]
      return {
        label: isRest ? "other models" : typeof model === "string" ? oneLine(model) : "tools",
        values: rows.map(({ values }) => sumOf(values, "cost")),
        to: typeof model === "string" ? (bucket) => drawn.to(bucket, ["model", model]) : undefined
      }
    })
    .filter(({ values }) => !isNone(values))
    .map((series, i): Series => ({ ...series, colour: colours[i % colours.length] as string }))
  return (
    <Drawing
      {...drawn}
      title="Cost by model"
      head={
        <>
          {unpriced > 0 && <Unpriced calls={unpriced} />}
          <Legend series={series} isLines={false} />
        </>
      }
      of={() => (series.length === 0 ? undefined : { kind: "bars", unit: "dollars", say: dollars, buckets, series })}
    />
  )
}

const quantiles = [
  { label: "p50", colour: "model" },
  { label: "p95", colour: "agent" },
  { label: "p99", colour: "workflow" }
] as const

/** Quantiles of the spans of a type. */
const Latency = ({
  prefix = "p",
  spanType,
  ...drawn
}: Drawn & { readonly title: string; readonly spanType: string; readonly prefix?: string }) => (
  <Drawing
    {...drawn}
    to={(bucket) => drawn.to(bucket, ["spanType", spanType])}
    head={<Legend series={quantiles} isLines />}
    of={(all) => {
      const { buckets, groups } = bucketed(all)
      const { rows } = groups.find(({ group }) => (group["spanType"] ?? spanType) === spanType) ?? {}
      if (!rows?.some(({ values }) => valueOf(values, `${prefix}50`) !== null)) return undefined
      const series = quantiles.map((quantile) => ({
        ...quantile,
        values: rows.map(({ values }) => valueOf(values, `${prefix}${quantile.label.slice(1)}`))
      }))
      return { kind: "lines", unit: "nanos", say: nanos, buckets, series }
    }}
  />
)

/** The mean of each score that has numbers, on an axis from 0. */
const Scores = ({ filters, ...drawn }: Drawn & { readonly filters: ReadonlyArray<Filter> }) => {
  const { buckets, groups } = bucketed(drawn.asking.answer?.rows ?? [])
  const shown = groups
    .filter(({ rows }) => rows.some(({ values }) => valueOf(values, "mean") !== null))
    .slice(0, colours.length)
  const series = shown.map(
    ({ group, rows }, i): Series => ({
      label: oneLine(String(group["name"] ?? "")),
      colour: colours[i] as string,
      values: rows.map(({ values }) => valueOf(values, "mean"))
    })
  )
  const told = shown.map(
    ({ rows }, i): Told => ({
      label: `${series[i]?.label}: how many`,
      texts: rows.map(({ values }) => count(sumOf(values, "count")))
    })
  )
  const ignored = filters.length - ofScores(filters).length
  return (
    <Drawing
      {...drawn}
      title="Scores, mean"
      head={
        <>
          {ignored > 0 && <span class="warned">not by all filters: scores have no model, tool or agent</span>}
          <Legend series={series} isLines />
        </>
      }
      of={() =>
        series.length === 0 ? undefined : { kind: "lines", unit: "number", say: decimal, buckets, series, told }
      }
    />
  )
}
