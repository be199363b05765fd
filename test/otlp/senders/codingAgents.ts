import { log, origin, span, traceId } from "./received.js"
import { type Sender, user } from "./Sender.js"

const claudeOrigin = origin("com.anthropic.claude_code.tracing", {
  "service.name": "claude-code",
  "service.version": "2.1"
})
const claudeEvents = origin("com.anthropic.claude_code.events", {
  "service.name": "claude-code",
  "service.version": "2.1"
})
const claudeAll = { "session.id": "s-1", "user.id": "u-1", "organization.id": "o-1", "terminal.type": "vscode" }
const claudeSaid = { sessionId: "s-1", userId: "u-1", serviceName: "claude-code" }

const claudeSpans: Sender = {
  name: "Claude Code, with traces",
  spans: [
    span(1, undefined, {
      origin: claudeOrigin,
      name: "claude_code.interaction",
      attributes: {
        ...claudeAll,
        "span.type": "interaction",
        user_prompt: "hello",
        user_prompt_length: 5,
        "interaction.sequence": 1
      }
    }),
    span(2, 1, {
      origin: claudeOrigin,
      name: "claude_code.llm_request",
      attributes: {
        ...claudeAll,
        "span.type": "llm_request",
        model: "claude-5",
        "gen_ai.system": "anthropic",
        "gen_ai.request.model": "claude-5",
        duration_ms: 4705,
        ttft_ms: 1341,
        input_tokens: 2,
        output_tokens: 333,
        cache_read_tokens: 63002,
        cache_creation_tokens: 679,
        success: "true"
      }
    }),
    span(3, 1, {
      origin: claudeOrigin,
      name: "claude_code.tool",
      attributes: {
        ...claudeAll,
        "span.type": "tool",
        tool_name: "Bash",
        tool_use_id: "t-1",
        "gen_ai.tool.call.id": "t-1"
      }
    }),
    span(4, 3, {
      origin: claudeOrigin,
      name: "claude_code.tool.execution",
      attributes: { ...claudeAll, "span.type": "tool.execution", tool_name: "Bash", success: false, error: "exit 1" }
    }),
    span(5, 3, {
      origin: claudeOrigin,
      name: "claude_code.tool.blocked_on_user",
      attributes: { ...claudeAll, "span.type": "tool.blocked_on_user", tool_name: "Bash" }
    })
  ],
  records: [
    { ...claudeSaid, spanType: "agent_run", input: [user("hello")] },
    {
      ...claudeSaid,
      spanType: "model_generation",
      model: "claude-5",
      requestModel: "claude-5",
      provider: "anthropic",
      inputTokens: 63_683,
      outputTokens: 333,
      cachedInputTokens: 63_002,
      cacheWriteTokens: 679,
      timeToFirstToken: 1_341_000_000n
    },
    { ...claudeSaid, spanType: "tool_call", toolName: "Bash" },
    { ...claudeSaid, spanType: "generic", toolName: "Bash", status: "error", statusMessage: "exit 1" },
    { ...claudeSaid, spanType: "generic", toolName: "Bash" }
  ],
  logs: [
    log({
      origin: claudeEvents,
      body: "claude_code.api_request",
      traceId,
      spanId: "f3816a9fbd63e3d6",
      attributes: { ...claudeAll, "event.name": "api_request", model: "claude-5", cost_usd: 0.5, input_tokens: 2 }
    })
  ],
  logRecords: [
    { sessionId: "s-1", userId: "u-1", message: "claude_code.api_request", traceId, spanId: "f3816a9fbd63e3d6" }
  ],
  made: []
}

const claudeEvent = (name: string, attributes: object) =>
  log({
    origin: claudeEvents,
    body: `claude_code.${name}`,
    attributes: { ...claudeAll, "prompt.id": "p-1", "event.name": name, "event.sequence": 1, ...attributes }
  })

const claudeLog = { sessionId: "s-1", userId: "u-1" }

const claudeLogs: Sender = {
  name: "Claude Code, with logs alone",
  logs: [
    claudeEvent("user_prompt", { prompt: "hello", prompt_length: "5" }),
    claudeEvent("api_request", {
      model: "claude-5",
      cost_usd: "0.25",
      duration_ms: "100",
      input_tokens: "2",
      output_tokens: "333",
      cache_read_tokens: "1000",
      cache_creation_tokens: "10"
    }),
    claudeEvent("tool_result", {
      tool_name: "Bash",
      tool_use_id: "t-1",
      success: "false",
      duration_ms: "57",
      error: "exit 1",
      tool_parameters: '{"command":"ls"}'
    }),
    claudeEvent("api_error", { model: "claude-5", error: "overloaded", status_code: 529, duration_ms: 12 }),
    claudeEvent("tool_decision", { tool_name: "Bash", decision: "accept" }),
    log({
      origin: claudeEvents,
      body: null,
      eventName: "api_request",
      attributes: { ...claudeAll, model: "claude-5", input_tokens: 1, output_tokens: 2, cost_usd_micros: 1500 }
    })
  ],
  logRecords: [
    ...["user_prompt", "api_request", "tool_result", "api_error", "tool_decision"].map((name) => `claude_code.${name}`),
    "api_request"
  ].map((message) => ({ ...claudeLog, message })),
  made: [
    { ...claudeSaid, spanType: "agent_run", agentName: "claude-code", input: [user("hello")] },
    {
      ...claudeSaid,
      kind: "client",
      spanType: "model_generation",
      model: "claude-5",
      requestModel: "claude-5",
      provider: "anthropic",
      inputTokens: 1012,
      outputTokens: 333,
      cachedInputTokens: 1000,
      cacheWriteTokens: 10,
      costUsd: 0.25,
      costSource: "provider"
    },
    {
      ...claudeSaid,
      spanType: "tool_call",
      toolName: "Bash",
      status: "error",
      statusMessage: "exit 1",
      arguments: '{"command":"ls"}'
    },
    {
      ...claudeSaid,
      kind: "client",
      spanType: "model_generation",
      model: "claude-5",
      requestModel: "claude-5",
      provider: "anthropic",
      status: "error",
      statusMessage: "overloaded"
    },
    {
      ...claudeSaid,
      kind: "client",
      spanType: "model_generation",
      model: "claude-5",
      requestModel: "claude-5",
      provider: "anthropic",
      inputTokens: 1,
      outputTokens: 2,
      costUsd: 0.0015,
      costSource: "provider"
    }
  ]
}

const codexOrigin = origin("codex_otel", { "service.name": "codex_cli_rs", "deployment.environment.name": "dev" })
const codexAll = {
  "event.timestamp": "2026-10-02T09:41:16.102Z",
  "conversation.id": "019a",
  "app.version": "1.0",
  "user.account_id": "acc-1",
  model: "gpt-5-codex",
  slug: "gpt-5-codex"
}
const codexSaid = { sessionId: "019a", userId: "acc-1", environment: "dev" }
const codexMade = { ...codexSaid, serviceName: "codex_cli_rs", model: "gpt-5-codex" }

const codexEvent = (name: string, attributes: object) =>
  log({ origin: codexOrigin, body: null, attributes: { "event.name": name, ...codexAll, ...attributes } })

const codex: Sender = {
  name: "Codex",
  logs: [
    codexEvent("codex.conversation_starts", { provider_name: "openai", approval_policy: "never" }),
    codexEvent("codex.user_prompt", { prompt_length: "5", prompt: "hello" }),
    codexEvent("codex.sse_event", { "event.kind": "response.output_item.done", duration_ms: "5" }),
    codexEvent("codex.sse_event", {
      "event.kind": "response.completed",
      duration_ms: "5",
      input_token_count: "1000",
      output_token_count: "50",
      cached_token_count: "900",
      reasoning_token_count: "20",
      tool_token_count: "1050"
    }),
    codexEvent("codex.tool_result", {
      tool_name: "shell",
      call_id: "c-1",
      arguments: '{"command":["ls"]}',
      duration_ms: "30",
      success: "true",
      output: "a b"
    })
  ],
  logRecords: [
    { ...codexSaid, message: "codex.conversation_starts" },
    { ...codexSaid, message: "codex.user_prompt" },
    { ...codexSaid, message: "codex.sse_event" },
    { ...codexSaid, message: "codex.sse_event" },
    { ...codexSaid, message: "codex.tool_result" }
  ],
  made: [
    {
      ...codexMade,
      kind: "client",
      spanType: "model_generation",
      requestModel: "gpt-5-codex",
      provider: "openai",
      inputTokens: 1000,
      outputTokens: 50,
      cachedInputTokens: 900,
      reasoningTokens: 20
    },
    { ...codexMade, spanType: "tool_call", toolName: "shell", arguments: '{"command":["ls"]}', result: "a b" }
  ]
}

const geminiOrigin = origin("gemini-cli", { "service.name": "gemini-cli", "session.id": "s-1" })
const geminiSaid = { sessionId: "s-1" }
const geminiMade = { ...geminiSaid, serviceName: "gemini-cli" }

const geminiEvent = (name: string, body: string, attributes: object) =>
  log({
    origin: geminiOrigin,
    body,
    attributes: { "event.name": name, "session.id": "s-1", prompt_id: "s-1####0", ...attributes }
  })

const gemini: Sender = {
  name: "the Gemini CLI",
  logs: [
    geminiEvent("gemini_cli.user_prompt", "User prompt. Length: 5.", { prompt: "hello", prompt_length: 5 }),
    geminiEvent("gemini_cli.api_response", "API response from gemini-3. Status: 200. Duration: 1500ms.", {
      model: "gemini-3",
      duration_ms: 1500,
      status_code: 200,
      input_token_count: 12000,
      output_token_count: 800,
      cached_content_token_count: 9000,
      thoughts_token_count: 450,
      tool_token_count: 0,
      total_token_count: 13250
    }),
    geminiEvent("gemini_cli.tool_call", "Tool call: ls. Success: true. Duration: 12ms.", {
      function_name: "ls",
      function_args: '{"path":"."}',
      duration_ms: 12,
      success: true,
      decision: "accept"
    }),
    geminiEvent("gen_ai.client.inference.operation.details", "GenAI operation details from gemini-3.", {
      "gen_ai.usage.input_tokens": 12000
    })
  ],
  logRecords: [
    { ...geminiSaid, message: "User prompt. Length: 5." },
    { ...geminiSaid, message: "API response from gemini-3. Status: 200. Duration: 1500ms." },
    { ...geminiSaid, message: "Tool call: ls. Success: true. Duration: 12ms." },
    { ...geminiSaid, message: "GenAI operation details from gemini-3." }
  ],
  made: [
    { ...geminiMade, spanType: "agent_run", agentName: "gemini-cli", input: [user("hello")] },
    {
      ...geminiMade,
      kind: "client",
      spanType: "model_generation",
      model: "gemini-3",
      requestModel: "gemini-3",
      provider: "gcp.gemini",
      inputTokens: 12000,
      outputTokens: 1250,
      cachedInputTokens: 9000,
      reasoningTokens: 450
    },
    { ...geminiMade, spanType: "tool_call", toolName: "ls", arguments: { path: "." } }
  ]
}

export const codingAgents = [claudeSpans, claudeLogs, codex, gemini]
