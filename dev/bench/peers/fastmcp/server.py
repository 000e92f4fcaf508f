"""FastMCP's server of Streamable HTTP without sessions, behind its OAuthProxy: `python server.py FILE GRAPH [REDIS]`.

With REDIS, the socket of a Redis server, it has two workers, which keep the proxy's state there. Prints its address and an
access token, which it has got by a sign-in through the proxy. FILE has the tools that are listed; a call asks GRAPH for the
user with the upstream token.
"""

import base64
import hashlib
import http.server
import json
import os
import pathlib
import secrets
import socket
import sys
import threading
import time
import traceback
import urllib.parse

import httpx2
import uvicorn
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from fastmcp import FastMCP
from fastmcp.server.auth import OAuthProxy
from fastmcp.server.auth.providers.jwt import JWTVerifier
from fastmcp.server.dependencies import get_access_token
from fastmcp.tools import Tool, ToolResult
from joserfc import jwt
from joserfc.jwk import RSAKey
from key_value.aio.stores.memory import MemoryStore
from key_value.aio.stores.redis import RedisStore
from mcp_types import ToolAnnotations
from redis.asyncio import Redis
from uvicorn.supervisors import Multiprocess

ISSUER, AUDIENCE, SCOPE = "https://upstream.example", "bench", "user.read"
SETTINGS = "BENCH_SETTINGS"


class Graph(Tool):
    """A tool of the list. Calling any asks Graph for the user."""

    async def run(self, arguments: dict) -> ToolResult:
        bearer = {"authorization": f"Bearer {get_access_token().token}"}
        answer = await graph.get(settings["graph"], headers=bearer)
        answer.raise_for_status()
        user = {"success": True, **answer.json()}
        return ToolResult(content=json.dumps(user, indent=2, ensure_ascii=False), structured_content=user)


def tool(listed: dict) -> Tool:
    return Graph(
        name=listed["name"],
        title=listed.get("title"),
        description=listed.get("description"),
        parameters=listed["inputSchema"],
        output_schema=listed.get("outputSchema"),
        annotations=ToolAnnotations.model_validate(listed.get("annotations", {})),
    )


def application():
    """What each worker serves."""
    base = f"http://127.0.0.1:{settings['port']}"
    verifier = JWTVerifier(public_key=settings["key"], issuer=ISSUER, audience=AUDIENCE, required_scopes=[SCOPE])
    redis = settings["redis"]
    proxy = OAuthProxy(
        upstream_authorization_endpoint=f"{ISSUER}/authorize",
        upstream_token_endpoint=settings["token_endpoint"],
        upstream_client_id="bench",
        upstream_client_secret="bench",
        token_verifier=verifier,
        base_url=base,
        jwt_signing_key=bytes.fromhex(settings["signing_key"]),
        client_storage=RedisStore(client=Redis(unix_socket_path=redis, decode_responses=True)) if redis else MemoryStore(),
        # The sign-in below has no browser. A call takes the same either way.
        require_authorization_consent="external",
    )
    server = FastMCP("bench", auth=proxy)
    for listed in json.loads(json.loads(pathlib.Path(settings["file"]).read_text())["list"]["body"])["result"]["tools"]:
        server.add_tool(tool(listed))
    return server.http_app(stateless_http=True, json_response=True)


def sign_in(base: str) -> str:
    """The access token of a client that registers, signs in and redeems its code."""
    verifier, callback = secrets.token_urlsafe(32), "http://127.0.0.1:1/callback"
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    with httpx2.Client(base_url=base, timeout=180) as client:
        registration = {"client_name": "bench", "redirect_uris": [callback], "token_endpoint_auth_method": "none"}
        client_id = client.post("/register", json=registration).raise_for_status().json()["client_id"]
        query = {"response_type": "code", "client_id": client_id, "redirect_uri": callback, "state": "s", "scope": SCOPE}
        pkce = {"code_challenge": challenge, "code_challenge_method": "S256", "resource": f"{base}/mcp"}
        upstream = client.get("/authorize", params=query | pkce).headers["location"]
        state = parameter(upstream, "state")
        location = client.get("/auth/callback", params={"code": "upstream", "state": state}).headers["location"]
        form = {"grant_type": "authorization_code", "code": parameter(location, "code"), "client_id": client_id}
        form |= {"redirect_uri": callback, "code_verifier": verifier, "resource": f"{base}/mcp"}
        return client.post("/token", data=form).raise_for_status().json()["access_token"]


def parameter(url: str, name: str) -> str:
    return urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)[name][0]


def upstream(key: RSAKey) -> str:
    """The token endpoint of the upstream authorization server."""

    class Token(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers.get("content-length", 0)))
            now = int(time.time())
            claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "bob", "scp": SCOPE, "iat": now, "exp": now + 3600}
            token = jwt.encode({"alg": "RS256"}, claims, key)
            body = json.dumps({"access_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": SCOPE})
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Token)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/token"


def main() -> None:
    file, graph_url, redis = (sys.argv[1:] + [None])[:3]
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    port = listener.getsockname()[1]
    os.environ[SETTINGS] = json.dumps(
        {
            "file": file,
            "graph": graph_url,
            "redis": redis,
            "port": port,
            "key": public.decode(),
            "token_endpoint": upstream(RSAKey.import_key(pem)),
            "signing_key": secrets.token_hex(32),
        }
    )
    config = uvicorn.Config("server:application", factory=True, log_level="warning", workers=2 if redis else 1)
    threading.Thread(target=announce, args=(f"127.0.0.1:{port}",), daemon=True).start()
    if redis:
        Multiprocess(config, sockets=[listener]).run()
    else:
        uvicorn.Server(config).run(sockets=[listener])


def announce(address: str) -> None:
    """The kernel queues the first request until a worker accepts it. Without a token there is nothing to measure."""
    try:
        print(address, sign_in(f"http://{address}"), flush=True)
    except Exception:
        traceback.print_exc()
        os._exit(1)


if SETTINGS in os.environ:
    settings = json.loads(os.environ[SETTINGS])
    graph = httpx2.AsyncClient()

if __name__ == "__main__":
    main()
