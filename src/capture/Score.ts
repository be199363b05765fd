/**
 * Scores: what a program, a model, a colleague or a user thinks of a session, a trace or a span.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { globalValue } from "effect/GlobalValue"
import { type ReadRef, sessionOf } from "../identity/internal/currentCorrelation.js"
import { isSessionId, type SessionId } from "../identity/SessionId.js"
import { logWarning } from "../runtime/annotated.js"
import * as ids from "../runtime/ids.js"
import * as moments from "../runtime/moments.js"
import * as ownMetrics from "../runtime/ownMetrics.js"
import * as wall from "../runtime/wall.js"
import { entriesOf, toJsonObject, toText } from "../signal/internal/jsonWalk.js"
import { sizeOf } from "../signal/internal/size.js"
import { type Score, type ScoreDataType, type Scorer, ScoreSource } from "../signal/Score.js"
import { unchecked } from "../signal/Signal.js"
import { signals } from "../signal/signals.js"
import type { CaptureOptions, Limits } from "./internal/options.js"
import { type Correlation, correlationOf, spanOf } from "./internal/recordCorrelation.js"
import { type Recorder, recorderOf } from "./internal/recorders.js"

export * from "../signal/Score.js"

/**
 * The subject of a score: the span, else the trace, else the session that it names. None of them need be stored yet.
 *
 * @since 0.1.0
 * @category models
 */
export interface Target {
  readonly sessionId?: string | undefined
  readonly traceId?: string | undefined
  readonly spanId?: string | undefined
}

/**
 * A score to be recorded: its name, and at least one of `value`, `label`, `comment` and `correction`.
 *
 * @since 0.1.0
 * @category models
 */
export interface RecordOptions {
  /** The quality that is scored, as `helpfulness`. */
  readonly name: string
  /** A number, or yes or no, which is stored as 1 or 0. */
  readonly value?: number | boolean | undefined
  /** One of some labels, as `positive`. */
  readonly label?: string | undefined
  /** Why. */
  readonly comment?: string | undefined
  /** The answer that would have been right. */
  readonly correction?: string | undefined
  /** The kind of who scores: `"code"`, unless it says otherwise. */
  readonly source?: ScoreSource | undefined
  /** The judge or the test that came to the score, with its version and the model that it asked. */
  readonly scorer?: Scorer | undefined
  /** The id of whoever scores. */
  readonly authorId?: string | undefined
  /** The subject: the current span with its trace and session, unless it says otherwise. */
  readonly target?: Target | undefined
  /**
   * A score replaces the one with its id. Without an id it has one that is made of the target, the name, the source, the
   * name of the scorer and the author: the second opinion of the same scorer replaces the first.
   */
  readonly scoreId?: string | undefined
  readonly tags?: ReadonlyArray<string> | undefined
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
}

/**
 * Records a score, wherever the tracer or the logger of this library is there; elsewhere it does nothing. A score is
 * recorded whether or not its target was sampled, and never waits for it. What cannot be a score (a value that is no number,
 * an empty name) is not recorded, but counted in the Effect counter `effect_observability.scores.refused`, and said once.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Score } from "effect-observability"
 *
 * declare const answer: Effect.Effect<string>
 *
 * // about the span `answer`, its trace and its session
 * const scored = answer.pipe(
 *   Effect.tap((text) => Score.record({ name: "brevity", value: text.length < 200, scorer: { name: "length" } })),
 *   Effect.withSpan("answer")
 * )
 *
 * // about a trace of last week, by a model
 * const judged = Score.record({
 *   name: "helpfulness",
 *   value: 0.8,
 *   comment: "Answers the question, and one that nobody asked",
 *   source: "model",
 *   scorer: { name: "judge", version: "3", model: "gpt-4o" },
 *   target: { traceId: "0af7651916cd43dd8448eb211c80319c" }
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const record = (options: RecordOptions): Effect.Effect<void> => recordOf(() => options)

/** Records a score whose options are made by the fiber that records it: to read what a program gave may throw. @internal */
export const recordOf = (optionsOf: (read: ReadRef) => RecordOptions): Effect.Effect<void> =>
  Effect.withFiberRuntime((fiber) => {
    const read: ReadRef = (ref) => fiber.getFiberRef(ref)
    const recorder = recorderOf(read)
    if (recorder === undefined) return Effect.void
    const { problem, score } = Either.getOrElse(
      Either.try(() => toScore(optionsOf(read), read, recorder)),
      (): Made => ({ problem: "it cannot be read" })
    )
    if (score !== undefined) recorder.emitter.emit("scores", score, sizeOf.scores(score))
    return problem === undefined ? Effect.void : refuse(recorder, problem)
  })

/** Counts a score, or a part of one, that is none; the first of a layer is said. */
const refuse = (recorder: Recorder, problem: string): Effect.Effect<void> => {
  ownMetrics.scores.refused.unsafeUpdate(1, [])
  if (said.has(recorder)) return Effect.void
  said.add(recorder)
  return logWarning("Score")("A score was not recorded, or not all of it", problem)
}

const said: WeakSet<Recorder> = globalValue("effect-observability/Score/said", () => new WeakSet())

interface Made {
  readonly score?: Score
  readonly problem?: string | undefined
}

const toScore = (options: RecordOptions, read: ReadRef, { emitter, options: capture }: Recorder): Made => {
  const { limits } = capture
  const name = text(options.name, limits)
  if (name === undefined) return { problem: "its name is empty" }
  const value = numberOf(options.value)
  const isNumber = Number.isFinite(value)
  const problem = isNumber || isAbsent(options.value) ? undefined : "its value is no finite number"
  const texts = textsOf(options, limits)
  const dataType = isNumber ? (typeof options.value === "boolean" ? "boolean" : "numeric") : dataTypeOf(texts)
  if (dataType === undefined) return { problem: problem ?? "it has no value, no label and no text" }
  const { about, correlation, fault } = targetOf(options.target, read, capture)
  if (about === undefined && fault !== undefined) return { problem: fault }
  const clock = Context.get(read(DefaultServices.currentServices), Clock.Clock)
  const source = isSource(options.source) ? options.source : "code"
  const scorer = scorerOf(options.scorer, limits)
  const id = () =>
    about === undefined
      ? ids.uuid7(clock.unsafeCurrentTimeMillis())
      : idOf([...about, name, source, scorer?.name, texts.authorId])
  const tags = Array.from(options.tags ?? [], (tag) => toText(tag, limits))
  const metadata = options.metadata && toJsonObject(entriesOf(options.metadata), limits).json
  const score = unsafeScore({
    ...correlation,
    ...texts,
    scoreId: text(options.scoreId, limits) ?? id(),
    time: moments.of(emitter).next(wall.of(clock).now()),
    name,
    value: isNumber ? value : undefined,
    dataType,
    source,
    scorer,
    tags: Array.from(new Set([...correlation.tags, ...tags])),
    metadata: metadata ? { ...correlation.metadata, ...metadata } : correlation.metadata
  })
  return { score, problem: problem ?? fault }
}

/** JavaScript takes an empty list for 0 and a date for its milliseconds, which nobody meant. */
const numberOf = (value: unknown): number =>
  typeof value === "boolean" || typeof value === "bigint"
    ? Number(value)
    : typeof value === "number"
      ? value
      : Number.NaN

const isAbsent = (value: unknown): value is undefined | null => value === undefined || value === null

const unsafeScore: (fields: ConstructorParameters<typeof Score>[0]) => Score = unchecked(signals.scores)

type Texts = Partial<Pick<Score, "label" | "comment" | "correction" | "authorId">>

const textsOf = ({ authorId, comment, correction, label }: RecordOptions, limits: Limits): Texts => ({
  label: text(label, limits),
  comment: text(comment, limits),
  correction: text(correction, limits),
  authorId: text(authorId, limits)
})

/** The storable form of a text; nothing of an empty one. */
const text = (value: unknown, limits: Limits): string | undefined =>
  isAbsent(value) ? undefined : toText(value, limits) || undefined

const dataTypeOf = ({ comment, correction, label }: Texts): ScoreDataType | undefined =>
  label !== undefined ? "categorical" : (comment ?? correction) !== undefined ? "text" : undefined

const scorerOf = (scorer: Scorer | undefined, limits: Limits): Scorer | undefined => {
  const name = text(scorer?.name, limits)
  if (name === undefined) return undefined
  const version = text(scorer?.version, limits)
  const model = text(scorer?.model, limits)
  return { name, ...(version !== undefined && { version }), ...(model !== undefined && { model }) }
}

interface Found {
  /** The ids of the target; nothing where there is none. */
  readonly about: ReadonlyArray<string> | undefined
  readonly correlation: Correlation
  /** The part of the target that is malformed. */
  readonly fault?: string | undefined
}

/**
 * The target of a score. One that is named, and is not in the current trace, has none of what the fiber says of itself:
 * that is true of who scores, and not of what is scored.
 */
const targetOf = (target: Target | undefined, read: ReadRef, capture: CaptureOptions): Found => {
  const current = correlationOf(read, capture)
  const spanId = text(target?.spanId, capture.limits)
  const traceId = text(target?.traceId, capture.limits) ?? (spanId === undefined ? undefined : current.traceId)
  const named = target?.sessionId
  const sessionId = isSessionId(named) ? named : undefined
  const fault = named === undefined || sessionId !== undefined ? undefined : "the session of its target is none"
  if (traceId === undefined && sessionId === undefined) {
    if (fault !== undefined) return { about: undefined, correlation: current, fault }
    // The default session is nobody's: no score replaces another for having it, too.
    const session = sessionOf(read, spanOf(read))
    return { about: aboutOf(current.traceId, current.spanId, session), correlation: current }
  }
  const inTrace = traceId !== undefined && traceId === current.traceId
  const own = inTrace ? current : { ...elsewhere(capture), sessionId: undefined }
  return {
    about: aboutOf(traceId, spanId, sessionId),
    correlation: { ...own, traceId, spanId, sessionId: sessionId ?? (inTrace ? current.sessionId : undefined) },
    fault
  }
}

const elsewhere = ({ environment, organizationId, serviceName, userId }: CaptureOptions): Correlation => ({
  serviceName,
  environment,
  organizationId,
  userId,
  tags: []
})

/** The part of the id of a score that says its target; nothing where there is none. @internal */
export const aboutOf = (
  traceId: string | undefined,
  spanId: string | undefined,
  sessionId: SessionId | undefined
): ReadonlyArray<string> | undefined =>
  traceId !== undefined
    ? ["trace", traceId, ...(spanId === undefined ? [] : [spanId])]
    : sessionId !== undefined
      ? ["session", sessionId]
      : undefined

/** A UUID version 8 (RFC 9562, section 5.8) of 122 bits of SHA-256: nobody can aim at the score of somebody else. @internal */
export const idOf = (parts: ReadonlyArray<string | undefined>): string => {
  const hex = createHash("sha256").update(JSON.stringify(parts)).digest("hex")
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

const isSource = (source: unknown): source is ScoreSource =>
  (ScoreSource.literals as ReadonlyArray<unknown>).includes(source)
