/**
 * Texts of strangers, with each character visible that could hide something: controls, changes of direction, characters
 * without a width or a shape, halves of surrogate pairs.
 */

/** Characters that are shown by their number. Joiners and the shapes of emoji stay: words of many languages need them. */
const hidden =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufff9-\ufffb\p{Cs}]|(?!\p{Join_Control}|\p{Variation_Selector})\p{Default_Ignorable_Code_Point}|[\u{e0100}-\u{e01ef}]/gu

/** `"\u202e"` as `"⟨U+202E⟩"`; a tab and the end of a line stay as they are. */
export const visible = (text: string): string =>
  text.replace(/\r\n/g, "\n").replace(hidden, (found) => {
    const code = found.codePointAt(0) as number
    // Pictures of controls: ␀ to ␟, and ␡.
    if (code < 0x20) return String.fromCodePoint(0x2400 + code)
    if (code === 0x7f) return "\u2421"
    return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`
  })

/** On one line: for cells, chips and titles. */
export const oneLine = (text: string): string => visible(text.replace(/\s+/g, " ").trim())

/** The first so many characters of a text, with an ellipsis where there are more: no pair of surrogates is cut apart. */
export const cut = (text: string, length: number): string => {
  if (text.length <= length) return text
  const end = /[\ud800-\udbff]/.test(text.charAt(length - 1)) ? length - 1 : length
  return `${text.slice(0, end)}…`
}
