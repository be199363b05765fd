/** The charts of the dashboard. */
import type { AggregateRow, Answers } from "../../../internal/encoded.js"
import type { Route } from "../../state/address.js"
import type { Filter } from "../../state/filters.js"
import type { Asking } from "../../state/live.js"
import { count, decimal, dollars } from "../../state/numbers.js"
import { oneLine } from "../../state/visible.js"
import { Chart, Legend, type Series, type Told } from "./Chart.js"
import { Panel } from "./Panel.js"
import { ofScores } from "./questions.js"
import type { Bucket } from "./range.js"
import { type Bucketed, bucketed, sumOf, valueOf } from "./rows.js"
import type { Unit } from "./scale.js"
import { nanos, percentWhole, Unpriced } from "./Tiles.js"

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
      <OfTimes title="Sessions" asking={times} {...drawn} measure="sessions" colour="accent" told={["users"]} />
      <OfTimes title="Turns" asking={times} {...drawn} measure="turns" colour="agent" told={["spans"]} />
      <OfTimes
        title="Errors"
        asking={times}
        {...drawn}
        to={(bucket) => to(bucket, ["hasError", "true"])}
        measure="errors"
        colour="bad"
        told={["errorRate"]}
      />
      <Tokens asking={times} {...drawn} />
      <Costs asking={models} {...drawn} unpriced={unpriced} />
      <FirstToken asking={times} {...drawn} />
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

const first = (rows: ReadonlyArray<AggregateRow>): Bucketed["groups"][number]["rows"] =>
  bucketed(rows).groups[0]?.rows ?? []

const bucketsOf = (rows: ReadonlyArray<AggregateRow>): ReadonlyArray<Bucket> => bucketed(rows).buckets

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

const OfTimes = ({
  asking,
  colour,
  isTable,
  measure,
  title,
  to,
  told
}: Drawn & {
  readonly title: string
  readonly measure: string
  readonly colour: string
  readonly told: ReadonlyArray<string>
}) => (
  <Panel title={title} asking={asking} head={<Before />}>
    {(all) => {
      const rows = first(all)
      const values = rows.map(({ values }) => sumOf(values, measure))
      const before = rows.map(({ previous }) => sumOf(previous, measure))
      if (values.every((value) => value === 0) && before.every((value) => value === 0)) return undefined
      return (
        <Chart
          label={title}
          kind="bars"
          unit="count"
          say={count}
          isTable={isTable}
          to={to}
          buckets={bucketsOf(all)}
          series={[{ label: title.toLowerCase(), colour, values }]}
          told={told.map((measure) => toldOf(rows, measure))}
          before={before}
        />
      )
    }}
  </Panel>
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

const Tokens = ({ asking, isTable, to }: Drawn) => (
  <Panel title="Tokens" asking={asking} head={<Legend series={tokens} isLines={false} />}>
    {(all) => {
      const rows = first(all)
      const of = (measure: string) => rows.map(({ values }) => sumOf(values, measure))
      const input = of("input")
      // Those from a cache are among the input.
      const cached = of("cached").map((value, i) => Math.min(value, input[i] ?? 0))
      const output = of("output")
      if ([...input, ...output].every((value) => value === 0)) return undefined
      const values = [input.map((value, i) => value - (cached[i] ?? 0)), cached, output]
      return (
        <Chart
          label="Tokens"
          kind="bars"
          unit="count"
          say={count}
          isTable={isTable}
          to={to}
          buckets={bucketsOf(all)}
          series={tokens.map((token, i) => ({ ...token, values: values[i] as ReadonlyArray<number> }))}
        />
      )
    }}
  </Panel>
)

const Costs = ({ asking, isTable, to, unpriced }: Drawn & { readonly unpriced: number }) => {
  const { buckets, groups } = bucketed(asking.answer?.rows ?? [])
  const series = groups
    .map(({ group, isRest, rows }): Omit<Series, "colour"> => {
      const model = group["model"]
      return {
        label: isRest ? "other models" : typeof model === "string" ? oneLine(model) : "tools",
        values: rows.map(({ values }) => sumOf(values, "cost")),
        to: typeof model === "string" ? (bucket) => to(bucket, ["model", model]) : undefined
      }
    })
    .filter(({ values }) => values.some((value) => value !== 0))
    .map((series, i): Series => ({ ...series, colour: colours[i % colours.length] as string }))
  return (
    <Panel
      title="Cost by model"
      asking={asking}
      head={
        <>
          {unpriced > 0 && <Unpriced calls={unpriced} />}
          <Legend series={series} isLines={false} />
        </>
      }
    >
      {() =>
        series.length === 0 ? undefined : (
          <Chart
            label="Cost by model"
            kind="bars"
            unit="dollars"
            say={dollars}
            isTable={isTable}
            to={to}
            buckets={buckets}
            series={series}
          />
        )
      }
    </Panel>
  )
}

const quantiles = [
  { label: "p50", colour: "model" },
  { label: "p95", colour: "agent" },
  { label: "p99", colour: "workflow" }
] as const

const Quantiles = ({
  isTable,
  label,
  prefix,
  rows,
  to,
  buckets
}: Omit<Drawn, "asking"> & {
  readonly label: string
  readonly prefix: string
  readonly rows: ReadonlyArray<AggregateRow>
  readonly buckets: ReadonlyArray<Bucket>
}) => (
  <Chart
    label={label}
    kind="lines"
    unit="nanos"
    say={nanos}
    isTable={isTable}
    to={to}
    buckets={buckets}
    series={quantiles.map(({ colour, label }) => ({
      label,
      colour,
      values: rows.map(({ values }) => valueOf(values, `${prefix}${label.slice(1)}`))
    }))}
  />
)

const FirstToken = ({ asking, isTable, to }: Drawn) => (
  <Panel title="Time to first token" asking={asking} head={<Legend series={quantiles} isLines />}>
    {(all) => {
      const rows = first(all)
      if (rows.every(({ values }) => valueOf(values, "first50") === null)) return undefined
      return (
        <Quantiles
          label="Time to first token"
          prefix="first"
          isTable={isTable}
          to={(bucket) => to(bucket, ["spanType", "model_generation"])}
          rows={rows}
          buckets={bucketsOf(all)}
        />
      )
    }}
  </Panel>
)

const Latency = ({
  asking,
  isTable,
  spanType,
  title,
  to
}: Drawn & { readonly title: string; readonly spanType: string }) => (
  <Panel title={title} asking={asking} head={<Legend series={quantiles} isLines />}>
    {(all) => {
      const { buckets, groups } = bucketed(all)
      const found = groups.find(({ group }) => group["spanType"] === spanType)
      if (found === undefined || found.rows.every(({ values }) => valueOf(values, "p50") === null)) return undefined
      return (
        <Quantiles
          label={title}
          prefix="p"
          isTable={isTable}
          to={(bucket) => to(bucket, ["spanType", spanType])}
          rows={found.rows}
          buckets={buckets}
        />
      )
    }}
  </Panel>
)

/** The mean of each score that has numbers, on an axis from 0. */
const Scores = ({ asking, filters, isTable, to }: Drawn & { readonly filters: ReadonlyArray<Filter> }) => {
  const { buckets, groups } = bucketed(asking.answer?.rows ?? [])
  const shown = groups
    .filter(({ rows }) => rows.some(({ values }) => valueOf(values, "mean") !== null))
    .slice(0, colours.length)
  const series = shown.map(
    ({ group, rows }, i): Series => ({
      label: oneLine(String(group["name"] ?? "")),
      colour: colours[i % colours.length] as string,
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
    <Panel
      title="Scores, mean"
      asking={asking}
      head={
        <>
          {ignored > 0 && <span class="warned">not by all filters: scores have no model, tool or agent</span>}
          <Legend series={series} isLines />
        </>
      }
    >
      {() =>
        series.length === 0 ? undefined : (
          <Chart
            label="Scores, mean"
            kind="lines"
            unit="number"
            say={decimal}
            isTable={isTable}
            to={to}
            buckets={buckets}
            series={series}
            told={told}
          />
        )
      }
    </Panel>
  )
}
