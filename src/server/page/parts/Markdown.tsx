/**
 * Markdown of a stranger as nodes: `marked` takes it apart, and no text of it becomes anything else. HTML stays text, links
 * lead to the web and mail alone, and no image is fetched.
 */
import { Lexer, type MarkedToken, type Token, type Tokenizer } from "marked"
import type { ComponentChildren, JSX } from "preact"
import { useMemo } from "preact/hooks"
import { visible } from "../state/visible.js"
import { Copy } from "./Copy.js"
import { Text } from "./Text.js"

/** Longer ones are shown as they are: to take one apart would hold the page. */
const longest = 30_000
/** Lists and quotes that lie deeper are shown as they are. */
const deepest = 24

export const Markdown = ({ text }: { readonly text: string }) => {
  const tokens = useMemo(() => (text.length > longest ? undefined : tokensOf(text)), [text])
  if (tokens === undefined) return <Text text={text} />
  return (
    <div class="markdown" dir="auto">
      {nodes(tokens, 0)}
    </div>
  )
}

/** Cells of all tables of a text. Each line has one for each column: few characters would make millions of them. */
const mostCells = 20_000

/** Whoever nests a thousand quotes makes the lexer fail. */
const tokensOf = (text: string): ReadonlyArray<Token> | undefined => {
  const lexer = new Lexer({})
  const tokenizer = lexer.options.tokenizer as Tokenizer
  const table = tokenizer.table.bind(tokenizer)
  let room = mostCells
  tokenizer.table = (rest) => {
    const columns = rest.split("\n", 2)[1]?.split("|").length ?? 0
    const cells = columns < 2 ? 0 : columns * (rest.split(/\n *\n/, 1)[0] as string).split("\n").length
    const found = cells > room ? undefined : table(rest)
    if (found !== undefined) room -= cells
    return found
  }
  try {
    return lexer.lex(text)
  } catch {
    return undefined
  }
}

const nodes = (tokens: ReadonlyArray<Token> | undefined, depth: number): ComponentChildren =>
  tokens?.map((token, i) => <Node key={i} token={token as MarkedToken} depth={depth + 1} />)

const Node = ({ depth, token }: { readonly token: MarkedToken; readonly depth: number }): JSX.Element | null => {
  if (depth > deepest) return <>{visible(token.raw)}</>
  switch (token.type) {
    case "space":
    case "def":
      return null
    case "heading":
      // Strangers leave levels out: below the second level of a page, all of theirs are of the third.
      return (
        <div class={`md-head md-head-${token.depth}`} role="heading" aria-level={3}>
          {nodes(token.tokens, depth)}
        </div>
      )
    case "paragraph":
      return <p>{nodes(token.tokens, depth)}</p>
    case "text":
      return <>{token.tokens === undefined ? visible(token.text) : nodes(token.tokens, depth)}</>
    case "strong":
      return <strong>{nodes(token.tokens, depth)}</strong>
    case "em":
      return <em>{nodes(token.tokens, depth)}</em>
    case "del":
      return <del>{nodes(token.tokens, depth)}</del>
    case "codespan":
      return <code>{visible(token.text)}</code>
    case "br":
      return <br />
    case "hr":
      return <hr />
    case "blockquote":
      return <blockquote>{nodes(token.tokens, depth)}</blockquote>
    case "code":
      return <Code text={token.text} />
    case "list":
      return <Items token={token} depth={depth} />
    case "table":
      return <Cells token={token} depth={depth} />
    case "link":
      return <Link to={token.href}>{nodes(token.tokens, depth)}</Link>
    case "image":
      return <Link to={token.href}>image: {visible(token.text || token.href)}</Link>
    case "html":
      return token.block ? <p>{visible(token.text)}</p> : <span>{visible(token.text)}</span>
    case "escape":
      return <>{visible(token.text)}</>
    default:
      return <>{visible((token as Token).raw)}</>
  }
}

const Code = ({ text }: { readonly text: string }) => (
  <div class="md-code">
    <pre tabIndex={0}>
      <Text text={text} limit={10_000} />
    </pre>
    <Copy text={text} />
  </div>
)

type Of<T extends MarkedToken["type"]> = Extract<MarkedToken, { readonly type: T }>

const Items = ({ depth, token }: { readonly token: Of<"list">; readonly depth: number }) => {
  const items = token.items.map((item, i) => (
    <li key={i}>
      {item.task && `${item.checked ? "☑" : "☐"} `}
      {nodes(
        item.tokens.filter(({ type }) => type !== "checkbox"),
        depth
      )}
    </li>
  ))
  return token.ordered ? <ol start={Number(token.start) || 0}>{items}</ol> : <ul>{items}</ul>
}

const Cells = ({ depth, token }: { readonly token: Of<"table">; readonly depth: number }) => (
  <div class="md-table" tabIndex={0}>
    <table>
      <thead>
        <tr>
          {token.header.map((cell, i) => (
            <th key={i} scope="col" align={cell.align ?? undefined}>
              {nodes(cell.tokens, depth)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {token.rows.map((row, i) => (
          <tr key={i}>
            {row.map((cell, j) => (
              <td key={j} align={cell.align ?? undefined}>
                {nodes(cell.tokens, depth)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)

/** A link to the web or to an address of mail, or else its text. Where it leads is seen before it is followed. */
export const Link = ({ children, to }: { readonly to: string; readonly children: ComponentChildren }) => {
  const url = URL.canParse(to) ? new URL(to) : undefined
  if (url === undefined || !/^(?:https?|mailto):$/.test(url.protocol)) {
    return <span title={visible(to)}>{children}</span>
  }
  return (
    <a href={url.href} title={visible(url.href)} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  )
}
