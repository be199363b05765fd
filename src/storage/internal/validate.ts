/**
 * A last look at records before they are stored, which keeps what anyone but capture passes from harming a batch.
 */
import * as Effect from "effect/Effect"
import { inTurns } from "../../runtime/eventLoop.js"
import { faultOf } from "../../signal/Field.js"
import { isTrusted } from "../../signal/internal/trusted.js"
import { keyOf, newerOf, type Signal } from "../../signal/Signal.js"
import type { StorageError } from "../StorageError.js"
import { storageError } from "./errors.js"

/** Checks records and leaves one for each key: a complete one before one that is not, else the later. */
export const check = <R extends object>(
  signal: Signal<string, R>,
  records: ReadonlyArray<R>
): Effect.Effect<ReadonlyArray<R>, StorageError> => Effect.flatten(inTurns(() => checking(signal, records)))

function* checking<R extends object>(
  signal: Signal<string, R>,
  records: ReadonlyArray<R>
): Generator<void, Effect.Effect<ReadonlyArray<R>, StorageError>> {
  const trusted = isTrusted(records)
  const byKey = new Map<string, R>()
  for (let index = 0; index < records.length; index++) {
    yield
    const record = records[index] as R
    const field = trusted ? undefined : fault(signal, record)
    if (field !== undefined) {
      return storageError("Rejected", `record ${index} of ${records.length} is malformed at ${field}`, { field })
    }
    const key = keyOf(signal, record)
    const earlier = byKey.get(key)
    byKey.set(key, earlier === undefined ? record : newerOf(signal, earlier, record))
  }
  return Effect.succeed(byKey.size === records.length ? records : Array.from(byKey.values()))
}

const fault = <R extends object>({ fields, rule }: Signal<string, R>, record: R): string | undefined =>
  typeof record === "object" && record !== null ? (faultOf(fields, record) ?? rule?.(record)) : "record"
