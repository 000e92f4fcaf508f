"""The Python SDK 2.x: sdk_2.py URL http|sse TOOL [MODE]. Prints what it got as one JSON line."""

import asyncio
import json
import sys

from loopback import Memory, Redirect
from mcp.client import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata


def provider(url, redirect):
    async def callback():
        answer = await redirect.parameters()
        return AuthorizationCodeResult(code=answer["code"], state=answer.get("state"), iss=answer.get("iss"))

    metadata = OAuthClientMetadata(client_name="Python SDK 2", redirect_uris=[redirect.uri])
    return OAuthClientProvider(url, metadata, Memory(), redirect.open, callback)


def transport_to(url, kind, auth):
    if kind == "sse":
        return sse_client(url, auth=auth)
    return streamable_http_client(url, http_client=create_mcp_http_client(auth=auth))


async def main(url, kind, tool, mode="auto"):
    async with Redirect() as redirect:
        async with Client(transport_to(url, kind, provider(url, redirect)), mode=mode) as client:
            tools = await client.list_tools()
            result = await client.call_tool(tool, {})
            print(json.dumps({
                "revision": client.protocol_version,
                "tools": [tool.name for tool in tools.tools],
                "details": result.structured_content,
            }))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
