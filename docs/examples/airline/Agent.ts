/** The agent: for each message of the customer it calls the model, and the tools that the model asks for. */
import { LanguageModel, Prompt, Response } from "@effect/ai"
import { Chunk, Effect, Stream } from "effect"
import { Agent } from "effect-observability"
import { AirlineTools, ToolError } from "./Tools.js"

const maxModelCalls = 30
const goodbye = "###STOP###"

/**
 * A conversation from its first to its last message. Each message is a turn, and each turn a trace of its own, which
 * holds a span for every call of the model and of a tool.
 */
export const converse = Effect.fnUntraced(function* (options: {
  readonly instructions: string
  readonly messages: ReadonlyArray<string>
  /** Whether the model answers piece by piece. */
  readonly streamed: boolean
}) {
  const toolkit = yield* AirlineTools
  let prompt = Prompt.make([{ role: "system", content: options.instructions }])
  let modelCalls = 0

  // The tools are run here, to record them as `Agent.tool` does.
  const generated = Effect.suspend(() =>
    Effect.map(
      LanguageModel.generateText({ prompt, toolkit, disableToolCallResolution: true }),
      ({ content, text, toolCalls }) => ({ content, text, toolCalls })
    )
  )

  const streamed = Stream.suspend(() =>
    LanguageModel.streamText({ prompt, toolkit, disableToolCallResolution: true })
  ).pipe(
    Stream.runCollect,
    Effect.map((parts) => ({
      content: Chunk.toReadonlyArray(parts),
      text: Chunk.toReadonlyArray(parts)
        .map((part) => (part.type === "text-delta" ? part.delta : ""))
        .join(""),
      toolCalls: Chunk.toReadonlyArray(parts).filter((part) => part.type === "tool-call")
    }))
  )

  const callModel = options.streamed ? streamed : generated

  type ToolCall = Effect.Effect.Success<typeof generated>["toolCalls"][number]

  const callTool = (call: ToolCall) =>
    toolkit.handle(call.name, call.params).pipe(
      // The model reads a refusal as a result. Within the span of the call it is a failure.
      Effect.flatMap(({ result }) => (result instanceof ToolError ? result : Effect.succeed(result))),
      Effect.tapBoth({
        onFailure: (error) => Effect.logWarning(`${call.name} was refused:`, error.message),
        onSuccess: (result) => Effect.log(`${call.name} answered`, { characters: result.length })
      }),
      Agent.tool({
        name: call.name,
        callId: call.id,
        input: call.params,
        output: (result) => result,
        // whoever knows the timetables takes a fee
        ...(call.name.startsWith("search_") && { costUsd: 0.002 })
      }),
      Effect.map((result) => ({ isFailure: false, result })),
      Effect.catchTag("ToolError", ({ message }) => Effect.succeed({ isFailure: true, result: `Error: ${message}` })),
      Effect.map(({ isFailure, result }) =>
        Response.makePart("tool-result", {
          id: call.id,
          name: call.name,
          isFailure,
          result,
          encodedResult: result,
          providerExecuted: false
        })
      )
    )

  const turn = Effect.fnUntraced(
    function* (message: string) {
      yield* Effect.log("the customer wrote:", message)
      if (message.includes(goodbye)) {
        return "Thank you for flying with us."
      }
      prompt = Prompt.merge(prompt, message)
      while (modelCalls < maxModelCalls) {
        modelCalls += 1
        const response = yield* callModel
        const results = yield* Effect.forEach(response.toolCalls, callTool)
        prompt = Prompt.merge(prompt, Prompt.fromResponseParts([...response.content, ...results]))
        if (results.length === 0) {
          yield* Effect.log("the agent answered:", response.text)
          return response.text
        }
        if (results.some(({ name }) => name === "transfer_to_human_agents")) {
          yield* Effect.log("a human agent takes over")
          return "A colleague will go on with you."
        }
      }
      yield* Effect.logWarning(`the agent gave up after ${maxModelCalls} calls of the model`)
      return "I am sorry, but I cannot help you with this."
    },
    (turn, message) => turn.pipe(Agent.run({ name: "airline", input: message, output: (answer) => answer }))
  )

  yield* Effect.forEach(options.messages, turn, { discard: true })
})
