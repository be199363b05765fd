const middle = "capture|pipeline|storage|propagation"

/** Imports of `from` inside `src` that `allowed` does not cover. */
const direction = (name, from, allowed) => ({
  name,
  severity: "error",
  from: { path: `^src/${from}` },
  to: { path: "^src/", pathNot: allowed.map((path) => `^src/${path}`) }
})

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    { name: "no circles", severity: "error", from: {}, to: { circular: true } },
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "peers only",
      comment: "A package that src imports must be a peer dependency.",
      severity: "error",
      from: { path: "^src/" },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg"], dependencyTypesNot: ["npm-peer"] }
    },
    {
      name: "light barrel",
      comment: "The root entry loads effect alone.",
      severity: "error",
      from: { path: "^src/index\\.ts$" },
      to: { reachable: true, path: "node_modules/(?!effect/)" }
    },

    // identity → signal → capture | pipeline | storage | propagation → agent → ObservabilityConfig → Observability → index
    direction("identity stands alone", "identity/", ["identity/"]),
    direction("signal uses identity", "signal/", ["(identity|signal)/"]),
    direction("the middle folders are strangers", "(capture|storage|propagation)/", ["(identity|signal|$1)/"]),
    direction("pipeline may use Storage", "pipeline/", ["(identity|signal|pipeline)/", "storage/Storage\\.ts$"]),
    direction("agent stands above the middle", "agent/", [`(identity|signal|${middle}|agent)/`]),
    direction(
      "the configuration, and what it keeps internal, stand above agent",
      "(internal/|ObservabilityConfig\\.ts$)",
      [`(identity|signal|${middle}|agent|internal)/`]
    ),
    direction("Observability stands above the configuration", "Observability\\.ts$", [
      `(identity|signal|${middle}|agent|internal)/`,
      "ObservabilityConfig\\.ts$"
    ]),
    {
      name: "nobody imports an entry point",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^src/[^/]+\\.ts$", pathNot: "^src/Observability(Config)?\\.ts$" }
    },
    {
      name: "internal to its folder",
      comment: "What identity and signal keep internal is open to the layers above them.",
      severity: "error",
      from: { path: "^src/([^/]+)" },
      to: { path: "^src/.+/internal/", pathNot: "^src/($1|identity|signal)/" }
    }
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types", "node", "default"] }
  }
}
