"""A local tenant as a process of its own, over https."""

import json
import os
import subprocess
from urllib.parse import parse_qsl, urlsplit

import requests

REDIRECT_URI = "http://127.0.0.1:7071/oauth-callback"
USER = "alice@contoso.example"


class Tenant:
    """Runs from construction to `stop`."""

    def __init__(self, program, folder):
        ca_file = os.path.join(folder, "ca.pem")
        arguments = ["--port", "0", "--redirect-uri", REDIRECT_URI, "--silent-user", USER, "--https-ca", ca_file]
        self._process = subprocess.Popen([program, *arguments], stdout=subprocess.PIPE, text=True)
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{program} did not start")
        ready = json.loads(line)
        self._control = (ready["url"], ready["control_token"])
        self.url = ready["https"]["url"]
        self.settings = ready["https"]["settings"]
        # MSAL and requests find the authority to trust, and the identity endpoint, in the environment.
        os.environ["REQUESTS_CA_BUNDLE"] = ready["https"]["ca_file"]
        os.environ["NO_PROXY"] = "localhost,127.0.0.1"
        for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER"):
            os.environ[name] = self.settings[name]

    @property
    def authority(self):
        return f"{self.url}/{self.settings['ENTRA_TENANT_ID']}"

    @property
    def middle_tier(self):
        return f"{self.settings['ENTRA_CLIENT_ID']}/access_as_user"

    def sign_in(self, url):
        """What the browser brings back to the redirect URI."""
        answer = requests.get(url, allow_redirects=False, timeout=120)
        assert answer.status_code == 302, (answer.status_code, answer.text)
        location = answer.headers["Location"]
        assert location.startswith(REDIRECT_URI + "?"), location
        return dict(parse_qsl(urlsplit(location).query))

    def control(self, method, path, body=None):
        """The fault API."""
        url, token = self._control
        headers = {"Authorization": f"Bearer {token}"}
        answer = requests.request(method, f"{url}/_control/{path}", json=body, headers=headers, timeout=120)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def fail_next(self, endpoint, **fault):
        self.control("POST", "faults", {"endpoint": endpoint, "fault": fault})

    def stop(self):
        self._process.terminate()
        assert self._process.wait(timeout=120) == 0
