import { assert, describe, it } from "@effect/vitest"
import { writer } from "../../src/otlp/internal/attributes.js"
import type { KeyValue } from "../../src/otlp/internal/values.js"
import { count, optional, text } from "../../src/signal/Field.js"
import { int, string } from "../utils/otlp.js"

describe("the attributes of a record", () => {
  it("have the value of a field under each of its names, and nothing of one that is absent or has no name", () => {
    const write = writer({
      model: optional(text({ to: ["gen_ai.request.model", "llm.model_name"] })),
      tokens: optional(count({ to: ["tokens"] })),
      other: text(),
      absent: optional(text({ to: ["absent"] }))
    })
    const attributes: Array<KeyValue> = []
    write({ model: "gpt-5", tokens: 0, other: "other" }, attributes)
    assert.deepStrictEqual<unknown>(attributes, [
      string("gen_ai.request.model", "gpt-5"),
      string("llm.model_name", "gpt-5"),
      int("tokens", "0")
    ])
  })
})
