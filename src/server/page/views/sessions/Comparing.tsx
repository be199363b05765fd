/** Chooses two sessions to compare: the address says the first one, and the list then leads to both. */
import { href, navigate, type Route, type RouteOf } from "../../state/address.js"
import { useKeys } from "../../state/keys.js"
import { oneLine } from "../../state/visible.js"

type Sessions = RouteOf<"sessions">

/** Where a session of the list leads: to itself, or on with the choice. */
export const useComparing = (route: Sessions): ((sessionId: string) => Route) => {
  const { at, pick } = route
  useKeys("Sessions", [
    {
      keys: "c",
      label: "compare the session with another one",
      run: () => {
        if (at === undefined) return false
        navigate(picked(route, at))
        return true
      }
    }
  ])
  return (id) => (pick === undefined ? { view: "session", id } : picked(route, id))
}

const picked = (route: Sessions, id: string): Route => {
  const { pick = "" } = route
  return pick === "" ? { ...route, pick: id } : { view: "compare", ids: [pick, id] }
}

/** What is to be chosen, while something is. */
export const Comparing = ({ route }: { readonly route: Sessions }) => {
  const { pick } = route
  if (pick === undefined) return null
  return (
    <p class="picking" role="status">
      {pick === "" ? "Choose the first session to compare." : "Choose the session to compare with "}
      {pick !== "" && <bdi class="mono">{oneLine(pick)}</bdi>}
      <a href={href({ ...route, pick: undefined })}>Cancel</a>
    </p>
  )
}
