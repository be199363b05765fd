import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Stream } from "effect"
import { Storage } from "effect-observability"
import * as Transcript from "../../src/server/Transcript.js"
import type { SpanRecord } from "../../src/signal/SpanRecord.js"
import { at, log, type SpanFields, score, span, spanId, traceId } from "../../src/testing/Records.js"

const sessionId = "session"

const user = (text: string) => ({ role: "user", parts: [{ type: "text", content: text }] })
const says = (text: string) => ({ role: "assistant", parts: [{ type: "text", content: text }] })
const calls = (id: string | undefined, name: string, args: unknown = {}) => ({
  role: "assistant",
  parts: [{ type: "tool_call", ...(id !== undefined && { id }), name, arguments: args }]
})
const gives = (id: string | undefined, response: unknown) => ({
  role: "tool",
  parts: [{ type: "tool_call_response", ...(id !== undefined && { id }), response }]
})

/** The turn of a number, which takes a second. */
const turn = (n: number, fields: SpanFields = {}) =>
  span({
    sessionId,
    traceId: traceId(n),
    spanId: spanId(n * 100),
    spanType: "agent_run",
    name: `turn ${n}`,
    startTime: at(n * 1_000),
    endTime: at(n * 1_000 + 900),
    ...fields
  })

/** What is below a turn, the `k`th of it. */
const within = (n: number, k: number, fields: SpanFields) =>
  span({
    sessionId,
    traceId: traceId(n),
    spanId: spanId(n * 100 + k),
    parentSpanId: spanId(n * 100),
    startTime: at(n * 1_000 + k * 10),
    endTime: at(n * 1_000 + k * 10 + 5),
    ...fields
  })

const asked = (
  n: number,
  k: number,
  input: ReadonlyArray<unknown>,
  output: ReadonlyArray<unknown>,
  fields: SpanFields = {}
) =>
  within(n, k, {
    spanType: "model_generation",
    ...fields,
    attributes: { "gen_ai.input.messages": input, "gen_ai.output.messages": output, ...fields.attributes } as never
  })

const ran = (n: number, k: number, name: string, id: string | undefined, result: unknown, fields: SpanFields = {}) =>
  within(n, k, {
    spanType: "tool_call",
    toolName: name,
    ...fields,
    attributes: {
      ...(id !== undefined && { "gen_ai.tool.call.id": id }),
      "gen_ai.tool.call.arguments": {},
      ...(result !== undefined && { "gen_ai.tool.call.result": result })
    } as never
  })

/** The transcript of some spans, of a storage that has them in any order. */
const read = (spans: ReadonlyArray<SpanRecord>, options?: Parameters<typeof Transcript.ofSession>[1]) =>
  Effect.gen(function* () {
    yield* Storage.insertSpans(spans.toReversed())
    return Chunk.toReadonlyArray(yield* Stream.runCollect(Transcript.ofSession(sessionId, options)))
  }).pipe(Effect.provide(Storage.layerMemory))

const turnsOf = (items: ReadonlyArray<Transcript.Item>) => items.filter((item) => item._tag === "Turn")

/** Who said what, a line each. */
const lines = (items: ReadonlyArray<Transcript.Item>) =>
  turnsOf(items).flatMap(({ entries, number }) =>
    entries.map(({ compacted, parts, role }) =>
      [
        `${number}${compacted ? " (compacted)" : ""} ${role}:`,
        ...parts.map((part) => {
          switch (part._tag) {
            case "Text":
              return part.text
            case "Reasoning":
              return `(${part.text})`
            case "ToolUse":
              return `${part.name} → ${JSON.stringify(part.result)}${part.spanId === undefined ? "" : " ran"}`
            case "ToolResult":
              return `? → ${JSON.stringify(part.result)}`
            default:
              return JSON.stringify(part)
          }
        })
      ].join(" ")
    )
  )

describe("what is new in a call", () => {
  it.effect("each message is told once, though every call has all before it", () =>
    Effect.gen(function* () {
      const items = yield* read([
        turn(1),
        asked(1, 1, [user("a")], [says("b")]),
        turn(2),
        asked(2, 1, [user("a"), says("b"), user("c")], [calls("x", "look")]),
        ran(2, 2, "look", "x", "found"),
        asked(2, 3, [user("a"), says("b"), user("c"), calls("x", "look"), gives("x", "found")], [says("d")])
      ])
      assert.deepStrictEqual(lines(items), [
        "1 user: a",
        "1 assistant: b",
        "2 user: c",
        '2 assistant: look → "found" ran',
        "2 assistant: d"
      ])
    })
  )

  it.effect("the same words again are new words", () =>
    Effect.gen(function* () {
      const items = yield* read([
        turn(1),
        asked(1, 1, [user("yes")], [says("ok")]),
        turn(2),
        asked(2, 1, [user("yes"), says("ok"), user("yes")], [says("ok")])
      ])
      assert.deepStrictEqual(lines(items), ["1 user: yes", "1 assistant: ok", "2 user: yes", "2 assistant: ok"])
    })
  )

  it.effect("an answer that comes again in other words, or without its reasoning, is not told twice", () =>
    Effect.gen(function* () {
      const thinks = {
        role: "assistant",
        parts: [
          { type: "reasoning", content: "hm" },
          { type: "text", content: "b" }
        ]
      }
      const items = yield* read([
        turn(1),
        asked(1, 1, [user("a")], [thinks]),
        turn(2),
        asked(2, 1, [user("a"), says(" b."), user("c")], [says("d")])
      ])
      assert.deepStrictEqual(lines(items), ["1 user: a", "1 assistant: (hm) b", "2 user: c", "2 assistant: d"])
    })
  )

  it.effect("a window of the last messages is no new history", () =>
    Effect.gen(function* () {
      const said = Array.from({ length: 9 }, (_, i) => (i % 2 === 0 ? user(`u${i}`) : says(`a${i}`)))
      const items = yield* read(
        [0, 2, 4, 6].flatMap((last, n) => [
          turn(n + 1),
          asked(n + 1, 1, said.slice(Math.max(0, last - 3), last + 1), [said[last + 1]])
        ])
      )
      assert.deepStrictEqual(
        lines(items),
        [0, 2, 4, 6].flatMap((i, n) => [`${n + 1} user: u${i}`, `${n + 1} assistant: a${i + 1}`])
      )
    })
  )

  it.effect("a history put into other words is told, with what it says now", () =>
    Effect.gen(function* () {
      const items = yield* read([
        turn(1),
        asked(1, 1, [user("a"), says("b"), user("c")], [says("d")]),
        turn(2),
        asked(2, 1, [user("summary"), user("e")], [says("f")]),
        turn(3),
        asked(3, 1, [user("summary"), user("e"), says("f"), user("g")], [says("h")])
      ])
      assert.deepStrictEqual(lines(items), [
        "1 user: a",
        "1 assistant: b",
        "1 user: c",
        "1 assistant: d",
        "2 (compacted) user: summary",
        "2 user: e",
        "2 assistant: f",
        "3 user: g",
        "3 assistant: h"
      ])
    })
  )

  it.effect("agents that call others keep their own histories", () =>
    Effect.gen(function* () {
      const sub = (k: number, fields: SpanFields = {}) =>
        within(1, k, { spanType: "agent_run", agentName: "sub", parentSpanId: spanId(102), ...fields })
      const items = yield* read([
        turn(1, { agentName: "main" }),
        asked(1, 1, [user("a")], [calls("x", "ask")]),
        ran(1, 2, "ask", "x", "three"),
        sub(3),
        asked(1, 4, [user("task")], [says("one")], { parentSpanId: spanId(103) }),
        asked(1, 5, [user("task"), says("one"), user("more")], [says("three")], { parentSpanId: spanId(103) }),
        asked(1, 6, [user("a"), calls("x", "ask"), gives("x", "three")], [says("z")])
      ])
      assert.deepStrictEqual(lines(items), [
        "1 user: a",
        '1 assistant: ask → "three" ran',
        "1 user: task",
        "1 assistant: one",
        "1 user: more",
        "1 assistant: three",
        "1 assistant: z"
      ])
      assert.deepStrictEqual(
        turnsOf(items)[0]?.entries.map(({ agentName }) => agentName),
        ["main", "main", "sub", "sub", "sub", "sub", "main"]
      )
    })
  )

  it.effect("instructions are told when they change", () =>
    Effect.gen(function* () {
      const told = (text: string) => ({
        attributes: { "gen_ai.system_instructions": [{ type: "text", content: text }] }
      })
      const items = yield* read([
        turn(1),
        asked(1, 1, [user("a")], [says("b")], told("be kind")),
        turn(2),
        asked(2, 1, [user("a"), says("b"), user("c")], [says("d")], told("be kind")),
        turn(3),
        asked(3, 1, [user("a"), says("b"), user("c"), says("d"), user("e")], [says("f")], told("be brief"))
      ])
      assert.deepStrictEqual(lines(items), [
        "1 system: be kind",
        "1 user: a",
        "1 assistant: b",
        "2 user: c",
        "2 assistant: d",
        "3 system: be brief",
        "3 user: e",
        "3 assistant: f"
      ])
    })
  )

  it.effect("an attempt that is made again repeats nothing", () =>
    Effect.gen(function* () {
      const items = yield* read([
        turn(1),
        asked(1, 1, [user("a")], [], { status: "error", statusMessage: "429" }),
        asked(1, 2, [user("a")], [says("b")])
      ])
      assert.deepStrictEqual(lines(items), ["1 user: a", "1 assistant:", "1 assistant: b"])
      assert.deepInclude(turnsOf(items)[0]?.entries[1]?.call, { status: "error", statusMessage: "429" })
    })
  )

  it.effect("10,000 messages that are all alike are compared in bounded time", () =>
    Effect.gen(function* () {
      const same = Array.from({ length: 10_000 }, () => user("a"))
      const started = performance.now()
      yield* read([
        turn(1),
        asked(1, 1, [user("x"), ...same], [says("b")]),
        asked(1, 2, [user("y"), ...same], [says("b")]),
        asked(1, 3, [user("z"), ...same], [says("b")])
      ])
      assert.isBelow(performance.now() - started, 3_000)
    })
  )
})

describe("tools", () => {
  it.effect("calls and results go together by their ids", () =>
    Effect.gen(function* () {
      const both = { role: "assistant", parts: [...calls("x", "look").parts, ...calls("y", "look").parts] }
      const items = yield* read([
        turn(1),
        asked(1, 1, [user("a")], [both]),
        ran(1, 2, "look", "y", "Y", { status: "error", statusMessage: "broken" }),
        ran(1, 3, "look", "x", "X"),
        asked(1, 4, [user("a"), both, gives("y", "said y"), gives("x", "said x")], [says("b")])
      ])
      assert.deepStrictEqual(lines(items), [
        "1 user: a",
        '1 assistant: look → "said x" ran look → "said y" ran',
        "1 assistant: b"
      ])
      const [, second] = turnsOf(items)[0]?.entries[1]?.parts ?? []
      assert.deepInclude(second, { id: "y", status: "error", statusMessage: "broken", spanId: spanId(102) })
    })
  )

  it.effect("without ids they go together in their order, and masked ids are none", () =>
    Effect.gen(function* () {
      const items = yield* read([
        turn(1),
        asked(1, 1, [user("a")], [calls(undefined, "look")]),
        ran(1, 2, "look", undefined, "1"),
        asked(1, 3, [user("a"), calls(undefined, "look"), gives(undefined, "1")], [calls("[REDACTED]", "find")]),
        ran(1, 4, "find", "call_SK1", "2")
      ])
      assert.deepStrictEqual(lines(items), ["1 user: a", '1 assistant: look → "1" ran', '1 assistant: find → "2" ran'])
    })
  )

  it.effect("one that no model asked for stands by itself", () =>
    Effect.gen(function* () {
      const items = yield* read([turn(1), ran(1, 2, "look", undefined, { rows: 1 })])
      assert.deepStrictEqual(lines(items), ['1 tool: look → {"rows":1} ran'])
    })
  )

  it.effect("the result of a call of an earlier turn stands by itself", () =>
    Effect.gen(function* () {
      const items = yield* read([
        turn(1),
        asked(1, 1, [user("a")], [calls("x", "ask")]),
        turn(2),
        asked(2, 1, [user("a"), calls("x", "ask"), gives("x", "yes")], [says("b")])
      ])
      assert.deepStrictEqual(lines(items), [
        "1 user: a",
        "1 assistant: ask → undefined",
        '2 tool: ? → "yes"',
        "2 assistant: b"
      ])
    })
  )
})

describe("a turn", () => {
  it.effect("has its own words where no model says them", () =>
    Effect.gen(function* () {
      const items = yield* read([
        turn(1, { attributes: { "gen_ai.input.messages": [user("hello")], "gen_ai.output.messages": [says("bye")] } }),
        turn(2, { attributes: { "gen_ai.input.messages": [user("a")], "gen_ai.output.messages": [says("b")] } }),
        asked(2, 1, [user("a")], [says("b")])
      ])
      assert.deepStrictEqual(lines(items), ["1 user: hello", "1 assistant: bye", "2 user: a", "2 assistant: b"])
    })
  )

  it.effect("sums what its calls say, and has failures where they began", () =>
    Effect.gen(function* () {
      const failed = { status: "error", errorType: "Full", statusMessage: "no seats" } as const
      const items = yield* read([
        turn(1, failed),
        asked(1, 1, [user("a")], [says("b")], { model: "m2", inputTokens: 10, outputTokens: 2, costUsd: 0.1 }),
        asked(1, 2, [user("a")], [says("b")], { model: "m1", inputTokens: 1, outputTokens: 1, costUsd: 0.2 }),
        ran(1, 3, "book", "x", undefined, failed)
      ])
      const [first] = turnsOf(items)
      assert.deepInclude(first, { modelCalls: 2, toolCalls: 1, inputTokens: 11, outputTokens: 3, costUsd: 0.3 })
      assert.deepStrictEqual(first?.models, ["m1", "m2"])
      assert.deepStrictEqual(
        first?.errors.map(({ message, spanId }) => [spanId, message]),
        [[spanId(103), "no seats"]]
      )
    })
  )

  it.effect("is one of several in a trace, and has nothing of another session", () =>
    Effect.gen(function* () {
      const inTrace = { traceId: traceId(1), parentSpanId: spanId(1) }
      const other = { ...inTrace, sessionId: "other" }
      const items = yield* read([
        span({ traceId: traceId(1), spanId: spanId(1), startTime: at(0), endTime: at(9_000) }),
        turn(1, inTrace),
        asked(1, 1, [user("a")], [says("b")], { traceId: traceId(1) }),
        turn(2, other),
        asked(2, 1, [user("secret")], [says("of another")], { traceId: traceId(1), sessionId: "other" }),
        turn(3, inTrace),
        asked(3, 1, [user("a"), says("b"), user("c")], [says("d")], { traceId: traceId(1) }),
        within(3, 2, { traceId: traceId(1), sessionId: "other", spanType: "agent_run" }),
        asked(3, 3, [user("of another")], [says("too")], {
          traceId: traceId(1),
          sessionId: "other",
          parentSpanId: spanId(302)
        })
      ])
      assert.deepStrictEqual(lines(items), ["1 user: a", "1 assistant: b", "2 user: c", "2 assistant: d"])
    })
  )

  it.effect("leaves out what was replayed", () =>
    Effect.gen(function* () {
      const items = yield* read([
        turn(1),
        asked(1, 1, [user("a")], [says("b")], { attributes: { "effect_observability.replay": true } })
      ])
      assert.deepInclude(turnsOf(items)[0], { modelCalls: 0, entries: [] })
    })
  )

  it.effect("is read alone, and its texts are cut, where that is asked for", () =>
    Effect.gen(function* () {
      const spans = [
        turn(1),
        asked(1, 1, [user("a")], [says("b")]),
        turn(2),
        asked(2, 1, [user("a"), says("b"), user("c".repeat(50))], [says("d")])
      ]
      const items = yield* read(spans, { fromTurn: 2, textLength: 10 })
      assert.deepStrictEqual(lines(items), ["2 user: cccccccccc", "2 assistant: d"])
      assert.deepInclude(turnsOf(items)[0]?.entries[0]?.parts[0], { omitted: 40 })
    })
  )

  it.effect("goes with the logs and scores of the session, in the order of time", () =>
    Effect.gen(function* () {
      yield* Storage.insertSpans([turn(1), turn(2)])
      yield* Storage.insertLogs([log({ sessionId, timestamp: at(1_500), message: "between" })])
      yield* Storage.insertScores([score({ sessionId, time: at(2_500), name: "good" })])
      const items = yield* Stream.runCollect(Transcript.ofSession(sessionId))
      assert.deepStrictEqual(
        Chunk.toReadonlyArray(items).map(({ _tag }) => _tag),
        ["Turn", "LogRecord", "Turn", "Score"]
      )
      const later = yield* Stream.runCollect(Transcript.ofSession(sessionId, { fromTurn: 2 }))
      assert.deepStrictEqual(
        Chunk.toReadonlyArray(later).map(({ _tag }) => _tag),
        ["Turn", "Score"]
      )
    }).pipe(Effect.provide(Storage.layerMemory))
  )

  it.effect("there is none of a session that is not stored", () =>
    Effect.map(read([]), (items) => assert.deepStrictEqual(items, []))
  )
})

describe("messages in the forms of others", () => {
  const forms: ReadonlyArray<
    readonly [of: string, attributes: Record<string, unknown>, expected: ReadonlyArray<string>]
  > = [
    ["a text", { "gen_ai.prompt": "a", "gen_ai.completion": "b" }, ["user: a", "assistant: b"]],
    [
      "chat completions, as JSON text",
      {
        "gen_ai.prompt": JSON.stringify({
          messages: [
            { role: "developer", content: "s" },
            {
              role: "user",
              content: [
                { type: "text", text: "a" },
                { type: "image_url", image_url: { url: "https://x/y.png" } }
              ]
            }
          ]
        }),
        "gen_ai.completion": JSON.stringify({
          choices: [
            {
              index: 0,
              message: {
                role: "assistant",
                content: null,
                tool_calls: [{ id: "x", function: { name: "f", arguments: '{"q":1}' } }]
              }
            }
          ]
        })
      },
      ["system: s", 'user: a {"_tag":"Media","mediaType":"image","uri":"https://x/y.png"}', "assistant: f → undefined"]
    ],
    [
      "Anthropic",
      {
        "gen_ai.input.messages": [
          { role: "user", content: "a" },
          {
            role: "assistant",
            content: [
              { type: "thinking", thinking: "hm" },
              { type: "tool_use", id: "x", name: "f", input: {} }
            ]
          },
          { role: "user", content: [{ type: "tool_result", tool_use_id: "x", content: [{ type: "text", text: "r" }] }] }
        ],
        "gen_ai.output.messages": [{ role: "assistant", content: [{ type: "text", text: "b" }] }]
      },
      ["user: a", 'assistant: (hm) f → "r"', "assistant: b"]
    ],
    [
      "Gemini",
      {
        "gen_ai.prompt": { contents: [{ role: "user", parts: [{ text: "a" }] }] },
        "gen_ai.completion": {
          role: "model",
          parts: [{ text: "hm", thought: true }, { functionCall: { name: "f", args: {} } }]
        }
      },
      ["user: a", "assistant: (hm) f → undefined"]
    ],
    [
      "the AI SDK",
      {
        "ai.prompt.messages": JSON.stringify([
          { role: "user", content: [{ type: "text", text: "a" }] },
          { role: "assistant", content: [{ type: "tool-call", toolCallId: "x", toolName: "f", input: {} }] },
          {
            role: "tool",
            content: [{ type: "tool-result", toolCallId: "x", toolName: "f", output: { type: "text", value: "r" } }]
          }
        ]),
        "ai.response.text": "b"
      },
      ["user: a", 'assistant: f → "r"', "assistant: b"]
    ],
    [
      "OpenAI's Responses",
      {
        "input.value": JSON.stringify({
          input: [
            { role: "user", content: [{ type: "input_text", text: "a" }] },
            { type: "function_call", id: "fc_1", call_id: "x", name: "f", arguments: "{}" },
            { type: "function_call_output", call_id: "x", output: "r" }
          ]
        }),
        "output.value": JSON.stringify({
          output: [{ type: "message", role: "assistant", content: [{ type: "output_text", text: "b" }] }]
        })
      },
      ["user: a", 'assistant: f → "r"', "assistant: b"]
    ],
    [
      "what is no message",
      { "input.value": '{"city":"Oslo"}', "output.value": "[1,2" },
      ['user: {"city":"Oslo"}', "assistant: [1,2"]
    ],
    [
      "nothing that can be read",
      { "gen_ai.input.messages": [null, 1, [], {}, [[[[[]]]]]], "gen_ai.output.messages": {} },
      ["user: null 1 [] {} [[[[[]]]]]"]
    ]
  ]

  it.effect.each(forms)("%s", ([, attributes, expected]) =>
    Effect.gen(function* () {
      const items = yield* read([
        turn(1),
        within(1, 1, { spanType: "model_generation", attributes: attributes as never })
      ])
      assert.deepStrictEqual(
        lines(items).map((line) => line.slice(2)),
        expected
      )
    })
  )
})
