/** The span under the cursor: the address says it as soon as it rests. */
import { useEffect, useRef, useState } from "preact/hooks"
import { navigate, route as present, type RouteOf } from "../../state/address.js"

export interface Cursor {
  readonly id: string | undefined
  readonly move: (id: string) => void
}

/** How long the cursor must rest: browsers take few changes of the address a second, and each asks for a span. */
const restMillis = 150

export const useCursor = ({ at, id, span }: RouteOf<"trace">): Cursor => {
  const [cursor, setCursor] = useState(span ?? at)
  const timer = useRef<number | undefined>(undefined)
  useEffect(() => {
    window.clearTimeout(timer.current)
    setCursor(span ?? at)
  }, [id, span, at])
  useEffect(() => () => window.clearTimeout(timer.current), [])
  return {
    id: cursor,
    move: (id) => {
      setCursor(id)
      window.clearTimeout(timer.current)
      timer.current = window.setTimeout(() => {
        const now = present.peek()
        if (now.view === "trace") navigate(withCursor(now, id), { replace: true })
      }, restMillis)
    }
  }
}

/** The address with another span: in the panel, where that is open. */
export const withCursor = (route: RouteOf<"trace">, id: string): RouteOf<"trace"> =>
  route.span === undefined ? { ...route, at: id } : { ...route, span: id }
