/** The modules that need the client of ClickHouse: they are loaded where a server is named. */
export * as ClickhouseStorage from "../../storage/clickhouse/ClickhouseStorage.js"
