/** Conversations that were held, recorded once more, and what whoever shows one must show of it. */
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Console, Effect, Layer, Schema } from "effect"
import { DuckDbStorage } from "effect-observability/duckdb"
import { demo } from "../../docs/examples/airline/Demo.js"
import * as Replay from "../../docs/examples/airline/Replay.js"
import { AirlineTools } from "../../docs/examples/airline/Tools.js"
import type { JsonObject } from "../../src/signal/Json.js"

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** The transcript of the demonstration. */
export const short = file("docs/examples/airline/transcript.json")
/** That of 100 real conversations, which are not in this repository. */
export const real = `${process.env["OBSERVABILITY_TEST_DATA"] ?? file("../shared/data")}/tau-bench-airline.json`
/** Why tests of these are skipped, if they are. */
export const missing = existsSync(real)
  ? ""
  : ` (skipped: there is no ${real}; OBSERVABILITY_TEST_DATA names its folder)`

/** A DuckDB file with the conversations of a transcript, each in a session of its own. */
export const held = (transcript: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const storage = DuckDbStorage.layer({ path: `${yield* fs.makeTempDirectoryScoped()}/airline.duckdb` })
    const console = yield* Console.consoleWith(Effect.succeed)
    yield* demo({ transcript, tools: "recorded", storage }).pipe(
      Console.withConsole({ ...console, log: () => Effect.void })
    )
    return storage
  }).pipe(Layer.unwrapScoped, Layer.provide(NodeContext.layer))

/** A message, or the call of a tool with its result. */
export type Said =
  | { readonly role: string; readonly text: string }
  | { readonly tool: string; readonly arguments: unknown; readonly result: string | undefined }

/** A conversation, and all that must be shown of it, in its order. */
interface Held {
  readonly conversation: Replay.Conversation
  readonly said: ReadonlyArray<Said>
}

/** The conversations of a transcript. */
export const conversationsOf = (transcript: string): ReadonlyArray<Held> =>
  Schema.decodeSync(Replay.Transcript)(readFileSync(transcript, "utf8")).map((conversation) => ({
    conversation,
    said: saidIn(conversation)
  }))

/** The conversation that a turn is of, by the metadata of its span. */
export const heldIn = (conversations: ReadonlyArray<Held>, metadata: JsonObject | undefined): Held | undefined =>
  conversations.find(
    ({ conversation: { task_id, trial } }) => task_id === metadata?.["task"] && trial === metadata?.["trial"]
  )

/** Whether a text is the agent's own, which no model said, where it ends a conversation. */
const isEnding = (text: string): boolean => endings.has(text)

const endings: ReadonlySet<string> = new Set([
  "Thank you for flying with us.",
  "A colleague will go on with you.",
  "I am sorry, but I cannot help you with this."
])

/** Arguments as `@effect/ai` gives them on: without what a tool does not ask for. */
const decoded = (name: string, params: unknown): unknown =>
  Schema.decodeUnknownSync(
    AirlineTools.tools[name as keyof typeof AirlineTools.tools].parametersSchema as Schema.Schema<unknown>
  )(params)

const saidIn = ({ traj }: Replay.Conversation): ReadonlyArray<Said> => {
  const results = traj.filter(({ role }) => role === "tool")
  return traj.flatMap((message): ReadonlyArray<Said> => {
    if (message.role === "tool") return []
    if (message.role !== "assistant") return [{ role: message.role, text: message.content }]
    return [
      ...(message.content === null || message.content === "" ? [] : [{ role: "assistant", text: message.content }]),
      ...message.tool_calls.map(({ function: { arguments: params, name } }) => ({
        tool: name,
        arguments: decoded(name, params),
        result: results.shift()?.content ?? undefined
      }))
    ]
  })
}

/** The same of what a storage tells of a session, without the agent's own endings. */
export const saidOf = (
  entries: ReadonlyArray<{
    readonly role: string
    readonly parts: ReadonlyArray<{
      readonly _tag: string
      readonly text?: string
      readonly name?: string
      readonly arguments?: unknown
      readonly result?: unknown
    }>
  }>
): ReadonlyArray<Said> =>
  entries
    .flatMap(({ parts, role }) =>
      parts.map((part): Said => {
        if (part._tag !== "ToolUse") return { role, text: part.text ?? part._tag }
        const { arguments: params, name = "", result } = part
        return { tool: name, arguments: params, result: typeof result === "string" ? result : JSON.stringify(result) }
      })
    )
    .filter((said) => !("text" in said && isEnding(said.text)))
