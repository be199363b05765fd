/** Something folded, which whoever reads may open and shut; what it is told later opens or shuts it again. */
import type { ComponentChildren, DetailsHTMLAttributes } from "preact"
import { useEffect, useState } from "preact/hooks"

interface Props extends Omit<DetailsHTMLAttributes<HTMLDetailsElement>, "open"> {
  readonly isOpen: boolean
  /** The summary, and what is in it: that is drawn when it was opened. */
  readonly children: ComponentChildren
}

export const Fold = ({ children, isOpen, ...props }: Props) => {
  const [open, set] = useState(isOpen)
  useEffect(() => set(isOpen), [isOpen])
  const [summary, ...body] = Array.isArray(children) ? children : [children]
  return (
    <details {...props} open={open} onToggle={(event) => set(event.currentTarget.open)}>
      {summary}
      {open && body}
    </details>
  )
}
