/** How finished records that were made elsewhere come into the pipeline. */
import * as Effect from "effect/Effect"
import { inTurns } from "../../runtime/eventLoop.js"
import { faultOf } from "../../signal/Field.js"
import { sizeOf } from "../../signal/internal/size.js"
import { isTrusted } from "../../signal/internal/trusted.js"
import { type RecordOf, type Signal, type SignalName, signalNames, signals } from "../../signal/signals.js"
import { InvalidRecord } from "../InvalidRecord.js"
import type { Offer } from "./writer.js"

type Records = ReadonlyArray<RecordOf<SignalName>>

/** Makes `Observability.record` of what takes offers. */
export const recording =
  (offer: (offers: ReadonlyArray<Offer>, whole: boolean) => number) =>
  (records: Records, options?: { readonly whole?: boolean | undefined }): Effect.Effect<number, InvalidRecord> =>
    Effect.map(toOffers(records), (offers) => offer(offers, options?.whole === true))

/** The records with their signals and sizes, each one checked, unless whoever made them did. */
export const toOffers = (records: Records): Effect.Effect<ReadonlyArray<Offer>, InvalidRecord> =>
  Effect.flatMap(
    inTurns(function* () {
      const offers: Array<Offer> = []
      if (!Array.isArray(records)) return new InvalidRecord({ index: 0 })
      const isKnown = isTrusted(records)
      for (let index = 0; index < records.length; index++) {
        const record = records[index] as Records[number]
        const signal = signalNames.find((name) => record instanceof signals[name].record)
        if (signal === undefined) return new InvalidRecord({ index })
        const field = isKnown ? undefined : faultIn(signals[signal], record)
        if (field !== undefined) return new InvalidRecord({ index, field })
        offers.push({ signal, record, bytes: sizeOf[signal](record) })
        yield
      }
      return offers
    }),
    (offers) => (Array.isArray(offers) ? Effect.succeed(offers) : Effect.fail(offers as InvalidRecord))
  )

const faultIn = ({ fields, rule }: Signal, record: object): string | undefined =>
  faultOf(fields, record) ?? rule?.(record)
