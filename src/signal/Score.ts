/**
 * A verdict on a session, a trace or a span: of a user, a colleague, a model, a test.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { key, name, optional, real, recordId, schemasOf, struct, text, time, word } from "./Field.js"
import { correlation } from "./internal/correlation.js"
import { checkFields, encode, type MakeOptions } from "./internal/fields.js"

/**
 * The kind of verdict: a number, one of some labels, yes or no (1 or 0), or a text.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ScoreDataType = Schema.Literal("numeric", "categorical", "boolean", "text")

/**
 * The kind of verdict that a score holds.
 *
 * @since 0.1.0
 * @category models
 */
export type ScoreDataType = typeof ScoreDataType.Type

/**
 * The side that scored: a program, a model that judges, somebody of the team, the user.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ScoreSource = Schema.Literal("code", "model", "human", "user")

/**
 * The side that a score comes from.
 *
 * @since 0.1.0
 * @category models
 */
export type ScoreSource = typeof ScoreSource.Type

const scorerFields = {
  name: name({ to: ["effect_observability.scorer_name"] }),
  version: optional(name({ to: ["effect_observability.scorer_version"] })),
  model: optional(name({ to: ["effect_observability.scorer_model"] }))
}

/**
 * The program or judge behind a score: its name, its version, and the model that it asked.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Scorer = Schema.Struct(schemasOf(scorerFields))

/**
 * The program or judge behind a score.
 *
 * @since 0.1.0
 * @category models
 */
export interface Scorer extends Schema.Schema.Type<typeof Scorer> {}

const asked = { traces: "some", sessions: "record" } as const

/** The table of scores. @internal */
export const fields = {
  /** By which a score replaces an earlier one. */
  scoreId: recordId({ to: ["effect_observability.score_id"] }),
  /** Nanoseconds since the epoch. */
  time: time(),
  /** The quality that was scored, as `helpfulness`. */
  name: name({ asked, to: ["gen_ai.evaluation.name"] }),
  /** The number; a boolean is 0 or 1. */
  value: optional(real({ to: ["gen_ai.evaluation.score.value"] })),
  /** The label, as `positive`. */
  label: optional(name({ asked, to: ["gen_ai.evaluation.score.label"] })),
  /** Why. */
  comment: optional(text({ to: ["gen_ai.evaluation.explanation"] })),
  /** The answer that would have been right. */
  correction: optional(text({ to: ["effect_observability.score_correction"] })),
  dataType: word(ScoreDataType, { asked, to: ["effect_observability.score_data_type"] }),
  source: word(ScoreSource, { asked, to: ["effect_observability.score_source"] }),
  scorer: optional(struct(scorerFields, Scorer)),
  /** The id of whoever scored. */
  authorId: optional(key({ to: ["effect_observability.author_id"] })),
  /** The trace that it is about; with `spanId` the span. Without either it is about the session. */
  traceId: optional(key({ asked })),
  spanId: optional(key()),
  ...correlation
}

const Fields = Schema.Struct(schemasOf(fields))

const checked = checkFields("Score", Fields)

/**
 * One score, checked when it is made: its time as nanoseconds since the epoch, its value finite.
 *
 * @since 0.1.0
 * @category models
 */
export class Score extends Schema.Class<Score>("Score")(Fields) {
  // The check of the class itself costs ten times as much: see `checkFields`.
  // @effect-diagnostics-next-line overriddenSchemaConstructor:off
  constructor(fields: typeof Fields.Type, options?: MakeOptions) {
    super(checked(fields, options), true)
  }

  /**
   * The name of its class, by which it is told from records of other signals. It is in neither form.
   *
   * @since 0.1.0
   */
  get _tag(): "Score" {
    return "Score"
  }

  /**
   * The encoded form: plain JSON, times as decimal strings. A copy by spread has no `toJSON`: spread what this gives.
   *
   * @since 0.1.0
   */
  toJSON(): typeof Score.Encoded {
    return encode<typeof Score.Encoded>(this)
  }
}
