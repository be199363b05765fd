/** A span as a text for the clipboard: as JSON, for people, and for a model that is asked about it. */
import type { Content, Message, Part } from "../../../../signal/internal/messages.js"
import type { Span } from "../../../internal/encoded.js"
import { failuresOf } from "./failures.js"

/** As the storage has it. */
export const asJson = (span: Span): string => JSON.stringify(span, null, 2)

/** As Markdown, with all that was said. */
export const asMarkdown = (span: Span, content: Content): string =>
  [
    `# ${lineOf(span.name)}`,
    factsOf(span)
      .map(([name, value]) => `- ${name}: ${lineOf(value)}`)
      .join("\n"),
    ...section("Input", [...(content.instructions === undefined ? [] : [content.instructions]), ...content.input]),
    ...(content.toolArguments === undefined ? [] : ["## Arguments", fenced(jsonOf(content.toolArguments), "json")]),
    ...section("Output", content.output),
    ...(content.toolResult === undefined ? [] : ["## Result", fenced(jsonOf(content.toolResult), "json")]),
    ...failuresOf(span).flatMap(({ chain, message, type }) => [
      `## ${lineOf(type ?? "Exception")}: ${lineOf(message)}`,
      ...(chain.length === 0 ? [] : [fenced(stackOf(chain))])
    ]),
    "## Attributes",
    fenced(JSON.stringify(span.attributes, null, 2), "json")
  ].join("\n\n")

const section = (title: string, messages: ReadonlyArray<Message>): ReadonlyArray<string> =>
  messages.length === 0
    ? []
    : [
        `## ${title}`,
        ...messages.flatMap(({ name, parts, role }) => [
          `### ${lineOf(name === undefined ? role : `${role} ${name}`)}`,
          ...parts.map(markdownOf)
        ])
      ]

const markdownOf = (part: Part): string => {
  switch (part._tag) {
    case "Text":
      return part.text
    case "Reasoning":
      return quoted(part.text)
    case "ToolCall":
      return `**calls ${lineOf(part.name)}**\n\n${fenced(jsonOf(part.arguments), "json")}`
    case "ToolResult":
      return fenced(jsonOf(part.result), "json")
    case "Media":
      return mediaOf(part)
    case "Other":
      return fenced(jsonOf(part.value), "json")
  }
}

/** Characters of one text that a model is given: the rest is counted. */
const longest = 20_000

/** For a model: short, without ids but those that a tool could ask with, long texts cut. */
export const asPrompt = (span: Span, content: Content): string =>
  [
    "A span of an AI agent's trace:",
    factsOf(span)
      .map(([name, value]) => `${name}: ${lineOf(value)}`)
      .join("\n"),
    ...(content.instructions === undefined ? [] : [tagged("instructions", said(content.instructions))]),
    ...(content.input.length === 0 ? [] : [tagged("input", content.input.map(turnOf).join("\n"))]),
    ...(content.toolArguments === undefined ? [] : [tagged("arguments", short(jsonOf(content.toolArguments)))]),
    ...(content.output.length === 0 ? [] : [tagged("output", content.output.map(turnOf).join("\n"))]),
    ...(content.toolResult === undefined ? [] : [tagged("result", short(jsonOf(content.toolResult)))]),
    ...failuresOf(span).map(({ chain, message, type }) =>
      tagged("exception", short(chain.length === 0 ? `${type ?? "exception"}: ${message}` : stackOf(chain)))
    ),
    ...(isSaid(content) ? [] : [tagged("attributes", short(JSON.stringify(span.attributes, null, 2)))])
  ].join("\n\n")

const isSaid = ({ input, output, toolArguments, toolResult }: Content): boolean =>
  input.length + output.length > 0 || toolArguments !== undefined || toolResult !== undefined

const turnOf = (message: Message): string => `[${lineOf(message.role)}] ${said(message)}`

const said = ({ parts }: Message): string => parts.map(promptOf).join("\n")

const promptOf = (part: Part): string => {
  switch (part._tag) {
    case "Text":
      return short(part.text)
    case "Reasoning":
      return `(reasoning) ${short(part.text)}`
    case "ToolCall":
      return `calls ${lineOf(part.name)} with ${short(jsonOf(part.arguments))}`
    case "ToolResult":
      return short(jsonOf(part.result))
    case "Media":
      return mediaOf(part)
    case "Other":
      return short(jsonOf(part.value))
  }
}

/** The facts of a span, by name. */
const factsOf = (span: Span): ReadonlyArray<readonly [name: string, value: string]> => {
  const { endTime, startTime } = span
  const facts: ReadonlyArray<readonly [string, string | undefined]> = [
    ["name", span.name],
    ["type", span.spanType],
    ["status", [span.status, span.errorType, span.statusMessage].filter((word) => word !== undefined).join(": ")],
    ["started", instantOf(startTime)],
    ["lasted", endTime === undefined ? undefined : `${Number(BigInt(endTime) - BigInt(startTime)) / 1e9} s`],
    ["agent", span.agentName],
    ["tool", span.toolName],
    ["model", span.model],
    ["provider", span.provider],
    ["input tokens", numberOf(span.inputTokens)],
    ["output tokens", numberOf(span.outputTokens)],
    ["cost", span.costUsd === undefined ? undefined : `$${span.costUsd}`],
    ["session", span.sessionId],
    ["trace", span.traceId],
    ["span", span.spanId]
  ]
  return facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
}

const numberOf = (value: number | undefined): string | undefined => (value === undefined ? undefined : String(value))

const instantOf = (nanos: string): string => new Date(Number(BigInt(nanos) / 1_000_000n)).toISOString()

const stackOf = (chain: ReturnType<typeof failuresOf>[number]["chain"]): string =>
  chain
    .map(({ frames, head }, i) =>
      [i === 0 ? head : `caused by: ${head}`, ...frames.map((line) => `    ${line}`)].join("\n")
    )
    .join("\n")

const mediaOf = ({ data, mediaType, uri }: Extract<Part, { readonly _tag: "Media" }>): string =>
  `[${lineOf(mediaType ?? "media")}${uri === undefined ? "" : ` at ${lineOf(uri)}`}${data === undefined ? "" : `, ${data.length} characters`}]`

const jsonOf = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? ""))

const lineOf = (text: string): string => text.replace(/\s+/g, " ").trim()

const short = (text: string): string =>
  text.length <= longest
    ? text
    : `${text.slice(0, longest).toWellFormed()} [… ${text.length - longest} characters left out]`

const quoted = (text: string): string => text.replace(/^/gm, "> ")

/** A tag that the text does not close itself. */
const tagged = (name: string, text: string): string => {
  let tag = name
  while (text.includes(`</${tag}>`)) tag += "_"
  return `<${tag}>\n${text}\n</${tag}>`
}

/** A fence that is longer than any in the text. */
const fenced = (text: string, language = ""): string => {
  const longest = (text.match(/`{3,}/g) ?? []).reduce((most, { length }) => Math.max(most, length), 2)
  const fence = "`".repeat(longest + 1)
  return `${fence}${language}\n${text}\n${fence}`
}
