/** The traces, those first that began last: each by the span that it starts with. */
import { Filters } from "../parts/Filters.js"
import { Empty, ErrorNote, Loading } from "../parts/states.js"
import { Table } from "../parts/Table.js"
import { useTitle } from "../parts/useTitle.js"
import { navigate, type RouteOf } from "../state/address.js"
import { spanFilters } from "../state/filters.js"
import { oneLine } from "../state/visible.js"
import { cardOf, columnsOf } from "./traces/columns.js"
import { useTraces } from "./traces/useTraces.js"

export const Traces = ({ route }: { readonly route: RouteOf<"traces"> }) => {
  useTitle("Traces")
  const { at, direction = "desc", filters, orderBy = "time" } = route
  const list = useTraces(filters, { field: orderBy, direction })
  return (
    <>
      <div class="view-head">
        <h1>Traces</h1>
        <Filters
          table={spanFilters}
          filters={filters}
          refused={list.error?.field}
          to={(filters) => ({ ...route, filters, at: undefined })}
        />
      </div>
      {list.error !== undefined && (list.rows === undefined || list.error.reason !== "Lost") && (
        <ErrorNote error={list.error} again={list.again} />
      )}
      {list.rows === undefined ? (
        list.error === undefined && <Loading label="Traces are loading" lines={10} />
      ) : list.rows.length === 0 ? (
        filters !== undefined ? (
          <Empty title="No trace is like this">
            <p>Take a filter away, or search for fewer words.</p>
          </Empty>
        ) : (
          <Empty title="No trace yet">
            <p>Spans that are recorded, or sent by OTLP to this address, are shown here within seconds.</p>
          </Empty>
        )
      ) : (
        <Table
          key={list.question}
          label="Traces"
          noun="trace"
          rows={list.rows}
          keyOf={({ traceId }) => traceId}
          columns={columnsOf(route)}
          height={36}
          card={cardOf}
          cardHeight={84}
          routeOf={({ traceId }) => ({ view: "trace", id: traceId })}
          titleOf={({ name }) => `Trace ${oneLine(name)}`}
          cursor={at}
          onCursor={(at) => navigate({ ...route, at }, { replace: true })}
          more={list.more}
          isStale={list.isStale}
        />
      )}
    </>
  )
}
