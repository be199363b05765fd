/** All of a span: what it is and came to, what was said, what failed, and what hangs on it. */
import { useMemo } from "preact/hooks"
import type { Content } from "../../../../signal/internal/messages.js"
import type { Span } from "../../../internal/encoded.js"
import { Badge, signOf } from "../../parts/Badge.js"
import { Copy } from "../../parts/Copy.js"
import { Json } from "../../parts/Json.js"
import { ErrorNote, Loading } from "../../parts/states.js"
import { Text } from "../../parts/Text.js"
import { href, type Route } from "../../state/address.js"
import { type Asking, now } from "../../state/live.js"
import { count, dollars, dollarsShort } from "../../state/numbers.js"
import { between, clockOf, duration, instant } from "../../state/time.js"
import { cut, oneLine, visible } from "../../state/visible.js"
import { asJson, asMarkdown, asPrompt } from "./copy.js"
import { type Failure, failuresOf } from "./failures.js"
import { Messages } from "./Messages.js"
import { Records } from "./Records.js"
import { Section } from "./Section.js"

interface Props {
  readonly span: Span
  readonly content: Asking<Content | null>
  readonly isRaw: boolean
  readonly toOther: Route
}

export const SpanBody = ({ content: { again, answer, error, isCurrent }, isRaw, span, toOther }: Props) => {
  const content = isCurrent && error === undefined ? answer : undefined
  const failures = useMemo(() => failuresOf(span), [span])
  const events = span.events.filter(({ name }) => name !== "exception")
  return (
    <div class="span-body">
      <Facts span={span} />
      <Copies span={span} content={content ?? undefined} />
      {(span.statusMessage !== undefined || (span.status === "error" && failures.length === 0)) && (
        <div class="note note-bad span-error">
          <strong>
            <bdi>{oneLine(cut(span.errorType ?? "failed", 200))}</bdi>
          </strong>
          {span.statusMessage !== undefined && <Text text={span.statusMessage} />}
        </div>
      )}
      {error !== undefined ? (
        <ErrorNote error={error} again={again} />
      ) : content === undefined ? (
        <Loading label="What it says is loading" lines={4} />
      ) : (
        content !== null && <Messages content={content} isRaw={isRaw} toOther={toOther} />
      )}
      {failures.length > 0 && (
        <Section title={failures.length === 1 ? "Exception" : `Exceptions ${count(failures.length)}`}>
          {failures.slice(0, 50).map((failure, i) => (
            <Failed key={i} failure={failure} />
          ))}
        </Section>
      )}
      <Section title="Attributes">
        {Object.keys(span.attributes).length === 0 ? <p class="quiet">none</p> : <Entries of={span.attributes} />}
      </Section>
      {events.length > 0 && (
        <Section title={`Events ${count(events.length)}`}>
          {events.slice(0, 200).map(({ attributes = {}, name, time }, i) => (
            <div key={i} class="event">
              <time title={instant(time)}>+{duration(between(span.startTime, time))}</time>
              <Json name={name} value={attributes} depth={0} />
            </div>
          ))}
          {events.length > 200 && <p class="quiet">{count(events.length - 200)} more: copy the span as JSON.</p>}
        </Section>
      )}
      {span.links.length > 0 && <Links span={span} />}
      <Records span={span} />
      <Place span={span} />
    </div>
  )
}

/** The entries of an object, each of which stands for itself. */
const Entries = ({ of }: { readonly of: { readonly [name: string]: unknown } }) => <Json value={of} depth={1} />

const Facts = ({ span }: { readonly span: Span }) => {
  const { costUsd, endTime, inputTokens, outputTokens, startTime, status } = span
  const length =
    endTime === undefined ? BigInt(now.value) * 1_000_000n - BigInt(startTime) : between(startTime, endTime)
  const tokens: ReadonlyArray<readonly [string, number | undefined]> = [
    ["cached", span.cachedInputTokens],
    ["into the cache", span.cacheWriteTokens],
    ["reasoning", span.reasoningTokens]
  ]
  const parts = tokens.flatMap(([name, value]) => (value === undefined ? [] : `${count(value)} ${name}`))
  return (
    <dl class="span-facts">
      <Fact name="Status">
        <span class={status === "error" ? "bad" : status === "running" ? "running" : ""}>{status}</span>
      </Fact>
      <Fact name="Duration">
        <span title={`${count(length)} ns`}>{duration(length)}</span>
      </Fact>
      <Fact name="Started">
        <span title={instant(startTime)}>{clockOf(startTime)}</span>
      </Fact>
      {(inputTokens !== undefined || outputTokens !== undefined) && (
        <Fact name="Tokens">
          {count(inputTokens ?? 0)} in, {count(outputTokens ?? 0)} out
          {parts.length > 0 && <span class="quiet"> ({parts.join(", ")})</span>}
        </Fact>
      )}
      {costUsd !== undefined && (
        <Fact name="Cost">
          <span title={dollars(costUsd)}>{dollarsShort(costUsd)}</span>
          {span.costSource !== undefined && <span class="quiet"> {costSources[span.costSource]}</span>}
        </Fact>
      )}
      {span.timeToFirstToken !== undefined && <Fact name="First token">{duration(BigInt(span.timeToFirstToken))}</Fact>}
      <Named name="Model" value={span.model} />
      {span.requestModel !== span.model && <Named name="Asked for" value={span.requestModel} />}
      <Named name="Provider" value={span.provider} />
      <Named name="Tool" value={span.toolName} />
      <Named name="Agent" value={span.agentName} />
      {span.kind !== "internal" && <Named name="Kind" value={span.kind} />}
    </dl>
  )
}

const costSources = { provider: "as the provider says", table: "by a table of prices", custom: "as the program says" }

const Fact = ({ children, name }: { readonly name: string; readonly children: preact.ComponentChildren }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
)

const Named = ({ name, value }: { readonly name: string; readonly value: string | undefined }) =>
  value === undefined ? null : (
    <Fact name={name}>
      <bdi>{oneLine(cut(value, 200))}</bdi>
    </Fact>
  )

const Copies = ({ content, span }: { readonly span: Span; readonly content: Content | undefined }) => (
  <div class="copies">
    <Copy label="Copy as JSON" text={() => asJson(span)} />
    {content !== undefined && <Copy label="as Markdown" text={() => asMarkdown(span, content)} />}
    {content !== undefined && <Copy label="for a model" text={() => asPrompt(span, content)} />}
  </div>
)

/** Frames of a stack that are shown before somebody asks for more. */
const frames = 12

const Failed = ({ failure: { chain, message, type } }: { readonly failure: Failure }) => (
  <div class="failure">
    <p class="bad">
      <bdi>{oneLine(cut(type ?? "exception", 200))}</bdi>
    </p>
    <Text text={message} />
    {chain.map(({ frames: lines, head }, i) => (
      <details key={i} class="folded" open={i === 0 && lines.length <= frames}>
        <summary>
          {i === 0 ? "stack" : "caused by "}
          {i > 0 && <bdi>{oneLine(cut(head, 300))}</bdi>}
        </summary>
        <pre class="stack" tabIndex={0}>
          {visible(lines.slice(0, 200).join("\n"))}
          {lines.length > 200 && `\n… ${count(lines.length - 200)} more`}
        </pre>
      </details>
    ))}
  </div>
)

const Links = ({ span: { links } }: { readonly span: Span }) => (
  <Section title={`Links ${count(links.length)}`}>
    <ul class="links">
      {links.slice(0, 200).map(({ attributes = {}, spanId, traceId }, i) => (
        <li key={i}>
          <a class="mono" href={href({ view: "trace", id: traceId, span: spanId })}>
            {oneLine(traceId)} / {oneLine(spanId)}
          </a>
          {Object.keys(attributes).length > 0 && <Json value={attributes} depth={0} />}
        </li>
      ))}
    </ul>
  </Section>
)

/** Where a span stands: what it belongs to, and by what it is found. */
const Place = ({ span }: { readonly span: Span }) => {
  const { metadata = {}, parentSpanId, resource, sessionId, spanId, tags, traceId } = span
  return (
    <Section title="Place">
      <dl class="span-place">
        {sessionId !== undefined && (
          <Fact name="Session">
            <a href={href({ view: "session", id: sessionId })}>
              <bdi>{oneLine(cut(sessionId, 300))}</bdi>
            </a>
          </Fact>
        )}
        <Fact name="Trace">
          <a class="mono" href={href({ view: "trace", id: traceId, span: spanId })}>
            {traceId}
          </a>
        </Fact>
        {parentSpanId !== undefined && (
          <Fact name="Parent">
            <a class="mono" href={href({ view: "trace", id: traceId, span: parentSpanId })}>
              {parentSpanId}
            </a>
          </Fact>
        )}
        <Fact name="Span">
          <a class="mono" href={href({ view: "span", trace: traceId, id: spanId })}>
            {spanId}
          </a>
        </Fact>
        <Fact name="Type">
          <Badge type={span.spanType} /> {signOf(span.spanType).label}
        </Fact>
        {ids.map(([name, label]) => (
          <Named key={name} name={label} value={span[name]} />
        ))}
        {tags.length > 0 && <Named name="Tags" value={tags.slice(0, 50).join(", ")} />}
      </dl>
      {Object.keys(metadata).length > 0 && <Json name="metadata" value={metadata} depth={1} />}
      {Object.keys(resource).length > 0 && <Json name="resource" value={resource} depth={0} />}
    </Section>
  )
}

const ids = [
  ["userId", "User"],
  ["threadId", "Thread"],
  ["conversationId", "Conversation"],
  ["runId", "Run"],
  ["requestId", "Request"],
  ["resourceId", "Resource"],
  ["organizationId", "Organization"],
  ["environment", "Environment"],
  ["serviceName", "Service"]
] as const
