import { assert, describe, it } from "@effect/vitest"
import { logOf, spanOf, spansOf } from "../../src/otlp/internal/mapped.js"
import { isJsonObject } from "../../src/signal/internal/json.js"
import { SpanRecord } from "../../src/signal/SpanRecord.js"
import { codingAgents } from "./senders/codingAgents.js"
import { frameworks } from "./senders/frameworks.js"
import { pythons } from "./senders/pythons.js"
import type { Expected } from "./senders/Sender.js"

const contents = {
  "gen_ai.system_instructions": "system",
  "gen_ai.input.messages": "input",
  "gen_ai.output.messages": "output",
  "gen_ai.tool.call.arguments": "arguments",
  "gen_ai.tool.call.result": "result"
} as const

const defaults = { kind: "internal", status: "ok", tags: [] as ReadonlyArray<string>, serviceName: "agent" }

/** What is said of a span: its fields but ids, times, attributes and defaults, and its content. */
const saidOf = (record: SpanRecord): Expected => {
  const { attributes, endTime, events, links, name, parentSpanId, resource, spanId, startTime, traceId, ...said } =
    record
  const content = Object.entries(contents).flatMap(([name, key]) =>
    attributes[name] === undefined ? [] : [[key, attributes[name]]]
  )
  return { ...said, ...Object.fromEntries(content) }
}

const check = (record: SpanRecord, expected: Expected) => {
  assert.deepStrictEqual(saidOf(record), { ...defaults, ...expected })
  // The class checks each field.
  assert.deepStrictEqual(new SpanRecord({ ...record }), record)
  assert.isTrue(isJsonObject(record.attributes, () => true))
}

for (const sender of [...frameworks, ...pythons, ...codingAgents]) {
  describe(`what is received of ${sender.name}`, () => {
    for (const [i, span] of (sender.spans ?? []).entries()) {
      it(`is the span "${span.name}", ${i}`, () => {
        const record = spanOf(span)
        check(record, sender.records?.[i] as Expected)
        assert.isTrue(
          Object.entries(span.attributes).every(([name, value]) => record.attributes[name] === value),
          "its attributes stay as they are"
        )
        assert.deepStrictEqual(spanOf(span), record, "the same again")
      })
    }
    for (const [i, log] of (sender.logs ?? []).entries()) {
      it(`is the log "${log.eventName}" ${log.body}, ${i}`, () => {
        const record = logOf(log)
        const { attributes, logId, logSpans, serviceName, timestamp, ...said } = record
        assert.deepStrictEqual({ ...said } as object, {
          level: "info",
          data: [],
          tags: [],
          ...sender.logRecords?.[i]
        })
        assert.deepStrictEqual(logOf(log), record, "the same again")
      })
    }
    if (sender.made !== undefined) {
      it("is spans that are made of its logs", () => {
        const made = (sender.logs ?? []).flatMap((log) => spansOf(log))
        assert.strictEqual(made.length, sender.made?.length)
        for (const [i, record] of made.entries()) check(record, sender.made?.[i] as Expected)
      })
    }
  })
}
