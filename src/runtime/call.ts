import * as Predicate from "effect/Predicate"

/** Takes what a program's function returned by mistake: a promise that is rejected must not end the process. */
export const disregard = (value: unknown): void => {
  if (Predicate.isPromiseLike(value)) value.then(undefined, () => {})
}
