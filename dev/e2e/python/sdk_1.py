"""The Python SDK 1.x: sdk_1.py URL http TOOL. Prints what it got as one JSON line."""

import asyncio
import json
import os
import sys

from loopback import Memory, Redirect
from mcp import ClientSession
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamablehttp_client
from mcp.shared.auth import OAuthClientMetadata


def provider(url, redirect):
    async def callback():
        answer = await redirect.parameters()
        return answer["code"], answer.get("state")

    metadata = OAuthClientMetadata(client_name="Python SDK 1", redirect_uris=[redirect.uri])
    return OAuthClientProvider(url, metadata, Memory(), redirect.open, callback)


async def main(url, _transport, tool):
    async with Redirect() as redirect:
        async with streamablehttp_client(url, auth=provider(url, redirect)) as streams:
            async with ClientSession(*streams[:2]) as session:
                server = await session.initialize()
                tools = await session.list_tools()
                result = await session.call_tool(tool, {})
                print(json.dumps({
                    "revision": server.protocolVersion,
                    "tools": [tool.name for tool in tools.tools],
                    "details": result.structuredContent,
                }), flush=True)
                # 1.12 sends each request twice (python-sdk pull request 1206), and fails to close while it still gets answers.
                os._exit(0)


asyncio.run(main(*sys.argv[1:]))
