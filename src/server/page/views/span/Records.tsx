/** The logs and the scores of a span. */
import type { Log, ScoreRow, Span } from "../../../internal/encoded.js"
import { ErrorNote } from "../../parts/states.js"
import { Text } from "../../parts/Text.js"
import { href } from "../../state/address.js"
import { count, decimal } from "../../state/numbers.js"
import { between, duration, instant } from "../../state/time.js"
import { cut, oneLine } from "../../state/visible.js"
import { Section } from "./Section.js"
import { useRecords } from "./useRecords.js"

export const Records = ({ span }: { readonly span: Span }) => {
  const { error, isCut, logs = [], scores = [] } = useRecords(span)
  return (
    <>
      {scores.length > 0 && (
        <Section title={`Scores ${count(scores.length)}`}>
          <ul class="scores-of">
            {scores.map((score) => (
              <OneScore key={score.scoreId} score={score} />
            ))}
          </ul>
        </Section>
      )}
      {logs.length > 0 && (
        <Section
          title={`Logs ${count(logs.length)}`}
          aside={<a href={href({ view: "logs", filters: [["traceId", span.traceId]] })}>All of the trace</a>}
        >
          {logs.slice(0, 200).map((log) => (
            <OneLog key={log.logId} log={log} span={span} />
          ))}
          {(isCut === true || logs.length > 200) && <p class="quiet">There may be more.</p>}
        </Section>
      )}
      {error !== undefined && <ErrorNote error={error} />}
    </>
  )
}

const OneLog = ({ log: { cause, level, message, timestamp }, span }: { readonly log: Log; readonly span: Span }) => (
  <div class="log-of">
    <time title={instant(timestamp)}>+{duration(between(span.startTime, timestamp))}</time>
    <span class={level === "error" || level === "fatal" ? "bad" : level === "warn" ? "warn" : "quiet"}>{level}</span>
    <div>
      <Text text={typeof message === "string" ? message : JSON.stringify(message)} limit={500} />
      {cause !== undefined && (
        <details class="folded">
          <summary>cause</summary>
          <pre class="stack" tabIndex={0}>
            <Text text={cause} />
          </pre>
        </details>
      )}
    </div>
  </div>
)

const OneScore = ({ score }: { readonly score: ScoreRow }) => {
  const { authorId, comment, label, name, source, value } = score
  const said = label ?? (value === undefined ? "" : decimal(value))
  return (
    <li>
      <bdi class="score-name">{oneLine(cut(name, 120))}</bdi>
      <strong>
        <bdi>{oneLine(cut(said, 120))}</bdi>
      </strong>
      <span class="quiet">
        {source}
        {authorId !== undefined && <bdi> {oneLine(cut(authorId, 80))}</bdi>}
      </span>
      {comment !== undefined && <Text text={comment} limit={500} />}
    </li>
  )
}
