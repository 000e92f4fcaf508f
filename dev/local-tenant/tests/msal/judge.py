"""What MSAL Python, which is Microsoft's and none of ours, makes of local-tenant.

Each check is a function whose name says what is true. One line a check, then `N passed, N failed`.
"""

import json
import sys
import tempfile
import traceback
import warnings

import msal
import requests

from tenant import REDIRECT_URI, USER, Tenant

EXCHANGE = "api://AzureADTokenExchange"
GRAPH = "https://graph.microsoft.com/User.Read"
CLAIMS = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'


def managed_identity(tenant):
    """MSAL's client of the App Service identity endpoint."""
    identity = msal.UserAssignedManagedIdentity(client_id=tenant.settings["AZURE_CLIENT_ID"])
    return msal.ManagedIdentityClient(identity, http_client=requests.Session())


def application(tenant, **options):
    """A confidential client whose credential is the managed identity's token."""

    def assertion():
        return good(managed_identity(tenant).acquire_token_for_client(resource=EXCHANGE))["access_token"]

    return msal.ConfidentialClientApplication(
        tenant.settings["ENTRA_CLIENT_ID"],
        authority=tenant.authority,
        client_credential={"client_assertion": assertion},
        client_capabilities=["cp1"],
        instance_discovery=False,
        **options,
    )


def good(answer):
    assert answer and "access_token" in answer, answer
    assert answer["token_type"] == "Bearer", answer["token_type"]
    return answer


def sign_in(tenant, app, scopes, **options):
    flow = app.initiate_auth_code_flow(scopes, redirect_uri=REDIRECT_URI, **options)
    return app.acquire_token_by_auth_code_flow(flow, tenant.sign_in(flow["auth_uri"]))


def the_identity_endpoint_answers_the_managed_identity_client(tenant):
    client = managed_identity(tenant)
    first = good(client.acquire_token_for_client(resource=EXCHANGE))
    assert 86_000 < first["expires_in"] <= 86_400, first["expires_in"]
    again = good(client.acquire_token_for_client(resource=EXCHANGE))
    assert again["access_token"] == first["access_token"], "the cache was not hit"


def an_unknown_resource_is_refused_in_words_msal_reads(tenant):
    answer = managed_identity(tenant).acquire_token_for_client(resource="https://storage.azure.com")
    assert answer.get("error") and "not implemented" in answer["error_description"], answer


def discovery_speaks_for_the_origin_that_was_asked(tenant):
    document = requests.get(f"{tenant.authority}/v2.0/.well-known/openid-configuration", timeout=120).json()
    assert document["issuer"] == f"{tenant.authority}/v2.0", document
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        assert document[name].startswith(tenant.authority + "/"), document


def the_code_flow_signs_in_with_pkce_and_nonce(tenant):
    answer = good(sign_in(tenant, application(tenant), [tenant.middle_tier]))
    claims = answer["id_token_claims"]
    assert claims["preferred_username"] == USER and claims["iss"] == f"{tenant.authority}/v2.0", claims
    assert tenant.middle_tier in answer["scope"].split(), answer["scope"]


def the_account_is_found_by_client_info(tenant):
    app = application(tenant)
    claims = good(sign_in(tenant, app, [tenant.middle_tier]))["id_token_claims"]
    (account,) = app.get_accounts()
    assert account["home_account_id"] == f"{claims['oid']}.{claims['tid']}", account
    assert account["username"] == USER, account


def a_state_that_was_not_sent_is_refused(tenant):
    app = application(tenant)
    flow = app.initiate_auth_code_flow([tenant.middle_tier], redirect_uri=REDIRECT_URI)
    answer = {**tenant.sign_in(flow["auth_uri"]), "state": "another"}
    try:
        app.acquire_token_by_auth_code_flow(flow, answer)
    except ValueError:
        return
    raise AssertionError("the state was not compared")


def a_code_is_redeemed_once(tenant):
    app = application(tenant)
    flow = app.initiate_auth_code_flow([tenant.middle_tier], redirect_uri=REDIRECT_URI)
    answer = tenant.sign_in(flow["auth_uri"])
    good(app.acquire_token_by_auth_code_flow(flow, answer))
    again = app.acquire_token_by_auth_code_flow(flow, answer)
    assert (again["error"], again["error_codes"]) == ("invalid_grant", [54005]), again


def a_refresh_answers_another_access_token(tenant):
    app = application(tenant)
    first = good(sign_in(tenant, app, [tenant.middle_tier]))
    (account,) = app.get_accounts()
    cached = good(app.acquire_token_silent([tenant.middle_tier], account))
    assert cached["access_token"] == first["access_token"], "the cache was not hit"
    fresh = good(app.acquire_token_silent([tenant.middle_tier], account, force_refresh=True))
    assert fresh["access_token"] != first["access_token"], "the cache answered"


def the_refresh_token_serves_graph_too(tenant):
    app = application(tenant)
    good(sign_in(tenant, application(tenant), [GRAPH]))
    good(sign_in(tenant, app, [tenant.middle_tier]))
    (account,) = app.get_accounts()
    answer = good(app.acquire_token_silent([GRAPH], account))
    assert me(tenant, answer).status_code == 200


def on_behalf_of(tenant, app):
    """Alice's token for us becomes her token for Graph. Consent was given when Graph's scope was asked for."""
    good(sign_in(tenant, application(tenant), [GRAPH]))
    user = good(sign_in(tenant, application(tenant), [tenant.middle_tier]))
    return app.acquire_token_on_behalf_of(user["access_token"], [GRAPH])


def me(tenant, answer):
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    return requests.get(f"{tenant.settings['GRAPH_ENDPOINT']}/v1.0/me", headers=headers, timeout=120)


def the_exchange_opens_graph(tenant):
    answer = good(on_behalf_of(tenant, application(tenant)))
    profile = me(tenant, answer)
    assert profile.status_code == 200 and profile.json()["userPrincipalName"] == USER, profile.text


def an_exchange_nobody_consented_to_is_refused(tenant):
    user = good(sign_in(tenant, application(tenant), [tenant.middle_tier]))["access_token"]
    answer = application(tenant).acquire_token_on_behalf_of(user, ["https://graph.microsoft.com/Mail.Read"])
    assert (answer["error"], answer["error_codes"]) == ("invalid_grant", [65001]), answer
    assert answer["suberror"] == "consent_required", answer


def a_token_of_another_audience_is_no_assertion(tenant):
    app = application(tenant)
    graph = good(on_behalf_of(tenant, app))["access_token"]
    answer = app.acquire_token_on_behalf_of(graph, [GRAPH])
    assert (answer["error"], answer["error_codes"]) == ("invalid_grant", [500131]), answer


def a_forged_client_assertion_is_refused(tenant):
    forged = good(managed_identity(tenant).acquire_token_for_client(resource=EXCHANGE))["access_token"][:-8] + "AAAAAAAA"
    app = msal.ConfidentialClientApplication(
        tenant.settings["ENTRA_CLIENT_ID"],
        authority=tenant.authority,
        client_credential={"client_assertion": lambda: forged},
        instance_discovery=False,
    )
    answer = sign_in(tenant, app, [tenant.middle_tier])
    assert (answer["error"], answer["error_codes"]) == ("invalid_client", [700027]), answer


def a_secret_is_refused(tenant):
    app = msal.ConfidentialClientApplication(
        tenant.settings["ENTRA_CLIENT_ID"],
        authority=tenant.authority,
        client_credential="secret",
        instance_discovery=False,
    )
    answer = sign_in(tenant, app, [tenant.middle_tier])
    assert (answer["error"], answer["error_codes"]) == ("invalid_client", [7000215]), answer


def a_claims_challenge_is_read_and_satisfied(tenant):
    app = application(tenant)
    good(sign_in(tenant, app, [tenant.middle_tier]))
    (account,) = app.get_accounts()
    tenant.fail_next("refresh_token", kind="aadsts", number=50076, claims=CLAIMS)
    refused = app.acquire_token_silent_with_error([tenant.middle_tier], account, force_refresh=True)
    assert refused["error"] == "invalid_grant" and refused["claims"] == CLAIMS, refused
    assert refused["classification"] == "basic_action", refused
    good(sign_in(tenant, app, [tenant.middle_tier], claims_challenge=refused["claims"]))
    merged = json.loads(last_token_request(tenant)["claims"])["access_token"]
    assert merged == {"acrs": {"essential": True, "value": "c1"}, "xms_cc": {"values": ["cp1"]}}, merged


def last_token_request(tenant):
    requests_ = [asked for asked in tenant.control("GET", "requests") if asked["path"].endswith("/token")]
    return {member["name"]: member["value"] for member in requests_[-1]["form"]}


def throttling_is_honoured_by_waiting(tenant):
    app = application(tenant)
    good(sign_in(tenant, app, [tenant.middle_tier]))
    (account,) = app.get_accounts()
    tenant.fail_next("refresh_token", kind="throttled", retry_after=30)
    for _ in range(2):
        refused = app.acquire_token_silent_with_error([tenant.middle_tier], account, force_refresh=True)
        assert refused["error"] == "temporarily_unavailable", refused
    good(sign_in(tenant, application(tenant), [tenant.middle_tier]))


CHECKS = [
    the_identity_endpoint_answers_the_managed_identity_client,
    an_unknown_resource_is_refused_in_words_msal_reads,
    discovery_speaks_for_the_origin_that_was_asked,
    the_code_flow_signs_in_with_pkce_and_nonce,
    the_account_is_found_by_client_info,
    a_state_that_was_not_sent_is_refused,
    a_code_is_redeemed_once,
    a_refresh_answers_another_access_token,
    the_refresh_token_serves_graph_too,
    the_exchange_opens_graph,
    an_exchange_nobody_consented_to_is_refused,
    a_token_of_another_audience_is_no_assertion,
    a_forged_client_assertion_is_refused,
    a_secret_is_refused,
    a_claims_challenge_is_read_and_satisfied,
    throttling_is_honoured_by_waiting,
]


def holds(check, tenant):
    try:
        check(tenant)
    except Exception:
        print(f"FAILED {check.__name__}\n{traceback.format_exc()}")
        return False
    print(f"ok     {check.__name__}")
    return True


def main(program):
    # The product asks for the query, and so do we.
    warnings.filterwarnings("ignore", message="response_mode='form_post'")
    with tempfile.TemporaryDirectory() as folder:
        tenant = Tenant(program, folder)
        try:
            outcomes = [holds(check, tenant) for check in CHECKS]
        finally:
            tenant.stop()
    failed = outcomes.count(False)
    print(f"{len(outcomes) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
