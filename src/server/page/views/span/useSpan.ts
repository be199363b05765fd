import { useEffect, useRef } from "preact/hooks"
import { useAnswer } from "../../state/live.js"

/** A span, and what it says. Both are asked for again as long as it runs, or is not here. */
export const useSpan = (traceId: string | undefined, spanId: string | undefined) => {
  const id = traceId === undefined || spanId === undefined ? undefined : { traceId, spanId }
  const { again, answer, error, isCurrent } = useAnswer("getSpan", id, {
    live: true,
    isLast: (span) => span !== null && span.endTime !== undefined
  })
  const content = useAnswer("spanContent", id)
  const seen = useRef<string | undefined>(undefined)
  useEffect(() => {
    if (!isCurrent || answer === undefined) return
    const key = `${traceId} ${spanId}`
    if (seen.current === key) content.again()
    seen.current = key
  }, [answer])
  // The span before is shown until there is an answer, and not below an error that is none of its own.
  return { again, content, error, span: isCurrent || error === undefined ? answer : undefined }
}
