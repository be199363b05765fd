/** What processors of a program may leave in a record. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { memory } from "../../src/pipeline/Exporters.js"
import * as BatchWriter from "../../src/pipeline/internal/batchWriter.js"
import * as SensitiveDataFilter from "../../src/pipeline/SensitiveDataFilter.js"
import type { SignalProcessor } from "../../src/pipeline/SignalProcessor.js"
import { type SignalName, signalNames, signals } from "../../src/signal/signals.js"
import { emit } from "../utils/emit.js"
import { made, span } from "../utils/records.js"

const make = (store: ReturnType<typeof memory>, ...processors: ReadonlyArray<SignalProcessor>) =>
  BatchWriter.make({
    exporters: [store],
    processors,
    batch: {
      maxQueueSize: 100,
      maxQueueBytes: 100_000,
      maxBatchSize: 100,
      scheduledDelay: Duration.millis(10),
      exportTimeout: Duration.seconds(30),
      shutdownTimeout: Duration.seconds(1)
    }
  })

/** A processor without types, for every signal: records named or with the message `untouched` are. */
const untyped = (change: (record: Record<string, unknown>) => unknown): SignalProcessor => ({
  name: "untyped",
  ...Object.fromEntries(
    signalNames.map((name) => [
      signals[name].one,
      (record: Record<string, unknown>) =>
        record["name"] === "untouched" || record["message"] === "untouched" ? record : change({ ...record })
    ])
  )
})

const untouched = { spans: { name: "untouched" }, logs: { message: "untouched" } } as const

const required = (name: SignalName) =>
  Object.entries(signals[name].fields).flatMap(([field, { optional }]) => (optional ? [] : [field]))

describe("a processor", () => {
  it.scoped("leaves events that can be made JSON", () =>
    Effect.gen(function* () {
      const store = memory()
      const { emitter, flush } = yield* make(
        store,
        { name: "plain", span: (span) => ({ ...span, events: span.events.map((event) => ({ ...event })) }) as never },
        SensitiveDataFilter.make()
      )
      const events = ["hello", "Bearer abcdefghijklmnopqrstuvwxyz0123456789"].map((name) => ({
        name,
        time: 1n,
        attributes: { password: "secret" }
      }))
      emit(emitter, span({ events }))
      yield* flush
      const [stored] = store.spans
      assert.deepStrictEqual(JSON.parse(JSON.stringify(stored?.events)), stored?.toJSON().events)
      assert.notInclude(JSON.stringify(stored?.events), "secret")
    })
  )

  for (const name of signalNames) {
    it.scoped(`that leaves any field of ${name} in a wrong form costs that record, which is counted`, () =>
      Effect.gen(function* () {
        const changes = [
          ...Object.entries(signals[name].fields).map(([field, { kind }]) => ({
            [field]: kind === "object" ? 42 : { wrong: "value" }
          })),
          ...required(name).flatMap((field) => [{ [field]: undefined }, { [field]: null }])
        ]
        let next = 0
        const store = memory("store")
        const writer = yield* make(
          store,
          untyped((record) => ({ ...record, ...changes[next++] })),
          SensitiveDataFilter.make()
        )
        for (let sent = 0; sent < changes.length; sent++) {
          emit(writer.emitter, made[name]())
          if (sent % 20 === 0) yield* writer.flush
        }
        yield* writer.flush
        const { dropped, emitted } = (yield* writer.stats)[name]["store"] ?? {}
        assert.deepStrictEqual([emitted, dropped], [changes.length, { ProcessorError: changes.length }])
        // Room was given back: nothing counts for no number of bytes.
        for (let i = 0; i < 100; i++) emit(writer.emitter, span(untouched.spans))
        yield* writer.flush
        assert.lengthOf(store.spans, 100)
      })
    )
  }

  it.scoped("that sets a number where a text is to be loses one record of a batch", () =>
    Effect.gen(function* () {
      const store = memory("store")
      const faults = [
        { statusMessage: 42 },
        { traceState: 1 },
        { links: undefined },
        { name: undefined },
        { status: "running" }
      ]
      let next = 0
      const writer = yield* make(
        store,
        untyped((record) => ({ ...record, ...faults[next++] }))
      )
      for (let i = 0; i < faults.length; i++) {
        emit(writer.emitter, span())
        emit(writer.emitter, span(untouched.spans))
      }
      yield* writer.flush
      assert.lengthOf(store.spans, faults.length)
      assert.deepStrictEqual((yield* writer.stats).spans["store"]?.dropped, { ProcessorError: faults.length })
    })
  )

  const values: Record<string, readonly [unknown, unknown]> = {
    "a map": [new Map([["a", { b: 1 }]]), [["a", { b: 1 }]]],
    "a set": [new Set([1, "two"]), [1, "two"]],
    bytes: [new Uint8Array([1, 2, 3]), "AQID"],
    "an error": [
      Object.assign(new TypeError("no"), { stack: "at" }),
      { name: "TypeError", message: "no", stack: "at" }
    ],
    "a date": [new Date(0), "1970-01-01T00:00:00.000Z"],
    "a bigint": [2n ** 70n, String(2n ** 70n)],
    "no number": [Number.NaN, "NaN"],
    "a lone surrogate": ["\ud800", "\ufffd"],
    "a value that JSON leaves out": [
      [undefined, () => 1],
      [null, null]
    ]
  }
  for (const [what, [value, expected]] of Object.entries(values)) {
    it.scoped(`may leave ${what} where there is JSON`, () =>
      Effect.gen(function* () {
        const store = memory("store")
        const writer = yield* make(
          store,
          untyped((record) => ({
            ...record,
            attributes: { value, nested: { value: [value] }, kept: "as it is" },
            ...("data" in record && { data: [value] }),
            ...("events" in record && { events: [{ name: "e", time: 1n, attributes: { value } }] }),
            ...("tags" in record && { metadata: { value } })
          }))
        )
        for (const name of signalNames) emit(writer.emitter, made[name]())
        yield* writer.flush
        const attributes = { value: expected, nested: { value: [expected] }, kept: "as it is" }
        for (const { attributes: ofRecord } of [...store.spans, ...store.logs, ...store.metrics]) {
          assert.deepStrictEqual<unknown>(ofRecord, attributes)
        }
        assert.deepStrictEqual<unknown>(store.logs[0]?.data, [expected])
        assert.deepStrictEqual<unknown>(store.spans[0]?.events[0]?.attributes, { value: expected })
        for (const { metadata } of [...store.spans, ...store.logs, ...store.scores]) {
          assert.deepStrictEqual<unknown>(metadata, { value: expected })
        }
      })
    )
  }

  it.scoped("hides no secret from the filter in a map, a set, an error or a date", () =>
    Effect.gen(function* () {
      const store = memory("store")
      const secret = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD"
      const hiding = [
        new Map([["a", secret]]),
        new Set([secret]),
        new Error(secret),
        Object.assign(new Date(), { secret })
      ]
      const writer = yield* make(
        store,
        untyped((record) => ({ ...record, attributes: { hiding } })),
        SensitiveDataFilter.make()
      )
      emit(writer.emitter, span())
      yield* writer.flush
      assert.lengthOf(store.spans, 1)
      assert.notInclude(JSON.stringify(store.spans), secret)
    })
  )

  it.scoped("that leaves a cycle, a deep value or a getter that throws costs at most the record", () =>
    Effect.gen(function* () {
      const store = memory("store")
      const cycle: Record<string, unknown> = {}
      cycle["cycle"] = [cycle, cycle]
      let deep: unknown = 1
      for (let i = 0; i < 100_000; i++) deep = [deep]
      const throwing = {
        get value() {
          throw new Error("no")
        }
      }
      const left = [cycle, { deep }, throwing]
      let next = 0
      const writer = yield* make(
        store,
        untyped((record) => ({ ...record, attributes: left[next++] }))
      )
      for (let i = 0; i < left.length; i++) emit(writer.emitter, span())
      emit(writer.emitter, span(untouched.spans))
      yield* writer.flush
      const { dropped, exported = 0, queued } = (yield* writer.stats).spans["store"] ?? {}
      assert.strictEqual(exported + (dropped?.["ProcessorError"] ?? 0), left.length + 1)
      assert.deepStrictEqual([queued, store.spans.at(-1)?.name], [0, "untouched"])
      assert.isString(JSON.stringify(store.spans))
    })
  )
})
