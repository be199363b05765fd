/** The command line as it is built, run as a process. */
import { spawn, spawnSync } from "node:child_process"
import { existsSync, readdirSync, statSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"

const root = fileURLToPath(new URL("../..", import.meta.url))

export const bin = `${root}dist/cli.js`

const newest = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).reduce(
    (time, entry) => (entry.isFile() ? Math.max(time, statSync(`${entry.parentPath}/${entry.name}`).mtimeMs) : time),
    0
  )

/** Bundles it, unless that was done since the sources were changed last. */
export const built = Effect.sync(() => {
  if (existsSync(bin) && statSync(bin).mtimeMs > newest(`${root}src`)) return
  const { status, stderr } = spawnSync("npm", ["run", "-s", "bundle"], { cwd: root, encoding: "utf8" })
  if (status !== 0) throw new Error(stderr)
})

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Options {
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly input?: string | undefined
  readonly cwd?: string | undefined
}

/** What of the environment matters to it. */
const environment = (env: Options["env"]): NodeJS.ProcessEnv => ({
  PATH: process.env["PATH"],
  HOME: process.env["HOME"],
  TZ: "UTC",
  ...env
})

/** Runs a command line to its end. */
export const run = (args: ReadonlyArray<string>, { cwd, env, input = "" }: Options = {}): Effect.Effect<Ran> =>
  Effect.async((resume) => {
    const child = spawn(process.execPath, [bin, ...args], { env: environment(env), cwd })
    let [stdout, stderr] = ["", ""]
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text
    })
    child.stdin.end(input)
    child.once("close", (code) => resume(Effect.succeed({ code, stdout, stderr })))
    return Effect.sync(() => child.kill("SIGKILL"))
  })

/** A command line that goes on until it is asked to end. */
export const started = (args: ReadonlyArray<string>, { cwd, env }: Options = {}) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(process.execPath, [bin, ...args], { env: environment(env), cwd })
      let text = ""
      const ended = new Promise<number | null>((resolve) => child.once("close", resolve))
      child.stderr.setEncoding("utf8").on("data", (more: string) => {
        text += more
      })
      child.stdout.setEncoding("utf8").on("data", (more: string) => {
        text += more
      })
      /** Waits until it has printed what matches. */
      const printed = (what: RegExp): Effect.Effect<RegExpExecArray> =>
        Effect.async<RegExpExecArray, Error>((resume) => {
          const look = () => {
            const found = what.exec(text)
            if (found !== null) resume(Effect.succeed(found))
          }
          const onEnd = () => resume(Effect.fail(new Error(`it ended, and printed ${text}`)))
          child.stdout.on("data", look)
          child.stderr.on("data", look)
          child.once("close", onEnd)
          look()
          return Effect.sync(() => child.stdout.off("data", look))
        }).pipe(Effect.timeout("20 seconds"), Effect.orDie)
      return {
        printed,
        text: () => text,
        /** Sends a signal, and gives the code that it ends with. */
        end: (signal: NodeJS.Signals) =>
          Effect.promise(() => {
            child.kill(signal)
            return ended
          }),
        kill: Effect.sync(() => child.kill("SIGKILL"))
      }
    }),
    ({ kill }) => kill
  )

/** Runs a command line in a terminal of so many columns, of which output and error are one. */
export const inTerminal = (args: ReadonlyArray<string>, columns: number, env?: Options["env"]): Ran => {
  const command = [process.execPath, bin, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ")
  const { status, stdout } = spawnSync("script", ["-qec", `stty cols ${columns} rows 40; ${command}`, "/dev/null"], {
    encoding: "utf8",
    env: { ...environment(env), TERM: "xterm" },
    input: ""
  })
  return { code: status, stdout: stdout.replaceAll("\r\n", "\n"), stderr: "" }
}
