/** What users, people and models thought of a session, and a form to say what one thinks oneself. */
import { useEffect, useRef, useState } from "preact/hooks"
import type { PostedScore, ScoreRow } from "../../../internal/encoded.js"
import { Empty, ErrorNote, Loading } from "../../parts/states.js"
import { Text } from "../../parts/Text.js"
import { When } from "../../parts/When.js"
import { href } from "../../state/address.js"
import { AskError, ask, stats } from "../../state/client.js"
import { useAnswer } from "../../state/live.js"
import { count } from "../../state/numbers.js"
import { cut, oneLine } from "../../state/visible.js"
import { scoreOf } from "./TurnView.js"
import type { TabProps, Told } from "./told.js"

export const Scores = ({ route, told }: TabProps) => {
  const { sessionId } = told
  const { again, answer, error } = useAnswer(
    "listScores",
    { filters: { sessionId }, pagination: { limit: 200 } },
    { live: true }
  )
  return (
    <div class="session-list" role="region" aria-label="Scores" tabIndex={0}>
      <Form
        told={told}
        turn={route.turn}
        added={() => {
          again()
          void told.refresh().catch(() => {})
        }}
      />
      {error !== undefined && <ErrorNote error={error} again={again} />}
      {answer === undefined ? (
        error === undefined && <Loading label="Scores are loading" lines={4} />
      ) : answer.items.length === 0 ? (
        <Empty title="Nobody has scored the session yet" />
      ) : (
        <ul class="score-list">
          {answer.items.map((score) => (
            <Row key={score.scoreId} score={score} told={told} />
          ))}
        </ul>
      )}
      {answer?.nextCursor !== undefined && <p class="quiet">These are the last {count(answer.items.length)}.</p>}
    </div>
  )
}

const Row = ({ score, told }: { readonly score: ScoreRow; readonly told: Told }) => {
  const { authorId, comment, correction, name, scorer, source, spanId, time, traceId } = score
  const turn =
    traceId === undefined
      ? undefined
      : Array.from(told.turns.value.values()).find(
          ({ turn: { span } }) => span.traceId === traceId && (spanId === undefined || span.spanId === spanId)
        )?.turn.number
  const by = authorId ?? (scorer === undefined ? undefined : [scorer.name, scorer.version].filter(Boolean).join(" "))
  return (
    <li class="score" data-score={name}>
      <bdi class="score-name">{oneLine(cut(name, 100))}</bdi>
      <strong>{scoreOf(score)}</strong>
      <span class="quiet">
        {source}
        {by !== undefined && (
          <>
            {" "}
            <bdi>{oneLine(cut(by, 100))}</bdi>
          </>
        )}
      </span>
      <span>
        {turn !== undefined ? (
          <a href={href({ view: "session", id: told.sessionId, turn })}>turn {count(turn)}</a>
        ) : traceId !== undefined ? (
          <a href={href({ view: "trace", id: traceId, span: spanId })}>{spanId === undefined ? "trace" : "span"}</a>
        ) : (
          <span class="quiet">session</span>
        )}
      </span>
      <When at={time} />
      {comment !== undefined && (
        <div class="score-comment">
          <Text text={comment} />
        </div>
      )}
      {correction !== undefined && (
        <div class="score-comment">
          <span class="quiet">should be: </span>
          <Text text={correction} />
        </div>
      )}
    </li>
  )
}

type Kind = "thumbs" | "number" | "label"

const Form = ({
  added,
  told,
  turn
}: {
  readonly told: Told
  readonly turn: number | undefined
  readonly added: () => void
}) => {
  const [kind, setKind] = useState<Kind>("thumbs")
  const [said, say] = useState<string | AskError | undefined>(undefined)
  const [isSending, send] = useState(false)
  const sending = useRef(false)
  const [isReadOnly, setReadOnly] = useState(false)
  useEffect(() => {
    stats()
      .then(({ readOnly }) => setReadOnly(readOnly))
      .catch(() => {})
  }, [])
  const summary = told.summary.value
  const { count: turns } = told
  if (isReadOnly) {
    return <p class="note">This server changes nothing: scores are added where it is not read-only.</p>
  }
  const submit = async (form: HTMLFormElement) => {
    // A second press may come before the first is drawn.
    if (sending.current) return
    sending.current = true
    const fields = new FormData(form)
    send(true)
    say(undefined)
    try {
      await ask("insertScores", { records: [await scoreFrom(fields, kind, told, summary?.users)] })
      say("Added.")
      form.reset()
      added()
    } catch (error) {
      say(error instanceof AskError ? error : "It could not be sent.")
    } finally {
      sending.current = false
      send(false)
    }
  }
  return (
    <form
      class="score-form"
      aria-label="Add a score"
      onSubmit={(event) => {
        event.preventDefault()
        void submit(event.currentTarget)
      }}
    >
      <label>
        About
        {/* It is there before its turn is. */}
        <select key={String(turns >= (turn ?? 0))} name="about" defaultValue={turn === undefined ? "" : String(turn)}>
          <option value="">the session</option>
          {Array.from({ length: Math.min(turns, mostTurns) }, (_, i) => (
            <option key={i} value={i + 1}>
              turn {count(i + 1)}
            </option>
          ))}
        </select>
      </label>
      <label>
        Name
        <input name="name" required maxLength={200} list="score-names" defaultValue="thumbs" autocomplete="off" />
      </label>
      <datalist id="score-names">
        {["thumbs", "helpfulness", "correctness", "tone", ...Object.keys(summary?.scores ?? {})].map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <label>
        Kind
        <select name="kind" value={kind} onChange={(event) => setKind(event.currentTarget.value as Kind)}>
          <option value="thumbs">thumbs</option>
          <option value="number">number</option>
          <option value="label">label</option>
        </select>
      </label>
      {kind === "thumbs" ? (
        <fieldset>
          <legend>Value</legend>
          <label>
            <input type="radio" name="value" value="1" required /> good
          </label>
          <label>
            <input type="radio" name="value" value="0" /> bad
          </label>
        </fieldset>
      ) : (
        <label key={kind}>
          {kind === "number" ? "Value" : "Label"}
          <input
            name="value"
            // The types of Preact have no input that is either.
            type={(kind === "number" ? kind : "text") as "number"}
            step="any"
            required
            maxLength={200}
            autocomplete="off"
          />
        </label>
      )}
      <label class="score-form-comment">
        Comment
        <textarea name="comment" rows={2} maxLength={10_000} />
      </label>
      <button type="submit" disabled={isSending}>
        Add
      </button>
      <span role="status">
        {typeof said === "string" ? said : said !== undefined && <span class="bad">{oneLine(said.detail)}</span>}
      </span>
    </form>
  )
}

/** Turns that a form offers. */
const mostTurns = 2_000

const textOf = (fields: FormData, name: string): string => String(fields.get(name) ?? "").trim()

const scoreFrom = async (
  fields: FormData,
  kind: Kind,
  told: Told,
  users: ReadonlyArray<string> = []
): Promise<PostedScore> => {
  const number = Number(textOf(fields, "about"))
  const value = textOf(fields, "value")
  const comment = textOf(fields, "comment")
  const [userId] = users
  return {
    name: textOf(fields, "name"),
    source: "human",
    sessionId: told.sessionId as PostedScore["sessionId"],
    ...(number > 0 && (await aboutTurn(told, number))),
    ...(users.length === 1 && { userId }),
    ...(kind === "thumbs" ? { value: value === "1" } : kind === "number" ? { value: Number(value) } : { label: value }),
    ...(comment !== "" && { comment })
  } as PostedScore
}

/** The span that is the turn: one that is not read yet is asked for. */
const aboutTurn = async (told: Told, number: number) => {
  const known = told.turns.peek().get(number)?.turn
  const { sessionId } = told
  const found = async () => {
    const { items } = await ask("sessionTranscript", { sessionId, fromTurn: number, turns: 1 })
    return items.find((item) => item._tag === "Turn")
  }
  const span = (known ?? (await found()))?.span
  return span && { traceId: span.traceId, spanId: span.spanId }
}
