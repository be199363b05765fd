/** The sessions, those first that were active last: what was asked first and answered last, whose they are, and what they cost. */
import { Filters } from "../parts/Filters.js"
import { Empty, ErrorNote, Loading } from "../parts/states.js"
import { Table } from "../parts/Table.js"
import { useTitle } from "../parts/useTitle.js"
import { navigate, type RouteOf } from "../state/address.js"
import { sessionFilters } from "../state/filters.js"
import { oneLine } from "../state/visible.js"
import { Comparing, useComparing } from "./sessions/Comparing.js"
import { cardOf, columnsOf } from "./sessions/columns.js"
import { useSessions } from "./sessions/useSessions.js"

export const Sessions = ({ route }: { readonly route: RouteOf<"sessions"> }) => {
  useTitle("Sessions")
  const { at, direction = "desc", filters, orderBy = "time" } = route
  const list = useSessions(filters, { field: orderBy, direction })
  const routeOf = useComparing(route)
  return (
    <>
      <div class="view-head">
        <h1>Sessions</h1>
        <Filters
          table={sessionFilters}
          filters={filters}
          refused={list.error?.field}
          to={(filters) => ({ ...route, filters, at: undefined })}
        />
      </div>
      <Comparing route={route} />
      {list.error !== undefined && (list.rows === undefined || list.error.reason !== "Lost") && (
        <ErrorNote error={list.error} again={list.again} />
      )}
      {list.rows === undefined ? (
        list.error === undefined && <Loading label="Sessions are loading" lines={10} />
      ) : list.rows.length === 0 ? (
        <None isFiltered={filters !== undefined} />
      ) : (
        <Table
          key={list.question}
          label="Sessions"
          noun="session"
          rows={list.rows}
          keyOf={({ sessionId }) => sessionId}
          columns={columnsOf(route)}
          height={52}
          card={cardOf}
          cardHeight={112}
          routeOf={({ sessionId }) => routeOf(sessionId)}
          titleOf={({ firstInput, sessionId }) => oneLine(firstInput ?? sessionId)}
          cursor={at}
          onCursor={(at) => navigate({ ...route, at }, { replace: true })}
          more={list.more}
          isStale={list.isStale}
        />
      )}
    </>
  )
}

const None = ({ isFiltered }: { readonly isFiltered: boolean }) =>
  isFiltered ? (
    <Empty title="No session is like this">
      <p>Take a filter away, or search for fewer words.</p>
    </Empty>
  ) : (
    <Empty title="No session yet">
      <p>Give an agent’s spans a session, or send them by OTLP to this address: they are shown here within seconds.</p>
    </Empty>
  )
