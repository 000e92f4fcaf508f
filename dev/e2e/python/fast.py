"""FastMCP's client: fast.py URL http|sse TOOL PORT. It finds the transport, opens the browser and takes the redirect itself."""

import asyncio
import json
import sys

from fastmcp import Client
from fastmcp.client.auth import OAuth


async def main(url, _kind, tool, port):
    # It opens the browser before it listens, so the port must be one that no other connection can be given meanwhile.
    async with Client(url, auth=OAuth(callback_port=int(port))) as client:
        tools = await client.list_tools()
        result = await client.call_tool(tool, {})
        print(json.dumps({"tools": [tool.name for tool in tools], "details": result.structured_content}))


asyncio.run(main(*sys.argv[1:]))
