/**
 * Bundles the command line into dist/cli.js, which loads further parts from dist/cli when a command needs them: a file with
 * everything takes longer to be read than most commands to run. Names are shortened, for size, and told by `keepNames` where
 * an error says the name of a class. Part of `npm run build`.
 */
import { chmodSync, existsSync, rmSync } from "node:fs"
import { build, type Plugin } from "esbuild"

/** Loads packages that may be missing when something asks for them, and not before. */
const whenAsked = (...packages: ReadonlyArray<string>): Plugin => ({
  name: "when asked",
  setup: ({ onLoad, onResolve }) => {
    for (const name of packages) {
      onResolve({ filter: new RegExp(`^${name}$`) }, ({ namespace }) =>
        namespace === "asked" ? { path: name, external: true } : { path: name, namespace: "asked" }
      )
    }
    onLoad({ filter: /.*/, namespace: "asked" }, ({ path }) => ({ contents: `module.exports = require("${path}")` }))
  }
})

/** The page of the explorer is a tenth of the tarball, and in dist beside: parts in dist/cli load it from there. */
const page = "server/internal/page"
const pageBeside: Plugin = {
  name: "page",
  setup: ({ onResolve }) => {
    onResolve({ filter: /\/internal\/page\.js$/ }, () => ({ path: `../${page}.js`, external: true }))
  }
}

/** The smaller of the two validators that the package of the Model Context Protocol has: 40 kB less in the tarball. */
const validator: Plugin = {
  name: "validator",
  setup: ({ onLoad, onResolve }) => {
    onResolve({ filter: /^@modelcontextprotocol\/server\/_shims$/ }, () => ({ path: "shims", namespace: "validator" }))
    onLoad({ filter: /.*/, namespace: "validator" }, () => ({
      contents: `export { CfWorkerJsonSchemaValidator as DefaultJsonSchemaValidator } from "@modelcontextprotocol/server/validators/cf-worker"
        export { default as process } from "node:process"`,
      resolveDir: "."
    }))
  }
}

rmSync("dist/cli", { recursive: true, force: true })
const { metafile } = await build({
  entryPoints: { cli: "src/cli/main.ts" },
  outdir: "dist",
  chunkNames: "cli/[name]-[hash]",
  bundle: true,
  splitting: true,
  metafile: true,
  platform: "node",
  target: "node20",
  format: "esm",
  minify: true,
  keepNames: true,
  legalComments: "none",
  logLevel: "warning",
  // Packages for CommonJS ask for modules of Node by `require`.
  banner: { js: `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);` },
  plugins: [pageBeside, validator, whenAsked("@duckdb/node-api")]
})
chmodSync("dist/cli.js", 0o755)
// Where nothing was built before, as in tests.
if (!existsSync(`dist/${page}.js`)) await build({ entryPoints: [`src/${page}.ts`], outfile: `dist/${page}.js` })

if (process.argv.includes("--sizes")) {
  const sizes = new Map<string, number>()
  for (const output of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(output.inputs)) {
      const [name = path] = /(?<=node_modules\/)(@[^/]+\/)?[^/]+|^src\/\w+/.exec(path) ?? []
      sizes.set(name, (sizes.get(name) ?? 0) + bytesInOutput)
    }
  }
  for (const [name, size] of [...sizes].sort(([, a], [, b]) => b - a).slice(0, 30)) console.log(size, name)
}
