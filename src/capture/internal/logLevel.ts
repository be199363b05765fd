/**
 * The minimum log level that can be changed while the program runs.
 */
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import { globalValue } from "effect/GlobalValue"
import * as Hash from "effect/Hash"
import type * as Logger from "effect/Logger"
import * as EffectLogLevel from "effect/LogLevel"
import * as Pipeable from "effect/Pipeable"
import type { Level } from "../../signal/LogRecord.js"

/** A level, or `"none"` for no logs at all. */
export type LogLevel = Level | "none"

type Entry = Logger.Logger.Options<unknown>

const ordinals: Readonly<Record<LogLevel, number>> = {
  trace: EffectLogLevel.Trace.ordinal,
  debug: EffectLogLevel.Debug.ordinal,
  info: EffectLogLevel.Info.ordinal,
  warn: EffectLogLevel.Warning.ordinal,
  error: EffectLogLevel.Error.ordinal,
  fatal: EffectLogLevel.Fatal.ordinal,
  none: EffectLogLevel.None.ordinal
}

/** The level that a word means, in any case, if it means one. */
export const fromWord = (word: string): LogLevel | undefined => {
  const level = String(word).toLowerCase()
  return isLogLevel(level) ? level : undefined
}

const isLogLevel = (word: string): word is LogLevel => Object.hasOwn(ordinals, word)

/**
 * Every fiber keeps the minimum level that it was forked with: a new one would not reach the fibers that run already. So
 * this one is set once, and changes itself. It lets through what is recorded and what the other loggers show; where the
 * program has set another level further in, that one decides alone.
 */
export class MinimumLevel extends Pipeable.Class() implements EffectLogLevel.Info {
  readonly _tag = "Info"
  readonly label = "INFO"
  readonly syslog = 6

  /** The level that the other loggers show by themselves. */
  private readonly own: number
  private shown: number
  private recorded: number
  private open = true

  /** @param around The level that was in force: the other loggers keep it. */
  constructor(
    around: EffectLogLevel.LogLevel,
    public level: LogLevel
  ) {
    super()
    this.own = around instanceof MinimumLevel ? around.shown : around.ordinal
    this.shown = this.own
    this.recorded = ordinals[level]
  }

  /** The number that Effect compares with the level of each log before it does anything else. */
  get ordinal(): number {
    return Math.min(this.recorded, this.shown)
  }

  /** The other loggers show what `level` lets through, or again what they show by themselves. */
  set(level: LogLevel, options: { readonly shown: boolean }): void {
    if (!this.open) return
    this.level = level
    this.recorded = ordinals[level]
    this.shown = options.shown ? this.recorded : this.own
  }

  /** Effect may keep a level beyond its layer, where that was built beside others: then it is as the one around it. */
  close(): void {
    this.recorded = Number.POSITIVE_INFINITY
    this.open = false
  }

  /** To be asked by the logger that records, of every log that it is given. */
  records(entry: Entry): boolean {
    if (this.recorded < this.shown) restrainLoggers(entry)
    return this.open && (entry.logLevel.ordinal >= this.recorded || minimumOf(entry) !== this)
  }

  static shows(entry: Entry): boolean {
    const minimum = minimumOf(entry)
    return !(minimum instanceof MinimumLevel) || entry.logLevel.ordinal >= minimum.shown
  }
}

const minimumOf = (entry: Entry): EffectLogLevel.LogLevel =>
  FiberRefs.getOrDefault(entry.context, FiberRef.currentMinimumLogLevel)

/** Loggers that know by themselves, or have been taught, which logs are theirs. */
const restrained: WeakSet<Logger.Logger<unknown, unknown>> = globalValue(
  "effect-observability/capture/restrained",
  () => new WeakSet()
)

/**
 * Marks a logger that asks `records` itself. Effect gives a log to its loggers in the order of their hashes: this one has
 * it first, and can restrain the others before they have it.
 */
export const knowing = <A extends Logger.Logger<unknown, unknown>>(logger: A): A => {
  restrained.add(logger)
  return Object.assign(logger, { [Hash.symbol]: () => 0 })
}

const seen = new WeakSet<object>()

/** Keeps from the other loggers what is let through only to be recorded. */
const restrainLoggers = (entry: Entry): void => {
  const loggers = FiberRefs.getOrDefault(entry.context, FiberRef.currentLoggers)
  if (seen.has(loggers)) return
  seen.add(loggers)
  for (const logger of loggers) if (!restrained.has(logger)) restrain(logger)
}

/**
 * In place: programs remove and replace loggers by their identity, so that another logger around this one would go on
 * beside its replacement. Outside a `MinimumLevel` nothing changes.
 */
const restrain = (logger: Logger.Logger<unknown, unknown>): void => {
  const { log } = logger
  restrained.add(logger)
  Reflect.defineProperty(logger, "log", {
    value: (entry: Entry) => (MinimumLevel.shows(entry) ? log.call(logger, entry) : undefined),
    configurable: true,
    enumerable: true,
    writable: true
  })
}
