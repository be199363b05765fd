/** What was said, part by part: texts, reasoning, tools with their results, images. */
import { useMemo } from "preact/hooks"
import type { EntryPart, ToolCall } from "../../../internal/encoded.js"
import { Badge } from "../../parts/Badge.js"
import { Json, jsonOf } from "../../parts/Json.js"
import { Link, Markdown } from "../../parts/Markdown.js"
import { Text } from "../../parts/Text.js"
import { count, dollars, dollarsShort } from "../../state/numbers.js"
import { between, duration } from "../../state/time.js"
import { cut, oneLine, visible } from "../../state/visible.js"
import { Fold } from "./Fold.js"
import { SpanLink } from "./SpanLink.js"

/** How words are shown. */
export interface Shown {
  readonly isRaw: boolean
  readonly isOpen: boolean
}

interface PartProps extends Shown {
  readonly part: EntryPart
  /** Where it is: `"3-0-1"` is the second part of the first entry of turn 3. */
  readonly at: string
  /** Characters up to which it must be shown, as something was found there. */
  readonly until: number | undefined
  readonly spanId: string
  readonly traceId: string
  readonly turn: number
}

export const Part = (props: PartProps) => {
  const { at, isOpen, isRaw, part } = props
  const until = isOpen ? all : props.until
  switch (part._tag) {
    case "Text":
      return (
        <div class="part" data-part={at}>
          <Words text={part.text} isRaw={isRaw} until={until} />
          <Omitted {...props} omitted={part.omitted} />
        </div>
      )
    case "Reasoning":
      return (
        <Fold class="part reasoning" at={at} isOpen={isOpen || until !== undefined}>
          <summary>
            Reasoning <Glimpse text={part.text} />
          </summary>
          <Words text={part.text} isRaw={isRaw} until={until} />
          <Omitted {...props} omitted={part.omitted} />
        </Fold>
      )
    case "ToolUse":
      return <Tool {...props} until={until} use={part} />
    case "ToolResult":
      return (
        <Fold class="part tool" at={at} data-tool-result="" isOpen={isOpen || until !== undefined}>
          <summary>
            <Badge type="tool_call" /> <span>result</span> <Glimpse text={textOf(part.result)} />
          </summary>
          <Data value={part.result} isRaw={isRaw} until={until} />
        </Fold>
      )
    case "Media":
      return (
        <div class="part" data-part={at}>
          <Media media={part} />
        </div>
      )
    case "Other":
      return (
        <div class="part" data-part={at}>
          <span class="quiet">{oneLine(cut(part.type, 100))}</span>
          <Data value={part.value} isRaw={isRaw} until={until} />
        </div>
      )
  }
}

/** Characters of a text that is not cut: as many as the page is told. */
const all = 50_000
/** Texts are longer than a screen before they are cut. */
const limit = 6_000

/** A text as Markdown, or as JSON where it is that and nothing else. */
const Words = ({
  isRaw,
  text,
  until = 0
}: {
  readonly text: string
  readonly isRaw: boolean
  readonly until?: number | undefined
}) => {
  const value = useMemo(() => (isRaw ? undefined : jsonOf(text)), [text, isRaw])
  const room = Math.max(limit, until + 500)
  if (value !== undefined) return <Json value={value} depth={2} />
  return isRaw || text.length > room ? <Text key={room} text={text} limit={room} /> : <Markdown text={text} />
}

/** Arguments and results: a tree, or the text that was recorded. */
const Data = ({
  isRaw,
  until = 0,
  value
}: {
  readonly value: unknown
  readonly isRaw: boolean
  readonly until?: number | undefined
}) => {
  const tree = useMemo(() => (isRaw ? undefined : typeof value === "string" ? jsonOf(value) : value), [value, isRaw])
  if (typeof tree === "object" && tree !== null) return <Json value={tree} depth={2} />
  const text = textOf(value)
  const room = Math.max(2_000, until + 500)
  return <Text key={room} class="text mono" text={text} limit={room} />
}

/** The text of a value as it is found and copied. */
export const textOf = (value: unknown): string =>
  typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "")

/** The first of some arguments or of a result, on one line: nothing where there are none. */
const glimpseOf = (value: unknown): string =>
  typeof value === "string" ? value.slice(0, 80) : cut(JSON.stringify(value)?.replace(/^\{\}$|^null$/, "") ?? "", 80)

const Glimpse = ({ text }: { readonly text: string }) => (
  <bdi class="glimpse">{oneLine(cut(text.slice(0, 400), 160))}</bdi>
)

const Tool = ({ at, isOpen, isRaw, traceId, turn, until, use }: PartProps & { readonly use: ToolCall }) => {
  const hasFailed = use.status === "error"
  const { costUsd, endTime, name, result, spanId, startTime, statusMessage } = use
  const message = statusMessage ?? undefined
  return (
    <Fold
      class={hasFailed ? "part tool tool-failed" : "part tool"}
      at={at}
      data-tool={name}
      isOpen={isOpen || hasFailed || until !== undefined}
    >
      <summary>
        <Badge type="tool_call" /> <bdi class="tool-name">{oneLine(cut(name, 100))}</bdi>
        <Glimpse text={`${glimpseOf(use.arguments)}${result === undefined ? "" : ` → ${glimpseOf(result)}`}`} />
        <span class="tool-facts">
          {hasFailed && <span class="bad">failed</span>}
          {use.status === "running" && <span class="running">running</span>}
          {startTime != null && endTime != null && <span>{duration(between(startTime, endTime))}</span>}
          {costUsd != null && <span title={dollars(costUsd)}>{dollarsShort(costUsd)}</span>}
        </span>
      </summary>
      <div class="tool-body">
        <div class="tool-label">
          <span>arguments</span>
          {spanId !== undefined && (
            <SpanLink traceId={traceId} spanId={spanId} turn={turn}>
              span
            </SpanLink>
          )}
        </div>
        <div data-arguments="">
          <Data value={use.arguments} isRaw={isRaw} until={until} />
        </div>
        {message !== undefined && (
          <div class="failure">
            <Text text={message} />
          </div>
        )}
        {result === undefined ? (
          <div class="quiet">{use.status === "running" ? "no result yet" : "no result recorded"}</div>
        ) : (
          <>
            <div class="tool-label">result</div>
            <div data-result="">
              <Data value={result} isRaw={isRaw} until={until} />
            </div>
          </>
        )}
      </div>
    </Fold>
  )
}

const Omitted = ({ omitted, spanId, traceId, turn }: PartProps & { readonly omitted: number }) =>
  omitted === 0 ? null : (
    <p class="quiet">
      {count(omitted)} more characters are in{" "}
      <SpanLink traceId={traceId} spanId={spanId} turn={turn}>
        the span
      </SpanLink>
      .
    </p>
  )

const isImage = /^data:image\/(?:png|jpeg|gif|webp);base64,[\w+/=]+$/

const Media = ({ media }: { readonly media: EntryPart & { readonly _tag: "Media" } }) => {
  const { mediaType, placeholder, uri } = media
  if (uri == null) return <span class="quiet">{visible(cut(placeholder ?? mediaType ?? "media", 300))}</span>
  const label = oneLine(cut(mediaType ?? "image", 100))
  if (isImage.test(uri)) return <img class="media" src={uri} alt={label} />
  // What is elsewhere is not fetched: whoever wrote its address would know of who reads.
  return (
    <span>
      <span class="quiet">{label}: </span>
      <Link to={uri}>{visible(cut(uri, 200))}</Link>
    </span>
  )
}
