/** What a trace is, and what it came to. */
import type { OutlineSpan } from "../../../internal/encoded.js"
import { Badge } from "../../parts/Badge.js"
import { When } from "../../parts/When.js"
import { href, type RouteOf } from "../../state/address.js"
import { count, dollars, dollarsShort, short, some } from "../../state/numbers.js"
import { nanos } from "../../state/time.js"
import { oneLine } from "../../state/visible.js"
import { sumOf, type Tree } from "./tree.js"

interface Props {
  readonly tree: Tree
  /** Nanoseconds since the origin. */
  readonly end: number
  readonly route: RouteOf<"trace">
}

export const Head = ({ end, route, tree }: Props) => {
  const root = tree.spans[0] as OutlineSpan
  const sessions = Array.from(new Set(tree.spans.flatMap(({ sessionId }) => sessionId ?? [])))
  const [input, output, cost] = [
    sumOf(tree, tree.inputTokens),
    sumOf(tree, tree.outputTokens),
    sumOf(tree, tree.costUsd)
  ]
  return (
    <div class="trace-head">
      <h1 title={oneLine(root.name)}>
        <Badge type={root.spanType} />
        <bdi>{oneLine(root.name)}</bdi>
      </h1>
      <ul class="facts">
        <li>{some(tree.spans.length, "span")}</li>
        {tree.failed > 0 && (
          <li>
            <a
              class="bad"
              href={href({ ...route, only: route.only === undefined ? "errors" : undefined })}
              title={route.only === undefined ? "Show these alone" : "Show all"}
            >
              {count(tree.failed)} failed
            </a>
          </li>
        )}
        {tree.running > 0 && <li class="running">{count(tree.running)} running</li>}
        <li>{nanos(end)}</li>
        {input + output > 0 && (
          <li title={`Calls of models: ${count(input)} in, ${count(output)} out`}>∑ {short(input + output)} tokens</li>
        )}
        {cost > 0 && <li title={`Calls of models and tools: ${dollars(cost)}`}>∑ {dollarsShort(cost)}</li>}
        <li>
          <When at={root.startTime} />
        </li>
        {sessions.slice(0, 3).map((id) => (
          <li key={id} class="trace-session">
            <a href={href({ view: "session", id })} title={`Session ${oneLine(id)}`}>
              <bdi>{oneLine(id)}</bdi>
            </a>
          </li>
        ))}
        <li>
          <a href={href({ view: "traces", pick: tree.traceId })}>Compare with…</a>
        </li>
      </ul>
      {tree.truncated && (
        <p class="note trace-cut">
          The trace has more spans: the first {count(tree.spans.length)} are shown, and the sums are theirs.
        </p>
      )}
    </div>
  )
}
