"""What the SDK asks of an application: a loopback redirect (RFC 8252 section 7.3), a browser, and memory for what it gets."""

import asyncio
import webbrowser
from urllib.parse import parse_qsl, urlsplit

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 16\r\nConnection: close\r\n\r\nBack in the app."


class Redirect:
    """Listens on a free port while the block runs."""

    async def __aenter__(self):
        self.received = asyncio.get_running_loop().create_future()
        self.server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        host, port = self.server.sockets[0].getsockname()
        self.uri = f"http://{host}:{port}/callback"
        return self

    async def __aexit__(self, *_):
        self.server.close()

    async def open(self, url):
        await asyncio.to_thread(webbrowser.open, url)

    async def parameters(self):
        answer = await self.received
        self.received = asyncio.get_running_loop().create_future()
        return answer

    async def _answer(self, reader, writer):
        request = (await reader.readline()).decode()
        while (await reader.readline()).strip():
            pass
        writer.write(ANSWER)
        await writer.drain()
        writer.close()
        target = urlsplit(request.split(" ")[1]) if " " in request else None
        if target and target.path == "/callback" and not self.received.done():
            self.received.set_result(dict(parse_qsl(target.query)))


class Memory:
    """The SDK's TokenStorage."""

    def __init__(self):
        self.tokens = None
        self.client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client_info):
        self.client = client_info
