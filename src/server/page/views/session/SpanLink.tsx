/** Opens a span beside what is read. */
import type { ComponentChildren } from "preact"
import { href, navigate, route } from "../../state/address.js"

interface Props {
  readonly traceId: string
  readonly spanId: string
  readonly turn: number
  readonly class?: string
  readonly children: ComponentChildren
}

export const SpanLink = ({ children, class: name, spanId, traceId, turn }: Props) => {
  const present = route.peek()
  if (present.view !== "session") return null
  const to = { trace: traceId, span: spanId, turn }
  return (
    <a
      class={name}
      href={href({ view: "session", id: present.id, ...to })}
      onClick={(event) => {
        // What else the address says has changed since: links are many, and are not drawn again for that.
        const now = route.peek()
        if (now.view !== "session" || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return
        event.preventDefault()
        navigate({ ...now, ...to })
      }}
    >
      {children}
    </a>
  )
}
