import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { at, type ScoreFields, score, spanId, traceId } from "../../src/testing/Records.js"
import { attribute, byKey, double, one, requestOf, string, strings, withoutDefaults } from "../utils/otlp.js"

/** What is sent of a score, in JSON; protobuf is to say the same. */
const sent = (fields: ScoreFields) =>
  Effect.gen(function* () {
    const scores = [
      score({
        scoreId: "score-1",
        time: at(1),
        name: "helpfulness",
        source: "model",
        serviceName: "support-agent",
        ...fields
      })
    ]
    const json = yield* requestOf({ protocol: "http/json" }, { scores })
    const protobuf = yield* requestOf({ protocol: "http/protobuf" }, { scores })
    assert.deepStrictEqual(protobuf.body, withoutDefaults(json.body))
    assert.deepStrictEqual([json.path, protobuf.path], ["/v1/logs", "/v1/logs"])
    return one(json.body)
  })

describe("OtlpExporter, of scores", () => {
  it.scopedLive("sends a score as the event of an evaluation, beside the span that it is about", () =>
    Effect.gen(function* () {
      const { record, resource } = yield* sent({
        value: 1,
        label: "good",
        comment: "It answered.",
        correction: "It should have asked.",
        scorer: { name: "judge", version: "2", model: "gpt-5" },
        authorId: "author-1",
        traceId: traceId(1),
        spanId: spanId(2),
        sessionId: "session-1",
        userId: "user-1",
        runId: "run-1",
        environment: "production",
        tags: ["vip"],
        metadata: { plan: "pro" }
      })
      assert.deepStrictEqual(resource["attributes"], [
        string("service.name", "support-agent"),
        string("deployment.environment.name", "production")
      ])
      assert.deepStrictEqual<unknown>(
        { ...record, attributes: byKey(record["attributes"]) },
        {
          timeUnixNano: "1700000000001000000",
          observedTimeUnixNano: "1700000000001000000",
          eventName: "gen_ai.evaluation.result",
          attributes: byKey([
            string("event.name", "gen_ai.evaluation.result"),
            string("gen_ai.evaluation.name", "helpfulness"),
            double("gen_ai.evaluation.score.value", 1),
            string("gen_ai.evaluation.score.label", "good"),
            string("gen_ai.evaluation.explanation", "It answered."),
            string("effect_observability.score_id", "score-1"),
            string("effect_observability.score_correction", "It should have asked."),
            string("effect_observability.score_data_type", "numeric"),
            string("effect_observability.score_source", "model"),
            string("effect_observability.scorer_name", "judge"),
            string("effect_observability.scorer_version", "2"),
            string("effect_observability.scorer_model", "gpt-5"),
            string("effect_observability.author_id", "author-1"),
            string("session.id", "session-1"),
            string("user.id", "user-1"),
            string("effect_observability.run_id", "run-1"),
            strings("tag.tags", ["vip"]),
            strings("langfuse.trace.tags", ["vip"]),
            string("metadata", '{"plan":"pro"}'),
            string("langfuse.trace.metadata.plan", "pro")
          ]),
          droppedAttributesCount: 0,
          traceId: traceId(1),
          spanId: spanId(2)
        }
      )
    })
  )

  it.scopedLive("sends a score of a session, which has no trace and may have no value", () =>
    Effect.gen(function* () {
      const { record } = yield* sent({ sessionId: "session-1", dataType: "text", comment: "Why?" })
      assert.doesNotHaveAnyKeys(record, ["traceId", "spanId"])
      assert.isUndefined(attribute(record, "gen_ai.evaluation.score.value"))
      assert.deepStrictEqual(attribute(record, "session.id"), { stringValue: "session-1" })
    })
  )
})
