/** What masking costs a record. */
import { Redacted } from "effect"
import { SensitiveDataFilter, SpanRecord } from "effect-observability"
import { type Figure, figure, median } from "./harness.js"

const prompt = "Could you move my reservation to the earliest flight on Friday, please? ".repeat(9).slice(0, 630)

const spanOf = (attributes: SpanRecord.SpanRecord["attributes"]) =>
  new SpanRecord.SpanRecord({
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    name: "agent.step",
    kind: "internal",
    spanType: "generic",
    status: "ok",
    startTime: 1_700_000_000_000_000_000n,
    endTime: 1_700_000_000_001_000_000n,
    serviceName: "bench",
    attributes,
    events: [],
    links: [],
    tags: [],
    resource: { "service.name": "bench", "telemetry.sdk.language": "nodejs" }
  })

/** Each has about 700 bytes of attributes. */
const spans = {
  "a prompt": spanOf({
    "http.route": "/v1/agents/:agent/turns",
    "app.customer.tier": "enterprise",
    "app.turn.index": 7,
    "app.prompt": prompt
  }),
  "a model call": spanOf({
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.request.max_tokens": 1_000,
    "gen_ai.usage.input_tokens": 1_204,
    "gen_ai.usage.output_tokens": 310,
    "gen_ai.conversation.id": "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d",
    "session.id": "01939f3e-7c1b-7e5a-b1a2-6f0c8d9e0f11",
    "user.id": "user-1842",
    "app.prompt": prompt.slice(0, 420)
  }),
  "arguments as JSON": spanOf({
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.tool.name": "update_reservation",
    "gen_ai.tool.call.id": "call_8fQ2",
    "gen_ai.tool.call.arguments": JSON.stringify({
      reservation: "ZFA04Y",
      cabin: "economy",
      flights: [
        { number: "HAT190", date: "2024-05-23", origin: "JFK", destination: "SEA" },
        { number: "HAT047", date: "2024-05-24", origin: "SEA", destination: "JFK" }
      ],
      passenger: { first: "Mia", last: "Li", born: "1990-04-05", note: prompt.slice(0, 300) }
    })
  })
}

const secret = spanOf({
  "http.request.header.authorization": "Bearer 5f8a0c1e77d94b2e",
  "app.url": "https://api.example.com/v1?token=5f8a0c1e77d94b2e&page=2",
  "app.prompt": prompt.slice(0, 560)
})

const count = 10_000

/** Microseconds of processor time a span, which other programs do not add to: the median of 30 rounds. */
export const microsOf = (filter: ReturnType<typeof SensitiveDataFilter.make>, span: SpanRecord.SpanRecord): number => {
  const rounds: Array<number> = []
  for (let round = 0; round < 35; round++) {
    const start = process.cpuUsage()
    for (let i = 0; i < count; i++) filter.span?.(span)
    const { system, user } = process.cpuUsage(start)
    if (round >= 5) rounds.push((user + system) / count)
  }
  return median(rounds)
}

/** The milliseconds that a text of a million characters takes. */
export const millisOf = (text: string): number => {
  const filter = SensitiveDataFilter.make()
  const span = spanOf({ text })
  const start = performance.now()
  filter.span?.(span)
  return performance.now() - start
}

const million = (text: string) => text.repeat(Math.ceil(1_000_000 / text.length)).slice(0, 1_000_000)

export const run = async (): Promise<ReadonlyArray<Figure>> => {
  const filter = SensitiveDataFilter.make()
  const hashing = SensitiveDataFilter.make({ style: { type: "hashed", key: Redacted.make("bench") } })
  return [
    ...Object.entries(spans).map(([name, span]) =>
      figure(`masking: a span with ${name}, nothing secret`, microsOf(filter, span), "µs", { target: { atMost: 3 } })
    ),
    figure("masking: a span with 2 secrets", microsOf(filter, secret), "µs"),
    figure("masking: a span with 2 secrets, hashed", microsOf(hashing, secret), "µs"),
    figure("masking: 1 MB of prose", millisOf(million(prompt)), "ms"),
    figure("masking: 1 MB of base64", millisOf(million("iVBORw0KGgoAAAANSUhEUgAAAAE+CAYAAAD/")), "ms"),
    figure("masking: 1 MB of names and signs", millisOf(million(`"key":"a",`)), "ms")
  ]
}
