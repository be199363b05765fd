/** A list of sessions or of traces: its filters, its rows, and what is there where it has none. */
import type { ComponentChildren } from "preact"
import { navigate, type RouteOf } from "../state/address.js"
import { spanFilters } from "../state/filters.js"
import type { useList } from "../state/useList.js"
import { Comparing, useComparing } from "./Comparing.js"
import { Filters } from "./Filters.js"
import { Empty, ErrorNote, Loading } from "./states.js"
import { Table } from "./Table.js"
import { useTitle } from "./useTitle.js"

interface Props<A>
  extends Pick<
    Parameters<typeof Table<A>>[0],
    "card" | "cardHeight" | "columns" | "height" | "keyOf" | "noun" | "titleOf"
  > {
  readonly title: string
  readonly route: RouteOf<"sessions"> | RouteOf<"traces">
  readonly list: ReturnType<typeof useList<A>>
  /** How there come to be some. */
  readonly none: ComponentChildren
}

export const Listing = <A,>({ list, none, route, title, ...table }: Props<A>) => {
  const { error, rows } = list
  const { filters } = route
  const { keyOf, noun } = table
  useTitle(title)
  const routeOf = useComparing(route)
  return (
    <>
      <div class="view-head">
        <h1>{title}</h1>
        <Filters
          table={spanFilters}
          filters={filters}
          refused={error?.field}
          to={(filters) => ({ ...route, filters, at: undefined })}
        />
      </div>
      <Comparing route={route} />
      {error !== undefined && (rows === undefined || error.reason !== "Lost") && (
        <ErrorNote error={error} again={list.again} />
      )}
      {rows === undefined ? (
        error === undefined && <Loading label={`${title} are loading`} lines={10} />
      ) : rows.length > 0 ? (
        <Table
          {...table}
          key={list.question}
          label={title}
          rows={rows}
          routeOf={(row) => routeOf(keyOf(row))}
          cursor={route.at}
          onCursor={(at) => navigate({ ...route, at }, { replace: true })}
          more={list.more}
          isStale={list.isStale}
        />
      ) : filters === undefined ? (
        <Empty title={`No ${noun} yet`}>{none}</Empty>
      ) : (
        <Empty title={`No ${noun} is like this`}>
          <p>Take a filter away, or search for fewer words.</p>
        </Empty>
      )}
    </>
  )
}
