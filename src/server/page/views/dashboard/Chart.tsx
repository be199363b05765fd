/**
 * A chart over time: bars that stand on each other, or lines. Each mark is a link. One of them takes the focus, and arrows
 * move it, so that a chart is one stop of the tab key. Behind it is a table of the same numbers.
 */
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks"
import { href, type Route } from "../../state/address.js"
import { type Bucket, bucketName, bucketSaid } from "./range.js"
import { named, runs, tickLabel, ticks, type Unit } from "./scale.js"

export interface Series {
  readonly label: string
  /** The name of its colour among the tokens of the style. */
  readonly colour: string
  /** By bucket; `null` where there is no value. */
  readonly values: ReadonlyArray<number | null>
  /** Where its mark in a bucket leads, if not where the whole bucket does. */
  readonly to?: ((bucket: Bucket) => Route) | undefined
}

/** What the tooltip and the table say beside what is drawn. */
export interface Told {
  readonly label: string
  readonly texts: ReadonlyArray<string>
}

interface Props {
  readonly label: string
  readonly kind: "bars" | "lines"
  readonly unit: Unit
  readonly buckets: ReadonlyArray<Bucket>
  readonly series: ReadonlyArray<Series>
  readonly told?: ReadonlyArray<Told>
  /** The values of the period before, bucket by bucket. */
  readonly before?: ReadonlyArray<number> | undefined
  /** A value with all its digits. */
  readonly say: (value: number) => string
  readonly to: (bucket: Bucket) => Route
  /** Shows the table, and not the picture. */
  readonly isTable: boolean
}

const height = 132
const top = 6
const bottom = 20
const left = 48
const right = 4
/** A bar is no wider, however few there are. */
const widest = 32
const dashes = [undefined, "5 3", "1.5 2.5"] as const

export const Chart = (props: Props) => (
  <>
    {!props.isTable && <Plot {...props} />}
    <Numbers {...props} />
  </>
)

/** The marks: of a bucket the whole column, then the parts of its bar that lead somewhere of their own. */
interface Mark {
  readonly bucket: number
  readonly series: number | undefined
  readonly route: Route
  readonly said: string
  readonly box: { readonly left: number; readonly top: number; readonly width: number; readonly height: number }
}

const Plot = (props: Props) => {
  const { before = [], buckets, kind, label, series, unit } = props
  const box = useRef<HTMLDivElement>(null)
  const width = useWidth(box)
  const [at, point] = useState<{ readonly bucket: number; readonly series?: number | undefined } | undefined>(undefined)
  const tipId = useId()

  const stacked = buckets.map((_, i) => stackOf(series, i))
  const highest =
    kind === "bars" ? stacked.map((stack) => stack.at(-1)?.[1] ?? 0) : series.flatMap(({ values }) => values)
  const axis = ticks(Math.max(0, ...highest.map((value) => value ?? 0), ...before), 4, unit)
  const max = axis.at(-1) as number
  const inner = Math.max(0, width - left - right)
  const step = buckets.length === 0 ? 0 : inner / buckets.length
  const x = (i: number) => left + i * step
  const y = (value: number) => top + (height - top - bottom) * (1 - value / max)
  const marks = marksOf(props, stacked, x, y, step)

  return (
    <div
      ref={box}
      class="plot"
      onPointerMove={(event) => {
        const { left: edge } = event.currentTarget.getBoundingClientRect()
        const bucket = Math.floor((event.clientX - edge - left) / step)
        const over = event.target instanceof HTMLElement ? event.target.dataset["series"] : undefined
        point(
          bucket >= 0 && bucket < buckets.length
            ? { bucket, series: over === undefined ? undefined : Number(over) }
            : undefined
        )
      }}
      onPointerLeave={() => point(undefined)}
      onKeyDown={(event) => {
        if (event.key === "Escape" && at !== undefined) {
          event.preventDefault()
          point(undefined)
        }
      }}
    >
      <Picture {...props} stacked={stacked} axis={axis} width={width} at={at?.bucket} x={x} y={y} step={step} />
      <Marks label={label} marks={marks} tipId={tipId} point={point} isTold={at !== undefined} />
      {at !== undefined && at.bucket < buckets.length && (
        <Tip
          {...props}
          id={tipId}
          at={at}
          x={x(at.bucket) + step / 2}
          isAtEnd={x(at.bucket) > width / 2}
          width={width}
        />
      )}
    </div>
  )
}

const Picture = ({
  at,
  axis,
  before = [],
  buckets,
  kind,
  series,
  stacked,
  step,
  unit,
  width,
  x,
  y
}: Props & {
  readonly stacked: ReadonlyArray<ReadonlyArray<readonly [number, number]>>
  readonly axis: ReadonlyArray<number>
  readonly width: number
  readonly step: number
  /** The bucket that is pointed at. */
  readonly at: number | undefined
  readonly x: (i: number) => number
  readonly y: (value: number) => number
}) => {
  const bar = Math.max(1, Math.min(widest, step - Math.min(2, step / 4)))
  const inner = step * buckets.length
  return (
    <svg width={width} height={height} aria-hidden="true">
      {axis.map((value) => (
        <g key={value}>
          <line class="grid" x1={left} x2={width - right} y1={y(value)} y2={y(value)} />
          <text class="scale-label" x={left - 6} y={y(value) + 4} text-anchor="end">
            {tickLabel(value, unit)}
          </text>
        </g>
      ))}
      {named(buckets.length, Math.max(1, Math.floor(inner / 64))).map((i) => (
        <text key={i} class="scale-label" x={Math.min(x(i) + step / 2, width - 18)} y={height - 5} text-anchor="middle">
          {bucketName(buckets[i] as Bucket)}
        </text>
      ))}
      {at !== undefined && <rect class="at" x={x(at)} y={top} width={step} height={height - top - bottom} />}
      {kind === "bars"
        ? stacked.map((stack, i) =>
            stack.map(([from, to], j) =>
              to > from ? (
                <rect
                  key={`${i} ${j}`}
                  class="fill"
                  style={{ "--colour": `var(--${(series[j] as Series).colour})` }}
                  x={x(i) + (step - bar) / 2}
                  y={y(to)}
                  width={bar}
                  height={Math.max(1, y(from) - y(to))}
                />
              ) : null
            )
          )
        : series.map(({ colour, label, values }, j) => (
            <g key={label} style={{ "--colour": `var(--${colour})` }}>
              {runs(values).map((run) => (
                <Line key={run[0]?.[0]} run={run} x={(i) => x(i) + step / 2} y={y} dash={dashes[j % 3]} />
              ))}
            </g>
          ))}
      {before.length === buckets.length && <path class="before" d={pathOf(before, (i) => x(i) + step / 2, y)} />}
    </svg>
  )
}

const useWidth = (box: { readonly current: HTMLDivElement | null }): number => {
  const [width, setWidth] = useState(0)
  useLayoutEffect(() => {
    const element = box.current
    if (element === null) return
    setWidth(element.clientWidth)
    const observer = new ResizeObserver(() => setWidth(element.clientWidth))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return width
}

/** Where the parts of a bar begin and end. */
const stackOf = (series: ReadonlyArray<Series>, i: number): ReadonlyArray<readonly [number, number]> => {
  let sum = 0
  return series.map(({ values }) => {
    const from = sum
    sum += Math.max(0, values[i] ?? 0)
    return [from, sum] as const
  })
}

const pathOf = (values: ReadonlyArray<number>, x: (i: number) => number, y: (value: number) => number): string =>
  values.map((value, i) => `${i === 0 ? "M" : "L"}${x(i).toFixed(1)} ${y(value).toFixed(1)}`).join("")

const Line = ({
  dash,
  run,
  x,
  y
}: {
  readonly run: ReadonlyArray<readonly [number, number]>
  readonly x: (i: number) => number
  readonly y: (value: number) => number
  readonly dash: string | undefined
}) => (
  <>
    <path
      class="stroke"
      stroke-dasharray={dash}
      d={run.map(([i, value], n) => `${n === 0 ? "M" : "L"}${x(i).toFixed(1)} ${y(value).toFixed(1)}`).join("")}
    />
    {(run.length === 1 || run.length < 12) &&
      run.map(([i, value]) => <circle key={i} class="fill" cx={x(i)} cy={y(value)} r={2.25} />)}
  </>
)

const marksOf = (
  { buckets, kind, say, series, to }: Props,
  stacked: ReadonlyArray<ReadonlyArray<readonly [number, number]>>,
  x: (i: number) => number,
  y: (value: number) => number,
  step: number
): ReadonlyArray<Mark> =>
  buckets.flatMap((bucket, i) => {
    if (!series.some(({ values }) => (values[i] ?? null) !== null && (kind === "lines" || values[i] !== 0))) return []
    const said = series.map(({ label, values }) => `${label} ${saidOf(values[i] ?? null, say)}`).join(", ")
    const column: Mark = {
      bucket: i,
      series: undefined,
      route: to(bucket),
      said: `${bucketSaid(bucket)}: ${said}`,
      box: { left: x(i), top, width: step, height: height - top - bottom }
    }
    const parts = series.flatMap(({ label, to: toPart, values }, j): ReadonlyArray<Mark> => {
      const [from, end] = stacked[i]?.[j] ?? [0, 0]
      if (kind === "lines" || toPart === undefined || end <= from) return []
      const high = Math.max(4, y(from) - y(end))
      return [
        {
          bucket: i,
          series: j,
          route: toPart(bucket),
          said: `${bucketSaid(bucket)}: ${label} ${saidOf(values[i] ?? null, say)}`,
          box: { left: x(i), top: y(end), width: step, height: high }
        }
      ]
    })
    return [column, ...parts]
  })

const saidOf = (value: number | null, say: (value: number) => string): string => (value === null ? "–" : say(value))

const Marks = ({
  isTold,
  label,
  marks,
  point,
  tipId
}: {
  readonly label: string
  readonly marks: ReadonlyArray<Mark>
  readonly tipId: string
  readonly isTold: boolean
  readonly point: (at: { readonly bucket: number; readonly series?: number | undefined } | undefined) => void
}) => {
  const [stop, setStop] = useState(0)
  const group = useRef<HTMLDivElement>(null)
  const current = Math.min(stop, marks.length - 1)
  const move = (index: number) => {
    const next = Math.max(0, Math.min(marks.length - 1, index))
    setStop(next)
    group.current?.querySelectorAll<HTMLElement>("a")[next]?.focus()
  }
  const keys: { readonly [key: string]: () => number } = {
    ArrowRight: () => beside(marks, current, 1),
    ArrowLeft: () => beside(marks, current, -1),
    ArrowUp: () => current + 1,
    ArrowDown: () => current - 1,
    Home: () => 0,
    End: () => marks.length - 1
  }
  return (
    <div
      ref={group}
      class="marks"
      role="group"
      aria-label={`${label}: arrows go from mark to mark`}
      onKeyDown={(event) => {
        const to = keys[event.key]
        if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return
        event.preventDefault()
        move(to())
      }}
    >
      {marks.map(({ bucket, box, route, said, series }, i) => (
        <a
          key={`${bucket} ${series}`}
          href={href(route)}
          aria-label={said}
          tabIndex={i === current ? 0 : -1}
          {...(series === undefined ? {} : { "data-series": series })}
          {...(isTold && i === current ? { "aria-describedby": tipId } : {})}
          style={{
            left: `${box.left}px`,
            top: `${box.top}px`,
            width: `${box.width}px`,
            height: `${box.height}px`
          }}
          onFocus={(event) => {
            setStop(i)
            if (event.currentTarget.matches(":focus-visible")) point({ bucket, series })
          }}
          onBlur={() => point(undefined)}
        />
      ))}
    </div>
  )
}

/** The mark of the next bucket that has one, or of the one before. */
const beside = (marks: ReadonlyArray<Mark>, current: number, direction: 1 | -1): number => {
  const bucket = marks[current]?.bucket ?? 0
  if (direction === 1) {
    const next = marks.findIndex((mark) => mark.bucket > bucket)
    return next < 0 ? current : next
  }
  const before = marks.findLast((mark) => mark.bucket < bucket)?.bucket
  return before === undefined ? 0 : marks.findIndex((mark) => mark.bucket === before)
}

const Tip = ({
  at,
  before,
  buckets,
  id,
  isAtEnd,
  say,
  series,
  told = [],
  width,
  x
}: Props & {
  readonly id: string
  readonly at: { readonly bucket: number; readonly series?: number | undefined }
  readonly x: number
  readonly isAtEnd: boolean
  readonly width: number
}) => {
  const { bucket } = at
  return (
    <div id={id} class="tip" role="tooltip" style={isAtEnd ? { right: `${width - x + 8}px` } : { left: `${x + 8}px` }}>
      <strong>{bucketSaid(buckets[bucket] as Bucket)}</strong>
      <dl>
        {series.map(({ colour, label, values }, j) => (
          <div key={label} class={at.series === j ? "tip-at" : undefined}>
            <dt>
              <span class="swatch" style={{ "--colour": `var(--${colour})` }} />
              <bdi>{label}</bdi>
            </dt>
            <dd>{saidOf(values[bucket] ?? null, say)}</dd>
          </div>
        ))}
        {told.map(({ label, texts }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{texts[bucket]}</dd>
          </div>
        ))}
        {before?.[bucket] !== undefined && (
          <div>
            <dt>before</dt>
            <dd>{say(before[bucket])}</dd>
          </div>
        )}
      </dl>
    </div>
  )
}

const Numbers = ({ before, buckets, isTable, label, say, series, to, told = [] }: Props) => (
  <div
    class={isTable ? "numbers" : "unseen-numbers"}
    {...(isTable ? { tabIndex: 0, role: "region", "aria-label": `${label} by time` } : {})}
  >
    <table>
      <caption>{label}</caption>
      <thead>
        <tr>
          <th scope="col">Time</th>
          {series.map(({ label }) => (
            <th key={label} scope="col">
              {label}
            </th>
          ))}
          {told.map(({ label }) => (
            <th key={label} scope="col">
              {label}
            </th>
          ))}
          {before !== undefined && <th scope="col">before</th>}
        </tr>
      </thead>
      <tbody>
        {buckets.map((bucket, i) => (
          <tr key={bucket.from}>
            <th scope="row">{isTable ? <a href={href(to(bucket))}>{bucketSaid(bucket)}</a> : bucketSaid(bucket)}</th>
            {series.map(({ label, values }) => (
              <td key={label}>{saidOf(values[i] ?? null, say)}</td>
            ))}
            {told.map(({ label, texts }) => (
              <td key={label}>{texts[i]}</td>
            ))}
            {before !== undefined && <td>{say(before[i] ?? 0)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)

export const Legend = ({
  isLines,
  series
}: {
  readonly series: ReadonlyArray<Pick<Series, "label" | "colour">>
  readonly isLines: boolean
}) => (
  <ul class="legend">
    {series.map(({ colour, label }, i) => (
      <li key={label}>
        {isLines ? (
          <svg width="16" height="8" aria-hidden="true" style={{ "--colour": `var(--${colour})` }}>
            <path class="stroke" d="M0 4H16" stroke-dasharray={dashes[i % 3]} />
          </svg>
        ) : (
          <span class="swatch" style={{ "--colour": `var(--${colour})` }} />
        )}
        <bdi title={label}>{label}</bdi>
      </li>
    ))}
  </ul>
)
