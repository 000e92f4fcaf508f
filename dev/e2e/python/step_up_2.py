"""The Python SDK 2.x: step_up_2.py URL http|sse TOOL ARGUMENTS. Calls a tool that needs more than was allowed at the sign-in."""

import asyncio
import json
import sys

from loopback import Redirect
from mcp.client import Client
from sdk_2 import provider, transport_to


async def main(url, kind, tool, arguments):
    async with Redirect() as redirect:
        async with Client(transport_to(url, kind, provider(url, redirect))) as client:
            result = await client.call_tool(tool, json.loads(arguments))
            print(json.dumps({"isError": result.is_error, "content": result.structured_content}))


asyncio.run(main(*sys.argv[1:]))
