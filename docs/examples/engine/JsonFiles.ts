/**
 * A storage in JSON files, one a signal: an engine in sixty lines. It is for few records, since it reads and writes all of
 * a file each time.
 */
import { FileSystem } from "@effect/platform"
import { Effect, Layer } from "effect"
import { Signal, Storage } from "effect-observability"

export const layer = (directory: string): Layer.Layer<Storage.Storage, never, FileSystem.FileSystem> =>
  Layer.effect(Storage.Storage, Effect.map(engine(directory), Storage.fromEngine))

const engine = (directory: string) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    // one file is read or written at a time
    const lock = yield* Effect.makeSemaphore(1)

    const pathOf = (name: Signal.SignalName) => `${directory}/${name}.json`

    const read = <N extends Signal.SignalName>(name: N) =>
      Effect.gen(function* () {
        if (!(yield* files.exists(pathOf(name)))) return []
        const text = yield* files.readFileString(pathOf(name))
        const decode = Signal.decoder(Signal.signalOf(name))
        return (JSON.parse(text) as ReadonlyArray<object>).map(decode)
      })

    /** Changes the records of a signal, and gives how many there were before and are then. */
    const change = <N extends Signal.SignalName>(
      name: N,
      f: (records: ReadonlyArray<Signal.RecordOf<N>>) => ReadonlyArray<Signal.RecordOf<N>>
    ) =>
      Effect.gen(function* () {
        const before = yield* read(name)
        const after = f(before)
        yield* files.makeDirectory(directory, { recursive: true })
        yield* files.writeFileString(pathOf(name), JSON.stringify(after))
        return { before: before.length, after: after.length }
      })

    const asked = <A, E>(effect: Effect.Effect<A, E>) =>
      lock
        .withPermits(1)(effect)
        .pipe(
          Effect.mapError(
            (cause) =>
              new Storage.StorageError({
                reason: "Unavailable",
                retryable: true,
                detail: `${directory}: ${cause}`,
                cause
              })
          )
        )

    const self: Storage.Engine = {
      insert: (name, records) => {
        const signal = Signal.signalOf(name)
        const stored = change(name, (before) => {
          const byKey = new Map(before.map((record) => [Signal.keyOf(signal, record), record]))
          for (const record of records) {
            const key = Signal.keyOf(signal, record)
            const earlier = byKey.get(key)
            byKey.set(key, earlier === undefined ? record : Signal.newerOf(signal, earlier, record))
          }
          return Array.from(byKey.values())
        })
        return Effect.asVoid(asked(stored))
      },
      select: (name, query) => asked(Effect.map(read(name), (records) => Storage.selectRecords(name, records, query))),
      remove: (name, which) => {
        const kept = change(name, (records) => records.filter((record) => !Storage.isRemoved(name, record, which)))
        return asked(Effect.map(kept, ({ after, before }) => before - after))
      }
    }
    return self
  })
