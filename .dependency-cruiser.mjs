const lower = "runtime|identity|signal"
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
      comment:
        "A package that src imports must be a peer dependency, but for those that the command and the page are bundled with.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(cli|server/page)/" },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg"], dependencyTypesNot: ["npm-peer"] }
    },
    {
      name: "light barrel",
      comment: "The root entry loads effect alone.",
      severity: "error",
      from: { path: "^src/index\\.ts$" },
      to: { reachable: true, path: "node_modules/(?!effect/)" }
    },

    // runtime → identity → signal → capture | pipeline | storage | propagation → agent | otlp → config → Observability → index
    direction("runtime stands alone", "runtime/", ["runtime/"]),
    direction("identity uses runtime", "identity/", ["(runtime|identity)/"]),
    direction("signal uses identity", "signal/", [`(${lower})/`]),
    direction("the middle folders are strangers", "(capture|storage|propagation)/", [`(${lower}|$1)/`]),
    direction("pipeline may use Storage", "pipeline/", [`(${lower}|pipeline)/`, "storage/Storage\\.ts$"]),
    direction("agent and otlp stand above the middle", "(agent|otlp)/(?!OtlpReceiver\\.ts$)", [
      `(${lower}|${middle}|$1)/`
    ]),
    direction("the receiver hands its records to Observability", "otlp/OtlpReceiver\\.ts$", [
      `(${lower}|${middle}|otlp)/`,
      "Observability\\.ts$"
    ]),
    direction("the configuration stands above agent and otlp", "(config/|ObservabilityConfig\\.ts$)", [
      `(${lower}|${middle}|agent|otlp|config)/`
    ]),
    direction("Observability stands above the configuration", "Observability\\.ts$", [
      `(${lower}|${middle}|agent|otlp|config)/`,
      "ObservabilityConfig\\.ts$"
    ]),
    direction("server stands above Observability", "server/", [
      `(${lower}|${middle}|agent|otlp|config|server)/`,
      "Observability(Config)?\\.ts$"
    ]),
    direction("testing stands above signal and storage", "testing/", [`(${lower}|storage|testing)/`]),
    {
      name: "nobody imports an entry point",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^src/[^/]+\\.ts$", pathNot: "^src/Observability(Config)?\\.ts$" }
    },
    {
      name: "internal to its folder",
      comment:
        "What identity and signal keep internal is open to the layers above them; Observability wires all of it.",
      severity: "error",
      from: { path: "^src/([^/]+)", pathNot: "^src/Observability\\.ts$" },
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
