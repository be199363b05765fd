/** Part of `npm run runtimes -- --bundlers`: what docs/runtimes.md says of each, done. */
import assert from "node:assert/strict"
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { cache, installed, run, step } from "./projects.js"

/** A server with a store and the explorer, which asks itself. */
const server = `
import { Console, Effect, Layer } from "effect"
import { Observability, SessionId, Storage } from "effect-observability"
import { DuckDbStorage } from "effect-observability/duckdb"
import { StorageServer } from "effect-observability/server"

const program = Effect.gen(function* () {
  yield* Effect.log("searching").pipe(Effect.withSpan("find_flights"), SessionId.withSessionId("booking-4711"))
  yield* Observability.flush
  for (const session of (yield* Storage.listSessions()).items) {
    yield* Console.log(\`session \${session.sessionId}: \${session.spans} spans, \${session.logs} logs\`)
  }
  const { url } = yield* StorageServer.StorageServer
  const page = yield* Effect.promise(() => fetch(url).then((response) => response.text()))
  yield* Console.log(\`the page \${page.includes("<script") ? "is there" : page}\`)
})

const MainLive = StorageServer.layer({ port: 0 }).pipe(
  Layer.provideMerge(Observability.layer({ serviceName: "airline" })),
  Layer.provideMerge(DuckDbStorage.layer({ path: ":memory:" }))
)

Effect.runPromise(program.pipe(Effect.provide(MainLive)))
`

interface Bundler {
  readonly file: string
  readonly text: string
  readonly args: ReadonlyArray<string>
  readonly output: string
}

const esbuild = (options: string, output: string): Bundler => ({
  file: `${output}.esbuild.mjs`,
  text: `import { build } from "esbuild"
await build({
  entryPoints: [process.env.ENTRY], outfile: process.env.OUT + "/${output}", bundle: true, platform: "node",
  external: ["@duckdb/node-api"], ${options}
})`,
  args: [`${output}.esbuild.mjs`],
  output
})

/** How each is told to make a file for Node, in which DuckDB is left out. */
const configurations: Readonly<Record<string, Bundler>> = {
  esbuild: esbuild(
    `format: "esm",
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url)' }`,
    "esbuild.mjs"
  ),
  "esbuild, CommonJS, minified": esbuild(`format: "cjs", minify: true`, "esbuild.cjs"),
  "Vite SSR": {
    file: "vite.config.mjs",
    text: `export default {
  build: { ssr: process.env.ENTRY, outDir: process.env.OUT, emptyOutDir: false, rollupOptions: { output: { entryFileNames: "vite.mjs" } } },
  ssr: { noExternal: true, external: ["@duckdb/node-api"] }
}`,
    args: ["node_modules/vite/bin/vite.js", "build"],
    output: "vite.mjs"
  },
  webpack: {
    file: "webpack.config.mjs",
    text: `export default {
  mode: "production", target: "node20", entry: process.env.ENTRY,
  output: { path: process.env.OUT, filename: "webpack.cjs" },
  externals: { "@duckdb/node-api": "commonjs @duckdb/node-api" }
}`,
    args: ["node_modules/webpack-cli/bin/cli.js"],
    output: "webpack.cjs"
  },
  Rollup: {
    file: "rollup.config.mjs",
    text: `import commonjs from "@rollup/plugin-commonjs"
import json from "@rollup/plugin-json"
import { nodeResolve } from "@rollup/plugin-node-resolve"
export default {
  input: process.env.ENTRY, external: ["@duckdb/node-api"],
  plugins: [nodeResolve({ exportConditions: ["node"], preferBuiltins: true }), commonjs(), json()],
  output: { dir: process.env.OUT, entryFileNames: "rollup.mjs", format: "es" }
}`,
    args: ["node_modules/rollup/dist/bin/rollup", "-c"],
    output: "rollup.mjs"
  }
}

const tools = {
  "@rollup/plugin-commonjs": "28",
  "@rollup/plugin-json": "6",
  "@rollup/plugin-node-resolve": "16",
  esbuild: "0.28",
  rollup: "4",
  vite: "7",
  webpack: "5",
  "webpack-cli": "6"
}

/** Bundles a server with what is installed in a folder, and runs it where nothing but DuckDB is installed. */
export const bundlers = (program: string, duckdb: string): void => {
  const directory = installed(join(cache, "bundlers"), { dependencies: tools })
  const alone = installed(join(cache, "duckdb"), { dependencies: { "@duckdb/node-api": duckdb } })
  writeFileSync(join(program, "server.mjs"), server)
  for (const [name, { file, text, args, output }] of Object.entries(configurations)) {
    const out = mkdtempSync(join(tmpdir(), "effect-observability-"))
    step(`${name}: a server with DuckDB and the explorer`, () => {
      writeFileSync(join(directory, file), text)
      run(directory, process.execPath, args, {
        env: { ...process.env, ENTRY: join(program, "server.mjs"), OUT: out },
        stdio: ["ignore", "pipe", "pipe"]
      })
      symlinkSync(join(alone, "node_modules"), join(out, "node_modules"))
      const printed = run(out, process.execPath, [output])
      assert.match(printed, /^session booking-4711: 1 spans, 1 logs$/m)
      assert.match(printed, /^the page is there$/m)
    })
    rmSync(out, { recursive: true, force: true })
  }
}
