/** Turns, their spans, logs and scores on one axis. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks"
import type { OutlineSpan } from "../../../internal/encoded.js"
import { Badge, signOf } from "../../parts/Badge.js"
import { Empty, Loading } from "../../parts/states.js"
import { href, navigate, type RouteOf } from "../../state/address.js"
import { useKeys } from "../../state/keys.js"
import { now, useAnswer } from "../../state/live.js"
import { count as counted, some } from "../../state/numbers.js"
import { between, clockOf, duration, instant, millisOf } from "../../state/time.js"
import { cut, oneLine } from "../../state/visible.js"
import { type Axis, axisOf, readZoom, whole, writeZoom, type Zoom } from "./axis.js"
import { SpanLink } from "./SpanLink.js"
import { scoreOf } from "./TurnView.js"
import type { Aside, TabProps, ToldTurn } from "./told.js"

export const Timeline = ({ route, told }: TabProps) => {
  const turns = told.turns.value
  const before = told.before.value
  const { isWhole } = told
  useEffect(() => told.wantAll(), [told])
  const zoom = useMemo(() => readZoom(route.zoom), [route.zoom])
  const isCut = route.idle !== "shown"
  const clock = now.value
  const rows = useMemo(() => Array.from(turns.values()).sort((a, b) => a.turn.number - b.turn.number), [turns])
  const asides = useMemo(() => [...before, ...rows.flatMap(({ after }) => after)], [before, rows])
  const axis = useMemo(
    () =>
      axisOf(
        [
          ...rows.map(({ turn: { span } }) => [millisOf(span.startTime), endOf(span, clock)] as const),
          ...asides.map((aside) => [timeOf(aside), timeOf(aside)] as const)
        ],
        isCut,
        zoom
      ),
    [rows, asides, isCut, zoom, clock]
  )
  const zoomTo = (next: Zoom) => navigate({ ...route, zoom: writeZoom(next) }, { replace: true })
  useZoomKeys(zoom, zoomTo)
  if (rows.length === 0)
    return isWhole ? <Empty title="No turn is stored" /> : <Loading label="The turns are loading" />
  return (
    <div class="timeline" role="region" aria-label="Timeline" tabIndex={0}>
      <div class="timeline-bar">
        <span class="quiet">
          {some(rows.length, "turn")}
          {!isWhole && ` of ${counted(told.count)} …`}
        </span>
        <a class="tool" data-replace="" href={href({ ...route, idle: isCut ? "shown" : undefined })}>
          {isCut ? "Show idle time" : "Cut idle time"}
        </a>
        {zoom !== whole && (
          <a class="tool" data-replace="" href={href({ ...route, zoom: undefined })}>
            All of it (0)
          </a>
        )}
        <span class="quiet timeline-hint">Drag over the axis, or press + − h l, to zoom</span>
      </div>
      <Ruler axis={axis} zoom={zoom} zoomTo={zoomTo} />
      {asides.length > 0 && <Marks axis={axis} asides={asides} route={route} />}
      <ol class="timeline-rows">
        {rows.map((told) => (
          <TurnRow key={told.turn.number} told={told} axis={axis} clock={clock} route={route} />
        ))}
      </ol>
    </div>
  )
}

const timeOf = (aside: Aside): number => millisOf(aside._tag === "Score" ? aside.time : aside.timestamp)

const endOf = ({ endTime, startTime }: Pick<OutlineSpan, "startTime" | "endTime">, clock: number): number =>
  Math.max(millisOf(startTime), endTime === undefined ? clock : millisOf(endTime))

const useZoomKeys = (zoom: Zoom, zoomTo: (zoom: Zoom) => void): void => {
  const length = zoom.to - zoom.from
  const scale = (by: number) => {
    const middle = (zoom.from + zoom.to) / 2
    zoomTo({ from: middle - (length * by) / 2, to: middle + (length * by) / 2 })
  }
  const pan = (by: number) => {
    const step = Math.max(-zoom.from, Math.min(1 - zoom.to, length * by))
    zoomTo({ from: zoom.from + step, to: zoom.to + step })
  }
  useKeys("Timeline", [
    { keys: "+", label: "zoom in", run: () => scale(0.5) },
    { keys: "-", label: "zoom out", run: () => scale(2) },
    { keys: "h", label: "earlier", run: () => pan(-0.25) },
    { keys: "l", label: "later", run: () => pan(0.25) },
    { keys: "0", label: "all of it", run: () => zoomTo(whole) }
  ])
}

const percent = (at: number): string => `${(at * 100).toFixed(3)}%`

/** Ticks of the axis; a drag over it zooms. */
const Ruler = ({
  axis,
  zoom,
  zoomTo
}: {
  readonly axis: Axis
  readonly zoom: Zoom
  readonly zoomTo: (zoom: Zoom) => void
}) => {
  const svg = useRef<SVGSVGElement>(null)
  const [drag, setDrag] = useState<readonly [number, number] | undefined>(undefined)
  const placeOf = (event: PointerEvent): number => {
    const { left, width } = (svg.current as SVGSVGElement).getBoundingClientRect()
    return Math.max(0, Math.min(1, (event.clientX - left) / width))
  }
  return (
    <div class="timeline-row timeline-ruler">
      <span class="timeline-label quiet">{instantOf(axis.timeOf(0))}</span>
      <svg
        ref={svg}
        class="timeline-axis"
        aria-hidden="true"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId)
          setDrag([placeOf(event), placeOf(event)])
        }}
        onPointerMove={(event) => {
          if (drag !== undefined) setDrag([drag[0], placeOf(event)])
        }}
        onPointerUp={(event) => {
          if (drag === undefined) return
          const [from, to] = [Math.min(drag[0], placeOf(event)), Math.max(drag[0], placeOf(event))]
          setDrag(undefined)
          const length = zoom.to - zoom.from
          if (to - from > 0.01) zoomTo({ from: zoom.from + from * length, to: zoom.from + to * length })
        }}
        onPointerCancel={() => setDrag(undefined)}
      >
        {axis.gaps.map(({ from, millis, to }) => (
          <rect key={from} class="gap" x={percent(from)} width={percent(to - from)} y="0" height="100%">
            <title>{`Nothing happened for ${duration(BigInt(Math.round(millis)) * 1_000_000n)}`}</title>
          </rect>
        ))}
        {[0, 0.2, 0.4, 0.6, 0.8].map((at) => (
          <g key={at}>
            <line class="axis-tick" x1={percent(at)} x2={percent(at)} y1="0" y2="100%" />
            <text class="tick-text" x={percent(at)} dx="4" y="15">
              {clockOf(nanosOf(axis.timeOf(at))).slice(0, 8)}
            </text>
          </g>
        ))}
        {drag !== undefined && (
          <rect
            class="drag"
            x={percent(Math.min(...drag))}
            width={percent(Math.abs(drag[1] - drag[0]))}
            y="0"
            height="100%"
          />
        )}
      </svg>
    </div>
  )
}

const nanosOf = (millis: number): string => `${Math.round(millis)}000000`
const instantOf = (millis: number): string => instant(nanosOf(millis)).slice(0, 10)

/** Logs and scores, a mark each. */
const Marks = ({
  asides,
  axis,
  route
}: {
  readonly axis: Axis
  readonly asides: ReadonlyArray<Aside>
  readonly route: RouteOf<"session">
}) => (
  <>
    {(["LogRecord", "Score"] as const).map((tag) => {
      const marks = asides.filter((aside) => aside._tag === tag)
      if (marks.length === 0) return null
      const tab = tag === "Score" ? "scores" : "logs"
      return (
        <div key={tag} class="timeline-row">
          <a class="timeline-label" href={href({ ...route, tab })}>
            {some(marks.length, tag === "Score" ? "score" : "log")}
          </a>
          <svg class="timeline-axis timeline-marks" role="img" aria-label={tag === "Score" ? "Scores" : "Logs"}>
            {marks.slice(0, 2_000).map((mark) => {
              const at = axis.at(timeOf(mark))
              return at < 0 || at > 1 ? null : mark._tag === "Score" ? (
                <circle key={mark.scoreId} class="mark-score" cx={percent(at)} cy="50%" r="4">
                  <title>{`${oneLine(cut(mark.name, 100))} ${scoreOf(mark)}`}</title>
                </circle>
              ) : (
                <rect
                  key={mark.logId}
                  class={`mark-log level-${mark.level}`}
                  x={percent(at)}
                  y="6"
                  width="3"
                  height="12"
                >
                  <title>{`${mark.level}: ${oneLine(cut(mark.message, 200))}`}</title>
                </rect>
              )
            })}
          </svg>
        </div>
      )
    })}
  </>
)

interface RowProps {
  readonly told: ToldTurn
  readonly axis: Axis
  readonly clock: number
  readonly route: RouteOf<"session">
}

const TurnRow = ({ axis, clock, route, told: { turn } }: RowProps) => {
  // The turn that is read is unfolded: the address says it.
  const isOpen = route.turn === turn.number
  const { number, span } = turn
  return (
    <li class="timeline-turn" data-turn-row={number}>
      <div class="timeline-row">
        <span class="timeline-label">
          <a
            data-replace=""
            href={href({ ...route, turn: isOpen ? undefined : number })}
            aria-expanded={isOpen}
            class="timeline-fold"
          >
            {isOpen ? "▾" : "▸"} Turn {counted(number)}
          </a>
          <a class="quiet" href={href({ ...route, tab: undefined, turn: number })}>
            read
          </a>
        </span>
        <Line axis={axis} clock={clock} span={span} />
      </div>
      {isOpen && <Spans axis={axis} clock={clock} turn={turn} />}
    </li>
  )
}

const Spans = ({
  axis,
  clock,
  turn: { number, span: root }
}: { readonly turn: ToldTurn["turn"] } & Pick<RowProps, "axis" | "clock">) => {
  const { answer, error } = useAnswer("traceOutline", { traceId: root.traceId }, { live: root.status === "running" })
  const rows = useMemo(() => below(answer?.spans ?? [], root.spanId), [answer, root.spanId])
  if (error !== undefined) return <p class="quiet timeline-row">{oneLine(error.detail)}</p>
  return (
    <ol class="timeline-spans">
      {rows.slice(0, mostRows).map(({ depth, span }) => (
        <li key={span.spanId} class="timeline-row">
          <span class="timeline-label" style={{ "--depth": depth }}>
            <Badge type={span.spanType} />
            <SpanLink traceId={root.traceId} spanId={span.spanId} turn={number} class="timeline-name">
              <bdi>{oneLine(cut(span.name, 80))}</bdi>
            </SpanLink>
          </span>
          <Line axis={axis} clock={clock} span={span} />
        </li>
      ))}
      {rows.length > mostRows && (
        <li class="timeline-row">
          <a href={href({ view: "trace", id: root.traceId })}>
            {some(rows.length - mostRows, "more span")} in the trace
          </a>
        </li>
      )}
    </ol>
  )
}

/** Spans of a turn that are shown here: the view of its trace has all. */
const mostRows = 500

interface Row {
  readonly span: OutlineSpan
  readonly depth: number
}

/** The spans below one, each before its children. */
const below = (spans: ReadonlyArray<OutlineSpan>, rootId: string): ReadonlyArray<Row> => {
  const depths = new Map<string, number>([[rootId, 0]])
  const rows: Array<Row> = []
  for (const span of spans) {
    const above = span.parentSpanId === undefined ? undefined : depths.get(span.parentSpanId)
    if (above === undefined || span.spanId === rootId) continue
    depths.set(span.spanId, above + 1)
    rows.push({ span, depth: Math.min(12, above + 1) })
  }
  return rows
}

const Line = ({
  axis,
  clock,
  span
}: {
  readonly axis: Axis
  readonly clock: number
  readonly span: Pick<OutlineSpan, "startTime" | "endTime" | "spanType" | "status" | "name">
}) => {
  const from = axis.at(millisOf(span.startTime))
  const to = axis.at(endOf(span, clock))
  const isSeen = to >= 0 && from <= 1
  const lasts = span.endTime === undefined ? "running" : duration(between(span.startTime, span.endTime))
  const [left, right] = [Math.max(0, from), Math.min(1, to)]
  return (
    <svg class="timeline-axis" role="img" aria-label={`${oneLine(cut(span.name, 80))}: ${lasts}`}>
      {axis.gaps.map((gap) => (
        <rect key={gap.from} class="gap" x={percent(gap.from)} width={percent(gap.to - gap.from)} y="0" height="100%" />
      ))}
      {isSeen && (
        <>
          <rect
            class={`line${span.status === "error" ? " line-bad" : ""}${span.status === "running" ? " line-running" : ""}`}
            style={{ "--colour": `var(--${signOf(span.spanType).colour})` }}
            x={percent(left)}
            width={`max(2px, ${percent(right - left)})`}
            y="6"
            height="12"
            rx="2"
          />
          <text
            class="line-text"
            x={percent(right > 0.85 ? left : right)}
            dx={right > 0.85 ? "-4" : "4"}
            y="16"
            text-anchor={right > 0.85 ? "end" : "start"}
          >
            {left === 0 && right > 0.85 ? "" : lasts}
          </text>
        </>
      )}
    </svg>
  )
}
