import { Empty } from "../parts/states.js"
import { useTitle } from "../parts/useTitle.js"
import type { RouteOf } from "../state/address.js"

export const Span = (_: { readonly route: RouteOf<"span"> }) => {
  useTitle("Span")
  return <Empty title="Span" />
}
