/** Builds the page: `npm run page` makes a module of strings of what comes out. */
import { fileURLToPath } from "node:url"
import { defineConfig, type Plugin } from "vite"

/**
 * Of `marked` the page uses the lexer, with neither extensions nor the rules of other kinds of Markdown. The end of the module
 * makes an instance of all the rest, which nothing could leave out then: it is replaced by the export of the lexer.
 */
const lexerAlone: Plugin = {
  name: "lexer alone",
  transform(code, id) {
    if (!/\/marked\.esm\.js$/.test(id)) return undefined
    const alone = code.replace(
      /;var \w+=new \w+;function (?:.|\n)*export\{.*?(\w+) as Lexer\b.*\};/,
      ";export{$1 as Lexer};"
    )
    if (alone === code) this.error("the module of marked ends in another way")
    const plain = alone
      .replace(/this\.options\.hooks\?\.emStrongMask(?:\?\.call\(\{lexer:this\},\w+\))?/g, "(void 0)")
      .replace(/this\.options\.(?:pedantic|breaks|silent|extensions\?\.\w+)/g, "(void 0)")
      .replace(/this\.options\.gfm\b/g, "true")
      // Of its tokenizer the page changes nothing that these ask for.
      .replace(/(?:\|\||&&)this\.tokenizer\.\w+[!=]==\w+\.prototype\.\w+/g, "")
      .replace(/static get rules\(\).*?(?=\blex\(\w+\)\{)/, "")
      .replace(/,(?:breaks:\w+,)?pedantic:\w+\}/g, "}")
    return { code: plain, map: null }
  }
}

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  // Each view has one segment of path, so that these are right at all of them, wherever the page is mounted.
  base: "./",
  logLevel: "warn",
  // Tests build it, too, with another NODE_ENV.
  mode: "production",
  publicDir: false,
  // Calls of `h` take children as arguments, which is a hundredth less than properties that are named so.
  esbuild: {
    jsx: "transform",
    jsxFactory: "h",
    jsxFragment: "Fragment",
    jsxInject: `import { Fragment, h } from "preact"`,
    legalComments: "none"
  },
  plugins: [lexerAlone],
  build: {
    target: "es2022",
    cssTarget: "esnext",
    write: false,
    // A thirtieth less than what esbuild makes.
    minify: "terser",
    terserOptions: {
      ecma: 2020,
      // A constant is written where it stands: gzip finds more that is the same then.
      compress: { ecma: 2020, passes: 4, arguments: true, keep_fargs: false, inline: 1, lhs_constants: false }
    },
    modulePreload: false,
    // The content security policy has no place for styles in the page or images in the style.
    assetsInlineLimit: 0
  }
})
