/**
 * The storage for agents: a server of the Model Context Protocol, whose tools read what is recorded and change nothing.
 *
 * @since 0.1.0
 */
import type { Readable, Writable } from "node:stream"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { Storage } from "../storage/Storage.js"
import * as server from "./internal/mcp/server.js"

/**
 * The package `@modelcontextprotocol/server` is not installed, or cannot be loaded.
 *
 * @since 0.1.0
 * @category errors
 */
export class McpUnavailable extends Schema.TaggedError<McpUnavailable>("effect-observability/Mcp/McpUnavailable")(
  "McpUnavailable",
  { cause: Schema.Defect }
) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    return "@modelcontextprotocol/server cannot be loaded: npm install @modelcontextprotocol/server"
  }
}

/**
 * Answers a client on the standard streams of the process, until it closes them. Nothing else may be written to stdout.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { DuckDbStorage } from "effect-observability/duckdb"
 * import { Mcp } from "effect-observability/server"
 *
 * const main = Mcp.stdio().pipe(Effect.provide(DuckDbStorage.layer({ path: "agents.duckdb" })))
 * ```
 *
 * @since 0.1.0
 * @category servers
 */
export const stdio = (options?: {
  /** `process.stdin` when absent. */
  readonly stdin?: Readable | undefined
  /** `process.stdout` when absent. */
  readonly stdout?: Writable | undefined
}): Effect.Effect<void, McpUnavailable, Storage> =>
  Effect.gen(function* () {
    const { StdioServerTransport, serveStdio } = yield* load(() => import("@modelcontextprotocol/server/stdio"))
    const make = yield* server.factory(yield* load(() => import("@modelcontextprotocol/server")))
    const stdin = options?.stdin ?? process.stdin
    const stdout = options?.stdout ?? process.stdout
    yield* Effect.async<void>((resume) => {
      const end = () => resume(Effect.void)
      stdin.once("end", end).once("close", end).once("error", end)
      stdout.once("close", end).on("error", end)
      const handle = serveStdio(make, { transport: new StdioServerTransport(stdin, stdout) })
      return Effect.promise(() => handle.close().catch(() => {}))
    })
  })

/**
 * Answers clients over HTTP, at the path where it is mounted, as `/mcp`. It holds nothing between two requests. Nothing
 * guards it but what is around it: `StorageServer.guard` refuses pages and programs that may not ask.
 *
 * @since 0.1.0
 * @category servers
 */
export const httpApp: Effect.Effect<HttpApp.Default, McpUnavailable, Storage> = Effect.gen(function* () {
  const sdk = yield* load(() => import("@modelcontextprotocol/server"))
  const make = yield* server.factory(sdk)
  const handler = sdk.createMcpHandler(make, { maxRequestBodySize: maxBody, maxSubscriptions: 64 })
  return Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const runtime = yield* Effect.runtime<never>()
    const answer = yield* Effect.promise(async (signal) => {
      const web = HttpServerRequest.toWebEither(request, { signal, runtime })
      if (Either.isLeft(web)) return new Response(null, { status: 400 })
      server.clientGone.set(web.right, signal)
      return handler.fetch(web.right)
    })
    const response = HttpServerResponse.fromWeb(answer)
    const type = answer.headers.get("content-type")
    // `fromWeb` of the first releases of `@effect/platform` 0.94 gives a body the type of bytes.
    return type !== null && response.body._tag === "Stream"
      ? HttpServerResponse.setBody(response, HttpBody.stream(response.body.stream, type))
      : response
    // A server may run what is mounted as uninterruptible.
  }).pipe(Effect.interruptible)
})

/** Bytes of a request, which has little to say. */
const maxBody = 262_144

const load = <A>(module: () => Promise<A>): Effect.Effect<A, McpUnavailable> =>
  Effect.tryPromise({ try: module, catch: (cause) => new McpUnavailable({ cause }) })
