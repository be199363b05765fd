/** Chooses two sessions, or two traces, to compare: the address says the first one, and the list then leads to both. */
import { href, navigate, type Route, type RouteOf } from "../state/address.js"
import { useKeys } from "../state/keys.js"
import { oneLine } from "../state/visible.js"

type List = RouteOf<"sessions"> | RouteOf<"traces">

const nounOf = ({ view }: List) => (view === "traces" ? "trace" : "session")

/** Where a row of the list leads: to what it is of, or on with the choice. */
export const useComparing = (route: List): ((id: string) => Route) => {
  const { at, pick } = route
  const noun = nounOf(route)
  useKeys("List", [
    {
      keys: "c",
      label: `compare the ${noun} with another one`,
      run: () => {
        if (at === undefined) return false
        navigate(picked(route, at))
        return true
      }
    }
  ])
  return (id) => (pick === undefined ? { view: noun, id } : picked(route, id))
}

const picked = (route: List, id: string): Route => {
  const { pick = "" } = route
  if (pick === "") return { ...route, pick: id }
  return { view: "compare", of: route.view === "traces" ? "traces" : undefined, ids: [pick, id] }
}

/** What is to be chosen, while something is. */
export const Comparing = ({ route }: { readonly route: List }) => {
  const { pick } = route
  if (pick === undefined) return null
  return (
    <p class="picking" role="status">
      Choose the {pick === "" ? "first " : ""}
      {nounOf(route)} to compare{pick === "" ? "." : " with "}
      {pick !== "" && <bdi class="mono">{oneLine(pick)}</bdi>}
      <a href={href({ ...route, pick: undefined })}>Cancel</a>
    </p>
  )
}
