/** What a row, and a card, says of a trace: what the span says with which it starts. */
import type { Span } from "../../../internal/encoded.js"
import { Badge } from "../../parts/Badge.js"
import { type Column, sortOf } from "../../parts/Table.js"
import { When } from "../../parts/When.js"
import type { RouteOf } from "../../state/address.js"
import { now } from "../../state/live.js"
import { between, duration } from "../../state/time.js"
import { cut, oneLine } from "../../state/visible.js"

export const columnsOf = (route: RouteOf<"traces">): ReadonlyArray<Column<Span>> => [
  { id: "name", head: "Starts with", width: 240, grow: 2, cell: Name },
  { id: "status", head: "Status", width: 144, cell: Status },
  { id: "session", head: "Session", width: 140, grow: 1, cell: ({ sessionId }) => <Said text={sessionId} /> },
  { id: "user", head: "User", width: 128, cell: ({ userId }) => <Said text={userId} /> },
  { id: "service", head: "Service", width: 108, cell: ({ serviceName }) => <Said text={serviceName} /> },
  { id: "duration", head: "Duration", width: 80, align: "end", sort: sortOf(route, "duration"), cell: Length },
  {
    id: "time",
    head: "Started",
    width: 88,
    align: "end",
    sort: sortOf(route, "time"),
    cell: ({ startTime }) => <When at={startTime} />
  }
]

export const cardOf = (span: Span) => (
  <>
    <div class="card-head">
      <Said text={span.sessionId ?? span.userId} />
      <When at={span.startTime} />
    </div>
    <Name {...span} />
    <ul class="facts">
      <li>
        <Status {...span} />
      </li>
      <li>
        <Length {...span} />
      </li>
      {span.serviceName !== undefined && (
        <li class="facts-last">
          <Said text={span.serviceName} />
        </li>
      )}
    </ul>
  </>
)

const Name = ({ name, spanType }: Span) => (
  <span class="trace-name">
    <Badge type={spanType} />
    <bdi title={oneLine(cut(name, 300))}>{oneLine(cut(name, 300))}</bdi>
  </span>
)

const Status = ({ errorType, status }: Span) =>
  status === "error" ? (
    <bdi class="bad" title={oneLine(cut(errorType ?? "failed", 300))}>
      {oneLine(cut(errorType ?? "failed", 120))}
    </bdi>
  ) : (
    <span class={status === "running" ? "running" : "quiet"}>{status}</span>
  )

const Said = ({ text }: { readonly text: string | undefined }) =>
  text === undefined ? (
    <span class="none">–</span>
  ) : (
    <bdi title={oneLine(cut(text, 300))}>{oneLine(cut(text, 300))}</bdi>
  )

const Length = ({ endTime, startTime }: Span) => (
  <>
    {duration(endTime === undefined ? BigInt(now.value) * 1_000_000n - BigInt(startTime) : between(startTime, endTime))}
  </>
)
