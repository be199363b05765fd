/** SHA-256 of bytes, or of a text of base64, in hex digits, at once; nothing where the runtime has none that is synchronous, as in a browser. */
export const sha256 = (bytes: Uint8Array | string): string | undefined => {
  const hash = crypto?.createHash("sha256")
  return (typeof bytes === "string" ? hash?.update(bytes, "base64") : hash?.update(bytes))?.digest("hex")
}

const crypto = (globalThis as Runtime).process?.getBuiltinModule?.("node:crypto")

interface Runtime {
  readonly process?: { readonly getBuiltinModule?: (name: "node:crypto") => typeof import("node:crypto") | undefined }
}
