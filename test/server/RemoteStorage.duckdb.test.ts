import * as DuckDbStorage from "../../src/storage/duckdb/DuckDbStorage.js"
import { storageContract } from "../../src/testing/storageContract.js"
import { asked } from "../utils/remote.js"

storageContract("RemoteStorage of DuckDB", asked(DuckDbStorage.layer({ path: ":memory:" })), { queries: 10 })
