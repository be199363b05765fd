import { describe } from "@effect/vitest"

/** Whether the engine can be loaded into the process. */
export const isLoadable = await import("chdb").then(
  () => true,
  () => false
)

/** Tests that need the engine within the process, also where the others run against a server: skipped by name without it. */
export const describeEngine = describe.skipIf(!isLoadable)
