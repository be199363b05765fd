import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inspect } from "node:util"
import { assert, describe, it, vi } from "@effect/vitest"
import {
  Config,
  ConfigProvider,
  Duration,
  Effect,
  Tracer as EffectTracer,
  Either,
  FiberRef,
  FastCheck as fc,
  JSONSchema,
  Layer,
  Logger,
  Option,
  ParseResult,
  Schema
} from "effect"
import * as Tracer from "../src/capture/Tracer.js"
import { isPlainObject } from "../src/config/values.js"
import * as SessionId from "../src/identity/SessionId.js"
import * as TracingOptions from "../src/identity/TracingOptions.js"
import * as Observability from "../src/Observability.js"
import { Batch, Input, Limits, ObservabilityConfig, type Sampling } from "../src/ObservabilityConfig.js"
import { memory } from "../src/pipeline/Exporters.js"
import { perSignal } from "../src/signal/signals.js"
import * as DuckDbStorage from "../src/storage/duckdb/DuckDbStorage.js"
import * as Storage from "../src/storage/Storage.js"
import { validator } from "./utils/jsonSchema.js"

const minimal = {
  serviceName: "agent",
  resource: {},
  exporters: [],
  logLevel: "info",
  sampling: { type: "always" },
  processors: [],
  metrics: true,
  batch: {
    maxQueueSize: 50_000,
    maxQueueBytes: 67_108_864,
    maxBatchSize: 1_000,
    scheduledDelay: Duration.seconds(1),
    exportTimeout: Duration.seconds(30),
    shutdownTimeout: Duration.seconds(10)
  },
  limits: {
    attributeCount: 128,
    attributeValueLength: 131_072,
    attributeDepth: 8,
    eventCount: 128,
    linkCount: 128
  }
}

type Env = Readonly<Record<string, string>>

/** Gives a program its environment, and keeps what it says to its loggers. */
const inProgram = <A, E, R>(effect: Effect.Effect<A, E, R>, env: Env = {}) => {
  const said: Array<{ readonly text: string; readonly level: string; readonly annotations: object }> = []
  const listening = Logger.make(({ annotations, logLevel, message }) => {
    said.push({ text: String(message), level: logLevel.label, annotations: Object.fromEntries(annotations) })
  })
  return effect.pipe(
    Effect.either,
    Effect.map((result) => ({ result, said })),
    Effect.provide(Logger.replace(Logger.defaultLogger, listening)),
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(env))))
  )
}

const decode = (input: unknown, env?: Env) => inProgram(Schema.decodeUnknown(ObservabilityConfig)(input), env)

/** What an editor says of a file. */
const fits = validator(JSON.parse(readFileSync("docs/observability-config.schema.json", "utf8")))

/** Whether an input can be written in a file. */
const isData = (input: unknown): boolean =>
  isPlainObject(input) || Array.isArray(input)
    ? Object.values(input).every(isData)
    : input === null || ["boolean", "number", "string"].includes(typeof input)

const right = <A, E>(result: Either.Either<A, E>): A =>
  Either.getOrThrowWith(result, (error) => new Error(String(error)))

describe("ObservabilityConfig", () => {
  describe("decodes", () => {
    const kept = memory()
    const processor = { name: "same", span: <A>(record: A) => record }
    const sampler = { shouldSample: () => true }
    const name = { serviceName: "agent" }
    const named = { OTEL_SERVICE_NAME: "agent" }

    const good: ReadonlyArray<[what: string, input: unknown, env: Env, result: object]> = [
      ["the name alone", name, {}, {}],
      ["undefined as if it were not there", { ...name, userId: undefined, batch: undefined }, {}, {}],
      ["the name from OTEL_SERVICE_NAME", {}, named, {}],
      ["the name from OTEL_SERVICE_NAME, trimmed", {}, { OTEL_SERVICE_NAME: " agent " }, {}],
      [
        "the name from service.name",
        {},
        { OTEL_RESOURCE_ATTRIBUTES: "service.name=agent" },
        { resource: { "service.name": "agent" } }
      ],
      [
        "OTEL_SERVICE_NAME before service.name",
        {},
        { ...named, OTEL_RESOURCE_ATTRIBUTES: "service.name=other" },
        { resource: { "service.name": "other" } }
      ],
      ["a name that is undefined from the environment", { serviceName: undefined }, named, {}],
      ["the name that is given before the environment's", name, { OTEL_SERVICE_NAME: "other" }, {}],
      ["an empty variable as none", name, { NODE_ENV: "", OTEL_TRACES_SAMPLER: " " }, {}],
      ["the environment", { ...name, environment: "staging" }, {}, { environment: "staging" }],
      ["the environment from NODE_ENV", name, { NODE_ENV: "test" }, { environment: "test" }],
      [
        "the environment from deployment.environment.name before NODE_ENV",
        name,
        { NODE_ENV: "test", OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=production" },
        { environment: "production", resource: { "deployment.environment.name": "production" } }
      ],
      [
        "the environment that is given before NODE_ENV",
        { ...name, environment: "staging" },
        { NODE_ENV: "test" },
        { environment: "staging" }
      ],
      ["the version", { ...name, serviceVersion: "1.2.3" }, {}, { serviceVersion: "1.2.3" }],
      [
        "the version from service.version",
        name,
        { OTEL_RESOURCE_ATTRIBUTES: "service.version=1.2.3" },
        { serviceVersion: "1.2.3", resource: { "service.version": "1.2.3" } }
      ],
      ["the resource", { ...name, resource: { team: "a", n: [1] } }, {}, { resource: { team: "a", n: [1] } }],
      [
        "the resource beside that of the environment, key by key",
        { ...name, resource: { team: "a" } },
        { OTEL_RESOURCE_ATTRIBUTES: "team=b,region=eu" },
        { resource: { team: "a", region: "eu" } }
      ],
      [
        "attributes of the resource that are percent-encoded, hold an equals sign, or stand apart",
        name,
        { OTEL_RESOURCE_ATTRIBUTES: "a%20b=c%2Cd, e=f=g ,,h=i" },
        { resource: { "a b": "c,d", e: "f=g", h: "i" } }
      ],
      [
        "attributes of the resource that are empty or spaces as none, and others trimmed",
        name,
        { NODE_ENV: "test", OTEL_RESOURCE_ATTRIBUTES: "service.version=,deployment.environment.name=%20,team=%20a" },
        { environment: "test", resource: { team: "a" } }
      ],
      [
        "the name, the version and the environment of the given resource before the environment's",
        {
          resource: { "service.name": "agent", "service.version": "2", "deployment.environment.name": "production" }
        },
        {
          OTEL_SERVICE_NAME: "other",
          NODE_ENV: "test",
          OTEL_RESOURCE_ATTRIBUTES: "service.name=other,service.version=1,deployment.environment.name=staging"
        },
        {
          serviceVersion: "2",
          environment: "production",
          resource: { "service.name": "agent", "service.version": "2", "deployment.environment.name": "production" }
        }
      ],
      ["exporters", { ...name, exporters: [kept] }, {}, { exporters: [kept] }],
      ["processors", { ...name, processors: [processor] }, {}, { processors: [processor] }],
      ["each log level", { ...name, logLevel: "trace" }, {}, { logLevel: "trace" }],
      ["a log level in upper case", { ...name, logLevel: "DEBUG" }, {}, { logLevel: "debug" }],
      ["a log level in any case", { ...name, logLevel: "WaRn" }, {}, { logLevel: "warn" }],
      ["no logs at all", { ...name, logLevel: "None" }, {}, { logLevel: "none" }],
      ["sampling of everything", { ...name, sampling: { type: "always" } }, {}, {}],
      ["sampling of nothing", { ...name, sampling: { type: "never" } }, {}, { sampling: { type: "never" } }],
      [
        "sampling of a part",
        { ...name, sampling: { type: "ratio", probability: 0.25 } },
        {},
        { sampling: { type: "ratio", probability: 0.25 } }
      ],
      [
        "sampling of sessions, whatever was decided before",
        { ...name, sampling: { type: "session", probability: 1, ignoreParent: true } },
        {},
        { sampling: { type: "session", probability: 1, ignoreParent: true } }
      ],
      [
        "rules of what to keep",
        { ...name, sampling: { type: "never", keep: [{ error: true, minDuration: "5 seconds" }], keepBuffer: {} } },
        {},
        {
          sampling: {
            type: "never",
            keep: [{ error: true, minDuration: Duration.seconds(5) }],
            keepBuffer: { maxRecords: 5_000, maxAge: Duration.minutes(5) }
          }
        }
      ],
      ["a sampler", { ...name, sampling: { type: "custom", sampler } }, {}, { sampling: { type: "custom", sampler } }],
      [
        "sampling that is given before the environment's",
        { ...name, sampling: { type: "always" } },
        { OTEL_TRACES_SAMPLER: "always_off" },
        {}
      ],
      ["no metrics", { ...name, metrics: false }, {}, { metrics: false }],
      [
        "recorded metrics",
        { ...name, metrics: { record: true, interval: "5 seconds" } },
        {},
        { metrics: { pipeline: true, record: true, interval: Duration.seconds(5) } }
      ],
      [
        "the organisation, the user and the session",
        { ...name, organizationId: "acme", userId: "ada", defaultSessionId: "cron" },
        {},
        { organizationId: "acme", userId: "ada", defaultSessionId: "cron" }
      ],
      [
        "durations of every form",
        {
          ...name,
          batch: { scheduledDelay: "200 millis", exportTimeout: 5_000, shutdownTimeout: Duration.minutes(1) }
        },
        {},
        {
          batch: {
            ...minimal.batch,
            scheduledDelay: Duration.millis(200),
            exportTimeout: Duration.seconds(5),
            shutdownTimeout: Duration.minutes(1)
          }
        }
      ],
      [
        "the bounds of a batch from the environment",
        name,
        {
          OTEL_BSP_SCHEDULE_DELAY: "5000",
          OTEL_BSP_EXPORT_TIMEOUT: "7000",
          OTEL_BSP_MAX_QUEUE_SIZE: "2048",
          OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "512"
        },
        {
          batch: {
            ...minimal.batch,
            scheduledDelay: Duration.seconds(5),
            exportTimeout: Duration.seconds(7),
            maxQueueSize: 2_048,
            maxBatchSize: 512
          }
        }
      ],
      [
        "the bounds that are given before those of the environment, one by one",
        { ...name, batch: { maxQueueSize: 10, maxQueueBytes: 1_000 } },
        { OTEL_BSP_MAX_QUEUE_SIZE: "2048", OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "512" },
        { batch: { ...minimal.batch, maxQueueSize: 10, maxQueueBytes: 1_000, maxBatchSize: 512 } }
      ],
      [
        "limits",
        { ...name, limits: { attributeCount: 0, attributeDepth: 3 } },
        {},
        { limits: { ...minimal.limits, attributeCount: 0, attributeDepth: 3 } }
      ],
      [
        "a configuration under its own key",
        { observability: { ...name, logLevel: "error" } },
        {},
        { logLevel: "error" }
      ],
      [
        "a spool and what is to be on it",
        { ...name, spool: { directory: "/tmp/spool" }, durability: "disk" },
        {},
        { spool: { directory: "/tmp/spool", maxBytes: 2 ** 30 }, durability: "disk" }
      ],
      ["what is not to be masked", { ...name, sensitiveData: false }, {}, { sensitiveData: false }],
      [
        "what is to be masked, and how",
        { ...name, sensitiveData: { keys: ["policy number"], style: { type: "partial" } } },
        {},
        { sensitiveData: { keys: ["policy number"], style: { type: "partial" } } }
      ],
      ["what is under its own key from the environment", { observability: {} }, named, {}],
      ["an own key that is undefined as if it were not there", { ...name, observability: undefined }, {}, {}],
      ["what names its JSON Schema", { $schema: "./observability-config.schema.json", ...name }, {}, {}],
      ["what names its JSON Schema beside its own key", { $schema: "a", observability: name }, {}, {}],
      [
        "a resource without a prototype",
        { ...name, resource: Object.assign(Object.create(null), { team: "a" }) },
        {},
        { resource: { team: "a" } }
      ],
      [
        "durations of nanoseconds and of a pair",
        { ...name, batch: { shutdownTimeout: 5n, exportTimeout: [1, 5] } },
        {},
        {
          batch: {
            ...minimal.batch,
            shutdownTimeout: Duration.nanos(5n),
            exportTimeout: Duration.nanos(1_000_000_005n)
          }
        }
      ],
      ["a logger that is switched off", { ...name, logger: false }, {}, {}],
      ["a logger that is undefined", { ...name, logger: undefined }, {}, {}],
      ["a logger that is switched off beside the rest", { logger: false, observability: name }, {}, {}],
      ["a logger that is undefined beside the rest", { logger: undefined, observability: name }, {}, {}]
    ]

    for (const [what, input, env, result] of good) {
      it.effect(what, () =>
        Effect.gen(function* () {
          const decoded = yield* decode(input, env)
          assert.deepStrictEqual(right(decoded.result), { ...minimal, ...result } as never)
          assert.deepStrictEqual(decoded.said, [])
          if (isData(input)) assert.isTrue(fits(input), "for an editor")
        })
      )
    }

    const samplers: ReadonlyArray<[sampler: string, argument: string | undefined, sampling: object]> = [
      ["always_on", undefined, { type: "always", ignoreParent: true }],
      ["always_off", undefined, { type: "never", ignoreParent: true }],
      ["traceidratio", "0.25", { type: "ratio", probability: 0.25, ignoreParent: true }],
      ["traceidratio", undefined, { type: "ratio", probability: 1, ignoreParent: true }],
      ["parentbased_always_on", undefined, { type: "always" }],
      ["parentbased_always_off", "0.5", { type: "never" }],
      ["parentbased_traceidratio", "0", { type: "ratio", probability: 0 }],
      ["ParentBased_TraceIdRatio", "0.5", { type: "ratio", probability: 0.5 }]
    ]
    it.effect.each(samplers)("the sampler %s of OpenTelemetry with the argument %s", ([sampler, argument, sampling]) =>
      Effect.gen(function* () {
        const env = { OTEL_TRACES_SAMPLER: sampler, ...(argument && { OTEL_TRACES_SAMPLER_ARG: argument }) }
        const { result } = yield* decode(name, env)
        assert.deepStrictEqual(right(result).sampling as object, sampling)
      })
    )
  })

  describe("ignores, and says so,", () => {
    const wrong: ReadonlyArray<[variable: string, value: string, reason: string]> = [
      ["OTEL_BSP_SCHEDULE_DELAY", "soon", `Unable to decode "soon" into a number`],
      ["OTEL_BSP_EXPORT_TIMEOUT", "0", "Expected a positive number, actual 0"],
      ["OTEL_BSP_MAX_QUEUE_SIZE", "-5", "Expected a positive number, actual -5"],
      ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1.5", "Expected an integer, actual 1.5"],
      ["OTEL_RESOURCE_ATTRIBUTES", "team=a,b", `Expected key=value, actual "b"`],
      ["OTEL_RESOURCE_ATTRIBUTES", "=a", `Expected key=value, actual "=a"`],
      ["OTEL_RESOURCE_ATTRIBUTES", "team=%E0%A4%A", `Expected a percent-encoded value, actual "team=%E0%A4%A"`]
    ]
    it.effect.each(wrong)("%s when it is %s", ([variable, value, reason]) =>
      Effect.gen(function* () {
        const { result, said } = yield* decode({ serviceName: "agent" }, { [variable]: value })
        assert.deepStrictEqual(right(result), minimal as never)
        assert.deepStrictEqual(said, [
          {
            level: "WARN",
            text: `The environment variable ${variable} is ignored: ${reason}`,
            annotations: { package: "effect-observability", module: "ObservabilityConfig" }
          }
        ])
      })
    )

    it.effect("a sampler that it does not have, and its argument", () =>
      Effect.gen(function* () {
        const { result, said } = yield* decode(
          { serviceName: "agent" },
          { OTEL_TRACES_SAMPLER: "xray", OTEL_TRACES_SAMPLER_ARG: "2" }
        )
        assert.deepStrictEqual(right(result).sampling, { type: "always" })
        assert.lengthOf(said, 1)
        assert.match(said[0]?.text ?? "", /OTEL_TRACES_SAMPLER is ignored: .*"parentbased_traceidratio".*"xray"/)
      })
    )

    it.effect("an argument that is no probability", () =>
      Effect.gen(function* () {
        const { result, said } = yield* decode(
          { serviceName: "agent" },
          { OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "2" }
        )
        assert.deepStrictEqual(right(result).sampling, { type: "ratio", probability: 1, ignoreParent: true })
        assert.deepStrictEqual(
          said.map(({ text }) => text),
          ["The environment variable OTEL_TRACES_SAMPLER_ARG is ignored: Expected a number between 0 and 1, actual 2"]
        )
      })
    )

    it.effect("nothing of which the field is given", () =>
      Effect.gen(function* () {
        const { said } = yield* decode(
          { serviceName: "agent", batch: { maxQueueSize: 1 }, sampling: { type: "never" } },
          { OTEL_BSP_MAX_QUEUE_SIZE: "-5", OTEL_TRACES_SAMPLER: "xray" }
        )
        assert.deepStrictEqual(said, [])
      })
    )
  })

  describe("refuses", () => {
    const name = { serviceName: "agent" }
    const missing =
      "is missing: give `serviceName`, or set OTEL_SERVICE_NAME, or service.name in OTEL_RESOURCE_ATTRIBUTES"
    const level = (actual: string) =>
      `Expected "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "none", actual ${actual}`
    const samplings = `"always" | "never" | "ratio" | "session" | "custom"`
    const cycle: Record<string, unknown> = {}
    cycle["again"] = cycle
    const logger = (actual: string) => `Expected a log level, a logger or false, actual ${actual}`
    const bad: ReadonlyArray<[what: string, input: unknown, problems: ReadonlyArray<[path: string, message: string]>]> =
      [
        ["null", null, [["", "Expected a plain object, actual null"]]],
        ["an array", [], [["", "Expected a plain object, actual an array"]]],
        ["a string", "agent", [["", `Expected a plain object, actual "agent"`]]],
        ["a Map", new Map(), [["", "Expected a plain object, actual an instance of Map"]]],
        [
          "a Map under its own key",
          { observability: new Map() },
          [[`["observability"]`, "Expected a plain object, actual an instance of Map"]]
        ],
        ["an own key that is undefined, and no name", { observability: undefined }, [[`["serviceName"]`, missing]]],
        ["no name", {}, [[`["serviceName"]`, missing]]],
        ...["serviceName", "serviceVersion", "environment", "organizationId", "userId"].map(
          (field): [string, unknown, ReadonlyArray<[string, string]>] => [
            `a lone surrogate in ${field}`,
            { ...name, [field]: "a\ud800" },
            [[`["${field}"]`, `Expected text without lone surrogates, actual "a\\ud800"`]]
          ]
        ),
        [
          "a lone surrogate in the resource",
          { ...name, resource: { team: ["\udc00"] } },
          [[`["resource"]["team"][0]`, `Expected text without lone surrogates, actual "\\udc00"`]]
        ],
        [
          "everything in the resource that is no JSON",
          {
            ...name,
            resource: {
              a: undefined,
              b: { c: [1, new Date(0)], "\udc00": 1 },
              d: Number.NaN,
              e: 1n,
              f: cycle,
              good: [{}]
            }
          },
          [
            [`["resource"]["a"]`, "Expected a JSON value, actual undefined"],
            [`["resource"]["b"]["c"][1]`, "Expected a JSON value, actual an instance of Date"],
            [`["resource"]["b"]["\\udc00"]`, `Expected text without lone surrogates, actual "\\udc00"`],
            [`["resource"]["d"]`, "Expected a JSON value, actual NaN"],
            [`["resource"]["e"]`, "Expected a JSON value, actual 1n"],
            [`["resource"]["f"]["again"]`, "Expected a JSON value, actual a cycle"]
          ]
        ],
        [
          "a Map where an object is expected, which would be as good as empty",
          { ...name, resource: new Map(), batch: new Map(), limits: new Map() },
          [`["resource"]`, `["batch"]`, `["limits"]`].map((path) => [
            path,
            "Expected a plain object, actual an instance of Map"
          ])
        ],
        ["an empty name", { serviceName: "" }, [[`["serviceName"]`, `Expected a non empty string, actual ""`]]],
        [
          "a name of spaces",
          { serviceName: " " },
          [[`["serviceName"]`, `Expected a string with no leading or trailing whitespace, actual " "`]]
        ],
        ["a name that is null", { serviceName: null }, [[`["serviceName"]`, "Expected string, actual null"]]],
        [
          "a name in lower case",
          { servicename: "agent" },
          [
            [`["servicename"]`, `is unknown, did you mean "serviceName"?`],
            [`["serviceName"]`, missing]
          ]
        ],
        ["`exporter`", { ...name, exporter: [] }, [[`["exporter"]`, `is unknown, did you mean "exporters"?`]]],
        ["`log_level`", { ...name, log_level: "x" }, [[`["log_level"]`, `is unknown, did you mean "logLevel"?`]]],
        ["`sampler`", { ...name, sampler: {} }, [[`["sampler"]`, `is unknown, did you mean "sampling"?`]]],
        ["`env`", { ...name, env: "test" }, [[`["env"]`, `is unknown, did you mean "environment"?`]]],
        [
          "`sessionId`",
          { ...name, sessionId: "a" },
          [[`["sessionId"]`, `is unknown, did you mean "defaultSessionId"?`]]
        ],
        [
          "a key that is like none",
          { ...name, zzz: 1 },
          [
            [
              `["zzz"]`,
              "is unknown, expected one of: serviceName, serviceVersion, environment, resource, exporters, logLevel, " +
                "sampling, processors, sensitiveData, metrics, organizationId, userId, defaultSessionId, batch, limits, " +
                "spool, durability, httpHeaders, $schema, logger, observability"
            ]
          ]
        ],
        [
          "a spool that is nowhere",
          { ...name, spool: {} },
          [[`["spool"]["directory"]`, "is missing, expected text that is not empty"]]
        ],
        [
          "an exporter of signals that there are not",
          { ...name, exporters: [{ name: "x", export: Boolean, signals: ["span"] }] },
          [
            [
              `["exporters"][0]`,
              `Expected an exporter: a name and a function \`export\`; with \`shutdown\` an Effect, \`signals\` some of ["spans","logs","metrics","scores"], actual an object with "name", "export", "signals"`
            ]
          ]
        ],
        [
          "durability on disk without a disk",
          { ...name, durability: "disk" },
          [[`["durability"]`, `"disk" needs a spool: give \`spool: { directory: "…" }\``]]
        ],
        [
          "a spool without a folder",
          { ...name, spool: { directory: "" } },
          [[`["spool"]["directory"]`, `Expected a non empty string, actual ""`]]
        ],
        [
          "a version that is a number",
          { ...name, serviceVersion: 1 },
          [[`["serviceVersion"]`, "Expected string, actual 1"]]
        ],
        [
          "an environment that is none",
          { ...name, environment: false },
          [[`["environment"]`, "Expected string, actual false"]]
        ],
        [
          "a resource that is none",
          { ...name, resource: "team=a" },
          [[`["resource"]`, `Expected a plain object, actual "team=a"`]]
        ],
        [
          "an exporter that is none",
          { ...name, exporters: [memory(), { name: "no" }] },
          [
            [
              `["exporters"][1]`,
              `Expected an exporter: a name and a function \`export\`; with \`shutdown\` an Effect, \`signals\` some of ["spans","logs","metrics","scores"], actual an object with "name"`
            ]
          ]
        ],
        [
          "two exporters of one name",
          { ...name, exporters: [memory(), memory()] },
          [[`["exporters"][1]["name"]`, `another exporter is named "memory" already`]]
        ],
        [
          "an exporter that is named like the storage",
          { ...name, exporters: [memory("storage")] },
          [[`["exporters"][0]["name"]`, `another exporter is named "storage" already`]]
        ],
        [
          "a processor that is none",
          { ...name, processors: [{ name: "no", span: true }] },
          [
            [
              `["processors"][0]`,
              'Expected a processor: a name and some of the functions `span`, `log`, `metric`, `score`, actual an object with "name", "span"'
            ]
          ]
        ],
        [
          "a processor that does nothing",
          { ...name, processors: [{ name: "no" }] },
          [
            [
              `["processors"][0]`,
              'Expected a processor: a name and some of the functions `span`, `log`, `metric`, `score`, actual an object with "name"'
            ]
          ]
        ],
        [
          "functions of processors that nothing would call",
          {
            ...name,
            processors: [
              { name: "no", spans: () => undefined },
              { name: "no", span: () => undefined, logs: () => undefined }
            ]
          },
          [
            [`["processors"][0]["spans"]`, `is unknown, did you mean "span"?`],
            [`["processors"][1]["logs"]`, `is unknown, did you mean "log"?`]
          ]
        ],
        [
          "an exporter without a name",
          { ...name, exporters: [memory(" ")] },
          [[`["exporters"][0]["name"]`, `Expected a name that is not empty, actual " "`]]
        ],
        [
          "an exporter whose name has a lone surrogate",
          { ...name, exporters: [memory("a"), memory("b\ud800")] },
          [[`["exporters"][1]["name"]`, `Expected text without lone surrogates, actual "b\\ud800"`]]
        ],
        [
          "exporters whose names are wrong, all of them",
          { ...name, exporters: [memory("a"), memory(""), memory("storage"), memory("a")] },
          [
            [`["exporters"][1]["name"]`, `Expected a name that is not empty, actual ""`],
            [`["exporters"][2]["name"]`, `another exporter is named "storage" already`],
            [`["exporters"][3]["name"]`, `another exporter is named "a" already`]
          ]
        ],
        ["a level that is none", { ...name, logLevel: "loud" }, [[`["logLevel"]`, level(`"loud"`)]]],
        ["a level that is a number", { ...name, logLevel: 20 }, [[`["logLevel"]`, level("20")]]],
        [
          "a probability of 1.5",
          { ...name, sampling: { type: "ratio", probability: 1.5 } },
          [[`["sampling"]["probability"]`, "Expected a number between 0 and 1, actual 1.5"]]
        ],
        [
          "a probability of less than nothing",
          { ...name, sampling: { type: "session", probability: -0.1 } },
          [[`["sampling"]["probability"]`, "Expected a number between 0 and 1, actual -0.1"]]
        ],
        [
          "no probability",
          { ...name, sampling: { type: "ratio", ratio: 0.1 } },
          [
            [
              `["sampling"]["ratio"]`,
              "is unknown, expected one of: type, probability, ignoreParent, remote, keep, keepBuffer"
            ],
            [`["sampling"]["probability"]`, "is missing, expected a number between 0 and 1"]
          ]
        ],
        [
          "rules of what to keep that are none",
          {
            ...name,
            sampling: {
              type: "never",
              keep: [{}, { error: false }, { minDuration: 0 }, { eror: true }, { when: "slow" }, () => true],
              keepBuffer: { maxRecords: 0, maxAge: "long" }
            }
          },
          [
            [`["sampling"]["keep"][0]`, "says nothing: give `error`, `minDuration`, `userId` or `when`"],
            [`["sampling"]["keep"][1]["error"]`, "Expected true, actual false"],
            [
              `["sampling"]["keep"][2]["minDuration"]`,
              `Expected a duration of more than nothing, such as "5 seconds" or milliseconds, actual 0`
            ],
            [`["sampling"]["keep"][3]["eror"]`, `is unknown, did you mean "error"?`],
            [`["sampling"]["keep"][4]["when"]`, `Expected a function of the record of a span, actual "slow"`],
            [`["sampling"]["keep"][5]`, "Expected a plain object, actual a function"],
            [`["sampling"]["keepBuffer"]["maxRecords"]`, "Expected a positive number, actual 0"],
            [
              `["sampling"]["keepBuffer"]["maxAge"]`,
              `Expected a duration of more than nothing, such as "5 seconds" or milliseconds, actual "long"`
            ]
          ]
        ],
        [
          "sampling of no type",
          { ...name, sampling: { type: "sometimes" } },
          [[`["sampling"]["type"]`, `Expected ${samplings}, actual "sometimes"`]]
        ],
        [
          "sampling of a misspelt type, and all else that is wrong in it",
          { ...name, sampling: { type: "rato", probability: 1.5, ignorParent: true, sampler: 1 } },
          [
            [`["sampling"]["type"]`, `Expected ${samplings}, actual "rato"`],
            [`["sampling"]["probability"]`, "Expected a number between 0 and 1, actual 1.5"],
            [`["sampling"]["ignorParent"]`, `is unknown, did you mean "ignoreParent"?`],
            [`["sampling"]["sampler"]`, "Expected a sampler: an object with a function `shouldSample`, actual 1"]
          ]
        ],
        [
          "sampling without a type, and all else that is wrong in it",
          { ...name, sampling: { probabilty: 1.5, ignoreParent: 1 } },
          [
            [`["sampling"]["type"]`, `is missing, expected ${samplings}`],
            [`["sampling"]["probabilty"]`, `is unknown, did you mean "probability"?`],
            [`["sampling"]["ignoreParent"]`, "Expected boolean, actual 1"]
          ]
        ],
        [
          "sampling that is a word",
          { ...name, sampling: "always" },
          [[`["sampling"]`, `Expected { readonly type: ${samplings} }, actual "always"`]]
        ],
        [
          "a sampler that is none",
          { ...name, sampling: { type: "custom", sampler: () => true } },
          [
            [
              `["sampling"]["sampler"]`,
              "Expected a sampler: an object with a function `shouldSample`, actual a function"
            ]
          ]
        ],
        [
          "metrics that are neither on nor off",
          { ...name, metrics: "on" },
          [[`["metrics"]`, `Expected a boolean or a plain object, actual "on"`]]
        ],
        [
          "metrics that are recorded at no interval, or by no function",
          { ...name, metrics: { record: true, interval: 0, include: "all" } },
          [
            [
              `["metrics"]["interval"]`,
              `Expected a duration of more than nothing, such as "5 seconds" or milliseconds, actual 0`
            ],
            [`["metrics"]["include"]`, `Expected a function of the name of a metric, actual "all"`]
          ]
        ],
        [
          "an organisation and a user that are numbers",
          { ...name, organizationId: 1, userId: 2 },
          [
            [`["organizationId"]`, "Expected string, actual 1"],
            [`["userId"]`, "Expected string, actual 2"]
          ]
        ],
        [
          "a session id that is none",
          { ...name, defaultSessionId: " " },
          [
            [
              `["defaultSessionId"]`,
              `Expected a session id: 1 to 200 printable ASCII characters, with no space at either end, actual " "`
            ]
          ]
        ],
        [
          "a masking that is neither off nor an object",
          { ...name, sensitiveData: true },
          [[`["sensitiveData"]`, "Expected false or a plain object, actual true"]]
        ],
        [
          "what is wrong within the masking, and that alone",
          { ...name, sensitiveData: { keys: 5, patterns: [/a/, /(a+)+$/] } },
          [
            [`["sensitiveData"]["keys"]`, "Expected ReadonlyArray<string>, actual 5"],
            [
              `["sensitiveData"]["patterns"][1]`,
              "Expected a pattern that repeats nothing that can be matched in several ways, actual /(a+)+$/"
            ]
          ]
        ],
        ["a batch that is none", { ...name, batch: 5 }, [[`["batch"]`, "Expected a plain object, actual 5"]]],
        [
          "bounds that are none, all of them",
          {
            ...name,
            batch: {
              maxBatchsize: 1,
              maxQueueSize: 0,
              maxQueueBytes: 1.5,
              scheduledDelay: 0,
              exportTimeout: "soon",
              shutdownTimeout: -1
            }
          },
          [
            [`["batch"]["maxBatchsize"]`, `is unknown, did you mean "maxBatchSize"?`],
            [`["batch"]["maxQueueSize"]`, "Expected a positive number, actual 0"],
            [`["batch"]["maxQueueBytes"]`, "Expected an integer, actual 1.5"],
            [
              `["batch"]["scheduledDelay"]`,
              'Expected a duration of more than nothing, such as "5 seconds" or milliseconds, actual 0'
            ],
            [
              `["batch"]["exportTimeout"]`,
              `Expected a duration of more than nothing, such as "5 seconds" or milliseconds, actual "soon"`
            ],
            [`["batch"]["shutdownTimeout"]`, `Expected a duration, such as "5 seconds" or milliseconds, actual -1`]
          ]
        ],
        ...[-1, -1n, [-1, 0], [0, -1], "-1 millis", Number.NaN].map(
          (shutdownTimeout): [string, unknown, ReadonlyArray<[string, string]>] => [
            `a negative duration, or none: ${typeof shutdownTimeout} ${shutdownTimeout}`,
            { ...name, batch: { shutdownTimeout } },
            [
              [
                `["batch"]["shutdownTimeout"]`,
                `Expected a duration, such as "5 seconds" or milliseconds, actual ${
                  typeof shutdownTimeout === "bigint"
                    ? "-1n"
                    : typeof shutdownTimeout === "number"
                      ? shutdownTimeout
                      : (Array.isArray(shutdownTimeout) ? "an array" : JSON.stringify(shutdownTimeout))
                }`
              ]
            ]
          ]
        ),
        [
          "limits of less than nothing",
          { ...name, limits: { attributeCount: -1 } },
          [[`["limits"]["attributeCount"]`, "Expected a non-negative number, actual -1"]]
        ],
        ["a logger that is a number", { ...name, logger: 5 }, [[`["logger"]`, logger("5")]]],
        ["a logger that is null", { ...name, logger: null }, [[`["logger"]`, logger("null")]]],
        ["a logger that does not log", { ...name, logger: {} }, [[`["logger"]`, logger("an empty object")]]],
        ["a logger of no level", { logger: "loud", observability: name }, [[`["logger"]`, logger(`"loud"`)]]],
        [
          "a misspelt key in a configuration under its own key",
          { observability: { ...name, loglevel: "debug" } },
          [[`["observability"]["loglevel"]`, `is unknown, did you mean "logLevel"?`]]
        ],
        [
          "other keys beside a configuration under its own key",
          { observability: {}, logLevel: "debug" },
          [
            [`["logLevel"]`, "is unknown, expected one of: $schema, logger, observability"],
            [`["observability"]["serviceName"]`, missing]
          ]
        ],
        [
          "an own key that is misspelt",
          { logger: "debug", observabilty: name },
          [
            [`["observabilty"]`, `is unknown, did you mean "observability"?`],
            [`["serviceName"]`, missing]
          ]
        ],
        [
          "a logger in a configuration under its own key",
          { observability: { ...name, logger: "debug" } },
          [[`["observability"]["logger"]`, "belongs beside `observability`, not in it"]]
        ],
        ["a `$schema` that is none", { ...name, $schema: 1 }, [[`["$schema"]`, "Expected string, actual 1"]]],
        [
          "everything that is wrong at once",
          { exporter: [], serviceName: "", sampling: { type: "ratio", probability: 2 }, logger: 1, logLevel: 1 },
          [
            [`["exporter"]`, `is unknown, did you mean "exporters"?`],
            [`["serviceName"]`, `Expected a non empty string, actual ""`],
            [`["logLevel"]`, level("1")],
            [`["sampling"]["probability"]`, "Expected a number between 0 and 1, actual 2"],
            [`["logger"]`, logger("1")]
          ]
        ]
      ]

    for (const [what, input, problems] of bad) {
      it.effect(what, () =>
        Effect.gen(function* () {
          const { result, said } = yield* decode(input, { OTEL_BSP_MAX_QUEUE_SIZE: "-5" })
          assert.isTrue(Either.isLeft(result))
          if (Either.isRight(result)) return
          assert.strictEqual(result.left._tag, "ParseError")
          const issues = ParseResult.ArrayFormatter.formatErrorSync(result.left)
          assert.sameDeepMembers(
            issues.map(({ message, path }) => [path.map((key) => `[${JSON.stringify(key)}]`).join(""), message]),
            problems.map((problem) => Array.from(problem))
          )
          for (const [path, message] of problems) {
            assert.include(result.left.message, path)
            assert.include(result.left.message, message)
          }
          assert.deepStrictEqual(said, [])
          // What the environment says, what is well-formed and what one field asks of another, an editor cannot know.
          const beyond = problems.every(
            ([, message]) => message === missing || /surrogates|needs a spool/.test(message)
          )
          if (isData(input) && !beyond) assert.isFalse(fits(input), "for an editor")
        })
      )
    }
  })

  describe("names the field of what cannot be read, and can be printed", () => {
    const throws = () => {
      throw new Error("no")
    }
    const deep = Array.from({ length: 10_000 }).reduce((inner: object) => ({ inner }), {})
    const revoked = Proxy.revocable({}, {})
    revoked.revoke()
    const inputs: ReadonlyArray<readonly [what: string, input: unknown, path: string]> = [
      ["an object without a prototype", { sampling: { type: Object.create(null) } }, "sampling"],
      ["a toString that throws", { sampling: { type: { toString: throws } } }, "sampling"],
      [
        "a toString that throws, under its own key",
        { observability: { sampling: { type: { toString: throws } } } },
        "observability"
      ],
      ["a name with a toString that throws", { serviceName: { toString: throws } }, "serviceName"],
      ["a getter that throws", Object.defineProperty({}, "batch", { get: throws, enumerable: true }), "batch"],
      ["a Proxy that throws", new Proxy({}, { get: throws, has: throws, ownKeys: throws }), ""],
      ["a revoked Proxy", { resource: revoked.proxy }, "resource"],
      ["a resource of 10,000 levels", { resource: deep }, "resource"],
      ["100,000 keys", Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`key${n}`, n])), ""],
      ["a key of a million letters", { ["k".repeat(1_000_000)]: 1 }, "kkk"],
      ["a value of a million letters", { logLevel: "v".repeat(1_000_000) }, "logLevel"],
      [
        "10,000 patterns that are none",
        { sensitiveData: { patterns: Array.from({ length: 10_000 }, () => 1) } },
        "patterns"
      ]
    ]
    for (const [what, input, path] of inputs) {
      it.effect(what, () =>
        Effect.gen(function* () {
          const { result } = yield* decode(input)
          if (Either.isRight(result)) return assert.fail("decoded")
          const printed = [result.left.message, String(result.left), JSON.stringify(result.left), inspect(result.left)]
          for (const text of printed) assert.isBelow(text.length, 20_000)
          assert.include(result.left.message, path)
        })
      )
    }

    it.effect("prints no value that may be a secret", () =>
      Effect.gen(function* () {
        const secret = "s3cr3t-v4lue"
        const { result } = yield* decode({
          serviceName: "agent",
          exporters: [{ name: "x", headers: { authorization: secret } }, [secret]],
          sensitiveData: { style: { type: "hashed", key: secret } },
          logger: { token: secret }
        })
        assert.isTrue(Either.isLeft(result))
        assert.notInclude(String(Either.getLeft(result)), secret)
      })
    )
  })

  it.effect("takes a value that lacks nothing as it is, whatever the environment says", () =>
    Effect.gen(function* () {
      const decoded = right(
        (yield* decode({ logger: { level: "debug", info: () => {} }, observability: minimal })).result
      )
      const again = yield* decode(decoded, {
        NODE_ENV: "test",
        OTEL_RESOURCE_ATTRIBUTES: "team=a",
        OTEL_BSP_MAX_QUEUE_SIZE: "5"
      })
      assert.deepStrictEqual(right(again.result), decoded)
      assert.deepStrictEqual(again.said, [])
    })
  )

  it.effect("encodes to what decodes to the same, without a logger", () =>
    Effect.gen(function* () {
      const { result } = yield* decode({ serviceName: "agent", logger: console, batch: { scheduledDelay: 5 } })
      const encoded = yield* Schema.encode(ObservabilityConfig)(right(result))
      assert.notProperty(encoded, "logger")
      const again = yield* decode(encoded)
      assert.deepStrictEqual(again, { result, said: [] })
    })
  )

  it("is decoded without a program: in the environment of the process, with the default logger", () => {
    vi.stubEnv("OTEL_SERVICE_NAME", "from the process")
    vi.stubEnv("NODE_ENV", "staging")
    const log = vi.spyOn(console, "log").mockImplementation(() => {})
    try {
      const decoded = Schema.decodeUnknownSync(ObservabilityConfig)({ logger: "debug" })
      assert.deepInclude(decoded, { serviceName: "from the process", environment: "staging", logLevel: "debug" })
      assert.lengthOf(log.mock.calls, 1)
      assert.match(String(log.mock.calls[0]?.[0]), /level=WARN .*`logger` is deprecated.* deprecated=logger/)
      vi.stubEnv("OTEL_SERVICE_NAME", "")
      assert.throws(() => Schema.decodeUnknownSync(ObservabilityConfig)({}), /OTEL_SERVICE_NAME/)
    } finally {
      log.mockRestore()
      vi.unstubAllEnvs()
    }
  })

  it("is described to editors as it is", () => {
    const written: unknown = JSON.parse(readFileSync("docs/observability-config.schema.json", "utf8"))
    const described = JSON.parse(JSON.stringify(JSONSchema.make(ObservabilityConfig)))
    assert.deepStrictEqual(written, described, "npm run docs:schema")
  })

  it.effect("takes of what can be written in a file exactly what it describes to editors", () =>
    Effect.gen(function* () {
      const some = <A>(...values: ReadonlyArray<A>) => fc.option(fc.constantFrom(...values), { nil: undefined })
      const amount = some<unknown>(1, 10, 0, -1, 1.5, "1", null)
      const duration = some<unknown>(
        0,
        1,
        0.5,
        -1,
        "0 seconds",
        "5 seconds",
        "0.0 millis",
        "1.5  days",
        "-1 day",
        "soon"
      )
      const level = fc.oneof(
        fc.mixedCase(fc.constantFrom("trace", "debug", "info", "warn", "error", "fatal", "none")),
        fc.constantFrom("loud", "", 10, null)
      )
      const settings = {
        serviceName: some<unknown>("agent", "an agent", " agent", "", 1),
        environment: some<unknown>("test", "", 1),
        resource: some<unknown>({}, { team: ["a", null] }, [], "team=a"),
        exporters: some<unknown>([], [{ name: "a" }], {}),
        logLevel: fc.option(level, { nil: undefined }),
        sampling: fc.option(
          fc.record(
            {
              type: fc.constantFrom("always", "never", "ratio", "session", "custom", "x"),
              probability: fc.constantFrom<unknown>(0, 0.5, 1, 1.5, -0.1, "1"),
              ignoreParent: fc.constantFrom<unknown>(true, false, 1)
            },
            { requiredKeys: [] }
          ),
          { nil: undefined }
        ),
        metrics: some<unknown>(true, false, "on"),
        defaultSessionId: some<unknown>("cron", "a b", " ", "", "a".repeat(201)),
        batch: fc.record({ maxQueueSize: amount, scheduledDelay: duration, shutdownTimeout: duration }),
        limits: fc.record({ attributeCount: amount, other: fc.option(fc.constant(1), { nil: undefined, freq: 20 }) })
      }
      const beside = {
        $schema: some<unknown>("a", 1),
        logger: fc.option(fc.oneof(level, fc.constant(false)), { nil: undefined })
      }
      // One or two fields of each, so that many of them are good.
      const few = (fields: Record<string, fc.Arbitrary<unknown>>) =>
        fc
          .uniqueArray(fc.constantFrom(...Object.keys(fields)), { maxLength: 2 })
          .chain((keys) => fc.record(Object.fromEntries(Object.entries(fields).filter(([key]) => keys.includes(key)))))
      const inputs = fc.oneof(
        few({ ...settings, ...beside }),
        fc.tuple(few(beside), few(settings)).map(([beside, observability]) => ({ ...beside, observability }))
      )
      const taken = { true: 0, false: 0 }
      for (const generated of fc.sample(inputs, { numRuns: 400, seed: 1 })) {
        const input: unknown = JSON.parse(JSON.stringify(generated))
        const { result } = yield* decode(input, { OTEL_SERVICE_NAME: "agent" })
        taken[`${Either.isRight(result)}`]++
        assert.strictEqual(fits(input), Either.isRight(result), JSON.stringify(input))
      }
      assert.isAbove(Math.min(taken.true, taken.false), 100)
    })
  )

  it("documents every field, limit and variable", () => {
    const guide = readFileSync("docs/configuration.md", "utf8")
    const words = [Input.fields, Batch.fields, Limits.fields].flatMap((fields) => Object.keys(fields))
    const read = readFileSync("src/config/environment.ts", "utf8").match(/(?<=")(?:OTEL_\w+|NODE_ENV)(?=")/g) ?? []
    assert.isNotEmpty(read)
    for (const word of [...words, ...read]) assert.include(guide, `\`${word}\``)
  })
})

describe("Observability", () => {
  /** Runs a program inside a layer over a storage in memory, and gives what was stored. */
  const store = <E>(layer: Layer.Layer<Observability.Observability, E, Storage.Storage>, env: Env = {}) =>
    inProgram(
      Effect.gen(function* () {
        yield* program.pipe(Effect.provide(layer))
        const storage = yield* Storage.Storage
        const spans = (yield* storage.listSpans()).items
        const logs = (yield* storage.listLogs()).items
        return { spans, logs }
      }).pipe(Effect.provide(Storage.layerMemory)),
      env
    )

  const program = Effect.all([
    Effect.logDebug("debug"),
    Effect.logInfo("info"),
    Effect.logError("error").pipe(
      Effect.withSpan("own"),
      TracingOptions.withTracingOptions({
        organizationId: "globex",
        userId: "bob",
        sessionId: SessionId.SessionId.make("chat")
      })
    )
  ]).pipe(Effect.withSpan("root"))

  it.scopedLive("stamps the organisation, the user and the session on what names none, for good", () =>
    Effect.gen(function* () {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "effect-observability-"))),
        (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
      )
      const config = { serviceName: "agent", organizationId: "acme", userId: "ada", defaultSessionId: "cron" }
      const file = DuckDbStorage.layer({ path: join(folder, "agents.duckdb") })
      yield* inProgram(Effect.provide(program, Observability.layer(config).pipe(Layer.provide(file))))
      const { logs, spans } = yield* Effect.flatMap(Storage.Storage, (storage) =>
        Effect.all({ spans: storage.listSpans(), logs: storage.listLogs() })
      ).pipe(Effect.provide(file))
      const whose = (record: (typeof logs.items)[number] | (typeof spans.items)[number]) => [
        "name" in record ? record.name : record.message,
        record.organizationId,
        record.userId,
        record.sessionId
      ]
      assert.sameDeepMembers([...spans.items, ...logs.items].map(whose), [
        ["root", "acme", "ada", "cron"],
        ["own", "globex", "bob", "chat"],
        ["info", "acme", "ada", "cron"],
        ["error", "globex", "bob", "chat"]
      ])
    })
  )

  it.effect("stores the logs that are not less severe than its level", () =>
    Effect.gen(function* () {
      const expected: ReadonlyArray<[level: "trace" | "INFO" | "Error" | "none", messages: ReadonlyArray<string>]> = [
        ["trace", ["debug", "info", "error"]],
        ["INFO", ["info", "error"]],
        ["Error", ["error"]],
        ["none", []]
      ]
      for (const [logLevel, messages] of expected) {
        const { result } = yield* store(Observability.layer({ serviceName: "agent", logLevel }))
        assert.sameMembers(
          right(result).logs.map((log) => log.message),
          Array.from(messages),
          logLevel
        )
      }
    })
  )

  it.effect("samples as it is told, and follows parents unless it shall not", () =>
    Effect.gen(function* () {
      const named = { shouldSample: ({ name }: { readonly name: string }) => name === "own" }
      const expected: ReadonlyArray<[sampling: Sampling, spans: ReadonlyArray<string>]> = [
        [{ type: "always" }, ["root", "own"]],
        [{ type: "never" }, []],
        [{ type: "ratio", probability: 1 }, ["root", "own"]],
        [{ type: "ratio", probability: 0 }, []],
        [{ type: "session", probability: 1 }, ["root", "own"]],
        [{ type: "session", probability: 0 }, []],
        [{ type: "custom", sampler: named }, []],
        [{ type: "custom", sampler: named, ignoreParent: true }, ["own"]]
      ]
      for (const [sampling, spans] of expected) {
        const { result } = yield* store(Observability.layer({ serviceName: "agent", sampling }))
        assert.sameMembers(
          right(result).spans.map((span) => span.name),
          Array.from(spans),
          JSON.stringify(sampling)
        )
      }
    })
  )

  const kept = (probability: number, effect: Effect.Effect<unknown>, ignoreParent = false) => {
    const exporter = memory()
    const config = {
      serviceName: "agent",
      exporters: [exporter],
      sampling: { type: "session", probability, ignoreParent }
    }
    return inProgram(Effect.provide(effect, Observability.layerExportOnly(config as Input))).pipe(
      Effect.as(exporter.spans)
    )
  }

  it.effect("keeps sessions whole or not at all, the same ones in every process", () =>
    Effect.gen(function* () {
      const sessions = Array.from({ length: 400 }, (_, i) => SessionId.SessionId.make(`support-${i}`))
      const turn = Effect.void.pipe(Effect.withSpan("model"), Effect.withSpan("turn"))
      const program = Effect.forEach(
        sessions,
        (session) => SessionId.withSessionId(Effect.zipRight(turn, turn), session),
        { concurrency: 10 }
      )
      const spans = yield* kept(0.25, program)
      const counts = new Map<string | undefined, number>()
      for (const { sessionId } of spans) counts.set(sessionId, (counts.get(sessionId) ?? 0) + 1)
      assert.deepStrictEqual(new Set(counts.values()), new Set([4]))
      // Five standard deviations.
      assert.closeTo(counts.size / 400, 0.25, 5 * Math.sqrt((0.25 * 0.75) / 400))
      const among = sessions.filter((session) => counts.has(session))
      assert.deepStrictEqual(among.slice(0, 4), ["support-2", "support-13", "support-16", "support-17"])
      const again = new Set((yield* kept(0.25, program)).map(({ sessionId }) => sessionId))
      assert.deepStrictEqual(again, new Set(among))
    })
  )

  it.effect("keeps what is in no session by its trace id", () =>
    Effect.gen(function* () {
      const traces = Array.from({ length: 400 }, (_, i) => BigInt.asUintN(56, BigInt(i) * 0x9e3779b97f4a7c15n))
      const traceId = (bits: bigint) => bits.toString(16).padStart(32, "a0")
      const program = Effect.forEach(traces, (bits) =>
        Effect.void.pipe(
          Effect.withSpan("turn"),
          Effect.withParentSpan(EffectTracer.externalSpan({ traceId: traceId(bits), spanId: "b7ad6b7169203331" }))
        )
      )
      const expected = traces.filter((bits) => bits >= (3n << 56n) / 4n).map(traceId)
      assert.closeTo(expected.length / 400, 0.25, 0.1)
      for (let i = 0; i < 2; i++) {
        const spans = yield* kept(0.25, program, true)
        assert.sameMembers(
          spans.map((span) => span.traceId),
          expected
        )
      }
    })
  )

  it.effect("is configured by an Effect Config", () =>
    Effect.gen(function* () {
      const layer = Observability.layerConfig({
        serviceName: Config.string("APP_NAME"),
        batch: { maxQueueSize: Config.integer("APP_QUEUE") }
      })
      const { result } = yield* store(layer, { APP_NAME: "agent", APP_QUEUE: "10" })
      assert.strictEqual(right(result).spans[0]?.serviceName, "agent")
      const whole = yield* store(Observability.layerConfig(Config.succeed({ serviceName: "whole" })))
      assert.strictEqual(right(whole.result).spans[0]?.serviceName, "whole")
      const missing = yield* store(layer, { APP_NAME: "agent" })
      assert.include(String(Option.getOrThrow(Either.getLeft(missing.result))), "APP_QUEUE")
      const wrong = yield* store(layer, { APP_NAME: "agent", APP_QUEUE: "0" })
      assert.include(String(Option.getOrThrow(Either.getLeft(wrong.result))), `["batch"]["maxQueueSize"]`)
    })
  )

  it.effect("is configured by the environment alone", () =>
    Effect.gen(function* () {
      const { result } = yield* store(Observability.layerFromEnv, {
        OTEL_SERVICE_NAME: "agent",
        OTEL_RESOURCE_ATTRIBUTES: "service.name=other,team=a",
        NODE_ENV: "test"
      })
      const span = right(result).spans[0]
      assert.deepInclude(span, { serviceName: "agent", environment: "test" })
      assert.deepStrictEqual(span?.resource, {
        "service.name": "agent",
        "deployment.environment.name": "test",
        team: "a"
      })
      const { result: none } = yield* store(Observability.layerFromEnv)
      assert.include(String(Option.getOrThrow(Either.getLeft(none))), "OTEL_SERVICE_NAME")
    })
  )

  it.effect("warns once of the deprecated logger", () =>
    Effect.gen(function* () {
      const { said } = yield* store(Observability.layer({ logger: "error", observability: { serviceName: "agent" } }))
      assert.lengthOf(
        said.filter(({ annotations }) => "deprecated" in annotations),
        1
      )
    })
  )

  describe("where OTEL_SDK_DISABLED is true", () => {
    const disabled = { OTEL_SDK_DISABLED: "True" }
    const around = Effect.all([
      Effect.tracer,
      FiberRef.get(FiberRef.currentLoggers),
      FiberRef.get(FiberRef.currentMinimumLogLevel)
    ])

    it.effect("leaves the program as it is, and records nothing", () =>
      Effect.gen(function* () {
        const exporter = memory()
        const config = { serviceName: "agent", logLevel: "trace", exporters: [exporter] } as const
        for (const layer of [Observability.layer(config), Observability.layerExportOnly(config)]) {
          const { result, said } = yield* inProgram(
            Effect.gen(function* () {
              const before = yield* around
              yield* Effect.gen(function* () {
                assert.deepStrictEqual(yield* around, before)
                yield* program
                const { flush, logLevel, setLogLevel, stats } = yield* Observability.Observability
                yield* setLogLevel("trace", { console: true })
                assert.strictEqual(yield* logLevel, "none")
                assert.deepStrictEqual(yield* around, before)
                yield* flush
                assert.deepStrictEqual(yield* stats, { ...perSignal(() => ({})), exporters: {} })
                assert.deepStrictEqual(yield* Effect.flatMap(Tracer.Tracer, (tracer) => tracer.activeSpans), [])
              }).pipe(Effect.provide(layer))
              return yield* Effect.flatMap(Storage.Storage, (storage) => storage.listSpans())
            }).pipe(Effect.provide(Storage.layerMemory)),
            disabled
          )
          assert.isEmpty(right(result).items)
          assert.deepStrictEqual(
            said.map(({ text }) => text),
            ["info", "error"]
          )
        }
        assert.isEmpty(exporter.spans)
        assert.isEmpty(exporter.logs)
      })
    )

    it.effect("asks for no configuration", () =>
      Effect.gen(function* () {
        const fromConfig = Observability.layerConfig({ serviceName: Config.string("APP_NAME") })
        for (const layer of [Observability.layerFromEnv, fromConfig]) {
          const { result } = yield* store<unknown>(layer, disabled)
          assert.isTrue(Either.isRight(result))
        }
      })
    )

    it.effect("does nothing of the kind for another value, and says so where that is no word for it", () =>
      Effect.gen(function* () {
        for (const [value, text] of [
          ["false", undefined],
          ["", undefined],
          ["1", /OTEL_SDK_DISABLED is ignored: Expected "true".*actual "1"/]
        ] as const) {
          const { result, said } = yield* store(Observability.layer({ serviceName: "agent" }), {
            OTEL_SDK_DISABLED: value
          })
          assert.lengthOf(right(result).spans, 2)
          const warnings = said.filter(({ level }) => level === "WARN")
          assert.lengthOf(warnings, text === undefined ? 0 : 1)
          if (text !== undefined) assert.match(warnings[0]?.text ?? "", text)
        }
      })
    )
  })
})
