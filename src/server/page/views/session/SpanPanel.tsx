/** A span beside what is read: what it is, how it went, and all of its attributes. */
import { useEffect, useRef } from "preact/hooks"
import { Badge } from "../../parts/Badge.js"
import { Copy } from "../../parts/Copy.js"
import { Json } from "../../parts/Json.js"
import { Empty, ErrorNote, Loading } from "../../parts/states.js"
import { Text } from "../../parts/Text.js"
import { href, type RouteOf } from "../../state/address.js"
import { useAnswer } from "../../state/live.js"
import { count, dollars } from "../../state/numbers.js"
import { between, duration, instant } from "../../state/time.js"
import { cut, oneLine } from "../../state/visible.js"

interface Props {
  readonly traceId: string
  readonly spanId: string
  readonly close: RouteOf<"session">
}

export const SpanPanel = ({ close, spanId, traceId }: Props) => {
  const { again, answer: span, error } = useAnswer("getSpan", { traceId, spanId })
  const box = useRef<HTMLElement>(null)
  useEffect(() => box.current?.focus(), [])
  return (
    <aside class="span-panel" aria-label="Span" tabIndex={-1} ref={box}>
      <div class="span-panel-head">
        <h2>
          {span && <Badge type={span.spanType} />}
          <bdi>{span ? oneLine(cut(span.name, 120)) : "Span"}</bdi>
        </h2>
        <a href={href(close)} aria-label="Close the span" class="chip-off">
          ×
        </a>
      </div>
      <p class="session-links">
        <a href={href({ view: "trace", id: traceId, span: spanId })}>In its trace</a>
        <a href={href({ view: "span", trace: traceId, id: spanId })}>All of it</a>
        {span && <Copy label="Copy as JSON" text={() => JSON.stringify(span, null, 2)} />}
      </p>
      {error !== undefined ? (
        <ErrorNote error={error} again={again} />
      ) : span === undefined ? (
        <Loading label="The span is loading" lines={6} />
      ) : span === null ? (
        <Empty title="There is no such span" />
      ) : (
        <>
          <p class={span.status === "error" ? "bad" : "quiet"}>
            {span.status}
            {span.errorType !== undefined && ` · ${oneLine(cut(span.errorType, 200))}`}
          </p>
          {span.statusMessage !== undefined && <Text class="text bad" text={span.statusMessage} />}
          <p class="quiet">
            {instant(span.startTime)}
            {span.endTime !== undefined && ` · ${duration(between(span.startTime, span.endTime))}`}
            {span.inputTokens !== undefined &&
              ` · ${count(span.inputTokens)} → ${count(span.outputTokens ?? 0)} tokens`}
            {span.costUsd !== undefined && ` · ${dollars(span.costUsd)}`}
          </p>
          <h3>Attributes</h3>
          <Json value={span.attributes} depth={1} />
          {(span.events?.length ?? 0) > 0 && (
            <>
              <h3>Events</h3>
              <Json value={span.events} depth={2} />
            </>
          )}
        </>
      )}
    </aside>
  )
}
