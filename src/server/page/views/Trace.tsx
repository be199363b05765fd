/** A trace: its spans as a tree beside what each took of the time, and one of them in a panel. */
import { useMemo } from "preact/hooks"
import { Empty, ErrorNote, Loading } from "../parts/states.js"
import { useTitle } from "../parts/useTitle.js"
import type { RouteOf } from "../state/address.js"
import { oneLine } from "../state/visible.js"
import { SpanPanel } from "./span/SpanPanel.js"
import { criticalPath } from "./trace/criticalPath.js"
import { Head } from "./trace/Head.js"
import { Minimap } from "./trace/Minimap.js"
import { Rows } from "./trace/Rows.js"
import { keptOf, matchesOf, rowsOf } from "./trace/rows.js"
import { seen, windowOf } from "./trace/scale.js"
import { Tools } from "./trace/Tools.js"
import { endAt, type Tree } from "./trace/tree.js"
import { useCursor } from "./trace/useCursor.js"
import { useEnd, useOutline } from "./trace/useOutline.js"

export const Trace = ({ route }: { readonly route: RouteOf<"trace"> }) => {
  const { again, error, tree } = useOutline(route.id)
  const root = tree?.spans[0]
  useTitle(root === undefined ? "Trace" : root.name)
  if (tree === null || route.id === undefined) {
    return (
      <Empty title="There is no such trace">
        <p>It was deleted, or is not here yet: it is shown as soon as it comes.</p>
      </Empty>
    )
  }
  return (
    <>
      {error !== undefined && <ErrorNote error={error} again={again} />}
      {tree !== undefined && tree.spans.length > 0 ? (
        <Shown tree={tree} route={route} />
      ) : (
        error === undefined && <Loading label="The trace is loading" lines={12} />
      )}
    </>
  )
}

const Shown = ({ route, tree }: { readonly route: RouteOf<"trace">; readonly tree: Tree }) => {
  const { depth, find = "", fold, from, only, path, span, to, type } = route
  const end = useEnd(tree)
  const cursor = useCursor(route)
  const at = cursor.id === undefined ? -1 : (tree.indexOf.get(cursor.id) ?? -1)
  const range = windowOf(end, from, to)
  const isZoomed = range.from > 0 || range.to < end
  // What is running goes on with the clock: whether it is in the window hardly changes.
  const kept = useMemo(
    () =>
      type === undefined && only === undefined && !isZoomed
        ? undefined
        : keptOf(
            tree,
            ({ spanType, status }, index) =>
              (type === undefined || type.includes(spanType)) &&
              (only === undefined || status === "error") &&
              (!isZoomed || seen(range, tree.start[index] as number, endAt(tree, index, end)) !== undefined)
          ),
    [tree, type?.join(), only, isZoomed, from, to]
  )
  const turned = useMemo(() => new Set(fold), [fold?.join()])
  const rows = useMemo(() => rowsOf(tree, { depth, turned, cursor: at }, kept), [tree, depth, turned, at, kept])
  const matches = useMemo(() => matchesOf(tree, find), [tree, find])
  const critical = useMemo(() => (path === "on" ? criticalPath(tree, end) : undefined), [tree, path])
  return (
    <div class="trace">
      <Head tree={tree} end={end} route={route} />
      <Tools tree={tree} route={route} matches={matches} at={at} rows={rows} range={range} end={end} cursor={cursor} />
      <Minimap tree={tree} end={end} range={range} route={route} />
      <div class="trace-body">
        {rows.length === 0 ? (
          <Empty title="No span is like this">
            <p>Take a filter away.</p>
          </Empty>
        ) : (
          <Rows
            label={`Spans of ${oneLine(tree.spans[0]?.name ?? "the trace")}`}
            tree={tree}
            rows={rows}
            matches={matches}
            kept={kept}
            range={range}
            end={end}
            path={critical}
            route={route}
            at={at}
            cursor={cursor}
          />
        )}
        {span !== undefined && (
          <SpanPanel
            traceId={tree.traceId}
            spanId={span}
            isRaw={route.said === "raw"}
            toOther={{ ...route, said: route.said === "raw" ? undefined : "raw" }}
            toClosed={{ ...route, span: undefined, at: span }}
          />
        )}
      </div>
    </div>
  )
}
