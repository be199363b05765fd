/** Numbers, choices and texts that a seed decides (mulberry32). */
export class Random {
  constructor(private state: number) {}

  /** A whole number from 0 to `end - 1`. */
  below(end: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end)
  }

  /** `true` once in so many times. */
  oneIn(times: number): boolean {
    return this.below(times) === 0
  }

  pick<A>(values: ArrayLike<A>): A {
    return values[this.below(values.length)] as A
  }

  /** Up to `max` values, few more often than many. */
  several<A>(max: number, draw: () => A): Array<A> {
    return Array.from({ length: this.below(1 + this.below(max + 1)) }, draw)
  }

  /** A text of up to `max` characters of an alphabet. */
  text(alphabet: ArrayLike<string>, max: number): string {
    return this.several(max, () => this.pick(alphabet)).join("")
  }

  /** A text of exactly `length` characters. */
  exactly(alphabet: ArrayLike<string>, length: number): string {
    return Array.from({ length }, () => this.pick(alphabet)).join("")
  }

  /** The text after up to `max` small changes: something taken out, put in, repeated or put elsewhere. */
  mutated(text: string, alphabet: ArrayLike<string>, max = 4): string {
    return this.several(max, () => undefined).reduce<string>((text) => {
      const from = this.below(text.length + 1)
      const to = Math.min(text.length, from + this.below(this.oneIn(4) ? 40 : 3))
      const piece = text.slice(from, to)
      const inserted = [
        "",
        this.pick(alphabet),
        piece.repeat(this.oneIn(20) ? 200 : 2),
        text.slice(this.below(text.length + 1)).slice(0, 20)
      ]
      return text.slice(0, from) + this.pick(inserted) + text.slice(to)
    }, text)
  }
}

export const digits = "0123456789"
export const hex = `${digits}abcdef`
export const letters = "abcdefghijklmnopqrstuvwxyz"

/** Printable ASCII. */
const ascii = Array.from({ length: 95 }, (_, code) => String.fromCharCode(32 + code))

/** Printable ASCII, and what is seldom in a text. */
export const unusual = [
  ...ascii,
  ..."\0\t\n\r\u007f\u0085\u00e9\u2028\ufeff\ufffd\ud800\udc00",
  "😀",
  "%00",
  "%ff",
  "%E2%82"
]
