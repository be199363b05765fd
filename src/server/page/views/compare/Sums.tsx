/** Numbers of both sides, and how much the second has more. */
import type { ComponentChildren } from "preact"

export interface Sum {
  readonly label: string
  readonly a: number | undefined
  readonly b: number | undefined
  readonly say: (value: number) => string
  /** More of it is worse. */
  readonly isBad?: boolean
}

export const Sums = ({
  a,
  b,
  children,
  sums
}: {
  readonly sums: ReadonlyArray<Sum>
  readonly a: ComponentChildren
  readonly b: ComponentChildren
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
        <tr class="side-a">
          <th scope="row">{a}</th>
          {sums.map(({ a, label, say }) => (
            <td key={label}>{a === undefined ? "–" : say(a)}</td>
          ))}
        </tr>
        <tr class="side-b">
          <th scope="row">{b}</th>
          {sums.map(({ b, label, say }) => (
            <td key={label}>{b === undefined ? "–" : say(b)}</td>
          ))}
        </tr>
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
