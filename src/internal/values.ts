/**
 * The values of which a configuration is made.
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { LogLevel as Level } from "../capture/Logger.js"
import { isSampler } from "../capture/Sampler.js"
import { isExporter } from "../pipeline/Exporter.js"
import type { SignalProcessor } from "../pipeline/SignalProcessor.js"
import { isJsonObject } from "../signal/internal/json.js"
import { JsonObject } from "../signal/Json.js"
import * as LogRecord from "../signal/LogRecord.js"
import * as DeprecatedLogger from "./deprecatedLogger.js"
import { unknownKey } from "./problems.js"

export const optional = <A, I>(schema: Schema.Schema<A, I>, description: string) =>
  Schema.optional(schema.annotations({ jsonSchema: { description } }))

export const withDefault = <A, I>(schema: Schema.Schema<A, I>, value: NoInfer<A>, description: string) =>
  Schema.optionalWith(schema, { default: () => value }).annotations({ description })

/** Effect takes what is negative, or no number, for zero. */
const isDurationInput = (value: unknown): value is Duration.DurationInput =>
  Option.isSome(Duration.decodeUnknown(value)) &&
  (typeof value === "number" ? value >= 0 : !(typeof value === "string" && value.startsWith("-")))

/** `"5 seconds"`, milliseconds, or a `Duration`, which it becomes. */
export const DurationInput = Schema.transform(
  Schema.declare(isDurationInput, {
    title: `a duration, such as "5 seconds" or milliseconds`,
    jsonSchema: {
      anyOf: [
        { type: "number", minimum: 0 },
        { type: "string", pattern: "^(\\d+(\\.\\d+)?) (nano|micro|milli|second|minute|hour|day|week)s?$" }
      ]
    }
  }),
  Schema.DurationFromSelf,
  { strict: true, decode: (input) => Duration.decode(input), encode: (duration) => duration }
)

export const PositiveDuration = DurationInput.pipe(Schema.greaterThanDuration(Duration.zero))

/** No record may hold a lone surrogate. */
const wellFormed = { message: () => "expected text without lone surrogates", jsonSchema: {} }

export const Text = Schema.String.pipe(Schema.filter((text) => text.isWellFormed(), wellFormed))

export const Name = Schema.NonEmptyTrimmedString.pipe(Schema.filter((text) => text.isWellFormed(), wellFormed))

export const Attributes = JsonObject.pipe(
  Schema.filter((attributes) => isJsonObject(attributes, (text) => text.isWellFormed()), wellFormed)
)

export const PositiveInt = Schema.Int.pipe(Schema.positive())

/** What JSON cannot hold is given in code. */
const inCode = { jsonSchema: { type: "object", not: {}, $comment: "A function: to be given in code." } }

export const Exporters = Schema.Array(
  Schema.declare(isExporter, { title: "an exporter: a name and a function `export`", ...inCode })
).pipe(
  Schema.filter((exporters) => {
    const unnamed = exporters.findIndex(({ name }) => name.trim() === "")
    if (unnamed !== -1) return { path: [unnamed, "name"], message: "expected a name that is not empty" }
    const names = ["storage", ...exporters.map((exporter) => exporter.name)]
    const index = names.findIndex((name, index) => names.indexOf(name) < index)
    return index === -1
      ? undefined
      : { path: [index - 1, "name"], message: `another exporter is named "${names[index]}" already` }
  })
)

export const Sampler = Schema.declare(isSampler, {
  title: "a sampler: an object with a function `shouldSample`",
  ...inCode
})

const isSignalProcessor = (value: unknown): value is SignalProcessor =>
  Predicate.isRecord(value) &&
  typeof value.name === "string" &&
  [value.span, value.log].every((step) => step === undefined || typeof step === "function") &&
  (value.span ?? value.log ?? strayFunctions(value)[0]) !== undefined

const steps = ["span", "log"]

/** The other functions of a processor: nothing would call them. */
const strayFunctions = (processor: object): ReadonlyArray<string> =>
  Object.entries(processor).flatMap(([key, value]) =>
    typeof value === "function" && !steps.includes(key) ? [key] : []
  )

export const Processors = Schema.Array(
  Schema.declare(isSignalProcessor, {
    title: "a processor: a name and the functions `span`, `log` or both",
    ...inCode
  })
).pipe(
  Schema.filter((processors) =>
    processors.flatMap((processor, index) =>
      strayFunctions(processor).map((key) => ({ path: [index, key], message: unknownKey(key, steps) }))
    )
  )
)

const levels = [...LogRecord.Level.literals, "none"] as const

export type LogLevelInput = Level | Uppercase<Level> | Capitalize<Level>

const isLogLevel = (value: unknown): value is LogLevelInput =>
  typeof value === "string" && levels.some((level) => level === value.toLowerCase())

/** In any case, which becomes lower case. */
export const LogLevel = Schema.transform(
  Schema.declare(isLogLevel, {
    title: levels.map((level) => `"${level}"`).join(" | "),
    jsonSchema: { type: "string", enum: levels.flatMap((level) => [level, level.toUpperCase()]) }
  }),
  Schema.Literal(...levels),
  { strict: true, decode: (level) => level.toLowerCase() as Level, encode: (level) => level }
)

export const Probability = Schema.Number.pipe(Schema.between(0, 1))

export const Logger = Schema.declare(
  (value): value is LogLevelInput | DeprecatedLogger.Logger | false =>
    value === false || isLogLevel(value) || DeprecatedLogger.isLogger(value),
  {
    title: "a log level, a logger or false",
    description: "Write `logLevel` instead.",
    jsonSchema: { type: ["string", "boolean"], enum: [...levels, false], deprecated: true }
  }
)
