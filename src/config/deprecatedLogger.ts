/**
 * The option `logger`, from before there was `logLevel`: a level, or an object that receives the logs.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import * as HashMap from "effect/HashMap"
import * as HashSet from "effect/HashSet"
import * as List from "effect/List"
import * as EffectLogger from "effect/Logger"
import * as EffectLogLevel from "effect/LogLevel"
import * as LogSpan from "effect/LogSpan"
import * as Option from "effect/Option"
import type { LogLevel } from "../capture/Logger.js"
import { ExportError, type Exporter } from "../pipeline/Exporter.js"
import { disregard } from "../runtime/call.js"
import type { Level, LogRecord } from "../signal/LogRecord.js"

/** A logger of the kinds that programs have: `console`, pino's, winston's, Effect's and what looks like one of them. */
export interface Logger {
  readonly [member: string]: unknown
}

export const isLogger = (value: unknown): value is Logger =>
  typeof value === "object" &&
  value !== null &&
  ["log", "debug", "info", "warn", "error"].some((method) => isMethod(value as Logger, method))

/** The settings with what the option says brought into them, and what to tell the program about it. */
export const migrate = <Settings extends { readonly logLevel: LogLevel; readonly exporters: ReadonlyArray<Exporter> }>(
  settings: Settings,
  option: string | Logger,
  { instead, levelGiven }: { readonly instead: string; readonly levelGiven: boolean }
): { readonly settings: Settings; readonly warning: string } => {
  const logger = typeof option === "string" ? undefined : option
  const inferred = typeof option === "string" ? toLevel(option, []) : levelOf(option)
  const logLevel = levelGiven ? settings.logLevel : (inferred ?? "info")
  const sentences = [
    "The option `logger` is deprecated and goes away in the next major version.",
    ...(levelGiven
      ? [`${logger ? "The level of `logger`" : "`logger`"} is ignored, because \`${instead}\` is given.`]
      : [
          ...(inferred === undefined ? [`The level of \`logger\` cannot be read: "${logLevel}" is taken.`] : []),
          `Write \`${instead}: "${logLevel}"\` instead.`
        ]),
    ...(logger
      ? ["Until then the object goes on receiving the logs: write an exporter for it, if it shall for good."]
      : [])
  ]
  return {
    settings: {
      ...settings,
      logLevel,
      exporters: logger ? [...settings.exporters, exporterOf(logger, freeName(settings.exporters))] : settings.exporters
    },
    warning: sentences.join(" ")
  }
}

/** The least severe level that a logger lets through, where it says so. */
const levelOf = (logger: Logger): LogLevel | undefined =>
  firstOf(
    () => toLevel(logger["level"], winstonLevels),
    () => toLevel(call(logger, "getLevel"), loglevelLevels),
    () =>
      isMethod(logger, "isLevelEnabled")
        ? (Array.from(words).find(([word]) => call(logger, "isLevelEnabled", word) === true)?.[1] ?? "none")
        : undefined
  )

/** The first result there is; what throws has none. */
const firstOf = <A>(...reads: ReadonlyArray<() => A | undefined>): A | undefined =>
  Option.getOrUndefined(
    Option.firstSomeOf(reads.map((read) => Option.flatMap(Option.liftThrowable(read)(), Option.fromNullable)))
  )

/** `logger`, or what no exporter is called yet: `logger-2`, `logger-3`. */
const freeName = (exporters: ReadonlyArray<Exporter>, name = "logger", next = 2): string =>
  exporters.some((exporter) => exporter.name === name) ? freeName(exporters, `logger-${next}`, next + 1) : name

/** Gives a logger the logs as it was given them before, but those that the program shows it by itself. */
const exporterOf = (logger: Logger, name: string): Exporter => {
  const written = new WeakSet<LogRecord>()
  const writeAll = (logs: ReadonlyArray<LogRecord>) => {
    for (const record of logs) {
      // A batch in which a record fails comes again in parts.
      if (written.has(record)) continue
      const result = write(logger, record)
      // As before, nobody waits for a logger: what it rejects later must not end the process.
      disregard(result)
      written.add(record)
    }
  }
  return {
    name,
    export: ({ logs }) =>
      Effect.flatMap(unseenBy(logger), (unseen) =>
        Effect.try({
          try: () => writeAll(logs.filter(unseen)),
          catch: (cause) => new ExportError({ retryable: false, cause })
        })
      )
  }
}

/** The logs that one of the program's own Effect loggers does not receive anyway: those below its minimum level. */
const unseenBy = (logger: Logger): Effect.Effect<(record: LogRecord) => boolean> =>
  Effect.zipWith(
    FiberRef.get(FiberRef.currentLoggers),
    FiberRef.get(FiberRef.currentMinimumLogLevel),
    (loggers, minimum) =>
      EffectLogger.isLogger(logger) && HashSet.has(loggers, logger)
        ? ({ level }) => EffectLogLevel.lessThan(effectLevels[level], minimum)
        : () => true
  )

const write = (logger: Logger, record: LogRecord): unknown => {
  if (EffectLogger.isLogger(logger)) {
    return logger.log(toEffect(record))
  }
  const details = { ...(record.data.length > 0 && { data: record.data }), ...annotationsOf(record) }
  const args = Object.keys(details).length === 0 ? [record.message] : [record.message, details]
  const method = methodsOf(record.level).find(
    // A console, which has `dir` too, prints a stack for `trace`.
    (method) => isMethod(logger, method) && !(method === "trace" && isMethod(logger, "dir"))
  )
  if (method !== undefined) return call(logger, method, ...(isPino(logger) ? args.toReversed() : args))
  return "level" in logger ? call(logger, "log", record.level, ...args) : call(logger, "log", ...args)
}

/** Pino takes an object before the message, and has no `log`. */
const isPino = (logger: Logger): boolean => isMethod(logger, "fatal") && !isMethod(logger, "log")

const methodsOf = (level: Level): ReadonlyArray<string> => [level, ...others[level], "info"]

const others: Readonly<Record<Level, ReadonlyArray<string>>> = {
  trace: ["silly", "debug"],
  debug: [],
  info: [],
  warn: ["warning"],
  error: [],
  fatal: ["crit", "error"]
}

/** Annotations of the program come last, so that they win over the fields of the record. */
const annotationsOf = ({ attributes, cause, sessionId, spanId, traceId }: LogRecord) => ({
  ...(cause !== undefined && { cause }),
  ...(sessionId !== undefined && { sessionId }),
  ...(traceId !== undefined && { traceId, spanId }),
  ...attributes
})

const toEffect = (record: LogRecord): EffectLogger.Logger.Options<unknown> => {
  const millis = Number(record.timestamp / 1_000_000n)
  return {
    fiberId: FiberId.none,
    logLevel: effectLevels[record.level],
    message: [record.message, ...record.data],
    cause: Cause.empty,
    context: FiberRefs.empty(),
    spans: List.fromIterable(
      Object.entries(record.logSpans).map(([label, duration]) => LogSpan.make(label, millis - duration))
    ),
    annotations: HashMap.fromIterable(Object.entries(annotationsOf(record))),
    date: new Date(millis)
  }
}

const effectLevels: Readonly<Record<Level, EffectLogLevel.LogLevel>> = {
  trace: EffectLogLevel.Trace,
  debug: EffectLogLevel.Debug,
  info: EffectLogLevel.Info,
  warn: EffectLogLevel.Warning,
  error: EffectLogLevel.Error,
  fatal: EffectLogLevel.Fatal
}

/** Words for levels, the least severe first. A level between two of ours is the one that lets no more through. */
const words: ReadonlyMap<string, LogLevel> = new Map([
  ["trace", "trace"],
  ["silly", "trace"],
  ["debug", "debug"],
  ["verbose", "info"],
  ["http", "info"],
  ["info", "info"],
  ["notice", "warn"],
  ["warn", "warn"],
  ["warning", "warn"],
  ["error", "error"],
  ["crit", "fatal"],
  ["alert", "fatal"],
  ["emerg", "fatal"],
  ["fatal", "fatal"],
  ["none", "none"],
  ["off", "none"],
  ["silent", "none"]
])

/** Winston counts from the most severe level. */
const winstonLevels: ReadonlyArray<LogLevel> = ["error", "warn", "info", "info", "info", "debug", "trace"]

/** The levels of the library loglevel, in the order of its numbers. */
const loglevelLevels: ReadonlyArray<LogLevel> = ["trace", "debug", "info", "warn", "error", "none"]

/** Pino counts in tens; what is below, another library counts. */
const pinoLevels: ReadonlyArray<LogLevel> = ["trace", "debug", "info", "warn", "error", "fatal"]

const toLevel = (value: unknown, small: ReadonlyArray<LogLevel>): LogLevel | undefined => {
  if (typeof value === "string") return words.get(value.toLowerCase())
  if (typeof value !== "number" || Number.isNaN(value)) return undefined
  return value < 10 ? small[value] : (pinoLevels[Math.ceil(value / 10) - 1] ?? "none")
}

const isMethod = (logger: Logger, name: string): boolean => typeof logger[name] === "function"

const call = (logger: Logger, method: string, ...args: ReadonlyArray<unknown>): unknown => {
  const f = logger[method]
  return typeof f === "function" ? Reflect.apply(f, logger, args) : undefined
}
