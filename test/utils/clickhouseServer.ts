/**
 * ClickHouse in this process behind its HTTP interface, for what only a server has: the wire, credentials, faults. The
 * engine is the real one; what is written here is what a server puts around it.
 */
import { randomUUID } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { buffer } from "node:stream/consumers"
import { gunzipSync, gzipSync } from "node:zlib"
import { Effect } from "effect"

/** What goes wrong with a request. */
export type Fault =
  /** The connection is reset before anything is done. */
  | "reset"
  /** Nothing is ever answered. */
  | "hang"
  /** The statement is done, and the connection reset in place of its answer. */
  | "lost"
  /** Half of the answer comes with status 200, and then the connection is reset. */
  | "cut"
  /** Half of the answer comes with status 200, and then an exception, as servers since 25.11 write it. */
  | "exception"
  /** The same, as older servers write it. */
  | "plainException"
  /** The engine takes a record for malformed. */
  | "reject"
  /** The answer comes with status 200 one byte at a time, and has no end. */
  | "drip"
  /** The same with the headers of the answer. */
  | "dripHeaders"
  /** The answer comes with this status as fast as it is taken, and has no end. */
  | { readonly flood: number }
  /** This answer comes with status 200. */
  | { readonly answer: string; readonly headers?: Record<string, string> }
  /** This status, with a page of a proxy. */
  | number

export interface Seen {
  readonly query: string
  readonly settings: URLSearchParams
  readonly headers: IncomingMessage["headers"]
  readonly multipart: boolean
  /** What is inserted, inflated; empty for any other statement. */
  readonly data: Buffer
}

export interface ClickhouseServer {
  readonly url: string
  readonly username: string
  readonly password: string
  /** What was asked so far. */
  readonly seen: Array<Seen>
  /** How many statements are running. */
  readonly running: () => number
  /** From now on so many requests meet the fault of which the statement or its data match. */
  readonly fail: (fault: Fault, options?: { readonly times?: number; readonly where?: RegExp }) => Effect.Effect<void>
  readonly heal: Effect.Effect<void>
  /** Nobody listens any more, and open connections are closed. */
  readonly down: Effect.Effect<void>
  readonly up: Effect.Effect<void>
}

export interface Options {
  /** The one data directory that a process can have; without it a new one, which goes with the scope. */
  readonly path?: string
  /**
   * The name of a cluster of two shards, both of them in this engine: their rows are in one table, of which each shard reads
   * those that Distributed tables put there. There is no Keeper: `ON CLUSTER` and `Replicated` are left out of statements.
   */
  readonly cluster?: string
  /** A proxy before it answers 413 to a body that is larger. */
  readonly maxBodyBytes?: number
}

export const make = Effect.fnUntraced(function* (options: Options = {}) {
  const { Session } = yield* Effect.promise(() => import("chdb"))
  const scratch = mkdtempSync(join(tmpdir(), "clickhouse-server-"))
  const path = options.path ?? join(scratch, "data")
  const engineArgs =
    options.cluster === undefined ? undefined : { connectionArgs: [twoShards(scratch, options.cluster)] }
  const open = () => new Session(path, engineArgs)
  const engine = open()
  const sessions = new Map<string, InstanceType<typeof Session>>()
  /** Connections that nobody uses, by the settings that they have: to make one takes as long as a short statement. */
  const idle = new Map<string, Array<InstanceType<typeof Session>>>()
  const credentials = { username: "agent", password: randomUUID() }
  const seen: Array<Seen> = []
  let running = 0
  let failing: { readonly fault: Fault; times: number; readonly where: RegExp } | undefined

  const faultOf = (request: string): Fault | undefined =>
    failing?.where.test(request) && failing.times-- > 0 ? failing.fault : undefined

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<unknown> => {
    const { pathname, searchParams: settings } = new URL(request.url ?? "/", "http://server")
    if (pathname === "/ping") return response.end("Ok.\n")
    const sent = await buffer(request)
    if (sent.length > (options.maxBodyBytes ?? Number.POSITIVE_INFINITY)) return response.writeHead(413).end()
    const data = request.headers["content-encoding"] === "gzip" ? gunzipSync(sent) : sent
    const form = formOf(request.headers["content-type"], data)
    for (const [name, value] of form) settings.set(name, value)
    const url = settings.get("query") ?? ""
    const sentQuery = form.size > 0 ? url : [url, ...(isInsert(url) ? [] : [data])].join("\n").trim()
    const query = options.cluster === undefined ? sentQuery : withoutKeeper(sentQuery)
    const inserted = isInsert(url) ? data : Buffer.alloc(0)
    seen.push({ query, settings, headers: request.headers, multipart: form.size > 0, data: inserted })
    if ([...settings.values()].some((value) => Buffer.byteLength(value) > maxFieldBytes)) return fail(response, tooLong)
    const fault = faultOf(query + data.toString("latin1"))
    if (fault === "reset") return request.socket.resetAndDestroy()
    if (fault === "hang") return
    if (fault === "drip" || fault === "dripHeaders") return drip(request, response, fault === "dripHeaders")
    if (typeof fault === "object") {
      if ("flood" in fault) return flood(response.writeHead(fault.flood))
      return response.writeHead(200, fault.headers).end(fault.answer)
    }
    if (typeof fault === "number") return response.writeHead(fault).end(`<html>${fault}</html>`)
    if (fault === "reject") return fail(response, "Code: 27. DB::Exception: (at row 1). (CANNOT_PARSE_INPUT)")
    const denied = refusal(request, settings, credentials)
    if (denied !== undefined) return fail(response, denied)

    const id = settings.get("query_id") ?? randomUUID()
    const named = settings.get("session_id")
    const prepared = preamble(settings)
    const reused = named === null ? idle.get(prepared)?.pop() : sessions.get(named)
    const session = reused ?? open()
    response.once("close", () => {
      const isReadonly = Number(settings.get("readonly")) > 0
      const cancels = isReadonly && settings.get("cancel_http_readonly_queries_on_client_close") === "1"
      if (response.writableFinished || !cancels) return
      void engine.queryAsync(`KILL QUERY WHERE Settings['log_comment'] = ${quoted(id)}`)
    })
    let isReady = false
    running++
    try {
      await session.queryAsync(
        `SET log_comment = ${quoted(id)}${reused !== undefined && named === null ? "" : prepared}`
      )
      isReady = true
      const result = await session.queryAsync(
        isInsert(url) ? fromFile(url, data, scratch) : query.replace(/^(KILL .*)\bquery_id\b/s, killed),
        { format: settings.get("default_format") ?? "TabSeparated" }
      )
      if (fault === "lost") return request.socket.resetAndDestroy()
      const rows = String(result.rowsRead)
      response.setHeader("X-ClickHouse-Query-Id", id)
      response.setHeader(
        "X-ClickHouse-Summary",
        JSON.stringify({ [isInsert(url) ? "written_rows" : "read_rows"]: rows, result_rows: rows })
      )
      return send(request, response, settings, Buffer.from(result.bytes()), fault)
    } catch (error) {
      return fail(response, error instanceof Error ? error.message : String(error))
    } finally {
      running--
      if (named !== null) sessions.set(named, session)
      else if (!isReady || prepared.includes("SET param_")) session.close()
      else idle.set(prepared, [...(idle.get(prepared) ?? []), session])
    }
  }

  const server = createServer({ maxHeaderSize: maxUrlBytes }, (request, response) => {
    answer(request, response).catch(() => request.socket.destroy())
  })
  const listen = (port: number) => Effect.async<void>((resume) => void server.listen(port, () => resume(Effect.void)))
  const down = Effect.async<void>((resume) => {
    server.close(() => resume(Effect.void))
    server.closeAllConnections()
  })
  yield* Effect.acquireRelease(listen(0), () =>
    Effect.sync(() => {
      server.close()
      server.closeAllConnections()
      for (const session of [engine, ...sessions.values(), ...[...idle.values()].flat()]) session.close()
      rmSync(scratch, { recursive: true, force: true })
    })
  )
  const { port } = server.address() as AddressInfo
  const it: ClickhouseServer = {
    url: `http://localhost:${port}`,
    ...credentials,
    seen,
    running: () => running,
    fail: (fault, { times = Number.POSITIVE_INFINITY, where = /(?:)/ } = {}) =>
      Effect.sync(() => {
        failing = { fault, times, where }
      }),
    heal: Effect.sync(() => {
      failing = undefined
    }),
    down,
    up: listen(port)
  }
  return it
})

/** What proxies allow of an URL with its headers, and ClickHouse of a field: `http_max_field_value_size`. */
const maxUrlBytes = 8 * 2 ** 10
const maxFieldBytes = 128 * 2 ** 10
const tooLong =
  "Code: 1000. DB::Exception: Poco::Exception. Code: 1000, e.code() = 0, HTML Form Exception: Field value too long. (POCO_EXCEPTION)"

/** The argument by which the engine knows a cluster. Without a database of its own a shard is this process. */
const twoShards = (folder: string, cluster: string): string => {
  const file = join(folder, "config.xml")
  const shard = "<shard><replica><host>127.0.0.1</host><port>9000</port></replica></shard>"
  writeFileSync(
    file,
    `<clickhouse><tcp_port>9000</tcp_port><remote_servers><${cluster}>${shard}${shard}</${cluster}></remote_servers></clickhouse>`
  )
  return `--config-file=${file}`
}

const withoutKeeper = (statement: string) =>
  statement.replace(/ ON CLUSTER "\w+"/, "").replace(/ENGINE = Replicated(?=\w+MergeTree)/, "ENGINE = ")

const isInsert = (query: string) => /^\s*INSERT\b.*\bFORMAT\s+\w+\s*$/is.test(query)

/** The data of an insert may be binary, which the engine takes from a file alone. */
const fromFile = (insert: string, data: Buffer, folder: string) => {
  const file = join(folder, randomUUID())
  writeFileSync(file, data)
  return insert.replace(/(\s+SETTINGS\s.*)?\s+FORMAT\s+\w+\s*$/is, (end) => ` FROM INFILE ${quoted(file)}${end}`)
}

const killed = (_: string, before: string) => `${before}Settings['log_comment']`

/** What stands in the URL and is no setting of the engine. */
const notSettings =
  /^(query|database|user|password|role|session_id|session_timeout|query_id|default_format|wait_end_of_query|buffer_size|compress|decompress|enable_http_compression|send_progress_in_http_headers|http_\w+|cancel_http_readonly_queries_on_client_close)$/

/** Settings and parameters as statements: a connection is for requests with the same ones, which stay on it. */
const preamble = (settings: URLSearchParams) => {
  const all = [...settings].filter(([name]) => !notSettings.test(name))
  const database = settings.get("database")
  return [
    ...all.map(([name, value]) => `; SET ${name} = ${quoted(value)}`),
    ...(database === null ? [] : [`; USE \`${database}\``])
  ].join("")
}

const quoted = (text: string) => `'${text.replace(/[\\']/g, "\\$&")}'`

const formOf = (type: string | undefined, body: Buffer): Map<string, string> => {
  const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(type ?? "")?.[1]
  const parts = boundary === undefined ? [] : body.toString().split(`--${boundary}`).slice(1, -1)
  return new Map(
    parts.map((part) => {
      const [head = "", ...value] = part.split("\r\n\r\n")
      return [/name="([^"]*)"/.exec(head)?.[1] ?? "", value.join("\r\n\r\n").replace(/\r\n$/, "")]
    })
  )
}

const refusal = (
  { headers }: IncomingMessage,
  settings: URLSearchParams,
  { password, username }: { readonly username: string; readonly password: string }
): string | undefined => {
  const basic = Buffer.from(headers.authorization?.replace(/^Basic /, "") ?? "", "base64").toString()
  const header = `${headers["x-clickhouse-user"] ?? settings.get("user")}:${headers["x-clickhouse-key"] ?? settings.get("password")}`
  if ([basic, header].includes(`${username}:${password}`)) return
  return basic === "" && headers["x-clickhouse-user"] === undefined
    ? "Code: 194. DB::Exception: A password is required. (REQUIRED_PASSWORD)"
    : "Code: 516. DB::Exception: Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED)"
}

const statuses: Record<string, number> = { 36: 400, 60: 404, 62: 400, 81: 404, 194: 401, 516: 403 }

const fail = (response: ServerResponse, message: string) => {
  const code = /^Code: (\d+)/.exec(message)?.[1] ?? "1002"
  response.writeHead(statuses[code] ?? 500, { "X-ClickHouse-Exception-Code": code })
  return response.end(`${message} (version 26.7.2.1)\n`)
}

const drip = ({ socket }: IncomingMessage, response: ServerResponse, isHeader: boolean) => {
  if (isHeader) socket.write("HTTP/1.1 200 OK\r\nX-Slow: ")
  else response.writeHead(200).flushHeaders()
  const timer = setInterval(() => (isHeader ? socket.write("x") : response.write("x")), 20)
  socket.once("close", () => clearInterval(timer))
}

const flood = (response: ServerResponse): void => {
  while (!response.destroyed && response.write("x".repeat(2 ** 16)));
  if (!response.destroyed) response.once("drain", () => flood(response))
}

const send = (
  request: IncomingMessage,
  response: ServerResponse,
  settings: URLSearchParams,
  body: Buffer,
  fault: Fault | undefined
) => {
  const zip =
    settings.get("enable_http_compression") === "1" && /\bgzip\b/.test(String(request.headers["accept-encoding"]))
  if (zip) response.setHeader("Content-Encoding", "gzip")
  const written = (bytes: Buffer) => (zip ? gzipSync(bytes) : bytes)
  const half = body.subarray(0, body.length / 2)
  if (fault === "cut") return response.write(written(half), () => request.socket.resetAndDestroy())
  if (fault === "exception") {
    const [tag, message] = ["abcdefghijklmnop", `${boom}\n`]
    response.setHeader("X-ClickHouse-Exception-Tag", tag)
    const end = `\r\n__exception__\r\n${tag}\n${message}${message.length} ${tag}\r\n__exception__\r\n`
    return response.end(written(Buffer.concat([half, Buffer.from(end)])))
  }
  return response.end(written(fault === "plainException" ? Buffer.concat([half, Buffer.from(boom)]) : body))
}

const boom = "Code: 241. DB::Exception: Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED) (version 26.7.2.1)"
