import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import { isPositiveDurationInput } from "../../runtime/duration.js"
import type { StorageError } from "../StorageError.js"
import { invalidArgument } from "./errors.js"

/** How long records are kept. What is no such time must not be taken for zero: everything would be deleted. */
export const decode = (
  retention: Duration.DurationInput | undefined
): Effect.Effect<Option.Option<Duration.Duration>, StorageError> => {
  if (retention === undefined) return Effect.succeedNone
  return isPositiveDurationInput(retention) && Duration.isFinite(Duration.decode(retention))
    ? Effect.succeedSome(Duration.decode(retention))
    : invalidArgument("retention", `expected a finite duration of more than nothing, such as "30 days"`)
}
