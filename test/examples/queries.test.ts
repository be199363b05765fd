import { readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { format } from "node:util"
import { FileSystem } from "@effect/platform"
import type { PlatformError } from "@effect/platform/Error"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it, layer, type Vitest } from "@effect/vitest"
import * as effect from "effect"
import { Console, Effect, Layer, type Scope } from "effect"
import * as observability from "effect-observability"
import { Storage } from "effect-observability"
import { ClickhouseStorage } from "effect-observability/clickhouse"
import { DuckDbStorage } from "effect-observability/duckdb"
import ts from "typescript"
import { demo } from "../../docs/examples/airline/Demo.js"
import * as ClickhouseServer from "../utils/clickhouseServer.js"
import { describeEngine } from "../utils/describeEngine.js"

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const guide = file("docs/queries.md")
const text = readFileSync(guide, "utf8")
const answered = /^## (\d+\. .+)\n\n```ts\n((?:(?!```).*\n)*)```\n\n```text\n((?:(?!```).*\n)*)```$/gm
const questions = Array.from(text.matchAll(answered), ([, question = "", code = "", expected = ""]) => ({
  question,
  code,
  expected
}))

/** Runs an effect, and gives with its value what it printed. */
const printing = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const console = yield* Console.consoleWith(Effect.succeed)
    const lines: Array<string> = []
    yield* Console.withConsole(self, {
      ...console,
      log: (...args) => Effect.sync(() => void lines.push(`${format(...args)}\n`))
    })
    return lines.join("")
  })

/** What the only export of a block prints, without its durations. */
const printed = (code: string) => {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 }
  })
  const modules: Readonly<Record<string, unknown>> = { effect, "effect-observability": observability }
  const exported: Record<string, Effect.Effect<void, Storage.StorageError, Storage.Storage>> = {}
  Function("require", "exports", outputText)((name: string) => modules[name], exported)
  const [answer, ...others] = Object.values(exported)
  if (answer === undefined || others.length > 0) throw new Error("a block exports its answer, and nothing else")
  return Effect.map(printing(answer), (lines) => lines.replace(/\d+(\.\d+)? ms/g, "… ms"))
}

type Engine = Effect.Effect<
  Layer.Layer<Storage.Storage, Storage.StorageError>,
  PlatformError | Storage.StorageError,
  FileSystem.FileSystem | Scope.Scope
>

/** A storage with what the demonstration records. */
const recorded = (engine: Engine) =>
  Effect.gen(function* () {
    const storage = yield* engine
    yield* printing(demo({ transcript: file("docs/examples/airline/transcript.json"), tools: "live", storage }))
    return storage
  }).pipe(Layer.unwrapScoped, Layer.provide(NodeContext.layer))

// The same one each time it is provided.
const memory = Effect.map(Effect.provide(Storage.Storage, Storage.layerMemory), (storage) =>
  Layer.succeed(Storage.Storage, storage)
)

const duckDb = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  return DuckDbStorage.layer({ path: `${yield* fs.makeTempDirectoryScoped()}/airline.duckdb` })
})

const clickhouse = Effect.map(ClickhouseServer.make(), ({ password, url, username }) =>
  ClickhouseStorage.layer({ url: url.replace("//", `//${username}:${password}@`) })
)

const isUpdated = process.env["UPDATE_GOLDEN"] === "1"

const areAnswered = (it: Vitest.MethodsNonLive<Storage.Storage, true>) => {
  for (const { code, expected, question } of questions) {
    it.effect.skipIf(isUpdated)(question, () =>
      Effect.map(printed(code), (lines) => assert.strictEqual(lines, expected))
    )
  }
}

describe("docs/queries.md", () => {
  it("has twenty questions, and what each prints", () => {
    assert.deepStrictEqual([questions.length, text.match(/^```text$/gm)?.length], [20, 20])
  })

  layer(recorded(memory), { excludeTestServices: true })("in memory", (it) => {
    areAnswered(it)

    it.effect.runIf(isUpdated)("is written anew", () =>
      Effect.gen(function* () {
        const lines = new Map<string, string>()
        for (const { code, question } of questions) lines.set(question, yield* printed(code))
        const updated = text.replace(
          answered,
          (_, question: string, code: string) =>
            `## ${question}\n\n\`\`\`ts\n${code}\`\`\`\n\n\`\`\`text\n${lines.get(question)}\`\`\``
        )
        yield* Effect.sync(() => writeFileSync(guide, updated))
      })
    )
  })

  layer(recorded(duckDb), { excludeTestServices: true })("on DuckDB", areAnswered)

  describeEngine("on ClickHouse", () => {
    layer(recorded(clickhouse), { excludeTestServices: true })(areAnswered)
  })
})
