/** How all of it goes: sessions, errors, tokens, costs and latencies over time, and by model, tool, agent and user. */
import type { ComponentChildren } from "preact"
import { useRef } from "preact/hooks"
import type { AggregateRow } from "../../internal/encoded.js"
import { Filters } from "../parts/Filters.js"
import { ErrorNote } from "../parts/states.js"
import { useTitle } from "../parts/useTitle.js"
import { href, navigate, type Route, type RouteOf } from "../state/address.js"
import { AskError } from "../state/client.js"
import { type Filter, spanFilters, withFilter } from "../state/filters.js"
import { useKeys } from "../state/keys.js"
import { type Asking, isLive, now, useAnswer } from "../state/live.js"
import { Charts } from "./dashboard/Charts.js"
import {
  agents as agentList,
  errorTypes,
  failuresOf,
  type Item,
  itemsOf,
  List,
  type Listing,
  models as modelList,
  tools as toolList,
  topOf,
  unpricedOf
} from "./dashboard/Lists.js"
import { Panel, type Rows } from "./dashboard/Panel.js"
import { questionsOf, type Top, tops } from "./dashboard/questions.js"
import {
  type NoRange,
  type Range,
  rangeNames,
  rangeOf,
  rangeSaid,
  usualRange,
  withoutRange
} from "./dashboard/range.js"
import { thumbsDownHeads, thumbsDownItems } from "./dashboard/ThumbsDown.js"
import { Tiles } from "./dashboard/Tiles.js"

interface Props {
  readonly route: RouteOf<"dashboard">
}

export const Dashboard = ({ route }: Props) => {
  useTitle("Dashboard")
  const isAsking = useRef(false)
  const range = rangeOf(route, useClock(isAsking))
  const plain = withoutRange(route.filters)
  const times = (route.filters ?? []).filter((filter) => !plain.includes(filter))
  useKeys("Dashboard", [
    ...rangeNames.map(([range, label], i) => ({
      keys: String(i + 1),
      label: `last ${label.toLowerCase()}`,
      run: () => navigate(withRange(route, range))
    })),
    { keys: "v", label: "charts or tables", run: () => navigate(otherShow(route), { replace: true }) }
  ])
  return (
    <div class="dash">
      <div class="view-head">
        <h1>Dashboard</h1>
        {"from" in range && <p class="range-said">{rangeSaid(range)}</p>}
        <Filters
          table={filterable}
          filters={plain}
          to={(filters) => ({ ...route, filters: [...filters.filter(([key]) => key in filterable), ...times] })}
        />
        <Ranges route={route} />
      </div>
      {"from" in range ? (
        <Panels route={route} range={range} plain={plain} isAsking={isAsking} />
      ) : (
        <ErrorNote error={refusal(range)} />
      )}
    </div>
  )
}

const { startedAfter: _, startedBefore: __, ...filterable } = spanFilters

const refusal = ({ detail, field }: NoRange): AskError =>
  new AskError("InvalidArgument", detail, `filters.${field}`, false)

const withRange = (route: RouteOf<"dashboard">, range: (typeof rangeNames)[number][0]): Route => ({
  ...route,
  filters: withoutRange(route.filters),
  range: range === usualRange ? undefined : range
})

const otherShow = (route: RouteOf<"dashboard">): Route => ({
  ...route,
  show: route.show === "tables" ? undefined : "tables"
})

/** The clock of the page. It stands while that is paused, and until all is answered: a slow storage is not asked anew. */
const useClock = (isAsking: { readonly current: boolean }): number => {
  const { value } = now
  const time = useRef(value)
  if (isLive.value && !isAsking.current) time.current = value
  return time.current
}

const Ranges = ({ route }: Props) => {
  const times = (route.filters ?? []).filter(([key]) => key === "startedAfter" || key === "startedBefore")
  const value = (field: string) => times.find(([key]) => key === field)?.[1] ?? ""
  const set = (form: HTMLFormElement) => {
    const data = new FormData(form)
    const given = ["startedAfter", "startedBefore"].flatMap((key): ReadonlyArray<Filter> => {
      const text = String(data.get(key) ?? "").trim()
      return text === "" ? [] : [[key, text]]
    })
    navigate({ ...route, filters: [...withoutRange(route.filters), ...given], range: undefined })
  }
  return (
    <div class="ranges">
      <nav class="choice" aria-label="Time">
        {rangeNames.map(([name, label]) => (
          <a
            key={name}
            href={href(withRange(route, name))}
            aria-current={times.length === 0 && (route.range ?? usualRange) === name ? "true" : undefined}
          >
            {label}
          </a>
        ))}
      </nav>
      <form
        key={times.join()}
        class="own"
        aria-label="A time of your own"
        onSubmit={(event) => {
          event.preventDefault()
          set(event.currentTarget)
        }}
      >
        {(["startedAfter", "startedBefore"] as const).map((field) => (
          <input
            key={field}
            name={field}
            aria-label={field === "startedAfter" ? "From" : "To"}
            placeholder={field === "startedAfter" ? "from: 36h, 2026-11-30" : "to: now"}
            defaultValue={value(field)}
            maxLength={60}
            autocomplete="off"
            spellcheck={false}
          />
        ))}
        <button type="submit" class="own-set">
          Set
        </button>
      </form>
      <a class="tool" data-replace="" href={href(otherShow(route))}>
        {route.show === "tables" ? "Charts" : "Tables"}
      </a>
    </div>
  )
}

interface PanelsProps extends Props {
  readonly range: Range
  readonly plain: ReadonlyArray<Filter>
  /** Whether something is not answered yet. */
  readonly isAsking: { current: boolean }
}

const Panels = ({ isAsking, plain, range, route }: PanelsProps) => {
  const { show, top = "sessions" } = route
  const questions = questionsOf(plain, range, top)
  const totals = useAnswer("aggregate", questions.totals)
  const times = useAnswer("aggregate", questions.times)
  const types = useAnswer("aggregate", questions.types)
  const models = useAnswer("aggregate", questions.models)
  const kinds = useAnswer("aggregate", questions.kinds)
  const agents = useAnswer("aggregate", questions.agents)
  const causes = useAnswer("aggregate", questions.causes)
  const tallies = useAnswer("aggregate", questions.top)
  const scores = useAnswer("aggregate", questions.scores)
  const thumbs = useAnswer("listScores", questions.thumbsDown)
  const all = [thumbs, totals, times, types, models, kinds, agents, causes, tallies, scores]
  isAsking.current = all.some(({ isCurrent }) => !isCurrent)

  const unpriced = unpricedOf(causes.answer?.rows ?? [])
  /** The sessions of a time with one more filter. */
  const toSessions = (
    times: { readonly from: string; readonly to: string },
    ...more: ReadonlyArray<Filter>
  ): Route => ({
    view: "sessions",
    filters: [
      ...more.reduce<ReadonlyArray<Filter>>((filters, filter) => withFilter(spanFilters, filters, filter), plain),
      ["startedAfter", times.from],
      ["startedBefore", times.to]
    ]
  })
  const toOne = (filter: Filter) => toSessions({ from: String(range.from), to: String(range.to) }, filter)
  return (
    <>
      <Panel title="In all" asking={totals} class="dash-totals">
        {([row]) => <Tiles row={row} toErrors={toOne(["hasError", "true"])} unpriced={unpriced} />}
      </Panel>
      <Charts
        times={times}
        types={types}
        models={models}
        scores={scores}
        unpriced={unpriced}
        isTable={show === "tables"}
        filters={plain}
        to={toSessions}
      />
      <div class="dash-grid dash-lists">
        <ListPanel title="Models" asking={kinds} {...listed(modelList, "Model", toOne)} isWide />
        <ListPanel title="Tools" asking={kinds} {...listed(toolList, "Tool", toOne)} isWide />
        <ListPanel title="Agents" asking={agents} {...listed(agentList, "Agent", toOne)} />
        <ListPanel
          title="Cost by"
          asking={tallies}
          head={<Tops route={route} top={top} />}
          {...listed(topOf(tops[top]), topNames[top], (filter) =>
            top === "sessions" ? { view: "session", id: filter[1] } : toOne(filter)
          )}
        />
        <ListPanel title="Errors by type" asking={causes} {...listed(errorTypes, "Error", toOne, failuresOf)} />
        <ListPanel title="Thumbs down" asking={thumbs} heads={thumbsDownHeads} items={thumbsDownItems} isWide />
      </div>
      <Foot />
    </>
  )
}

/** How the numbers are to be read. */
const Foot = () => (
  <p class="dash-foot">
    Quantiles are exact, by nearest rank. Costs are those of models and tools, each added up once. Errors count failed
    spans, each with those above that failed with it; turns are traces.
  </p>
)

const topNames: { readonly [T in Top]: string } = {
  sessions: "Session",
  users: "User",
  services: "Service",
  tags: "Tag"
}

const Tops = ({ route, top }: Props & { readonly top: Top }) => (
  <nav class="choice" aria-label="Cost by">
    {(Object.keys(topNames) as ReadonlyArray<Top>).map((name) => (
      <a
        key={name}
        data-replace=""
        href={href({ ...route, top: name === "sessions" ? undefined : name })}
        aria-current={name === top ? "true" : undefined}
      >
        {topNames[name]}
      </a>
    ))}
  </nav>
)

/** What a panel shows of a list, whose first column has this name. */
const listed = (
  listing: Listing,
  name: string,
  to: (filter: Filter) => Route,
  rowsOf = (rows: ReadonlyArray<AggregateRow>) => rows
) => ({
  heads: [name, ...Object.keys(listing.cells)],
  items: (rows: ReadonlyArray<AggregateRow>) => itemsOf(listing, rowsOf(rows), to)
})

const ListPanel = <R,>({
  asking,
  head,
  heads,
  isWide = false,
  items,
  title
}: {
  readonly title: string
  readonly asking: Asking<Rows<R>>
  readonly heads: ReadonlyArray<string>
  readonly head?: ComponentChildren
  readonly isWide?: boolean
  readonly items: (rows: ReadonlyArray<R>) => ReadonlyArray<Item>
}) => (
  <Panel title={title} asking={asking} head={head} class={isWide ? "dash-wide" : ""}>
    {(rows) => {
      const found = items(rows)
      return found.length === 0 ? undefined : <List label={`${title}: ${heads[0]}`} heads={heads} items={found} />
    }}
  </Panel>
)
