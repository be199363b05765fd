import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { SessionSummary } from "../../signal/SessionSummary.js"
import type { SpanRecord } from "../../signal/SpanRecord.js"
import type { PaginatedResult, SessionFilters } from "../../storage/Storage.js"
import { at, type LogFields, log, type SpanFields, score, span, spanId, traceId } from "../Records.js"
import { label, pages, type StorageLayer, store, testOn } from "./utils.js"

const ofSomeRow: ReadonlyArray<readonly [SessionFilters, Omit<SpanFields, "startTime" | "status">]> = [
  ...(
    [
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
  ).map((field) => [{ [field]: "a" }, { [field]: "a" }] as const),
  [{ traceId: traceId(99) }, { traceId: traceId(99) }],
  [{ tags: ["a", "b"] }, { tags: ["b", "a"] }],
  [{ metadata: { a: { b: 1 } } }, { metadata: { a: { b: 1 } } }]
]

const ofSomeSpan: ReadonlyArray<readonly [SessionFilters, SpanFields]> = [
  [{ spanType: "tool_call" }, { spanType: "tool_call" }],
  [{ name: "a" }, { name: "a" }],
  [{ status: "interrupted" }, { status: "interrupted" }],
  [{ model: "a" }, { model: "a" }],
  [{ model: "a" }, { model: "a-2024", requestModel: "a" }],
  [{ errorType: "a" }, { errorType: "a" }],
  [{ hasError: true }, { status: "error" }]
]

const ids = ({ items }: PaginatedResult<SessionSummary>) => items.map((session) => session.sessionId as string)

export const sessionsContract = (layer: StorageLayer): void => {
  const test = testOn(layer)

  describe("getSession", () => {
    test("counts and sums what a session is made of", (storage) =>
      Effect.gen(function* () {
        const inSession = { sessionId: "s" }
        const call = { ...inSession, spanType: "model_generation" } as const
        yield* store(
          storage,
          span({
            ...inSession,
            traceId: traceId(1),
            startTime: at(10),
            endTime: at(50),
            spanType: "agent_run",
            inputTokens: 1_000,
            outputTokens: 1_000,
            costUsd: 1_000,
            userId: "mia"
          }),
          span({
            ...call,
            traceId: traceId(1),
            startTime: at(20),
            endTime: at(30),
            inputTokens: 10,
            outputTokens: 1,
            costUsd: 0.25
          }),
          span({
            ...call,
            traceId: traceId(2),
            startTime: at(60),
            endTime: at(70),
            inputTokens: 5,
            costUsd: 0.5,
            userId: "ada",
            status: "error"
          }),
          span({ ...inSession, traceId: traceId(3), startTime: at(61), status: "running", userId: "mia" }),
          span({ ...inSession, traceId: traceId(3), startTime: at(62), endTime: at(63), status: "interrupted" }),
          span({ sessionId: "other", ...{ startTime: at(0), endTime: at(999), userId: "eve", status: "error" } }),
          span({ startTime: at(0), endTime: at(999), userId: "eve" }),
          log({ ...inSession, timestamp: at(5), userId: "bob" }),
          log({ ...inSession, timestamp: at(80), traceId: traceId(4) }),
          log({ timestamp: at(1) })
        )
        assert.deepStrictEqual(
          yield* storage.getSession("s"),
          Option.some(
            new SessionSummary(
              {
                sessionId: "s" as SessionSummary["sessionId"],
                firstActivity: at(5),
                lastActivity: at(80),
                traces: 3,
                spans: 5,
                turns: 5,
                errors: 1,
                logs: 2,
                inputTokens: 15,
                outputTokens: 1,
                costUsd: 0.75,
                users: ["ada", "bob", "mia"]
              },
              true
            )
          )
        )
      }))

    test("sums what a program says to cost, whatever the span, and no cost that an agent repeats", (storage) =>
      Effect.gen(function* () {
        const inSession = { sessionId: "s", traceId: traceId(1), inputTokens: 1 } as const
        const replayed = { attributes: { "effect_observability.replay": true } }
        yield* store(
          storage,
          span({ ...inSession, spanType: "agent_run", costUsd: 64, costSource: "provider" }),
          span({ ...inSession, spanType: "agent_run", costUsd: 64, costSource: "table" }),
          span({ ...inSession, spanType: "generic", costUsd: 64 }),
          span({ ...inSession, spanType: "tool_call", costUsd: 64 }),
          span({ ...inSession, spanType: "tool_call", costUsd: 0.5, costSource: "custom" }),
          span({ ...inSession, spanType: "tool_call", costUsd: 64, costSource: "custom", ...replayed }),
          span({ ...inSession, spanType: "generic", costUsd: 1, costSource: "custom" }),
          span({ ...inSession, spanType: "model_generation", costUsd: 2, costSource: "custom" }),
          span({ ...inSession, spanType: "model_generation", costUsd: 4, costSource: "table" }),
          span({ ...inSession, spanType: "model_generation", costUsd: 8, costSource: "provider" }),
          span({ ...inSession, spanType: "model_generation", costUsd: 16 }),
          span({ ...inSession, spanType: "model_generation" })
        )
        const session = Option.getOrThrow(yield* storage.getSession("s"))
        assert.deepStrictEqual([session.costUsd, session.inputTokens], [31.5, 5])
        const { items } = yield* storage.listSessions()
        assert.deepStrictEqual(items, [session])
      }))

    /** A span of trace 1 that failed, unless `fields` say something else. */
    const failed = (n: number, parent: number | undefined, fields: SpanFields = {}) =>
      span({
        traceId: traceId(1),
        spanId: spanId(n),
        ...(parent === undefined ? {} : { parentSpanId: spanId(parent) }),
        startTime: at(n),
        sessionId: "s",
        status: "error",
        statusMessage: "no seats",
        errorType: "NoSeats",
        ...fields
      })

    const noType = { errorType: undefined }
    const failures: ReadonlyArray<readonly [string, ReadonlyArray<SpanRecord>, number]> = [
      ["one failure below four spans once", [1, 2, 3, 4, 5].map((n) => failed(n, n === 1 ? undefined : n - 1)), 1],
      [
        "one that was caught, and another that followed",
        [failed(1, undefined, { statusMessage: "other" }), failed(2, 1)],
        2
      ],
      ["one of another type with the same message", [failed(1, undefined, { errorType: "Other" }), failed(2, 1)], 2],
      ["two children that fail alike", [failed(1, undefined), failed(2, 1), failed(3, 1)], 2],
      [
        "siblings of which one failed otherwise",
        [failed(1, undefined), failed(2, 1), failed(3, 1, { errorType: "Other" })],
        2
      ],
      ["what passes a span that did well", [failed(1, undefined), failed(2, 1, { status: "ok" }), failed(3, 2)], 2],
      ["one that a child has no message for", [failed(1, undefined), failed(2, 1, { statusMessage: undefined })], 1],
      [
        "one that only a child has a message for",
        [failed(1, undefined, { statusMessage: undefined }), failed(2, 1)],
        2
      ],
      [
        "those without message and type",
        [1, 2].map((n) => failed(n, n - 1 || undefined, { statusMessage: undefined, errorType: undefined })),
        1
      ],
      ["those whose child is in another trace", [failed(1, undefined), failed(2, 1, { traceId: traceId(2) })], 2],
      ["those whose child is in no session", [failed(1, undefined), failed(2, 1, { sessionId: undefined })], 1],
      ["those whose child is in another session", [failed(1, undefined), failed(2, 1, { sessionId: "t" })], 1],
      [
        "those whose child was replayed",
        [failed(1, undefined), failed(2, 1, { attributes: { "effect_observability.replay": true } })],
        1
      ],
      [
        "one below a parent that was replayed",
        [failed(1, undefined, { attributes: { "effect_observability.replay": true } }), failed(2, 1)],
        1
      ],
      ["those whose child was interrupted", [failed(1, undefined), failed(2, 1, { status: "interrupted" })], 1],
      ["those of no type with the same message", [1, 2].map((n) => failed(n, n - 1 || undefined, noType)), 1],
      ["one of a type, and one of none", [failed(1, undefined), failed(2, 1, noType)], 2],
      ["one of an empty message, which is one", [failed(1, undefined), failed(2, 1, { statusMessage: "" })], 2],
      ["one of a remote child once", [failed(1, undefined), failed(2, 1, { parentIsRemote: true })], 1],
      ["one whose parent is not stored", [failed(2, 9), failed(3, 2)], 1],
      ["none in a circle, in which none began", [failed(1, 2), failed(2, 1), failed(3, undefined)], 1],
      ["one that is its own parent", [failed(1, 1)], 1]
    ]
    for (const [which, spans, errors] of failures) {
      test(`counts ${which}`, (storage) =>
        Effect.gen(function* () {
          // Parents may come before their children, or after them.
          yield* Effect.forEach([...spans].reverse(), (span) => storage.insertSpans([span]))
          assert.strictEqual(Option.getOrThrow(yield* storage.getSession("s")).errors, errors)
          yield* storage.insertSpans(spans)
          assert.strictEqual(Option.getOrThrow(yield* storage.getSession("s")).errors, errors)
          const { items } = yield* storage.listSessions({ filters: { hasError: true, sessionId: "s" } })
          assert.deepStrictEqual(
            items.map((_) => _.errors),
            [errors]
          )
        }))
    }

    test("counts an error where its span failed when it was completed", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertSpans([failed(1, undefined, { status: "running", endTime: undefined }), failed(2, 1)])
        const errors = Effect.map(storage.getSession("s"), (session) => Option.getOrThrow(session).errors)
        assert.strictEqual(yield* errors, 1)
        yield* storage.insertSpans([failed(1, undefined, { statusMessage: "other" })])
        assert.strictEqual(yield* errors, 2)
        yield* storage.insertSpans([failed(1, undefined)])
        assert.strictEqual(yield* errors, 1)
      }))

    test("counts turns, errors and tokens among hundreds of spans as among few", (storage) =>
      Effect.gen(function* () {
        const failed = { status: "error", errorType: "e", statusMessage: "m" } as const
        const tokens = { spanType: "model_generation", inputTokens: 2, costUsd: 0.5 } as const
        // Trees of three: a span whose parent is not stored, and two children that failed, one of them alike.
        const trees = Array.from({ length: 100 }, (_, n) => {
          const fields = { sessionId: "s", traceId: traceId(n), startTime: at(n), endTime: at(n + 1) }
          return [
            span({ ...fields, ...failed, spanId: spanId(1), parentSpanId: spanId(9) }),
            span({ ...fields, ...failed, spanId: spanId(2), parentSpanId: spanId(1), userId: `${n % 3}` }),
            span({ ...fields, ...failed, ...tokens, errorType: "f", spanId: spanId(3), parentSpanId: spanId(1) })
          ]
        }).flat()
        yield* store(storage, ...trees, log({ sessionId: "s", timestamp: at(200), userId: "9" }))
        const expected = new SessionSummary({
          sessionId: trees[0]?.sessionId as SessionSummary["sessionId"],
          firstActivity: at(0),
          lastActivity: at(200),
          traces: 100,
          spans: 300,
          turns: 100,
          errors: 200,
          logs: 1,
          inputTokens: 200,
          outputTokens: 0,
          costUsd: 50,
          users: ["0", "1", "2", "9"]
        })
        assert.deepStrictEqual(yield* storage.getSession("s"), Option.some(expected))
        assert.deepStrictEqual((yield* storage.listSessions()).items, [expected])
      }))

    /** The summary of session `s`, as `getSession` and as `listSessions` give it. */
    const summaryOf = (storage: Parameters<Parameters<typeof test>[1]>[0]) =>
      Effect.gen(function* () {
        const session = Option.getOrThrow(yield* storage.getSession("s"))
        const { items } = yield* storage.listSessions()
        assert.deepStrictEqual(
          items.find(({ sessionId }) => sessionId === "s"),
          session
        )
        return session
      })

    test("adds up decimals such that their order does not matter", (storage) =>
      Effect.gen(function* () {
        const costs = [0.1, 0.2, 0.3, 0.7, 1e-9, 123_456.789, -0.1, 1e-10]
        const call = { sessionId: "s", spanType: "model_generation" } as const
        yield* storage.insertSpans(costs.map((costUsd) => span({ ...call, costUsd })))
        assert.strictEqual((yield* summaryOf(storage)).costUsd, 123_457.989_000_001)
        yield* storage.insertSpans([span({ ...call, costUsd: 9_000_001 }), span({ ...call, costUsd: 0.5 })])
        assert.strictEqual((yield* summaryOf(storage)).costUsd, 123_458.489_000_001 + 9_000_001)
      }))

    test("names the models and the agents of its spans once, in their order", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertSpans([
          span({ sessionId: "s", model: "b", agentName: "é" }),
          span({ sessionId: "s", model: "a", requestModel: "c", agentName: "\u{1f600}", spanType: "agent_run" }),
          span({ sessionId: "s", model: "b", agentName: "\uffee" }),
          span({ sessionId: "t", model: "d", agentName: "f" }),
          span({ model: "e" })
        ])
        const { agents, models } = yield* summaryOf(storage)
        assert.deepStrictEqual(
          [models, agents],
          [
            ["a", "b"],
            ["é", "\uffee", "\u{1f600}"]
          ]
        )
      }))

    test("names the first hundred of them", (storage) =>
      Effect.gen(function* () {
        const names = Array.from({ length: 120 }, (_, n) => `name ${1_000 + n}`)
        yield* storage.insertSpans(
          names.toReversed().map((name) => span({ sessionId: "s", model: name, agentName: name }))
        )
        yield* storage.insertScores(names.map((name) => score({ sessionId: "s", name, value: 1 })))
        const { agents, models, scores } = yield* summaryOf(storage)
        assert.deepStrictEqual([models, agents], [names.slice(0, 100), names.slice(0, 100)])
        assert.deepStrictEqual(Object.keys(scores), names.slice(0, 100))
      }))

    test("tells the mean of the scores that have numbers, by name", (storage) =>
      Effect.gen(function* () {
        const of = { sessionId: "s", dataType: "numeric" } as const
        yield* store(
          storage,
          span({ sessionId: "s", traceId: traceId(1) }),
          score({ ...of, scoreId: "1", name: "helpful", value: 0.1 }),
          score({ ...of, scoreId: "2", name: "helpful", value: 0.2, traceId: traceId(1) }),
          score({ ...of, scoreId: "3", name: "helpful", value: 0.4, traceId: traceId(1), spanId: spanId(1) }),
          score({ ...of, scoreId: "4", name: "thumbs", value: 1, dataType: "boolean" }),
          score({ ...of, scoreId: "5", name: "thumbs", value: 0, dataType: "boolean" }),
          score({ ...of, scoreId: "6", name: "thumbs", value: 7, dataType: "categorical", label: "seven" }),
          score({ ...of, scoreId: "7", name: "words", dataType: "text", comment: "fine" }),
          score({ ...of, scoreId: "8", name: "none" }),
          score({ ...of, scoreId: "9", name: "__proto__", value: 3 }),
          score({ ...of, scoreId: "10", name: "helpful", value: 9, sessionId: "t" }),
          score({ name: "helpful", value: 9, traceId: traceId(1) })
        )
        const scores = Object.entries((yield* summaryOf(storage)).scores)
        assert.deepStrictEqual(scores, [
          ["__proto__", { mean: 3, count: 1 }],
          ["helpful", { mean: 0.7 / 3, count: 3 }],
          ["thumbs", { mean: 0.5, count: 2 }]
        ])
        yield* storage.insertScores([score({ ...of, scoreId: "4", name: "thumbs", value: 0, dataType: "boolean" })])
        assert.deepStrictEqual((yield* summaryOf(storage)).scores["thumbs"], { mean: 0, count: 2 })
        yield* storage.insertScores([score({ ...of, scoreId: "9", name: "thumbs", value: 3, sessionId: "t" })])
        assert.deepStrictEqual(Object.keys((yield* summaryOf(storage)).scores), ["helpful", "thumbs"])
      }))

    const input = (...texts: ReadonlyArray<string>) => ({
      "gen_ai.input.messages": texts.map((content) => ({ role: "user", parts: [{ type: "text", content }] }))
    })
    const output = (...texts: ReadonlyArray<string>) => ({
      "gen_ai.output.messages": texts.map((content) => ({ role: "assistant", parts: [{ type: "text", content }] }))
    })
    const turnOf = (n: number, millis: number, fields: SpanFields) =>
      span({ sessionId: "s", traceId: traceId(n), startTime: at(millis), endTime: at(millis + 9), ...fields })
    const called = (n: number, millis: number, id: number, fields: SpanFields) =>
      turnOf(n, millis, { spanId: spanId(id), parentSpanId: spanId(1), spanType: "model_generation", ...fields })

    const conversations: ReadonlyArray<
      readonly [string, ReadonlyArray<SpanRecord>, string | undefined, string | undefined]
    > = [
      [
        "the turns themselves",
        [
          turnOf(2, 0, { attributes: { ...input("one", "more"), ...output("two") } }),
          turnOf(1, 5, { attributes: { ...input("three"), ...output("four", "five") } })
        ],
        "one",
        "five"
      ],
      [
        "the calls of models below turns that say nothing",
        [
          turnOf(1, 0, { spanId: spanId(1) }),
          called(1, 1, 2, { attributes: { ...input("one"), ...output("two") } }),
          called(1, 2, 3, { attributes: { ...input("one", "x"), ...output("three") } }),
          turnOf(2, 10, { spanId: spanId(1) }),
          called(2, 11, 2, { attributes: { ...input("y"), ...output("four") } }),
          called(2, 12, 3, { attributes: { ...input("y", "z"), ...output("five") } })
        ],
        "one",
        "five"
      ],
      [
        "agents below a request, and the model where the agent has not answered",
        [
          turnOf(1, 0, { spanId: spanId(1), kind: "server" }),
          called(1, 1, 2, { spanType: "agent_run", attributes: input("one") }),
          called(1, 2, 3, { parentSpanId: spanId(2), attributes: { ...input("no"), ...output("two") } })
        ],
        "one",
        "two"
      ],
      [
        "turns whose parent is of another session",
        [
          turnOf(1, 0, { spanId: spanId(1), sessionId: "t", attributes: { ...input("no"), ...output("no") } }),
          called(1, 1, 2, { attributes: { ...input("one"), ...output("two") } })
        ],
        "one",
        "two"
      ],
      [
        "the last turn alone, also where it has not answered",
        [
          turnOf(1, 0, { spanId: spanId(1), attributes: { ...input("one"), ...output("two") } }),
          turnOf(2, 10, { spanId: spanId(1), attributes: input("three") }),
          called(2, 11, 2, { attributes: { ...input("three"), "gen_ai.output.messages": [{ role: "assistant" }] } })
        ],
        "one",
        undefined
      ],
      ["nothing that is not recorded", [turnOf(1, 0, {})], undefined, undefined],
      [
        "of turns at the same time the one with the lesser id",
        [turnOf(2, 0, { attributes: input("two") }), turnOf(1, 0, { attributes: input("one") })],
        "one",
        undefined
      ]
    ]
    for (const [which, spans, firstInput, lastOutput] of conversations) {
      test(`tells what was said first and last by ${which}`, (storage) =>
        Effect.gen(function* () {
          yield* storage.insertSpans([...spans].reverse())
          const session = yield* summaryOf(storage)
          assert.deepStrictEqual([session.firstInput, session.lastOutput], [firstInput, lastOutput])
        }))
    }

    const forms: ReadonlyArray<readonly [string, SpanRecord["attributes"], string | undefined, string | undefined]> = [
      [
        "text alone, of messages with parts of all kinds",
        {
          "gen_ai.input.messages": [
            { role: "system", parts: [{ type: "text", content: "no" }] },
            { role: "user", parts: [{ type: "blob", content: "no" }] },
            {
              role: "user",
              parts: [
                { type: "text", content: "one" },
                { type: "file", content: "no" },
                { type: "text", text: "two" }
              ]
            }
          ],
          "gen_ai.output.messages": [
            { role: "assistant", parts: [{ type: "text", content: "three" }], finish_reason: "stop" },
            {
              role: "assistant",
              parts: [
                { type: "reasoning", content: "no" },
                { type: "tool_call", name: "no", arguments: {} }
              ]
            },
            { role: "tool", parts: [{ type: "tool_call_response", response: "no" }] }
          ]
        },
        "one\ntwo",
        "three"
      ],
      [
        "messages as JSON in a text",
        {
          "gen_ai.input.messages": JSON.stringify([{ role: "user", content: "one" }]),
          "gen_ai.output.messages": JSON.stringify([{ role: "assistant", content: [{ type: "text", text: "two" }] }])
        },
        "one",
        "two"
      ],
      ["plain texts of OpenInference", { "input.value": "one", "output.value": "two" }, "one", "two"],
      [
        "the request and the response of a provider",
        {
          "input.value": JSON.stringify({ model: "no", messages: [{ role: "user", content: "one" }] }),
          "output.value": { choices: [{ index: 0, message: { role: "assistant", content: "two" } }] }
        },
        "one",
        "two"
      ],
      [
        "what the AI SDK says",
        { "ai.prompt.messages": JSON.stringify([{ role: "user", content: "one" }]), "ai.response.text": "two" },
        "one",
        "two"
      ],
      [
        "none of what is no message",
        { "gen_ai.input.messages": 1, "output.value": { a: [null] } },
        undefined,
        undefined
      ],
      [
        "no more than 300 characters, and none in parts",
        { "input.value": `${"x".repeat(299)}\u{1f600}`, "output.value": `x${"\u{1f600}".repeat(200)}` },
        "x".repeat(299),
        `x${"\u{1f600}".repeat(149)}`
      ],
      [
        "texts whatever is in them",
        { "input.value": "a\u0000b\u001d'\"\\", "output.value": "[1" },
        "a\u0000b\u001d'\"\\",
        "[1"
      ]
    ]
    for (const [which, attributes, firstInput, lastOutput] of forms) {
      test(`tells of what was said ${which}`, (storage) =>
        Effect.gen(function* () {
          yield* storage.insertSpans([span({ sessionId: "s", spanType: "agent_run", attributes })])
          const session = yield* summaryOf(storage)
          assert.deepStrictEqual([session.firstInput, session.lastOutput], [firstInput, lastOutput])
          assert.deepStrictEqual(Schema.decodeSync(SessionSummary)(session.toJSON()), session)
        }))
    }

    test("tells anew what was said when a turn is completed", (storage) =>
      Effect.gen(function* () {
        const turn = { sessionId: "s", traceId: traceId(1), spanId: spanId(1), startTime: at(0), model: "m" }
        yield* storage.insertSpans([span({ ...turn, status: "running", attributes: input("one") })])
        const running = yield* summaryOf(storage)
        assert.deepStrictEqual([running.firstInput, running.lastOutput], ["one", undefined])
        yield* storage.insertSpans([
          span({ ...turn, endTime: at(9), attributes: { ...input("one"), ...output("two") } })
        ])
        const completed = yield* summaryOf(storage)
        assert.deepStrictEqual([completed.firstInput, completed.lastOutput], ["one", "two"])
        assert.deepStrictEqual(completed.models, ["m"])
        assert.deepStrictEqual(Object.keys(running).includes("lastOutput"), false)
      }))

    test("is none for a session of which nothing is stored", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertSpans([span({ sessionId: "s" })])
        assert.deepStrictEqual(yield* storage.getSession("S"), Option.none())
      }))

    test("is made of logs alone, too", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertLogs([log({ sessionId: "s", timestamp: at(3), traceId: traceId(1) })])
        const session = Option.getOrThrow(yield* storage.getSession("s"))
        assert.instanceOf(session, SessionSummary)
        assert.deepStrictEqual([session.firstActivity, session.lastActivity], [at(3), at(3)])
        assert.deepStrictEqual([session.traces, session.spans, session.logs, session.costUsd], [0, 0, 1, 0])
      }))

    test("leaves replayed activities out of errors, tokens and cost", (storage) =>
      Effect.gen(function* () {
        const call = { sessionId: "s", traceId: traceId(1), spanType: "model_generation", costUsd: 1 } as const
        const usage = { inputTokens: 1, outputTokens: 1, status: "error" } as const
        yield* storage.insertSpans([
          span({ ...call, ...usage }),
          span({ ...call, ...usage, attributes: { "effect_observability.replay": true } }),
          span({ ...call, ...usage, attributes: { "effect_observability.replay": false } }),
          span({ ...call, ...usage, attributes: { "effect_observability.replay": "true" } }),
          span({ ...call, ...usage, attributes: { nested: { "effect_observability.replay": true } } })
        ])
        const session = Option.getOrThrow(yield* storage.getSession("s"))
        assert.deepStrictEqual([session.spans, session.traces, session.errors], [5, 1, 4])
        assert.deepStrictEqual([session.inputTokens, session.outputTokens, session.costUsd], [4, 4, 4])
      }))

    test("sums up a cost beyond all numbers as the largest of them", (storage) =>
      Effect.gen(function* () {
        for (const [sessionId, costUsd] of [
          ["most", Number.MAX_VALUE],
          ["least", -Number.MAX_VALUE]
        ] as const) {
          const call = { sessionId, costUsd, spanType: "model_generation" } as const
          yield* storage.insertSpans([span(call), span(call)])
          const session = Option.getOrThrow(yield* storage.getSession(sessionId))
          assert.strictEqual(session.costUsd, costUsd)
        }
      }))

    test("counts a span once when it was stored running and then completed", (storage) =>
      Effect.gen(function* () {
        const key = { traceId: traceId(1), spanId: spanId(1), startTime: at(0), sessionId: "s" }
        yield* storage.insertSpans([span({ ...key, status: "running" })])
        yield* storage.insertSpans([span({ ...key, endTime: at(9), spanType: "model_generation", inputTokens: 7 })])
        const session = Option.getOrThrow(yield* storage.getSession("s"))
        assert.deepStrictEqual([session.spans, session.inputTokens, session.lastActivity], [1, 7, at(9)])
      }))

    test("lasts from the earliest to the latest time there is", (storage) =>
      Effect.gen(function* () {
        const ends = [-(2n ** 63n), 2n ** 63n - 1n] as const
        yield* storage.insertLogs(ends.map((timestamp) => log({ sessionId: "s", timestamp })))
        const session = Option.getOrThrow(yield* storage.getSession("s"))
        assert.deepStrictEqual([session.firstActivity, session.lastActivity], [...ends])
      }))
  })

  describe("listSessions", () => {
    const three = [
      span({ sessionId: "b", startTime: at(10), endTime: at(20) }),
      span({ sessionId: "a", startTime: at(0), endTime: at(15) }),
      log({ sessionId: "c", timestamp: at(17) }),
      log({ sessionId: "c", timestamp: at(16) })
    ]

    test("shows what getSession gives", (storage) =>
      Effect.gen(function* () {
        yield* store(storage, ...three, span({ sessionId: "b", userId: "u" }), span(), log())
        const { items } = yield* storage.listSessions()
        assert.lengthOf(items, 3)
        for (const item of items) {
          assert.deepStrictEqual(yield* storage.getSession(item.sessionId), Option.some(item))
        }
      }))

    const orders: ReadonlyArray<readonly ["time" | "duration", "asc" | "desc", Array<string>]> = [
      ["time", "desc", ["b", "c", "a"]],
      ["time", "asc", ["a", "c", "b"]],
      ["duration", "desc", ["a", "b", "c"]],
      ["duration", "asc", ["c", "b", "a"]]
    ]
    for (const [field, direction, expected] of orders) {
      test(`sorts by ${field}, ${direction}`, (storage) =>
        Effect.gen(function* () {
          yield* store(storage, ...three)
          assert.deepStrictEqual(ids(yield* storage.listSessions({ orderBy: { field, direction } })), expected)
        }))
    }

    test("shows the last active first when nothing is asked", (storage) =>
      Effect.gen(function* () {
        yield* store(storage, ...three)
        assert.deepStrictEqual(ids(yield* storage.listSessions()), ["b", "c", "a"])
        yield* storage.insertLogs([log({ sessionId: "a", timestamp: at(99) })])
        assert.deepStrictEqual(ids(yield* storage.listSessions()), ["a", "b", "c"])
      }))

    for (const [filters, fields] of ofSomeRow) {
      test(`asks some span or log for ${Object.keys(filters)}`, (storage) =>
        Effect.gen(function* () {
          yield* store(
            storage,
            ...["by-span", "by-log", "not"].flatMap((sessionId) => [span({ sessionId }), log({ sessionId })]),
            span({ ...fields, sessionId: "by-span" }),
            log({ ...(fields as LogFields), sessionId: "by-log" })
          )
          assert.sameMembers(ids(yield* storage.listSessions({ filters })), ["by-span", "by-log"])
        }))
    }

    for (const [filters, fields] of ofSomeSpan) {
      test(`asks some span for ${Object.keys(filters)}`, (storage) =>
        Effect.gen(function* () {
          yield* store(
            storage,
            ...["found", "not"].flatMap((sessionId) => [span({ sessionId }), log({ sessionId })]),
            log({ sessionId: "logs-only" }),
            span({ ...fields, sessionId: "found" })
          )
          assert.deepStrictEqual(ids(yield* storage.listSessions({ filters })), ["found"])
        }))
    }

    test("finds sessions without an error, those of which only a replay failed included", (storage) =>
      Effect.gen(function* () {
        yield* store(
          storage,
          span({ sessionId: "failed", status: "error" }),
          span({ sessionId: "failed" }),
          span({ sessionId: "fine" }),
          span({ sessionId: "replayed", status: "error", attributes: { "effect_observability.replay": true } }),
          log({ sessionId: "silent", level: "error" })
        )
        const fine = ids(yield* storage.listSessions({ filters: { hasError: false } }))
        assert.sameMembers(fine, ["fine", "replayed", "silent"])
        assert.deepStrictEqual(ids(yield* storage.listSessions({ filters: { hasError: true } })), ["failed"])
      }))

    test("finds one session by its id", (storage) =>
      Effect.gen(function* () {
        yield* store(storage, ...three)
        assert.deepStrictEqual(ids(yield* storage.listSessions({ filters: { sessionId: "c" } })), ["c"])
        assert.deepStrictEqual(ids(yield* storage.listSessions({ filters: { sessionId: "d" } })), [])
      }))

    test("lets different rows of a session satisfy different filters", (storage) =>
      Effect.gen(function* () {
        yield* store(
          storage,
          span({ sessionId: "s", userId: "ada" }),
          span({ sessionId: "s", model: "m", startTime: at(0), endTime: at(1) }),
          log({ sessionId: "s", threadId: "t", timestamp: at(9_000) }),
          span({ sessionId: "r", userId: "ada", threadId: "t" })
        )
        const filters = { userId: "ada", threadId: "t", model: "m", minDuration: "9 seconds" } as const
        assert.deepStrictEqual(ids(yield* storage.listSessions({ filters })), ["s"])
      }))

    test("sums over the whole session, not over the rows that match", (storage) =>
      Effect.gen(function* () {
        yield* store(
          storage,
          span({ sessionId: "s", name: "a", startTime: at(0) }),
          span({ sessionId: "s", name: "b", startTime: at(9) }),
          log({ sessionId: "s", timestamp: at(5) })
        )
        const { items } = yield* storage.listSessions({ filters: { name: "a", startedBefore: at(1) } })
        assert.deepStrictEqual(
          items.map((session) => [session.spans, session.logs]),
          [[2, 1]]
        )
      }))

    test("finds the sessions that overlap a range of time", (storage) =>
      Effect.gen(function* () {
        const session = (sessionId: string, from: number, to: number) =>
          span({ sessionId, startTime: at(from), endTime: at(to) })
        yield* store(
          storage,
          session("before", 0, 9),
          session("ends at the start", 0, 10),
          session("inside", 12, 13),
          session("around", 0, 99),
          session("starts before the end", 19.999999, 99),
          session("starts at the end", 20, 99),
          log({ sessionId: "logs before and after", timestamp: at(1) }),
          log({ sessionId: "logs before and after", timestamp: at(50) })
        )
        const overlap = { startedAfter: at(10), startedBefore: at(20) }
        assert.sameMembers(ids(yield* storage.listSessions({ filters: overlap })), [
          "ends at the start",
          "inside",
          "around",
          "starts before the end",
          "logs before and after"
        ])
        assert.notInclude(ids(yield* storage.listSessions({ filters: { startedAfter: at(10) } })), "before")
        assert.include(ids(yield* storage.listSessions({ filters: { startedBefore: at(10) } })), "before")
      }))

    test("asks the time from first to last activity for minDuration", (storage) =>
      Effect.gen(function* () {
        yield* store(storage, ...three, log({ sessionId: "e", timestamp: -(2n ** 63n) }), log({ sessionId: "e" }))
        const atLeast = (minDuration: number) => Effect.map(storage.listSessions({ filters: { minDuration } }), ids)
        assert.deepStrictEqual(yield* atLeast(0), ["e", "b", "c", "a"])
        assert.deepStrictEqual(yield* atLeast(10), ["e", "b", "a"])
        assert.deepStrictEqual(yield* atLeast(15.000001), ["e"])
      }))
  })

  describe("sessionTimeline", () => {
    test("shows the turns and the logs of a session in the order of time", (storage) =>
      Effect.gen(function* () {
        const s = { sessionId: "s" }
        const ofTurn = { traceId: traceId(1), spanId: spanId(1) }
        yield* store(
          storage,
          log({ ...s, message: "log 3", timestamp: at(3) }),
          span({ ...s, name: "turn 4", startTime: at(4), status: "running" }),
          span({ ...s, name: "remote 2", startTime: at(2), parentSpanId: spanId(1), parentIsRemote: true }),
          span({ ...s, ...ofTurn, name: "turn 1", startTime: at(1), endTime: at(9) }),
          span({ ...s, ...ofTurn, name: "child", startTime: at(2), spanId: spanId(2), parentSpanId: spanId(1) }),
          span({ name: "no session", traceId: traceId(1) }),
          span({ sessionId: "t", name: "other session" }),
          log({ message: "log without session", traceId: traceId(1) })
        )
        const timeline = yield* storage.sessionTimeline({ sessionId: "s" })
        assert.deepStrictEqual(timeline.items.map(label), ["turn 1", "remote 2", "log 3", "turn 4"])
        assert.deepStrictEqual(timeline.nextCursor, Option.none())
      }))

    /** A span of trace 1 with a parent of it. */
    const part = (n: number, parent: number | undefined, fields: SpanFields) =>
      span({
        traceId: traceId(1),
        spanId: spanId(n),
        startTime: at(n),
        ...(parent === undefined ? {} : { parentSpanId: spanId(parent) }),
        name: `${n}`,
        ...fields
      })

    const turns: ReadonlyArray<readonly [string, ReadonlyArray<SpanRecord>, Array<string>]> = [
      [
        "below a root without a session",
        [
          part(1, undefined, {}),
          part(2, 1, { sessionId: "s" }),
          part(3, 2, { sessionId: "s" }),
          part(4, 1, { sessionId: "s" })
        ],
        ["2", "4"]
      ],
      [
        "below spans of another session, and above them",
        [
          part(1, undefined, { sessionId: "s" }),
          part(2, 1, { sessionId: "t" }),
          part(3, 2, { sessionId: "s" }),
          part(4, 3, { sessionId: "s" })
        ],
        ["1", "3"]
      ],
      [
        "above and below a span of no session",
        [part(1, undefined, { sessionId: "s" }), part(2, 1, {}), part(3, 2, { sessionId: "s" })],
        ["1", "3"]
      ],
      [
        "that start after what they have below",
        [part(1, 2, { sessionId: "s" }), part(2, undefined, { sessionId: "s" })],
        ["2"]
      ],
      [
        "and not what has itself for an ancestor",
        [
          part(1, 2, { sessionId: "s" }),
          part(2, 1, { sessionId: "s" }),
          part(3, 3, { sessionId: "s" }),
          part(4, 9, { sessionId: "s" })
        ],
        ["4"]
      ],
      [
        "whose parents are not stored",
        [part(2, 99, { sessionId: "s" }), part(3, 2, { sessionId: "s" }), part(4, 98, { sessionId: "s" })],
        ["2", "4"]
      ],
      [
        "that run, below a root that runs",
        [
          part(1, undefined, { status: "running" }),
          part(2, 1, { sessionId: "s", status: "running" }),
          part(3, 2, { sessionId: "s", status: "running" })
        ],
        ["2"]
      ],
      [
        "whose parent has the same id in another trace",
        [part(1, undefined, { sessionId: "s", traceId: traceId(2) }), part(2, 1, { sessionId: "s" })],
        ["1", "2"]
      ],
      [
        "with a remote parent that is stored",
        [part(1, undefined, { sessionId: "s" }), part(2, 1, { sessionId: "s", parentIsRemote: true })],
        ["1", "2"]
      ]
    ]
    for (const [which, spans, expected] of turns) {
      test(`shows, and counts, turns ${which}`, (storage) =>
        Effect.gen(function* () {
          yield* storage.insertSpans(spans)
          const shown = yield* pages((pagination) => storage.sessionTimeline({ sessionId: "s", pagination }), 1)
          assert.deepStrictEqual(shown.flat().map(label), expected)
          assert.strictEqual(Option.getOrThrow(yield* storage.getSession("s")).turns, expected.length)
          const { items } = yield* storage.listSessions({ filters: { sessionId: "s" } })
          assert.deepStrictEqual(
            items.map((_) => _.turns),
            [expected.length]
          )
        }))
    }

    test("shows a turn until its parent is stored, and once that is deleted", (storage) =>
      Effect.gen(function* () {
        const turns = Effect.all([
          Effect.map(storage.sessionTimeline({ sessionId: "s" }), ({ items }) => items.map(label)),
          Effect.map(storage.getSession("s"), (session) => Option.getOrThrow(session).turns)
        ])
        yield* storage.insertSpans([part(2, 1, { sessionId: "s" })])
        assert.deepStrictEqual(yield* turns, [["2"], 1])
        yield* storage.insertSpans([part(1, undefined, { sessionId: "s" })])
        assert.deepStrictEqual(yield* turns, [["1"], 1])
        yield* storage.deleteBefore(at(2))
        assert.deepStrictEqual(yield* turns, [["2"], 1])
      }))

    test("keeps the order of times that are a nanosecond apart", (storage) =>
      Effect.gen(function* () {
        // Ids the other way round: they must not decide.
        const items = Array.from({ length: 12 }, (_, n) => {
          const fields = { sessionId: "s", traceId: traceId(100 - n) }
          return n % 2 === 0
            ? span({ ...fields, spanId: spanId(100 - n), name: `${n}`, startTime: at(0) + BigInt(n) })
            : log({ ...fields, logId: `${100 - n}`, message: `${n}`, timestamp: at(0) + BigInt(n) })
        })
        yield* store(storage, ...items)
        const all = yield* pages((pagination) => storage.sessionTimeline({ sessionId: "s", pagination }), 5)
        assert.deepStrictEqual(
          all.flat().map(label),
          items.map((_, n) => `${n}`)
        )
      }))

    test("shows a turn as long as its parent is of another session, as the newest rows have it", (storage) =>
      Effect.gen(function* () {
        const running = { status: "running", endTime: undefined } as const
        yield* storage.insertSpans([part(1, undefined, running), part(2, 1, { ...running, sessionId: "s" })])
        const shown = Effect.map(storage.sessionTimeline({ sessionId: "s" }), ({ items }) => items.map(label))
        assert.deepStrictEqual(yield* shown, ["2"])
        yield* storage.insertSpans([part(1, undefined, { ...running, sessionId: "s" })])
        assert.deepStrictEqual(yield* shown, ["1"])
        yield* storage.insertSpans([part(1, undefined, { sessionId: "t" })])
        assert.deepStrictEqual(yield* shown, ["2"])
      }))

    test("shows spans before logs of the same time, each by their ids", (storage) =>
      Effect.gen(function* () {
        const s = { sessionId: "s" }
        yield* store(
          storage,
          log({ ...s, message: "log b", logId: "b", timestamp: at(0) }),
          log({ ...s, message: "log 0", logId: "0", timestamp: at(0) }),
          span({ ...s, name: "span 3", traceId: traceId(2), spanId: spanId(1), startTime: at(0) }),
          span({ ...s, name: "span 2", traceId: traceId(1), spanId: spanId(2), startTime: at(0) }),
          span({ ...s, name: "span 1", traceId: traceId(1), spanId: spanId(1), startTime: at(0) })
        )
        const all = yield* pages((pagination) => storage.sessionTimeline({ sessionId: "s", pagination }), 2)
        assert.deepStrictEqual(
          all.map((page) => page.map(label)),
          [["span 1", "span 2"], ["span 3", "log 0"], ["log b"]]
        )
      }))

    test("gives whole records of both kinds", (storage) =>
      Effect.gen(function* () {
        const turn = span({ sessionId: "s", attributes: { a: [1] }, startTime: at(0) })
        const said = log({ sessionId: "s", data: [{ a: 1 }], timestamp: at(1) })
        yield* store(storage, turn, said)
        assert.deepStrictEqual((yield* storage.sessionTimeline({ sessionId: "s" })).items, [turn, said])
      }))

    test("is empty for a session of which nothing is stored", (storage) =>
      Effect.gen(function* () {
        assert.deepStrictEqual((yield* storage.sessionTimeline({ sessionId: "s" })).items, [])
      }))

    test("pages to every item once, of hundreds at the same time", (storage) =>
      Effect.gen(function* () {
        const spans = Array.from({ length: 150 }, (_, n) => span({ sessionId: "s", name: `s${n}`, startTime: at(0) }))
        const logs = Array.from({ length: 150 }, (_, n) => log({ sessionId: "s", message: `l${n}`, timestamp: at(0) }))
        yield* store(storage, ...spans, ...logs)
        const all = yield* pages((pagination) => storage.sessionTimeline({ sessionId: "s", pagination }), 37)
        const shown = all.flat().map(label)
        assert.lengthOf(shown, 300)
        assert.strictEqual(new Set(shown).size, 300)
      }))
  })
}
