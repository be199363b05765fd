/** The commands, and how the process begins and ends. */
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import { aggregate, costs, stats } from "./commands/aggregates.js"
import { copy, remove, snapshot } from "./commands/changes.js"
import * as lists from "./commands/lists.js"
import { mcp } from "./commands/mcp.js"
import { search } from "./commands/search.js"
import { serve } from "./commands/serve.js"
import { session } from "./commands/session.js"
import { tail } from "./commands/tail.js"
import { trace } from "./commands/trace.js"
import { code, type Ending, endingOf, usage } from "./Failure.js"
import * as Help from "./help.js"
import * as Arguments from "./internal/arguments.js"
import * as Output from "./Output.js"
import { name, version } from "./overview.js"
import * as Signals from "./signals.js"

const commands = [
  lists.sessions,
  session,
  lists.traces,
  trace,
  lists.spans,
  lists.logs,
  lists.scores,
  lists.metrics,
  search,
  stats,
  costs,
  aggregate,
  tail,
  copy,
  snapshot,
  remove,
  serve,
  mcp
] as const

const command = Command.make(name).pipe(
  Command.withSubcommands([...commands]),
  Command.transformHandler((handler) => Effect.tapErrorCause(handler, (cause) => Effect.logDebug(cause)))
)

const run = (argv: ReadonlyArray<string>) =>
  Effect.suspend(() => {
    if (isGiven(argv, "--wizard") && !Output.isInteractive()) return usage("--wizard asks: it needs a terminal")
    const args = Arguments.separated(argv)
    const fault = Arguments.faultIn(args)
    if (fault !== undefined) return usage(fault)
    return helpFor(argv) ?? Command.run(command, { name, version })(args)
  })

const isGiven = (argv: ReadonlyArray<string>, option: string): boolean => {
  const end = argv.indexOf("--")
  return (end < 0 ? argv : argv.slice(0, end)).includes(option)
}

/** The same, whatever they do. */
const described = commands as unknown as ReadonlyArray<Command.Command<string, never, never, never>>

/** The help of one command, for `COMMAND --help`; that of `@effect/cli` has four lines for each option, in which nobody finds one. */
const helpFor = (argv: ReadonlyArray<string>) => {
  const [given, ...others] = argv.slice(2)
  const asked = isGiven(others, "--help") || isGiven(others, "-h")
  const found = asked ? described.find((command) => Array.from(Command.getNames(command))[0] === given) : undefined
  if (found === undefined) return undefined
  const argument = argumentOf[given ?? ""]
  const usage = `${name} ${given}${argument === undefined ? "" : ` ${argument}`} [OPTIONS]`
  const doc = Command.getHelp(found, CliConfig.make({ showBuiltIns: false }))
  return Output.print(...Help.lines(usage, doc, Output.columns() ?? 100, Output.paint))
}

const argumentOf: { readonly [command: string]: string } = { session: "ID", trace: "ID", search: "TEXT…" }

/** Effect's own console and loggers write to stdout, and in colours: that is for data. */
const console = Layer.unwrapEffect(
  Effect.map(Console.consoleWith(Effect.succeed), (console) =>
    Console.setConsole({
      ...console,
      log: (...texts) => Effect.ignore(Output.print(Output.uncolored(process.stdout, texts.join(" ").trimEnd()))),
      error: (...texts) => Output.note(Output.uncolored(process.stderr, `error: ${texts.join(" ").trim()}`))
    })
  )
)

const logger = Logger.replace(
  Logger.defaultLogger,
  Logger.map(Logger.logfmtLogger, (line) => void process.stderr.write(`${line}\n`))
)

const layer = Layer.mergeAll(
  NodeFileSystem.layer,
  NodePath.layer,
  NodeTerminal.layer,
  CliConfig.layer({ isCaseSensitive: true }),
  console,
  logger,
  Logger.minimumLogLevel(LogLevel.Warning)
)

/** Milliseconds that a command may take to end once it was asked to. */
const longest = 20_000

const tooLong = "error: it did not end in 20 seconds: what it had not written by then is lost\n"

/** Runs a command line, and ends the process: at a second signal at once. */
export const main = (argv: ReadonlyArray<string>): void => {
  Output.guard()
  const fiber = Effect.runFork(Effect.provide(run(argv), layer) as Effect.Effect<void, unknown>)
  let signalled: number | undefined
  const onSignal = (signal: "SIGINT" | "SIGTERM") => {
    const ending = signal === "SIGINT" ? code.interrupted : code.terminated
    if (signalled !== undefined) process.exit(ending)
    signalled = ending
    if (!Signals.tell()) Effect.runFork(Fiber.interrupt(fiber))
    setTimeout(() => process.stderr.write(tooLong, () => process.exit(code.failed)), longest).unref()
  }
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal)
  const alive = setInterval(() => {}, 2 ** 30)
  fiber.addObserver((exit) => {
    clearInterval(alive)
    const ending: Ending = Exit.isSuccess(exit) ? { code: 0, message: undefined } : endingOf(exit.cause)
    const end = () => process.exit(signalled !== undefined && ending.code !== 0 ? signalled : ending.code)
    if (ending.message === undefined) end()
    else process.stderr.write(`${Output.paintError("red", "error:")} ${ending.message}\n`, end)
  })
}
