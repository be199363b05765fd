/** Clients of the official SDK, and what is stored for them to ask about. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { fileURLToPath } from "node:url"
import { HttpRouter, HttpServer } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { type CallToolResult, Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client"
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio"
import { Context, Effect, Layer, type Scope } from "effect"
import { Agent, fetch } from "undici"
import * as Mcp from "../../src/server/Mcp.js"

export interface Asked {
  readonly text: string
  readonly isError: boolean
  readonly structured: unknown
}

const asked = (result: CallToolResult): Asked => ({
  text: result.content.map((part) => (part.type === "text" ? part.text : "")).join("\n"),
  isError: result.isError === true,
  structured: result.structuredContent
})

/** Calls a tool, which may be interrupted. */
export const call = (client: Client, name: string, args?: Record<string, unknown>) =>
  Effect.tryPromise((signal) =>
    client.callTool({ name, ...(args !== undefined && { arguments: args }) }, { signal, timeout: 60_000 })
  ).pipe(Effect.map((result) => asked(result as CallToolResult)))

const made = (version: "modern" | "legacy") =>
  new Client(
    { name: "test", version: "1" },
    version === "legacy"
      ? { versionNegotiation: { mode: "legacy" } }
      : { versionNegotiation: { mode: { pin: "2026-07-28" } } }
  )

const connected = (
  client: Client,
  transport: ConstructorParameters<typeof Object>[0]
): Effect.Effect<Client, unknown, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.as(
      Effect.tryPromise(() => client.connect(transport as never)),
      client
    ),
    () => Effect.promise(() => client.close().catch(() => {}))
  )

/** A client of a process of its own. */
export const stdioClient = (path: string, version: "modern" | "legacy" = "modern") => {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: ["--import", "tsx", fileURLToPath(new URL("main.ts", import.meta.url)), path],
    stderr: "pipe"
  })
  return Effect.map(connected(made(version), transport), (client) => ({ client, transport }))
}

/** Where the endpoint is served. */
export class Endpoint extends Context.Tag("test/Endpoint")<Endpoint, string>() {}

export const httpLayer = Layer.unwrapScoped(
  Effect.gen(function* () {
    const server = createServer()
    const app = yield* Mcp.httpApp
    const url = Layer.effect(
      Endpoint,
      Effect.sync(() => `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`)
    )
    return url.pipe(
      Layer.provideMerge(HttpServer.serve(HttpRouter.empty.pipe(HttpRouter.mountApp("/mcp", app)))),
      Layer.provide(NodeHttpServer.layer(() => server, { port: 0, host: "127.0.0.1" }))
    )
  })
)

/** A client, of which an agent has the connections: who destroys that cuts them. */
export const httpClient = (url: string, version: "modern" | "legacy" = "modern", agent = new Agent()) =>
  connected(
    made(version),
    new StreamableHTTPClientTransport(new URL(url), {
      fetch: (url, init) => fetch(url, { ...init, dispatcher: agent } as never) as never
    })
  )
