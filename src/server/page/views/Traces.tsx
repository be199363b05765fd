import { Empty } from "../parts/states.js"
import { useTitle } from "../parts/useTitle.js"
import type { RouteOf } from "../state/address.js"

export const Traces = (_: { readonly route: RouteOf<"traces"> }) => {
  useTitle("Traces")
  return <Empty title="Traces" />
}
