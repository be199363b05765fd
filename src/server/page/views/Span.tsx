/** A span on a page of its own. */
import { Badge } from "../parts/Badge.js"
import { Empty, ErrorNote, Loading } from "../parts/states.js"
import { useTitle } from "../parts/useTitle.js"
import { href, navigate, type RouteOf } from "../state/address.js"
import { useKeys } from "../state/keys.js"
import { cut, oneLine } from "../state/visible.js"
import { SpanBody } from "./span/SpanBody.js"
import { useSpan } from "./span/useSpan.js"

export const Span = ({ route }: { readonly route: RouteOf<"span"> }) => {
  const { id, said, trace } = route
  const { again, answer: span, content, error, isCurrent } = useSpan(trace, id)
  useTitle(span?.name ?? "Span")
  const inTrace = { view: "trace", id: trace, span: id } as const
  useKeys("Span", [
    { keys: "u", label: "to its trace", run: () => navigate(inTrace) },
    {
      keys: "U",
      label: "to its parent",
      run: () => span?.parentSpanId !== undefined && navigate({ ...route, id: span.parentSpanId })
    }
  ])
  if (trace === undefined || id === undefined || span === null) {
    return (
      <Empty title="There is no such span">
        <p>It was deleted, or is not here yet: it is shown as soon as it comes.</p>
      </Empty>
    )
  }
  return (
    <>
      {error !== undefined && <ErrorNote error={error} again={again} />}
      {span === undefined || !isCurrent ? (
        error === undefined && <Loading label="The span is loading" lines={12} />
      ) : (
        <div class="span-page">
          <header class="span-head">
            <Badge type={span.spanType} />
            <h1>
              <bdi>{oneLine(cut(span.name, 300))}</bdi>
            </h1>
            <a href={href(inTrace)}>In its trace</a>
          </header>
          <h2 class="heard">What it was</h2>
          <SpanBody
            key={span.spanId}
            span={span}
            content={content}
            isRaw={said === "raw"}
            toOther={{ ...route, said: said === "raw" ? undefined : "raw" }}
          />
        </div>
      )}
    </>
  )
}
