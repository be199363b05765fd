/** What a row, and a card, says of a session. */

import type { Session } from "../../../internal/encoded.js"
import { type Column, sortOf } from "../../parts/Table.js"
import { When } from "../../parts/When.js"
import type { RouteOf } from "../../state/address.js"
import { count, decimal, dollars, dollarsShort, short, some } from "../../state/numbers.js"
import { between, duration } from "../../state/time.js"
import { oneLine } from "../../state/visible.js"

export const columnsOf = (route: RouteOf<"sessions">): ReadonlyArray<Column<Session>> => [
  { id: "said", head: "Conversation", width: 220, grow: 1, cell: Said },
  { id: "user", head: "User", width: 96, cell: ({ users }) => <Names names={users} /> },
  { id: "turns", head: "Turns", width: 40, align: "end", cell: ({ turns }) => short(turns ?? 0) },
  { id: "spans", head: "Spans", width: 44, align: "end", cell: ({ spans }) => short(spans) },
  { id: "errors", head: "Errors", width: 44, align: "end", cell: Errors },
  { id: "tokens", head: "Tokens", width: 56, align: "end", cell: Tokens },
  { id: "cost", head: "Cost", width: 64, align: "end", cell: Cost },
  { id: "duration", head: "Duration", width: 72, align: "end", sort: sortOf(route, "duration"), cell: Length },
  { id: "models", head: "Models", width: 112, cell: ({ models }) => <Names names={models ?? []} /> },
  { id: "scores", head: "Scores", width: 100, cell: Scores },
  {
    id: "time",
    head: "Last activity",
    width: 92,
    align: "end",
    sort: sortOf(route, "time"),
    cell: ({ lastActivity }) => <When at={lastActivity} />
  }
]

export const cardOf = (session: Session) => (
  <>
    <div class="card-head">
      <Names names={session.users.length === 0 ? [session.sessionId] : session.users} />
      <When at={session.lastActivity} />
    </div>
    <Said {...session} />
    <ul class="facts">
      <li>{some(session.turns ?? 0, "turn")}</li>
      {session.errors > 0 && (
        <li>
          <Errors {...session} /> failed
        </li>
      )}
      <li>
        <Tokens {...session} /> tokens
      </li>
      <li>
        <Cost {...session} />
      </li>
      <li>
        <Length {...session} />
      </li>
      {Object.keys(session.scores ?? {}).length > 0 && (
        <li class="facts-last">
          <Scores {...session} />
        </li>
      )}
    </ul>
  </>
)

const Said = ({ firstInput, lastOutput, sessionId }: Session) =>
  firstInput === undefined && lastOutput === undefined ? (
    <div class="said">
      <bdi class="said-in mono">{oneLine(sessionId)}</bdi>
      <span class="said-out">no content recorded</span>
    </div>
  ) : (
    <div class="said">
      <bdi class="said-in">{oneLine(firstInput ?? "…")}</bdi>
      <bdi class="said-out">{oneLine(lastOutput ?? "…")}</bdi>
    </div>
  )

const Names = ({ names }: { readonly names: ReadonlyArray<string> }) => {
  const [first, ...rest] = names
  if (first === undefined) return <span class="none">–</span>
  return (
    <span class="names" title={names.map(oneLine).join(", ")}>
      <bdi>{oneLine(first)}</bdi>
      {rest.length > 0 && <span class="more">+{rest.length}</span>}
    </span>
  )
}

const Errors = ({ errors }: Session) =>
  errors === 0 ? <span class="none">0</span> : <span class="bad">{short(errors)}</span>

const Tokens = ({ inputTokens, outputTokens }: Session) => (
  <span title={`${count(inputTokens)} in, ${count(outputTokens)} out`}>{short(inputTokens + outputTokens)}</span>
)

const Cost = ({ costUsd }: Session) => <span title={dollars(costUsd)}>{dollarsShort(costUsd)}</span>

const Length = ({ firstActivity, lastActivity }: Session) => <>{duration(between(firstActivity, lastActivity))}</>

const Scores = ({ scores = {} }: Session) => {
  const all = Object.entries(scores)
  const [first, ...rest] = all
  if (first === undefined) return <span class="none">–</span>
  const valueOf = ([, { count: times, mean }]: (typeof all)[number]) =>
    `${decimal(mean)}${times > 1 ? ` (${count(times)})` : ""}`
  return (
    <span class="names" title={all.map((score) => `${oneLine(score[0])} ${valueOf(score)}`).join(", ")}>
      <bdi>{oneLine(first[0])}</bdi>
      <span>{valueOf(first)}</span>
      {rest.length > 0 && <span class="more">+{rest.length}</span>}
    </span>
  )
}
