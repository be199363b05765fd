import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { OutlineSpan } from "../../storage/Storage.js"
import { at, log, type SpanFields, span, spanId, traceId } from "../Records.js"
import { type StorageLayer, testOn } from "./utils.js"

export const outlinesContract = (layer: StorageLayer): void => {
  const test = testOn(layer)
  const common = { traceId: traceId(1), startTime: at(0), endTime: at(1) }

  describe("traceOutline", () => {
    test("has each span as it is without its payload, and how large that is", (storage) =>
      Effect.gen(function* () {
        const whole = {
          spanId: spanId(1),
          parentSpanId: spanId(9),
          parentIsRemote: true,
          name: "chat \u{1f642}",
          kind: "client",
          spanType: "model_generation",
          status: "error",
          errorType: "429",
          startTime: at(0),
          endTime: at(1),
          model: "gpt-4o",
          provider: "openai",
          toolName: "forecast",
          agentName: "weather",
          inputTokens: 0,
          outputTokens: 2 ** 53 - 1,
          costUsd: 0.0123,
          costSource: "table"
        } as const
        const attributes = {
          "gen_ai.input.messages": [{ role: "user", parts: [{ type: "text", content: "äöü\u{1f642}" }] }],
          "gen_ai.output.messages": "four",
          a: { b: [1, true, null], "": "x" }
        }
        yield* storage.insertSpans([
          span({
            ...common,
            ...whole,
            sessionId: "s",
            attributes,
            statusMessage: "too many",
            tags: ["t"],
            metadata: { a: 1 },
            resource: { b: 2 },
            events: [{ name: "e", time: at(0), attributes: { c: 3 } }]
          }),
          span({ traceId: traceId(1), spanId: spanId(2), startTime: at(2), status: "running" })
        ])
        const outline = Option.getOrThrow(yield* storage.traceOutline(traceId(1)))
        const input = 16 + 16 + 4 + 16 + 4 + 5 + 16 + 16 + 4 + 16 + 4 + 7 + 16 + 5
        const output = 16 + 4
        const running: OutlineSpan = {
          spanId: spanId(2),
          name: "span",
          kind: "internal",
          spanType: "generic",
          status: "running",
          startTime: at(2),
          inputSize: 0,
          outputSize: 0,
          attributesSize: 16
        }
        assert.deepStrictEqual(outline, {
          traceId: traceId(1),
          spans: [
            {
              ...whole,
              sessionId: "s" as NonNullable<OutlineSpan["sessionId"]>,
              inputSize: input,
              outputSize: output,
              attributesSize: 16 + 21 + input + 22 + output + 1 + (16 + 1 + 16 + 3 * 8 + 16 + 1)
            },
            running
          ],
          truncated: false
        })
      }))

    test("is in the order of the tree, and shows what replaced a span once", (storage) =>
      Effect.gen(function* () {
        const part = (id: number, parent: number | undefined, start: number, more: SpanFields = {}) =>
          span({
            traceId: traceId(1),
            spanId: spanId(id),
            startTime: at(start),
            ...(parent === undefined ? {} : { parentSpanId: spanId(parent) }),
            ...more
          })
        yield* storage.insertSpans([
          part(5, 2, 9),
          part(4, 1, 3),
          part(2, 1, 4, { status: "running" }),
          part(1, undefined, 0),
          part(7, 99, 1),
          part(8, 8, 0),
          span({ ...common, traceId: traceId(2) })
        ])
        yield* storage.insertSpans([part(2, 1, 4, { attributes: { a: "b" }, costUsd: 1 })])
        yield* storage.insertSpans([part(2, 1, 4, { status: "running" })])
        const outline = Option.getOrThrow(yield* storage.traceOutline(traceId(1)))
        const trace = Option.getOrThrow(yield* storage.getTrace(traceId(1)))
        assert.deepStrictEqual(
          outline.spans.map((span) => Number.parseInt(span.spanId, 16)),
          [1, 4, 2, 5, 7, 8]
        )
        assert.deepStrictEqual(
          outline.spans.map(({ costUsd, spanId, status }) => [spanId, status, costUsd]),
          trace.spans.map(({ costUsd, spanId, status }) => [spanId, status, costUsd])
        )
        assert.deepStrictEqual(outline.spans[2]?.attributesSize, 16 + 1 + 16 + 1)
      }))

    test("is none for a trace of which nothing is stored, or logs alone", (storage) =>
      Effect.gen(function* () {
        yield* storage.insertLogs([log({ traceId: traceId(3) })])
        assert.deepStrictEqual(yield* storage.traceOutline(traceId(3)), Option.none())
      }))

    test("shows more spans than a trace does", (storage) =>
      Effect.gen(function* () {
        const spans = Array.from({ length: 10_001 }, (_, n) =>
          span({
            ...common,
            spanId: spanId(n + 1),
            startTime: at(n),
            endTime: at(n),
            ...(n > 0 && { parentSpanId: spanId(1) })
          })
        )
        yield* storage.insertSpans(spans)
        const outline = Option.getOrThrow(yield* storage.traceOutline(traceId(1)))
        assert.isFalse(outline.truncated)
        assert.deepStrictEqual(
          outline.spans.map(({ spanId }) => spanId),
          spans.map(({ spanId }) => spanId)
        )
      }))
  })
}
