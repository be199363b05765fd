/** Storages that are asked over HTTP, from a real server. */
import { Effect, Layer } from "effect"
import * as Observability from "../../src/Observability.js"
import * as RemoteStorage from "../../src/server/RemoteStorage.js"
import * as StorageServer from "../../src/server/StorageServer.js"
import { Storage } from "../../src/storage/Storage.js"

/** A server of a storage, on a free port. */
export const serve = <E, R>(storage: Layer.Layer<Storage, E, R>, options: StorageServer.Options = {}) =>
  StorageServer.layer({ port: 0, ...options }).pipe(
    Layer.provide(Observability.layerExportOnly({ serviceName: "server", exporters: [] })),
    Layer.provideMerge(storage)
  )

/** The storage as it is asked over HTTP; what is inserted goes to it directly. */
export const asked = <E, R>(storage: Layer.Layer<Storage, E, R>) =>
  Layer.effect(
    Storage,
    Effect.gen(function* () {
      const { insertLogs, insertMetrics, insertScores, insertSpans } = yield* Storage
      const { url } = yield* StorageServer.StorageServer
      const remote = yield* RemoteStorage.make({ url })
      return { ...remote, insertLogs, insertMetrics, insertScores, insertSpans }
    })
  ).pipe(Layer.provide(serve(storage)))
