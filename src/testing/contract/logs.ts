import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { LogFilters } from "../../storage/Storage.js"
import { at, type LogFields, log, traceId } from "../Records.js"
import { messages, type StorageLayer, testOn } from "./utils.js"

type Case = readonly [filters: LogFilters, found: ReadonlyArray<LogFields>, passedOver: ReadonlyArray<LogFields>]

const texts = [
  "threadId",
  "runId",
  "requestId",
  "resourceId",
  "userId",
  "organizationId",
  "conversationId",
  "serviceName",
  "environment"
] as const

const cases: ReadonlyArray<Case> = [
  [{ sessionId: "s" }, [{ sessionId: "s" }], [{ sessionId: "S" }, {}]],
  ...texts.map((field): Case => [{ [field]: "a" }, [{ [field]: "a" }], [{ [field]: "A" }, { [field]: "" }, {}]]),
  [{ traceId: traceId(1) }, [{ traceId: traceId(1) }], [{ traceId: traceId(2) }, {}]],
  [{ tags: ["a", "b"] }, [{ tags: ["b", "c", "a"] }], [{ tags: ["a"] }, {}]],
  [
    { metadata: { a: { x: 1, y: 2 }, b: "c" } },
    [{ metadata: { b: "c", a: { y: 2, x: 1 } } }],
    [{ metadata: { b: "c" } }, {}]
  ],
  [
    { startedAfter: at(3), startedBefore: at(5) },
    [{ timestamp: at(3) }, { timestamp: at(5) - 1n }],
    [{ timestamp: at(3) - 1n }, { timestamp: at(5) }]
  ],
  [{ level: "warn" }, [{ level: "warn" }], [{ level: "info" }, { level: "error" }]],
  [
    { minLevel: "warn" },
    [{ level: "warn" }, { level: "error" }, { level: "fatal" }],
    [{ level: "trace" }, { level: "debug" }, { level: "info" }]
  ],
  [{ minLevel: "trace" }, [{ level: "trace" }, { level: "fatal" }], []],
  [{ minLevel: "fatal" }, [{ level: "fatal" }], [{ level: "error" }]],
  [{ minLevel: "warn", level: "info" }, [], [{ level: "info" }, { level: "warn" }]],
  [
    { sessionId: "s", minLevel: "warn", search: "x", tags: ["t"] },
    [{ sessionId: "s", level: "error", message: "a X b", tags: ["t"] }],
    [
      { sessionId: "r", level: "error", message: "x", tags: ["t"] },
      { sessionId: "s", level: "info", message: "x", tags: ["t"] },
      { sessionId: "s", level: "error", message: "y", tags: ["t"] },
      { sessionId: "s", level: "error", message: "x" }
    ]
  ]
]

export const logsContract = (layer: StorageLayer) =>
  describe("listLogs", () => {
    const test = testOn(layer)

    for (const [filters, found, passedOver] of cases) {
      const asked = JSON.stringify(filters, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value))
      test(`asks the log itself for ${asked}`, (storage) =>
        Effect.gen(function* () {
          const expected = found.map((fields) => log(fields))
          yield* storage.insertLogs([...expected, ...passedOver.map((fields) => log(fields))])
          const { items } = yield* storage.listLogs({ filters })
          assert.sameDeepMembers(Array.from(items), expected)
        }))
    }

    test("sorts by time, newest first, and by id where times are the same", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertLogs([
          log({ message: "b", logId: "b", timestamp: at(1) }),
          log({ message: "c", logId: "c", timestamp: at(0) }),
          log({ message: "a", logId: "a", timestamp: at(1) })
        ])
        assert.deepStrictEqual(messages(yield* storage.listLogs()), ["b", "a", "c"])
        const ascending = yield* storage.listLogs({ orderBy: { field: "time", direction: "asc" } })
        assert.deepStrictEqual(messages(ascending), ["c", "a", "b"])
      }))
  })
