/** Something folded, which whoever reads may open and shut; what is found in it opens it, too. */
import type { ComponentChildren, DetailsHTMLAttributes } from "preact"
import { navigate, type RouteOf, route } from "../../state/address.js"

interface Props extends Omit<DetailsHTMLAttributes<HTMLDetailsElement>, "open"> {
  /** Where it is. */
  readonly at: string
  /** Whether it is open where the address does not say that it was turned. */
  readonly isOpen: boolean
  /** The summary, and what is in it: that is drawn when it was opened. */
  readonly children: ComponentChildren
}

/** So many are in the address at most: the last. */
const most = 100

export const Fold = ({ at, children, isOpen, ...props }: Props) => {
  const session = route.value as RouteOf<"session">
  const turned = session.fold ?? []
  const key = `${at}${isOpen ? "s" : "o"}`
  const isTurned = turned.includes(key)
  const open = isOpen !== isTurned
  const [summary, ...body] = Array.isArray(children) ? children : [children]
  return (
    <details
      {...props}
      data-part={at}
      open={open}
      onToggle={(event) => {
        if (event.currentTarget.open === open) return
        const fold = isTurned ? turned.filter((other) => other !== key) : [...turned, key].slice(-most)
        navigate({ ...session, fold }, { replace: true })
      }}
    >
      {summary}
      {open && body}
    </details>
  )
}
