#!/bin/sh
# delete-ring.sh ENDPOINT: deletes the ring of data keys in this Cosmos DB account. Everybody then has to sign in again.
# You need a data role on the account, and must be able to reach it. docs/operations.md says when to do this.
set -eu
endpoint=${1%/}
token=$(az account get-access-token --resource https://cosmos.azure.com --query accessToken --output tsv)
# The header comes from standard input, so that the token is in no list of processes.
printf 'Authorization: type%%3Daad%%26ver%%3D1.0%%26sig%%3D%s\n' "$token" |
  curl --fail --silent --show-error --request DELETE "$endpoint/dbs/mcp/colls/keyring/docs/ring" --header @- \
    --header 'x-ms-version: 2018-12-31' --header "x-ms-date: $(LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S GMT')" \
    --header 'x-ms-documentdb-partitionkey: ["ring"]'
echo 'the ring is deleted: restart the function app'
