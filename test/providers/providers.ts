/** The providers of `@effect/ai`, and what their servers say. */

import type { LanguageModel } from "@effect/ai"
import { AmazonBedrockClient, AmazonBedrockLanguageModel } from "@effect/ai-amazon-bedrock"
import { AnthropicClient, AnthropicLanguageModel } from "@effect/ai-anthropic"
import { GoogleClient, GoogleLanguageModel } from "@effect/ai-google"
import { OpenAiClient, OpenAiLanguageModel } from "@effect/ai-openai"
import { OpenRouterClient, OpenRouterLanguageModel } from "@effect/ai-openrouter"
import { FetchHttpClient } from "@effect/platform"
import { Layer, Redacted } from "effect"
import * as openAiApi from "../utils/openAi.js"
import type { Answer } from "./server.js"

/** What a model says, whoever it is. */
interface Said {
  readonly text?: ReadonlyArray<string>
  readonly calls?: ReadonlyArray<{ readonly id: string; readonly name: string; readonly args: object }>
}

export interface Provider {
  readonly name: string
  readonly model: string
  readonly layer: (url: string) => Layer.Layer<LanguageModel.LanguageModel>
  readonly answer: (said: Said) => Answer
  readonly stream: (said: Said) => ReadonlyArray<object>
  /** What its tokens come to: some of them from a cache, some of them for reasoning. */
  readonly tokens: {
    readonly inputTokens: number
    readonly outputTokens: number
    readonly cachedInputTokens?: number
    readonly cacheWriteTokens?: number
    readonly reasoningTokens?: number
  }
  readonly streamsTokens: boolean
}

const apiKey = Redacted.make("key")
const text = ({ text = [] }: Said) => text.join("")

const openAiResponse = (said: Said) => ({
  ...openAiApi.response,
  model: "gpt-5-2026-08-07",
  output: [...(said.text === undefined ? [] : [openAiMessage(text(said))]), ...(said.calls ?? []).map(openAiCall)],
  usage: {
    input_tokens: 1200,
    input_tokens_details: { cached_tokens: 1024 },
    output_tokens: 300,
    output_tokens_details: { reasoning_tokens: 256 },
    total_tokens: 1500
  }
})

const openAiMessage = (text: string) => ({
  id: "msg_1",
  type: "message",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text, annotations: [], logprobs: [] }]
})

const openAiCall = ({ args, id, name }: NonNullable<Said["calls"]>[number]) => ({
  id: `fc_${id}`,
  type: "function_call",
  call_id: id,
  name,
  arguments: JSON.stringify(args),
  status: "completed"
})

export const openAi: Provider = {
  name: "openai",
  model: "gpt-5",
  layer: (apiUrl) =>
    OpenAiLanguageModel.layer({ model: "gpt-5" }).pipe(
      Layer.provide(OpenAiClient.layer({ apiKey, apiUrl })),
      Layer.provide(FetchHttpClient.layer)
    ),
  answer: (said) => ({ json: openAiResponse(said) }),
  stream: (said) => {
    const events: Array<object> = [
      { type: "response.created", response: { ...openAiResponse({}), status: "in_progress", usage: null } }
    ]
    if (said.text !== undefined) {
      events.push({
        type: "response.output_item.added",
        output_index: 0,
        item: { ...openAiMessage(""), content: [], status: "in_progress" }
      })
      for (const delta of said.text) {
        events.push({
          type: "response.output_text.delta",
          item_id: "msg_1",
          output_index: 0,
          content_index: 0,
          delta,
          logprobs: []
        })
      }
      events.push({ type: "response.output_item.done", output_index: 0, item: openAiMessage(text(said)) })
    }
    for (const [i, call] of (said.calls ?? []).entries()) {
      const item = openAiCall(call)
      events.push(
        {
          type: "response.output_item.added",
          output_index: i + 1,
          item: { ...item, arguments: "", status: "in_progress" }
        },
        {
          type: "response.function_call_arguments.delta",
          item_id: item.id,
          output_index: i + 1,
          delta: item.arguments
        },
        { type: "response.output_item.done", output_index: i + 1, item }
      )
    }
    events.push({ type: "response.completed", response: openAiResponse(said) })
    return events.map((event, sequence_number) => ({ ...event, sequence_number }))
  },
  tokens: { inputTokens: 1200, outputTokens: 300, cachedInputTokens: 1024, reasoningTokens: 256 },
  streamsTokens: true
}

const anthropicUsage = {
  input_tokens: 12,
  cache_read_input_tokens: 1800,
  cache_creation_input_tokens: 188,
  output_tokens: 55
}

const anthropicMessage = (content: ReadonlyArray<object>, stop_reason: string | null) => ({
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-4-sonnet-20250514",
  content,
  stop_reason,
  stop_sequence: null,
  usage: anthropicUsage
})

const anthropicReason = ({ calls = [] }: Said) => (calls.length > 0 ? "tool_use" : "end_turn")

export const anthropic: Provider = {
  name: "anthropic",
  model: "claude-4-sonnet-20250514",
  layer: (apiUrl) =>
    AnthropicLanguageModel.layer({ model: "claude-4-sonnet-20250514" }).pipe(
      Layer.provide(AnthropicClient.layer({ apiKey, apiUrl })),
      Layer.provide(FetchHttpClient.layer)
    ),
  answer: (said) => ({
    json: anthropicMessage(
      [
        ...(said.text === undefined ? [] : [{ type: "text", text: text(said), citations: null }]),
        ...(said.calls ?? []).map(({ args, id, name }) => ({ type: "tool_use", id, name, input: args }))
      ],
      anthropicReason(said)
    )
  }),
  stream: (said) => {
    const events: Array<object> = [
      {
        type: "message_start",
        message: { ...anthropicMessage([], null), usage: { ...anthropicUsage, output_tokens: 1 } }
      }
    ]
    if (said.text !== undefined) {
      events.push({ type: "content_block_start", index: 0, content_block: { type: "text", text: "", citations: null } })
      for (const text of said.text) {
        events.push({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } })
      }
      events.push({ type: "content_block_stop", index: 0 })
    }
    for (const [i, { args, id, name }] of (said.calls ?? []).entries()) {
      const index = i + 1
      events.push(
        { type: "content_block_start", index, content_block: { type: "tool_use", id, name, input: {} } },
        { type: "content_block_delta", index, delta: { type: "input_json_delta", partial_json: JSON.stringify(args) } },
        { type: "content_block_stop", index }
      )
    }
    events.push(
      {
        type: "message_delta",
        delta: { stop_reason: anthropicReason(said), stop_sequence: null },
        usage: { output_tokens: 55 }
      },
      { type: "message_stop" }
    )
    return events
  },
  tokens: { inputTokens: 2000, outputTokens: 55, cachedInputTokens: 1800, cacheWriteTokens: 188 },
  streamsTokens: true
}

const googleParts = (said: Said) => [
  ...(said.text ?? []).map((text) => ({ text })),
  ...(said.calls ?? []).map(({ args, name }) => ({ functionCall: { name, args } }))
]

const googleEnd = {
  usageMetadata: {
    promptTokenCount: 10,
    candidatesTokenCount: 20,
    thoughtsTokenCount: 100,
    cachedContentTokenCount: 4,
    totalTokenCount: 130
  },
  modelVersion: "gemini-2.5-pro-002",
  responseId: "resp_1"
}

export const google: Provider = {
  name: "gcp.gemini",
  model: "gemini-2.5-pro",
  layer: (apiUrl) =>
    GoogleLanguageModel.layer({ model: "gemini-2.5-pro" }).pipe(
      Layer.provide(GoogleClient.layer({ apiKey, apiUrl })),
      Layer.provide(FetchHttpClient.layer)
    ),
  answer: (said) => ({
    json: {
      ...googleEnd,
      candidates: [{ index: 0, content: { role: "model", parts: googleParts(said) }, finishReason: "STOP" }]
    }
  }),
  stream: (said) => {
    const pieces = googleParts(said)
    return pieces.map((part, i) => ({
      ...(i === pieces.length - 1 ? googleEnd : {}),
      candidates: [
        {
          index: 0,
          content: { role: "model", parts: [part] },
          ...(i === pieces.length - 1 && { finishReason: "STOP" })
        }
      ]
    }))
  },
  tokens: { inputTokens: 10, outputTokens: 120, cachedInputTokens: 4, reasoningTokens: 100 },
  streamsTokens: true
}

const routerUsage = {
  prompt_tokens: 1200,
  completion_tokens: 300,
  total_tokens: 1500,
  prompt_tokens_details: { cached_tokens: 1024 },
  completion_tokens_details: { reasoning_tokens: 256 },
  cost: 0.0125
}

const routerReason = ({ calls = [] }: Said) => (calls.length > 0 ? "tool_calls" : "stop")
const routerCalls = ({ calls = [] }: Said) =>
  calls.map(({ args, id, name }, index) => ({
    index,
    id,
    type: "function",
    function: { name, arguments: JSON.stringify(args) }
  }))

export const openRouter: Provider = {
  name: "openrouter",
  model: "openai/gpt-5",
  layer: (apiUrl) =>
    OpenRouterLanguageModel.layer({ model: "openai/gpt-5" }).pipe(
      Layer.provide(OpenRouterClient.layer({ apiKey, apiUrl })),
      Layer.provide(FetchHttpClient.layer)
    ),
  answer: (said) => ({
    json: {
      id: "gen_1",
      object: "chat.completion",
      created: 1,
      model: "openai/gpt-5",
      provider: "OpenAI",
      choices: [
        {
          index: 0,
          finish_reason: routerReason(said),
          native_finish_reason: "completed",
          logprobs: null,
          message: { role: "assistant", content: text(said), refusal: null, tool_calls: routerCalls(said) }
        }
      ],
      usage: routerUsage
    }
  }),
  stream: (said) => {
    const chunk = (delta: object, more: object = {}, finish_reason: string | null = null) => ({
      id: "gen_1",
      object: "chat.completion.chunk",
      created: 1,
      model: "openai/gpt-5",
      provider: "OpenAI",
      choices: [
        { index: 0, delta: { role: "assistant", ...delta }, finish_reason, native_finish_reason: null, logprobs: null }
      ],
      ...more
    })
    return [
      ...(said.text ?? []).map((content) => chunk({ content })),
      ...routerCalls(said).map((call) => chunk({ content: "", tool_calls: [call] })),
      chunk({ content: "" }, {}, routerReason(said)),
      chunk({ content: "" }, { usage: routerUsage })
    ]
  },
  tokens: { inputTokens: 1200, outputTokens: 300, cachedInputTokens: 1024, reasoningTokens: 256 },
  streamsTokens: true
}

export const bedrock: Provider = {
  name: "aws.bedrock",
  model: "anthropic.claude-sonnet-4",
  layer: (apiUrl) =>
    AmazonBedrockLanguageModel.layer({ model: "anthropic.claude-sonnet-4" }).pipe(
      Layer.provide(
        AmazonBedrockClient.layer({
          accessKeyId: "id",
          secretAccessKey: Redacted.make("secret"),
          region: "eu-west-1",
          apiUrl
        } as never)
      ),
      Layer.provide(FetchHttpClient.layer)
    ) as Layer.Layer<LanguageModel.LanguageModel>,
  answer: (said) => ({
    json: {
      metrics: { latencyMs: 10 },
      output: {
        message: {
          role: "assistant",
          content: [
            ...(said.text === undefined ? [] : [{ text: text(said) }]),
            ...(said.calls ?? []).map(({ args, id, name }) => ({ toolUse: { toolUseId: id, name, input: args } }))
          ]
        }
      },
      stopReason: anthropicReason(said),
      usage: {
        inputTokens: 12,
        outputTokens: 55,
        totalTokens: 2055,
        cacheReadInputTokens: 1800,
        cacheWriteInputTokens: 188
      }
    }
  }),
  stream: () => [],
  tokens: { inputTokens: 2000, outputTokens: 55, cachedInputTokens: 1800, cacheWriteTokens: 188 },
  streamsTokens: false
}
