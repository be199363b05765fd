/** How a conversation is shown, and where its marks lead. */
import type { RouteOf } from "../../state/address.js"

type Route = RouteOf<"session">

/** The turns that whoever looks for a reason goes to. */
export interface Marks {
  readonly error: number | undefined
  readonly dearest: number | undefined
}

export const otherRaw = ({ raw }: Route): Route["raw"] => (raw === "on" ? undefined : "on")
export const otherFolds = ({ folds }: Route): Route["folds"] => (folds === "open" ? undefined : "open")
