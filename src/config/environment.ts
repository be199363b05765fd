/** The environment's say: OpenTelemetry's variables and `NODE_ENV`. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import { logWarning } from "../runtime/annotated.js"
import * as OtelEnv from "../runtime/otelEnv.js"
import { isPlainObject } from "./values.js"

interface Fields {
  readonly [field: string]: unknown
}

/** Gives a configuration what it leaves open, and says which variables are ignored. */
export const fill = Effect.fnUntraced(function* (given: Fields) {
  const warnings: Array<string> = []
  const variable = <A>(name: string, parse: OtelEnv.Parse<A>) =>
    Effect.catchAll(OtelEnv.read(name, parse), (warning) => Effect.sync(() => void warnings.push(warning)))

  const attributes = (yield* variable("OTEL_RESOURCE_ATTRIBUTES", resourceAttributes)) ?? {}

  const sampling = Effect.gen(function* () {
    const name = yield* variable("OTEL_TRACES_SAMPLER", samplerName)
    if (name === undefined) return undefined
    const parent = name.startsWith("parentbased_") ? {} : { ignoreParent: true }
    if (name.endsWith("always_on")) return { type: "always", ...parent }
    if (name.endsWith("always_off")) return { type: "never", ...parent }
    return {
      type: "ratio",
      probability: (yield* variable("OTEL_TRACES_SAMPLER_ARG", OtelEnv.probability)) ?? 1,
      ...parent
    }
  })

  const { batch = {}, resource = {}, ...rest } = given
  const givenAttribute = (key: string) =>
    isPlainObject(resource) && Predicate.isString(resource[key]) ? resource[key] : undefined
  const attribute = (key: string) => givenAttribute(key) ?? attributes[key]
  const filled = yield* withOthers(rest, {
    serviceName: Effect.map(
      variable("OTEL_SERVICE_NAME", OtelEnv.text),
      (name) => givenAttribute("service.name") ?? name ?? attributes["service.name"]
    ),
    serviceVersion: Effect.sync(() => attribute("service.version")),
    environment: Effect.map(
      variable("NODE_ENV", OtelEnv.text),
      (name) => attribute("deployment.environment.name") ?? name
    ),
    sampling
  })
  const filledBatch = isPlainObject(batch)
    ? yield* withOthers(batch, {
        scheduledDelay: variable("OTEL_BSP_SCHEDULE_DELAY", OtelEnv.positiveInt),
        exportTimeout: variable("OTEL_BSP_EXPORT_TIMEOUT", OtelEnv.positiveInt),
        maxQueueSize: variable("OTEL_BSP_MAX_QUEUE_SIZE", OtelEnv.positiveInt),
        maxBatchSize: variable("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", OtelEnv.positiveInt)
      })
    : batch
  return {
    warnings,
    filled: {
      ...filled,
      batch: filledBatch,
      resource: isPlainObject(resource) ? { ...attributes, ...resource } : resource
    }
  }
})

/** `OTEL_SDK_DISABLED`: whether the program shall run as if nothing observed it. */
export const disabled: Effect.Effect<boolean> = Effect.suspend(() =>
  OtelEnv.read("OTEL_SDK_DISABLED", OtelEnv.word("true", "false")).pipe(
    Effect.map((value) => value === "true"),
    Effect.catchAll((warning) => Effect.as(logWarning("ObservabilityConfig")(warning), false))
  )
)

/** The given fields, and others where those are absent or `undefined`. */
const withOthers = (
  given: Fields,
  others: { readonly [field: string]: Effect.Effect<unknown> }
): Effect.Effect<Fields> =>
  Effect.map(
    Effect.all(Object.fromEntries(Object.entries(others).filter(([field]) => given[field] === undefined))),
    (values) => Object.fromEntries(Object.entries({ ...given, ...values }).filter(([, value]) => value !== undefined))
  )

const samplerName = OtelEnv.word(
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio"
)

/** An attribute without a value is none. */
const resourceAttributes: OtelEnv.Parse<{ readonly [key: string]: string }> = (text) =>
  Either.map(OtelEnv.pairs(text), (pairs) =>
    Object.fromEntries(pairs.map(([key, value]) => [key, value.trim()]).filter(([, value]) => value !== ""))
  )
