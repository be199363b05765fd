import { assert, describe, it } from "@effect/vitest"
import * as conventions from "../../src/signal/conventions/index.js"
import { isEntry, isReplayed } from "../../src/signal/internal/spans.js"
import type { JsonObject } from "../../src/signal/Json.js"
import { fields } from "../../src/signal/SpanRecord.js"
import { span, spanId } from "../utils/records.js"

const filled = (attributes: JsonObject, record: conventions.Columns = {}): conventions.Columns => {
  conventions.fill(record, attributes)
  return record
}

describe("conventions", () => {
  it("fill a field by the first attribute of its row that has a value of its kind", () => {
    assert.deepStrictEqual(
      filled({ "gen_ai.request.model": "asked", "gen_ai.response.model": "answered", "llm.model_name": "other" }),
      { model: "answered", requestModel: "asked" }
    )
    assert.deepStrictEqual(filled({ "gen_ai.response.model": "", "llm.model_name": "other" }), { model: "other" })
    assert.deepStrictEqual(filled({ "gen_ai.usage.input_tokens": -1, "llm.token_count.prompt": 3 }), { inputTokens: 3 })
  })

  it("keep what a record has", () => {
    assert.deepStrictEqual(filled({ "user.id": "attribute" }, { userId: "options" }), { userId: "options" })
  })

  it("take ids and counts in the JSON type that they come in", () => {
    assert.deepStrictEqual(filled({ "user.id": 42, "gen_ai.usage.input_tokens": "123", "gen_ai.usage.cost": "0.25" }), {
      userId: "42",
      inputTokens: 123,
      costUsd: 0.25
    })
    assert.deepStrictEqual(filled({ "gen_ai.usage.cost": String(0.00000015) }), { costUsd: 0.00000015 })
  })

  for (const [attribute, values] of Object.entries({
    "user.id": ["", null, true, {}, ["a"]],
    "gen_ai.usage.input_tokens": [-1, 1.5, 2 ** 53, "1e3", "-1", "", " 1", null, true],
    "gen_ai.usage.cost": [-0.1, "free", null, [1]],
    "effect_observability.time_to_first_token": [-1, 1.5, "9223372036854775808", "soon"],
    "gen_ai.response.time_to_first_chunk": [-1, 1e10, 1e300, "soon", null, true],
    "effect_observability.cost_source": ["guess", 1, null]
  })) {
    it(`take no value for ${attribute} that is none`, () => {
      for (const value of values) assert.deepStrictEqual(filled({ [attribute]: value }), {}, JSON.stringify(value))
    })
  }

  it("take nanoseconds as a number and as a text, which wide numbers become", () => {
    for (const value of [1_500, "1500"]) {
      assert.deepStrictEqual(filled({ "effect_observability.time_to_first_token": value }), {
        timeToFirstToken: 1_500n
      })
    }
  })

  it("take the time of the first token in seconds where it is said so, after ours in nanoseconds", () => {
    for (const value of [0.3, "0.3"]) {
      assert.deepStrictEqual(filled({ "gen_ai.response.time_to_first_chunk": value }), {
        timeToFirstToken: 300_000_000n
      })
    }
    const both = { "gen_ai.response.time_to_first_chunk": 2, "effect_observability.time_to_first_token": 7 }
    assert.deepStrictEqual(filled(both), { timeToFirstToken: 7n })
    assert.deepStrictEqual(filled({ "gen_ai.response.time_to_first_chunk": 0 }), { timeToFirstToken: 0n })
  })

  it("watch every attribute that fills a field or names a type", () => {
    for (const { from } of Object.values<{ readonly from?: ReadonlyArray<string> | undefined }>(fields)) {
      for (const attribute of from ?? []) assert.isTrue(conventions.keys.has(attribute), attribute)
    }
    for (const key of ["session.id", "gen_ai.operation.name", "openinference.span.kind", "mastra.span.type"]) {
      assert.isTrue(conventions.keys.has(key), key)
    }
  })

  it("say the type of a span, ours before GenAI before OpenInference before Mastra's", () => {
    const said = {
      "mastra.span.type": "workflow_step",
      "openinference.span.kind": "TOOL",
      "gen_ai.operation.name": "chat",
      "effect_observability.span_type": "retrieval"
    }
    const types = Object.keys(said).map((_, i) =>
      conventions.typeOf(Object.fromEntries(Object.entries(said).slice(0, i + 1)))
    )
    assert.deepStrictEqual(types, ["workflow_step", "tool_call", "model_generation", "retrieval"])
    assert.strictEqual(
      conventions.typeOf({ "effect_observability.span_type": "?", ...{ "gen_ai.operation.name": "chat" } }),
      "model_generation"
    )
    assert.strictEqual(conventions.typeOf({ "gen_ai.operation.name": "toString" }), "generic")
  })
})

describe("a span", () => {
  it("is an entry without a parent, or with a remote one", () => {
    assert.isTrue(isEntry(span()))
    assert.isTrue(isEntry(span({ parentSpanId: spanId(1), parentIsRemote: true })))
    assert.isFalse(isEntry(span({ parentSpanId: spanId(1) })))
  })

  it("is replayed where its attribute says so", () => {
    assert.isTrue(isReplayed(span({ attributes: { "effect_observability.replay": true } })))
    assert.isFalse(isReplayed(span({ attributes: { "effect_observability.replay": "true" } })))
    assert.isFalse(isReplayed(span()))
  })
})
