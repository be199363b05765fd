import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"

/** Effect takes what is negative, or no number, for zero. */
export const isDurationInput = (value: unknown): value is Duration.DurationInput =>
  Option.isSome(Duration.decodeUnknown(value)) &&
  Arr.ensure(value).every((part) =>
    typeof part === "number" || typeof part === "bigint" ? part >= 0 : !String(part).startsWith("-")
  )

export const isPositiveDurationInput = (value: unknown): value is Duration.DurationInput =>
  isDurationInput(value) && Duration.greaterThan(value, Duration.zero)
