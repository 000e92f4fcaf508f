"""FastMCP's client: fast.py URL http|sse TOOL. It finds the transport, opens the browser and takes the redirect itself."""

import asyncio
import json
import sys

from fastmcp import Client


async def main(url, _kind, tool):
    async with Client(url, auth="oauth") as client:
        tools = await client.list_tools()
        result = await client.call_tool(tool, {})
        print(json.dumps({"tools": [tool.name for tool in tools], "details": result.structured_content}))


asyncio.run(main(*sys.argv[1:]))
