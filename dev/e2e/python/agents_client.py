"""OpenAI's Agents SDK: agents_client.py NAME URL http|sse TOOL. Prints the names of the tools and what the tool says."""

import asyncio
import json
import sys

from agents.mcp import MCPServerSse, MCPServerStreamableHttp
from loopback import Redirect
from mcp.client.auth import OAuthClientProvider
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from stored import Stored

SERVERS = {"http": MCPServerStreamableHttp, "sse": MCPServerSse}
# A person at a browser takes longer than the SDK's five seconds.
PATIENCE = 300


def provider(name, url, redirect):
    async def callback():
        answer = await redirect.parameters()
        if "error" in answer:
            raise SystemExit(answer["error"])
        return AuthorizationCodeResult(code=answer["code"], state=answer.get("state"), iss=answer.get("iss"))

    metadata = OAuthClientMetadata(client_name="Agents SDK", redirect_uris=[redirect.uri])
    storage = Stored(name, OAuthToken, OAuthClientInformationFull)
    return storage.remind(OAuthClientProvider(url, metadata, storage, redirect.open, callback))


async def main(name, url, transport, tool):
    async with Redirect() as redirect:
        params = {"url": url, "auth": provider(name, url, redirect), "timeout": PATIENCE}
        async with SERVERS[transport](params, name=name, client_session_timeout_seconds=PATIENCE) as server:
            tools = await server.list_tools()
            result = await server.call_tool(tool, {})
            details = getattr(result, "structured_content", None) or result.structuredContent
            print(json.dumps({"tools": [each.name for each in tools], "details": details}))


asyncio.run(main(*sys.argv[1:]))
