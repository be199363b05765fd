/** Two sessions, turn by turn: turns that ask nearly the same stand side by side. */
import { useMemo } from "preact/hooks"
import type { Session } from "../../../internal/encoded.js"
import { Empty, ErrorNote, Loading } from "../../parts/states.js"
import { href, navigate, type RouteOf } from "../../state/address.js"
import { useKeys } from "../../state/keys.js"
import { useAnswer } from "../../state/live.js"
import { count, dollars, some } from "../../state/numbers.js"
import { between, duration, nanos } from "../../state/time.js"
import { cut, oneLine, visible } from "../../state/visible.js"
import { align } from "./align.js"
import { diff, type Segment } from "./diff.js"
import { Delta, type Sum, Sums } from "./Sums.js"
import { type Said, saidOf, toolsChanged } from "./said.js"
import { mostTurns, useTurns } from "./useTurns.js"

interface Props {
  readonly route: RouteOf<"compare">
  readonly a: string
  readonly b: string
}

/** Characters of a text that are shown and compared. */
const mostText = 12_000

export const SessionsCompared = ({ a, b, route }: Props) => {
  const sessionA = useAnswer("getSession", { sessionId: a })
  const sessionB = useAnswer("getSession", { sessionId: b })
  const turnsA = useTurns(a)
  const turnsB = useTurns(b)
  const rows = useMemo(() => {
    const [left, right] = [turnsA.turns.map(saidOf), turnsB.turns.map(saidOf)]
    const pairs = align(
      left.map(({ asked }) => asked),
      right.map(({ asked }) => asked)
    )
    return pairs.map(([i, j]) => ({
      a: i === undefined ? undefined : left[i],
      b: j === undefined ? undefined : right[j]
    }))
  }, [turnsA.turns, turnsB.turns])
  const isWhole = turnsA.isWhole && turnsB.isWhole
  useRowKeys(route, rows.map(isChanged))

  const error = sessionA.error ?? sessionB.error ?? turnsA.error ?? turnsB.error
  const missing = [a, b].filter((_, i) => (i === 0 ? sessionA : sessionB).answer === null)
  if (missing.length > 0) {
    return (
      <Empty title="There is no such session">
        <p class="mono">{missing.map(oneLine).join(", ")}</p>
      </Empty>
    )
  }
  return (
    <div class="compared">
      {error !== undefined && (
        <ErrorNote
          error={error}
          again={() => {
            for (const asked of [sessionA, sessionB, turnsA, turnsB]) asked.again()
          }}
        />
      )}
      {sessionA.answer && sessionB.answer && <SessionSums a={sessionA.answer} b={sessionB.answer} />}
      {(turnsA.isCut || turnsB.isCut) && (
        <p class="note">A session has more turns: the first {count(mostTurns)} are compared.</p>
      )}
      {!isWhole ? (
        error === undefined && <Loading label="Turns are loading" />
      ) : rows.length === 0 ? (
        <Empty title="Neither session has a turn" />
      ) : (
        <ol class="pairs" aria-label="Turns">
          {rows.map((row, i) => (
            <Row key={i} {...row} isAt={route.at === String(i)} />
          ))}
        </ol>
      )}
    </div>
  )
}

const isChanged = ({ a, b }: { readonly a: Said | undefined; readonly b: Said | undefined }): boolean =>
  a === undefined || b === undefined || a.answered !== b.answered || toolsChanged(a, b).length > 0

/** Keys that go from turn to turn, and to the next one that differs. */
const useRowKeys = (route: RouteOf<"compare">, changed: ReadonlyArray<boolean>) => {
  const at = route.at === undefined ? -1 : Number(route.at)
  const move = (index: number) => {
    if (index < 0 || index >= changed.length) return false
    navigate({ ...route, at: String(index) }, { replace: true })
    const row = document.querySelectorAll<HTMLElement>(".pair")[index]
    row?.scrollIntoView({ block: "nearest" })
    row?.focus({ preventScroll: true })
    return true
  }
  useKeys("Turns", [
    { keys: "j", label: "next turn", run: () => move(at + 1) },
    { keys: "k", label: "previous turn", run: () => move(Math.max(0, at - 1)) },
    { keys: "n", label: "next turn that differs", run: () => move(changed.findIndex((is, i) => is && i > at)) },
    { keys: "N", label: "the one before that differs", run: () => move(changed.findLastIndex((is, i) => is && i < at)) }
  ])
}

const SessionSums = ({ a, b }: { readonly a: Session; readonly b: Session }) => {
  const of = (label: string, value: (session: Session) => number, say: Sum["say"] = count, isBad = false): Sum => ({
    label,
    a: value(a),
    b: value(b),
    say,
    isBad
  })
  const scores = Array.from(new Set([...Object.keys(a.scores ?? {}), ...Object.keys(b.scores ?? {})])).slice(0, 8)
  return (
    <Sums
      view="session"
      ids={[a.sessionId, b.sessionId]}
      sums={[
        of("Turns", ({ turns }) => turns ?? 0),
        of("Spans", ({ spans }) => spans),
        of("Errors", ({ errors }) => errors, count, true),
        of("Input", ({ inputTokens }) => inputTokens),
        of("Output", ({ outputTokens }) => outputTokens),
        of("Cost", ({ costUsd }) => costUsd, dollars),
        of("Duration", ({ firstActivity, lastActivity }) => Number(between(firstActivity, lastActivity)), nanos),
        ...scores.map(
          (name): Sum => ({
            label: oneLine(name),
            a: a.scores?.[name]?.mean,
            b: b.scores?.[name]?.mean,
            say: (value) => String(Number(value.toFixed(3)))
          })
        )
      ]}
    >
      <dl class="sets">
        <NameSet label="Models" a={a.models ?? []} b={b.models ?? []} />
        <NameSet label="Agents" a={a.agents ?? []} b={b.agents ?? []} />
        <NameSet label="Users" a={a.users} b={b.users} />
      </dl>
    </Sums>
  )
}

/** Names of both, marked where only one side has them. */
const NameSet = ({
  a,
  b,
  label
}: {
  readonly label: string
  readonly a: ReadonlyArray<string>
  readonly b: ReadonlyArray<string>
}) => {
  const only = (names: ReadonlyArray<string>, others: ReadonlyArray<string>) =>
    names.filter((name) => !others.includes(name))
  const both = a.filter((name) => b.includes(name))
  if (a.length + b.length === 0) return null
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        {both.map((name) => (
          <bdi key={name}>{oneLine(name)}</bdi>
        ))}
        {only(a, b).map((name) => (
          <del key={name}>{oneLine(name)}</del>
        ))}
        {only(b, a).map((name) => (
          <ins key={name}>{oneLine(name)}</ins>
        ))}
      </dd>
    </div>
  )
}

const Row = ({
  a,
  b,
  isAt
}: {
  readonly a: Said | undefined
  readonly b: Said | undefined
  readonly isAt: boolean
}) => {
  const [one, other] = [a?.answered.slice(0, mostText), b?.answered.slice(0, mostText)]
  const segments = useMemo(
    () => (one === undefined || other === undefined ? undefined : diff(visible(one), visible(other))),
    [one, other]
  )
  return (
    <li class="pair" tabIndex={-1} {...(isAt ? { "aria-current": "true" } : {})}>
      <header class="pair-head">
        <h2>{a !== undefined && b !== undefined ? sameNumber(a, b) : `Turn ${(a ?? b)?.turn.number}`}</h2>
        {a !== undefined && b !== undefined ? (
          <Changes a={a} b={b} segments={segments ?? []} />
        ) : (
          <span class="quiet">only in {a === undefined ? "B" : "A"}</span>
        )}
      </header>
      <Side said={a} side="a" other={b} segments={segments} />
      <Side said={b} side="b" other={a} segments={segments} />
    </li>
  )
}

const sameNumber = (a: Said, b: Said): string =>
  a.turn.number === b.turn.number ? `Turn ${a.turn.number}` : `Turn ${a.turn.number} of A, ${b.turn.number} of B`

const Changes = ({
  a,
  b,
  segments
}: {
  readonly a: Said
  readonly b: Said
  readonly segments: ReadonlyArray<Segment>
}) => {
  const changed = toolsChanged(a, b)
  const errors: Sum = {
    label: "errors",
    a: a.turn.errors.length,
    b: b.turn.errors.length,
    say: (value) => some(value, "error"),
    isBad: true
  }
  return (
    <ul class="changes">
      <li>{segments.every((segment) => segment.in === "both") ? "same answer" : "another answer"}</li>
      {changed.length === 0 ? (
        <li>same tools</li>
      ) : (
        changed.slice(0, 6).map(([name, more]) => (
          <li key={name}>
            {more > 0 ? (
              <ins>
                +{more > 1 ? `${more} ` : ""}
                {oneLine(cut(name, 60))}
              </ins>
            ) : (
              <del>
                −{more < -1 ? `${-more} ` : ""}
                {oneLine(cut(name, 60))}
              </del>
            )}
          </li>
        ))
      )}
      {errors.a !== errors.b && (
        <li>
          <Delta {...errors} />
        </li>
      )}
      <li>
        <Delta label="tokens" a={a.tokens} b={b.tokens} say={(value) => some(value, "token")} />
      </li>
      <li>
        <Delta label="cost" a={a.costUsd ?? 0} b={b.costUsd ?? 0} say={dollars} />
      </li>
      <li>
        <Delta label="time" a={numberOf(a.lasts)} b={numberOf(b.lasts)} say={nanos} />
      </li>
    </ul>
  )
}

const numberOf = (value: bigint | undefined): number | undefined => (value === undefined ? undefined : Number(value))

const Side = ({
  other,
  said,
  segments,
  side
}: {
  readonly said: Said | undefined
  readonly other: Said | undefined
  readonly side: "a" | "b"
  readonly segments: ReadonlyArray<Segment> | undefined
}) => {
  if (said === undefined) return <div class={`pair-side pair-none side-${side}`} />
  const { answered, asked, costUsd, lasts, tokens, tools, turn } = said
  const left = new Map<string, number>()
  for (const { name } of other?.tools ?? []) left.set(name, (left.get(name) ?? 0) + 1)
  return (
    <div class={`pair-side side-${side}`}>
      <p class="pair-facts">
        <span class="side-letter">{side.toUpperCase()}</span>
        <a href={href({ view: "trace", id: turn.span.traceId, span: turn.span.spanId })}>turn {turn.number}</a>
        <span>{some(tokens, "token")}</span>
        <span>{costUsd === undefined ? "no cost" : dollars(costUsd)}</span>
        <span>{lasts === undefined ? "running" : duration(lasts)}</span>
        {turn.errors.length > 0 && <span class="bad">{some(turn.errors.length, "error")}</span>}
      </p>
      {asked !== "" && (
        <p class="pair-asked text" dir="auto">
          {visible(cut(asked, 1_000))}
        </p>
      )}
      {tools.length > 0 && (
        <ul class="pair-tools">
          {tools.slice(0, 40).map(({ isFailed, name }, i) => {
            const shared = left.get(name) ?? 0
            left.set(name, shared - 1)
            const said = `${oneLine(cut(name, 80))}${isFailed ? " ✗" : ""}`
            return (
              <li key={i} class={isFailed ? "bad" : undefined}>
                {other === undefined || shared > 0 ? said : side === "a" ? <del>{said}</del> : <ins>{said}</ins>}
              </li>
            )
          })}
          {tools.length > 40 && <li>{count(tools.length - 40)} more</li>}
        </ul>
      )}
      {answered === "" ? (
        <p class="none">no answer recorded</p>
      ) : (
        <div class="pair-answer text" dir="auto">
          {segments === undefined ? visible(cut(answered, mostText)) : <Marked segments={segments} side={side} />}
          {answered.length > mostText && "…"}
        </div>
      )}
    </div>
  )
}

const Marked = ({ segments, side }: { readonly segments: ReadonlyArray<Segment>; readonly side: "a" | "b" }) => (
  <>
    {segments.map(({ in: where, text }, i) =>
      where === "both"
        ? text
        : where === "first"
          ? side === "a" && <del key={i}>{text}</del>
          : side === "b" && <ins key={i}>{text}</ins>
    )}
  </>
)
