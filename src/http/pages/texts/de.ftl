# German. This translation has not been reviewed by a speaker of the language. A speaker who has read it to the end
# removes this line and the text `unreviewed`. docs/pages.md says how.

unreviewed = Diese Übersetzung wurde noch nicht geprüft. Wenn etwas falsch ist, sagen Sie es dem Betreiber dieses Servers.
unnamed = Eine Anwendung ohne Namen

## The sentences of the permissions

permission_user_read = Sie anmelden und Ihr Profil lesen: Name, E-Mail-Adresse, Position, Telefonnummern und Büro.
permission_calendars_read = Ihren Kalender lesen: was, wann, wo, mit wem und die Links zu Online-Besprechungen.
permission_mail_read = Ihre E-Mails durchsuchen und lesen.

## A day, and a time of day

day =
    { $month ->
        [1] { $day }. Januar { $year }
        [2] { $day }. Februar { $year }
        [3] { $day }. März { $year }
        [4] { $day }. April { $year }
        [5] { $day }. Mai { $year }
        [6] { $day }. Juni { $year }
        [7] { $day }. Juli { $year }
        [8] { $day }. August { $year }
        [9] { $day }. September { $year }
        [10] { $day }. Oktober { $year }
        [11] { $day }. November { $year }
       *[12] { $day }. Dezember { $year }
    }
moment = { $day }, { $time } Uhr UTC

## Buttons, which must fit on a telephone

button_allow = Erlauben
button_allow_again = Wieder erlauben
button_block = Sperren
button_continue = Weiter
button_continue_as = Weiter als { $name }
button_deny = Ablehnen
button_end_connections = Alle Verbindungen beenden
button_end_user = Alle Verbindungen dieses Benutzers beenden
button_refuse = Ablehnen
button_return = Zurück zur App
button_review = Ansehen
button_revoke = Widerrufen
button_revoke_all = Alle widerrufen
button_revoke_application =
    { $count ->
        [one] Die Verbindung dieser Anwendung widerrufen
       *[other] Alle { $count } Verbindungen dieser Anwendung widerrufen
    }
button_sign_in = Mit Microsoft anmelden
button_sign_out = Hier abmelden
button_switch = Anderes Konto verwenden
button_unblock = Sperre aufheben
button_undo = Rückgängig
button_undo_denials =
    { $count ->
        [one] Eine Ablehnung in diesem Browser zurücknehmen
       *[other] { $count } Ablehnungen in diesem Browser zurücknehmen
    }

## The questions: whether an application may act for the reader

consent_title = Zugriff erlauben?
consent_question = Darf „{ $client }“ für Sie handeln?
consent_explanation = Diese Anwendung möchte { $server } mit Ihrem Microsoft-Konto verwenden. Die Anwendung hat ihren Namen selbst gewählt. Niemand hat ihn geprüft.
consent_next = Danach melden Sie sich bei Microsoft an.
consent_connections = Ansehen und widerrufen, was Sie erlaubt haben
short_question = Weiter mit „{ $client }“?
short_explanation = Sie haben „{ $client }“ am { $day } erlaubt.
confirmation_question = Darf „{ $client }“ für { $name } handeln?
confirmation_explanation = Sie sind angemeldet als { $name }. Mit diesem Konto haben Sie die Anwendung noch nicht erlaubt, oder Sie haben die Erlaubnis widerrufen.
permissions = Die Anwendung kann dann
permissions_added = Die Anwendung möchte jetzt auch
permissions_before = Das haben Sie schon erlaubt
return_to = Danach werden Sie weitergeleitet zu
published_at = Die Anwendung veröffentlicht ihre Angaben unter { $host }.
published_warning = Das beweist nicht, wer fragt: Jedes Programm auf diesem Gerät kann sich als diese Anwendung ausgeben.
warning_loopback = Das ist ein Programm auf Ihrem Computer. Erlauben Sie es nur, wenn Sie diese Verbindung gerade selbst begonnen haben.
warning_app = Das öffnet eine App auf diesem Gerät. Erlauben Sie es nur, wenn Sie diese Verbindung gerade selbst begonnen haben.
warning_site = Erlauben Sie es nur, wenn Sie diese Website kennen und diese Verbindung gerade selbst begonnen haben.

## After a denial

denied_title = Abgelehnt
denied_heading = Sie haben den Zugriff abgelehnt
denied_explanation = Die Anwendung erhält keinen Zugriff. Kehren Sie zur Anwendung zurück, damit sie nicht länger wartet.
denied_returns = Sie werden in einigen Sekunden zurückgeleitet.
denied_note = „{ button_return }“ führt zu { $host }. „{ button_undo }“ fragt Sie noch einmal. Wenn Sie beides nicht tun, werden Anfragen dieser Anwendung in diesem Browser 24 Stunden lang abgelehnt.
review_title = Heute abgelehnt
review_heading = Sie haben heute eine Anwendung mit diesem Namen abgelehnt
review_explanation = „{ $client }“ bittet um Zugriff. Name und Adresse sind die einer Anwendung, die Sie abgelehnt haben, aber es kann eine andere sein.
review_note = „{ button_review }“ zeigt, worum sie bittet. Die Anwendung wartet, bis Sie entscheiden.

## Pages that go on by themselves

forwarding_sign_in = Weiter zur Anmeldung bei Microsoft
forwarding_return = Zurück zur Anwendung
forwarding_link = Wenn nichts geschieht, geht es hier weiter

## Your connections

signed_in_as = Sie sind angemeldet als { $name }.
returns_to = Die Anwendung leitet Sie zurück zu { $hosts }.
returns_to_more = Die Anwendung leitet Sie zurück zu { $hosts } und { $more } weiteren.
described_at = Die Anwendung veröffentlicht ihre Angaben unter { $host }.
connections_title = Ihre Verbindungen
connections_sign_in = Melden Sie sich an, um zu sehen, welche Anwendungen für Sie handeln dürfen, und um deren Zugriff zu widerrufen.
connections_list = Diese Anwendungen dürfen für Sie handeln:
connections_none = Keine Anwendung darf für Sie handeln.
connections_note = Eine Anwendung, deren Zugriff Sie widerrufen, verliert ihn innerhalb von 30 Sekunden, auf jedem Gerät. Wenn sie sich wieder verbindet, werden Sie wieder gefragt.
connection_since = Erlaubt am { $time }.
connection_used =
    { $devices ->
        [one] Auf einem Gerät. Zuletzt erneuert am { $time }.
       *[other] Auf { $devices } Geräten. Zuletzt erneuert am { $time }.
    }
connection_unused = Zurzeit nicht verwendet.
connection_addresses = Die Anwendung verbindet sich mit { $addresses }.
connection_remembered = Beim nächsten Mal erhalten Sie nur eine kurze Frage ohne die Liste der Berechtigungen.
entra_clients = Von Ihrer Organisation erlaubte Anwendungen
entra_clients_explanation = Ihre Organisation lässt diese Anwendungen hier in Ihrem Namen handeln. Die Anmeldung bei Microsoft übernehmen die Anwendungen selbst, deshalb hat dieser Server Sie nicht gefragt.
entra_clients_note = Eine abgelehnte Anwendung verliert den Zugriff innerhalb von 30 Sekunden. Wenn Sie sie wieder erlauben, braucht sie ein neues Token. Das kann bis zu 90 Minuten dauern.
entra_client = Anwendung { $application }
entra_client_called = Erstmals verwendet am { $first }, zuletzt am { $last }.
entra_client_refused = Sie haben sie abgelehnt.

## The operator's page

operator_title = Betreiber
operator_sign_in = Melden Sie sich an, um die Anwendungen zu sehen und zu sperren, die diesen Server verwenden. Ihr Konto braucht die Rolle Admin.
operator_explanation = Was Sie hier tun, wird unter Ihrer Objekt-ID aufgezeichnet. Es wirkt innerhalb einer Minute überall.
applications = Anwendungen
applications_none = Hier ist keine Anwendung aufgeführt.
applications_more = Weitere Anwendungen
registration = Registrierung { $id }.
known_since = Bekannt seit { $time }.
used =
    { $days ->
        [one] An einem Tag verwendet, zuletzt am { $time }.
       *[other] An { $days } Tagen verwendet, zuletzt am { $time }.
    }
never_used = Nie verwendet.
is_blocked = Gesperrt.
entra_applications = Anwendungen, die ihre Token von Entra erhalten
entra_application = Anwendungs-ID { $id }.
blocks = Sperren
blocks_none = Nichts ist gesperrt.
blocked_since = Seit { $time }: { $target }.
target_registration = die Registrierung { $value }
target_document = die Anwendung, die ihre Angaben unter { $value } veröffentlicht
target_document_host = Anwendungen, die ihre Angaben unter { $value } veröffentlichen
target_redirect_host = Anwendungen, die zu { $value } zurückleiten
target_entra_application = die Anwendung { $value } in Entra
block_kind = Was gesperrt wird
block_redirect_host = Anwendungen, die zu diesem Host zurückleiten
block_document_host = Anwendungen, die ihre Angaben unter diesem Host veröffentlichen
block_document = Die Anwendung, die ihre Angaben unter dieser URL veröffentlicht
block_registration = Die Registrierung mit dieser Client-ID
block_entra_application = Die Anwendung mit dieser ID in Entra
block_value = Host, URL oder ID
users = Benutzer
user_id = Objekt-ID des Benutzers in Entra
records = Was Betreiber getan haben
records_none = Hier stehen keine Entscheidungen.
records_earlier = Frühere Entscheidungen
record_blocked = { $time }: { $operator } sperrte { $target }.
record_unblocked = { $time }: { $operator } hob eine Sperre auf: { $target }.
record_ended_application = { $time }: { $operator } beendete alle Verbindungen: { $target }.
record_ended_user = { $time }: { $operator } beendete alle Verbindungen des Benutzers mit dem Schlüssel { $user }.
record_uncertain = Das ist vielleicht nicht wirksam geworden.

## Errors: the problem, and what to do

detail = Einzelheiten (auf Englisch):
leads_elsewhere = Die Schaltfläche führt zu { $host }. Dieser Server kennt diese Adresse nicht. Drücken Sie die Schaltfläche nur, wenn Sie der Adresse vertrauen.
connect_again = Verbinden Sie sich noch einmal aus der Anwendung.
open_again = Öffnen Sie { $path } noch einmal.
incomplete_title = Das Formular ist unvollständig
decision_title = Ihre Entscheidung wurde nicht angenommen
decision_foreign = Sie kam nicht von der eigenen Seite dieses Servers. Verbinden Sie sich noch einmal aus der Anwendung.
decision_forged = Sie gehört nicht zu der Seite, die dieser Browser geöffnet hat. Verbinden Sie sich noch einmal aus der Anwendung.
cookie_title = Ihr Browser hat das Cookie dieser Seite nicht behalten
cookie = Erlauben Sie Cookies für diese Website. Öffnen Sie die Seite nicht in einem anderen Browser.
expired_title = Diese Seite ist zu alt
expired = Sie gilt zehn Minuten lang, oder bis Sie fünf weitere solche Seiten öffnen. Verbinden Sie sich noch einmal aus der Anwendung.
completed_title = Diese Anmeldung ist schon abgeschlossen
completed = Sie können diese Seite schließen und zur Anwendung zurückkehren. Wenn die Anwendung noch wartet, verbinden Sie sich noch einmal aus der Anwendung.
decided_title = Sie haben schon entschieden
decided = Diese Seite wurde schon verwendet. Um neu zu entscheiden, verbinden Sie sich noch einmal aus der Anwendung.
unavailable_title = Vorübergehend nicht verfügbar
unavailable = Ein Dienst hinter diesem Server antwortet nicht. Versuchen Sie es in einigen Sekunden noch einmal.
invalid_title = Die Anfrage der Anwendung ist nicht gültig
invalid = Dieser Server kann die Anfrage der Anwendung nicht beantworten.
invalid_advice = Schließen Sie diese Seite und versuchen Sie, sich noch einmal aus der Anwendung zu verbinden.
invalid_query = Dieser Server hat sie abgelehnt: Der Abfrageteil der Adresse ist nicht wohlgeformt.
invalid_redirect = Dieser Server hat sie abgelehnt: Der Redirect-URI ist keiner, den die Anwendung registriert hat.
invalid_parameter = Dieser Server hat sie abgelehnt: Der Parameter { $name } fehlt oder wurde mehrfach angegeben.
invalid_document = Dieser Server hat sie abgelehnt: Die Beschreibung, die die Anwendung veröffentlicht, ist nicht gültig.
not_allowed_title = Diese Anwendung darf hier nicht verwendet werden
not_allowed_host = Die Anwendung veröffentlicht ihre Angaben auf einer Website, die der Betreiber dieses Servers nicht erlaubt. Bitten Sie den Betreiber, die Website zu erlauben.
not_allowed_blocked = Der Betreiber dieses Servers hat sie gesperrt. Fragen Sie den Betreiber, wenn Sie sie brauchen.
lookup_title = Die Angaben dieser Anwendung konnten nicht abgerufen werden
lookup = Dieser Server konnte die Beschreibung nicht lesen, die die Anwendung veröffentlicht. Versuchen Sie in einer Minute, sich noch einmal zu verbinden. Wenn das nicht hilft, sagen Sie es den Herstellern der Anwendung.
unknown_title = Diese Anwendung ist hier nicht registriert
unknown = Die Registrierung ist abgelaufen oder liegt bei einem anderen Server. So registrieren Sie die Anwendung neu:
unknown_vscode = VS Code: Führen Sie „Authentication: Remove Dynamic Authentication Providers“ aus und starten Sie dann den Server neu.
unknown_claude = Claude: Entfernen Sie den Connector unter Settings, Connectors, und fügen Sie ihn wieder hinzu.
unknown_chatgpt = ChatGPT: Löschen Sie die App unter Settings, Apps, und erstellen Sie sie neu.
unknown_inspector = MCP Inspector: Löschen Sie den OAuth-Zustand in den Einstellungen des Servers und verbinden Sie sich noch einmal.
unknown_gemini = Gemini CLI: Führen Sie „/mcp auth NAME“ aus.
unknown_copilot = Copilot CLI: Drücken Sie Esc, führen Sie „copilot mcp remove NAME“ aus und fügen Sie den Server wieder hinzu.
unknown_mcp_remote = mcp-remote: Löschen Sie den Ordner ~/.mcp-auth und starten Sie mcp-remote neu.
unknown_others = Andere: Melden Sie sich in der Anwendung von diesem Server ab oder löschen Sie, was die Anwendung über ihn gespeichert hat. Verbinden Sie sich dann noch einmal.
sign_in_unknown_title = Diese Anmeldung ist unbekannt oder zu alt
sign_in_again = Öffnen Sie { $path } und melden Sie sich noch einmal an.
not_signed_in_title = Sie sind nicht angemeldet
not_signed_in = Öffnen Sie { $path } und versuchen Sie es noch einmal.
not_operator_title = Sie sind kein Betreiber dieses Servers
not_operator = Ihr Konto hat nicht die Rolle Admin. Ein Administrator von Microsoft Entra ID kann sie Ihnen geben: Unternehmensanwendungen, diese Anwendung, Benutzer und Gruppen. Öffnen Sie danach /operator noch einmal.
other_browser_title = Diese Anmeldung begann in einem anderen Browser
other_browser = Dieser Server hat sie abgebrochen, weil nur der Browser sie abschließen darf, der sie erlaubt hat. Wenn es dieser Browser war, erlauben Sie Cookies für diese Website und verbinden Sie sich noch einmal aus der Anwendung.
interrupted_title = Diese Anmeldung wurde unterbrochen
interrupted = Wenn die Anwendung nicht in einigen Sekunden weitermacht, verbinden Sie sich noch einmal aus der Anwendung.
still_refused_title = Ihre Organisation erlaubt das noch nicht
still_refused = Sie haben sich noch einmal angemeldet, und Microsoft Entra ID lässt diese Anwendung immer noch nicht für Sie handeln. Eine Richtlinie verlangt mehr (bedingter Zugriff). Ein Administrator von Microsoft Entra ID kann sie ändern. Verbinden Sie sich danach noch einmal aus der Anwendung.
organisation_title = Ihre Organisation blockiert diese Anmeldung
organisation_policy = Eine Richtlinie für bedingten Zugriff verhindert, dass Sie sich von diesem Ort, mit diesem Gerät oder in dieser Anwendung anmelden. Eine neue Anmeldung hilft nicht. Fragen Sie den Administrator Ihrer Organisation: Er sieht die Richtlinie im Anmeldeprotokoll.
organisation_assignment = Nur Benutzer, die dieser Anwendung zugewiesen sind, dürfen sich anmelden; Sie sind nicht zugewiesen. Eine neue Anmeldung hilft nicht. Bitten Sie den Administrator Ihrer Organisation, Sie zuzuweisen.
organisation_consent = Diese Anwendung braucht eine Berechtigung, die nur ein Administrator erteilen kann. Eine neue Anmeldung hilft nicht. Bitten Sie den Administrator Ihrer Organisation, ihr zuzustimmen.
admin_consent_title = Zurück von Microsoft
admin_consent = Microsoft hat Sie hierher zurückgeschickt. Wenn Sie dort zugestimmt haben, können sich die Menschen in Ihrer Organisation jetzt verbinden: Bitten Sie sie, sich noch einmal aus ihrer Anwendung zu verbinden.
admin_consent_unknown = Diese Seite kann nicht sehen, ob zugestimmt wurde. Das Entra Admin Center zeigt es unter Unternehmensanwendungen, Berechtigungen.
request_title = Ihre Anfrage wurde nicht angenommen
request_foreign = Sie gehört nicht zu der Seite, die dieser Browser geöffnet hat. Öffnen Sie { $path } noch einmal.
target_title = Das kann nicht gesperrt werden
target = Geben Sie einen Host wie client.example ein, ohne https:// und ohne Port; die ganze URL eines Metadatendokuments; die Client-ID einer Registrierung; oder die Anwendungs-ID einer Anwendung in Entra.
object_id_title = Das ist keine Objekt-ID
object_id = Geben Sie die Objekt-ID des Benutzers ein. Das Entra Admin Center zeigt sie auf der Seite des Benutzers.
repeated_title = Dieses Formular wurde schon gesendet
repeated = Beim zweiten Mal hat es keine Wirkung. Öffnen Sie /operator noch einmal, um zu sehen, was jetzt gesperrt ist.
full_title = Es gibt zu viele Einträge
full = Es kann höchstens 500 Sperren geben. Innerhalb von 90 Tagen können die Verbindungen von höchstens 500 Anwendungen beendet werden. Heben Sie eine Sperre auf, die nicht mehr nötig ist, oder nennen Sie einen Host statt einzelner Anwendungen.
too_many_title = Zu viele Anfragen
too_many = Zu viele Anfragen kamen aus Ihrem Netzwerk. Versuchen Sie es später noch einmal.
too_many_of_yours = Sie haben zu viele Anfragen gesendet. Versuchen Sie es in einer Minute noch einmal.
too_many_lookups = Die Angaben von zu vielen Anwendungen wurden abgerufen. Versuchen Sie es in einer Minute noch einmal.
body_title = Die Anfrage ist nicht gültig
body_too_large = Dieser Server hat sie abgelehnt: Sie ist zu groß.
body_late = Dieser Server hat sie abgelehnt: Sie kam nicht rechtzeitig an.
body_incomplete = Dieser Server hat sie abgelehnt: Sie ist unvollständig.
busy_title = Versuchen Sie es noch einmal
busy = Dieser Server hat zu viel zu tun. Versuchen Sie es in einigen Sekunden noch einmal.
