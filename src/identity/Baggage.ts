/**
 * W3C baggage (https://www.w3.org/TR/baggage): named values that travel with a request, in one header. A header has at most
 * 64 members and 8,192 bytes.
 *
 * @since 0.1.0
 */
import * as FiberRef from "effect/FiberRef"
import { globalValue } from "effect/GlobalValue"
import * as internal from "./internal/baggage.js"

/**
 * One named value of a baggage header, with its properties.
 *
 * @since 0.1.0
 * @category models
 */
export interface Member {
  /** A token as RFC 7230 has it. */
  readonly key: string
  /** The value, percent-decoded. */
  readonly value: string
  /** The properties as they are written, without the space around them. */
  readonly properties: ReadonlyArray<string>
}

/**
 * The members that came with the work of the current fiber and are not ours, as they were written. They travel on with it.
 *
 * @since 0.1.0
 * @category fiber refs
 */
export const currentBaggage: FiberRef.FiberRef<string> = globalValue(
  "effect-observability/Baggage/currentBaggage",
  () => FiberRef.unsafeMake("", { join: (parent) => parent })
)

/**
 * Reads a header. What is malformed is left out, and so is what goes beyond the limits.
 *
 * @since 0.1.0
 * @category decoding
 */
export const parse = (header: string): ReadonlyArray<Member> =>
  internal.split(header).members.flatMap((text) => internal.parseMember(text) ?? [])

/**
 * Writes a header. What has a malformed key or property is left out, and so is what goes beyond the limits.
 *
 * @since 0.1.0
 * @category encoding
 */
export const format = (members: Iterable<Member>): string =>
  internal.join(Array.from(members, internal.formatMember).filter((text) => internal.parseMember(text) !== undefined))
