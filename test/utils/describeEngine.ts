import { describe } from "@effect/vitest"

/**
 * Tests that need the engine within the process, also where the others run against a server: skipped by name where it
 * cannot be loaded.
 */
export const describeEngine = describe.skipIf(
  await import("chdb").then(
    () => false,
    () => true
  )
)
