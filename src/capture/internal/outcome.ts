/** How a span came out: by its exit, and where it is one of HTTP by the status of the response. */
import type * as Exit from "effect/Exit"
import { isFailedStatus } from "../../signal/internal/errors.js"
import type { Json } from "../../signal/Json.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import { failureOf, type Told } from "./failure.js"
import type { Limits } from "./options.js"

export interface Outcome {
  readonly status: SpanRecord["status"]
  readonly message?: string
  /** The value of `error.type`, of a span that failed. */
  readonly type?: string
  /** The errors that it failed with, each an event, as far as there is room; and how many there are in all. */
  readonly errors?: ReadonlyArray<Told>
  readonly count?: number
}

const ok: Outcome = { status: "ok" }
const interrupted: Outcome = { status: "interrupted" }
export const running: Outcome = { status: "running" }

/** The facts that decide. */
interface Ended {
  readonly kind: SpanRecord["kind"]
  readonly exit: Exit.Exit<unknown, unknown> | undefined
  readonly attributes: { readonly [key: string]: Json } | undefined
}

/** https://opentelemetry.io/docs/specs/semconv/http/http-spans/#status */
export const outcomeOf = ({ attributes, exit, kind }: Ended, limits: Limits): Outcome => {
  const isHttp = kind === "server" || kind === "client"
  const status = isHttp && attributes !== undefined ? failedStatusOf(attributes) : undefined
  if (exit === undefined || exit._tag === "Success") return ofStatus(kind, status)
  const failure = failureOf(exit.cause, limits)
  if (failure.interrupted) return interrupted
  const [first] = failure.errors
  const answered = status ?? (isFailedStatus(failure.status) ? failure.status : undefined)
  // A server that answers 4xx has done what it should, whatever its handler failed with.
  const isCallers = kind !== "client" && answered !== undefined && answered < 500 && (status !== undefined || !first)
  if (first === undefined || isCallers) return ofStatus(kind, answered)
  return {
    status: "error",
    message: first.message,
    type: kind === "client" && status !== undefined ? String(status) : first.type,
    errors: failure.errors,
    count: failure.count
  }
}

const ofStatus = (kind: SpanRecord["kind"], status: number | undefined): Outcome =>
  status === undefined || (kind !== "client" && status < 500) ? ok : { status: "error", type: String(status) }

const failedStatusOf = (attributes: { readonly [key: string]: Json }): number | undefined => {
  const status = Number(attributes["http.response.status_code"] ?? attributes["http.status_code"])
  return isFailedStatus(status) ? status : undefined
}
