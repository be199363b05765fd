/**
 * The values of which a configuration is made.
 */
import * as Duration from "effect/Duration"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import type { LogLevel as Level } from "../capture/Logger.js"
import { isSampler } from "../capture/Sampler.js"
import { isExporter } from "../pipeline/Exporter.js"
import { isSafePattern, safePattern } from "../pipeline/SensitiveDataFilter.js"
import type { SignalProcessor } from "../pipeline/SignalProcessor.js"
import { isDurationInput, isPositiveDurationInput } from "../runtime/duration.js"
import { isJson } from "../signal/internal/json.js"
import type { JsonObject } from "../signal/Json.js"
import * as LogRecord from "../signal/LogRecord.js"
import type { SpanRecord } from "../signal/SpanRecord.js"
import { signalNames, signals } from "../signal/signals.js"
import * as DeprecatedLogger from "./deprecatedLogger.js"
import { shown, unknownKey } from "./problems.js"

export const optional = <A, I>(schema: Schema.Schema<A, I>, description: string) =>
  Schema.optional(schema.annotations({ jsonSchema: { description } }))

export const withDefault = <A, I>(schema: Schema.Schema<A, I>, value: NoInfer<A>, description: string) =>
  Schema.optionalWith(schema, { default: () => value }).annotations({ description })

/** Whether a value is an object and no more than that: a `Map` or a `Date` would be taken for an empty one. */
export const isPlainObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  Predicate.isRecord(value) && [Object.prototype, null].includes(Object.getPrototypeOf(value))

const mostKeys = 1000

/** Of more, each would be reported as unknown. */
export const hasFewKeys = (value: object): boolean => Object.keys(value).length <= mostKeys

export const tooManyKeys = `Expected at most ${mostKeys} keys`

/** A struct that is given as a plain object. */
export const plain = <A, I>(struct: Schema.Schema<A, I>, expected = "a plain object"): Schema.Schema<A, I> =>
  Schema.declare(
    [struct],
    {
      decode: (struct) => (input, options, ast) =>
        isPlainObject(input) && hasFewKeys(input)
          ? ParseResult.decodeUnknown(struct)(input, options)
          : ParseResult.fail(new ParseResult.Type(ast, input)),
      encode: (struct) => (input, options) => ParseResult.encodeUnknown(struct)(input, options)
    },
    {
      message: ({ actual }) => (isPlainObject(actual) ? tooManyKeys : `Expected ${expected}, actual ${shown(actual)}`),
      [AST.SurrogateAnnotationId]: struct.ast
    }
  )

const durations = (
  guard: (value: unknown) => value is Duration.DurationInput,
  expected: string,
  json: { readonly number: object; readonly amount: string }
) =>
  Schema.transform(
    Schema.declare(guard, {
      title: `${expected}, such as "5 seconds" or milliseconds`,
      jsonSchema: {
        anyOf: [
          { type: "number", ...json.number },
          {
            type: "string",
            pattern: `^${json.amount}\\d+(\\.\\d+)?\\s+(nano|micro|milli|second|minute|hour|day|week)s?$`
          }
        ]
      }
    }),
    Schema.DurationFromSelf,
    { strict: true, decode: (input) => Duration.decode(input), encode: (duration) => duration }
  )

/** `"5 seconds"`, milliseconds, or a `Duration`, which it becomes. */
export const DurationInput = durations(isDurationInput, "a duration", { number: { minimum: 0 }, amount: "" })

export const PositiveDuration = durations(isPositiveDurationInput, "a duration of more than nothing", {
  number: { exclusiveMinimum: 0 },
  amount: "(?=.*[1-9])"
})

/** No record may hold a lone surrogate. */
const wellFormedExpected = (actual: unknown): string => `Expected text without lone surrogates, actual ${shown(actual)}`

const wellFormed = { message: ({ actual }: ParseResult.ParseIssue) => wellFormedExpected(actual), jsonSchema: {} }

export const Text = Schema.String.pipe(Schema.filter((text) => text.isWellFormed(), wellFormed))

export const Name = Schema.NonEmptyTrimmedString.pipe(
  Schema.filter((text) => text.isWellFormed(), { ...wellFormed, description: "text that is not empty" })
)

export const Attributes = Schema.declare((value): value is JsonObject => isPlainObject(value), {
  message: ({ actual }) => `Expected a plain object, actual ${shown(actual)}`,
  jsonSchema: { type: "object" }
}).pipe(Schema.filter((attributes) => strayValues(attributes), { jsonSchema: {} }))

/** The values in a resource that no record may hold, each with its path. */
const strayValues = (
  value: unknown,
  path: ReadonlyArray<PropertyKey> = [],
  around: ReadonlyArray<unknown> = []
): ReadonlyArray<Schema.FilterIssue> => {
  if (typeof value === "string") return value.isWellFormed() ? [] : [{ path, message: wellFormedExpected(value) }]
  if (around.includes(value)) return [{ path, message: "Expected a JSON value, actual a cycle" }]
  if (around.length > mostLevels) return [{ path: path.slice(0, 1), message: `Expected at most ${mostLevels} levels` }]
  if (!Array.isArray(value) && !isPlainObject(value)) {
    return isJson(value, () => true) ? [] : [{ path, message: `Expected a JSON value, actual ${shown(value)}` }]
  }
  const members: ReadonlyArray<readonly [key: string | number, member: unknown]> = Array.isArray(value)
    ? Array.from(value.entries())
    : Object.entries(value)
  return members.flatMap(([key, member]) => [
    ...strayValues(String(key), [...path, key]),
    ...strayValues(member, [...path, key], [...around, value])
  ])
}

/** As deep as a resource may be. */
const mostLevels = 100

export const PositiveInt = Schema.Number.pipe(Schema.int(), Schema.positive())

/** The JSON Schema of a function, which can only be given in code. */
const inCode = { jsonSchema: { type: "object", not: {}, $comment: "A function: to be given in code." } }

export const Exporters = Schema.Array(
  Schema.declare(isExporter, {
    title: `an exporter: a name and a function \`export\`; with \`shutdown\` an Effect, \`signals\` some of ${JSON.stringify(signalNames)}`,
    ...inCode
  })
).pipe(
  Schema.filter((exporters) =>
    exporters.flatMap(({ name }, index) => {
      const path = [index, "name"]
      if (name.trim() === "") return [{ path, message: `Expected a name that is not empty, actual ${shown(name)}` }]
      if (!name.isWellFormed()) return [{ path, message: wellFormedExpected(name) }]
      const taken = name === "storage" || exporters.slice(0, index).some((other) => other.name === name)
      return taken ? [{ path, message: `another exporter is named ${shown(name)} already` }] : []
    })
  )
)

export const Patterns = Schema.Array(
  Schema.declare((value): value is RegExp => value instanceof RegExp, { title: "a regular expression", ...inCode })
).pipe(
  Schema.filter((patterns) =>
    patterns.flatMap((pattern, index) =>
      isSafePattern(pattern) ? [] : [{ path: [index], message: `Expected ${safePattern}, actual ${pattern}` }]
    )
  )
)

export const RedactedKey = Schema.declare(
  (value): value is Redacted.Redacted =>
    Redacted.isRedacted(value) && Predicate.isString(Redacted.value(value)) && Redacted.value(value) !== "",
  {
    title: "a key: `Redacted.make` of text",
    // The text that was given may be the key itself.
    message: ({ actual }) =>
      `Expected a key: \`Redacted.make\` of text, actual ${typeof actual === "string" ? "plain text" : shown(actual)}`,
    ...inCode
  }
)

export const Sampler = Schema.declare(isSampler, {
  title: "a sampler: an object with a function `shouldSample`",
  ...inCode
})

export const NamePredicate = Schema.declare(
  (value): value is (name: string) => boolean => typeof value === "function",
  { title: "a function of the name of a metric", ...inCode }
)

export const SpanPredicate = Schema.declare(
  (value): value is (span: SpanRecord) => boolean => typeof value === "function",
  { title: "a function of the record of a span", ...inCode }
)

const isSignalProcessor = (value: unknown): value is SignalProcessor =>
  Predicate.isRecord(value) &&
  typeof value.name === "string" &&
  steps.every((step) => value[step] === undefined || typeof value[step] === "function") &&
  (steps.some((step) => value[step] !== undefined) || strayFunctions(value).length > 0)

/** The functions that a processor may have: one for each signal. */
const steps = signalNames.map((name) => signals[name].one)

/** The other functions of a processor: nothing would call them. */
const strayFunctions = (processor: object): ReadonlyArray<string> =>
  Object.entries(processor).flatMap(([key, value]) =>
    typeof value === "function" && !steps.includes(key) ? [key] : []
  )

export const Processors = Schema.Array(
  Schema.declare(isSignalProcessor, {
    title: `a processor: a name and some of the functions ${steps.map((step) => `\`${step}\``).join(", ")}`,
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

/** Draft 7 of JSON Schema ignores no case by itself. */
const inAnyCase = {
  type: "string",
  pattern: `^(${levels.map((level) => level.replace(/./g, (letter) => `[${letter}${letter.toUpperCase()}]`)).join("|")})$`
}

export type LogLevelInput = Level | Uppercase<Level> | Capitalize<Level>

const isLogLevel = (value: unknown): value is LogLevelInput =>
  typeof value === "string" && levels.some((level) => level === value.toLowerCase())

/** In any case, which becomes lower case. */
export const LogLevel = Schema.transform(
  Schema.declare(isLogLevel, {
    title: levels.map((level) => `"${level}"`).join(" | "),
    jsonSchema: { anyOf: [{ enum: levels }, inAnyCase] }
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
    jsonSchema: { anyOf: [{ enum: [...levels, false] }, inAnyCase], deprecated: true }
  }
)
