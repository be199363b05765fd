/** A session: what it comes to, its conversation, its time line, its logs and its scores. */
import type { JSX } from "preact"
import { useEffect, useMemo } from "preact/hooks"
import { Empty, ErrorNote, Loading } from "../parts/states.js"
import { useTitle } from "../parts/useTitle.js"
import { href, navigate, type RouteOf } from "../state/address.js"
import { reconnected } from "../state/client.js"
import { useKeys } from "../state/keys.js"
import { visible } from "../state/visible.js"
import { Conversation } from "./session/Conversation.js"
import { Head } from "./session/Head.js"
import { Logs } from "./session/Logs.js"
import { Scores } from "./session/Scores.js"
import { Timeline } from "./session/Timeline.js"
import { type TabProps, Told } from "./session/told.js"
import { SpanPanel } from "./span/SpanPanel.js"

type Tab = NonNullable<RouteOf<"session">["tab"]>

const tabs: ReadonlyArray<{
  readonly tab: Tab | undefined
  readonly label: string
  readonly key: string
  readonly view: (props: TabProps) => JSX.Element
}> = [
  { tab: undefined, label: "Conversation", key: "1", view: Conversation },
  { tab: "timeline", label: "Timeline", key: "2", view: Timeline },
  { tab: "logs", label: "Logs", key: "3", view: Logs },
  { tab: "scores", label: "Scores", key: "4", view: Scores }
]

export const Session = ({ route }: { readonly route: RouteOf<"session"> }) => {
  const { id = "", span, tab, trace, turn = 1 } = route
  useTitle(id === "" ? "Session" : `${id} · session`)
  const told = useMemo(() => new Told(id), [id])
  const back = reconnected.value
  useEffect(() => {
    told.seen = Math.max(1, turn)
    return id === "" ? undefined : told.start()
  }, [told, back])
  useKeys(
    "Session",
    tabs.map(({ key, label, tab }) => ({
      keys: key,
      label: label.toLowerCase(),
      run: () => navigate({ ...route, tab })
    }))
  )

  const summary = told.summary.value
  const error = told.error.value
  if (id === "" || summary === null) {
    return (
      <Empty title="There is no such session">
        <p>{id === "" ? "The address names none." : <bdi class="mono">{visible(id)}</bdi>}</p>
        <p>It may be deleted, or not be stored yet: it is shown as soon as something of it is.</p>
        <a href={href({ view: "sessions" })}>All sessions</a>
      </Empty>
    )
  }
  const { view: View } = tabs.find((other) => other.tab === tab) as (typeof tabs)[number]
  const counts: { readonly [tab: string]: number | undefined } = { "": summary?.turns, logs: summary?.logs }
  return (
    <div class="session" key={id}>
      <Head id={id} summary={summary} isTold={told.turns.value.size > 0 || tab !== undefined} />
      <nav class="tabs" aria-label="Parts of the session">
        {tabs.map(({ label, tab: other }) => (
          <a key={label} href={href({ ...route, tab: other })} aria-current={other === tab ? "page" : undefined}>
            {label}
            <span class="quiet"> {counts[other ?? ""]}</span>
          </a>
        ))}
      </nav>
      {error !== undefined && <ErrorNote error={error} again={() => told.start()} />}
      {summary === undefined && error === undefined && told.turns.value.size === 0 ? (
        <Loading label="The session is loading" lines={12} />
      ) : (
        <div class="session-body">
          <View route={route} told={told} />
          {trace !== undefined && span !== undefined && (
            <SpanPanel
              key={`${trace} ${span}`}
              traceId={trace}
              spanId={span}
              isRaw={route.raw === "on"}
              toOther={{ ...route, raw: route.raw === "on" ? undefined : "on" }}
              toClosed={{ ...route, trace: undefined, span: undefined }}
            />
          )}
        </div>
      )}
    </div>
  )
}
