/** Letters that look like those of ASCII, as these. */

/** In names that somebody wrote to be taken for another, or on another keyboard. */
const alike: ReadonlyMap<string, string> = new Map(
  Object.entries({
    a: "аɑαａ",
    b: "Ьƅ",
    c: "сϲ",
    d: "ԁ",
    e: "еєҽε",
    g: "ɡ",
    h: "һ",
    i: "іıιї",
    j: "јϳ",
    k: "кκ",
    l: "ӏⅼ",
    m: "м",
    n: "пո",
    o: "оοօσ",
    p: "рρ",
    q: "ԛ",
    r: "гᴦ",
    s: "ѕꜱ",
    t: "тτ",
    u: "υսц",
    v: "ѵν",
    w: "ԝшѡω",
    x: "хχ",
    y: "уүγ",
    z: "ᴢ",
    A: "АΑ",
    B: "ВΒ",
    C: "СϹ",
    E: "ЕΕ",
    H: "НΗ",
    I: "ІΙӀ",
    J: "Ј",
    K: "КΚ",
    M: "МΜ",
    N: "Ν",
    O: "ОΟ",
    P: "РΡ",
    S: "Ѕ",
    T: "ТΤ",
    W: "Ԝ",
    X: "ХΧ",
    Y: "ҮΥ",
    Z: "Ζ"
  }).flatMap(([letter, others]) => Array.from(others, (other) => [other, letter] as const))
)

const isAscii = /^[\x00-\x7f]*$/

/** The text in ASCII as far as it looks like that: without accents, other widths, and what nobody sees. */
export const fold = (text: string): string =>
  isAscii.test(text)
    ? text
    : Array.from(text.normalize("NFKD").replace(/[\p{M}\p{Cf}]/gu, ""), (letter) => alike.get(letter) ?? letter).join(
        ""
      )
