# Spanish. This translation has not been reviewed by a speaker of the language. A speaker who has read it to the end
# removes this line and the text `unreviewed`. docs/pages.md says how.

unreviewed = Esta traducción aún no ha sido revisada. Si algo está mal, dígaselo al operador de este servidor.
unnamed = Una aplicación sin nombre

## The sentences of the permissions

permission_user_read = Iniciar su sesión y leer su perfil: nombre, correo electrónico, cargo, teléfonos y oficina.
permission_calendars_read = Leer su calendario: qué, cuándo, dónde, con quién y los enlaces de las reuniones en línea.
permission_mail_read = Buscar y leer sus correos electrónicos.

## A day, and a time of day

day =
    { $month ->
        [1] { $day } de enero de { $year }
        [2] { $day } de febrero de { $year }
        [3] { $day } de marzo de { $year }
        [4] { $day } de abril de { $year }
        [5] { $day } de mayo de { $year }
        [6] { $day } de junio de { $year }
        [7] { $day } de julio de { $year }
        [8] { $day } de agosto de { $year }
        [9] { $day } de septiembre de { $year }
        [10] { $day } de octubre de { $year }
        [11] { $day } de noviembre de { $year }
       *[12] { $day } de diciembre de { $year }
    }
moment = { $day }, { $time } UTC

## Buttons, which must fit on a telephone

button_allow = Permitir
button_allow_again = Permitir de nuevo
button_block = Bloquear
button_continue = Continuar
button_continue_as = Continuar como { $name }
button_deny = Denegar
button_end_connections = Terminar todas las conexiones
button_end_user = Terminar todas las conexiones de este usuario
button_refuse = Rechazar
button_return = Volver a la aplicación
button_review = Revisar
button_revoke = Revocar
button_revoke_all = Revocar todo
button_revoke_application =
    { $count ->
        [one] Revocar la conexión de esta aplicación
       *[other] Revocar las { $count } conexiones de esta aplicación
    }
button_sign_in = Iniciar sesión con Microsoft
button_sign_out = Cerrar sesión aquí
button_switch = Usar otra cuenta
button_unblock = Levantar el bloqueo
button_undo = Deshacer
button_undo_denials =
    { $count ->
        [one] Deshacer una denegación en este navegador
       *[other] Deshacer { $count } denegaciones en este navegador
    }

## The questions: whether an application may act for the reader

consent_title = ¿Permitir el acceso?
consent_question = ¿Permitir que «{ $client }» actúe por usted?
consent_explanation = Esta aplicación pide usar { $server } con su cuenta de Microsoft. La aplicación eligió su propio nombre. Nadie lo ha comprobado.
consent_next = Después iniciará sesión con Microsoft.
consent_connections = Ver y revocar lo que ha permitido
short_question = ¿Continuar con «{ $client }»?
short_explanation = Usted autorizó «{ $client }» el { $day }.
confirmation_question = ¿Permitir que «{ $client }» actúe por { $name }?
confirmation_explanation = Ha iniciado sesión como { $name }. Con esta cuenta aún no ha autorizado esta aplicación, o ha revocado su acceso.
permissions = La aplicación podrá
permissions_added = Ahora la aplicación también quiere
permissions_before = Esto ya lo ha permitido
return_to = Después volverá a
published_at = La aplicación se describe en { $host }.
published_warning = Eso no demuestra quién lo solicita: cualquier programa de este dispositivo puede hacerse pasar por ella.
warning_loopback = Es un programa de su ordenador. Permítalo solo si usted mismo acaba de iniciar esta conexión.
warning_app = Esto abre una aplicación en este dispositivo. Permítalo solo si usted mismo acaba de iniciar esta conexión.
warning_site = Permítalo solo si conoce este sitio y si usted mismo acaba de iniciar esta conexión.

## After a denial

denied_title = Denegado
denied_heading = Ha denegado el acceso
denied_explanation = La aplicación no obtiene acceso. Vuelva a la aplicación para que deje de esperar.
denied_returns = Volverá a la aplicación en unos segundos.
denied_note = «{ button_return }» lleva a { $host }. «{ button_undo }» le pregunta de nuevo. Si no hace ninguna de las dos cosas, las solicitudes de esta aplicación se deniegan en este navegador durante 24 horas.
review_title = Denegada hoy
review_heading = Hoy ha denegado el acceso a una aplicación con este nombre
review_explanation = «{ $client }» pide acceso. Tiene el nombre y la dirección de una aplicación a la que usted denegó el acceso, pero puede ser otra.
review_note = «{ button_review }» muestra lo que pide. La aplicación espera hasta que usted decida.

## Pages that go on by themselves

forwarding_sign_in = Continuar a Microsoft para iniciar sesión
forwarding_return = De vuelta a la aplicación
forwarding_link = Si no pasa nada, continúe aquí

## Your connections

signed_in_as = Ha iniciado sesión como { $name }.
returns_to = La aplicación vuelve a { $hosts }.
returns_to_more = La aplicación vuelve a { $hosts } y { $more } más.
described_at = La aplicación se describe en { $host }.
connections_title = Sus conexiones
connections_sign_in = Inicie sesión para ver qué aplicaciones pueden actuar por usted y para revocar su acceso.
connections_list = Estas aplicaciones pueden actuar por usted:
connections_none = Ninguna aplicación puede actuar por usted.
connections_note = Una aplicación cuyo acceso usted revoca lo pierde en un plazo de 30 segundos, en todos los dispositivos. Si la aplicación se conecta de nuevo, se le pregunta de nuevo.
connection_since = Permitida el { $time }.
connection_used =
    { $devices ->
        [one] En un dispositivo. Renovada por última vez el { $time }.
       *[other] En { $devices } dispositivos. Renovada por última vez el { $time }.
    }
connection_unused = Ahora no está en uso.
connection_addresses = La aplicación se conecta a { $addresses }.
connection_remembered = La próxima vez verá una pregunta breve, sin la lista de permisos.
entra_clients = Aplicaciones que su organización permite
entra_clients_explanation = Su organización deja que estas aplicaciones actúen por usted aquí. Ellas mismas inician su sesión con Microsoft, por eso este servidor no le preguntó.
entra_clients_note = Una aplicación rechazada pierde el acceso en un plazo de 30 segundos. Si la permite de nuevo, necesita un token nuevo. Eso puede tardar hasta 90 minutos.
entra_client = Aplicación { $application }
entra_client_called = Usada por primera vez el { $first }, por última vez el { $last }.
entra_client_refused = La ha rechazado.

## The operator's page

operator_title = Operador
operator_sign_in = Inicie sesión para ver y bloquear las aplicaciones que usan este servidor. Su cuenta necesita el rol Admin.
operator_explanation = Lo que haga aquí se registra con su id. de objeto. Tiene efecto en todas partes en un plazo de un minuto.
applications = Aplicaciones
applications_none = Aquí no hay ninguna aplicación.
applications_more = Más aplicaciones
registration = Registro { $id }.
known_since = Conocida desde el { $time }.
used =
    { $days ->
        [one] Usada un día, por última vez el { $time }.
       *[other] Usada { $days } días, por última vez el { $time }.
    }
never_used = Nunca usada.
is_blocked = Bloqueada.
entra_applications = Aplicaciones que reciben sus tokens de Entra
entra_application = Id. de aplicación { $id }.
blocks = Bloqueos
blocks_none = No hay nada bloqueado.
blocked_since = Desde el { $time }: { $target }.
target_registration = el registro { $value }
target_document = la aplicación que se describe en { $value }
target_document_host = las aplicaciones que se describen en { $value }
target_redirect_host = las aplicaciones que vuelven a { $value }
target_entra_application = la aplicación { $value } en Entra
block_kind = Qué bloquear
block_redirect_host = Las aplicaciones que vuelven a este host
block_document_host = Las aplicaciones que se describen en este host
block_document = La aplicación que se describe en esta URL
block_registration = El registro con este id. de cliente
block_entra_application = La aplicación con este id. en Entra
block_value = Host, URL o id.
users = Usuarios
user_id = Id. de objeto del usuario en Entra
records = Lo que hicieron los operadores
records_none = Aquí no hay decisiones.
records_earlier = Decisiones anteriores
record_blocked = { $time }: { $operator } bloqueó { $target }.
record_unblocked = { $time }: { $operator } levantó un bloqueo: { $target }.
record_ended_application = { $time }: { $operator } terminó todas las conexiones: { $target }.
record_ended_user = { $time }: { $operator } terminó todas las conexiones del usuario con la clave { $user }.
record_uncertain = Puede que no haya surtido efecto.

## Errors: the problem, and what to do

detail = Detalles (en inglés):
leads_elsewhere = El botón lleva a { $host }. Este servidor no conoce esa dirección. Pulse el botón solo si confía en ella.
connect_again = Conéctese de nuevo desde la aplicación.
open_again = Abra { $path } de nuevo.
incomplete_title = El formulario está incompleto
decision_title = Su decisión no se aceptó
decision_foreign = No se envió desde la página de este servidor. Conéctese de nuevo desde la aplicación.
decision_forged = No pertenece a la página que abrió este navegador. Conéctese de nuevo desde la aplicación.
cookie_title = Su navegador no guardó la cookie de esta página
cookie = Permita las cookies de este sitio. No abra la página en otro navegador.
expired_title = Esta página es demasiado antigua
expired = Caduca después de diez minutos, o cuando abre otras cinco páginas como esta. Conéctese de nuevo desde la aplicación.
completed_title = Este inicio de sesión ya se completó
completed = Puede cerrar esta página y volver a la aplicación. Si la aplicación sigue esperando, conéctese de nuevo desde la aplicación.
decided_title = Ya ha decidido
decided = Esta página ya se usó. Para decidir de nuevo, conéctese de nuevo desde la aplicación.
unavailable_title = No disponible temporalmente
unavailable = Un servicio detrás de este servidor no responde. Inténtelo de nuevo en unos segundos.
invalid_title = La solicitud de la aplicación no es válida
invalid = Este servidor no puede responder a la solicitud de la aplicación.
invalid_advice = Cierre esta página e intente conectarse de nuevo desde la aplicación.
invalid_query = Este servidor la rechazó: la cadena de consulta de la dirección no está bien formada.
invalid_redirect = Este servidor la rechazó: la URI de redirección no es una de las que registró la aplicación.
invalid_parameter = Este servidor la rechazó: el parámetro { $name } falta o aparece más de una vez.
invalid_document = Este servidor la rechazó: la descripción que publica la aplicación no es válida.
not_allowed_title = Esta aplicación no se puede usar aquí
not_allowed_host = Se describe en un sitio que el operador de este servidor no permite. Pida al operador que lo permita.
not_allowed_blocked = El operador de este servidor la ha bloqueado. Consulte al operador si la necesita.
lookup_title = No se pudo consultar esta aplicación
lookup = Este servidor no pudo leer la descripción que publica la aplicación. Intente conectarse de nuevo en un minuto. Si eso no lo resuelve, dígaselo a los autores de la aplicación.
unknown_title = Esta aplicación no está registrada aquí
unknown = Su registro ha caducado, o está en otro servidor. Para registrarla de nuevo:
unknown_vscode = VS Code: ejecute «Authentication: Remove Dynamic Authentication Providers» y después inicie el servidor de nuevo.
unknown_claude = Claude: quite el conector en Settings, Connectors, y añádalo de nuevo.
unknown_chatgpt = ChatGPT: elimine la aplicación en Settings, Apps, y créela de nuevo.
unknown_inspector = MCP Inspector: borre el estado de OAuth en la configuración del servidor y conéctese de nuevo.
unknown_gemini = Gemini CLI: ejecute «/mcp auth NAME».
unknown_copilot = Copilot CLI: pulse Esc, ejecute «copilot mcp remove NAME» y añada el servidor de nuevo.
unknown_mcp_remote = mcp-remote: elimine la carpeta ~/.mcp-auth y después inicie mcp-remote de nuevo.
unknown_others = Otras: cierre la sesión de este servidor en la aplicación, o elimine lo que la aplicación guardó sobre él. Después, conéctese de nuevo.
sign_in_unknown_title = Este inicio de sesión es desconocido o demasiado antiguo
sign_in_again = Abra { $path } e inicie sesión de nuevo.
not_signed_in_title = No ha iniciado sesión
not_signed_in = Abra { $path } e inténtelo de nuevo.
not_operator_title = Usted no es operador de este servidor
not_operator = Su cuenta no tiene el rol Admin. Un administrador de Microsoft Entra ID puede dárselo: Aplicaciones empresariales, esta aplicación, Usuarios y grupos. Después, abra /operator de nuevo.
other_browser_title = Este inicio de sesión empezó en otro navegador
other_browser = Este servidor lo canceló, porque solo el navegador que lo permitió puede completarlo. Si fue este navegador, permita las cookies de este sitio y conéctese de nuevo desde la aplicación.
interrupted_title = Este inicio de sesión se interrumpió
interrupted = Si la aplicación no continúa en unos segundos, conéctese de nuevo desde la aplicación.
still_refused_title = Su organización todavía no lo permite
still_refused = Ha iniciado sesión de nuevo, y Microsoft Entra ID sigue sin dejar que esta aplicación actúe por usted. Una directiva pide más (acceso condicional). Un administrador de Microsoft Entra ID puede cambiarla. Después, conéctese de nuevo desde la aplicación.
organisation_title = Su organización bloquea este inicio de sesión
organisation_policy = Una directiva de acceso condicional no le deja iniciar sesión desde este lugar, dispositivo o aplicación. Iniciar sesión de nuevo no servirá de nada. Consulte al administrador de su organización, que puede ver la directiva en el registro de inicios de sesión.
organisation_assignment = Solo los usuarios asignados a esta aplicación pueden iniciar sesión, y usted no lo está. Iniciar sesión de nuevo no servirá de nada. Pida al administrador de su organización que le asigne.
organisation_consent = Esta aplicación necesita un permiso que solo un administrador puede conceder. Iniciar sesión de nuevo no servirá de nada. Pida al administrador de su organización que dé su consentimiento.
admin_consent_title = De vuelta de Microsoft
admin_consent = Microsoft le ha enviado de vuelta aquí. Si dio allí su consentimiento, las personas de su organización ya pueden conectarse: pídales que se conecten de nuevo desde su aplicación.
admin_consent_unknown = Esta página no puede ver si se dio el consentimiento. El centro de administración de Entra lo muestra, en Aplicaciones empresariales, Permisos.
request_title = Su solicitud no se aceptó
request_foreign = No pertenece a la página que abrió este navegador. Abra { $path } de nuevo.
target_title = Esto no se puede bloquear
target = Escriba un host como client.example, sin https:// y sin puerto; la URL completa de un documento de metadatos; el id. de cliente de un registro; o el id. de una aplicación en Entra.
object_id_title = Esto no es un id. de objeto
object_id = Escriba el id. de objeto del usuario. El centro de administración de Entra lo muestra en la página del usuario.
repeated_title = Este formulario ya se envió
repeated = La segunda vez no tiene efecto. Abra /operator de nuevo para ver qué está bloqueado ahora.
full_title = Hay demasiadas entradas
full = Puede haber 500 bloqueos como máximo. En 90 días se pueden terminar las conexiones de 500 aplicaciones como máximo. Levante un bloqueo que ya no sea necesario, o indique un host en lugar de aplicaciones sueltas.
too_many_title = Demasiadas solicitudes
too_many = Llegaron demasiadas solicitudes desde su red. Inténtelo de nuevo más tarde.
too_many_of_yours = Ha enviado demasiadas solicitudes. Inténtelo de nuevo en un minuto.
too_many_lookups = Se consultaron demasiadas aplicaciones. Inténtelo de nuevo en un minuto.
body_title = La solicitud no es válida
body_too_large = Este servidor la rechazó: es demasiado grande.
body_late = Este servidor la rechazó: no llegó a tiempo.
body_incomplete = Este servidor la rechazó: está incompleta.
busy_title = Inténtelo de nuevo
busy = Este servidor tiene demasiado que hacer. Inténtelo de nuevo en unos segundos.
