/** A span beside the tree. */
import { useEffect, useRef } from "preact/hooks"
import { Badge } from "../../parts/Badge.js"
import { href, navigate, type Route } from "../../state/address.js"
import { useKeys } from "../../state/keys.js"
import { cut, oneLine } from "../../state/visible.js"
import { Shown } from "./Shown.js"
import { useSpan } from "./useSpan.js"

interface Props {
  readonly traceId: string
  readonly spanId: string
  readonly isRaw: boolean
  /** The address in which what it says is shown the other way, and the one without the panel. */
  readonly toOther: Route
  readonly toClosed: Route
}

export const SpanPanel = ({ isRaw, spanId, toClosed, toOther, traceId }: Props) => {
  const asked = useSpan(traceId, spanId)
  const { span } = asked
  const box = useRef<HTMLElement>(null)
  useEffect(() => {
    if (box.current !== null) box.current.scrollTop = 0
  }, [spanId])
  useKeys("Span", [
    { keys: "Escape", label: "close the span", run: () => navigate(toClosed) },
    { keys: "s", label: "to what the span says", run: () => box.current?.focus() }
  ])
  return (
    <aside class="span-panel" aria-label="Span" ref={box} tabIndex={-1}>
      <header class="span-head">
        {span && <Badge type={span.spanType} />}
        <h2>
          <bdi>{oneLine(cut(span?.name ?? spanId, 300))}</bdi>
        </h2>
        <a href={href({ view: "span", trace: traceId, id: spanId })}>Page</a>
        <a class="span-close" href={href(toClosed)} aria-label="Close" title="Close: Esc">
          ×
        </a>
      </header>
      <Shown asked={asked} isRaw={isRaw} toOther={toOther} />
    </aside>
  )
}
