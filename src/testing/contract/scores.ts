import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Score } from "../../signal/Score.js"
import type { ScoreFilters } from "../../storage/Storage.js"
import { at, log, type ScoreFields, score, span, traceId } from "../Records.js"
import { pages, refuses, type StorageLayer, store, testOn } from "./utils.js"

type Case = readonly [filters: ScoreFilters, found: ReadonlyArray<ScoreFields>, passedOver: ReadonlyArray<ScoreFields>]

const texts = ["threadId", "runId", "requestId", "resourceId", "userId", "organizationId", "conversationId"] as const

const cases: ReadonlyArray<Case> = [
  [{ sessionId: "s" }, [{ sessionId: "s" }], [{ sessionId: "S" }, {}]],
  ...texts.map((field): Case => [{ [field]: "a" }, [{ [field]: "a" }], [{ [field]: "A" }, { [field]: "" }, {}]]),
  [{ serviceName: "a" }, [{ serviceName: "a" }], [{}]],
  [{ environment: "a" }, [{ environment: "a" }], [{}]],
  [{ traceId: traceId(1) }, [{ traceId: traceId(1) }], [{ traceId: traceId(2) }, {}]],
  [{ name: "helpful" }, [{ name: "helpful" }], [{ name: "helpful?" }]],
  [{ label: "good" }, [{ label: "good" }], [{ label: "Good" }, {}]],
  [{ dataType: "text" }, [{ dataType: "text", comment: "x" }], [{}]],
  [{ source: "user" }, [{ source: "user" }], [{ source: "human" }, {}]],
  [{ minValue: 0.5 }, [{ value: 0.5 }, { value: 1e308 }], [{ value: 0.49999 }, { value: -1 }, { dataType: "text" }]],
  [{ maxValue: 0 }, [{ value: 0 }, { value: -0.5 }], [{ value: 5e-324 }, { dataType: "text" }]],
  [{ minValue: 0, maxValue: 1 }, [{ value: 0 }, { value: 1 }], [{ value: -1 }, { value: 2 }]],
  [{ tags: ["a", "b"] }, [{ tags: ["b", "a"] }], [{ tags: ["a"] }, {}]],
  [{ metadata: { a: 1 } }, [{ metadata: { a: 1, b: 2 } }], [{ metadata: { a: "1" } }, {}]],
  [
    { startedAfter: at(3), startedBefore: at(5) },
    [{ time: at(3) }, { time: at(5) - 1n }],
    [{ time: at(3) - 1n }, { time: at(5) }]
  ]
]

export const scoresContract = (layer: StorageLayer) =>
  describe("scores", () => {
    const test = testOn(layer)

    for (const [filters, found, passedOver] of cases) {
      const asked = JSON.stringify(filters, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value))
      test(`are asked for ${asked}`, (storage) =>
        Effect.gen(function* () {
          const expected = found.map((fields) => score(fields))
          yield* storage.insertScores([...expected, ...passedOver.map((fields) => score(fields))])
          assert.sameDeepMembers(Array.from((yield* storage.listScores({ filters })).items), expected)
        }))
    }

    test("come back as they were stored", (storage) =>
      Effect.gen(function* () {
        const scores = [
          score({
            time: at(2),
            name: "helpfulness",
            value: 0.75,
            label: "good",
            comment: "it\u0000'); DROP TABLE mastra_ai_scores; --",
            correction: "42",
            dataType: "numeric",
            source: "model",
            scorer: { name: "judge", version: "2", model: "gpt" },
            authorId: "author",
            traceId: traceId(1),
            spanId: "0000000000000001",
            sessionId: "s",
            threadId: "t",
            runId: "r",
            requestId: "q",
            resourceId: "e",
            userId: "u",
            organizationId: "o",
            conversationId: "c",
            environment: "production",
            tags: ["a", "b"],
            metadata: { a: { b: [1, null] } }
          }),
          score({ time: at(1), dataType: "text", comment: "", scorer: { name: "" } })
        ]
        yield* storage.insertScores(scores)
        const { items } = yield* storage.listScores()
        assert.deepStrictEqual(items, scores)
        assert.instanceOf(items[0], Score)
      }))

    test("replace one of the same id, at whatever time it was given", (storage) =>
      Effect.gen(function* () {
        for (const [time, value] of [
          [5, 1],
          [1, 2],
          [9, 3]
        ] as const) {
          yield* storage.insertScores([score({ scoreId: "one", time: at(time), value, sessionId: "s" })])
          for (const direction of ["asc", "desc"] as const) {
            const { items } = yield* storage.listScores({ orderBy: { field: "time", direction } })
            assert.deepStrictEqual(
              items.map((score) => [score.time, score.value]),
              [[at(time), value]]
            )
          }
          assert.lengthOf((yield* storage.sessionTimeline({ sessionId: "s" })).items, 1)
        }
        assert.deepStrictEqual((yield* storage.listScores({ filters: { startedBefore: at(6) } })).items, [])
        assert.deepStrictEqual((yield* storage.listScores({ filters: { maxValue: 2 } })).items, [])
        yield* storage.insertScores([score({ scoreId: "one", time: at(9), value: 3, sessionId: "t" })])
        assert.deepStrictEqual((yield* storage.sessionTimeline({ sessionId: "s" })).items, [])
      }))

    test("do not need their target, now or ever", (storage) =>
      Effect.gen(function* () {
        const stored = score({ sessionId: "s", traceId: traceId(1), spanId: "0000000000000001", time: at(3) })
        yield* storage.insertScores([stored])
        assert.deepStrictEqual((yield* storage.listScores({ filters: { sessionId: "s" } })).items, [stored])
        yield* storage.insertSpans([span({ sessionId: "s", traceId: traceId(1), startTime: at(1) })])
        assert.deepStrictEqual((yield* storage.sessionTimeline({ sessionId: "s" })).items.at(-1), stored)
      }))

    test("stand in the timeline of their session after spans and logs of the same time", (storage) =>
      Effect.gen(function* () {
        const items = [
          span({ sessionId: "s", startTime: at(1) }),
          log({ sessionId: "s", timestamp: at(1) }),
          score({ sessionId: "s", time: at(1), scoreId: "a" }),
          score({ sessionId: "s", time: at(1), scoreId: "b" }),
          log({ sessionId: "s", timestamp: at(2) })
        ]
        yield* store(storage, ...items, score({ sessionId: "t", time: at(1) }))
        const shown = yield* pages((pagination) => storage.sessionTimeline({ sessionId: "s", pagination }), 1)
        assert.deepStrictEqual(shown.flat(), items)
      }))

    test("come page by page, each once, however often they are stored", (storage) =>
      Effect.gen(function* () {
        const scores = Array.from({ length: 60 }, (_, n) => score({ time: at(n % 7) }))
        for (let again = 0; again < 3; again++) yield* storage.insertScores(scores)
        const shown = (yield* pages((pagination) => storage.listScores({ pagination }), 25)).flat()
        const sorted = scores.toSorted((a, b) => Number(b.time - a.time) || (a.scoreId > b.scoreId ? -1 : 1))
        assert.deepStrictEqual(shown, sorted)
      }))

    test("go with their session, with a session of their trace if they have none, and before a time", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertSpans([span({ sessionId: "s", traceId: traceId(1), startTime: at(9) })])
        yield* storage.insertScores([
          score({ name: "own", sessionId: "s", time: at(9) }),
          score({ name: "of its trace", traceId: traceId(1), time: at(9) }),
          score({ name: "of another in its trace", sessionId: "t", traceId: traceId(1), time: at(9) }),
          score({ name: "elsewhere", time: at(9) }),
          score({ name: "old", time: at(1) })
        ])
        assert.deepStrictEqual(yield* storage.deleteBefore(at(5)), { spans: 0, logs: 0, scores: 1 })
        assert.deepStrictEqual(yield* storage.deleteSession("s"), { spans: 1, logs: 0, scores: 2 })
        assert.sameMembers(
          (yield* storage.listScores()).items.map(({ name }) => name),
          ["of another in its trace", "elsewhere"]
        )
      }))

    test("tell the traces of a session that has nothing else", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertScores([score({ sessionId: "s", traceId: traceId(1) })])
        yield* storage.insertSpans([span({ traceId: traceId(1) }), span({ traceId: traceId(2) })])
        assert.deepStrictEqual(yield* storage.deleteSession("s"), { spans: 1, logs: 0, scores: 1 })
      }))

    test("refuse what they have no answer to, and name it", (storage) =>
      Effect.gen(function* () {
        yield* refuses(storage.listScores({ filters: { source: "machine" as never } }), "filters.source")
        yield* refuses(storage.listScores({ filters: { minValue: Number.NaN } }), "filters.minValue")
        yield* refuses(storage.listScores({ filters: { level: "info" } as never }), "filters.level")
      }))
  })
