import { useEffect, useRef } from "preact/hooks"
import { useAnswer } from "../../state/live.js"

/** A span, and what it says. Both are asked for again as long as it runs, or is not here. */
export const useSpan = (traceId: string | undefined, spanId: string | undefined) => {
  const id = traceId === undefined || spanId === undefined ? undefined : { traceId, spanId }
  const span = useAnswer("getSpan", id, {
    live: true,
    isLast: (span) => span !== null && span.endTime !== undefined
  })
  const content = useAnswer("spanContent", id)
  const seen = useRef<string | undefined>(undefined)
  useEffect(() => {
    if (!span.isCurrent || span.answer === undefined) return
    const key = `${traceId} ${spanId}`
    if (seen.current === key) content.again()
    seen.current = key
  }, [span.answer])
  return { ...span, content }
}
