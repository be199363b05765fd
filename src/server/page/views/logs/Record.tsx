/** A log: one line of it, and all of it. */
import type { Level } from "../../../../signal/LogRecord.js"
import type { Log } from "../../../internal/encoded.js"
import { Copy } from "../../parts/Copy.js"
import { Json } from "../../parts/Json.js"
import { Text } from "../../parts/Text.js"
import { href, type Route, type RouteOf } from "../../state/address.js"
import { logFilters, withFilter } from "../../state/filters.js"
import { now } from "../../state/live.js"
import { decimal } from "../../state/numbers.js"
import { clockOf, dateOf, instant } from "../../state/time.js"
import { cut, oneLine, visible } from "../../state/visible.js"

/** A log is found again by its time and its id. */
export const keyOf = ({ logId, timestamp }: Log): string => `${timestamp}.${logId}`

/** The time and the id of a key. */
export const fromKey = (key: string): { readonly timestamp: string; readonly logId: string } | undefined => {
  const [, timestamp, logId] = /^(-?\d{1,20})\.(.+)$/s.exec(key) ?? []
  return timestamp === undefined || logId === undefined ? undefined : { timestamp, logId }
}

const LevelName = ({ level }: { readonly level: Level }) => <span class={`level level-${level}`}>{level}</span>

const routeOfTrace = ({ spanId, traceId }: Log): Route | undefined =>
  traceId === undefined ? undefined : { view: "trace", id: traceId, span: spanId }

const routeOfSession = ({ sessionId }: Log): Route | undefined =>
  sessionId === undefined ? undefined : { view: "session", id: sessionId, tab: "logs" }

export const Line = ({ log }: { readonly log: Log }) => {
  const { level, message, sessionId, timestamp } = log
  const trace = routeOfTrace(log)
  const session = routeOfSession(log)
  const date = dateOf(timestamp)
  const isToday = date === dateOf(String(BigInt(now.value) * 1_000_000n))
  return (
    <>
      <time class="log-time" title={instant(timestamp)}>
        {!isToday && <span class="log-date">{date.slice(5)} </span>}
        {clockOf(timestamp)}
      </time>
      <LevelName level={level} />
      <bdi class="log-message">
        {oneLine(cut(message, 500)) || (
          <span class="none">{log.cause === undefined ? "no message" : oneLine(cut(log.cause, 500))}</span>
        )}
      </bdi>
      <span class="log-jumps">
        {session === undefined ? (
          <span />
        ) : (
          <a href={href(session)} title={`Session ${oneLine(sessionId ?? "")}`}>
            <bdi>{oneLine(sessionId ?? "")}</bdi>
          </a>
        )}
        {trace !== undefined && (
          <a href={href(trace)} title="Its trace, at its span" class="log-trace">
            trace
          </a>
        )}
      </span>
    </>
  )
}

export const Whole = ({ log, route }: { readonly log: Log; readonly route: RouteOf<"logs"> }) => {
  const { attributes, cause, data, logSpans, message, metadata } = log
  const trace = routeOfTrace(log)
  const session = routeOfSession(log)
  const spans = Object.entries(logSpans)
  return (
    <div class="log-whole">
      <div class="log-head">
        <time>{instant(log.timestamp)}</time>
        {session !== undefined && <a href={href(session)}>Session</a>}
        {trace !== undefined && <a href={href(trace)}>Trace</a>}
        <Copy label="Copy as JSON" text={() => JSON.stringify(log, null, 2)} />
      </div>
      {(message.length > 120 || message !== oneLine(message)) && (
        <p class="log-text">
          <Text text={message} />
        </p>
      )}
      {cause !== undefined && (
        <section class="log-part">
          <h2>Cause</h2>
          <div class="log-cause mono">
            <Text text={cause} limit={4_000} />
          </div>
        </section>
      )}
      {data.length > 0 && (
        <section class="log-part">
          <h2>Data</h2>
          <Json value={data} depth={2} />
        </section>
      )}
      <Entries title="Attributes" value={attributes} />
      <Entries title="Metadata" value={metadata} />
      {spans.length > 0 && (
        <p class="log-spans">
          {spans.map(([name, millis]) => (
            <span key={name}>
              <bdi>{oneLine(name)}</bdi> {decimal(millis)} ms
            </span>
          ))}
        </p>
      )}
      <Ids log={log} route={route} />
    </div>
  )
}

const Entries = ({ title, value = {} }: { readonly title: string; readonly value: Log["metadata"] }) =>
  Object.keys(value).length === 0 ? null : (
    <section class="log-part">
      <h2>{title}</h2>
      <Json value={value} depth={2} />
    </section>
  )

const Ids = ({ log, route }: { readonly log: Log; readonly route: RouteOf<"logs"> }) => {
  const { dropped, tags = [] } = log
  const only = (key: string, value: string): string =>
    href({ ...route, filters: withFilter(logFilters, route.filters ?? [], [key, value]), at: undefined })
  const ids = (
    ["userId", "sessionId", "traceId", "spanId", "threadId", "conversationId", "runId", "requestId"] as const
  ).flatMap((key) => (log[key] === undefined ? [] : [[key, log[key]] as const]))
  return (
    <dl class="log-ids">
      {ids.map(([key, value]) => (
        <div key={key}>
          <dt>{key}</dt>
          <dd>
            {key === "spanId" ? (
              <code>{visible(value)}</code>
            ) : (
              <a href={only(key, value)} title={`Only logs of ${oneLine(value)}`}>
                <code>{visible(cut(value, 80))}</code>
              </a>
            )}
          </dd>
        </div>
      ))}
      {tags.length > 0 && (
        <div>
          <dt>tags</dt>
          <dd>{tags.map(oneLine).join(", ")}</dd>
        </div>
      )}
      {dropped !== undefined && (
        <div>
          <dt>dropped</dt>
          <dd>{JSON.stringify(dropped)}</dd>
        </div>
      )}
    </dl>
  )
}
