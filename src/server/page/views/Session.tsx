import { Empty } from "../parts/states.js"
import { useTitle } from "../parts/useTitle.js"
import type { RouteOf } from "../state/address.js"

export const Session = (_: { readonly route: RouteOf<"session"> }) => {
  useTitle("Session")
  return <Empty title="Session" />
}
