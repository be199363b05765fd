/**
 * A model whose calls are each in a span that has the prompt from the start, and that is the parent of all that its
 * provider does. It ends when the answer is here: the tools that were asked for run after it, in spans beside it.
 */
import { LanguageModel, Model, Prompt, type Response, Telemetry } from "@effect/ai"
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberRef from "effect/FiberRef"
import { globalValue } from "effect/GlobalValue"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { ParentSpan, type Span } from "effect/Tracer"
import * as genAi from "../../signal/conventions/genAi.js"
import * as attributes from "./attributes.js"
import { around, begin, Call, ChatSpan, callOf } from "./calls.js"
import * as messages from "./messages.js"
import * as response from "./response.js"
import { type AnyOptions, ToolCalls, toDefinitions } from "./toolCalls.js"

/** How the calls of a fiber are recorded. */
export interface Settings {
  readonly captureContent: boolean
  /** The name of the provider, where it is not in the context of the call. */
  readonly provider?: string | undefined
  /** A model as `@effect/ai` makes them, to know others by. */
  readonly sample: LanguageModel.Service
}

/** The settings for the calls that a fiber makes; none where they are not recorded. */
export const currentSettings: FiberRef.FiberRef<Settings | undefined> = globalValue(
  "effect-observability/GenAi/currentSettings",
  () => FiberRef.unsafeMake<Settings | undefined>(undefined)
)

/** A model that is never asked. */
export const sample: Effect.Effect<LanguageModel.Service> = LanguageModel.make({
  generateText: () => Effect.never,
  streamText: () => Stream.never
})

type Part = Response.AnyPart
type Answer = { readonly content: Array<Part> }
type Generate = (options: AnyOptions) => Effect.Effect<Answer, unknown>
type StreamText = (options: AnyOptions) => Stream.Stream<Part, unknown>

/** The model that each recorded one is the form of, so that nothing is recorded twice. */
const originals = new WeakMap<LanguageModel.Service, LanguageModel.Service>()
const recordings = new WeakMap<LanguageModel.Service, LanguageModel.Service>()

/** The recorded form of a model, with the settings of each call where none are given. */
export const recorded = (model: LanguageModel.Service, given?: Settings): LanguageModel.Service => {
  if (given === undefined && originals.has(model)) return model
  const known = given === undefined ? recordings.get(model) : undefined
  if (known !== undefined) return known
  const original = originals.get(model) ?? model
  const method = (value: unknown) => ({ value, enumerable: true, configurable: true, writable: true })
  const service: LanguageModel.Service = Object.create(original, {
    generateText: method(generate("LanguageModel.generateText", original, given)),
    generateObject: method(generate("LanguageModel.generateObject", original, given)),
    streamText: method(stream(original, given))
  })
  originals.set(service, original)
  if (given === undefined) recordings.set(model, service)
  return service
}

/**
 * Gives the recorded form of the model wherever a program asks for one, also where it is provided further in: asking for
 * a service reads the fiber's context, and a tag may say how that is done, as other effects of Effect do by `commit`.
 */
export const recordLookups = (): void => {
  const tag = LanguageModel.LanguageModel
  if (Object.hasOwn(tag, "commit")) return
  const commit = () =>
    Effect.withFiberRuntime<LanguageModel.Service>((fiber) => {
      const context = fiber.getFiberRef(FiberRef.currentContext) as Context.Context<LanguageModel.LanguageModel>
      const model = Context.get(context, tag)
      return Effect.succeed(fiber.getFiberRef(currentSettings) === undefined ? model : recorded(model))
    })
  Reflect.defineProperty(tag, "commit", { value: commit })
  Reflect.defineProperty(tag, "_op", { value: "Commit" })
}

/** Whether `@effect/ai` made a model: its methods are the same code. */
const isOfEffectAi = (model: LanguageModel.Service, { sample }: Settings): boolean =>
  (["generateText", "generateObject", "streamText"] as const).every(
    (method) => typeof model[method] === "function" && codeOf(model[method]) === codeOf(sample[method])
  )

const codeOf = (method: unknown): string => Function.prototype.toString.call(method)

const withSettings = (given: Settings | undefined) =>
  given === undefined ? FiberRef.get(currentSettings) : Effect.succeed(given)

const generate =
  (
    name: "LanguageModel.generateText" | "LanguageModel.generateObject",
    model: LanguageModel.Service,
    given?: Settings
  ) =>
  (options: AnyOptions): Effect.Effect<Answer, unknown> =>
    Effect.flatMap(withSettings(given), (settings) => {
      // The results of these methods depend on their options, in types that a wrapper cannot name: hence `never`.
      const method: Generate =
        name === "LanguageModel.generateText"
          ? (options) => model.generateText(options as never) as never
          : (options) => model.generateObject(options as never) as never
      if (settings === undefined) return method(options)
      return Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(ModelCall.open(name, options, model, settings), (call) =>
          Effect.suspend(() => method(call.options)).pipe(
            Effect.withParentSpan(call.span),
            call.watching(name),
            restore,
            Effect.exit,
            Effect.flatMap((exit) => call.settle(exit, restore)),
            Effect.onExit((exit) => Effect.sync(() => call.end(exit)))
          )
        )
      )
    })

const stream =
  (model: LanguageModel.Service, given?: Settings) =>
  (options: AnyOptions): Stream.Stream<Part, unknown> =>
    Stream.unwrapScoped(
      Effect.flatMap(withSettings(given), (settings) => {
        const method: StreamText = (options) => model.streamText(options as never) as never
        if (settings === undefined) return Effect.succeed(method(options))
        return Effect.flatMap(
          Effect.acquireRelease(ModelCall.open("LanguageModel.streamText", options, model, settings), (call, exit) =>
            Effect.sync(() => call.stop(exit))
          ),
          (call) => {
            const arriving = Stream.suspend(() => method(call.options)).pipe(
              Stream.provideService(ParentSpan, call.span),
              Stream.mapChunks((chunk) => {
                for (const part of chunk) call.observe(part)
                return chunk
              }),
              Stream.tapErrorCause((cause) => Effect.sync(() => call.arrive(Exit.failCause(cause)))),
              Stream.ensuringWith((exit) => Effect.sync(() => Exit.isSuccess(exit) && call.arrive(exit)))
            )
            return call.tools.isExpected ? call.withTools(arriving) : Effect.succeed(arriving)
          }
        )
      })
    )

/** A call that is being recorded. */
class ModelCall {
  readonly tools: ToolCalls
  private parts: Array<Part> = []
  private firstToken: bigint | undefined
  /** Why the call failed, where its stream said so and went on. */
  private failure: Cause.Cause<unknown> | undefined
  private isClosed = false

  /** Opens the span of a call, or takes over that of a model around it, which only passes the call on. */
  static open(name: string, given: AnyOptions, model: LanguageModel.Service, settings: Settings) {
    return Effect.gen(function* () {
      const options = repeatable(given)
      const provider = settings.provider ?? Option.getOrUndefined(yield* Effect.serviceOption(Model.ProviderName))
      const clock = yield* Effect.clock
      const outer = Option.getOrUndefined(yield* Effect.serviceOption(ParentSpan))
      const outerCall = outer && callOf(outer)
      if (outer?._tag === "Span" && outerCall?.inner === "awaited" && outer.name === name) {
        return new ModelCall(outer, outerCall, clock, options, model, settings)
      }
      const call = begin()
      const span = yield* Effect.makeSpan(name, {
        kind: "client",
        captureStackTrace: false,
        context: Context.make(Call, call),
        parent: outer?._tag === "Span" && outerCall?.inner === "ended" ? around(outer) : outer,
        attributes: { [genAi.provider]: provider, ...ofPrompt(options, settings) }
      })
      if (outer instanceof ChatSpan) outer.merge(span)
      return new ModelCall(span, call, clock, options, model, settings)
    })
  }

  private readonly startTime: bigint

  private constructor(
    readonly span: Span,
    private readonly call: Call["Type"],
    private readonly clock: Clock.Clock,
    given: AnyOptions,
    model: LanguageModel.Service,
    private readonly settings: Settings
  ) {
    call.owner = this
    this.startTime = clock.unsafeCurrentTimeNanos()
    this.tools = new ToolCalls(given, isOfEffectAi(model, settings), (tools) => {
      if (settings.captureContent && tools.length > 0) {
        span.attribute(
          genAi.toolDefinitions,
          attributes.lazily(() => toDefinitions(tools))
        )
      }
    })
  }

  get options(): AnyOptions {
    return this.tools.options
  }

  /**
   * Keeps the parts of an object before it is read: it may not fit its schema. A transformer of the program is called as
   * it would be, with what the model said.
   */
  watching(name: string) {
    return <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.flatMap(Effect.serviceOption(Telemetry.CurrentSpanTransformer), (transformer) =>
        name !== "LanguageModel.generateObject" && (Option.isNone(transformer) || !this.tools.isExpected)
          ? effect
          : Effect.provideService(effect, Telemetry.CurrentSpanTransformer, (options) => {
              this.parts = [...options.response]
              if (Option.isNone(transformer)) return
              const said = options.response.filter((part) => !this.tools.isPending(part))
              transformer.value({ ...options, response: said })
            })
      )
  }

  /** Records how an answer came, and runs the tools that it asks for. */
  settle(
    exit: Exit.Exit<Answer, unknown>,
    restore: <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>
  ): Effect.Effect<Answer, unknown> {
    const time = this.clock.unsafeCurrentTimeNanos()
    if (Exit.isSuccess(exit)) {
      const content: unknown = exit.value?.content
      if (Array.isArray(content)) this.record(content)
      this.end(exit, time)
      if (this.tools.isEmpty || !Array.isArray(content)) return exit
      return Effect.map(restore(this.tools.run(content, around(this.span))), (parts) => {
        content.splice(0, content.length, ...parts)
        return exit.value
      })
    }
    const undecoded = this.parts.length > 0 ? this.parts : response.undecoded(exit.cause)
    if (this.tools.isEmpty) {
      this.record(undecoded)
      this.end(exit, time)
      return exit
    }
    // The tools run first, as in `@effect/ai`: if they fail, the failure is theirs.
    return restore(this.tools.runAll(undecoded, around(this.span))).pipe(
      Effect.onExit((ran) =>
        Effect.sync(() => {
          this.record(undecoded.length > 0 ? undecoded : this.tools.parts)
          this.end(Exit.isSuccess(ran) ? exit : Exit.void, time)
        })
      ),
      Effect.zipRight(exit)
    )
  }

  /** Takes note of a part of a stream. */
  observe(part: Part): void {
    if (!Predicate.hasProperty(part, "type")) return
    if (this.tools.isPending(part)) return
    if (this.firstToken === undefined && response.isOutput(part)) this.firstToken = this.clock.unsafeCurrentTimeNanos()
    if (part.type === "error") this.failure = Cause.fail(part.error)
    if (this.settings.captureContent || response.isSummary(part)) this.parts.push(part)
  }

  /** Records a stream that has come to its end, or broke. */
  arrive(exit: Exit.Exit<unknown, unknown>): void {
    // Its reader has gone, and says how.
    if (Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause)) return
    if (Exit.isFailure(exit)) this.parts.push(...response.undecoded(exit.cause))
    this.record(this.parts, Exit.isFailure(exit) || this.failure !== undefined)
    this.end(exit)
  }

  /** Records a stream whose reader has gone. It is interrupted with its reader, and went well where that failed. */
  stop(exit: Exit.Exit<unknown, unknown>): void {
    this.record(this.parts, this.failure !== undefined)
    this.end(Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause) ? exit : Exit.void)
  }

  /**
   * The parts of a stream with the results of its tools, which run while the rest arrives. `Stream.buffer` would not do
   * between the two: it ends a stream that fails as if it had succeeded.
   */
  withTools(arriving: Stream.Stream<Part, unknown>) {
    const parent = around(this.span)
    return Effect.gen(this, function* () {
      const arrived = yield* Mailbox.make<Part, unknown>()
      const given = yield* Mailbox.make<Part, unknown>()
      yield* arriving.pipe(
        Stream.runForEachChunk((piece) => arrived.offerAll(piece)),
        Mailbox.into(arrived),
        Effect.forkScoped
      )
      yield* Mailbox.toStream(arrived).pipe(
        Stream.runForEachChunk((piece) => this.tools.resolve(piece, parent, (parts) => given.offerAll(parts))),
        Mailbox.into(given),
        Effect.forkScoped
      )
      return Mailbox.toStream(given)
    })
  }

  /** Ends the span, unless a model further in has taken it over. */
  end(exit: Exit.Exit<unknown, unknown>, time = this.clock.unsafeCurrentTimeNanos()): void {
    if (this.isClosed || this.call.owner !== this) return
    this.isClosed = true
    const cause = Exit.isFailure(exit) ? exit.cause : this.failure
    const outcome = cause === undefined ? exit : Exit.failCause(cause)
    if (this.call.end === undefined) this.span.end(time, outcome)
    else this.call.end(time, outcome)
  }

  private record(parts: ReadonlyArray<Part>, isBroken = false): void {
    if (this.isClosed || this.call.owner !== this) return
    const { span } = this
    if (this.firstToken !== undefined) {
      span.attribute(genAi.timeToFirstChunk, Number(this.firstToken - this.startTime) / 1e9)
    }
    if (parts.length === 0 && !isBroken) return
    try {
      const asked = this.tools.asked(parts)
      const { content, said } = response.toAttributes(
        asked,
        this.settings.captureContent,
        span.attributes.get(genAi.finishReasons),
        isBroken
      )
      for (const [key, value] of Object.entries(said)) if (value !== undefined) span.attribute(key, value)
      if (content !== undefined) span.attribute(genAi.outputMessages, content)
      this.call.counted = said[genAi.inputTokens] !== undefined || said[genAi.outputTokens] !== undefined
    } catch {
      // The parts are of whoever made the model: what cannot be read is not recorded.
    }
  }
}

const ofPrompt = ({ prompt }: AnyOptions, { captureContent }: Settings) =>
  captureContent && {
    [genAi.systemInstructions]: attributes.lazily(() => messages.ofSystem(Prompt.make(prompt))),
    [genAi.inputMessages]: attributes.lazily(() => messages.ofPrompt(Prompt.make(prompt)))
  }

/** The same options with a prompt that can be read twice. */
const repeatable = (options: AnyOptions): AnyOptions =>
  typeof options.prompt === "object" && Symbol.iterator in options.prompt
    ? { ...options, prompt: Array.from(options.prompt) }
    : options
