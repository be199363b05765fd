/** The module that answers coding agents: it is loaded where that is asked for. */
export * as Mcp from "../../server/Mcp.js"
