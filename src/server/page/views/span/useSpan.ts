import { useRef } from "preact/hooks"
import type { Span } from "../../../internal/encoded.js"
import { useAnswer } from "../../state/live.js"

/** A span, asked for again as long as it runs, or is not here: a large one that has ended is read once. */
export const useSpan = (traceId: string | undefined, spanId: string | undefined) => {
  const last = useRef<Span | null | undefined>(undefined)
  const isKnown = last.current?.spanId === spanId && last.current?.traceId === traceId
  const hasEnded = isKnown && last.current?.endTime !== undefined
  const asking = useAnswer("getSpan", traceId === undefined || spanId === undefined ? undefined : { traceId, spanId }, {
    live: !hasEnded
  })
  last.current = asking.answer
  return asking
}
