/** `serve`: a collector for all programs that send OTLP, which answers questions over HTTP. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { make as makeStorage, Storage } from "../../storage/Storage.js"
import { type Failure, failed, usage } from "../Failure.js"
import * as Arguments from "../internal/arguments.js"
import { browse } from "../internal/browse.js"
import * as Output from "../Output.js"
import { described, name } from "../overview.js"
import * as Store from "../Store.js"
import * as Signals from "../signals.js"

export const serve = Command.make(
  "serve",
  {
    store: Store.options,
    port: Options.map(
      Arguments.integer("port", 0, "The port, 4318 if nothing is said, or any free one for 0."),
      (given = 4318) => given
    ),
    host: Options.text("host").pipe(
      Options.withPseudoName("address"),
      Options.withDescription("The address to listen on. Any that others can reach needs a token."),
      Options.withDefault("127.0.0.1")
    ),
    allowedHosts: Arguments.texts("allow-host", "name", "A name by which it may be called, as agents.example.com."),
    allowedOrigins: Arguments.texts("allow-origin", "origin", "An origin whose pages may ask it."),
    readOnly: Arguments.flag("read-only", "Deletes nothing and takes no scores; records come in all the same."),
    retention: Arguments.durationOf("retention", "duration", "How long records are kept: 30d."),
    open: Arguments.flag("open", "Opens its page in a browser.")
  },
  Effect.fnUntraced(function* ({ allowedHosts, allowedOrigins, host, open, port, readOnly, retention, store }) {
    const chosen = yield* Store.choose(store)
    if (chosen.kind === "remote") return yield* usage("serve keeps records of its own: --db FILE or --clickhouse URL")
    const token = yield* Store.tokenOf(store.tokenFile)
    const { Observability, StorageServer } = yield* Effect.promise(() => import("../internal/collector.js"))
    const serving = StorageServer.layer({ port, host, token, readOnly, allowedHosts, allowedOrigins })
    // Before a file is made for records: whether it can listen.
    yield* Layer.build(serving).pipe(
      Effect.provide(takingNothing(Observability)),
      Effect.scoped,
      Effect.catchTag("StorageServerError", notListening)
    )
    const layer = serving.pipe(
      Layer.provide(Observability.layer({ serviceName: name, logLevel: "fatal", ...spooled(chosen) })),
      Layer.provide(Layer.scoped(Storage, Store.openToWrite(chosen, retention)))
    )
    const server = yield* Layer.build(layer).pipe(
      Effect.map(Context.get(StorageServer.StorageServer)),
      Effect.catchTag("StorageServerError", notListening)
    )
    const ends = `ends with Ctrl-C${token === undefined ? "" : ", asks for the token"}`
    yield* Effect.ignore(
      Output.print(`${server.url} takes OTLP and answers questions; keeps records in ${Store.nameOf(chosen)}; ${ends}`)
    )
    if (open) yield* browse(pageOf(server.url, token))
    yield* Signals.stopped
    yield* Output.note("writing what waits")
  }, Effect.scoped)
).pipe(Command.withDescription(described.serve))

/** Records that senders were told are taken outlive a process that is killed: they wait in a folder beside the file. */
const spooled = (store: Store.Store) =>
  store.kind === "duckdb" ? ({ spool: { directory: `${store.path}.spool` }, durability: "disk" } as const) : {}

/** The services of a server that is there for a moment: whoever sends to it is told to come again. */
const takingNothing = (Observability: typeof import("../../Observability.js")) =>
  Layer.merge(
    Layer.succeed(Storage, makeStorage({})),
    Layer.map(Observability.layerExportOnly({ serviceName: name, logLevel: "none", exporters: [] }), (context) =>
      Context.make(Observability.Observability, {
        ...Context.get(context, Observability.Observability),
        record: () => Effect.succeed(0)
      })
    )
  )

const notListening = ({ detail, reason }: { readonly detail: string; readonly reason: string }): Failure => {
  switch (reason) {
    case "AddressInUse":
      return failed(`${detail}: end that, or choose another with --port`)
    case "TokenRequired":
      return usage(`${detail}. A token comes from --token-file FILE or EFFECT_OBSERVABILITY_TOKEN`)
    case "InvalidOptions":
      return usage(`--${detail}`)
    default:
      return failed(detail)
  }
}

/** The address for a browser on this machine: an address to listen on everywhere is none to go to. */
const pageOf = (url: string, token: Redacted.Redacted | undefined): string => {
  const page = new URL(url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:"))
  if (token !== undefined) page.searchParams.set("token", Redacted.value(token))
  return page.href
}
