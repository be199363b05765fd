/** A span of the tree: what it is, what it came to, and when. */
import type { ComponentChildren } from "preact"
import type { OutlineSpan } from "../../../internal/encoded.js"
import { Badge, signOf } from "../../parts/Badge.js"
import type { RouteOf } from "../../state/address.js"
import { count, dollars, dollarsShort, short } from "../../state/numbers.js"
import { nanos } from "../../state/time.js"
import { cut, oneLine } from "../../state/visible.js"
import type { CriticalPath } from "./criticalPath.js"
import { type Range, seen } from "./scale.js"
import { endAt, isCounted, type Tree } from "./tree.js"
import type { Cursor } from "./useCursor.js"

/** The rows of a tree. */
export interface RowsProps {
  readonly label: string
  readonly tree: Tree
  readonly rows: Int32Array
  readonly matches: Int32Array
  readonly kept: Uint8Array | undefined
  readonly range: Range
  readonly end: number
  readonly path: CriticalPath | undefined
  readonly route: RouteOf<"trace">
  /** The place of the span under the cursor, or -1. */
  readonly at: number
  readonly cursor: Cursor
}

interface Props extends RowsProps {
  readonly index: number
  readonly top: number
  readonly isAt: boolean
  readonly isMatch: boolean
  /** It is shown for the sake of what is below. */
  readonly isFaint: boolean
  /** `undefined` where nothing is below. */
  readonly isOpen: boolean | undefined
  readonly to: string
  readonly toTurned: string | undefined
}

export const Row = (props: Props) => {
  const { end, index, isAt, isFaint, isMatch, isOpen, path, range, to, toTurned, top, tree } = props
  const span = tree.spans[index] as OutlineSpan
  const depth = tree.depth[index] as number
  const isRunning = span.status === "running"
  const length = endAt(tree, index, end) - (tree.start[index] as number)
  const name = oneLine(cut(span.name, 300))
  return (
    <div
      id={`span-${index}`}
      class={`trow${isMatch ? " trow-match" : ""}${isFaint ? " trow-faint" : ""}`}
      role="treeitem"
      aria-level={depth + 1}
      aria-posinset={tree.position[index]}
      aria-setsize={tree.siblings[index]}
      aria-selected={isAt}
      {...(isOpen === undefined ? {} : { "aria-expanded": isOpen })}
      data-span={span.spanId}
      style={{ transform: `translateY(${top}px)` }}
      onClick={(event) => {
        // What has a title lies above the link, and leads where that does.
        if (event.target instanceof Element && event.target.closest("a") === null) {
          event.currentTarget.querySelector(".row-link")?.dispatchEvent(new MouseEvent("click", event))
        }
      }}
    >
      <a class="row-link" href={to} tabIndex={-1} aria-label={name} />
      <div class="t-name" style={{ "--depth": Math.min(depth, 30) }}>
        {toTurned === undefined ? (
          <span class="twisty" />
        ) : (
          <a
            class="twisty"
            href={toTurned}
            data-replace=""
            tabIndex={-1}
            aria-label={isOpen === true ? "Fold" : "Open"}
          >
            {isOpen === true ? "▾" : "▸"}
          </a>
        )}
        <Badge type={span.spanType} />
        <bdi class={span.status === "error" ? "t-said bad" : "t-said"} title={name}>
          {name}
        </bdi>
        <About span={span} />
        <Marks tree={tree} index={index} isOpen={isOpen} />
      </div>
      <Numbers tree={tree} index={index} />
      <div class={isRunning ? "t-time running" : "t-time"}>{nanos(length)}</div>
      <Time tree={tree} index={index} end={end} range={range} path={path} />
    </div>
  )
}

/** The tool, the model or the agent, where the name does not say it. */
const About = ({ span: { agentName, model, name, toolName } }: { readonly span: OutlineSpan }) => {
  const said = toolName ?? model ?? agentName
  return said === undefined || name.includes(said) ? null : <bdi class="t-about">{oneLine(cut(said, 80))}</bdi>
}

const Marks = ({
  index,
  isOpen,
  tree
}: {
  readonly tree: Tree
  readonly index: number
  readonly isOpen: boolean | undefined
}) => {
  const { errorType, parentSpanId, status } = tree.spans[index] as OutlineSpan
  const below = tree.failedBelow[index] as number
  return (
    <>
      {status === "error" && <bdi class="mark mark-bad">{oneLine(cut(errorType ?? "failed", 60))}</bdi>}
      {status === "interrupted" && <span class="mark">interrupted</span>}
      {status === "running" && <span class="mark running">running</span>}
      {isOpen === false && below > 0 && (
        <span class="mark mark-bad" title={`${count(below)} failed below`}>
          {short(below)} failed below
        </span>
      )}
      {isOpen === false && <span class="quiet t-below">{short((tree.after[index] as number) - index - 1)}</span>}
      {parentSpanId !== undefined && tree.parent[index] === -1 && (
        <span class="mark" title="Its parent is not recorded in this trace">
          no parent here
        </span>
      )}
    </>
  )
}

/** A number is the span’s own, or with a ∑ that of all below with it. What a sum does not count is shown as said. */
const Numbers = ({ index, tree }: { readonly tree: Tree; readonly index: number }) => {
  const span = tree.spans[index] as OutlineSpan
  const [input, output] = [tree.inputTokens[index] as number, tree.outputTokens[index] as number]
  const cost = tree.costUsd[index] as number
  const own = { tokens: (span.inputTokens ?? 0) + (span.outputTokens ?? 0), cost: span.costUsd ?? 0 }
  const isSumOfTokens = !isCounted.tokens(span) || input + output !== own.tokens
  const isSumOfCost = !isCounted.cost(span) || Math.abs(cost - own.cost) >= 1e-9
  const repeated = "as the span says of itself: the sums count the calls of models"
  return (
    <>
      <div class="t-tokens">
        {input + output > 0 ? (
          <Sum is={isSumOfTokens} title={`${count(input)} in, ${count(output)} out`}>
            {short(input + output)}
          </Sum>
        ) : (
          own.tokens > 0 && (
            <span class="quiet" title={`${count(own.tokens)}, ${repeated}`}>
              {short(own.tokens)}
            </span>
          )
        )}
      </div>
      <div class="t-cost">
        {cost !== 0 ? (
          <Sum is={isSumOfCost} title={dollars(cost)}>
            {dollarsShort(cost)}
          </Sum>
        ) : (
          own.cost !== 0 && (
            <span class="quiet" title={`${dollars(own.cost)}, ${repeated}`}>
              {dollarsShort(own.cost)}
            </span>
          )
        )}
      </div>
    </>
  )
}

const Sum = ({
  children,
  is,
  title
}: {
  readonly is: boolean
  readonly title: string
  readonly children: ComponentChildren
}) => (
  <span title={is ? `Of all below: ${title}` : title}>
    {is && <span class="quiet">∑ </span>}
    {children}
  </span>
)

const percent = (part: number): string => `${(part * 100).toFixed(3)}%`

/** Sections of a path that are closer than this part of the axis are drawn as one. */
const least = 0.002

const Time = ({
  end,
  index,
  path,
  range,
  tree
}: {
  readonly tree: Tree
  readonly index: number
  readonly end: number
  readonly range: Range
  readonly path: CriticalPath | undefined
}) => {
  const { spanType, status } = tree.spans[index] as OutlineSpan
  const shown = seen(range, tree.start[index] as number, endAt(tree, index, end))
  return (
    <div class="t-axis">
      {shown !== undefined && (
        <span
          class={`bar-of${status === "running" ? " bar-running" : ""}${status === "error" ? " bar-bad" : ""}`}
          style={{
            "--colour": `var(--${signOf(spanType).colour})`,
            "--from": percent(shown.from),
            "--length": percent(shown.to - shown.from)
          }}
        />
      )}
      {path !== undefined &&
        sectionsOf(path, index, range).map(({ from, to }) => (
          <span key={from} class="on-path" style={{ "--from": percent(from), "--length": percent(to - from) }} />
        ))}
    </div>
  )
}

const sectionsOf = (path: CriticalPath, index: number, range: Range): ReadonlyArray<Range> => {
  const sections: Array<{ from: number; to: number }> = []
  for (let i = (path.offsets[index + 1] ?? 0) - 1; i >= (path.offsets[index] ?? 0); i--) {
    const section = seen(range, path.from[i] as number, path.to[i] as number)
    if (section === undefined) continue
    const before = sections.at(-1)
    if (before !== undefined && section.from - before.to < least) before.to = section.to
    else sections.push({ ...section })
  }
  return sections
}
