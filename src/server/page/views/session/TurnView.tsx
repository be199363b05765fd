/** One turn of a conversation: what was said in it that was not said before, what it cost, and what failed where it did. */
import type { ComponentChildren } from "preact"
import { useMemo } from "preact/hooks"
import type { EntryPart, TurnEntry, TurnFailure } from "../../../internal/encoded.js"
import { Copy } from "../../parts/Copy.js"
import { Text } from "../../parts/Text.js"
import { shared } from "../../state/address.js"
import { count, decimal, dollars, dollarsShort, short, some } from "../../state/numbers.js"
import { between, clockOf, duration, instant } from "../../state/time.js"
import { cut, oneLine } from "../../state/visible.js"
import { Fold } from "./Fold.js"
import type { Match } from "./find.js"
import { SpanLink } from "./SpanLink.js"
import type { Aside, ToldTurn } from "./told.js"
import { Part, type Shown, textOf } from "./words.js"

interface Props extends Shown {
  readonly told: ToldTurn
  readonly isCurrent: boolean
  /** What was found in this turn and is looked at. */
  readonly match: Match | undefined
  /** Its part of what the session cost, from 0 to 1. */
  readonly share: number
}

export const TurnView = ({ isCurrent, isOpen, isRaw, match, share, told }: Props) => {
  const { number, span } = told.turn
  const { zone } = shared.value
  // Most of a session stays as it is while one reads: it is not drawn again.
  const body = useMemo(
    () => (
      <>
        <TurnHead told={told} share={share} />
        <Entries told={told} isRaw={isRaw} isOpen={isOpen} match={match} />
        <After told={told} />
      </>
    ),
    [told, isRaw, isOpen, match, share, zone]
  )
  return (
    <article
      class={span.status === "error" ? "turn turn-failed" : "turn"}
      data-turn={number}
      aria-label={`Turn ${number}`}
      aria-current={isCurrent ? "true" : undefined}
    >
      {body}
    </article>
  )
}

const TurnHead = ({ share, told: { turn } }: { readonly told: ToldTurn; readonly share: number }) => {
  const { costUsd, errors, inputTokens, modelCalls, number, outputTokens, span, toolCalls } = turn
  return (
    <header class="turn-head">
      <h2>
        <SpanLink traceId={span.traceId} spanId={span.spanId} turn={number}>
          Turn {number}
        </SpanLink>
      </h2>
      {span.agentName !== undefined && <bdi class="quiet">{oneLine(cut(span.agentName, 60))}</bdi>}
      <time class="quiet" title={instant(span.startTime)}>
        {clockOf(span.startTime).slice(0, 8)}
      </time>
      <ul class="turn-facts">
        {span.status === "running" && <li class="running">running</li>}
        {errors.length > 0 && <li class="bad">{some(errors.length, "error")}</li>}
        {modelCalls > 1 && <li>{some(modelCalls, "model call")}</li>}
        {toolCalls > 0 && <li>{some(toolCalls, "tool call")}</li>}
        {inputTokens + outputTokens > 0 && (
          <li title={`${count(inputTokens)} tokens in, ${count(outputTokens)} out`}>
            {short(inputTokens)} → {short(outputTokens)} tokens
          </li>
        )}
        {costUsd != null && (
          <li title={`${dollars(costUsd)}, ${Math.round(share * 100)} % of the session`}>
            <meter class="share" min={0} max={1} value={share} aria-label="Part of the cost of the session" />
            {dollarsShort(costUsd)}
          </li>
        )}
        {span.endTime !== undefined && <li>{duration(between(span.startTime, span.endTime))}</li>}
      </ul>
      <Copy label="Copy" text={() => asText(turn.entries, number)} />
    </header>
  )
}

/** The turn as text, for a note or another model. */
const asText = (entries: ReadonlyArray<TurnEntry>, number: number): string =>
  [
    `## Turn ${number}`,
    ...entries.map(({ parts, role }) => parts.map((part) => partAsText(part, role)).join("\n\n"))
  ].join("\n\n")

const partAsText = (part: EntryPart, role: string): string => {
  switch (part._tag) {
    case "Text":
      return `**${role}:** ${part.text}`
    case "Reasoning":
      return `**${role}, reasoning:** ${part.text}`
    case "ToolUse":
      return `**${part.name}** ${JSON.stringify(part.arguments)}\n→ ${textOf(part.result ?? "no result")}`
    case "ToolResult":
      return `→ ${textOf(part.result)}`
    case "Media":
      return `[${part.mediaType ?? "media"}]`
    case "Other":
      return textOf(part.value)
  }
}

interface EntriesProps extends Shown {
  readonly told: ToldTurn
  readonly match: Match | undefined
}

const Entries = ({ told: { turn }, ...shown }: EntriesProps) => {
  const { entries, errors, number, span } = turn
  const failures = elsewhere(entries, errors)
  const rows: Array<ComponentChildren> = []
  for (const [i, entry] of entries.entries()) {
    while (failures[0] !== undefined && BigInt(failures[0].time) < BigInt(entry.time)) {
      rows.push(<FailureRow failure={failures.shift() as TurnFailure} turn={number} traceId={span.traceId} />)
    }
    if (entry.compacted) {
      rows.push(
        <p key={`compacted ${i}`} class="compacted" data-compacted="">
          From here on the model was given another history: it was cut, or put into other words.
        </p>
      )
    }
    const isLast = entries[i + 1]?.call?.spanId !== entry.call?.spanId
    if (entry.parts.length > 0 || entry.call !== undefined) {
      rows.push(
        <EntryView
          key={i}
          {...shown}
          entry={entry}
          at={`${number}-${i}`}
          turn={number}
          traceId={span.traceId}
          isLast={isLast}
        />
      )
    }
  }
  for (const failure of failures) {
    rows.push(<FailureRow key={failure.spanId} failure={failure} turn={number} traceId={span.traceId} />)
  }
  if (rows.length === 0) {
    rows.push(
      <p key="none" class="quiet">
        {span.status === "running" ? "Nothing was said yet." : "No content is recorded."}
      </p>
    )
  }
  return <div class="entries">{rows}</div>
}

/** Failures that no call of a model and no tool that is shown tells of itself. */
const elsewhere = (entries: ReadonlyArray<TurnEntry>, errors: ReadonlyArray<TurnFailure>): Array<TurnFailure> => {
  const told = new Set(
    entries.flatMap(({ call, parts }) => [
      call?.spanId,
      ...parts.map((part) => (part._tag === "ToolUse" ? part.spanId : undefined))
    ])
  )
  return errors.filter(({ spanId }) => !told.has(spanId))
}

const FailureRow = ({
  failure: { errorType, message, name, spanId },
  traceId,
  turn
}: {
  readonly failure: TurnFailure
  readonly turn: number
  readonly traceId: string
}) => (
  <div class="failure" data-error={spanId}>
    <SpanLink traceId={traceId} spanId={spanId} turn={turn}>
      {oneLine(cut(name, 120))}
    </SpanLink>{" "}
    failed{errorType != null && `: ${oneLine(cut(errorType, 200))}`}
    {message != null && (
      <div>
        <Text text={message} />
      </div>
    )}
  </div>
)

interface EntryProps extends Shown {
  readonly entry: TurnEntry
  readonly at: string
  readonly turn: number
  readonly traceId: string
  readonly match: Match | undefined
  /** Whether its call says nothing more. */
  readonly isLast: boolean
}

const EntryView = ({ at, entry, isLast, isOpen, isRaw, match, traceId, turn }: EntryProps) => {
  const { agentName, call, name, parts, role, spanId } = entry
  const words = parts.map((part, j) => (
    <Part
      key={j}
      part={part}
      at={`${at}-${j}`}
      isRaw={isRaw}
      isOpen={isOpen}
      until={match?.at === `${at}-${j}` ? match.until : undefined}
      spanId={spanId}
      traceId={traceId}
      turn={turn}
    />
  ))
  const who = (
    <span class="who">
      {oneLine(cut(role, 40))}
      {name !== undefined && <bdi class="quiet"> {oneLine(cut(name, 60))}</bdi>}
      {agentName !== undefined && role !== "user" && <bdi class="quiet"> {oneLine(cut(agentName, 60))}</bdi>}
    </span>
  )
  const kind = kinds.has(role) ? role : "other"
  if (role === "system") {
    const isFound = match?.at.startsWith(`${at}-`) === true
    return (
      <Fold class="entry entry-system" at={at} data-role={role} isOpen={isOpen || isFound}>
        <summary>
          {who} <bdi class="glimpse">{oneLine(cut(wordsOf(entry), 160))}</bdi>
        </summary>
        {words}
      </Fold>
    )
  }
  return (
    <div class={`entry entry-${kind}`} data-role={role}>
      <div class="entry-head">
        {who}
        {call !== undefined && isLast && <CallFacts call={call} traceId={traceId} turn={turn} />}
      </div>
      {words}
      {call?.status === "error" && isLast && (
        <div class="failure" data-error={call.spanId}>
          The model failed
          {call.statusMessage != null && (
            <>
              : <Text text={call.statusMessage} />
            </>
          )}
        </div>
      )}
    </div>
  )
}

const kinds: ReadonlySet<string> = new Set(["user", "assistant", "tool"])

const wordsOf = ({ parts }: TurnEntry): string =>
  parts.map((part) => (part._tag === "Text" ? part.text.slice(0, 200) : "")).join(" ")

const CallFacts = ({
  call,
  traceId,
  turn
}: {
  readonly call: NonNullable<TurnEntry["call"]>
  readonly traceId: string
  readonly turn: number
}) => {
  const { costUsd, endTime, inputTokens, model, outputTokens, spanId, startTime, status } = call
  return (
    <SpanLink traceId={traceId} spanId={spanId} turn={turn} class="call-facts">
      {status === "running" && <span class="running">running</span>}
      <bdi>{oneLine(cut(model ?? "model", 60))}</bdi>
      {inputTokens != null && (
        <span title={`${count(inputTokens)} tokens in, ${count(outputTokens ?? 0)} out`}>
          {short(inputTokens)} → {short(outputTokens ?? 0)}
        </span>
      )}
      {costUsd != null && <span title={dollars(costUsd)}>{dollarsShort(costUsd)}</span>}
      {endTime != null && <span>{duration(between(startTime, endTime))}</span>}
    </SpanLink>
  )
}

/** What was logged that somebody should know of, and how the turn was scored. */
const After = ({ told: { after, turn } }: { readonly told: ToldTurn }) => <Asides items={after} turn={turn.number} />

export const Asides = ({ items, turn }: { readonly items: ReadonlyArray<Aside>; readonly turn: number }) => {
  const shown = items.filter((item) => item._tag === "Score" || /^(?:warn|error|fatal)$/.test(item.level))
  if (shown.length === 0) return null
  return (
    <ul class="asides">
      {shown.map((item) =>
        item._tag === "Score" ? (
          <li key={item.scoreId} class="aside-score" data-score={item.name}>
            <span class="who">{item.source}</span>
            <bdi>{oneLine(cut(item.name, 60))}</bdi>
            <strong>{scoreOf(item)}</strong>
            {item.comment !== undefined && <Text text={item.comment} limit={500} />}
          </li>
        ) : (
          <li key={item.logId} class={`aside-log level-${item.level}`}>
            <span class="who">{item.level}</span>
            {item.traceId !== undefined && item.spanId !== undefined ? (
              <SpanLink traceId={item.traceId} spanId={item.spanId} turn={turn}>
                <bdi>{oneLine(cut(item.message, 300))}</bdi>
              </SpanLink>
            ) : (
              <bdi>{oneLine(cut(item.message, 300))}</bdi>
            )}
          </li>
        )
      )}
    </ul>
  )
}

/** A score by its value or its label. */
export const scoreOf = (score: {
  readonly value?: number | undefined
  readonly label?: string | undefined
  readonly dataType: string
}): string => {
  const value =
    score.value === undefined
      ? undefined
      : score.dataType === "boolean"
        ? score.value === 1
          ? "yes"
          : "no"
        : decimal(score.value)
  return [value, score.label === undefined ? undefined : oneLine(cut(score.label, 60))]
    .filter((text) => text !== undefined)
    .join(" ")
}
