import { Empty } from "../parts/states.js"
import { useTitle } from "../parts/useTitle.js"
import type { RouteOf } from "../state/address.js"

export const Dashboard = (_: { readonly route: RouteOf<"dashboard"> }) => {
  useTitle("Dashboard")
  return <Empty title="Dashboard" />
}
