"""The SDK's TokenStorage in a file, so that a client stays signed in from one start to the next."""

import json
import time
from pathlib import Path


class Stored:
    def __init__(self, name, token_type, client_type):
        self.file = Path.home() / f"{name}.json"
        self.types = {"tokens": token_type, "client": client_type}

    def _read(self):
        return json.loads(self.file.read_text()) if self.file.exists() else {}

    def _get(self, member):
        value = self._read().get(member)
        return value and self.types[member].model_validate(value)

    def _set(self, member, value, **more):
        stored = {**self._read(), member: value.model_dump(mode="json", exclude_none=True), **more}
        self.file.write_text(json.dumps(stored))

    def remind(self, provider):
        """Tells a provider when its token expires, which the SDK keeps in memory only: it would not renew it after a start."""
        provider.context.token_expiry_time = self._read().get("expires_at")
        return provider

    async def get_tokens(self):
        return self._get("tokens")

    async def set_tokens(self, tokens):
        # A little early: the server counts from before its answer.
        self._set("tokens", tokens, expires_at=time.time() + tokens.expires_in - 5)

    async def get_client_info(self):
        return self._get("client")

    async def set_client_info(self, client_info):
        self._set("client", client_info)
