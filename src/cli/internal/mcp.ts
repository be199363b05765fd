/** What answers coding agents, which is loaded where it is asked for. */
export * as Mcp from "../../server/Mcp.js"
