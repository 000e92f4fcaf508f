"""An application that gets a token from Entra by MSAL for Python: see lib/msal.mjs."""

import json
import sys
import warnings

import msal
import requests


class Network:
    """MSAL insists on https; the local tenant is asked without it."""

    def __init__(self, tenant):
        self._session = requests.Session()
        self._tenant, self._secure = tenant, tenant.replace("http:", "https:", 1)

    def get(self, url, **options):
        return self._plain(self._session.get, url, options)

    def post(self, url, **options):
        return self._plain(self._session.post, url, options)

    def close(self):
        self._session.close()

    def _plain(self, send, url, options):
        answer = send(url.replace(self._secure, self._tenant, 1), **options)
        answer._content = answer.content.replace(self._tenant.encode(), self._secure.encode())
        return answer


def main():
    # The local tenant answers in the query, and so do we ask.
    warnings.filterwarnings("ignore", message="response_mode='form_post'")
    asked = json.loads(sys.stdin.readline())
    app = msal.ConfidentialClientApplication(
        asked["id"],
        authority=asked["authority"],
        client_credential=asked["secret"],
        client_capabilities=["cp1"],
        instance_discovery=False,
        http_client=Network(asked["tenant"]),
    )
    flow = app.initiate_auth_code_flow(
        [asked["scope"]], redirect_uri=asked["redirectUri"], claims_challenge=asked["claims"]
    )
    print(json.dumps({"auth_uri": flow["auth_uri"]}), flush=True)
    answer = app.acquire_token_by_auth_code_flow(flow, json.loads(sys.stdin.readline()))
    print(json.dumps({name: answer.get(name) for name in ("access_token", "error", "error_description")}), flush=True)


main()
