/** The logs of a session as they came, each with the way to where it was logged. */
import { useState } from "preact/hooks"
import type { Log } from "../../../internal/encoded.js"
import { Json } from "../../parts/Json.js"
import { Empty, ErrorNote, Loading } from "../../parts/states.js"
import { Text } from "../../parts/Text.js"
import { href, navigate, type RouteOf } from "../../state/address.js"
import { ask } from "../../state/client.js"
import { clockOf, instant } from "../../state/time.js"
import { useList } from "../../state/useList.js"
import { cut, oneLine } from "../../state/visible.js"
import { withOther } from "../logs/merge.js"
import type { TabProps } from "./told.js"

type Level = NonNullable<RouteOf<"session">["level"]>
const levels: ReadonlyArray<Level> = ["debug", "info", "warn", "error", "fatal"]

export const Logs = ({ route, told }: TabProps) => {
  const { level } = route
  const { again, error, more, rows } = useLogs(told.sessionId, level)
  return (
    <div class="session-list" role="region" aria-label="Logs" tabIndex={0}>
      <div class="timeline-bar">
        <label>
          Level from{" "}
          <select
            value={level ?? "trace"}
            onChange={(event) => {
              const { value } = event.currentTarget
              navigate({ ...route, level: value === "trace" ? undefined : (value as Level) }, { replace: true })
            }}
          >
            {["trace", ...levels].map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <a class="quiet" href={href({ view: "logs", filters: [["sessionId", told.sessionId]] })}>
          in the view of logs
        </a>
      </div>
      {error !== undefined && <ErrorNote error={error} again={again} />}
      {rows === undefined ? (
        error === undefined && <Loading label="Logs are loading" />
      ) : rows.length === 0 ? (
        <Empty title={level === undefined ? "Nothing was logged" : `Nothing was logged from ${level} on`} />
      ) : (
        <ol class="log-list">
          {rows.map((log) => (
            <Row key={log.logId} log={log} />
          ))}
        </ol>
      )}
      {rows !== undefined && more !== undefined && (
        <button type="button" class="more-of" onClick={more}>
          More logs
        </button>
      )}
    </div>
  )
}

const Row = ({ log }: { readonly log: Log }) => {
  const { attributes, cause, data = [], level, message, spanId, timestamp, traceId } = log
  const [isOpen, open] = useState(false)
  const isMore = cause !== undefined || data.length > 0 || Object.keys(attributes ?? {}).length > 0
  return (
    <li class={`session-log level-${level}`} data-log={log.logId}>
      <time title={instant(timestamp)}>{clockOf(timestamp)}</time>
      <span class="log-level">{level}</span>
      <div class="log-said">
        <Text text={message} />
        {isMore && (
          <details open={isOpen} onToggle={(event) => open(event.currentTarget.open)}>
            <summary class="quiet">{oneLine(cut(cause?.split("\n")[0] ?? glimpseOf(data, attributes), 120))}</summary>
            {isOpen && (
              <>
                {cause !== undefined && <Text class="text mono" text={cause} />}
                {data.length > 0 && <Json name="data" value={data} depth={2} />}
                {Object.keys(attributes ?? {}).length > 0 && <Json name="attributes" value={attributes} depth={2} />}
              </>
            )}
          </details>
        )}
      </div>
      {traceId !== undefined && <a href={href({ view: "trace", id: traceId, span: spanId })}>trace</a>}
    </li>
  )
}

const glimpseOf = (data: ReadonlyArray<unknown>, attributes: Log["attributes"]): string =>
  [...data.slice(0, 3), ...(Object.keys(attributes).length > 0 ? [attributes] : [])]
    .map((value) => (JSON.stringify(value) ?? "").slice(0, 100))
    .join(" ")

const limit = 200

/** The logs in their order: a page at first, more when they are asked for, and those that come once all are there. */
const useLogs = (sessionId: string, minLevel: Level | undefined) => {
  const page = (cursor: string | undefined, abort: AbortSignal, startedAfter?: string) =>
    ask(
      "listLogs",
      {
        filters: {
          sessionId,
          ...(minLevel !== undefined && { minLevel }),
          ...(startedAfter !== undefined && { startedAfter })
        },
        orderBy: { field: "time", direction: "asc" },
        pagination: { limit, ...(cursor !== undefined && { cursor }) }
      },
      abort
    )
  const list = useList<Log>({
    key: `${minLevel} ${sessionId}`,
    page,
    renew: async ({ cursor, rows }, abort) => {
      if (cursor !== undefined) return (list) => list
      const { items, nextCursor } = await page(undefined, abort, rows.at(-1)?.timestamp)
      return (list) => ({ rows: withOther(list.rows, items), cursor: nextCursor })
    },
    append: withOther
  })
  return { ...list, rows: list.isStale ? undefined : list.rows }
}
