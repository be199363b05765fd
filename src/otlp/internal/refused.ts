/** Why a request is refused, before anything of it was taken. */
import * as Data from "effect/Data"

export class Refused extends Data.TaggedError("Refused")<{
  readonly status: 400 | 405 | 408 | 413 | 415 | 429 | 500 | 503
  readonly reason: string
  readonly headers?: Readonly<Record<string, string>>
}> {}

/** Seconds after which a sender comes again. */
export const retryAfter = { "retry-after": "1" }

export const busy = new Refused({ status: 503, reason: "too many requests are under way", headers: retryAfter })

/** The codes of `google.rpc.Code` (https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto). */
export const codes: { readonly [S in Refused["status"]]: number } = {
  400: 3,
  405: 12,
  408: 4,
  413: 8,
  415: 3,
  429: 8,
  500: 13,
  503: 14
}
