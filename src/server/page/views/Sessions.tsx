/** The sessions, those first that were active last: what was asked first and answered last, whose they are, and what they cost. */
import { Listing } from "../parts/Listing.js"
import type { RouteOf } from "../state/address.js"
import { oneLine } from "../state/visible.js"
import { cardOf, columnsOf } from "./sessions/columns.js"
import { useSessions } from "./sessions/useSessions.js"

export const Sessions = ({ route }: { readonly route: RouteOf<"sessions"> }) => {
  const { direction = "desc", filters, orderBy = "time" } = route
  return (
    <Listing
      title="Sessions"
      noun="session"
      route={route}
      list={useSessions(filters, { field: orderBy, direction })}
      keyOf={({ sessionId }) => sessionId}
      columns={columnsOf(route)}
      height={52}
      card={cardOf}
      cardHeight={112}
      titleOf={({ firstInput, sessionId }) => oneLine(firstInput ?? sessionId)}
      none={
        <p>
          Give an agent’s spans a session, or send them by OTLP to this address: they are shown here within seconds.
        </p>
      }
    />
  )
}
