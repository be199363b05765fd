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
  const cut = line.length > length || text.length > 4 * length ? `${line.slice(0, length - 1).trimEnd()}…` : line
  return cut.replace(unprintable, (character) => {
    const code = character.charCodeAt(0)
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : "\ufffd"
  })
}

const unprintable =
  /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

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
