import * as DuckDbStorage from "../../../src/storage/duckdb/DuckDbStorage.js"
import { storageContract } from "../../../src/testing/storageContract.js"

storageContract("DuckDbStorage.layer", DuckDbStorage.layer({ path: ":memory:" }))
