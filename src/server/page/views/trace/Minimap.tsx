/** All spans of a trace on a strip, of which a part can be brushed: that is the window of time in the address. */
import { useEffect, useRef, useState } from "preact/hooks"
import type { OutlineSpan } from "../../../internal/encoded.js"
import { signOf } from "../../parts/Badge.js"
import { navigate, type RouteOf, shared } from "../../state/address.js"
import { nextTurn } from "../../state/rows.js"
import { nanos } from "../../state/time.js"
import { brushed, type Range } from "./scale.js"
import { endAt, type Tree } from "./tree.js"

interface Props {
  readonly tree: Tree
  readonly end: number
  readonly range: Range
  readonly route: RouteOf<"trace">
}

const height = 40

export const Minimap = ({ end, range, route, tree }: Props) => {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [width, setWidth] = useState(0)
  const scheme = useScheme()
  const [drag, setDrag] = useState<{ readonly a: number; readonly b: number } | undefined>(undefined)

  useEffect(() => {
    const element = canvas.current
    if (element === null) return
    const observer = new ResizeObserver(() => setWidth(element.clientWidth))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  // What grows is drawn anew with each half percent.
  const step = Math.floor(Math.log(Math.max(1, end)) / Math.log(1.005))
  useEffect(() => {
    const element = canvas.current
    if (element === null || width === 0) return
    const abort = new AbortController()
    void draw(element, tree, end, width, abort.signal)
    return () => abort.abort()
  }, [tree, width, scheme, step])

  const placeOf = (event: PointerEvent): number => event.clientX - (canvas.current?.getBoundingClientRect().left ?? 0)
  const shown = drag === undefined ? range : (brushed(end, width, drag.a, drag.b) ?? range)
  const isWhole = shown.from <= 0 && shown.to >= end
  return (
    <div
      class="minimap"
      onPointerDown={(event) => {
        if (event.button !== 0) return
        event.currentTarget.setPointerCapture(event.pointerId)
        setDrag({ a: placeOf(event), b: placeOf(event) })
      }}
      onPointerMove={(event) => {
        if (drag !== undefined) setDrag({ a: drag.a, b: placeOf(event) })
      }}
      onPointerUp={(event) => {
        if (drag === undefined) return
        setDrag(undefined)
        const next = brushed(end, width, drag.a, placeOf(event))
        if (next !== undefined) navigate({ ...route, ...next })
      }}
      onPointerCancel={() => setDrag(undefined)}
      onDblClick={() => navigate({ ...route, from: undefined, to: undefined })}
    >
      <canvas ref={canvas} role="img" aria-label={`All spans over ${nanos(end)}: drag to zoom into a part`} />
      {!isWhole && (
        <>
          <div class="minimap-off" style={{ "--from": "0%", "--to": percent(shown.from / end) }} />
          <div class="minimap-off" style={{ "--from": percent(shown.to / end), "--to": "100%" }} />
          <output class="minimap-said">{nanos(shown.to - shown.from)}</output>
        </>
      )}
    </div>
  )
}

const percent = (part: number): string => `${(Math.max(0, Math.min(1, part)) * 100).toFixed(3)}%`

const dark = window.matchMedia("(prefers-color-scheme: dark)")

/** Changes with the colours of the page. */
const useScheme = (): string => {
  const [isDark, setDark] = useState(dark.matches)
  useEffect(() => {
    const look = () => setDark(dark.matches)
    dark.addEventListener("change", look)
    return () => dark.removeEventListener("change", look)
  }, [])
  return shared.value.theme ?? (isDark ? "dark" : "light")
}

/** Spans that are drawn in one turn. */
const perTurn = 4_000

/** Each span is a line at its place in the tree; those of one type are drawn together, and failed ones last. */
const draw = async (
  canvas: HTMLCanvasElement,
  tree: Tree,
  end: number,
  width: number,
  abort: AbortSignal
): Promise<void> => {
  // The style of the theme is there after this turn.
  await nextTurn()
  const context = canvas.getContext("2d")
  if (context === null || abort.aborted) return
  const scale = Math.min(2, window.devicePixelRatio)
  canvas.width = Math.round(width * scale)
  canvas.height = Math.round(height * scale)
  const colours = new Map<string, string>()
  const colourOf = (name: string): string => {
    const known = colours.get(name)
    if (known !== undefined) return known
    // A canvas knows no variables of the style.
    canvas.style.color = `var(--${name})`
    const { color } = getComputedStyle(canvas)
    colours.set(name, color)
    return color
  }
  const count = tree.spans.length
  const line = Math.max(1, Math.min(4 * scale, canvas.height / count))
  context.globalAlpha = count > 400 ? 0.7 : 1
  for (let i = 0; i < count; i++) {
    if (i % perTurn === perTurn - 1) {
      await nextTurn()
      if (abort.aborted) return
    }
    const { spanType, status } = tree.spans[i] as OutlineSpan
    const from = ((tree.start[i] as number) / Math.max(1, end)) * canvas.width
    const to = (endAt(tree, i, end) / Math.max(1, end)) * canvas.width
    context.fillStyle = colourOf(status === "error" ? "bad" : signOf(spanType).colour)
    context.fillRect(from, Math.floor((i / count) * (canvas.height - line)), Math.max(scale, to - from), line)
  }
}
