/** The examples of docs/examples.md: each is what its file says, is run, and prints what stands there. */
import { spawn } from "node:child_process"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { createRequire } from "node:module"
import type { AddressInfo } from "node:net"
import { fileURLToPath, pathToFileURL } from "node:url"
import { format } from "node:util"
import { assert, describe, it, vi } from "@effect/vitest"
import { Effect } from "effect"
import { built, run, started } from "../cli/utils.js"
import { type Answer, make as makeServer } from "../providers/server.js"
import * as ClickhouseServer from "../utils/clickhouseServer.js"
import { describeEngine } from "../utils/describeEngine.js"
import { folder } from "../utils/folder.js"
import * as openAiApi from "../utils/openAi.js"

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const guide = file("docs/examples.md")
const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href
const isUpdated = process.env["UPDATE_GOLDEN"] === "1"

const shown = /^\[`.+`\]\((examples\/.+\.ts)\):\n\n```ts\n(?:(?!```).*\n)*```$/gm
const answered = /^```sh\n((?:(?!```).*\n)*)```\n\n```text\n((?:(?!```).*\n)*)```$/gm

/** What is printed after these commands in the guide is this; or it becomes that. */
const prints = (commands: string, lines: string) =>
  Effect.sync(() => {
    const text = readFileSync(guide, "utf8")
    const found = Array.from(text.matchAll(answered)).find(([, written]) => written === `${commands}\n`)
    assert.isDefined(found, `${commands} is in ${guide}`)
    const [block = "", , expected = ""] = found
    if (!isUpdated) return assert.strictEqual(lines, expected)
    writeFileSync(
      guide,
      text.replace(block, () => `\`\`\`sh\n${commands}\n\`\`\`\n\n\`\`\`text\n${lines}\`\`\``)
    )
  })

/** Log lines are of the moment, and so is how long something takes. */
const lasting = (text: string) =>
  text
    .replace(/^timestamp=.*\n/gm, "")
    .replace(/\d+(?:\.\d+)? (?:µs|ms|s)\b/g, "…")
    .replace(/\b[0-9a-f]{32}\b/g, "…")
    // In a table it keeps its place.
    .replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?(?= {2})/gm, (time) => "…".padEnd(time.length))
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?/g, "…")
    .replace(/127\.0\.0\.1:\d+/g, "127.0.0.1:…")
    .replace(/ +$/gm, "")

/** Runs a file to its last line in this process. */
const ran = (path: string, env: Readonly<Record<string, string>> = {}) =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const lines: Array<string> = []
      for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
      vi.spyOn(console, "log").mockImplementation((...args) => void lines.push(`${format(...args)}\n`))
      return lines
    }),
    (lines) =>
      Effect.as(
        Effect.promise(() => import(file(path))),
        lines
      ),
    () =>
      Effect.sync(() => {
        vi.restoreAllMocks()
        vi.unstubAllEnvs()
      })
  ).pipe(Effect.map((lines) => lasting(lines.join(""))))

/** Starts a file as a process of its own, in a folder. */
const startedFile = (path: string, cwd: string, env: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(process.execPath, ["--import", tsx, file(path)], {
        cwd,
        env: { ...process.env, TSX_TSCONFIG_PATH: file("tsconfig.json"), ...env }
      })
      let text = ""
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (more: string) => {
          text += more
        })
      }
      const ended = new Promise<string>((resolve) => child.once("close", () => resolve(text)))
      return {
        stop: () => child.kill("SIGTERM"),
        /** What it has printed when it ends. */
        ended: Effect.promise(() => ended),
        /** Waits until it has printed this. */
        printed: (what: string) =>
          Effect.sleep("50 millis").pipe(
            Effect.repeat({ until: () => text.includes(what) }),
            Effect.timeout("20 seconds")
          )
      }
    }),
    ({ ended, stop }) => Effect.zipRight(Effect.sync(stop), ended)
  )

describe("docs/examples.md", () => {
  it("shows each example as it is", () => {
    const text = readFileSync(guide, "utf8")
    const updated = text.replace(shown, (block, path: string) =>
      block.replace(/```ts\n.*```$/s, () => `\`\`\`ts\n${readFileSync(file(`docs/${path}`), "utf8")}\`\`\``)
    )
    if (isUpdated) writeFileSync(guide, updated)
    else assert.strictEqual(text, updated)

    const files = readdirSync(file("docs/examples"), { recursive: true, encoding: "utf8" })
    const examples = files
      .filter((path) => /^(two-processes\/)?[a-z-]+\.ts$/.test(path))
      .map((path) => `examples/${path}`)
    assert.sameMembers(
      Array.from(text.matchAll(shown), ([, path = ""]) => path),
      examples
    )
  })

  it.live("masking", () =>
    Effect.flatMap(ran("docs/examples/masking.ts"), (lines) => prints("npx tsx masking.ts", lines))
  )

  it.live("keep rules", () =>
    Effect.flatMap(ran("docs/examples/keep-rules.ts"), (lines) => prints("npx tsx keep-rules.ts", lines))
  )

  it.scopedLive("an exporter: what a server refuses for a moment is sent again", () =>
    Effect.gen(function* () {
      const server = yield* makeServer({ status: 503, json: {} }, { json: {} })
      const lines = yield* ran("docs/examples/exporter.ts", { WEBHOOK_URL: `${server.url}/hook` })
      yield* prints("WEBHOOK_URL=http://127.0.0.1:8080/hook npx tsx exporter.ts", lines)
      const body = { text: "invoke_agent support failed in support-4712: no seat left" }
      assert.deepStrictEqual(server.asked, [
        { path: "/hook", body },
        { path: "/hook", body }
      ])
    })
  )

  describeEngine("with ClickHouse", () => {
    it.scopedLive("a server", () =>
      Effect.gen(function* () {
        const { password, url, username } = yield* ClickhouseServer.make()
        const env = { CLICKHOUSE_URL: url, CLICKHOUSE_USER: username, CLICKHOUSE_PASSWORD: password }
        const lines = yield* ran("docs/examples/clickhouse.ts", env)
        yield* prints("npx tsx clickhouse.ts", lines)
      })
    )
  })

  it.scopedLive("two processes on one collector", () =>
    Effect.gen(function* () {
      yield* built
      const cwd = yield* folder
      const collector = yield* started(["serve", "--db", "agents.duckdb", "--port", "0"], { cwd })
      const [url = ""] = yield* collector.printed(/http:\/\/127\.0\.0\.1:\d+/)
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: url, PORT: String(yield* freePort) }
      const booking = yield* startedFile("docs/examples/two-processes/booking.ts", cwd, env)
      yield* booking.printed("Listening on")
      const agent = yield* startedFile("docs/examples/two-processes/agent.ts", cwd, env)
      yield* prints("npx tsx agent.ts", lasting(yield* agent.ended))
      const logs = yield* Effect.repeat(run(["logs", "--session", "booking-4711", "--url", url]), {
        until: ({ stdout }) => stdout.includes("searching")
      }).pipe(Effect.timeout("10 seconds"))
      const spans = yield* run(["spans", "--service", "booking", "--json", "--url", url])
      const trace = yield* run(["trace", JSON.parse(spans.stdout).traceId, "--url", url])
      const command = (line: string) => `npx effect-observability ${line} --url http://127.0.0.1:4318`
      yield* prints(
        `${command("logs --session booking-4711")}\n${command("trace TRACE")}`,
        lasting(`${logs.stdout}\n${trace.stdout}`)
      )
    })
  )

  it.scopedLive("an agent with a model of OpenAI", () =>
    Effect.gen(function* () {
      yield* built
      const cwd = yield* folder
      const server = yield* makeServer(
        says({ calls: [["call_1", "Oslo"]], tokens: [180, 0, 21] }),
        says({ text: "Yes: it rains at 4 degrees, take the long one.", tokens: [230, 0, 14] }),
        says({ calls: [["call_2", "Atlantis"]], tokens: [262, 192, 22] }),
        says({ text: "Nobody knows the weather there; pack a swimsuit.", tokens: [310, 192, 13] })
      )
      const env = { OPENAI_API_KEY: "sk-none", OPENAI_BASE_URL: server.url }
      const agent = yield* startedFile("docs/examples/assistant.ts", cwd, env)
      yield* prints("OPENAI_API_KEY=… npx tsx assistant.ts", lasting(yield* agent.ended))
      const { stderr, stdout } = yield* run(["session", "wardrobe-1", "--db", `${cwd}/agents.duckdb`])
      assert.strictEqual(stderr, "")
      yield* prints("npx effect-observability session wardrobe-1 --db agents.duckdb", lasting(stdout))
    })
  )
})

const freePort = Effect.async<number>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo
    server.close(() => resume(Effect.succeed(port)))
  })
})

/** An answer of OpenAI's API: a text, or calls of the tool for some cities; tokens that went in, of these cached, and out. */
const says = (said: {
  readonly text?: string
  readonly calls?: ReadonlyArray<readonly [id: string, city: string]>
  readonly tokens: readonly [input: number, cached: number, output: number]
}): Answer => ({
  json: {
    ...openAiApi.response,
    model: "gpt-5-mini-2026-08-07",
    output: [
      ...(said.text === undefined
        ? []
        : [
            {
              id: "msg_1",
              type: "message",
              role: "assistant",
              status: "completed",
              content: [{ type: "output_text", text: said.text, annotations: [], logprobs: [] }]
            }
          ]),
      ...(said.calls ?? []).map(([id, city]) => ({
        id: `fc_${id}`,
        type: "function_call",
        call_id: id,
        name: "get_weather",
        arguments: JSON.stringify({ city }),
        status: "completed"
      }))
    ],
    usage: {
      input_tokens: said.tokens[0],
      input_tokens_details: { cached_tokens: said.tokens[1] },
      output_tokens: said.tokens[2],
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: said.tokens[0] + said.tokens[2]
    }
  }
})
