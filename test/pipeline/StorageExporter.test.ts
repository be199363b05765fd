import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as StorageExporter from "../../src/pipeline/exporters/Storage.js"
import * as Storage from "../../src/storage/Storage.js"
import { log, span } from "../../src/testing/Records.js"

describe("StorageExporter", () => {
  it.effect("stores spans and logs", () =>
    Effect.gen(function* () {
      const storage = yield* Storage.Storage
      yield* StorageExporter.make(storage).export({ spans: [span(), span()], logs: [log()] })
      assert.lengthOf((yield* storage.listSpans()).items, 2)
      assert.lengthOf((yield* storage.listLogs()).items, 1)
    }).pipe(Effect.provide(Storage.layerMemory))
  )

  it.effect("fails for the reason of the storage, and says whether to try again", () =>
    Effect.gen(function* () {
      for (const reason of ["Unavailable", "Rejected"] as const) {
        const retryable = reason === "Unavailable"
        const storage = Storage.make({ insertLogs: () => new Storage.StorageError({ reason, retryable }) })
        const error = yield* Effect.flip(StorageExporter.make(storage).export({ spans: [], logs: [log()] }))
        assert.deepInclude({ ...error }, { reason, retryable })
      }
    })
  )
})
