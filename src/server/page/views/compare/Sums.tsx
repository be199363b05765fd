/** Numbers of both sides, and how much the second has more. */
import type { ComponentChildren } from "preact"
import { href } from "../../state/address.js"
import { oneLine } from "../../state/visible.js"

export interface Sum {
  readonly label: string
  readonly a: number | undefined
  readonly b: number | undefined
  readonly say: (value: number) => string
  /** More of it is worse. */
  readonly isBad?: boolean
}

export const Sums = ({
  children,
  ids,
  sums,
  view
}: {
  readonly sums: ReadonlyArray<Sum>
  readonly view: "session" | "trace"
  readonly ids: readonly [a: string, b: string]
  readonly children?: ComponentChildren
}) => (
  <div class="sums" tabIndex={0} role="region" aria-label="Sums">
    <table>
      <thead>
        <tr>
          <td />
          {sums.map(({ label }) => (
            <th key={label} scope="col">
              {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {(["a", "b"] as const).map((side, i) => (
          <tr key={side} class={`side-${side}`}>
            <th scope="row">
              <span class="side-name">
                <span class="side-letter">{side.toUpperCase()}</span>
                <a href={href({ view, id: ids[i] })} class="mono">
                  <bdi>{oneLine(ids[i] as string)}</bdi>
                </a>
              </span>
            </th>
            {sums.map(({ label, say, ...values }) => {
              const { [side]: value } = values
              return <td key={label}>{value === undefined ? "–" : say(value)}</td>
            })}
          </tr>
        ))}
        <tr>
          <th scope="row" class="quiet">
            B − A
          </th>
          {sums.map((sum) => (
            <td key={sum.label}>
              <Delta {...sum} />
            </td>
          ))}
        </tr>
      </tbody>
    </table>
    {children}
  </div>
)

export const Delta = ({ a, b, isBad = false, say }: Sum) => {
  if (a === undefined || b === undefined) return <span class="none">–</span>
  const more = b - a
  if (more === 0) return <span class="none">=</span>
  const name = isBad ? (more > 0 ? "worse" : "better") : undefined
  return (
    <span class={name}>
      {more > 0 ? "+" : "−"}
      {say(Math.abs(more))}
    </span>
  )
}
