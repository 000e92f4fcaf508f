# French. This translation has not been reviewed by a speaker of the language. A speaker who has read it to the end
# removes this line and the text `unreviewed`. docs/pages.md says how.

unreviewed = Cette traduction n’a pas encore été relue. Si quelque chose est faux, dites-le à l’opérateur de ce serveur.
unnamed = Une application sans nom

## The sentences of the permissions

permission_user_read = Vous connecter et lire votre profil : nom, adresse e-mail, fonction, numéros de téléphone et bureau.
permission_calendars_read = Lire votre calendrier : quoi, quand, où, avec qui, et les liens des réunions en ligne.
permission_mail_read = Rechercher et lire vos e-mails.

## A day, and a time of day

# The first day of a month is “1er”; the star marks the form of every other day.
day =
    { $day ->
        [1] 1er { day.month } { $year }
       *[2] { $day } { day.month } { $year }
    }
    .month =
    { $month ->
        [1] janvier
        [2] février
        [3] mars
        [4] avril
        [5] mai
        [6] juin
        [7] juillet
        [8] août
        [9] septembre
        [10] octobre
        [11] novembre
       *[12] décembre
    }
moment = { $day } à { $time } UTC

## Buttons, which must fit on a telephone

button_allow = Autoriser
button_allow_again = Autoriser de nouveau
button_block = Bloquer
button_continue = Continuer
button_continue_as = Continuer en tant que { $name }
button_deny = Refuser
button_end_connections = Mettre fin à toutes les connexions
button_end_user = Mettre fin à toutes les connexions de cet utilisateur
button_refuse = Refuser
button_return = Retour à l’application
button_review = Examiner
button_revoke = Révoquer
button_revoke_all = Tout révoquer
button_revoke_application =
    { $count ->
        [one] Révoquer la connexion de cette application
       *[other] Révoquer les { $count } connexions de cette application
    }
button_sign_in = Se connecter avec Microsoft
button_sign_out = Se déconnecter ici
button_switch = Utiliser un autre compte
button_unblock = Lever le blocage
button_undo = Annuler
button_undo_denials =
    { $count ->
        [one] Annuler un refus dans ce navigateur
       *[other] Annuler { $count } refus dans ce navigateur
    }

## The questions: whether an application may act for the reader

consent_title = Autoriser l’accès ?
consent_question = Autoriser « { $client } » à agir pour vous ?
consent_explanation = Cette application demande à utiliser { $server } avec votre compte Microsoft. L’application a choisi son nom elle-même. Personne ne l’a vérifié.
consent_next = Ensuite, vous vous connectez avec Microsoft.
consent_connections = Voir et révoquer ce que vous avez autorisé
short_question = Continuer avec « { $client } » ?
short_explanation = Vous avez autorisé « { $client } » le { $day }.
confirmation_question = Autoriser « { $client } » à agir pour { $name } ?
confirmation_explanation = Vous êtes connecté en tant que { $name }. Vous n’avez pas encore autorisé cette application avec ce compte, ou vous avez révoqué son accès.
permissions = L’application pourra
permissions_added = L’application veut maintenant aussi
permissions_before = Vous l’avez déjà autorisée à
return_to = Vous serez ensuite renvoyé vers
published_at = L’application publie sa description à l’adresse { $host }.
published_warning = Cela ne prouve pas qui fait la demande : tout programme sur cet appareil peut se faire passer pour elle.
warning_loopback = C’est un programme sur votre ordinateur. Autorisez l’accès seulement si vous venez vous-même de lancer cette connexion.
warning_app = Cela ouvre une application sur cet appareil. Autorisez l’accès seulement si vous venez vous-même de lancer cette connexion.
warning_site = Autorisez l’accès seulement si vous connaissez ce site et si vous venez vous-même de lancer cette connexion.

## After a denial

denied_title = Refusé
denied_heading = Vous avez refusé l’accès
denied_explanation = L’application n’obtient aucun accès. Retournez à l’application pour qu’elle cesse d’attendre.
denied_returns = Vous serez renvoyé dans quelques secondes.
denied_note = « { button_return } » mène à { $host }. « { button_undo } » vous pose la question de nouveau. Si vous ne faites ni l’un ni l’autre, les demandes de cette application sont refusées dans ce navigateur pendant 24 heures.
review_title = Refusée aujourd’hui
review_heading = Vous avez refusé aujourd’hui une application portant ce nom
review_explanation = « { $client } » demande un accès. Elle a le nom et l’adresse d’une application que vous avez refusée, mais il peut s’agir d’une autre.
review_note = « { button_review } » montre ce qu’elle demande. L’application attend votre décision.

## Pages that go on by themselves

forwarding_sign_in = Continuer chez Microsoft pour se connecter
forwarding_return = Retour à l’application
forwarding_link = Si rien ne se passe, continuez ici

## Your connections

signed_in_as = Vous êtes connecté en tant que { $name }.
returns_to = Elle renvoie vers { $hosts }.
returns_to_more = Elle renvoie vers { $hosts } et { $more } de plus.
described_at = Elle publie sa description à l’adresse { $host }.
connections_title = Vos connexions
connections_sign_in = Connectez-vous pour voir quelles applications peuvent agir pour vous et pour révoquer leur accès.
connections_list = Ces applications peuvent agir pour vous :
connections_none = Aucune application ne peut agir pour vous.
connections_note = Une application dont vous révoquez l’accès le perd dans les 30 secondes, sur tous les appareils. Si elle se connecte de nouveau, la question vous est posée de nouveau.
connection_since = Autorisée le { $time }.
connection_used =
    { $devices ->
        [one] Sur un appareil. Dernier renouvellement le { $time }.
       *[other] Sur { $devices } appareils. Dernier renouvellement le { $time }.
    }
connection_unused = Inutilisée actuellement.
connection_addresses = Elle se connecte à { $addresses }.
connection_remembered = La prochaine fois, une question courte vous sera posée, sans la liste des autorisations.
entra_clients = Applications que votre organisation autorise
entra_clients_explanation = Votre organisation laisse ces applications agir pour vous ici. Elles vous connectent elles-mêmes avec Microsoft, donc ce serveur ne vous a pas posé la question.
entra_clients_note = Une application refusée perd l’accès dans les 30 secondes. Si vous l’autorisez de nouveau, il lui faut un nouveau jeton. Cela peut prendre jusqu’à 90 minutes.
entra_client = Application { $application }
entra_client_called = Première utilisation le { $first }, dernière le { $last }.
entra_client_refused = Vous l’avez refusée.

## The operator's page

operator_title = Opérateur
operator_sign_in = Connectez-vous pour voir et bloquer les applications qui utilisent ce serveur. Votre compte doit avoir le rôle Admin.
operator_explanation = Vos actions ici sont enregistrées sous votre ID d’objet. Elles prennent effet partout dans la minute.
applications = Applications
applications_none = Aucune application dans cette liste.
applications_more = Plus d’applications
registration = Inscription { $id }.
known_since = Connue depuis le { $time }.
used =
    { $days ->
        [one] Utilisée pendant un jour, la dernière fois le { $time }.
       *[other] Utilisée pendant { $days } jours, la dernière fois le { $time }.
    }
never_used = Jamais utilisée.
is_blocked = Bloquée.
entra_applications = Applications qui reçoivent leurs jetons d’Entra
entra_application = ID d’application { $id }.
blocks = Blocages
blocks_none = Rien n’est bloqué.
blocked_since = Depuis le { $time } : { $target }.
target_registration = l’inscription { $value }
target_document = l’application qui publie sa description à l’adresse { $value }
target_document_host = les applications qui publient leur description sur { $value }
target_redirect_host = les applications qui renvoient vers { $value }
target_entra_application = l’application { $value } dans Entra
block_kind = Que bloquer
block_redirect_host = Les applications qui renvoient vers cet hôte
block_document_host = Les applications qui publient leur description sur cet hôte
block_document = L’application qui publie sa description à cette URL
block_registration = L’inscription avec cet ID de client
block_entra_application = L’application avec cet ID dans Entra
block_value = Hôte, URL ou ID
users = Utilisateurs
user_id = ID d’objet de l’utilisateur dans Entra
records = Ce que les opérateurs ont fait
records_none = Aucune décision ici.
records_earlier = Décisions antérieures
record_blocked = { $time } : { $operator } a bloqué { $target }.
record_unblocked = { $time } : { $operator } a levé un blocage : { $target }.
record_ended_application = { $time } : { $operator } a mis fin à toutes les connexions : { $target }.
record_ended_user = { $time } : { $operator } a mis fin à toutes les connexions de l’utilisateur avec la clé { $user }.
record_uncertain = Cela n’a peut-être pas pris effet.

## Errors: the problem, and what to do

detail = Détails (en anglais) :
leads_elsewhere = Le bouton mène à { $host }. Ce serveur ne connaît pas cette adresse. N’appuyez sur le bouton que si vous faites confiance à cette adresse.
connect_again = Connectez-vous de nouveau depuis l’application.
open_again = Ouvrez { $path } de nouveau.
incomplete_title = Le formulaire est incomplet
decision_title = Votre décision n’a pas été acceptée
decision_foreign = Elle n’a pas été envoyée depuis la page de ce serveur. Connectez-vous de nouveau depuis l’application.
decision_forged = Elle n’appartient pas à la page que ce navigateur a ouverte. Connectez-vous de nouveau depuis l’application.
cookie_title = Votre navigateur n’a pas gardé le cookie de cette page
cookie = Autorisez les cookies pour ce site. N’ouvrez pas la page dans un autre navigateur.
expired_title = Cette page est trop ancienne
expired = Elle expire après dix minutes, ou quand vous ouvrez cinq autres pages semblables. Connectez-vous de nouveau depuis l’application.
completed_title = Vous vous êtes déjà connecté avec succès
completed = Vous pouvez fermer cette page et retourner à l’application. Si elle attend encore, connectez-vous de nouveau depuis l’application.
decided_title = Vous avez déjà décidé
decided = Cette page a déjà été utilisée. Pour décider de nouveau, connectez-vous de nouveau depuis l’application.
unavailable_title = Temporairement indisponible
unavailable = Un service derrière ce serveur ne répond pas. Réessayez dans quelques secondes.
invalid_title = La demande de l’application n’est pas valide
invalid = Ce serveur ne peut pas répondre à la demande de l’application.
invalid_advice = Fermez cette page et essayez de vous connecter de nouveau depuis l’application.
invalid_query = Ce serveur l’a refusée : la chaîne de requête de l’adresse est mal formée.
invalid_redirect = Ce serveur l’a refusée : l’URI de redirection n’est pas une de celles que l’application a inscrites.
invalid_parameter = Ce serveur l’a refusée : le paramètre { $name } manque ou est donné plusieurs fois.
invalid_document = Ce serveur l’a refusée : la description que l’application publie n’est pas valide.
not_allowed_title = Cette application ne peut pas être utilisée ici
not_allowed_host = Elle publie sa description sur un site que l’opérateur de ce serveur n’autorise pas. Demandez à l’opérateur d’autoriser ce site.
not_allowed_blocked = L’opérateur de ce serveur l’a bloquée. Adressez-vous à l’opérateur si vous en avez besoin.
lookup_title = La description de cette application n’a pas pu être lue
lookup = Ce serveur n’a pas pu lire la description que l’application publie. Essayez de vous connecter de nouveau dans une minute. Si cela ne suffit pas, dites-le aux auteurs de l’application.
unknown_title = Cette application n’est pas inscrite ici
unknown = Son inscription a expiré, ou se trouve sur un autre serveur. Pour l’inscrire de nouveau :
unknown_vscode = VS Code : exécutez « Authentication: Remove Dynamic Authentication Providers », puis redémarrez le serveur.
unknown_claude = Claude : supprimez le connecteur dans Settings, Connectors, et ajoutez-le de nouveau.
unknown_chatgpt = ChatGPT : supprimez l’application dans Settings, Apps, et créez-la de nouveau.
unknown_inspector = MCP Inspector : effacez l’état OAuth dans les paramètres du serveur, puis connectez-vous de nouveau.
unknown_gemini = Gemini CLI : exécutez « /mcp auth NAME ».
unknown_copilot = Copilot CLI : appuyez sur Échap, exécutez « copilot mcp remove NAME » et ajoutez le serveur de nouveau.
unknown_mcp_remote = mcp-remote : supprimez le dossier ~/.mcp-auth, puis relancez mcp-remote.
unknown_others = Autres : déconnectez-vous de ce serveur dans l’application, ou supprimez ce que l’application a enregistré à son sujet. Connectez-vous ensuite de nouveau.
sign_in_unknown_title = Cette connexion est inconnue ou trop ancienne
sign_in_again = Ouvrez { $path } et connectez-vous de nouveau.
not_signed_in_title = Vous n’êtes pas connecté
not_signed_in = Ouvrez { $path } et réessayez.
not_operator_title = Vous n’êtes pas opérateur de ce serveur
not_operator = Votre compte n’a pas le rôle Admin. Un administrateur de Microsoft Entra ID peut vous le donner : Applications d’entreprise, cette application, Utilisateurs et groupes. Ouvrez ensuite /operator de nouveau.
other_browser_title = Cette connexion a commencé dans un autre navigateur
other_browser = Ce serveur l’a annulée, car seul le navigateur qui l’a autorisée peut la mener à bien. Si c’était ce navigateur, autorisez les cookies pour ce site et connectez-vous de nouveau depuis l’application.
interrupted_title = Cette connexion a été interrompue
interrupted = Si l’application ne continue pas dans quelques secondes, connectez-vous de nouveau depuis l’application.
still_refused_title = Votre organisation ne l’autorise pas encore
still_refused = Vous vous êtes connecté de nouveau, et Microsoft Entra ID ne laisse toujours pas cette application agir pour vous. Une stratégie demande davantage (accès conditionnel). Un administrateur de Microsoft Entra ID peut la modifier. Connectez-vous ensuite de nouveau depuis l’application.
organisation_title = Votre organisation bloque cette connexion
organisation_policy = Une stratégie d’accès conditionnel ne vous laisse pas vous connecter depuis ce lieu, cet appareil ou cette application. Se reconnecter n’y changera rien. Adressez-vous à l’administrateur de votre organisation, qui voit la stratégie dans le journal des connexions.
organisation_assignment = Seuls les utilisateurs affectés à cette application peuvent se connecter, et vous ne l’êtes pas. Se reconnecter n’y changera rien. Demandez à l’administrateur de votre organisation de vous affecter.
organisation_consent = Cette application a besoin d’une autorisation que seul un administrateur peut accorder. Se reconnecter n’y changera rien. Demandez à l’administrateur de votre organisation d’y consentir.
admin_consent_title = De retour de Microsoft
admin_consent = Microsoft vous a renvoyé ici. Si vous y avez donné votre consentement, les personnes de votre organisation peuvent se connecter maintenant : demandez-leur de se connecter de nouveau depuis leur application.
admin_consent_unknown = Cette page ne peut pas voir si le consentement a été donné. Le centre d’administration Entra le montre, sous Applications d’entreprise, Autorisations.
request_title = Votre demande n’a pas été acceptée
request_foreign = Elle n’appartient pas à la page que ce navigateur a ouverte. Ouvrez { $path } de nouveau.
target_title = Ceci ne peut pas être bloqué
target = Saisissez un hôte comme client.example, sans https:// et sans port ; l’URL entière d’un document de métadonnées ; l’ID de client d’une inscription ; ou l’ID d’une application dans Entra.
object_id_title = Ce n’est pas un ID d’objet
object_id = Saisissez l’ID d’objet de l’utilisateur. Le centre d’administration Entra l’affiche sur la page de l’utilisateur.
repeated_title = Ce formulaire a déjà été envoyé
repeated = La seconde fois, il n’a aucun effet. Ouvrez /operator de nouveau pour voir ce qui est bloqué maintenant.
full_title = Il y a trop d’entrées
full = Il peut y avoir au plus 500 blocages. En 90 jours, on peut mettre fin aux connexions de 500 applications au plus. Levez un blocage qui n’est plus nécessaire, ou nommez un hôte au lieu d’applications isolées.
too_many_title = Trop de demandes
too_many = Trop de demandes sont venues de votre réseau. Réessayez plus tard.
too_many_of_yours = Vous avez envoyé trop de demandes. Réessayez dans une minute.
too_many_lookups = Trop de descriptions d’applications ont été lues. Réessayez dans une minute.
body_title = La demande n’est pas valide
body_too_large = Ce serveur l’a refusée : elle est trop grande.
body_late = Ce serveur l’a refusée : elle n’est pas arrivée à temps.
body_incomplete = Ce serveur l’a refusée : elle est incomplète.
busy_title = Réessayez
busy = Ce serveur a trop à faire. Réessayez dans quelques secondes.
