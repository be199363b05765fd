import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as effect from "effect"
import * as library from "effect-observability"
import ts from "typescript"

const { Effect, Layer, Logger } = effect
const { Storage } = library

const guide = readFileSync("docs/migration.md", "utf8")

const blocks = Array.from(guide.matchAll(/^```ts\n(.*?)^```$/gms), ([, code = ""]) => code)

/** Runs a block of the guide, with a console of its own, and gives the layer that it exports and what was printed. */
const run = (code: string) => {
  const printed: Array<unknown> = []
  const print = (...args: ReadonlyArray<unknown>) =>
    void printed.push(args.find((arg) => arg === "hello" || arg === "broken"))
  const console = { log: print, debug: print, info: print, warn: print, error: print, dir: print }
  const modules: Readonly<Record<string, unknown>> = { effect, "effect-observability": library }
  const exports: { readonly ObservabilityLive?: ReturnType<typeof library.Observability.layer> } = {}
  const { outputText } = ts.transpileModule(code, { compilerOptions: { module: ts.ModuleKind.CommonJS } })
  new Function("exports", "require", "console", outputText)(exports, (name: string) => modules[name], console)
  assert.isDefined(exports.ObservabilityLive)
  return { layer: exports.ObservabilityLive, printed }
}

const program = Effect.all([
  Effect.logTrace("detail"),
  Effect.logDebug("thinking"),
  Effect.logInfo("hello"),
  Effect.logError("broken")
])

const stored = (layer: ReturnType<typeof library.Observability.layer>) =>
  Effect.gen(function* () {
    yield* Effect.provide(program, layer)
    const storage = yield* Storage.Storage
    const { items } = yield* storage.listLogs()
    return items.map(({ level, message, serviceName }) => [serviceName, level, message]).toSorted()
  }).pipe(Effect.provide(Layer.merge(Storage.layerMemory, Logger.remove(Logger.defaultLogger))))

/** What a program of each level says, from `info` on and from `debug` on. */
const fromInfo = [
  ["support-agent", "error", "broken"],
  ["support-agent", "info", "hello"]
]
const fromDebug = [["support-agent", "debug", "thinking"], ...fromInfo]

describe("the guide to migration", () => {
  it("has a block before and one after each change", () => {
    assert.lengthOf(blocks, 4)
    const [level = "", , logger = ""] = blocks
    assert.match(level, /^ {2}logger: "debug"/m)
    assert.match(logger, /^ {2}logger: console/m)
  })

  it.effect("stores the same logs before and after a level has become `logLevel`", () =>
    Effect.gen(function* () {
      for (const block of blocks.slice(0, 2)) assert.deepStrictEqual(yield* stored(run(block).layer), fromDebug)
    })
  )

  it.effect("stores the same logs before and after a logger has become an exporter, which receives them too", () =>
    Effect.gen(function* () {
      for (const block of blocks.slice(2)) {
        const { layer, printed } = run(block)
        assert.deepStrictEqual(yield* stored(layer), fromInfo)
        assert.deepStrictEqual(printed, ["hello", "broken"])
      }
    })
  )
})
