import { Empty } from "../parts/states.js"
import { useTitle } from "../parts/useTitle.js"
import type { RouteOf } from "../state/address.js"

export const Compare = (_: { readonly route: RouteOf<"compare"> }) => {
  useTitle("Compare")
  return <Empty title="Compare" />
}
