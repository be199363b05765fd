import { origin, span } from "./received.js"
import { assistant, call, result, type Sender, text, user } from "./Sender.js"

const langfuseOrigin = origin("langfuse-sdk", { "service.name": "agent", "telemetry.sdk.language": "nodejs" }, "5.1.0")
const langfuseTrace = {
  "langfuse.trace.name": "turn",
  "user.id": "u-1",
  "session.id": "s-1",
  "langfuse.trace.tags": ["beta", "vip"],
  "langfuse.trace.metadata.plan": "pro",
  "langfuse.environment": "staging",
  "langfuse.release": "v1"
}
const langfuseSaid = {
  sessionId: "s-1",
  userId: "u-1",
  tags: ["beta", "vip"],
  environment: "staging",
  metadata: { plan: "pro" }
}

const langfuse: Sender = {
  name: "Langfuse",
  spans: [
    span(1, undefined, {
      origin: langfuseOrigin,
      name: "turn",
      attributes: {
        ...langfuseTrace,
        "langfuse.observation.type": "agent",
        "langfuse.observation.input": '{"messages":[{"role":"user","content":"hello"}]}',
        "langfuse.observation.output": "hi"
      }
    }),
    span(2, 1, {
      origin: langfuseOrigin,
      name: "answer",
      attributes: {
        ...langfuseTrace,
        "langfuse.observation.type": "generation",
        "langfuse.observation.model.name": "gpt-5",
        "langfuse.observation.model.parameters": '{"temperature":1}',
        "langfuse.observation.usage_details":
          '{"input":100,"output":20,"input_cached_tokens":50,"output_reasoning_tokens":5,"total":175}',
        "langfuse.observation.cost_details": '{"input":0.001,"output":0.002}',
        "langfuse.observation.completion_start_time": '"2026-10-02T09:41:16.102Z"',
        "langfuse.observation.metadata.attempt": 1,
        "langfuse.observation.input": '[{"role":"system","content":"be kind"},{"role":"user","content":"hello"}]',
        "langfuse.observation.output": '{"role":"assistant","content":"hi"}'
      },
      startTime: 1_790_934_076_002_000_000n,
      endTime: 1_790_934_077_002_000_000n
    }),
    span(3, 1, {
      origin: langfuseOrigin,
      name: "weather",
      attributes: {
        ...langfuseTrace,
        "langfuse.observation.type": "tool",
        "langfuse.observation.level": "ERROR",
        "langfuse.observation.status_message": "no such city",
        "langfuse.observation.input": '{"city":"Utopia"}',
        "langfuse.observation.output": "nothing"
      }
    }),
    span(4, 1, {
      origin: langfuseOrigin,
      name: "search",
      attributes: { ...langfuseTrace, "langfuse.observation.type": "retriever" }
    }),
    span(5, 1, {
      origin: langfuseOrigin,
      name: "embed",
      attributes: {
        ...langfuseTrace,
        "langfuse.observation.type": "embedding",
        "langfuse.observation.model.name": "text-embedding-3",
        "langfuse.observation.usage_details":
          '{"prompt_tokens":7,"total_tokens":7,"prompt_tokens_details":{"cached_tokens":3}}'
      }
    }),
    span(6, 1, {
      origin: langfuseOrigin,
      name: "chain",
      attributes: { ...langfuseTrace, "langfuse.observation.type": "chain" }
    })
  ],
  records: [
    { ...langfuseSaid, spanType: "agent_run", input: [user("hello")], output: [assistant("hi")] },
    {
      ...langfuseSaid,
      metadata: { plan: "pro", attempt: 1 },
      spanType: "model_generation",
      model: "gpt-5",
      inputTokens: 150,
      outputTokens: 25,
      cachedInputTokens: 50,
      reasoningTokens: 5,
      costUsd: 0.003,
      costSource: "provider",
      timeToFirstToken: 100_000_000n,
      system: [text("be kind")],
      input: [user("hello")],
      output: [assistant("hi")]
    },
    {
      ...langfuseSaid,
      spanType: "tool_call",
      toolName: "weather",
      status: "error",
      statusMessage: "no such city",
      arguments: { city: "Utopia" },
      result: "nothing"
    },
    { ...langfuseSaid, spanType: "retrieval" },
    { ...langfuseSaid, spanType: "model_generation", model: "text-embedding-3", inputTokens: 7, cachedInputTokens: 3 },
    { ...langfuseSaid, spanType: "generic" }
  ]
}

const openInferenceOrigin = origin("@arizeai/openinference-instrumentation-langchain")
const openInferenceAll = { "session.id": "s-1", "user.id": 42, metadata: '{"plan":"pro"}', "tag.tags": ["a"] }
const openInferenceSaid = { sessionId: "s-1", userId: "42", tags: ["a"], metadata: { plan: "pro" } }

const openInference: Sender = {
  name: "OpenInference",
  spans: [
    span(1, undefined, {
      origin: openInferenceOrigin,
      name: "AgentExecutor",
      attributes: {
        ...openInferenceAll,
        "openinference.span.kind": "AGENT",
        "agent.name": "support",
        "input.value":
          '{"messages":[[{"lc":1,"type":"constructor","id":["langchain_core","messages","HumanMessage"],"kwargs":{"content":"hello"}}]]}',
        "input.mime_type": "application/json",
        "output.value": "hi",
        "output.mime_type": "text/plain"
      }
    }),
    span(2, 1, {
      origin: openInferenceOrigin,
      name: "ChatOpenAI",
      attributes: {
        ...openInferenceAll,
        "openinference.span.kind": "LLM",
        "llm.model_name": "gpt-5",
        "llm.provider": "azure",
        "llm.system": "openai",
        "llm.invocation_parameters": "{}",
        "llm.token_count.prompt": 100,
        "llm.token_count.completion": 20,
        "llm.token_count.total": 120,
        "llm.token_count.prompt_details.cache_read": 60,
        "llm.token_count.prompt_details.cache_write": 10,
        "llm.token_count.completion_details.reasoning": 5,
        "llm.cost.total": 0.5,
        "llm.input_messages.0.message.role": "system",
        "llm.input_messages.0.message.content": "be kind",
        "llm.input_messages.1.message.role": "user",
        "llm.input_messages.1.message.contents.0.message_content.type": "text",
        "llm.input_messages.1.message.contents.0.message_content.text": "what is this",
        "llm.input_messages.1.message.contents.1.message_content.type": "image",
        "llm.input_messages.1.message.contents.1.message_content.image.image.url": "https://example.com/a.png",
        "llm.input_messages.2.message.role": "tool",
        "llm.input_messages.2.message.tool_call_id": "c-0",
        "llm.input_messages.2.message.content": "sunny",
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.tool_calls.0.tool_call.id": "c-1",
        "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "weather",
        "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": '{"city":"Graz"}'
      }
    }),
    span(3, 1, {
      origin: openInferenceOrigin,
      name: "weather",
      attributes: {
        ...openInferenceAll,
        "openinference.span.kind": "TOOL",
        "tool.name": "weather",
        "input.value": '{"city":"Graz"}',
        "output.value": "sunny"
      },
      status: { code: 2, message: "" },
      events: [["exception", { "exception.type": "TimeoutError", "exception.message": "too late" }]]
    }),
    span(4, 1, {
      origin: openInferenceOrigin,
      name: "VectorStore",
      attributes: { ...openInferenceAll, "openinference.span.kind": "RETRIEVER" }
    }),
    span(5, 1, {
      origin: openInferenceOrigin,
      name: "Reranker",
      attributes: { ...openInferenceAll, "openinference.span.kind": "RERANKER", "reranker.model_name": "rerank-3" }
    }),
    span(6, 1, {
      origin: openInferenceOrigin,
      name: "Embeddings",
      attributes: { ...openInferenceAll, "openinference.span.kind": "EMBEDDING", "embedding.model_name": "embed-3" }
    }),
    span(7, 1, {
      origin: openInferenceOrigin,
      name: "RunnableSequence",
      attributes: { ...openInferenceAll, "openinference.span.kind": "CHAIN" }
    })
  ],
  records: [
    {
      ...openInferenceSaid,
      spanType: "agent_run",
      agentName: "support",
      input: [user("hello")],
      output: [assistant("hi")]
    },
    {
      ...openInferenceSaid,
      spanType: "model_generation",
      model: "gpt-5",
      provider: "azure",
      inputTokens: 100,
      outputTokens: 20,
      cachedInputTokens: 60,
      cacheWriteTokens: 10,
      reasoningTokens: 5,
      costUsd: 0.5,
      costSource: "provider",
      system: [text("be kind")],
      input: [
        {
          role: "user",
          parts: [text("what is this"), { type: "uri", modality: "image", uri: "https://example.com/a.png" }]
        },
        { role: "tool", parts: [result("c-0", "sunny")] }
      ],
      output: [{ role: "assistant", parts: [call("c-1", "weather", { city: "Graz" })] }]
    },
    {
      ...openInferenceSaid,
      spanType: "tool_call",
      toolName: "weather",
      status: "error",
      statusMessage: "too late",
      errorType: "TimeoutError",
      arguments: { city: "Graz" },
      result: "sunny"
    },
    { ...openInferenceSaid, spanType: "retrieval" },
    { ...openInferenceSaid, spanType: "retrieval", model: "rerank-3" },
    { ...openInferenceSaid, spanType: "model_generation", model: "embed-3" },
    { ...openInferenceSaid, spanType: "generic" }
  ]
}

const traceloop = origin("@traceloop/instrumentation-openai")
const association = {
  "traceloop.association.properties.session_id": "s-1",
  "traceloop.association.properties.user_id": "u-1",
  "traceloop.association.properties.plan": "pro",
  "traceloop.workflow.name": "support"
}
const associated = { sessionId: "s-1", userId: "u-1", metadata: { plan: "pro" } }

const openLlmetry: Sender = {
  name: "OpenLLMetry, of before the conventions",
  spans: [
    span(1, undefined, {
      origin: traceloop,
      name: "support.workflow",
      attributes: {
        ...association,
        "traceloop.span.kind": "workflow",
        "traceloop.entity.name": "support",
        "traceloop.entity.input": '{"inputs":{"question":"hello"}}'
      }
    }),
    span(2, 1, {
      origin: traceloop,
      name: "openai.chat",
      kind: 3,
      attributes: {
        ...association,
        "llm.request.type": "chat",
        "gen_ai.system": "OpenAI",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.response.model": "gpt-4o-2024-08-06",
        "gen_ai.usage.prompt_tokens": "100",
        "gen_ai.usage.completion_tokens": 20,
        "gen_ai.usage.cache_read_input_tokens": 60,
        "llm.usage.total_tokens": 120,
        "gen_ai.prompt.0.role": "system",
        "gen_ai.prompt.0.content": "be kind",
        "gen_ai.prompt.1.role": "user",
        "gen_ai.prompt.1.content": '[{"type":"text","text":"hello"}]',
        "gen_ai.prompt.10.role": "user",
        "gen_ai.prompt.10.content": "last",
        "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.finish_reason": "tool_calls",
        "gen_ai.completion.0.tool_calls.0.id": "c-1",
        "gen_ai.completion.0.tool_calls.0.name": "weather",
        "gen_ai.completion.0.tool_calls.0.arguments": '{"city":"Graz"}'
      }
    }),
    span(3, 1, {
      origin: traceloop,
      name: "weather.tool",
      attributes: {
        ...association,
        "traceloop.span.kind": "tool",
        "traceloop.entity.name": "weather",
        "traceloop.entity.input": '{"city":"Graz"}',
        "traceloop.entity.output": '"sunny"'
      }
    }),
    span(4, 1, {
      origin: traceloop,
      name: "x.task",
      attributes: { ...association, "traceloop.span.kind": "task", "traceloop.entity.name": "x" }
    }),
    span(5, 1, {
      origin: traceloop,
      name: "helper.agent",
      attributes: { ...association, "traceloop.span.kind": "agent", "traceloop.entity.name": "helper" }
    })
  ],
  records: [
    { ...associated, spanType: "workflow_run" },
    {
      ...associated,
      kind: "client",
      spanType: "model_generation",
      model: "gpt-4o-2024-08-06",
      requestModel: "gpt-4o",
      provider: "OpenAI",
      inputTokens: 100,
      outputTokens: 20,
      cachedInputTokens: 60,
      system: [text("be kind")],
      input: [user("hello"), user("last")],
      output: [{ role: "assistant", parts: [call("c-1", "weather", { city: "Graz" })], finish_reason: "tool_calls" }]
    },
    { ...associated, spanType: "tool_call", toolName: "weather", arguments: { city: "Graz" }, result: "sunny" },
    { ...associated, spanType: "generic" },
    { ...associated, spanType: "agent_run", agentName: "helper" }
  ]
}

const messages = '[{"role":"user","parts":[{"type":"text","content":"hello"}]}]'

const openLlmetryNow: Sender = {
  name: "OpenLLMetry, by the conventions",
  spans: [
    span(1, undefined, {
      origin: traceloop,
      name: "chat gpt-5",
      kind: 3,
      attributes: {
        "traceloop.association.properties.session_id": "s-1",
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.cache_creation.input_tokens": 10,
        "gen_ai.usage.reasoning_tokens": 3,
        "gen_ai.input.messages": messages,
        "gen_ai.output.messages":
          '[{"role":"assistant","parts":[{"type":"text","content":"hi"}],"finish_reason":"stop"}]'
      }
    })
  ],
  records: [
    {
      kind: "client",
      sessionId: "s-1",
      spanType: "model_generation",
      model: "gpt-5",
      requestModel: "gpt-5",
      provider: "openai",
      inputTokens: 100,
      outputTokens: 20,
      cacheWriteTokens: 10,
      reasoningTokens: 3,
      input: messages,
      output: '[{"role":"assistant","parts":[{"type":"text","content":"hi"}],"finish_reason":"stop"}]'
    }
  ]
}

const ai = origin("ai")
const telemetry = {
  "ai.telemetry.functionId": "support",
  "ai.telemetry.metadata.sessionId": "s-1",
  "ai.telemetry.metadata.userId": "u-1",
  "ai.telemetry.metadata.tags": ["a", "b"],
  "ai.telemetry.metadata.plan": "pro",
  "ai.model.id": "gpt-5",
  "ai.model.provider": "openai.responses"
}
const told = { sessionId: "s-1", userId: "u-1", tags: ["a", "b"], metadata: { plan: "pro" } }
const toldModel = { model: "gpt-5", requestModel: "gpt-5", provider: "openai" }

const aiSdk: Sender = {
  name: "the AI SDK, 4 to 6",
  spans: [
    span(1, undefined, {
      origin: ai,
      name: "ai.generateText",
      attributes: {
        ...telemetry,
        "operation.name": "ai.generateText support",
        "ai.operationId": "ai.generateText",
        "ai.prompt": '{"system":"be kind","messages":[{"role":"user","content":"hello"}]}',
        "ai.response.text": "hi",
        "ai.response.finishReason": "stop",
        "ai.usage.inputTokens": 300,
        "ai.usage.outputTokens": 60
      }
    }),
    span(2, 1, {
      origin: ai,
      name: "ai.generateText.doGenerate",
      attributes: {
        ...telemetry,
        "operation.name": "ai.generateText.doGenerate support",
        "ai.operationId": "ai.generateText.doGenerate",
        "ai.prompt.messages":
          '[{"role":"system","content":"be kind"},{"role":"user","content":[{"type":"text","text":"hello"},{"type":"image","image":"data:image/png;base64,AAAA"}]},{"role":"assistant","content":[{"type":"tool-call","toolCallId":"c-0","toolName":"weather","input":{"city":"Graz"}}]},{"role":"tool","content":[{"type":"tool-result","toolCallId":"c-0","toolName":"weather","output":{"type":"json","value":{"sky":"blue"}}}]}]',
        "ai.response.reasoning": "thinking",
        "ai.response.text": "hi",
        "ai.response.toolCalls": '[{"toolCallId":"c-1","toolName":"weather","args":"{\\"city\\":\\"Graz\\"}"}]',
        "ai.response.finishReason": "tool-calls",
        "ai.response.model": "gpt-5-2026",
        "ai.response.msToFirstChunk": 12.5,
        "ai.usage.inputTokens": 100,
        "ai.usage.outputTokens": 20,
        "ai.usage.cachedInputTokens": 50,
        "ai.usage.reasoningTokens": 5,
        "gen_ai.system": "openai.responses",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.response.model": "gpt-5-2026",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20
      }
    }),
    span(3, 1, {
      origin: ai,
      name: "ai.toolCall",
      attributes: {
        ...telemetry,
        "operation.name": "ai.toolCall support",
        "ai.operationId": "ai.toolCall",
        "ai.toolCall.name": "weather",
        "ai.toolCall.id": "c-1",
        "ai.toolCall.args": '{"city":"Graz"}',
        "ai.toolCall.result": '{"sky":"blue"}'
      }
    }),
    span(4, undefined, {
      origin: ai,
      name: "ai.embed",
      attributes: { ...telemetry, "ai.operationId": "ai.embed", "ai.value": '"text"', "ai.usage.tokens": 3 }
    }),
    span(5, 4, {
      origin: ai,
      name: "ai.embed.doEmbed",
      attributes: { ...telemetry, "ai.operationId": "ai.embed.doEmbed", "ai.usage.tokens": 3 }
    })
  ],
  records: [
    {
      ...told,
      ...toldModel,
      spanType: "agent_run",
      agentName: "support",
      inputTokens: 300,
      outputTokens: 60,
      system: [text("be kind")],
      input: [user("hello")],
      output: [{ ...assistant("hi"), finish_reason: "stop" }]
    },
    {
      ...told,
      ...toldModel,
      spanType: "model_generation",
      model: "gpt-5-2026",
      inputTokens: 100,
      outputTokens: 20,
      cachedInputTokens: 50,
      reasoningTokens: 5,
      timeToFirstToken: 12_500_000n,
      system: [text("be kind")],
      input: [
        {
          role: "user",
          parts: [text("hello"), { type: "blob", modality: "image", mime_type: "image/png", content: "AAAA" }]
        },
        { role: "assistant", parts: [call("c-0", "weather", { city: "Graz" })] },
        { role: "tool", parts: [result("c-0", { sky: "blue" })] }
      ],
      output: [
        {
          role: "assistant",
          parts: [{ type: "reasoning", content: "thinking" }, text("hi"), call("c-1", "weather", { city: "Graz" })],
          finish_reason: "tool-calls"
        }
      ]
    },
    {
      ...told,
      ...toldModel,
      spanType: "tool_call",
      toolName: "weather",
      arguments: { city: "Graz" },
      result: { sky: "blue" }
    },
    { ...told, ...toldModel, spanType: "generic", inputTokens: 3 },
    { ...told, ...toldModel, spanType: "model_generation", inputTokens: 3 }
  ]
}

const gen = (operation: string) => ({ "gen_ai.operation.name": operation })

const aiSdk7: Sender = {
  name: "the AI SDK, 7",
  spans: [
    span(1, undefined, {
      origin: origin("gen_ai"),
      name: "invoke_agent gpt-5",
      attributes: {
        ...gen("invoke_agent"),
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.agent.name": "support",
        "ai.settings.context.sessionId": "s-1",
        "ai.settings.context.userId": "u-1",
        "gen_ai.usage.input_tokens": 300,
        "gen_ai.usage.output_tokens": 60,
        "gen_ai.input.messages": messages
      }
    }),
    span(2, 1, {
      origin: origin("gen_ai"),
      name: "step 1",
      attributes: { ...gen("agent_step"), "gen_ai.usage.input_tokens": 100 }
    }),
    span(3, 2, {
      origin: origin("gen_ai"),
      name: "chat gpt-5",
      kind: 3,
      attributes: {
        ...gen("chat"),
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.cache_read.input_tokens": 10
      }
    }),
    span(4, 2, {
      origin: origin("gen_ai"),
      name: "execute_tool weather",
      attributes: {
        ...gen("execute_tool"),
        "gen_ai.tool.name": "weather",
        "gen_ai.tool.call.arguments": '{"city":"Graz"}'
      }
    }),
    span(5, 1, {
      origin: origin("gen_ai"),
      name: "rerank x",
      attributes: { ...gen("rerank"), "gen_ai.request.model": "x" }
    })
  ],
  records: [
    {
      sessionId: "s-1",
      userId: "u-1",
      spanType: "agent_run",
      agentName: "support",
      model: "gpt-5",
      requestModel: "gpt-5",
      provider: "openai",
      inputTokens: 300,
      outputTokens: 60,
      input: messages
    },
    { spanType: "generic", inputTokens: 100 },
    {
      kind: "client",
      spanType: "model_generation",
      model: "gpt-5",
      requestModel: "gpt-5",
      provider: "openai",
      inputTokens: 100,
      outputTokens: 20,
      cachedInputTokens: 10
    },
    { spanType: "tool_call", toolName: "weather", arguments: '{"city":"Graz"}' },
    { spanType: "retrieval", model: "x", requestModel: "x" }
  ]
}

const mastraOrigin = origin("@mastra/otel-exporter")
const mastraAll = {
  "gen_ai.conversation.id": "t-1",
  "mastra.metadata.threadId": "t-1",
  "mastra.metadata.userId": "u-1",
  "mastra.metadata.runId": "r-1",
  "mastra.metadata.plan": "pro",
  "mastra.tags": '["a","b"]'
}
const mastraSaid = {
  sessionId: "t-1",
  threadId: "t-1",
  conversationId: "t-1",
  userId: "u-1",
  runId: "r-1",
  tags: ["a", "b"],
  metadata: { plan: "pro" }
}

const mastra: Sender = {
  name: "Mastra",
  spans: [
    span(1, undefined, {
      origin: mastraOrigin,
      name: "invoke_agent support",
      attributes: {
        ...mastraAll,
        ...gen("invoke_agent"),
        "mastra.span.type": "agent_run",
        "gen_ai.agent.name": "support",
        "mastra.agent_run.input": "hello",
        "mastra.agent_run.output": '{"text":"hi","files":[]}'
      }
    }),
    span(2, 1, {
      origin: mastraOrigin,
      name: "chat gpt-5",
      attributes: {
        ...mastraAll,
        ...gen("chat"),
        "mastra.span.type": "model_generation",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20
      }
    }),
    span(3, 2, { origin: mastraOrigin, name: "step", attributes: { ...mastraAll, "mastra.span.type": "model_step" } }),
    span(4, 1, {
      origin: mastraOrigin,
      name: "execute_tool weather",
      attributes: {
        ...mastraAll,
        "mastra.span.type": "mcp_tool_call",
        "gen_ai.tool.name": "weather",
        "mastra.mcp_tool_call.input": '{"city":"Graz"}',
        "mastra.mcp_tool_call.output": "sunny"
      }
    }),
    span(5, 1, { origin: mastraOrigin, name: "run", attributes: { ...mastraAll, "mastra.span.type": "workflow_run" } }),
    span(6, 5, {
      origin: mastraOrigin,
      name: "step",
      attributes: { ...mastraAll, "mastra.span.type": "workflow_step" }
    })
  ],
  records: [
    { ...mastraSaid, spanType: "agent_run", agentName: "support", input: [user("hello")], output: [assistant("hi")] },
    {
      ...mastraSaid,
      spanType: "model_generation",
      model: "gpt-5",
      requestModel: "gpt-5",
      provider: "openai",
      inputTokens: 100,
      outputTokens: 20
    },
    { ...mastraSaid, spanType: "generic" },
    { ...mastraSaid, spanType: "tool_call", toolName: "weather", arguments: { city: "Graz" }, result: "sunny" },
    { ...mastraSaid, spanType: "workflow_run" },
    { ...mastraSaid, spanType: "workflow_step" }
  ]
}

const langsmithAll = {
  "langsmith.metadata.session_id": "s-1",
  "langsmith.metadata.thread_id": "t-1",
  "langsmith.metadata.user_id": "u-1",
  "langsmith.metadata.plan": "pro",
  "langsmith.trace.session_id": "a-project",
  "langsmith.trace.session_name": "default",
  "langsmith.span.tags": "a, b"
}
const langsmithSaid = { sessionId: "s-1", threadId: "t-1", userId: "u-1", tags: ["a", "b"], metadata: { plan: "pro" } }

const langsmith: Sender = {
  name: "LangSmith",
  spans: [
    span(1, undefined, {
      origin: origin("langsmith"),
      name: "agent",
      attributes: {
        ...langsmithAll,
        "langsmith.span.kind": "chain",
        "gen_ai.prompt": '{"messages":[{"role":"human","content":"hello"}]}'
      }
    }),
    span(2, 1, {
      origin: origin("langsmith"),
      name: "ChatOpenAI",
      attributes: {
        ...langsmithAll,
        "langsmith.span.kind": "llm",
        "gen_ai.system": "langchain",
        "llm.provider": "openai",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.details.cache_read_tokens": 30,
        "gen_ai.prompt":
          '{"messages":[[{"type":"system","content":"be kind"},{"type":"human","data":{"content":"hello"}}]]}',
        "gen_ai.completion":
          '{"generations":[[{"text":"hi","message":{"lc":1,"type":"constructor","id":["langchain","schema","messages","AIMessage"],"kwargs":{"content":"hi","tool_calls":[{"name":"weather","args":{"city":"Graz"},"id":"c-1","type":"tool_call"}]}}}]]}'
      }
    }),
    span(3, 1, {
      origin: origin("langsmith"),
      name: "weather",
      attributes: {
        ...langsmithAll,
        "langsmith.span.kind": "tool",
        "gen_ai.prompt": '{"input":"{\\"city\\":\\"Graz\\"}"}',
        "gen_ai.completion": '{"output":"sunny"}'
      }
    })
  ],
  records: [
    { ...langsmithSaid, spanType: "generic", input: [user("hello")] },
    {
      ...langsmithSaid,
      spanType: "model_generation",
      model: "gpt-5",
      requestModel: "gpt-5",
      provider: "openai",
      inputTokens: 100,
      outputTokens: 20,
      cachedInputTokens: 30,
      system: [text("be kind")],
      input: [user("hello")],
      output: [{ role: "assistant", parts: [text("hi"), call("c-1", "weather", { city: "Graz" })] }]
    },
    {
      ...langsmithSaid,
      spanType: "tool_call",
      toolName: "weather",
      arguments: { input: '{"city":"Graz"}' },
      result: { output: "sunny" }
    }
  ]
}

export const frameworks = [langfuse, openInference, openLlmetry, openLlmetryNow, aiSdk, aiSdk7, mastra, langsmith]
