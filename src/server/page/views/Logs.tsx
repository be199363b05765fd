import { Empty } from "../parts/states.js"
import { useTitle } from "../parts/useTitle.js"
import type { RouteOf } from "../state/address.js"

export const Logs = (_: { readonly route: RouteOf<"logs"> }) => {
  useTitle("Logs")
  return <Empty title="Logs" />
}
