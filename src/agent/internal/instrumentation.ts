/** Gives the spans of `@effect/ai` the names and attributes of the conventions, whoever opens them. */
import type { Tool } from "@effect/ai"
import * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"
import type { Span } from "effect/Tracer"
import type { Instrumentation } from "../../runtime/instrumentation.js"
import * as genAi from "../../signal/conventions/genAi.js"
import { type Call, ChatSpan, callOf } from "./calls.js"
import * as embeddings from "./embeddings.js"
import * as response from "./response.js"

const chats: ReadonlySet<string> = new Set(["Chat.generateText", "Chat.generateObject", "Chat.streamText"])

export const make = (captureContent: boolean, provider: string | undefined): Instrumentation => ({
  around: (parent) => (parent._tag === "Some" && parent.value instanceof ChatSpan ? parent.value.shown : parent),
  reuse(name, parent, startTime) {
    if (chats.has(name)) return new ChatSpan(name, parent, startTime)
    if (parent._tag === "None" || parent.value._tag === "ExternalSpan" || parent.value.name !== name) return undefined
    const call = callOf(parent.value)
    if (call?.inner !== "awaited") return undefined
    call.inner = "open"
    return parent.value
  },
  start(span, rename) {
    switch (span.name) {
      case "LanguageModel.generateText":
      case "LanguageModel.generateObject":
      case "LanguageModel.streamText":
        return modelCall(span, rename)
      case "EmbeddingModel.embed":
      case "EmbeddingModel.embedMany":
        return embeddings.start(span, rename, provider)
      case "Toolkit.handle":
        return toolCall(span, rename, captureContent)
      default:
        if (span.kind === "client") request(span)
    }
  }
})

const modelCall = (span: Span, rename: (name: string) => void): void => {
  const { attribute, end } = span
  const call = callOf(span)
  rename("chat")
  span.attribute(genAi.operation, "chat")
  span.attribute(genAi.outputType, span.name === "LanguageModel.generateObject" ? "json" : "text")
  if (span.name === "LanguageModel.streamText") span.attribute(genAi.stream, true)
  Object.assign<Span, Partial<Span>>(span, {
    attribute(key, value) {
      switch (key) {
        case genAi.requestModel:
          if (typeof value === "string") rename(`chat ${value}`)
          break
        case genAi.system:
          return attribute.call(span, genAi.provider, value)
        case genAi.finishReasons:
          return attribute.call(span, key, Array.isArray(value) ? value.map(response.toFinishReason) : value)
        case genAi.stopSequences:
          if (Array.isArray(value) && value.length === 0) return
          break
        case genAi.inputTokens:
        case genAi.outputTokens:
          if (call?.counted) return
      }
      attribute.call(span, key, value)
    },
    end(time, exit) {
      if (call === undefined) end.call(span, time, exit)
      else endsInner(call)
    }
  })
  if (call !== undefined) call.end = (time, exit) => end.call(span, time, exit)
}

const toolCall = (span: Span, rename: (name: string) => void, captureContent: boolean): void => {
  const { attribute, end } = span
  const call = callOf(span)
  rename("execute_tool")
  span.attribute(genAi.operation, "execute_tool")
  span.attribute(genAi.toolType, "function")
  Object.assign<Span, Partial<Span>>(span, {
    attribute(key, value) {
      if (key === "tool" && typeof value === "string") {
        rename(`execute_tool ${value}`)
        attribute.call(span, genAi.toolName, value)
      } else if (key !== "parameters") {
        attribute.call(span, key, value)
      } else if (captureContent) {
        attribute.call(span, genAi.toolArguments, value)
      }
    },
    end(time, exit) {
      if (endsInner(call)) return
      const handled = Exit.isSuccess(exit) && isHandlerResult(exit.value) ? exit.value : undefined
      if (captureContent) attribute.call(span, genAi.toolResult, handled?.encodedResult)
      // A tool whose failure is given to the model has failed all the same.
      end.call(span, time, handled?.isFailure ? Exit.fail(handled.result) : exit)
    }
  })
}

/** Whether it is the span of `@effect/ai` that ends, which was made one with that of the call. */
const endsInner = (call: Call["Type"] | undefined): boolean => {
  if (call?.inner !== "open") return false
  call.inner = "ended"
  return true
}

const isHandlerResult = (value: unknown): value is Tool.HandlerResult<Tool.Any> =>
  Predicate.hasProperty(value, "encodedResult")

/** A request of a provider, whose URL says which server the model is asked at. */
const request = (span: Span): void => {
  const around = span.parent._tag === "Some" ? span.parent.value : undefined
  if (around?._tag !== "Span" || !/^(LanguageModel|EmbeddingModel)\./.test(around.name)) return
  const { attribute, end } = span
  Object.assign<Span, Partial<Span>>(span, {
    attribute(key, value) {
      attribute.call(span, key, value)
      if (key !== "url.full" || typeof value !== "string" || !URL.canParse(value)) return
      const { hostname, port, protocol } = new URL(value)
      around.attribute(genAi.serverAddress, hostname)
      around.attribute(genAi.serverPort, port === "" ? (protocol === "http:" ? 80 : 443) : Number(port))
    },
    end(time, exit) {
      embeddings.answered(around, exit)
      end.call(span, time, exit)
    }
  })
}
