/** Numbers as they are shown: all their digits, or an abbreviation that says that it is one. */

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 20 })
const billionths = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 9 })

/** With all digits, by thousands: `"1,234,567"`. */
export const count = (value: number | bigint): string => grouped.format(value)

const suffixes = [
  ["B", 1e9],
  ["M", 1e6],
  ["k", 1e3]
] as const

/** Three digits of a large number: `"999"`, `"12.3k"`, `"4.56M"`. The whole of it belongs into a title. */
export const short = (value: number): string => {
  const found = suffixes.find(([, size]) => Math.abs(value) >= size * 0.9995)
  if (found === undefined || Math.abs(value) < 1000) return count(value)
  const scaled = value / found[1]
  return `${scaled.toFixed(Math.abs(scaled) >= 99.95 ? 0 : Math.abs(scaled) >= 9.995 ? 1 : 2)}${found[0]}`
}

/**
 * US dollars, to a billionth as they are kept: at least two decimals, and as many more as there are: `"$0.00"`, `"$12.30"`,
 * `"$0.000021"`.
 */
export const dollars = (value: number): string => `${value < 0 ? "−" : ""}$${billionths.format(Math.abs(value))}`

/** US dollars with about three digits, for a column: `"$12.30"`, `"$0.0042"`, `"< $0.0001"`. The whole of it belongs into a title. */
export const dollarsShort = (value: number): string => {
  const size = Math.abs(value)
  if (value === 0) return "$0"
  if (size < 0.0001) return value < 0 ? "−< $0.0001" : "< $0.0001"
  if (size >= 999.995) return `$${short(value)}`
  return `${value < 0 ? "−" : ""}$${size.toFixed(size < 0.1 ? 4 : 2)}`
}

/** A mean or a score: at most three decimals. */
export const decimal = (value: number): string => String(Number(value.toFixed(3)))

/** Bytes: `"1.2 kB"`. */
export const bytes = (value: number): string =>
  value < 1000 ? `${value} B` : `${short(value).replace(/[kMB]$/, " $&")}B`.replace(" BB", " GB")

/** `"1 turn"`, `"2 turns"`. */
export const some = (value: number, noun: string): string => `${count(value)} ${noun}${value === 1 ? "" : "s"}`
