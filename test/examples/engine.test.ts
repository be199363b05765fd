import { FileSystem } from "@effect/platform"
import { NodeFileSystem } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { storageContract } from "effect-observability/testing"
import * as JsonFiles from "../../docs/examples/engine/JsonFiles.js"

const inTemporaryFolder = Layer.unwrapScoped(
  Effect.map(
    Effect.flatMap(FileSystem.FileSystem, (files) => files.makeTempDirectoryScoped()),
    JsonFiles.layer
  )
).pipe(Layer.provide(NodeFileSystem.layer))

storageContract("docs/examples/engine/JsonFiles.ts", inTemporaryFolder)
