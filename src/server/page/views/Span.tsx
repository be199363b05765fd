/** A span on a page of its own. */
import { Badge } from "../parts/Badge.js"
import { useTitle } from "../parts/useTitle.js"
import { href, navigate, type RouteOf } from "../state/address.js"
import { useKeys } from "../state/keys.js"
import { cut, oneLine } from "../state/visible.js"
import { Shown } from "./span/Shown.js"
import { useSpan } from "./span/useSpan.js"

export const Span = ({ route }: { readonly route: RouteOf<"span"> }) => {
  const { id, said, trace } = route
  const asked = useSpan(trace, id)
  const { span } = asked
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
  return (
    <div class="span-page">
      {span && (
        <>
          <header class="span-head">
            <Badge type={span.spanType} />
            <h1>
              <bdi>{oneLine(cut(span.name, 300))}</bdi>
            </h1>
            <a href={href(inTrace)}>In its trace</a>
          </header>
          <h2 class="heard">What it was</h2>
        </>
      )}
      <Shown
        asked={trace === undefined || id === undefined ? { ...asked, span: null } : asked}
        isRaw={said === "raw"}
        toOther={{ ...route, said: said === "raw" ? undefined : "raw" }}
      />
    </div>
  )
}
