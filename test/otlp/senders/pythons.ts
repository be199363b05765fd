import { id, origin, span } from "./received.js"
import { assistant, call, result, type Sender, text, user } from "./Sender.js"

const pydanticOrigin = origin("pydantic-ai")
const hello = [{ role: "user", content: "hello" }]

const pydantic1: Sender = {
  name: "Pydantic AI, version 1 of its format, with Logfire",
  spans: [
    span(1, undefined, {
      origin: pydanticOrigin,
      name: "agent run",
      attributes: {
        "logfire.msg": "support run",
        "logfire.span_type": "span",
        "logfire.tags": ["a"],
        agent_name: "support",
        model_name: "gpt-5",
        final_result: "hi",
        "gen_ai.usage.input_tokens": 300,
        "gen_ai.usage.output_tokens": 60,
        all_messages_events:
          '[{"content":"be kind","role":"system","gen_ai.message.index":0,"event.name":"gen_ai.system.message"},{"content":"hello","role":"user","gen_ai.message.index":0,"event.name":"gen_ai.user.message"},{"role":"assistant","content":"hi","gen_ai.message.index":1,"event.name":"gen_ai.assistant.message"}]'
      }
    }),
    span(2, 1, {
      origin: pydanticOrigin,
      name: "chat gpt-5",
      attributes: {
        "gen_ai.operation.name": "chat",
        "gen_ai.system": "openai",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.response.model": "gpt-5-2026",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.details.reasoning_tokens": 4,
        "operation.cost": 0.25,
        events:
          '[{"content":"hello","role":"user","gen_ai.system":"openai","event.name":"gen_ai.user.message"},{"index":0,"message":{"role":"assistant","tool_calls":[{"id":"c-1","type":"function","function":{"name":"weather","arguments":"{\\"city\\":\\"Graz\\"}"}}]},"gen_ai.system":"openai","event.name":"gen_ai.choice"}]'
      }
    }),
    span(3, 1, { origin: pydanticOrigin, name: "running 1 tool", attributes: { tools: ["weather"] } }),
    span(4, 3, {
      origin: pydanticOrigin,
      name: "running tool",
      attributes: {
        "gen_ai.tool.name": "weather",
        "gen_ai.tool.call.id": "c-1",
        tool_arguments: '{"city":"Graz"}',
        tool_response: "sunny"
      }
    }),
    span(5, 1, {
      origin: pydanticOrigin,
      name: "chat gpt-5",
      attributes: {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-5",
        "logfire.span_type": "pending_span",
        "logfire.pending_parent_id": id(9)
      }
    }),
    span(6, 2, {
      origin: pydanticOrigin,
      name: "root",
      attributes: { "logfire.span_type": "pending_span", "logfire.pending_parent_id": "0000000000000000" }
    })
  ],
  records: [
    {
      tags: ["a"],
      spanType: "agent_run",
      agentName: "support",
      model: "gpt-5",
      inputTokens: 300,
      outputTokens: 60,
      system: [text("be kind")],
      input: [user("hello")],
      output: [assistant("hi")]
    },
    {
      spanType: "model_generation",
      model: "gpt-5-2026",
      requestModel: "gpt-5",
      provider: "openai",
      inputTokens: 100,
      outputTokens: 20,
      reasoningTokens: 4,
      costUsd: 0.25,
      costSource: "provider",
      input: [user("hello")],
      output: [{ role: "assistant", parts: [call("c-1", "weather", { city: "Graz" })] }]
    },
    { spanType: "generic" },
    { spanType: "tool_call", toolName: "weather", arguments: { city: "Graz" }, result: "sunny" },
    { spanType: "model_generation", status: "running", model: "gpt-5", requestModel: "gpt-5" },
    { spanType: "generic", status: "running" }
  ]
}

const pydantic2: Sender = {
  name: "Pydantic AI, by the conventions",
  spans: [
    span(1, undefined, {
      origin: pydanticOrigin,
      name: "invoke_agent support",
      attributes: {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "support",
        "gen_ai.conversation.id": "c-9",
        "gen_ai.aggregated_usage.input_tokens": 300,
        "gen_ai.system_instructions": '[{"type":"text","content":"be kind"}]',
        "pydantic_ai.all_messages":
          '[{"role":"user","parts":[{"type":"text","content":"hello"}]},{"role":"assistant","parts":[{"type":"text","content":"hi"}],"finish_reason":"stop"}]',
        metadata: '{"plan":"pro"}'
      }
    }),
    span(2, 1, {
      origin: pydanticOrigin,
      name: "execute_tool weather",
      attributes: {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "weather",
        "gen_ai.tool.call.arguments": '{"city":"Graz"}',
        "gen_ai.tool.call.result": "sunny"
      }
    })
  ],
  records: [
    {
      sessionId: "c-9",
      conversationId: "c-9",
      metadata: { plan: "pro" },
      spanType: "agent_run",
      agentName: "support",
      system: '[{"type":"text","content":"be kind"}]',
      input: [user("hello")],
      output: [{ ...assistant("hi"), finish_reason: "stop" }]
    },
    { spanType: "tool_call", toolName: "weather", arguments: '{"city":"Graz"}', result: "sunny" }
  ]
}

const logfire: Sender = {
  name: "Logfire, of the SDK of OpenAI",
  spans: [
    span(1, undefined, {
      origin: origin("logfire.openai"),
      name: "Chat Completion with {request_data[model]!r}",
      attributes: {
        "logfire.span_type": "span",
        "logfire.msg": "Chat Completion with 'gpt-5'",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.system": "openai",
        request_data:
          '{"messages":[{"role":"developer","content":"be kind"},{"role":"user","content":"hello"}],"model":"gpt-5"}',
        response_data:
          '{"message":{"role":"assistant","content":"hi","tool_calls":null},"usage":{"prompt_tokens":100,"completion_tokens":20,"completion_tokens_details":{"reasoning_tokens":5},"prompt_tokens_details":{"cached_tokens":30}}}'
      }
    })
  ],
  records: [
    {
      spanType: "model_generation",
      model: "gpt-5",
      requestModel: "gpt-5",
      provider: "openai",
      inputTokens: 100,
      outputTokens: 20,
      cachedInputTokens: 30,
      reasoningTokens: 5,
      system: [text("be kind")],
      input: [user("hello")],
      output: [assistant("hi")]
    }
  ]
}

const adkOrigin = origin("gcp.vertex.agent")

const adk: Sender = {
  name: "Google's ADK",
  spans: [
    span(1, undefined, { origin: adkOrigin, name: "invocation" }),
    span(2, 1, { origin: adkOrigin, name: "agent_run [support]" }),
    span(3, 1, {
      origin: adkOrigin,
      name: "invoke_agent support",
      attributes: {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "support",
        "gen_ai.agent.description": "helps",
        "gen_ai.conversation.id": "s-1"
      }
    }),
    span(4, 3, {
      origin: adkOrigin,
      name: "call_llm",
      attributes: {
        "gen_ai.system": "gcp.vertex.agent",
        "gen_ai.request.model": "gemini-3",
        "gcp.vertex.agent.invocation_id": "i-1",
        "gcp.vertex.agent.session_id": "s-1",
        "gcp.vertex.agent.event_id": "e-1",
        "gcp.vertex.agent.llm_request":
          '{"model":"gemini-3","config":{"system_instruction":"be kind","tools":[]},"contents":[{"role":"user","parts":[{"text":"hello"}]},{"role":"model","parts":[{"function_call":{"id":"c-0","name":"weather","args":{"city":"Graz"}}}]},{"role":"user","parts":[{"function_response":{"id":"c-0","name":"weather","response":{"sky":"blue"}}}]}]}',
        "gcp.vertex.agent.llm_response":
          '{"content":{"role":"model","parts":[{"thought":true,"text":"hm"},{"text":"hi"}]},"finish_reason":"STOP","usage_metadata":{"prompt_token_count":100}}',
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.experimental.reasoning_tokens": 5,
        "gen_ai.response.finish_reasons": ["stop"]
      }
    }),
    span(5, 4, {
      origin: adkOrigin,
      name: "execute_tool weather",
      attributes: {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "weather",
        "gen_ai.tool.type": "FunctionTool",
        "gen_ai.tool.call.id": "c-0",
        "gcp.vertex.agent.llm_request": "{}",
        "gcp.vertex.agent.llm_response": "{}",
        "gcp.vertex.agent.tool_call_args": '{"city":"Graz"}',
        "gcp.vertex.agent.tool_response": '{"sky":"blue"}'
      }
    }),
    span(6, 3, {
      origin: adkOrigin,
      name: "call_llm",
      attributes: {
        "gen_ai.system": "gcp.vertex.agent",
        "gen_ai.request.model": "gemini-3",
        "gcp.vertex.agent.llm_request": {},
        "gcp.vertex.agent.llm_response": {}
      }
    })
  ],
  records: [
    { spanType: "generic" },
    { spanType: "agent_run", agentName: "support" },
    { sessionId: "s-1", conversationId: "s-1", spanType: "agent_run", agentName: "support" },
    {
      sessionId: "s-1",
      spanType: "model_generation",
      model: "gemini-3",
      requestModel: "gemini-3",
      inputTokens: 100,
      outputTokens: 25,
      reasoningTokens: 5,
      system: [text("be kind")],
      input: [
        user("hello"),
        { role: "assistant", parts: [call("c-0", "weather", { city: "Graz" })] },
        { role: "tool", parts: [result("c-0", { sky: "blue" })] }
      ],
      output: [{ role: "assistant", parts: [{ type: "reasoning", content: "hm" }, text("hi")], finish_reason: "STOP" }]
    },
    { spanType: "tool_call", toolName: "weather", arguments: { city: "Graz" }, result: { sky: "blue" } },
    { spanType: "model_generation", model: "gemini-3", requestModel: "gemini-3" }
  ]
}

const strandsOrigin = origin("strands.telemetry.tracer")
const strandsAll = { "gen_ai.system": "strands-agents", "session.id": "s-1", "user.id": "u-1", "tag.tags": ["a"] }
const strandsSaid = { sessionId: "s-1", userId: "u-1", tags: ["a"] }

const strands: Sender = {
  name: "Strands",
  spans: [
    span(1, undefined, {
      origin: strandsOrigin,
      name: "invoke_agent support",
      attributes: {
        ...strandsAll,
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "support",
        "gen_ai.request.model": "claude-5",
        "gen_ai.agent.system_prompt": "be kind",
        "gen_ai.usage.prompt_tokens": 300,
        "gen_ai.usage.input_tokens": 300,
        "gen_ai.usage.output_tokens": 60,
        system_prompt: "be kind"
      },
      events: [
        ["gen_ai.user.message", { content: '[{"text":"hello"}]' }],
        ["gen_ai.choice", { message: "hi\n", finish_reason: "end_turn" }]
      ],
      status: { code: 1, message: "" }
    }),
    span(2, 1, {
      origin: strandsOrigin,
      name: "execute_event_loop_cycle",
      attributes: { ...strandsAll, "event_loop.cycle_id": "1" }
    }),
    span(3, 2, {
      origin: strandsOrigin,
      name: "chat",
      attributes: {
        ...strandsAll,
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "claude-5",
        "gen_ai.usage.prompt_tokens": 100,
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.completion_tokens": 20,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.cache_read_input_tokens": 150,
        "gen_ai.server.time_to_first_token": 250
      },
      events: [
        ["gen_ai.user.message", { content: '[{"text":"hello"}]' }],
        [
          "gen_ai.assistant.message",
          { content: '[{"toolUse":{"toolUseId":"c-0","name":"weather","input":{"city":"Graz"}}}]' }
        ],
        [
          "gen_ai.tool.message",
          { content: '[{"toolResult":{"toolUseId":"c-0","status":"success","content":[{"text":"sunny"}]}}]' }
        ],
        ["gen_ai.choice", { finish_reason: "end_turn", message: '[{"text":"hi"}]' }]
      ]
    }),
    span(4, 2, {
      origin: strandsOrigin,
      name: "execute_tool weather",
      attributes: {
        ...strandsAll,
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "weather",
        "gen_ai.tool.call.id": "c-0",
        "gen_ai.tool.status": "success"
      },
      events: [
        ["gen_ai.tool.message", { role: "tool", content: '{"city":"Graz"}', id: "c-0" }],
        ["gen_ai.choice", { message: '[{"text":"sunny"}]', id: "c-0" }]
      ]
    }),
    span(5, 2, {
      origin: strandsOrigin,
      name: "execute_tool weather",
      attributes: { ...strandsAll, "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "weather" },
      events: [
        [
          "gen_ai.client.inference.operation.details",
          {
            "gen_ai.input.messages":
              '[{"role":"tool","parts":[{"type":"tool_call","name":"weather","id":"c-0","arguments":{"city":"Graz"}}]}]'
          }
        ],
        [
          "gen_ai.client.inference.operation.details",
          {
            "gen_ai.output.messages":
              '[{"role":"tool","parts":[{"type":"tool_call_response","id":"c-0","response":[{"text":"sunny"}]}]}]'
          }
        ]
      ]
    }),
    span(6, 2, {
      origin: strandsOrigin,
      name: "chat",
      attributes: { ...strandsAll, "gen_ai.operation.name": "chat" },
      events: [
        [
          "gen_ai.client.inference.operation.details",
          { "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"hello"}]}]' }
        ],
        [
          "gen_ai.client.inference.operation.details",
          { "gen_ai.output.messages": '[{"role":"assistant","parts":[{"type":"text","content":"hi"}]}]' }
        ]
      ]
    })
  ],
  records: [
    {
      ...strandsSaid,
      spanType: "agent_run",
      agentName: "support",
      model: "claude-5",
      requestModel: "claude-5",
      inputTokens: 300,
      outputTokens: 60,
      system: [text("be kind")],
      input: [user("hello")],
      output: [{ ...assistant("hi\n"), finish_reason: "end_turn" }]
    },
    { ...strandsSaid, spanType: "generic" },
    {
      ...strandsSaid,
      spanType: "model_generation",
      model: "claude-5",
      requestModel: "claude-5",
      inputTokens: 250,
      outputTokens: 20,
      cachedInputTokens: 150,
      timeToFirstToken: 250_000_000n,
      input: [
        user("hello"),
        { role: "assistant", parts: [call("c-0", "weather", { city: "Graz" })] },
        { role: "tool", parts: [result("c-0", [{ text: "sunny" }])] }
      ],
      output: [{ ...assistant("hi"), finish_reason: "end_turn" }]
    },
    {
      ...strandsSaid,
      spanType: "tool_call",
      toolName: "weather",
      arguments: { city: "Graz" },
      result: [{ text: "sunny" }]
    },
    {
      ...strandsSaid,
      spanType: "tool_call",
      toolName: "weather",
      arguments: { city: "Graz" },
      result: [{ text: "sunny" }]
    },
    { ...strandsSaid, spanType: "model_generation", input: [user("hello")], output: [assistant("hi")] }
  ]
}

const lmnr = {
  "lmnr.association.properties.session_id": "s-1",
  "lmnr.association.properties.user_id": "u-1",
  "lmnr.association.properties.metadata.plan": "pro",
  "lmnr.association.properties.tags": ["a"],
  "lmnr.span.path": ["turn"]
}
const lmnrSaid = { sessionId: "s-1", userId: "u-1", metadata: { plan: "pro" }, tags: ["a"] }

const laminar: Sender = {
  name: "Laminar",
  spans: [
    span(1, undefined, {
      origin: origin("lmnr"),
      name: "turn",
      attributes: { ...lmnr, "lmnr.span.type": "DEFAULT", "lmnr.span.input": '[{"role":"user","content":"hello"}]' }
    }),
    span(2, 1, {
      origin: origin("lmnr"),
      name: "openai.chat",
      attributes: {
        ...lmnr,
        "lmnr.span.type": "LLM",
        "lmnr.span.input": JSON.stringify(hello),
        "lmnr.span.output": '[{"role":"assistant","content":"hi"}]',
        "gen_ai.system": "openai",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.cost": 0.5
      }
    }),
    span(3, 1, {
      origin: origin("lmnr"),
      name: "weather",
      attributes: {
        ...lmnr,
        "lmnr.span.type": "TOOL",
        "lmnr.span.input": '{"city":"Graz"}',
        "lmnr.span.output": '"sunny"'
      }
    })
  ],
  records: [
    { ...lmnrSaid, spanType: "generic", input: [user("hello")] },
    {
      ...lmnrSaid,
      spanType: "model_generation",
      model: "gpt-5",
      requestModel: "gpt-5",
      provider: "openai",
      inputTokens: 100,
      outputTokens: 20,
      costUsd: 0.5,
      costSource: "provider",
      input: [user("hello")],
      output: [assistant("hi")]
    },
    { ...lmnrSaid, spanType: "tool_call", toolName: "weather", arguments: { city: "Graz" }, result: "sunny" }
  ]
}

const genkitOrigin = origin("genkit-tracer")

const genkit: Sender = {
  name: "Genkit",
  spans: [
    span(1, undefined, {
      origin: genkitOrigin,
      name: "turn",
      attributes: {
        "genkit:name": "turn",
        "genkit:type": "action",
        "genkit:metadata:subtype": "flow",
        "genkit:sessionId": "s-1",
        "genkit:threadName": "main",
        "genkit:isRoot": true,
        "genkit:input": '"hello"',
        "genkit:output": '"hi"'
      }
    }),
    span(2, 1, {
      origin: genkitOrigin,
      name: "generate",
      attributes: { "genkit:name": "generate", "genkit:type": "util" }
    }),
    span(3, 2, {
      origin: genkitOrigin,
      name: "googleai/gemini-3",
      attributes: {
        "genkit:name": "googleai/gemini-3",
        "genkit:type": "action",
        "genkit:metadata:subtype": "model",
        "genkit:input":
          '{"messages":[{"role":"system","content":[{"text":"be kind"}]},{"role":"user","content":[{"text":"hello"},{"media":{"url":"https://example.com/a.png","contentType":"image/png"}}]}],"config":{}}',
        "genkit:output":
          '{"message":{"role":"model","content":[{"toolRequest":{"name":"weather","input":{"city":"Graz"},"ref":"0"}}]},"finishReason":"stop","usage":{"inputTokens":100,"outputTokens":20,"totalTokens":120,"inputCharacters":5}}'
      }
    }),
    span(4, 1, {
      origin: genkitOrigin,
      name: "weather",
      attributes: {
        "genkit:name": "weather",
        "genkit:type": "action",
        "genkit:metadata:subtype": "tool",
        "genkit:input": '{"city":"Graz"}',
        "genkit:output": '"sunny"',
        "genkit:state": "success"
      }
    })
  ],
  records: [
    { sessionId: "s-1", threadId: "main", spanType: "workflow_run" },
    { spanType: "generic" },
    {
      spanType: "model_generation",
      model: "googleai/gemini-3",
      inputTokens: 100,
      outputTokens: 20,
      system: [text("be kind")],
      input: [
        {
          role: "user",
          parts: [
            text("hello"),
            { type: "uri", modality: "image", mime_type: "image/png", uri: "https://example.com/a.png" }
          ]
        }
      ],
      output: [{ role: "assistant", parts: [call("0", "weather", { city: "Graz" })], finish_reason: "stop" }]
    },
    { spanType: "tool_call", toolName: "weather", arguments: { city: "Graz" }, result: "sunny" }
  ]
}

const mlflowOrigin = origin("mlflow")

const mlflow: Sender = {
  name: "MLflow",
  spans: [
    span(1, undefined, {
      origin: mlflowOrigin,
      name: "turn",
      attributes: {
        "mlflow.spanType": '"AGENT"',
        "mlflow.trace.session": '"s-1"',
        "mlflow.trace.user": "u-1",
        "mlflow.spanInputs": '{"messages":[{"role":"user","content":"hello"}]}',
        "mlflow.spanOutputs":
          '{"choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}'
      }
    }),
    span(2, 1, {
      origin: mlflowOrigin,
      name: "Completions",
      attributes: {
        "mlflow.spanType": '"CHAT_MODEL"',
        "mlflow.llm.model": '"gpt-5"',
        "mlflow.llm.provider": '"openai"',
        "mlflow.chat.tokenUsage": '{"input_tokens":100,"output_tokens":20,"total_tokens":120}',
        "mlflow.llm.cost": '{"input_cost":0.1,"output_cost":0.2,"total_cost":0.3}',
        "mlflow.spanInputs": '{"model":"gpt-5","messages":[{"role":"user","content":"hello"}]}',
        "mlflow.spanOutputs":
          '{"choices":[{"message":{"role":"assistant","content":null,"tool_calls":[{"id":"c-1","type":"function","function":{"name":"weather","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}'
      }
    }),
    span(3, 1, {
      origin: mlflowOrigin,
      name: "weather",
      attributes: {
        "mlflow.spanType": '"TOOL"',
        "mlflow.spanInputs": '{"city":"Graz"}',
        "mlflow.spanOutputs": '"sunny"'
      }
    }),
    span(4, 1, { origin: mlflowOrigin, name: "chain", attributes: { "mlflow.spanType": '"CHAIN"' } })
  ],
  records: [
    {
      sessionId: "s-1",
      userId: "u-1",
      spanType: "agent_run",
      input: [user("hello")],
      output: [{ ...assistant("hi"), finish_reason: "stop" }]
    },
    {
      spanType: "model_generation",
      model: "gpt-5",
      provider: "openai",
      inputTokens: 100,
      outputTokens: 20,
      costUsd: 0.3,
      costSource: "provider",
      input: [user("hello")],
      output: [{ role: "assistant", parts: [call("c-1", "weather", {})], finish_reason: "tool_calls" }]
    },
    { spanType: "tool_call", toolName: "weather", arguments: { city: "Graz" }, result: "sunny" },
    { spanType: "generic" }
  ]
}

const openTelemetry: Sender = {
  name: "OpenTelemetry",
  spans: [
    span(1, undefined, {
      origin: origin("my-agent", {
        "service.name": "agent",
        "deployment.environment": "prod",
        "session.id": "of the resource",
        "user.id": 7
      }),
      name: "POST /chat",
      kind: 2,
      flags: 0x301,
      parentSpanId: id(99),
      traceState: "a=b",
      attributes: { "http.request.method": "POST", model: "of a car", "thread.id": 12 },
      dropped: { attributes: 1, events: 0, links: 2 }
    }),
    span(2, 1, {
      origin: origin("my-agent"),
      name: "invoke_workflow x",
      kind: 0,
      attributes: { "gen_ai.operation.name": "invoke_workflow", "session.id": 42 }
    }),
    span(3, 1, {
      origin: origin("my-agent"),
      name: "generate_content gemini-3",
      kind: 3,
      attributes: {
        "gen_ai.operation.name": "generate_content",
        "session.id": " not one ",
        "gen_ai.conversation.id": "c-1",
        "gen_ai.usage.cost": 0,
        "gen_ai.response.time_to_first_chunk": 0.25,
        "error.type": "429"
      },
      status: { code: 2, message: "slow down" }
    }),
    span(4, 1, {
      origin: origin("my-agent"),
      name: "search",
      endTime: 0n,
      attributes: { "gen_ai.operation.name": "search_memory" }
    }),
    span(5, 1, { origin: origin("my-agent", {}), name: "plain", status: { code: 1, message: "" } })
  ],
  records: [
    {
      kind: "server",
      traceState: "a=b",
      parentIsRemote: true,
      sessionId: "of the resource",
      userId: "7",
      environment: "prod",
      spanType: "generic",
      model: "of a car",
      dropped: { attributes: 1, events: 0, links: 2 }
    },
    { spanType: "workflow_run", sessionId: "42" },
    {
      kind: "client",
      spanType: "model_generation",
      sessionId: "c-1",
      conversationId: "c-1",
      status: "error",
      statusMessage: "slow down",
      errorType: "429",
      timeToFirstToken: 250_000_000n
    },
    { spanType: "retrieval", status: "running" },
    { spanType: "generic", serviceName: "unknown_service" }
  ]
}

export const pythons = [pydantic1, pydantic2, logfire, adk, strands, laminar, genkit, mlflow, openTelemetry]
