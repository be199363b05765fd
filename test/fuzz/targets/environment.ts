/** Whatever the environment says, decoding the configuration gives one, or an error that can be printed. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict"
import { Cause, ConfigProvider, Effect, Exit, Logger, ParseResult, Schema } from "effect"
import { ObservabilityConfig } from "effect-observability"
import { target } from "../fuzz.js"
import { type Random, unusual } from "../Random.js"

const variables = [
  "OTEL_SERVICE_NAME",
  "OTEL_RESOURCE_ATTRIBUTES",
  "OTEL_TRACES_SAMPLER",
  "OTEL_TRACES_SAMPLER_ARG",
  "OTEL_BSP_SCHEDULE_DELAY",
  "OTEL_BSP_EXPORT_TIMEOUT",
  "OTEL_BSP_MAX_QUEUE_SIZE",
  "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
  "NODE_ENV"
]

const values = ["", " ", "0", "1", "-1", "0.5", "1e400", "NaN", "Infinity", "0x10", "1_000", "9007199254740993", "true"]
const samplers = ["always_on", "ALWAYS_OFF", "traceidratio", "parentbased_traceidratio", "parentbased_", "jaeger"]
const attributes = ["a=1", "service.name=x", "service.version=%31", "a=%zz", "=", "a", "a==", "__proto__=x", "é=%C3%A9"]

const drawText = (random: Random): string =>
  random.mutated(
    random.pick([
      () => random.pick(values),
      () => random.pick(samplers),
      () => random.several(5, () => random.pick(attributes)).join(","),
      () => random.text(unusual, 30)
    ])(),
    [...unusual, ...",=%"],
    2
  )

const drawEnvironment = (random: Random) =>
  new Map(random.several(variables.length, () => [random.pick(variables), drawText(random)] as const))

const fields = [
  "serviceName",
  "serviceVersion",
  "environment",
  "resource",
  "sampling",
  "batch",
  "limits",
  "spool",
  "x",
  "logger"
]

const throws = () => {
  throw new Error("no")
}

/** What cannot be read, by the text that is drawn in its place. */
const hostile: Readonly<Record<string, () => unknown>> = {
  "<bare>": () => Object.create(null),
  "<deep>": () => Array.from({ length: 10_000 }).reduce((inner) => ({ inner }), {}),
  "<getter>": () => Object.defineProperty({}, "type", { get: throws, enumerable: true }),
  "<proxy>": () => new Proxy({}, { get: throws, has: throws, ownKeys: throws, getPrototypeOf: throws }),
  "<symbol>": () => Symbol("hostile"),
  "<toJSON>": () => ({ toJSON: throws }),
  "<toString>": () => ({ toString: throws })
}

const hostileNames = Object.keys(hostile)

const withHostile = (value: unknown): unknown => {
  if (typeof value === "string" && Object.hasOwn(hostile, value)) return hostile[value]?.()
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withHostile(member)]))
}

/** A configuration as somebody might write it, or as nobody would. */
const drawInput = (random: Random): unknown => {
  const value = () =>
    random.pick<unknown>([
      drawText(random),
      1,
      -1,
      Number.NaN,
      null,
      undefined,
      true,
      {},
      [],
      { maxQueueSize: "1" },
      { type: random.pick(hostileNames) },
      random.pick(hostileNames),
      1n
    ])
  const config = Object.fromEntries(random.several(3, () => [random.pick(fields), value()]))
  return random.pick([{}, { serviceName: "test" }, config, { observability: config }, value()])
}

const decode = Schema.decodeUnknown(ObservabilityConfig.ObservabilityConfig)

export const environment = target(
  "environment",
  (random) => ({ environment: drawEnvironment(random), input: drawInput(random) }),
  async ({ environment, input }) => {
    const exit = await decode(withHostile(input)).pipe(
      Effect.withConfigProvider(ConfigProvider.fromMap(environment)),
      Effect.provide(Logger.remove(Logger.defaultLogger)),
      Effect.runPromiseExit
    )
    if (Exit.isSuccess(exit)) {
      deepStrictEqual(await Effect.runPromise(decode(exit.value)), exit.value)
      return
    }
    const error = exit.cause._tag === "Fail" ? exit.cause.error : undefined
    ok(ParseResult.isParseError(error), Cause.pretty(exit.cause))
    ok(error.message.length > 0 && String(error).length > 0)
    strictEqual(typeof JSON.stringify(ParseResult.ArrayFormatter.formatErrorSync(error)), "string")
  }
)
