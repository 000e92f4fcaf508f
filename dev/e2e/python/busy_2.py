"""The Python SDK 2.x at a token endpoint that is busy: busy_2.py ORIGIN. Prints one JSON line: how often it would have opened a
browser, the refresh token that its storage then holds, and the same of an application that starts anew on that storage."""

import asyncio
import json
import sys

from loopback import Memory
from mcp.client.auth import OAuthClientProvider
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

CALLBACK = "http://127.0.0.1:1/callback"
LONG_AGO = 1.0


class Browser(Exception):
    """The SDK wants to open a browser."""


async def refuse(*_):
    raise Browser


async def call(origin, storage):
    """One request of an application whose access token has expired."""
    metadata = OAuthClientMetadata(client_name="busy", redirect_uris=[CALLBACK])
    auth = OAuthClientProvider(f"{origin}/mcp", metadata, storage, refuse, refuse)
    auth.context.token_expiry_time = LONG_AGO
    opened = 0
    async with create_mcp_http_client(auth=auth) as http:
        try:
            await http.post(f"{origin}/mcp", json={"jsonrpc": "2.0", "method": "notifications/initialized"})
        except Browser:
            opened = 1
    return {"opened": opened, "stored": storage.tokens.refresh_token}


async def main(origin):
    storage = Memory()
    storage.tokens = OAuthToken(access_token="a", token_type="Bearer", expires_in=3600, refresh_token="r")
    storage.client = OAuthClientInformationFull(client_id="c", redirect_uris=[CALLBACK], issuer=origin)
    print(json.dumps([await call(origin, storage), await call(origin, storage)]))


asyncio.run(main(*sys.argv[1:]))
