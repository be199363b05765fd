import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Effect, Layer, Logger, TestClock } from "effect"
import { Agent, Exporter, Observability, SessionId, type SpanRecord } from "effect-observability"
import { maxAge, maxIdle, maxItems } from "../../src/pipeline/internal/console/trees.js"
import * as Records from "../utils/records.js"

const { at, log, metric, score, spanId, traceId } = Records

/** A span of the numbers of its trace, itself and its parent. */
const span = (trace: number, id: number, parent?: number, fields: Records.SpanFields = {}) =>
  Records.span({
    traceId: traceId(trace),
    spanId: spanId(id),
    name: `span-${id}`,
    startTime: at(id),
    endTime: at(id + 1),
    ...(parent !== undefined && { parentSpanId: spanId(parent) }),
    ...fields
  })

const running = (trace: number, id: number, parent?: number, fields: Records.SpanFields = {}) =>
  span(trace, id, parent, { status: "running", endTime: undefined, ...fields })

/** What an effect prints, call by call. */
const printing = <E, R>(effect: Effect.Effect<unknown, E, R>) =>
  Effect.gen(function* () {
    const printed: Array<string> = []
    const console = yield* Effect.console
    yield* Effect.withConsole(effect, {
      ...console,
      log: (...values) => Effect.sync(() => void printed.push(values.join(" ")))
    })
    return printed
  })

const spans = (...spans: ReadonlyArray<SpanRecord.SpanRecord>): Exporter.Batch => ({ spans, logs: [] })

/** What is printed of each batch, and at the end. */
const printed = (batches: ReadonlyArray<Exporter.Batch>, options?: Exporter.ConsoleOptions) =>
  Effect.gen(function* () {
    const exporter = Exporter.consoleWith(options)
    const steps = [...batches.map((batch) => exporter.export(batch)), exporter.shutdown ?? Effect.void]
    return yield* Effect.forEach(steps, (step) => Effect.map(printing(step), Arr.join("\n")))
  })

describe("Exporter.console", () => {
  it.effect("prints a trace as one tree when its topmost span has ended, whatever batches it came in", () =>
    Effect.gen(function* () {
      const shown = yield* printed([
        spans(span(1, 3, 2)),
        spans(span(1, 2, 1)),
        { spans: [], logs: [log({ traceId: traceId(1), spanId: spanId(1), timestamp: at(1), message: "hello" })] },
        spans(span(1, 4, 1), span(1, 1, undefined, { sessionId: "s", endTime: at(1_501) }))
      ])
      assert.deepStrictEqual(shown, [
        "",
        "",
        "",
        [
          "span-1 1.50 s session=s #00000000",
          "├─ INFO hello",
          "├─ span-2 1.0 ms",
          "│  └─ span-3 1.0 ms",
          "└─ span-4 1.0 ms"
        ].join("\n"),
        ""
      ])
    })
  )

  it.effect("keeps traces apart that come interleaved", () =>
    Effect.gen(function* () {
      const shown = yield* printed([
        spans(span(1, 2, 1), span(2, 12, 11)),
        spans(span(2, 13, 11), span(1, 3, 1)),
        spans(span(2, 11), span(1, 1))
      ])
      assert.deepStrictEqual(
        shown[2]?.replaceAll(" 1.0 ms", ""),
        ["span-1 #00000000", "├─ span-2", "└─ span-3", "span-11 #00000000", "├─ span-12", "└─ span-13"].join("\n")
      )
    })
  )

  it.effect("prints a span with a remote parent as the top of its tree", () =>
    Effect.gen(function* () {
      const shown = yield* printed([spans(span(1, 2, 1)), spans(span(1, 1, 99, { parentIsRemote: true }))])
      assert.deepStrictEqual(shown, ["", "span-1 1.0 ms #00000000\n└─ span-2 1.0 ms", ""])
    })
  )

  it.effect("prints a turn when it ends, under a root that stays open", () =>
    Effect.gen(function* () {
      const inTurn = { sessionId: "s" }
      const shown = yield* printed([
        spans(running(1, 1)),
        spans(running(1, 3, 2, inTurn), span(1, 4, 3, inTurn)),
        spans(span(1, 3, 2, inTurn), span(1, 2, 1)),
        spans(span(1, 1))
      ])
      assert.deepStrictEqual(shown, [
        "",
        "",
        "span-3 1.0 ms session=s #00000000\n└─ span-4 1.0 ms",
        "span-1 1.0 ms #00000000\n└─ span-2 1.0 ms",
        ""
      ])
    })
  )

  it.effect("says tokens, model, cost and one line of an error, where the error began", () =>
    Effect.gen(function* () {
      const failed: Records.SpanFields = {
        status: "error",
        statusMessage: `429 Too many requests\n{ "error": "${"x".repeat(100_000)}" }`,
        attributes: { "error.type": "RateLimited" }
      }
      const usage: Records.SpanFields = {
        model: "gpt-5",
        inputTokens: 1_200,
        outputTokens: 80,
        cachedInputTokens: 1_024
      }
      const shown = yield* printed([
        spans(
          span(1, 4, 1, { name: "chat gpt-5", ...usage, costUsd: 0.003_512_34 }),
          span(1, 3, 2, failed),
          span(1, 2, 1, { ...usage, ...failed, outputTokens: undefined }),
          span(1, 1, undefined, { status: "interrupted" })
        )
      ])
      const lines = shown[0]?.split("\n")
      assert.deepStrictEqual(lines?.with(2, ""), [
        "span-1 1.0 ms interrupted #00000000",
        "├─ span-2 1.0 ms ✗ gpt-5 · 1200 → ? tokens · 1024 cached",
        "",
        "└─ chat gpt-5 1.0 ms 1200 → 80 tokens · 1024 cached · $0.00351"
      ])
      assert.match(lines?.[2] ?? "", /^│ {2}└─ span-3 1\.0 ms ✗ RateLimited: 429 Too many requests \{ "error": "x+…$/)
      assert.isBelow(lines?.[2]?.length ?? Infinity, 200)
    })
  )

  it.effect("prints content only where it is asked to", () =>
    Effect.gen(function* () {
      const text = (role: string, content: string) => ({ role, parts: [{ type: "text", content }] })
      const batch = spans(
        span(1, 2, 1, {
          attributes: {
            "gen_ai.input.messages": [text("user", "earlier"), text("user", "Do I need\nan umbrella?")],
            "gen_ai.output.messages": [
              {
                role: "assistant",
                parts: [{ type: "tool_call", id: "1", name: "forecast", arguments: { city: "Oslo" } }]
              }
            ]
          }
        }),
        span(1, 3, 1, {
          attributes: {
            "gen_ai.tool.call.arguments": { city: "Oslo" },
            "gen_ai.tool.call.result": "rain ".repeat(1_000)
          }
        }),
        span(1, 1)
      )
      const lines = (yield* printed([batch], { content: true }))[0]
        ?.split("\n")
        .map((line) => line.slice(0, 60).trimEnd())
      assert.deepStrictEqual(lines, [
        "span-1 1.0 ms #00000000",
        "├─ span-2 1.0 ms",
        "│    → user: Do I need an umbrella?",
        '│    ← assistant: forecast({"city":"Oslo"})',
        "└─ span-3 1.0 ms",
        '     → {"city":"Oslo"}',
        "     ← rain rain rain rain rain rain rain rain rain rain rai"
      ])
      assert.notInclude((yield* printed([batch]))[0], "umbrella")
    })
  )

  it.effect("makes the text of strangers harmless, wherever it stands", () =>
    Effect.gen(function* () {
      const evil = "a\u001b[2J\u009b31m\u0007\u0000\u202e\u2066\r\nb\u007f\t\u2028c\ud800"
      const batch: Required<Exporter.Batch> = {
        spans: [
          span(1, 2, 1, { name: evil, model: evil, attributes: { "gen_ai.tool.call.result": { [evil]: evil } } }),
          span(1, 3, 1, { status: "error", statusMessage: evil, attributes: { "error.type": evil } }),
          span(1, 1)
        ],
        logs: [log({ message: evil, data: [evil, { [evil]: evil }], attributes: { [evil]: evil }, cause: evil })],
        metrics: [metric({ name: evil, unit: evil, attributes: { [evil]: evil } })],
        scores: [score({ name: evil, label: evil, comment: evil, correction: evil })]
      }
      const shown = (yield* printed([batch], { content: true })).join("")
      assert.notMatch(shown, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/)
      assert.include(shown, "a␛[2J")
      assert.isTrue(shown.isWellFormed())
      assert.strictEqual(shown.split("\n").length, 7)
    })
  )

  it.effect("prints in colours where it is asked to", () =>
    Effect.gen(function* () {
      const colored = yield* printed([spans(span(1, 1))], { colors: true })
      assert.include(colored[0], "\u001b[1mspan-1\u001b[0m")
    })
  )

  it.effect("prints what is in no span at once, and what comes late for a span that was printed", () =>
    Effect.gen(function* () {
      const shown = yield* printed([
        { spans: [], logs: [log({ message: "alone", data: [{ n: 1 }], attributes: { module: "boot" } })] },
        { spans: [], logs: [], metrics: [metric({ name: "calls", value: 3, unit: "{call}", spanId: spanId(7) })] },
        { spans: [], logs: [], scores: [score({ name: "helpful", value: 1, comment: "yes", sessionId: "s" })] },
        spans(span(1, 1)),
        spans(span(1, 2, 1)),
        { spans: [], logs: [log({ traceId: traceId(1), spanId: spanId(1), message: "late" })] }
      ])
      assert.deepStrictEqual(shown, [
        'INFO alone {"n":1} module=boot',
        "METRIC calls 3 {call}",
        "SCORE helpful 1 yes session=s",
        "span-1 1.0 ms #00000000",
        "⋯ span-2 1.0 ms #00000000",
        "⋯ INFO late #00000000",
        ""
      ])
    })
  )

  it.effect("prints a span once that is shown again, and came again", () =>
    Effect.gen(function* () {
      const shown = yield* printed([
        spans(running(1, 2, 1)),
        spans(span(1, 2, 1), span(1, 2, 1)),
        spans(running(1, 2, 1)),
        spans(span(1, 1)),
        spans(running(1, 1))
      ])
      assert.deepStrictEqual(shown, ["", "", "", "span-1 1.0 ms #00000000\n└─ span-2 1.0 ms", "", ""])
    })
  )

  it.effect("prints what is left at the end: orphans, circles, and spans that are still open", () =>
    Effect.gen(function* () {
      const shown = yield* printed([
        spans(span(1, 2, 1), running(2, 11), span(2, 12, 11), span(3, 21, 22), span(3, 22, 21), span(4, 31, 31))
      ])
      assert.strictEqual(shown[0], "")
      assert.deepStrictEqual(
        shown[1]?.replaceAll(" 1.0 ms", ""),
        [
          "⋯ span-2 #00000000",
          "span-11 running #00000000",
          "└─ span-12",
          "⋯ span-21 #00000000",
          "└─ span-22",
          "⋯ span-31 #00000000"
        ].join("\n")
      )
    })
  )

  describe("waits no longer", () => {
    const other = spans(span(9, 90))

    it.effect("than some seconds for a parent of which nothing is known", () =>
      Effect.gen(function* () {
        const { export: send } = Exporter.consoleWith()
        const shown = yield* printing(
          Effect.gen(function* () {
            yield* send(spans(span(1, 2, 1), running(2, 11), span(2, 12, 11)))
            yield* TestClock.adjust(maxIdle)
            yield* send(other)
          })
        )
        assert.deepStrictEqual(shown, ["⋯ span-2 1.0 ms #00000000\nspan-90 1.0 ms #00000000"])
      })
    )

    it.effect("than some minutes for one that is open", () =>
      Effect.gen(function* () {
        const { export: send } = Exporter.consoleWith()
        const shown = yield* printing(
          Effect.gen(function* () {
            yield* send(spans(running(1, 1), span(1, 2, 1)))
            yield* TestClock.adjust(maxAge - 1)
            yield* send(spans())
            yield* TestClock.adjust(1)
            yield* send(spans())
          })
        )
        assert.deepStrictEqual(shown, ["⋯ span-2 1.0 ms #00000000"])
      })
    )

    it.effect("than there is room: the oldest trace is printed as it is", () =>
      Effect.gen(function* () {
        const many = Arr.makeBy(maxItems, (i) => span(2, 1_000 + i, 999))
        const shown = yield* printed([spans(running(1, 1), running(2, 999), span(1, 2, 1)), spans(...many)])
        assert.deepStrictEqual(shown.slice(0, 2), ["", "⋯ span-2 1.0 ms #00000000"])
      })
    )
  })

  it.effect("prints a deep trace and a wide one within a moment", () =>
    Effect.gen(function* () {
      const deep = Arr.makeBy(9_000, (i) => span(1, i + 1, i === 0 ? undefined : i)).reverse()
      const shown = yield* printed([spans(...deep)])
      const lines = shown[0]?.split("\n") ?? []
      assert.strictEqual(lines.length, 9_000)
      assert.isBelow(Math.max(...lines.map((line) => line.length)), 120)
    })
  )

  it.effect("does not fail where the console does", () =>
    Effect.gen(function* () {
      const console = yield* Effect.console
      yield* Effect.withConsole(Exporter.console.export(spans(span(1, 1))), {
        ...console,
        log: () => Effect.die("no terminal")
      })
    })
  )

  it.live("prints a short program's first trace as one tree, with the logs in it", () =>
    Effect.gen(function* () {
      const turn = Effect.gen(function* () {
        yield* Effect.log("asked")
        yield* Effect.sleep(5).pipe(Effect.as("yes"), Agent.model({ model: "gpt-5" }))
        yield* Effect.forEach(Arr.range(1, 300), (n) => Effect.log("step").pipe(Effect.withSpan(`step-${n}`)))
      }).pipe(Agent.run({ name: "clerk" }), SessionId.withSessionId(SessionId.SessionId.make("s")))
      const shown = yield* printing(
        Effect.flatMap(Observability.Observability, ({ flush }) => Effect.zipRight(turn, flush)).pipe(
          Effect.provide(Observability.layerExportOnly({ serviceName: "test", exporters: [Exporter.console] }))
        )
      )
      assert.strictEqual(shown.length, 1)
      const lines = shown[0]?.split("\n") ?? []
      assert.match(lines[0] ?? "", /^invoke_agent clerk [\d.]+ m?s session=s #[0-9a-f]{8}$/)
      assert.strictEqual(lines[1], "├─ INFO asked")
      assert.match(lines[2] ?? "", /^├─ chat gpt-5 /)
      assert.strictEqual(lines.length, 603)
      assert.match(lines.at(-2) ?? "", /^└─ step-300 /)
      assert.strictEqual(lines.at(-1), "   └─ INFO step")
    }).pipe(Effect.provide(Layer.mergeAll(Logger.remove(Logger.defaultLogger))))
  )
})
