/** The same messages in the attributes and events of each convention. */
import type { SpanFields } from "../../src/testing/Records.js"

export interface Call {
  readonly id: string
  readonly name: string
  readonly arguments: unknown
}

export interface Message {
  readonly role: "user" | "assistant" | "tool"
  readonly text?: string | undefined
  readonly reasoning?: string | undefined
  readonly calls?: ReadonlyArray<Call> | undefined
  readonly result?: { readonly id: string; readonly value: unknown } | undefined
  readonly image?: { readonly mediaType: string; readonly data?: string; readonly uri?: string } | undefined
}

interface Said {
  readonly system?: string | undefined
  readonly input: ReadonlyArray<Message>
  readonly output: ReadonlyArray<Message>
}

type Fields = Pick<SpanFields, "attributes" | "events">
type Attributes = Record<string, unknown>

export const conventions = [
  "otel",
  "otelEvents",
  "openInference",
  "openLlmetry",
  "aiSdk",
  "langfuse",
  "langSmith",
  "adk",
  "pydantic"
] as const

export type Convention = (typeof conventions)[number]

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value))

// OpenTelemetry

const partsOf = ({ calls = [], image, reasoning, result, text }: Message) => [
  ...(reasoning === undefined ? [] : [{ type: "reasoning", content: reasoning }]),
  ...(text === undefined ? [] : [{ type: "text", content: text }]),
  ...(image === undefined
    ? []
    : [
        image.data === undefined
          ? { type: "uri", modality: "image", mime_type: image.mediaType, uri: image.uri }
          : { type: "blob", modality: "image", mime_type: image.mediaType, content: image.data }
      ]),
  ...calls.map(({ arguments: args, id, name }) => ({ type: "tool_call", id, name, arguments: args })),
  ...(result === undefined ? [] : [{ type: "tool_call_response", id: result.id, response: result.value }])
]

const otel = ({ input, output, system }: Said): Attributes => ({
  ...(system !== undefined && { "gen_ai.system_instructions": [{ type: "text", content: system }] }),
  "gen_ai.input.messages": input.map((message) => ({ role: message.role, parts: partsOf(message) })),
  "gen_ai.output.messages": output.map((message) => ({
    role: message.role,
    parts: partsOf(message),
    finish_reason: "stop"
  }))
})

// Chat completions, which most others write

const ofChat = ({ calls, reasoning, result, role, text }: Message): Attributes => ({
  role,
  content: result === undefined ? (text ?? null) : textOf(result.value),
  ...(reasoning !== undefined && { reasoning_content: reasoning }),
  ...(result !== undefined && { tool_call_id: result.id }),
  ...(calls !== undefined && {
    tool_calls: calls.map(({ arguments: args, id, name }) => ({
      id,
      type: "function",
      function: { name, arguments: JSON.stringify(args) }
    }))
  })
})

const chat = ({ input, system }: Said) => [
  ...(system === undefined ? [] : [{ role: "system", content: system }]),
  ...input.map(ofChat)
]

const eventsOf = ({ input, output, system }: Said): NonNullable<SpanFields["events"]> =>
  [
    ...(system === undefined ? [] : [{ name: "gen_ai.system.message", attributes: { content: system } }]),
    ...input.map((message) => {
      const { role, tool_call_id, ...rest } = ofChat(message)
      return {
        name: `gen_ai.${message.role}.message`,
        attributes: { ...rest, ...(tool_call_id !== undefined && { id: tool_call_id }) }
      }
    }),
    ...output.map((message) => ({
      name: "gen_ai.choice",
      attributes: { index: 0, finish_reason: "stop", message: ofChat(message) }
    }))
  ].map((event, i) => ({ ...event, time: BigInt(i) })) as never

/** Attributes whose names count messages. */
const numberedOf = (
  said: Said,
  names: readonly [input: string, output: string],
  of: (message: Attributes) => Attributes
): Attributes =>
  Object.fromEntries(
    [chat(said), said.output.map(ofChat)].flatMap((messages, side) =>
      messages.flatMap((message, n) =>
        Object.entries(of(message)).map(([name, value]) => [`${names[side]}.${n}.${name}`, value])
      )
    )
  )

interface Called {
  readonly id: string
  readonly function: { readonly name: string; readonly arguments: string }
}

const callsOf = (message: Attributes) => (message["tool_calls"] ?? []) as ReadonlyArray<Called>

const openInference = (message: Attributes): Attributes => ({
  "message.role": message["role"],
  ...(typeof message["content"] === "string" && { "message.content": message["content"] }),
  ...(message["tool_call_id"] !== undefined && { "message.tool_call_id": message["tool_call_id"] }),
  ...Object.fromEntries(
    callsOf(message).flatMap(({ function: { arguments: args, name }, id }, n) => [
      [`message.tool_calls.${n}.tool_call.id`, id],
      [`message.tool_calls.${n}.tool_call.function.name`, name],
      [`message.tool_calls.${n}.tool_call.function.arguments`, args]
    ])
  )
})

const openLlmetry = (message: Attributes): Attributes => ({
  role: message["role"],
  ...(typeof message["content"] === "string" && { content: message["content"] }),
  ...(message["tool_call_id"] !== undefined && { tool_call_id: message["tool_call_id"] }),
  ...Object.fromEntries(
    callsOf(message).flatMap(({ function: { arguments: args, name }, id }, n) => [
      [`tool_calls.${n}.id`, id],
      [`tool_calls.${n}.name`, name],
      [`tool_calls.${n}.arguments`, args]
    ])
  )
})

// Others

const ofAiSdk = ({ calls = [], reasoning, result, role, text }: Message, names: ReadonlyMap<string, string>) => ({
  role,
  content:
    result !== undefined
      ? [
          {
            type: "tool-result",
            toolCallId: result.id,
            toolName: names.get(result.id),
            output: { type: "json", value: result.value }
          }
        ]
      : role === "user"
        ? [{ type: "text", text }]
        : [
            ...(reasoning === undefined ? [] : [{ type: "reasoning", text: reasoning }]),
            ...(text === undefined ? [] : [{ type: "text", text }]),
            ...calls.map(({ arguments: args, id, name }) => ({
              type: "tool-call",
              toolCallId: id,
              toolName: name,
              input: args
            }))
          ]
})

const namesOf = ({ input }: Said) =>
  new Map(input.flatMap(({ calls = [] }) => calls.map(({ id, name }) => [id, name] as const)))

const aiSdk = (said: Said): Attributes => {
  const [answer] = said.output
  const names = namesOf(said)
  return {
    "ai.operationId": "ai.generateText.doGenerate",
    "ai.prompt.messages": JSON.stringify([
      ...(said.system === undefined ? [] : [{ role: "system", content: said.system }]),
      ...said.input.map((message) => ofAiSdk(message, names))
    ]),
    ...(answer?.text !== undefined && { "ai.response.text": answer.text }),
    ...(answer?.reasoning !== undefined && { "ai.response.reasoning": answer.reasoning }),
    ...(answer?.calls !== undefined && {
      "ai.response.toolCalls": JSON.stringify(
        answer.calls.map(({ arguments: args, id, name }) => ({
          toolCallId: id,
          toolName: name,
          input: JSON.stringify(args)
        }))
      )
    })
  }
}

const ofGemini = ({ calls = [], reasoning, result, role, text }: Message, names: ReadonlyMap<string, string>) => ({
  role: role === "assistant" ? "model" : "user",
  parts: [
    ...(reasoning === undefined ? [] : [{ text: reasoning, thought: true }]),
    ...(text === undefined ? [] : [{ text }]),
    ...calls.map(({ arguments: args, id, name }) => ({ function_call: { id, name, args } })),
    ...(result === undefined
      ? []
      : [{ function_response: { id: result.id, name: names.get(result.id), response: result.value } }])
  ]
})

const adk = (said: Said): Attributes => {
  const names = namesOf(said)
  return {
    "gcp.vertex.agent.llm_request": JSON.stringify({
      config: { system_instruction: said.system },
      contents: said.input.map((message) => ofGemini(message, names))
    }),
    "gcp.vertex.agent.llm_response": JSON.stringify({ content: ofGemini(said.output[0] as Message, names) })
  }
}

const pydantic = (said: Said): Attributes => ({
  events: JSON.stringify([
    ...chat(said).map((message) => ({ ...message, "event.name": `gen_ai.${message["role"]}.message` })),
    ...said.output.map((message) => ({ index: 0, message: ofChat(message), "event.name": "gen_ai.choice" }))
  ])
})

/** What a call of a model has of what was said. */
export const attributesOf = (convention: Convention, said: Said): Fields => {
  switch (convention) {
    case "otel":
      return { attributes: otel(said) as never }
    case "otelEvents":
      return { attributes: {}, events: eventsOf(said) }
    case "openInference":
      return { attributes: numberedOf(said, ["llm.input_messages", "llm.output_messages"], openInference) as never }
    case "openLlmetry":
      return { attributes: numberedOf(said, ["gen_ai.prompt", "gen_ai.completion"], openLlmetry) as never }
    case "aiSdk":
      return { attributes: aiSdk(said) as never }
    case "langfuse":
      return {
        attributes: {
          "langfuse.observation.input": JSON.stringify(chat(said)),
          "langfuse.observation.output": JSON.stringify(ofChat(said.output[0] as Message))
        }
      }
    case "langSmith":
      return {
        attributes: {
          "gen_ai.prompt": JSON.stringify({ messages: chat(said) }),
          "gen_ai.completion": JSON.stringify({ messages: said.output.map(ofChat) })
        }
      }
    case "adk":
      return { attributes: adk(said) as never }
    case "pydantic":
      return { attributes: pydantic(said) as never }
  }
}

/** The attributes by which each convention has the arguments and the result of a tool. */
const toolNames: { readonly [C in Convention]?: readonly [given: string, answered: string] } = {
  openInference: ["input.value", "output.value"],
  openLlmetry: ["traceloop.entity.input", "traceloop.entity.output"],
  aiSdk: ["ai.toolCall.args", "ai.toolCall.result"],
  langfuse: ["langfuse.observation.input", "langfuse.observation.output"],
  langSmith: ["gen_ai.prompt", "gen_ai.completion"],
  adk: ["gcp.vertex.agent.tool_call_args", "gcp.vertex.agent.tool_response"],
  pydantic: ["tool_arguments", "tool_response"]
}

/** What the call of a tool has. */
export const toolAttributes = (convention: Convention, call: Call, result: unknown): Fields => {
  const [given, answered] = toolNames[convention] ?? ["gen_ai.tool.call.arguments", "gen_ai.tool.call.result"]
  const isText = convention !== "otel" && convention !== "otelEvents"
  const value = (json: unknown) => (isText ? textOf(json) : json)
  return {
    attributes: {
      "gen_ai.tool.call.id": call.id,
      [given]: value(call.arguments),
      ...(result !== undefined && { [answered]: value(result) })
    } as never
  }
}
