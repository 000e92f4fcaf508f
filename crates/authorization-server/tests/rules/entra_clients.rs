//! Applications that get their tokens from Entra themselves: which tokens are accepted, what is noted of them, and how their
//! owner refuses them.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use std::sync::Arc;

use async_trait::async_trait;
use authorization_server::{
    AuthorizationServer,
    endpoints::{authorize::AuthorizeError, request_refusal::AtServer, token_error::TokenError},
    entra_tokens::{EntraClaims, EntraTokenRefusal, EntraTokenVerifier},
    ground::{Clock as _, EventName, Id, Subject, Unavailable},
    resource::{
        authenticate::Principal,
        challenged_tokens::ChallengedTokens as _,
        downstream::{DownstreamError, DownstreamTokens as _},
        entra_token::EntraTokenError,
        presented::PresentedToken,
        roles::CallerRoles as _,
    },
    state::{
        blocks::BlockTarget,
        challenged_token::LackedClaims,
        claims::Claims,
        entra_client::Standing,
        operator_record::OperatorDecision,
        owner::Owner,
        preauthorized::{ApplicationId, PreauthorizedClients},
        roles::{ADMIN, USER},
    },
    upstream::UpstreamRefusal,
};
use oauth_protocol::redirect_uri::PrivateUseSchemes;
use secrecy::ExposeSecret as _;
use testkit::{Asked, Browser, LIMITS, Rig, SignedIn, request, user_read};
use time::Duration;

pub(crate) const CONFIDENTIAL: &str = "5d8b3a0e-6a1f-4c39-8e0b-2f7c94d1a6e5";
pub(crate) const PUBLIC: &str = "aebc6443-996d-45c2-90f0-388ff96faa56";
/// A JSON Web Token by its form.
const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.e30.c2ln";

type Change = fn(&mut EntraClaims);
type IsExpected = fn(&DownstreamError) -> bool;

/// Verifies every token to these claims.
struct Verified(Result<EntraClaims, String>);

#[async_trait]
impl EntraTokenVerifier for Verified {
    async fn verify(&self, _: &secrecy::SecretString) -> Result<EntraClaims, EntraTokenRefusal> {
        self.0.clone().map_err(EntraTokenRefusal::Invalid)
    }
}

pub(crate) fn claims(rig: &Rig) -> EntraClaims {
    EntraClaims {
        subject: subject(),
        azp: Some(CONFIDENTIAL.into()),
        is_confidential: true,
        scp: Some("access_as_user".into()),
        idtyp: None,
        issued_at: rig.clock.now(),
        expires_at: rig.clock.now() + Duration::HOUR,
        capabilities: vec![],
        roles: vec![],
    }
}

pub(crate) fn subject() -> Subject {
    Subject { tid: "tenant".into(), oid: "owner".into() }
}

/// Another process on the rig's store, for which Entra has signed these claims.
pub(crate) fn server(rig: &Rig, claims: EntraClaims) -> AuthorizationServer {
    let list = format!("{CONFIDENTIAL}, {PUBLIC}:public");
    let preauthorized = PreauthorizedClients::parse(&list, None).unwrap();
    let base = rig.server.base().clone();
    AuthorizationServer::new(base, PrivateUseSchemes::default(), LIMITS, rig.ports.clone())
        .with_entra_clients(preauthorized, Arc::new(Verified(Ok(claims))))
}

async fn opened(server: &AuthorizationServer) -> Result<PresentedToken, EntraTokenError> {
    server.open_presented(&TOKEN.into()).await
}

pub(crate) async fn authenticated(server: &AuthorizationServer) -> Option<Principal> {
    let presented = opened(server).await.ok()?;
    server.authenticate_presented(presented).await.unwrap()
}

pub(crate) fn application() -> ApplicationId {
    ApplicationId::parse(CONFIDENTIAL).unwrap()
}

pub(crate) fn only_owner(rig: &Rig) -> Owner {
    let mut owners = rig.owners.all();
    owners.pop().filter(|_| owners.is_empty()).unwrap()
}

/// The owner refuses the application, as another process writes it.
fn refuse(rig: &Rig) {
    let now = rig.clock.now();
    rig.owners.change(&subject().owner_key(), |owner| owner.clone().refusing(Some(&application()), now));
}

#[tokio::test]
async fn a_token_makes_the_principal_of_its_user_and_its_application() {
    let rig = Rig::new().unwrap();
    let principal = authenticated(&server(&rig, claims(&rig))).await.unwrap();
    assert_eq!((principal.owner, principal.client), (subject().owner_key(), application().client()));
    assert_eq!((principal.scope.to_string(), principal.grant()), ("user.read".to_owned(), None));
    assert_eq!(principal.expires_at, rig.clock.now() + Duration::HOUR);
    assert_eq!(principal.entra_token().unwrap().text.expose_secret(), TOKEN);
}

#[tokio::test]
async fn without_a_list_every_token_of_entra_is_refused() {
    let rig = Rig::new().unwrap();
    assert!(matches!(opened(&rig.server).await, Err(EntraTokenError::Invalid)));
    let verified = Arc::new(Verified(Ok(claims(&rig))));
    let server = rig.second_process().with_entra_clients(PreauthorizedClients::default(), verified);
    assert!(matches!(opened(&server).await, Err(EntraTokenError::Invalid)));
}

#[tokio::test]
async fn one_wrong_claim_refuses_the_token_without_a_reason() {
    let rig = Rig::new().unwrap();
    let wrong: [(&str, Change); 11] = [
        ("no azp", |claims| claims.azp = None),
        ("an azp that is not listed", |claims| claims.azp = Some("1c672d02-ee2b-48b1-9f0d-7d4b86a8214e".into())),
        ("an azp that is no id", |claims| claims.azp = Some(format!("{CONFIDENTIAL}:public"))),
        ("a public client that is not said to be one", |claims| claims.is_confidential = false),
        ("a longer word", |claims| claims.scp = Some("access_as_user_too xaccess_as_user".into())),
        ("another case", |claims| claims.scp = Some("Access_As_User".into())),
        ("another permission alone", |claims| claims.scp = Some("mail.read".into())),
        ("an empty scp", |claims| claims.scp = Some(String::new())),
        ("scp of an application", |claims| claims.idtyp = Some("app".into())),
        ("a user's token without scp", |claims| (claims.scp, claims.idtyp) = (None, Some("user".into()))),
        ("an application's token that is not listed", |claims| {
            (claims.scp, claims.azp) = (None, Some("1c672d02-ee2b-48b1-9f0d-7d4b86a8214e".into()));
        }),
    ];
    for (what, change) in wrong {
        let mut claims = claims(&rig);
        change(&mut claims);
        assert!(matches!(opened(&server(&rig, claims)).await, Err(EntraTokenError::Invalid)), "{what}");
    }
}

#[tokio::test]
async fn a_public_client_is_accepted_where_the_list_says_so() {
    let rig = Rig::new().unwrap();
    let public = EntraClaims { azp: Some(PUBLIC.to_uppercase()), is_confidential: false, ..claims(&rig) };
    assert!(authenticated(&server(&rig, public)).await.is_some());
}

#[tokio::test]
async fn an_application_on_the_list_that_acts_for_itself_is_told_so() {
    let rig = Rig::new().unwrap();
    for idtyp in [None, Some("app".to_owned())] {
        let claims = EntraClaims { scp: None, idtyp, ..claims(&rig) };
        assert!(matches!(opened(&server(&rig, claims)).await, Err(EntraTokenError::NoUser)));
    }
}

#[tokio::test]
async fn every_other_scope_counts_only_as_a_whole_word_of_its_own() {
    let rig = Rig::new().unwrap();
    for (scp, expected) in [
        ("access_as_user mail.read", "user.read mail.read"),
        ("mail.read calendars.read access_as_user", "user.read calendars.read mail.read"),
        ("access_as_user mail.read.all xmail.read Mail.Read", "user.read"),
        ("access_as_user user.read unknown", "user.read"),
    ] {
        let claims = EntraClaims { scp: Some(scp.into()), ..claims(&rig) };
        let principal = authenticated(&server(&rig, claims)).await.unwrap();
        assert_eq!(principal.scope.to_string(), expected, "{scp}");
    }
}

#[tokio::test]
async fn the_roles_of_the_token_hold_until_its_end() {
    let rig = Rig::new().unwrap();
    let claims = EntraClaims { roles: vec!["Admin".into(), "Unknown".into()], ..claims(&rig) };
    let server = server(&rig, claims);
    let principal = authenticated(&server).await.unwrap();
    let roles = server.roles(&principal).await.unwrap();
    assert!(roles.has(&ADMIN) && !roles.has(&USER));
    assert_eq!(roles.end(), principal.expires_at);
}

#[tokio::test]
async fn scopes_that_the_user_allowed_to_another_client_never_count() {
    let rig = Rig::new().unwrap();
    let tokens = rig.sign_in().await.unwrap().tokens;
    let granted = rig.server.authenticate(tokens.access_token.expose_secret()).await.unwrap().unwrap();
    rig.owners.change(&granted.owner, |owner| {
        let mut owner = owner.clone();
        for approval in &mut owner.approvals {
            approval.client = application().client();
        }
        owner
    });
    let narrow = EntraClaims { scp: Some("mail.read".into()), ..claims(&rig) };
    assert!(authenticated(&server(&rig, narrow)).await.is_none());
}

#[tokio::test]
async fn a_json_web_token_is_never_opened_as_one_of_ours() {
    let rig = Rig::new().unwrap();
    let tokens = rig.sign_in().await.unwrap().tokens;
    let server = server(&rig, claims(&rig));
    let presented = server.open_presented(&tokens.access_token).await.unwrap();
    assert!(matches!(presented, PresentedToken::Granted(_)));
    let opened = rig.keyring.operations();
    assert!(matches!(self::opened(&server).await.unwrap(), PresentedToken::Entra(_)));
    assert_eq!(rig.keyring.operations(), opened);
}

#[tokio::test]
async fn an_application_is_noted_once_a_day() {
    let rig = Rig::new().unwrap();
    let server = server(&rig, EntraClaims { expires_at: rig.clock.now() + Duration::DAY * 3, ..claims(&rig) });
    let first = rig.clock.now();
    for (hours, writes) in [(0, 1), (0, 1), (1, 1), (22, 2), (1, 2)] {
        rig.clock.advance(Duration::hours(hours));
        assert!(authenticated(&server).await.is_some());
        assert_eq!(rig.store.writes(), writes, "{hours}");
    }
    let noted = only_owner(&rig).entra_clients.pop().unwrap();
    assert_eq!((noted.since, noted.application, noted.standing), (first, application(), Standing::Accepted));
    assert!(noted.last_called > first);
    let events = rig.audit.names().into_iter().filter(|name| *name == EventName::EntraClientNoted);
    assert_eq!(events.count(), 2);
}

#[tokio::test]
async fn a_head_request_notes_nothing() {
    let rig = Rig::new().unwrap();
    let server = server(&rig, claims(&rig));
    let presented = opened(&server).await.unwrap();
    assert!(server.look_up_presented(presented).await.unwrap().is_some());
    assert_eq!((rig.store.writes(), rig.owners.all().len()), (0, 0));
}

#[tokio::test]
async fn a_token_from_before_a_refusal_ends_within_thirty_seconds_and_its_stream_too() {
    let rig = Rig::new().unwrap();
    let server = server(&rig, claims(&rig));
    let principal = authenticated(&server).await.unwrap();
    refuse(&rig);
    assert!(!server.still_stands(&principal).await.unwrap(), "a stream is checked in the store");
    rig.clock.advance(Duration::seconds(30) - Duration::MILLISECOND);
    assert!(authenticated(&server).await.is_some(), "a standing is believed for 30 s");
    rig.clock.advance(Duration::MILLISECOND);
    assert!(authenticated(&server).await.is_none());
    let presented = opened(&server).await.unwrap();
    assert!(server.look_up_presented(presented).await.unwrap().is_none());
}

#[tokio::test]
async fn a_new_token_of_a_refused_application_is_refused_until_the_owner_allows_it_again() {
    let rig = Rig::new().unwrap();
    assert!(authenticated(&server(&rig, claims(&rig))).await.is_some());
    let old = claims(&rig);
    refuse(&rig);
    rig.clock.advance(Duration::MINUTE);
    assert!(authenticated(&server(&rig, claims(&rig))).await.is_none());
    let now = rig.clock.now();
    rig.owners.change(&subject().owner_key(), |owner| owner.clone().allowing_again(&application(), now));
    assert!(authenticated(&server(&rig, claims(&rig))).await.is_some());
    assert!(authenticated(&server(&rig, old)).await.is_none(), "the token from before does not come back to life");
}

#[tokio::test]
async fn a_refusal_concerns_its_owner_alone() {
    let rig = Rig::new().unwrap();
    assert!(authenticated(&server(&rig, claims(&rig))).await.is_some());
    refuse(&rig);
    let subject = Subject { oid: "another".into(), ..subject() };
    assert!(authenticated(&server(&rig, EntraClaims { subject, ..claims(&rig) })).await.is_some());
}

#[tokio::test]
async fn an_owner_who_withdraws_every_consent_refuses_these_applications_too() {
    let rig = Rig::new().unwrap();
    assert!(authenticated(&server(&rig, claims(&rig))).await.is_some());
    let owner = subject().owner_key();
    rig.server.withdraw(owner, &[Some(application().client())]).await.unwrap();
    assert!(authenticated(&server(&rig, claims(&rig))).await.is_some(), "that is the consent to a client");
    rig.server.withdraw(owner, &[None]).await.unwrap();
    assert!(authenticated(&server(&rig, claims(&rig))).await.is_none());
}

#[tokio::test]
async fn while_the_store_is_down_nobody_is_let_in_whose_standing_is_not_known() {
    let rig = Rig::new().unwrap();
    let server = server(&rig, claims(&rig));
    assert!(authenticated(&server).await.is_some());
    rig.store.set_down(true);
    assert!(authenticated(&server).await.is_some(), "believed for 30 s");
    rig.clock.advance(Duration::seconds(30));
    let presented = opened(&server).await.unwrap();
    assert!(server.authenticate_presented(presented).await.is_err());
}

#[tokio::test]
async fn the_callers_token_is_the_assertion_and_a_refusal_is_told_and_noted_nowhere() {
    let rig = Rig::new().unwrap();
    let server = server(&rig, claims(&rig));
    let principal = authenticated(&server).await.unwrap();
    let demanded = Claims::parse(r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#);
    let reason = || "of the upstream".to_owned();
    server.token(&principal, &user_read(), None).await.unwrap();
    let exchange = Asked::OnBehalfOf { assertion: TOKEN.into(), scopes: user_read(), claims: None };
    assert_eq!(rig.upstream.asked(), [exchange]);
    let interaction = |claims| UpstreamRefusal::InteractionRequired { claims, reason: reason() };
    let consent = || UpstreamRefusal::ConsentRequired { reason: reason() };
    let refusals: [(UpstreamRefusal, Option<&Claims>, IsExpected); 8] = [
        (interaction(demanded.clone()), None, |error| matches!(error, DownstreamError::ClaimsDemanded(_))),
        (interaction(None), None, |error| matches!(error, DownstreamError::SignInAgain)),
        (interaction(None), demanded.as_ref(), |error| matches!(error, DownstreamError::ClaimsDemanded(_))),
        (consent(), None, |error| matches!(error, DownstreamError::NotConsented)),
        (consent(), demanded.as_ref(), |error| matches!(error, DownstreamError::NotConsented)),
        (UpstreamRefusal::InvalidGrant { reason: reason() }, None, |error| {
            matches!(error, DownstreamError::SignInAgain)
        }),
        (UpstreamRefusal::InvalidGrant { reason: reason() }, demanded.as_ref(), |error| {
            matches!(error, DownstreamError::ClaimsDemanded(_))
        }),
        (Unavailable::upstream(reason()).into(), None, |error| matches!(error, DownstreamError::Unavailable(_))),
    ];
    let writes = rig.store.writes();
    for (refusal, given, is_expected) in refusals {
        let what = refusal.to_string();
        rig.upstream.refuse_on_behalf_of(refusal);
        let error = server.token(&principal, &user_read(), given).await.map(drop).unwrap_err();
        assert!(is_expected(&error), "{what}: {error:?}");
    }
    assert_eq!(rig.store.writes(), writes);
}

#[tokio::test]
async fn claims_that_a_token_lacks_are_known_to_every_process_if_its_client_takes_challenges() {
    let rig = Rig::new().unwrap();
    let takes = EntraClaims { capabilities: vec!["CP1".into()], ..claims(&rig) };
    let [one, other] = [server(&rig, takes.clone()), server(&rig, takes)];
    let [principal, again] = [authenticated(&one).await.unwrap(), authenticated(&other).await.unwrap()];
    assert_eq!(other.noted(&again).await.unwrap(), []);
    let demanded =
        |acrs: &str| Claims::parse(&format!(r#"{{"access_token":{{"acrs":{{"value":"{acrs}"}}}}}}"#)).unwrap();
    for acrs in ["c1", "c2"] {
        one.note(&principal, &user_read(), &demanded(acrs)).await.unwrap();
    }
    let newest = LackedClaims { scope: principal.scope.clone(), claims: demanded("c2") };
    assert_eq!(other.noted(&again).await.unwrap(), [newest]);
    let writes = rig.store.writes();
    let silent = authenticated(&server(&rig, claims(&rig))).await.unwrap();
    one.note(&silent, &user_read(), &demanded("c1")).await.unwrap();
    assert_eq!((one.noted(&silent).await.unwrap(), rig.store.writes()), (vec![], writes));
}

#[tokio::test]
async fn an_application_that_the_operator_blocks_is_refused_for_every_owner_and_its_streams_end() {
    let rig = Rig::new().unwrap();
    let server = server(&rig, claims(&rig));
    let principal = authenticated(&server).await.unwrap();
    let block = OperatorDecision::Block(BlockTarget::EntraApplication(application()));
    let (form, operator) = (Id::random(rig.ports.entropy.as_ref()), Subject { oid: "operator".into(), ..subject() });
    rig.server.decide_as_operator(form, &operator, block).await.unwrap();
    rig.clock.advance(Duration::seconds(20));
    assert!(authenticated(&server).await.is_none());
    assert!(!server.still_stands(&principal).await.unwrap());
    let presented = opened(&server).await.unwrap();
    assert!(server.look_up_presented(presented).await.unwrap().is_none());
}

#[tokio::test]
async fn when_the_operator_ends_a_user_the_applications_that_called_for_them_are_refused() {
    let rig = Rig::new().unwrap();
    let server = server(&rig, claims(&rig));
    let principal = authenticated(&server).await.unwrap();
    let operator = Subject { oid: "operator".into(), ..subject() };
    let form = Id::random(rig.ports.entropy.as_ref());
    let end = OperatorDecision::EndUser(subject().owner_key());
    rig.server.decide_as_operator(form, &operator, end).await.unwrap();
    rig.clock.advance(Duration::seconds(30));
    assert!(authenticated(&server).await.is_none());
    assert!(!server.still_stands(&principal).await.unwrap());
}

#[tokio::test]
async fn when_everything_was_withdrawn_an_older_token_of_an_application_that_never_called_is_refused_too() {
    let rig = Rig::new().unwrap();
    let (older, form) = (claims(&rig), Id::random(rig.ports.entropy.as_ref()));
    let operator = Subject { oid: "operator".into(), ..subject() };
    let end = OperatorDecision::EndUser(subject().owner_key());
    rig.server.decide_as_operator(form, &operator, end).await.unwrap();
    rig.clock.advance(Duration::minutes(50));
    let presented = server(&rig, older.clone());
    assert!(authenticated(&presented).await.is_none());
    let opened = opened(&presented).await.unwrap();
    assert!(presented.look_up_presented(opened).await.unwrap().is_none());
    assert!(authenticated(&server(&rig, claims(&rig))).await.is_some(), "a token that was issued afterwards");
}

/// Entra dates a token five minutes back, so one of the minutes after a refusal cannot be told from one of before it.
#[tokio::test]
async fn a_token_that_is_dated_before_a_refusal_stays_refused_though_it_may_be_newer() {
    let rig = Rig::new().unwrap();
    let issued_now = || {
        let issued_at = rig.clock.now() - Duration::minutes(5);
        server(&rig, EntraClaims { issued_at, ..claims(&rig) })
    };
    assert!(authenticated(&issued_now()).await.is_some());
    refuse(&rig);
    let now = rig.clock.now();
    rig.owners.change(&subject().owner_key(), |owner| owner.clone().allowing_again(&application(), now));
    for (passed, accepted) in
        [(Duration::ZERO, false), (Duration::minutes(5), false), (Duration::SECOND, true), (Duration::DAY, true)]
    {
        rig.clock.advance(passed);
        assert_eq!(authenticated(&issued_now()).await.is_some(), accepted, "{}", rig.clock.now() - now);
    }
}

#[tokio::test]
async fn an_application_is_no_client_that_registered_or_published_itself() {
    let rig = Rig::new().unwrap();
    assert!(authenticated(&server(&rig, claims(&rig))).await.is_some());
    let SignedIn { tokens, .. } = rig.sign_in().await.unwrap();
    let key = application().client().to_string();
    for client_id in [key.as_str(), CONFIDENTIAL] {
        let visited = Browser::default().visit(&rig, &request(client_id, &[])).await;
        assert!(matches!(visited, Err(AuthorizeError::AtServer(AtServer::UnknownClient))), "{client_id}");
        let refreshed = rig.refresh(client_id, &tokens.refresh_token).await;
        assert!(matches!(refreshed, Err(TokenError::UnknownClient)), "{client_id}");
    }
    let block = OperatorDecision::Block(BlockTarget::Registration(application().client()));
    let operator = Subject { oid: "operator".into(), ..subject() };
    rig.server.decide_as_operator(Id::random(rig.ports.entropy.as_ref()), &operator, block).await.unwrap();
    assert!(
        authenticated(&server(&rig, claims(&rig))).await.is_some(),
        "a block of a registration means no application"
    );
}

#[tokio::test]
async fn each_user_with_each_application_is_a_holder_of_its_own() {
    let rig = Rig::new().unwrap();
    let mut holders = Vec::new();
    for (azp, oid) in [(CONFIDENTIAL, "owner"), (PUBLIC, "owner"), (CONFIDENTIAL, "another")] {
        let subject = Subject { oid: oid.into(), ..subject() };
        let claims = EntraClaims { azp: Some(azp.into()), subject, ..claims(&rig) };
        let holder = authenticated(&server(&rig, claims)).await.unwrap().holder();
        assert_eq!(holder.grant, None);
        assert!(!holders.contains(&holder), "{azp} {oid}");
        holders.push(holder);
    }
    let [one, other_client, other_owner] = holders.try_into().unwrap();
    assert_eq!((one.owner, one.client), (other_client.owner, other_owner.client));
}

/// Entra does not answer.
struct Down;

#[async_trait]
impl EntraTokenVerifier for Down {
    async fn verify(&self, _: &secrecy::SecretString) -> Result<EntraClaims, EntraTokenRefusal> {
        Err(Unavailable::upstream("the signing keys cannot be fetched").into())
    }
}

#[tokio::test]
async fn a_token_that_cannot_be_verified_now_is_not_called_invalid() {
    let rig = Rig::new().unwrap();
    let preauthorized = PreauthorizedClients::parse(CONFIDENTIAL, None).unwrap();
    let server = rig.second_process().with_entra_clients(preauthorized, Arc::new(Down));
    assert!(matches!(opened(&server).await, Err(EntraTokenError::Unavailable(_))));
}

#[tokio::test]
async fn a_refused_token_says_nothing_of_why() {
    let rig = Rig::new().unwrap();
    let preauthorized = PreauthorizedClients::parse(CONFIDENTIAL, None).unwrap();
    let verified = Arc::new(Verified(Err("signed by a key that is not published".into())));
    let server = rig.second_process().with_entra_clients(preauthorized, verified);
    let refused = opened(&server).await.map(drop).unwrap_err().to_string();
    assert_eq!(refused, "the access token is not valid");
}
