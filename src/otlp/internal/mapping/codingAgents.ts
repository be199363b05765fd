/**
 * Coding agents tell of their turns, of the calls of models and tools, and of tokens and costs in logs. Such a log is one
 * record of a thing that is done, with how long it took: where the agent sends no traces, a span is made of it, so that a
 * session of it has turns, tokens and costs as any other has. Where it sends traces its logs are written within their spans,
 * and name them: then the spans count, and none is made.
 */
import * as genAi from "../../../signal/conventions/genAi.js"
import { reader } from "../../../signal/conventions/index.js"
import type { Json, JsonObject } from "../../../signal/Json.js"
import type { SpanRecord } from "../../../signal/SpanRecord.js"
import type { ReceivedLog } from "../received.js"
import * as Fields from "./fields.js"
import { timestampOf } from "./level.js"
import { eventNameOf, hashOf, idOf } from "./log.js"
import { ofSpan } from "./span.js"
import * as Tokens from "./tokens.js"

/** A sender: its events, and how it counts. */
interface Agent {
  readonly name: string
  readonly provider: string
  readonly counting: Tokens.Counting
  /** The attribute that the logs of a turn have in common. */
  readonly turn?: string
  readonly prompt: string
  readonly call: string
  readonly failure?: string
  readonly tool: string
}

const agents: ReadonlyArray<readonly [prefix: RegExp, Agent]> = [
  [
    /^claude_code\./,
    {
      name: "claude-code",
      provider: "anthropic",
      counting: Tokens.claudeCode,
      turn: "prompt.id",
      prompt: "user_prompt",
      call: "api_request",
      failure: "api_error",
      tool: "tool_result"
    }
  ],
  [
    /^codex\./,
    {
      name: "codex",
      provider: "openai",
      counting: Tokens.codex,
      turn: "turn.id",
      prompt: "user_prompt",
      call: "sse_event",
      tool: "tool_result"
    }
  ],
  [
    /^(?:gemini_cli|qwen-code)\./,
    {
      name: "gemini-cli",
      provider: "gcp.gemini",
      counting: Tokens.gemini,
      turn: "prompt_id",
      prompt: "user_prompt",
      call: "api_response",
      failure: "api_error",
      tool: "tool_call"
    }
  ]
]

/** The spans that a log tells of. */
export const spansOf = (received: ReceivedLog): ReadonlyArray<SpanRecord> => {
  if (received.traceId !== undefined) return []
  const event = nameOf(received)
  const found = event === undefined ? undefined : agents.find(([prefix]) => prefix.test(event))
  if (event === undefined || found === undefined) return []
  const [prefix, agent] = found
  const told = toldOf(event.replace(prefix, ""), agent, received.attributes)
  if (told === undefined) return []
  const said: Fields.Said = {}
  Fields.fill(said, received.attributes)
  if (said.sessionId === undefined && Fields.ofResource(received.origin.resource).sessionId === undefined) return []
  return [spanOf(received, agent, event, told, said.sessionId)]
}

/** Claude Code has the short name of an event in its attribute, and the long one in the body. */
const nameOf = (received: ReceivedLog): string | undefined => {
  const { body, origin } = received
  const name = eventNameOf(received)
  if (name?.includes(".")) return name
  if (typeof body === "string" && /^claude_code\.[a-z_]+$/.test(body)) return body
  return name !== undefined && origin.scope.name.includes("claude_code") ? `claude_code.${name}` : name
}

interface Told {
  readonly operation: "chat" | "execute_tool" | "invoke_agent"
  readonly name: string
  readonly attributes: JsonObject
  readonly failed: boolean
}

const toldOf = (event: string, agent: Agent, attributes: JsonObject): Told | undefined => {
  switch (event) {
    case agent.prompt:
      return turnOf(agent, attributes)
    case agent.call:
      return agent.name === "codex" && attributes["event.kind"] !== "response.completed"
        ? undefined
        : callOf(agent, attributes, false)
    case agent.failure:
      return callOf(agent, attributes, true)
    case agent.tool:
      return toolOf(attributes)
    default:
      return undefined
  }
}

/** A turn has no end of its own in the logs. It is there if its logs have something in common. */
const turnOf = (agent: Agent, attributes: JsonObject): Told | undefined => {
  if (agent.turn === undefined || attributes[agent.turn] === undefined) return undefined
  const { prompt } = attributes
  const isSaid = typeof prompt === "string" && prompt !== "" && !/^\[?<?redacted>?\]?$/i.test(prompt)
  return {
    operation: "invoke_agent",
    name: `invoke_agent ${agent.name}`,
    failed: false,
    attributes: {
      [genAi.agentName]: agent.name,
      ...(isSaid && { [genAi.inputMessages]: [{ role: "user", parts: [{ type: "text", content: prompt }] }] })
    }
  }
}

const callOf = (agent: Agent, attributes: JsonObject, failed: boolean): Told => {
  const { cacheWriteTokens, cachedInputTokens, inputTokens, outputTokens, reasoningTokens } = Tokens.read(
    attributes,
    agent.counting
  )
  const { model } = attributes
  const named = typeof model === "string" ? model : undefined
  return {
    operation: "chat",
    name: named === undefined ? "chat" : `chat ${named}`,
    failed,
    attributes: present({
      [genAi.provider]: agent.provider,
      [genAi.requestModel]: named,
      [genAi.inputTokens]: inputTokens,
      [genAi.outputTokens]: outputTokens,
      [genAi.cachedInputTokens]: cachedInputTokens,
      [genAi.cacheWriteTokens]: cacheWriteTokens,
      [genAi.reasoningTokens]: reasoningTokens
    })
  }
}

const toolOf = (attributes: JsonObject): Told => {
  const name = [attributes["tool_name"], attributes["function_name"]].find((name) => typeof name === "string")
  const success = attributes["success"]
  return {
    operation: "execute_tool",
    name: name === undefined ? "execute_tool" : `execute_tool ${name}`,
    failed: success === false || success === "false",
    attributes: present({
      [genAi.toolName]: name,
      [genAi.toolCallId]: [attributes["tool_use_id"], attributes["call_id"]].find((id) => typeof id === "string"),
      [genAi.toolArguments]: [attributes["arguments"], attributes["tool_input"], attributes["tool_parameters"]].find(
        isSaid
      ),
      [genAi.toolResult]: attributes["output"]
    })
  }
}

const isSaid = (value: Json | undefined): boolean => value !== undefined && value !== null && value !== ""

const present = (attributes: { readonly [name: string]: Json | undefined }): JsonObject =>
  Object.fromEntries(Object.entries(attributes).filter((entry): entry is [string, Json] => entry[1] !== undefined))

const spanOf = (
  received: ReceivedLog,
  agent: Agent,
  event: string,
  { attributes, failed, name, operation }: Told,
  sessionId: string | undefined
): SpanRecord => {
  const log = idOf(received)
  const turn = agent.turn === undefined ? undefined : received.attributes[agent.turn]
  const ofTurn = turn === undefined ? undefined : hashOf(JSON.stringify([agent.name, sessionId ?? null, turn]))
  const isTurn = operation === "invoke_agent"
  const endTime = timestampOf(received)
  const own = hashOf(log)
  return ofSpan({
    origin: received.origin,
    traceId: ofTurn ?? own,
    spanId: (isTurn && ofTurn !== undefined ? hashOf(ofTurn) : own).slice(0, 16),
    parentSpanId: isTurn || ofTurn === undefined ? undefined : hashOf(ofTurn).slice(0, 16),
    traceState: undefined,
    flags: 0,
    name,
    kind: operation === "chat" ? 3 : 1,
    startTime: endTime - (isTurn ? 0n : durationOf(received.attributes, endTime)),
    endTime,
    attributes: {
      ...received.attributes,
      ...attributes,
      "event.name": event,
      [genAi.operation]: operation,
      [madeOf]: log
    },
    events: [],
    links: [],
    status: { code: failed ? 2 : 0, message: "" },
    dropped: { attributes: received.dropped, events: 0, links: 0 }
  })
}

/** Names the log that a span was made of. */
export const madeOf = "effect_observability.log_id"

const millis = reader("costUsd").read

/** Nanoseconds, of milliseconds. */
const durationOf = ({ duration_ms }: JsonObject, endTime: bigint): bigint => {
  const said =
    duration_ms === undefined || duration_ms === null ? undefined : (millis(duration_ms) as number | undefined)
  const nanos = said === undefined || said > 1e12 ? 0n : BigInt(Math.round(said * 1e6))
  return nanos > endTime ? endTime : nanos
}
