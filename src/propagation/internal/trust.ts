import * as Option from "effect/Option"
import type * as Predicate from "effect/Predicate"

/** Whether what a caller says of its session is believed. */
export const isTrusted = <A>(trust: "always" | "never" | Predicate.Predicate<A>, caller: A): boolean =>
  typeof trust === "function" ? holds(trust, caller) : trust === "always"

/** Whether a predicate of the program holds. One that throws does not, nor one that gives a promise. */
export const holds = <A>(predicate: Predicate.Predicate<A>, value: A): boolean =>
  Option.contains(Option.liftThrowable(predicate)(value), true)
