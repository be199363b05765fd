/** Lists of sessions asked over HTTP, beside the same calls in the process that holds the DuckDB file. */
import { Effect, Layer } from "effect"
import { Observability, Storage } from "effect-observability"
import { DuckDbStorage } from "effect-observability/duckdb"
import { RemoteStorage, StorageServer } from "effect-observability/server"
import { withFile } from "./answersSessions.js"
import { type Figure, figure, inProcess, median, type Suite, spansOr } from "./harness.js"

const spans = spansOr(1_000_000)
const rounds = 40

const filters = {
  all: {},
  user: { userId: "user-7" },
  hasError: { hasError: true }
} as const

type Times = { readonly [F in keyof typeof filters]: { readonly remote: number; readonly local: number } }

const millisOf = async (run: () => Promise<unknown>): Promise<number> => {
  const start = performance.now()
  await run()
  return performance.now() - start
}

const listSessions = () =>
  withFile(spans, (path) =>
    Effect.gen(function* () {
      const local = yield* Storage.Storage
      const { url } = yield* StorageServer.StorageServer
      const remote = yield* RemoteStorage.make({ url })
      const times: Record<string, { readonly remote: number; readonly local: number }> = {}
      for (const [name, filter] of Object.entries(filters)) {
        const ask = (storage: typeof local) => () => Effect.runPromise(storage.listSessions({ filters: filter }))
        const measured: { readonly [S in "local" | "remote"]: Array<number> } = { local: [], remote: [] }
        for (let round = 0; round < rounds; round++) {
          measured.local.push(yield* Effect.promise(() => millisOf(ask(local))))
          measured.remote.push(yield* Effect.promise(() => millisOf(ask(remote))))
        }
        times[name] = { remote: median(measured.remote), local: median(measured.local) }
      }
      return times as Times
    }).pipe(
      Effect.provide(
        StorageServer.layer({ port: 0 }).pipe(
          Layer.provide(Observability.layerExportOnly({ serviceName: "bench", exporters: [] })),
          Layer.provideMerge(DuckDbStorage.layer({ path }))
        )
      ),
      Effect.runPromise
    )
  )

export const tasks: Suite["tasks"] = { listSessions }

export const run = async (suite: string): Promise<ReadonlyArray<Figure>> => {
  const times = await inProcess<Times>(suite, "listSessions")
  // At most half as long again, and 3 ms.
  return Object.entries(times).map(([name, { local, remote }]) =>
    figure(`listSessions (${name}) by RemoteStorage, without 3 ms`, remote - 3, "ms", {
      baseline: local,
      target: { atMost: 1.5 }
    })
  )
}
