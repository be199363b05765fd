import { Empty } from "../parts/states.js"
import { useTitle } from "../parts/useTitle.js"
import type { RouteOf } from "../state/address.js"

export const Trace = (_: { readonly route: RouteOf<"trace"> }) => {
  useTitle("Trace")
  return <Empty title="Trace" />
}
