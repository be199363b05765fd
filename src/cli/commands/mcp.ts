/** `mcp`: a server of the Model Context Protocol on the standard streams. */
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import { Storage } from "../../storage/Storage.js"
import { described } from "../overview.js"
import * as Store from "../Store.js"

export const mcp = Command.make(
  "mcp",
  { store: Store.options },
  Effect.fnUntraced(function* ({ store }) {
    const storage = yield* Effect.flatMap(Store.choose(store), Store.openEachTime)
    const { Mcp } = yield* Effect.promise(() => import("../internal/mcp.js"))
    yield* Effect.provideService(Mcp.stdio(), Storage, storage)
  }, Effect.scoped)
).pipe(Command.withDescription(described.mcp))
