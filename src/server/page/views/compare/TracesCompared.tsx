/** Two traces as one tree: spans of the same names stand in one row. */
import { useMemo } from "preact/hooks"
import type { OutlineSpan } from "../../../internal/encoded.js"
import { Badge } from "../../parts/Badge.js"
import { Empty, ErrorNote, Loading } from "../../parts/states.js"
import { type Column, Table } from "../../parts/Table.js"
import { navigate, type RouteOf } from "../../state/address.js"
import { useAnswer } from "../../state/live.js"
import { count, dollars } from "../../state/numbers.js"
import { between, nanos } from "../../state/time.js"
import { oneLine } from "../../state/visible.js"
import { sumOf, type Tree, treeOf } from "../trace/tree.js"
import { Delta, Sums } from "./Sums.js"
import { merged, type Node } from "./trees.js"

interface Props {
  readonly route: RouteOf<"compare">
  readonly a: string
  readonly b: string
}

export const TracesCompared = ({ a, b, route }: Props) => {
  const askedA = useAnswer("traceOutline", { traceId: a })
  const askedB = useAnswer("traceOutline", { traceId: b })
  const [left, right] = useMemo(
    () => [askedA.answer, askedB.answer].map((answer) => answer && treeOf(answer.spans, answer)),
    [askedA.answer, askedB.answer]
  )
  const nodes = useMemo(() => (left && right ? merged(left, right) : []), [left, right])
  const error = askedA.error ?? askedB.error
  if (error !== undefined) {
    return (
      <ErrorNote
        error={error}
        again={() => {
          askedA.again()
          askedB.again()
        }}
      />
    )
  }
  if (left === undefined || right === undefined) return <Loading label="Traces are loading" />
  if (left === null || right === null) {
    return (
      <Empty title="There is no such trace">
        <p class="mono">{[left === null ? a : "", right === null ? b : ""].filter(Boolean).map(oneLine).join(", ")}</p>
      </Empty>
    )
  }
  const longest = Math.max(
    1,
    ...[...left.spans, ...right.spans].filter(isRoot(left, right)).map((span) => lengthOf(span) ?? 0)
  )
  return (
    <>
      <TraceSums a={left} b={right} />
      {(left.truncated || right.truncated) && <p class="note">A trace has more spans than are shown.</p>}
      <Table
        label="Spans of both traces"
        noun="span"
        rows={nodes}
        keyOf={({ key }) => key}
        columns={columnsOf(longest)}
        height={32}
        card={(node) => <Card node={node} />}
        cardHeight={76}
        routeOf={({ a: inA, b: inB }) => ({
          view: "trace",
          id: inA === undefined ? b : a,
          span: (inA ?? inB)?.spanId
        })}
        titleOf={({ name }) => oneLine(name)}
        cursor={route.at}
        onCursor={(at) => navigate({ ...route, at }, { replace: true })}
      />
    </>
  )
}

const isRoot = (a: Tree, b: Tree) => (span: OutlineSpan) => span === a.spans[0] || span === b.spans[0]

const lengthOf = (span: OutlineSpan | undefined): number | undefined =>
  span?.endTime === undefined ? undefined : Number(between(span.startTime, span.endTime))

const columnsOf = (longest: number): ReadonlyArray<Column<Node>> => [
  { id: "name", head: "Span", width: 260, grow: 2, cell: (node) => <Named node={node} /> },
  { id: "bars", head: "A and B", width: 160, grow: 1, cell: (node) => <Bars node={node} longest={longest} /> },
  { id: "a", head: "A", width: 76, align: "end", cell: ({ a }) => <Length span={a} /> },
  { id: "b", head: "B", width: 76, align: "end", cell: ({ b }) => <Length span={b} /> },
  { id: "time", head: "B − A", width: 84, align: "end", cell: (node) => <TimeDelta node={node} /> },
  {
    id: "tokens",
    head: "Tokens",
    width: 72,
    align: "end",
    cell: ({ a, b }) => <Delta label="" a={tokensOf(a)} b={tokensOf(b)} say={count} />
  },
  {
    id: "cost",
    head: "Cost",
    width: 96,
    align: "end",
    cell: ({ a, b }) => <Delta label="" a={a?.costUsd} b={b?.costUsd} say={dollars} />
  }
]

const tokensOf = (span: OutlineSpan | undefined): number | undefined =>
  span?.inputTokens === undefined ? undefined : span.inputTokens + (span.outputTokens ?? 0)

const Named = ({ node: { a, b, depth, name, renamed } }: { readonly node: Node }) => {
  const span = (a ?? b) as OutlineSpan
  const said = <bdi>{oneLine(name)}</bdi>
  const isFailed = a?.status === "error" || b?.status === "error"
  return (
    <span class="node" style={{ "--depth": String(Math.min(depth, 24)) }}>
      <Badge type={span.spanType} />
      {a === undefined ? <ins>{said}</ins> : b === undefined || renamed !== undefined ? <del>{said}</del> : said}
      {renamed !== undefined && (
        <ins>
          <bdi>{oneLine(renamed)}</bdi>
        </ins>
      )}
      {a === undefined && <span class="more">only in B</span>}
      {b === undefined && <span class="more">only in A</span>}
      {isFailed && (
        <span class="bad">
          {a?.status === b?.status ? "failed" : a?.status === "error" ? "failed in A" : "failed in B"}
        </span>
      )}
    </span>
  )
}

const Length = ({ span }: { readonly span: OutlineSpan | undefined }) => {
  const length = lengthOf(span)
  if (span === undefined) return <span class="none">–</span>
  return <span>{length === undefined ? "running" : nanos(length)}</span>
}

const TimeDelta = ({ node: { a, b } }: { readonly node: Node }) => (
  <Delta label="" a={lengthOf(a)} b={lengthOf(b)} say={nanos} isBad />
)

const Bars = ({ longest, node: { a, b } }: { readonly node: Node; readonly longest: number }) => (
  <span class="bars">
    {[a, b].map((span, i) => (
      <span
        key={i === 0 ? "a" : "b"}
        class={i === 0 ? "bar-a" : "bar-b"}
        style={{ width: `${Math.min(100, ((lengthOf(span) ?? 0) / longest) * 100).toFixed(2)}%` }}
      />
    ))}
  </span>
)

const Card = ({ node }: { readonly node: Node }) => (
  <>
    <Named node={node} />
    <ul class="facts">
      <li>
        A <Length span={node.a} />
      </li>
      <li>
        B <Length span={node.b} />
      </li>
      <li>
        <TimeDelta node={node} />
      </li>
    </ul>
  </>
)

const TraceSums = ({ a, b }: { readonly a: Tree; readonly b: Tree }) => {
  const of = (value: (tree: Tree) => number | undefined) => ({ a: value(a), b: value(b) })
  const calls = (type: OutlineSpan["spanType"]) =>
    of(({ spans }) => spans.reduce((sum, { spanType }) => (spanType === type ? sum + 1 : sum), 0))
  return (
    <Sums
      view="trace"
      ids={[a.traceId, b.traceId]}
      sums={[
        { label: "Spans", ...of(({ spans }) => spans.length), say: count },
        { label: "Errors", ...of(({ failed }) => failed), say: count, isBad: true },
        { label: "Calls of models", ...calls("model_generation"), say: count },
        { label: "Calls of tools", ...calls("tool_call"), say: count },
        { label: "Input", ...of((tree) => sumOf(tree, tree.inputTokens)), say: count },
        { label: "Output", ...of((tree) => sumOf(tree, tree.outputTokens)), say: count },
        { label: "Cost", ...of((tree) => sumOf(tree, tree.costUsd)), say: dollars },
        { label: "Duration", ...of(({ spans }) => lengthOf(spans[0])), say: nanos, isBad: true }
      ]}
    />
  )
}
