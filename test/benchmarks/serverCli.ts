/** The command line as it is built: how long it takes until its first row, of many spans in a file. */
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { withFile } from "./answersSessions.js"
import { type Figure, figure, median, spansOr } from "./harness.js"

const bin = fileURLToPath(new URL("../../dist/cli.js", import.meta.url))

/** Milliseconds from the start of the process to the first bytes on stdout. */
const untilFirst = (...args: ReadonlyArray<string>): Promise<number> =>
  new Promise((resolve, reject) => {
    const start = performance.now()
    let first: number | undefined
    const child = spawn(process.execPath, [bin, ...args], { stdio: ["ignore", "pipe", "inherit"] })
    child.stdout.on("data", () => {
      first ??= performance.now() - start
    })
    child.once("close", (code) =>
      first === undefined || code !== 0 ? reject(new Error(`${args.join(" ")} ended with ${code}`)) : resolve(first)
    )
  })

const rounds = 9

const measured = async (...args: ReadonlyArray<string>): Promise<number> => {
  const times: Array<number> = []
  for (let round = 0; round < rounds; round++) times.push(await untilFirst(...args))
  return median(times)
}

/** Starts of the command, and its first rows among 1,000,000 spans, or as many as BENCH_SPANS says. */
export const coldStart = async (): Promise<ReadonlyArray<Figure>> => {
  const figures: Array<Figure> = []
  const add = async (name: string, atMost: number, ...args: ReadonlyArray<string>) =>
    figures.push(figure(name, await measured(...args), "ms", { target: { atMost } }))
  await add("cold start: --version", 400, "--version")
  await add("cold start: --help", 400, "--help")
  await add("cold start: sessions --help", 400, "sessions", "--help")
  const spans = spansOr(1_000_000)
  await withFile(spans, async (path) => {
    for (const command of ["sessions", "traces", "spans"]) {
      const name = `cold start: ${command} to the first row, ${spans.toLocaleString("en")} spans`
      await add(name, 1_000, command, "--db", path)
    }
  })
  return figures
}
