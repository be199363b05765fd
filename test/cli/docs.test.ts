import { readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Console, Effect } from "effect"
import { DuckDbStorage } from "effect-observability/duckdb"
import { demo } from "../../docs/examples/airline/Demo.js"
import { built, run } from "./utils.js"

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const guide = file("docs/cli.md")
const answered = /```sh\n((?:effect-observability .*\n)+)```\n\n```text\n((?:(?!```).*\n)*)```/g

/** What differs from run to run: ids, and how long something took. In a table it keeps its place. */
const lasting = (text: string): string => {
  const isTable = /^[A-Z ]+ {2}[A-Z]/.test(text)
  const kept = (found: string) => (isTable ? "…".padEnd(found.length) : "…")
  return (
    text
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f-]{17}|\b[0-9a-f]{32}\b|\b[0-9a-f]{16}\b/g, kept)
      .replace(isTable ? / +\d+(?:\.\d+)? (?:µs|ms|s)\b/g : /\d+(?:\.\d+)? (?:µs|ms|s)\b/g, (found) =>
        isTable ? "…".padStart(found.length) : "…"
      )
      .replace(/(?<=:\d\d)\.\d{3}\b/g, kept)
      // A conversation begins with a minute, and may end a second later.
      .replace(/(?<=\d{4}-\d\d-\d\d \d\d:\d\d:)\d\d\b/g, "00")
      .replace(/ +$/gm, "")
  )
}

it.live(
  "docs/cli.md shows what each command prints",
  () =>
    Effect.gen(function* () {
      yield* built
      const folder = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
      const console = yield* Console.consoleWith(Effect.succeed)
      const storage = DuckDbStorage.layer({ path: `${folder}/airline.duckdb` })
      yield* demo({ transcript: file("docs/examples/airline/transcript.json"), tools: "live", storage }).pipe(
        Console.withConsole({ ...console, log: () => Effect.void })
      )
      const ask = (line: string) => run(line.split(" ").slice(1), { cwd: folder, env: { COLUMNS: "120" } })
      const of = (line: string, field: string) =>
        Effect.map(
          ask(`${line} --json --db airline.duckdb`),
          ({ stdout }) => JSON.parse(stdout.split("\n", 1)[0] ?? "")[field]
        )
      const session: string = yield* of("effect-observability sessions --user aksel_holm", "sessionId")
      const trace: string = yield* of("effect-observability spans --tool cancel_reservation", "traceId")

      const text = readFileSync(guide, "utf8")
      const printed = new Map<string, string>()
      for (const [, commands = ""] of text.matchAll(answered)) {
        const outputs = yield* Effect.forEach(commands.trimEnd().split("\n"), (line) =>
          Effect.map(ask(line.replace("SESSION", session).replace("TRACE", trace)), ({ code, stderr, stdout }) => {
            assert.strictEqual(code, 0, `${line}: ${stderr}`)
            return lasting(stdout)
          })
        )
        printed.set(commands, outputs.join("\n"))
      }
      assert.isAtLeast(printed.size, 7)
      const updated = text.replace(
        answered,
        (_, commands: string) => `\`\`\`sh\n${commands}\`\`\`\n\n\`\`\`text\n${printed.get(commands)}\`\`\``
      )
      if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(guide, updated)
      else assert.strictEqual(text, updated)
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)),
  120_000
)
