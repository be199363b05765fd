/** What needs the client of ClickHouse, which is loaded where one is named. */
export * as ClickhouseStorage from "../../storage/clickhouse/ClickhouseStorage.js"
