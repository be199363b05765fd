/** A span as soon as it is there; what is amiss until then. */
import { Empty, ErrorNote, Loading } from "../../parts/states.js"
import type { Route } from "../../state/address.js"
import { SpanBody } from "./SpanBody.js"
import type { useSpan } from "./useSpan.js"

interface Props {
  readonly asked: ReturnType<typeof useSpan>
  readonly isRaw: boolean
  readonly toOther: Route
}

export const Shown = ({ asked: { again, content, error, span }, isRaw, toOther }: Props) => (
  <>
    {error !== undefined && <ErrorNote error={error} again={again} />}
    {span === null ? (
      <Empty title="There is no such span">
        <p>It was deleted, or is not here yet: it is shown as soon as it comes.</p>
      </Empty>
    ) : span !== undefined ? (
      <SpanBody key={span.spanId} span={span} content={content} isRaw={isRaw} toOther={toOther} />
    ) : (
      error === undefined && <Loading label="The span is loading" />
    )}
  </>
)
