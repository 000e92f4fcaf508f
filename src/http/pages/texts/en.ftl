# English, in which the pages are written first. Every other file has the same keys, the same values in each text, and one
# sentence more for each permission: in English that sentence is in the scope table.
# docs/pages.md says how to correct a language and how to add one.

unnamed = An application without a name

## A day, and a time of day. The pages have no script, so they cannot know the reader's time zone.

day =
    { $month ->
        [1] { $day } January { $year }
        [2] { $day } February { $year }
        [3] { $day } March { $year }
        [4] { $day } April { $year }
        [5] { $day } May { $year }
        [6] { $day } June { $year }
        [7] { $day } July { $year }
        [8] { $day } August { $year }
        [9] { $day } September { $year }
        [10] { $day } October { $year }
        [11] { $day } November { $year }
       *[12] { $day } December { $year }
    }
moment = { $day }, { $time } UTC

## Buttons, which must fit on a telephone

button_allow = Allow
button_allow_again = Allow again
button_block = Block
button_continue = Continue
button_continue_as = Continue as { $name }
button_deny = Deny
button_end_connections = End every connection
button_end_user = End every connection of this user
button_refuse = Refuse
button_return = Return to the app
button_review = Review
button_revoke = Revoke
button_revoke_all = Revoke all
button_revoke_application =
    { $count ->
        [one] Revoke the connection of this application
       *[other] Revoke all { $count } connections of this application
    }
button_sign_in = Sign in with Microsoft
button_sign_out = Sign out here
button_switch = Use another account
button_unblock = Lift the block
button_undo = Undo
button_undo_denials =
    { $count ->
        [one] Undo one denial in this browser
       *[other] Undo { $count } denials in this browser
    }

## The questions: whether an application may act for the reader

consent_title = Allow access?
consent_question = Allow “{ $client }” to act for you?
consent_explanation = This application asks to use { $server } with your Microsoft account. The application chose its own name. Nobody has checked it.
consent_next = After this you sign in with Microsoft.
consent_connections = See and revoke what you allowed
short_question = Continue with “{ $client }”?
short_explanation = You allowed “{ $client }” on { $day }.
confirmation_question = Allow “{ $client }” to act for { $name }?
confirmation_explanation = You are signed in as { $name }. You have not allowed this application with this account yet, or you have revoked its access.
permissions = The application will be able to
permissions_added = The application now also wants to
permissions_before = You already allowed it to
return_to = You will be sent back to
published_at = The application describes itself at { $host }.
published_warning = That does not prove who asks: any program on this device can claim to be it.
warning_loopback = This is a program on your computer. Allow it only if you started this connection yourself, just now.
warning_app = This opens an app on this device. Allow it only if you started this connection yourself, just now.
warning_site = Allow it only if you know this site and started this connection yourself, just now.

## After a denial

denied_title = Denied
denied_heading = You denied access
denied_explanation = The application gets no access. Return to the application so that it stops waiting.
denied_returns = You will be sent back in a few seconds.
denied_note = “{ button_return }” goes to { $host }. “{ button_undo }” asks you again. If you do neither, requests of this application are denied in this browser for 24 hours.
review_title = Denied today
review_heading = You denied an application with this name today
review_explanation = “{ $client }” asks for access. It has the name and the address of an application that you denied, but it may be another one.
review_note = “{ button_review }” shows what it asks for. The application waits until you decide.

## Pages that go on by themselves

forwarding_sign_in = Continue to Microsoft to sign in
forwarding_return = Back to the application
forwarding_link = If nothing happens, continue here

## Your connections

signed_in_as = You are signed in as { $name }.
returns_to = It returns to { $hosts }.
returns_to_more = It returns to { $hosts } and { $more } more.
described_at = It describes itself at { $host }.
connections_title = Your connections
connections_sign_in = Sign in to see which applications may act for you, and to revoke their access.
connections_list = These applications may act for you:
connections_none = No application may act for you.
connections_note = An application whose access you revoke loses it within 30 seconds, on every device. If the application connects again, you are asked again.
connection_since = Allowed on { $time }.
connection_used =
    { $devices ->
        [one] On one device. Last renewed on { $time }.
       *[other] On { $devices } devices. Last renewed on { $time }.
    }
connection_unused = Not in use now.
connection_addresses = It connects to { $addresses }.
connection_remembered = Next time you get a short question without the list of permissions.
entra_clients = Applications that your organisation allows
entra_clients_explanation = Your organisation lets these applications act for you here. They sign you in with Microsoft themselves, so this server did not ask you.
entra_clients_note = A refused application loses access within 30 seconds. If you allow it again, it needs a new token. That can take up to 90 minutes.
entra_client = Application { $application }
entra_client_called = First used on { $first }, last on { $last }.
entra_client_refused = You have refused it.

## The operator's page

operator_title = Operator
operator_sign_in = Sign in to see and block the applications that use this server. Your account needs the role Admin.
operator_explanation = Your actions here are recorded under your object id. They take effect everywhere within a minute.
applications = Applications
applications_none = No application is listed here.
applications_more = More applications
registration = Registration { $id }.
known_since = Known since { $time }.
used =
    { $days ->
        [one] Used on one day, last on { $time }.
       *[other] Used on { $days } days, last on { $time }.
    }
never_used = Never used.
is_blocked = Blocked.
entra_applications = Applications that get their tokens from Entra
entra_application = Application id { $id }.
blocks = Blocks
blocks_none = Nothing is blocked.
blocked_since = Since { $time }: { $target }.
target_registration = the registration { $value }
target_document = the application that describes itself at { $value }
target_document_host = applications that describe themselves at { $value }
target_redirect_host = applications that return to { $value }
target_entra_application = the application { $value } in Entra
block_kind = What to block
block_redirect_host = Applications that return to this host
block_document_host = Applications that describe themselves at this host
block_document = The application that describes itself at this URL
block_registration = The registration with this client id
block_entra_application = The application with this id in Entra
block_value = Host, URL or id
users = Users
user_id = Object id of the user in Entra
records = What operators did
records_none = No decisions here.
records_earlier = Earlier decisions
record_blocked = { $time }: { $operator } blocked { $target }.
record_unblocked = { $time }: { $operator } lifted the block of { $target }.
record_ended_application = { $time }: { $operator } ended every connection of { $target }.
record_ended_user = { $time }: { $operator } ended every connection of the user with the key { $user }.
record_uncertain = It may not have taken effect.

## Errors: the problem, and what to do

detail = Details:
leads_elsewhere = The button leads to { $host }. This server does not know that address. Press the button only if you trust that address.
connect_again = Connect again from the application.
open_again = Open { $path } again.
incomplete_title = The form is incomplete
decision_title = Your decision was not accepted
decision_foreign = It was not sent from this server's own page. Connect again from the application.
decision_forged = It does not belong to the page that this browser opened. Connect again from the application.
cookie_title = Your browser did not keep this page's cookie
cookie = Allow cookies for this site. Do not open the page in another browser.
expired_title = This page is too old
expired = It expires after ten minutes, or when you open five more pages like it. Connect again from the application.
completed_title = This sign-in is already completed
completed = You can close this page and go back to the application. If it still waits, connect again from the application.
decided_title = You have already decided
decided = This page was used before. To decide again, connect again from the application.
unavailable_title = Temporarily unavailable
unavailable = A service behind this server does not answer. Try again in a few seconds.
invalid_title = The application's request is not valid
invalid = This server cannot answer the request of the application.
invalid_advice = Close this page and try to connect again from the application.
invalid_query = This server refused it: the query is not well formed.
invalid_redirect = This server refused it: the redirect URI is not one that the application registered.
invalid_parameter = This server refused it: the parameter { $name } is missing or given more than once.
invalid_document = This server refused it: the description that the application publishes is not valid.
not_allowed_title = This application may not be used here
not_allowed_host = It describes itself on a site that the operator of this server does not allow. Ask the operator to allow it.
not_allowed_blocked = The operator of this server has blocked it. Ask the operator if you need it.
lookup_title = This application could not be looked up
lookup = This server could not read the description that the application publishes. Try to connect again in a minute. If that does not help, tell the makers of the application.
unknown_title = This application is not registered here
unknown = Its registration has expired, or is with another server. To register again:
unknown_vscode = VS Code: run “Authentication: Remove Dynamic Authentication Providers”, then start the server again.
unknown_claude = Claude: remove the connector in Settings, Connectors, and add it again.
unknown_chatgpt = ChatGPT: delete the app in Settings, Apps, and create it again.
unknown_inspector = MCP Inspector: clear the OAuth state in the server's settings, then connect again.
unknown_gemini = Gemini CLI: run “/mcp auth NAME”.
unknown_copilot = Copilot CLI: press Esc, run “copilot mcp remove NAME”, and add the server again.
unknown_mcp_remote = mcp-remote: delete the folder ~/.mcp-auth, then start mcp-remote again.
unknown_others = Others: sign out of this server in the application, or delete what the application stored about it. Then connect again.
sign_in_unknown_title = This sign-in is unknown or too old
sign_in_again = Open { $path } and sign in again.
not_signed_in_title = You are not signed in
not_signed_in = Open { $path } and try again.
not_operator_title = You are not an operator of this server
not_operator = Your account does not have the role Admin. An administrator of Microsoft Entra ID can give it to you: Enterprise applications, this application, Users and groups. After that, open /operator again.
other_browser_title = This sign-in began in another browser
other_browser = This server cancelled it, because only the browser that allowed it may complete it. If that was this browser, allow cookies for this site and connect again from the application.
interrupted_title = This sign-in was interrupted
interrupted = If the application does not continue in a few seconds, connect again from the application.
still_refused_title = Your organisation does not allow this yet
still_refused = You signed in again, and Microsoft Entra ID still does not let this application act for you. A policy asks for more (Conditional Access). An administrator of Microsoft Entra ID can change it. After that, connect again from the application.
organisation_title = Your organisation blocks this sign-in
organisation_policy = A Conditional Access policy does not let you sign in from this place, device or application. Signing in again does not help. Ask the administrator of your organisation, who can see the policy in the sign-in log.
organisation_assignment = Only users who are assigned to this application may sign in, and you are not. Signing in again does not help. Ask the administrator of your organisation to assign you.
organisation_consent = This application needs a permission that only an administrator can grant. Signing in again does not help. Ask the administrator of your organisation to consent to it.
admin_consent_title = Back from Microsoft
admin_consent = Microsoft has sent you back here. If you gave your consent there, people in your organisation can connect now: ask them to connect again from their application.
admin_consent_unknown = This page cannot see whether consent was given. The Entra admin center shows it, under Enterprise applications, Permissions.
request_title = Your request was not accepted
request_foreign = It does not come from the page that this browser opened. Open { $path } again.
target_title = This cannot be blocked
target = Enter a host such as client.example, without https:// and without a port; the whole URL of a metadata document; the client id of a registration; or the application id of an application in Entra.
object_id_title = This is not an object id
object_id = Enter the object id of the user. The Entra admin center shows it on the user's page.
repeated_title = This form was sent before
repeated = It has no effect the second time. Open /operator again to see what is blocked now.
full_title = There are too many entries
full = There can be at most 500 blocks. Within 90 days, the connections of at most 500 applications can be ended. Lift a block that is not needed any more, or name a host instead of single applications.
too_many_title = Too many requests
too_many = Too many requests came from your network. Try again later.
too_many_of_yours = You have sent too many requests. Try again in a minute.
too_many_lookups = Too many applications were looked up. Try again in a minute.
body_title = The request is not valid
body_too_large = This server refused it: it is too large.
body_late = This server refused it: it did not arrive in time.
body_incomplete = This server refused it: it is incomplete.
busy_title = Try again
busy = This server has too much to do. Try again in a few seconds.
