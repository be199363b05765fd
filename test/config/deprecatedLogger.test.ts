import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, List, Logger, Schema } from "effect"
import ts from "typescript"
import * as SessionId from "../../src/identity/SessionId.js"
import * as Observability from "../../src/Observability.js"
import { type Input, ObservabilityConfig } from "../../src/ObservabilityConfig.js"
import { memory } from "../../src/pipeline/Exporters.js"

/** Decodes, and keeps what is said to the program's loggers. */
const decode = <A, I>(input: unknown, schema: Schema.Schema<A, I>) => {
  const said: Array<{ readonly text: string; readonly level: string; readonly annotations: object }> = []
  const listening = Logger.make(({ annotations, logLevel, message }) => {
    said.push({ text: String(message), level: logLevel.label, annotations: Object.fromEntries(annotations) })
  })
  return Schema.decodeUnknown(schema)(input).pipe(
    Effect.map((config) => ({ config, said })),
    Effect.provide(Logger.replace(Logger.defaultLogger, listening))
  )
}

const observability = { serviceName: "agent" }
const info = () => {}

const deprecated = "The option `logger` is deprecated and goes away in the next major version."
const receives = "Until then the object goes on receiving the logs: write an exporter for it, if it shall for good."

describe("the deprecated logger", () => {
  describe("as a level", () => {
    it.effect("becomes the log level, beside the other fields", () =>
      Effect.gen(function* () {
        const { config, said } = yield* decode({ ...observability, logger: "debug" }, ObservabilityConfig)
        assert.strictEqual(config.logLevel, "debug")
        assert.isEmpty(config.exporters)
        assert.deepStrictEqual(said, [
          {
            level: "WARN",
            text: `${deprecated} Write \`logLevel: "debug"\` instead.`,
            annotations: { deprecated: "logger", package: "effect-observability", module: "ObservabilityConfig" }
          }
        ])
      })
    )

    it.effect("becomes the log level, beside a configuration under its own key", () =>
      Effect.gen(function* () {
        const { config, said } = yield* decode({ logger: "ERROR", observability }, ObservabilityConfig)
        assert.strictEqual(config.logLevel, "error")
        assert.deepStrictEqual(said, [
          {
            level: "WARN",
            text: `${deprecated} Write \`observability.logLevel: "error"\` instead.`,
            annotations: { deprecated: "logger", package: "effect-observability", module: "ObservabilityConfig" }
          }
        ])
      })
    )

    it.effect("is ignored where there is a log level, and that is said", () =>
      Effect.gen(function* () {
        const { config, said } = yield* decode(
          { ...observability, logger: "debug", logLevel: "warn" },
          ObservabilityConfig
        )
        assert.strictEqual(config.logLevel, "warn")
        assert.deepStrictEqual(
          said.map(({ text }) => text),
          [`${deprecated} \`logger\` is ignored, because \`logLevel\` is given.`]
        )
      })
    )
  })

  describe("as an object", () => {
    const enabledFrom =
      (...words: ReadonlyArray<string>) =>
      (word: string) =>
        words.includes(word)
    const levels: ReadonlyArray<[what: string, logger: object, level: string]> = [
      ["a word", { level: "warn" }, "warn"],
      ["a word in upper case", { level: "WARN" }, "warn"],
      ["winston's silly", { level: "silly" }, "trace"],
      ["winston's verbose", { level: "verbose" }, "info"],
      ["winston's http", { level: "http" }, "info"],
      ["the word warning", { level: "warning" }, "warn"],
      ["syslog's notice", { level: "notice" }, "warn"],
      ["syslog's crit", { level: "crit" }, "fatal"],
      ["pino's silent", { level: "silent" }, "none"],
      ["pino's 10", { level: 10 }, "trace"],
      ["pino's 20", { level: 20 }, "debug"],
      ["a number between pino's", { level: 35 }, "warn"],
      ["pino's 50", { level: 50 }, "error"],
      ["pino's 60", { level: 60 }, "fatal"],
      ["pino's number for silent", { level: Number.POSITIVE_INFINITY }, "none"],
      ["winston's 0", { level: 0 }, "error"],
      ["winston's 2", { level: 2 }, "info"],
      ["winston's 5", { level: 5 }, "debug"],
      ["winston's 6", { level: 6 }, "trace"],
      ["getLevel() with a word", { getLevel: () => "error" }, "error"],
      ["getLevel() with pino's number", { getLevel: () => 40 }, "warn"],
      ["getLevel() with loglevel's number", { getLevel: () => 1 }, "debug"],
      ["a level before getLevel()", { level: "warn", getLevel: () => "error" }, "warn"],
      ["getLevel() after a level that is none", { level: "loud", getLevel: () => "error" }, "error"],
      ["isLevelEnabled(), pino's", { isLevelEnabled: enabledFrom("warn", "error", "fatal") }, "warn"],
      ["isLevelEnabled(), winston's", { isLevelEnabled: enabledFrom("silly", "debug", "info", "error") }, "trace"],
      ["isLevelEnabled() for nothing", { isLevelEnabled: () => false }, "none"]
    ]
    it.effect.each(levels)("gives its level: %s", ([, logger, level]) =>
      Effect.gen(function* () {
        const { config, said } = yield* decode({ ...observability, logger: { ...logger, info } }, ObservabilityConfig)
        assert.strictEqual(config.logLevel, level)
        assert.deepStrictEqual(
          said.map(({ text }) => text),
          [`${deprecated} Write \`logLevel: "${level}"\` instead. ${receives}`]
        )
      })
    )

    const unknown: ReadonlyArray<[what: string, logger: object]> = [
      ["console", console],
      ["an Effect Logger", Logger.stringLogger],
      ["a word of its own", { level: "loud", info }],
      ["not a number", { level: Number.NaN, info }],
      ["a number of its own", { level: 7, info }],
      [
        "one that throws",
        {
          info,
          get level() {
            throw new Error("no")
          },
          getLevel() {
            throw new Error("no")
          }
        }
      ]
    ]
    it.effect.each(unknown)("has the level info where it does not say: %s", ([, logger]) =>
      Effect.gen(function* () {
        const { config, said } = yield* decode({ ...observability, logger }, ObservabilityConfig)
        assert.strictEqual(config.logLevel, "info")
        assert.deepStrictEqual(
          said.map(({ text }) => text),
          [
            `${deprecated} The level of \`logger\` cannot be read: "info" is taken. Write \`logLevel: "info"\` instead. ${receives}`
          ]
        )
      })
    )

    it.effect("loses its level to the log level, but not the logs", () =>
      Effect.gen(function* () {
        const logger = { level: "debug", info }
        const { config, said } = yield* decode(
          { logger, observability: { ...observability, logLevel: "warn" } },
          ObservabilityConfig
        )
        assert.strictEqual(config.logLevel, "warn")
        assert.deepStrictEqual(
          config.exporters.map(({ name }) => name),
          ["logger"]
        )
        assert.deepStrictEqual(
          said.map(({ text }) => text),
          [`${deprecated} The level of \`logger\` is ignored, because \`observability.logLevel\` is given. ${receives}`]
        )
      })
    )
  })

  it.effect("takes a name that no exporter has", () =>
    Effect.gen(function* () {
      const exporters = [memory("logger"), memory("logger-2")]
      const { config } = yield* decode({ ...observability, exporters, logger: { info } }, ObservabilityConfig)
      assert.deepStrictEqual(
        config.exporters.map(({ name }) => name),
        ["logger", "logger-2", "logger-3"]
      )
    })
  )

  it.effect("does not warn where a union tries the configuration in vain", () =>
    Effect.gen(function* () {
      const Other = Schema.Struct({ logger: Schema.String, other: Schema.String })
      const input = { logger: "debug", other: "value" }
      const { config, said } = yield* decode(input, Schema.Union(ObservabilityConfig, Other))
      assert.deepStrictEqual(config, input)
      assert.isEmpty(said)
      const met = yield* decode({ ...observability, logger: "debug" }, Schema.Union(Other, ObservabilityConfig))
      assert.lengthOf(met.said, 1)
    })
  )

  it("is struck through in editors", () => {
    const path = "src/ObservabilityConfig.ts"
    const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.ESNext, true)
    for (const name of ["Input", "WrappedInput"]) {
      const input = source.statements
        .filter(ts.isInterfaceDeclaration)
        .find((statement) => statement.name.text === name)
      const logger = input?.members.find((member) => member.name?.getText() === "logger")
      assert.isDefined(logger && ts.getJSDocDeprecatedTag(logger), name)
    }
  })

  describe("goes on receiving the logs:", () => {
    const session = SessionId.SessionId.make("chat")
    const cause = Cause.fail("broken")

    /** Logs at each level what a logger then receives. */
    const logging = (logger: object) => {
      const config: Input = { serviceName: "agent", logger, logLevel: "trace" }
      return Effect.gen(function* () {
        yield* Effect.logTrace("trace")
        yield* Effect.logDebug("debug")
        yield* Effect.logInfo("info", { answer: 42 })
        yield* Effect.logWarning("warn").pipe(Effect.annotateLogs("key", "value"))
        yield* Effect.logError("error", cause).pipe(SessionId.withSessionId(session))
        yield* Effect.logFatal("fatal")
      }).pipe(Effect.provide([Observability.layerExportOnly(config), Logger.remove(Logger.defaultLogger)]))
    }

    /** A logger of methods that keep their calls. */
    const recording = (...methods: ReadonlyArray<string>) => {
      const calls: Array<ReadonlyArray<unknown>> = []
      const logger: Record<string, unknown> = Object.fromEntries(
        methods.map((method) => [
          method,
          function (this: unknown, ...args: ReadonlyArray<unknown>) {
            assert.strictEqual(this, logger)
            calls.push([method, ...args])
          }
        ])
      )
      return { calls, logger }
    }

    const details = {
      info: { data: [{ answer: 42 }] },
      warn: { key: "value" },
      error: { cause: Cause.pretty(cause), sessionId: session }
    }

    it.effect("the console, of which trace prints a stack", () =>
      Effect.gen(function* () {
        const { calls, logger } = recording("log", "trace", "debug", "info", "warn", "error", "dir")
        yield* logging(logger)
        assert.deepStrictEqual(calls, [
          ["debug", "trace"],
          ["debug", "debug"],
          ["info", "info", details.info],
          ["warn", "warn", details.warn],
          ["error", "error", details.error],
          ["error", "fatal"]
        ])
      })
    )

    it.effect("pino, which takes details first", () =>
      Effect.gen(function* () {
        const { calls, logger } = recording("trace", "debug", "info", "warn", "error", "fatal")
        yield* logging(Object.assign(logger, { level: "trace" }))
        assert.deepStrictEqual(calls, [
          ["trace", "trace"],
          ["debug", "debug"],
          ["info", details.info, "info"],
          ["warn", details.warn, "warn"],
          ["error", details.error, "error"],
          ["fatal", "fatal"]
        ])
      })
    )

    it.effect("winston, with the levels of npm", () =>
      Effect.gen(function* () {
        const { calls, logger } = recording("log", "silly", "debug", "verbose", "http", "info", "warn", "error")
        yield* logging(Object.assign(logger, { level: "silly" }))
        assert.deepStrictEqual(calls, [
          ["silly", "trace"],
          ["debug", "debug"],
          ["info", "info", details.info],
          ["warn", "warn", details.warn],
          ["error", "error", details.error],
          ["error", "fatal"]
        ])
      })
    )

    it.effect("winston, with the levels of syslog", () =>
      Effect.gen(function* () {
        const { calls, logger } = recording(
          "log",
          "debug",
          "info",
          "notice",
          "warning",
          "error",
          "crit",
          "alert",
          "emerg"
        )
        yield* logging(Object.assign(logger, { level: "debug" }))
        assert.deepStrictEqual(
          calls.map(([method]) => method),
          ["debug", "debug", "info", "warning", "error", "crit"]
        )
      })
    )

    it.effect("one that has nothing but log, with a level", () =>
      Effect.gen(function* () {
        const { calls, logger } = recording("log")
        yield* logging(Object.assign(logger, { level: "debug" }))
        assert.deepStrictEqual(calls.slice(1, 4), [
          ["log", "debug", "debug"],
          ["log", "info", "info", details.info],
          ["log", "warn", "warn", details.warn]
        ])
      })
    )

    it.effect("one that has nothing but log", () =>
      Effect.gen(function* () {
        const { calls, logger } = recording("log")
        yield* logging(logger)
        assert.deepStrictEqual(calls.slice(1, 3), [
          ["log", "debug"],
          ["log", "info", details.info]
        ])
      })
    )

    it.effect("Effect's own", () =>
      Effect.gen(function* () {
        const entries: Array<Logger.Logger.Options<unknown>> = []
        yield* Effect.withLogSpan(logging(Logger.make((entry) => void entries.push(entry))), "around")
        assert.deepStrictEqual(
          entries.map(({ annotations, logLevel, message }) => [
            logLevel._tag,
            message,
            Object.fromEntries(annotations)
          ]),
          [
            ["Trace", ["trace"], {}],
            ["Debug", ["debug"], {}],
            ["Info", ["info", { answer: 42 }], {}],
            ["Warning", ["warn"], { key: "value" }],
            ["Error", ["error"], details.error],
            ["Fatal", ["fatal"], {}]
          ]
        )
        assert.deepStrictEqual(
          entries.map(({ spans }) => List.toArray(List.map(spans, (span) => span.label))),
          entries.map(() => ["around"])
        )
      })
    )

    it.effect("what the program has annotated, whatever the record says under the same name", () =>
      Effect.gen(function* () {
        const annotations = { sessionId: "mine", traceId: "mine", spanId: "mine", cause: "mine", data: "mine" }
        const program = Effect.logError("error", { answer: 42 }, cause).pipe(
          Effect.annotateLogs(annotations),
          Effect.withSpan("span"),
          SessionId.withSessionId(session)
        )
        const { calls, logger } = recording("error", "log")
        const entries: Array<unknown> = []
        const own = Logger.make((entry) => void entries.push([entry.message, Object.fromEntries(entry.annotations)]))
        for (const each of [logger, own]) {
          yield* program.pipe(
            Effect.provide([
              Observability.layerExportOnly({ serviceName: "agent", logger: each }),
              Logger.remove(Logger.defaultLogger)
            ])
          )
        }
        assert.deepStrictEqual(calls, [["error", "error", annotations]])
        assert.deepStrictEqual(entries, [[["error", { answer: 42 }], annotations]])
      })
    )

    it.effect("one of the program's own Effect loggers, but nothing twice", () =>
      Effect.gen(function* () {
        const received: Array<string> = []
        const own = Logger.make(({ message }) => void received.push(String(message)))
        const program = Effect.all([Effect.logDebug("debug"), Effect.logInfo("info"), Effect.logError("error")])
        const config: Input = { serviceName: "agent", logger: own, logLevel: "debug" }
        yield* program.pipe(
          Effect.provide(Observability.layerExportOnly(config)),
          Effect.provide(Logger.replace(Logger.defaultLogger, own))
        )
        assert.deepStrictEqual(
          received.filter((message) => !message.includes("deprecated")),
          ["info", "error", "debug"]
        )
      })
    )

    it.effect("one whose promises reject, without harm to the process", () =>
      Effect.gen(function* () {
        const unhandled: Array<unknown> = []
        const listener = (reason: unknown) => void unhandled.push(reason)
        process.on("unhandledRejection", listener)
        const received: Array<string> = []
        yield* logging({
          info: (message: string) => {
            received.push(message)
            return Promise.reject(new Error("no"))
          }
        })
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
        process.off("unhandledRejection", listener)
        assert.lengthOf(received, 6)
        assert.isEmpty(unhandled)
      })
    )

    it.effect("no log twice, and all but those at which it throws", () =>
      Effect.gen(function* () {
        const received: Array<string> = []
        const logger = {
          info(message: string) {
            if (message === "poison") throw new Error("no")
            received.push(message)
          }
        }
        const stats = yield* Effect.gen(function* () {
          for (const message of ["a", "b", "poison", "c", "d"]) yield* Effect.log(message)
          const observability = yield* Observability.Observability
          yield* observability.flush
          return yield* observability.stats
        }).pipe(
          Effect.provide([
            Observability.layerExportOnly({ serviceName: "agent", logger }),
            Logger.remove(Logger.defaultLogger)
          ])
        )
        assert.deepStrictEqual(received, ["a", "b", "c", "d"])
        assert.deepStrictEqual(stats.logs["logger"], {
          emitted: 5,
          exported: 4,
          queued: 0,
          dropped: {},
          failed: { Rejected: 1 }
        })
      })
    )
  })
})
