/** The traces, those first that began last: each by the span that it starts with. */
import { Listing } from "../parts/Listing.js"
import type { RouteOf } from "../state/address.js"
import { oneLine } from "../state/visible.js"
import { cardOf, columnsOf } from "./traces/columns.js"
import { useTraces } from "./traces/useTraces.js"

export const Traces = ({ route }: { readonly route: RouteOf<"traces"> }) => {
  const { direction = "desc", filters, orderBy = "time" } = route
  return (
    <Listing
      title="Traces"
      noun="trace"
      route={route}
      list={useTraces(filters, { field: orderBy, direction })}
      keyOf={({ traceId }) => traceId}
      columns={columnsOf(route)}
      height={36}
      card={cardOf}
      cardHeight={84}
      titleOf={({ name }) => `Trace ${oneLine(name)}`}
      none={<p>Spans that are recorded, or sent by OTLP to this address, are shown here within seconds.</p>}
    />
  )
}
