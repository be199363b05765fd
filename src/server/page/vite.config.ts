/** Builds the page: `npm run page` makes a module of strings of what comes out. */
import { fileURLToPath } from "node:url"
import { defineConfig } from "vite"

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  // Each view has one segment of path, so that these are right at all of them, wherever the page is mounted.
  base: "./",
  logLevel: "warn",
  publicDir: false,
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
  build: {
    target: "es2022",
    cssTarget: "esnext",
    write: false,
    modulePreload: false,
    // The content security policy has no place for styles in the page or images in the style.
    assetsInlineLimit: 0
  }
})
