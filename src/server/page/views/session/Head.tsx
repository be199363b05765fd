/** What a session comes to: its sums, whose it is, and the way to what else is known of it. */
import type { ComponentChildren } from "preact"
import type { Session } from "../../../internal/encoded.js"
import { Copy } from "../../parts/Copy.js"
import { When } from "../../parts/When.js"
import { href } from "../../state/address.js"
import { useAnswer } from "../../state/live.js"
import { count, decimal, dollars, dollarsShort, short, some } from "../../state/numbers.js"
import { between, duration, instant } from "../../state/time.js"
import { cut, oneLine, visible } from "../../state/visible.js"

interface Props {
  readonly id: string
  readonly summary: Session | undefined
  /** Whether what is read first is there: what is only looked up is asked for after it. */
  readonly isTold: boolean
}

export const Head = ({ id, isTold, summary }: Props) => {
  const about = useAbout(id, isTold ? summary : undefined)
  const filters = [["sessionId", id]] as const
  return (
    <header class="session-head">
      <div class="session-title">
        <h1>
          <bdi class="mono" title={visible(id)}>
            {oneLine(cut(id, 120))}
          </bdi>
        </h1>
        <Copy text={id} label="Copy id" />
        <span class="session-links">
          <a href={href({ view: "dashboard", filters })}>Dashboard</a>
          <a href={href({ view: "logs", filters })}>Logs</a>
          <a href={href({ view: "traces", filters })}>Traces</a>
          <a href={href({ view: "sessions", pick: id })}>Compare with…</a>
        </span>
      </div>
      {summary !== undefined && (
        <>
          <Sums summary={summary} cached={about.cached} />
          <dl class="session-about">
            <Names label="user" names={summary.users} filter="userId" />
            <Names label="agent" names={summary.agents ?? []} filter="agentName" />
            <Names label="model" names={summary.models ?? []} filter="model" />
            <Names label="service" names={about.services} filter="serviceName" />
            <Names label="environment" names={about.environments} filter="environment" />
            <Names label="tag" names={about.tags} filter="tags" />
            {Object.entries(summary.scores ?? {}).map(([name, { count: times, mean }]) => (
              <div key={name} class="fact">
                <dt>
                  <bdi>{oneLine(cut(name, 40))}</bdi>
                </dt>
                <dd>
                  <a href={href({ view: "session", id, tab: "scores" })}>
                    {decimal(mean)}
                    {times > 1 && <span class="quiet"> ×{count(times)}</span>}
                  </a>
                </dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </header>
  )
}

const Sums = ({ cached, summary }: { readonly summary: Session; readonly cached: number | undefined }) => {
  const { costUsd, errors, firstActivity, inputTokens, lastActivity, outputTokens, spans, turns = 0 } = summary
  return (
    <dl class="session-sums">
      <Sum label={turns === 1 ? "turn" : "turns"}>{count(turns)}</Sum>
      <Sum label={spans === 1 ? "span" : "spans"}>{count(spans)}</Sum>
      <Sum label={errors === 1 ? "error" : "errors"}>{errors > 0 ? <span class="bad">{count(errors)}</span> : "0"}</Sum>
      <Sum label="tokens in" title={count(inputTokens)}>
        {short(inputTokens)}
      </Sum>
      {cached !== undefined && cached > 0 && (
        <Sum label="cached" title={`${count(cached)} of those`}>
          {short(cached)}
        </Sum>
      )}
      <Sum label="tokens out" title={count(outputTokens)}>
        {short(outputTokens)}
      </Sum>
      <Sum label="cost" title={dollars(costUsd)}>
        {dollarsShort(costUsd)}
      </Sum>
      <Sum label="from first to last">{duration(between(firstActivity, lastActivity))}</Sum>
      <Sum label="began" title={instant(firstActivity)}>
        <When at={firstActivity} />
      </Sum>
      <Sum label="last activity" title={instant(lastActivity)}>
        <When at={lastActivity} />
      </Sum>
    </dl>
  )
}

const Sum = ({
  children,
  label,
  title
}: {
  readonly label: string
  readonly title?: string
  readonly children: ComponentChildren
}) => (
  <div class="sum" title={title}>
    <dt>{label}</dt>
    <dd>{children}</dd>
  </div>
)

/** Names that are shown; the others are in a title. */
const shownNames = 4

type NameFilter = "userId" | "agentName" | "model" | "serviceName" | "environment" | "tags"

const Names = ({
  filter,
  label,
  names
}: {
  readonly label: string
  readonly names: ReadonlyArray<string>
  readonly filter: NameFilter
}) =>
  names.length === 0 ? null : (
    <div class="fact">
      <dt>{names.length === 1 ? label : `${label}s`}</dt>
      <dd>
        {names.slice(0, shownNames).map((name, i) => (
          <>
            {i > 0 && ", "}
            <a href={href({ view: "sessions", filters: [[filter, name]] })} title={oneLine(name)}>
              <bdi>{oneLine(cut(name, 40))}</bdi>
            </a>
          </>
        ))}
        {names.length > shownNames && (
          <span class="quiet" title={names.map(oneLine).join(", ")}>
            {" "}
            and {some(names.length - shownNames, "other")}
          </span>
        )}
      </dd>
    </div>
  )

/** What no summary has: asked again when the session has grown. */
const useAbout = (id: string, summary: Session | undefined) => {
  const filters = { sessionId: id }
  const grown = summary === undefined ? undefined : summary.spans
  const asked = (groupBy: ReadonlyArray<"serviceName" | "environment" | "tags">) =>
    grown === undefined
      ? undefined
      : {
          of: "spans" as const,
          filters,
          groupBy,
          measures: { cached: { sum: "cachedInputTokens" as const } },
          limit: 50
        }
  const places = useAnswer("aggregate", asked(["serviceName", "environment"])).answer?.rows ?? []
  const tags = useAnswer("aggregate", asked(["tags"])).answer?.rows ?? []
  const namesOf = (rows: typeof places, field: string): ReadonlyArray<string> =>
    Array.from(new Set(rows.flatMap(({ group }) => (typeof group[field] === "string" ? [group[field]] : [])))).sort()
  return {
    cached:
      places.length === 0 ? undefined : places.reduce((sum, { values }) => sum + Number(values["cached"] ?? 0), 0),
    services: namesOf(places, "serviceName"),
    environments: namesOf(places, "environment"),
    tags: namesOf(tags, "tags")
  }
}
