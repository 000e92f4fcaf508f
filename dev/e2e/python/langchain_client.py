"""LangChain's MCP adapters: langchain_client.py NAME URL http|sse TOOL. Prints the names of the tools and what the tool says."""

import asyncio
import json
import sys

from langchain_mcp_adapters.client import MultiServerMCPClient
from loopback import Redirect
from mcp.client.auth import OAuthClientProvider
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from stored import Stored

TRANSPORTS = {"http": "streamable_http", "sse": "sse"}


def provider(name, url, redirect):
    async def callback():
        answer = await redirect.parameters()
        if "error" in answer:
            raise SystemExit(answer["error"])
        return answer["code"], answer.get("state")

    metadata = OAuthClientMetadata(client_name="LangChain", redirect_uris=[redirect.uri])
    storage = Stored(name, OAuthToken, OAuthClientInformationFull)
    return storage.remind(OAuthClientProvider(url, metadata, storage, redirect.open, callback))


async def main(name, url, transport, tool):
    async with Redirect() as redirect:
        server = {"transport": TRANSPORTS[transport], "url": url, "auth": provider(name, url, redirect)}
        client = MultiServerMCPClient({name: server})
        tools = await client.get_tools()
        [chosen] = [each for each in tools if each.name == tool]
        message = await chosen.ainvoke({"type": "tool_call", "id": "1", "name": tool, "args": {}})
        print(json.dumps({"tools": [each.name for each in tools], "details": message.artifact["structured_content"]}))


asyncio.run(main(*sys.argv[1:]))
