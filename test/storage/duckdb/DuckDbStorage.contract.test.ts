import * as DuckDbStorage from "../../../src/storage/duckdb/DuckDbStorage.js"
import { storageContract } from "../../contract/storage.js"

storageContract("DuckDbStorage.layer", DuckDbStorage.layer({ path: ":memory:" }))
