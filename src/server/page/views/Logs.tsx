/** What programs logged, as it comes: by level, searched and filtered, with the way to the trace and the session. */
import { useMemo } from "preact/hooks"
import { Filters } from "../parts/Filters.js"
import { Empty, ErrorNote, Loading } from "../parts/states.js"
import { useTitle } from "../parts/useTitle.js"
import { href, navigate, type Route, type RouteOf } from "../state/address.js"
import { askedFilters } from "../state/asked.js"
import { filterOf, logFilters } from "../state/filters.js"
import { useKeys } from "../state/keys.js"
import { useAnswer } from "../state/live.js"
import { LogList } from "./logs/LogList.js"
import { askedLevels, levels, shownLevels, toggled } from "./logs/levels.js"
import { fromKey, keyOf, Line, Whole } from "./logs/Record.js"
import { useLogs } from "./logs/useLogs.js"

interface Props {
  readonly route: RouteOf<"logs">
}

export const Logs = ({ route }: Props) => {
  useTitle("Logs")
  const { filters, open, order } = route
  const shown = shownLevels(route.levels)
  const hasLevel = filterOf(filters, "level") !== undefined || filterOf(filters, "minLevel") !== undefined
  const asked = { ...(hasLevel ? {} : askedLevels(shown)), ...askedFilters(logFilters, filters) }
  // A time that is said by how long ago it is goes on with the clock: the question is the same.
  const { again, error, more, rows } = useLogs(
    asked as never,
    JSON.stringify([filters, hasLevel ? [] : askedLevels(shown)])
  )
  const isFollowed = order === "follow"
  const key = shown.join()
  const listed = useMemo(() => {
    const found = rows?.filter(({ level }) => shown.includes(level))
    return isFollowed ? found?.toReversed() : found
  }, [rows, key, isFollowed])
  useKeys("Logs", [
    { keys: "o", label: "newest first, or follow", run: () => navigate(otherOrder(route), { replace: true }) },
    ...levels.map((level, i) => ({
      keys: String(i + 1),
      label: `${level}: on or off`,
      run: () => navigate({ ...route, levels: toggled(shown, level) }, { replace: true })
    }))
  ])
  return (
    <>
      <div class="view-head">
        <h1>Logs</h1>
        <div class="levels" role="group" aria-label="Levels">
          {levels.map((level) => (
            <button
              key={level}
              type="button"
              class={`level-toggle level-${level}`}
              aria-pressed={shown.includes(level)}
              onClick={() => navigate({ ...route, levels: toggled(shown, level) }, { replace: true })}
            >
              {level}
            </button>
          ))}
        </div>
        <Filters
          table={logFilters}
          filters={filters}
          refused={error?.field}
          to={(filters) => ({ ...route, filters, at: undefined })}
        />
        <Order route={route} />
      </div>
      {error !== undefined && <ErrorNote error={error} again={again} />}
      {open !== undefined && rows !== undefined && !rows.some((row) => keyOf(row) === open) && (
        <Pinned route={route} open={open} />
      )}
      {listed === undefined ? (
        error === undefined && <Loading label="Logs are loading" lines={12} />
      ) : listed.length === 0 && more === undefined ? (
        <None isFiltered={filters !== undefined || route.levels !== undefined} />
      ) : (
        <LogList route={route} rows={listed} more={more} />
      )}
    </>
  )
}

const otherOrder = (route: RouteOf<"logs">): Route => ({
  ...route,
  order: route.order === "follow" ? undefined : "follow"
})

const Order = ({ route }: Props) => (
  <nav class="choice logs-order" aria-label="Order">
    {(["newest first", "follow"] as const).map((name) => (
      <a
        key={name}
        data-replace=""
        href={href({ ...route, order: name === "follow" ? "follow" : undefined })}
        aria-current={(route.order === "follow") === (name === "follow") ? "true" : undefined}
      >
        {name === "follow" ? "Follow" : "Newest first"}
      </a>
    ))}
  </nav>
)

/** The record of an address that is not among those that are listed: it is further down, or filtered out. */
const Pinned = ({ open, route }: Props & { readonly open: string }) => {
  const wanted = fromKey(open)
  const { answer, error } = useAnswer(
    "listLogs",
    wanted === undefined
      ? undefined
      : {
          filters: { startedAfter: wanted.timestamp, startedBefore: String(BigInt(wanted.timestamp) + 1n) },
          pagination: { limit: 1_000 }
        }
  )
  const log = answer?.items.find(({ logId }) => logId === wanted?.logId)
  const isMissing = wanted === undefined || answer !== undefined || error !== undefined
  return (
    <section class="log-pinned" aria-label="The log of the address">
      {log === undefined ? (
        isMissing && <p class="quiet">The log of this address is not there, or not any more.</p>
      ) : (
        <>
          <div class="log-line">
            <Line log={log} />
          </div>
          <Whole log={log} route={route} />
        </>
      )}
      <a class="log-close" data-replace="" href={href({ ...route, open: undefined })} aria-label="Close">
        ×
      </a>
    </section>
  )
}

const None = ({ isFiltered }: { readonly isFiltered: boolean }) =>
  isFiltered ? (
    <Empty title="No log is like this">
      <p>Take a filter away, show more levels, or search for fewer words.</p>
    </Empty>
  ) : (
    <Empty title="No log yet">
      <p>What programs log within spans, or send by OTLP to this address, is shown here within seconds.</p>
    </Empty>
  )
