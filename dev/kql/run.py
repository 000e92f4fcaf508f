"""Runs KQL on DuckDB. Standard input: {"tables": {name: {"columns": {name: KQL type}, "rows": […]}}, "queries": {name: text}}.
Standard output: {name: [row, …]}."""

import json
import sys

import duckdb_kql

TYPES = {"string": "VARCHAR", "datetime": "TIMESTAMP", "dynamic": "JSON", "int": "INTEGER", "long": "BIGINT", "real": "DOUBLE"}


def stored(kind, value):
    if kind == "dynamic":
        return json.dumps(value)
    return value.rstrip("Z") if kind == "datetime" and value else value


def create(connection, name, table):
    columns = table["columns"]
    connection.sql(f'CREATE TABLE "{name}" ({", ".join(f"{column} {TYPES[kind]}" for column, kind in columns.items())})')
    rows = [[stored(kind, row.get(column)) for column, kind in columns.items()] for row in table["rows"]]
    if rows:
        connection.executemany(f'INSERT INTO "{name}" VALUES ({", ".join("?" * len(columns))})', rows)


def run(connection, query):
    result = duckdb_kql.query(connection, query)
    return [dict(zip(result.columns, row)) for row in result.fetchall()]


def main():
    given = json.load(sys.stdin)
    connection = duckdb_kql.connect()
    for name, table in given["tables"].items():
        create(connection, name, table)
    json.dump({name: run(connection, query) for name, query in given["queries"].items()}, sys.stdout, default=str)


main()
