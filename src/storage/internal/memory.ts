import type { Engine } from "./engine.js"
export declare const make: () => Engine
