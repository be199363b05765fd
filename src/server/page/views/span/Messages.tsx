/** What a span was given and what it answered: as messages, or as it is recorded. */
import { useMemo, useState } from "preact/hooks"
import type { Content, Message, Part } from "../../../../signal/internal/messages.js"
import { Json, jsonOf } from "../../parts/Json.js"
import { Markdown } from "../../parts/Markdown.js"
import { Text } from "../../parts/Text.js"
import { href, type Route } from "../../state/address.js"
import { bytes, count, some } from "../../state/numbers.js"
import { cut, oneLine } from "../../state/visible.js"
import { Section } from "./Section.js"

interface Props {
  readonly content: Content
  readonly isRaw: boolean
  /** The address with the other of both. */
  readonly toOther: Route
}

export const Messages = ({ content, isRaw, toOther }: Props) => {
  const { input, instructions, output, toolArguments, toolResult } = content
  const given = instructions === undefined ? input : [instructions, ...input]
  const hasInput = given.length > 0 || toolArguments !== undefined
  const hasOutput = output.length > 0 || toolResult !== undefined
  if (!hasInput && !hasOutput) return null
  const other = (
    <a class="toggle" data-replace="" href={href(toOther)}>
      {isRaw ? "As messages" : "Raw"}
    </a>
  )
  return (
    <>
      {hasInput && (
        <Section title="Input" aside={other}>
          {toolArguments !== undefined && <Value value={toolArguments} isRaw={isRaw} />}
          {given.length > 0 && (isRaw ? <Json value={given} depth={3} /> : <Said messages={given} />)}
        </Section>
      )}
      {hasOutput && (
        <Section title="Output" aside={hasInput ? undefined : other}>
          {toolResult !== undefined && <Value value={toolResult} isRaw={isRaw} />}
          {output.length > 0 && (isRaw ? <Json value={output} depth={3} /> : <Said messages={output} />)}
        </Section>
      )}
    </>
  )
}

/** So many of the last messages are shown at first. */
const some20 = 20

const Said = ({ messages }: { readonly messages: ReadonlyArray<Message> }) => {
  const [shown, show] = useState(some20)
  const hidden = Math.max(0, messages.length - shown)
  return (
    <div class="messages">
      {hidden > 0 && (
        <button type="button" class="more-of" onClick={() => show(shown + 100)}>
          {count(hidden)} earlier
        </button>
      )}
      {messages.slice(hidden).map((message, i) => (
        <One key={hidden + i} message={message} />
      ))}
    </div>
  )
}

const One = ({ message: { name, parts, role } }: { readonly message: Message }) => {
  const who = oneLine(cut(name === undefined ? role : `${role} · ${name}`, 120))
  const isLong = role === "system" && parts.some((part) => part._tag === "Text" && part.text.length > 200)
  const body = parts.map((part, i) => <PartOf key={i} part={part} />)
  return (
    <article class={`message message-${known.has(role) ? role : "other"}`} aria-label={who}>
      <p class="message-role">
        <bdi>{who}</bdi>
      </p>
      {isLong ? <Folded label={some(sizeOf(parts), "character")}>{() => body}</Folded> : body}
    </article>
  )
}

const known = new Set(["system", "user", "assistant", "tool"])

const sizeOf = (parts: ReadonlyArray<Part>): number =>
  parts.reduce((sum, part) => sum + ("text" in part ? part.text.length : 0), 0)

const PartOf = ({ part }: { readonly part: Part }) => {
  switch (part._tag) {
    case "Text":
      return <Words text={part.text} />
    case "Reasoning":
      return (
        <Folded label={`reasoning, ${some(part.text.length, "character")}`}>{() => <Words text={part.text} />}</Folded>
      )
    case "ToolCall":
      return (
        <div class="call">
          <span class="call-name">
            calls <bdi>{oneLine(cut(part.name, 200))}</bdi>
          </span>
          <Value value={part.arguments} isRaw={false} />
        </div>
      )
    case "ToolResult":
      return (
        <div class="call">
          <Value value={part.result} isRaw={false} />
        </div>
      )
    case "Media":
      return <Media part={part} />
    case "Other":
      return <Json value={part.value} name={part.type} />
  }
}

const Folded = ({ children, label }: { readonly label: string; readonly children: () => preact.ComponentChildren }) => {
  const [isOpen, open] = useState(false)
  return (
    <details class="folded" onToggle={(event) => open(event.currentTarget.open)}>
      <summary>{label}</summary>
      {isOpen && children()}
    </details>
  )
}

/** A text that is JSON is shown as what it says. */
const Words = ({ text }: { readonly text: string }) => {
  const parsed = useMemo(() => jsonOf(text), [text])
  return parsed === undefined ? <Markdown text={text} /> : <Json value={parsed} depth={2} />
}

const Value = ({ isRaw, value }: { readonly value: unknown; readonly isRaw: boolean }) => {
  const parsed = useMemo(() => (typeof value === "string" && !isRaw ? jsonOf(value) : undefined), [value, isRaw])
  if (typeof value === "string" && parsed === undefined) return <Text text={value} class="text value" />
  return <Json value={parsed ?? value} depth={2} />
}

/** Images that came as bytes are shown; what lies elsewhere is a link that nothing fetches by itself. */
const Media = ({ part: { data, mediaType, uri } }: { readonly part: Extract<Part, { readonly _tag: "Media" }> }) => {
  const type = oneLine(cut(mediaType ?? "media", 80))
  if (data && /^image\/(?:png|jpeg|gif|webp)$/.test(mediaType ?? "") && isBase64(data)) {
    return <img class="media" src={`data:${mediaType};base64,${data}`} alt={type} />
  }
  return (
    <p class="quiet">
      {type}
      {uri !== undefined && <bdi class="mono"> {oneLine(cut(uri, 300))}</bdi>}
      {data && <bdi> {data[0] === "[" ? oneLine(cut(data, 120)) : bytes(data.length)}</bdi>}
    </p>
  )
}

/** A pattern for all of a text has no room for ten million characters. */
const isBase64 = (data: string): boolean => data.length < 20_000_000 && !/[^\w+/=]/.test(data)
