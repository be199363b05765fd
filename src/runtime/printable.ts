/** Text of strangers as it may be written to a terminal. */

/**
 * A text on one line and at most so long. Control characters, of which terminals make commands, are made visible; so are
 * those that turn the direction of a line.
 */
export const printable = (text: string, length: number): string => {
  // Looks at no more of it than may come to be shown: texts may have megabytes.
  const line = text
    .slice(0, 4 * length)
    .replace(/\s+/g, " ")
    .trim()
  return visible(line.length > length || text.length > 4 * length ? `${line.slice(0, length - 1).trimEnd()}…` : line)
}

/** A text in which nothing is left that a terminal obeys, or that shows nothing: both are made visible. */
export const visible = (text: string): string =>
  text.replace(unprintable, (character) => {
    const code = character.charCodeAt(0)
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : "\ufffd"
  })

/**
 * Control characters, lone surrogates, marks of direction, separators of lines, and what has no width and joins nothing.
 * Characters of tags stay in a flag, which begins with a black one.
 */
const unprintable =
  /[\p{Cc}\p{Cs}\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|(?<!\u{1f3f4}[\u{e0020}-\u{e007f}]*)[\u{e0000}-\u{e007f}]/gu

/** Writes text in a colour, or leaves it as it is. */
export type Paint = (color: keyof typeof codes, text: string) => string

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 } as const

export const painter =
  (colors: boolean): Paint =>
  (color, text) =>
    colors && text !== "" ? `\u001b[${codes[color]}m${text}\u001b[0m` : text

/** Whether what is printed goes to a terminal that shows colours. */
export const isTerminal = (): boolean => {
  const { process } = globalThis as { readonly process?: Partial<NodeJS.Process> }
  return process?.stdout?.isTTY === true && !process.env?.["NO_COLOR"]
}
