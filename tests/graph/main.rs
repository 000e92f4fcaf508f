//! The client of APIs in front of a Graph that answers as the test says.
#![cfg(test)]

mod token_cache;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use authorization_server::{
    ground::{EventName, Id},
    resource::authenticate::{Credential, Principal, ReadRoles},
    resource::downstream::{DownstreamError, DownstreamToken, DownstreamTokens},
    state::{api::ApiScopes, claims::Claims, scopes::USER_READ},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use oauth_protocol::scope::Scope;
use remote_auth_mcp::graph::{Answer, ApiClient, ApiError, Origins, Request, TokenCache};
use serde_json::{Value, json};
use testkit::{AuditTrail, ManualClock, user_read};
use time::{OffsetDateTime, macros::datetime};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 12\r\n\r\n{\"id\":\"007\"}";
const DOWN: &str = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n";
const THROTTLED: &str = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n";
const THROTTLED_FOR_LONG: &str = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 4\r\ncontent-length: 0\r\n\r\n";
const UNAUTHORIZED: &str = "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n";
const FORBIDDEN: &str = "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n";
const NOT_FOUND: &str = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
const TIMED_OUT: &str = "HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n";
const THROTTLED_UNTIL: &str =
    "HTTP/1.1 429 Too Many Requests\r\nretry-after: Fri, 31 Dec 2100 23:59:59 GMT\r\ncontent-length: 0\r\n\r\n";
const THROTTLED_WITHOUT_A_PAUSE: &str = "HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n\r\n";
const CREATED: &str = "HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}";
const MOVED: &str = "HTTP/1.1 302 Found\r\nlocation: /v1.0/me\r\ncontent-length: 0\r\n\r\n";
const BAD_REQUEST: &str = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
const NOT_JSON: &str = "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n<";

/// Long after the manual clock.
const EXPIRES_AT: OffsetDateTime = datetime!(2100-01-01 0:00 UTC);

/// Gives every principal the token `token-N`, and notes the claims that each was asked for with.
#[derive(Default)]
struct Tokens(Mutex<Vec<Option<Claims>>>);

#[async_trait]
impl DownstreamTokens for Tokens {
    async fn token(
        &self,
        _: &Principal,
        scopes: &ApiScopes,
        claims: Option<&Claims>,
    ) -> Result<DownstreamToken, DownstreamError> {
        assert_eq!(*scopes, user_read());
        let mut demanded = self.0.lock().unwrap();
        demanded.push(claims.cloned());
        let access_token = Arc::new(format!("token-{}", demanded.len()).into());
        Ok(DownstreamToken { access_token, expires_at: EXPIRES_AT })
    }
}

struct Rig {
    apis: ApiClient,
    tokens: Arc<Tokens>,
    clock: Arc<ManualClock>,
    audit: Arc<AuditTrail>,
    /// The heads of the requests.
    requests: Arc<Mutex<Vec<String>>>,
}

impl Rig {
    /// A Graph with these answers. After the last one it never answers.
    async fn start(answers: &[&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let answers = Arc::new(Mutex::new(answers.iter().copied().collect::<VecDeque<_>>()));
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, Arc::clone(&answers), Arc::clone(&seen)));
            }
        });
        let tokens = Arc::new(Tokens::default());
        let clock = Arc::new(ManualClock::default());
        let cache = TokenCache::new(Arc::clone(&tokens) as _, Arc::clone(&clock) as _);
        // As `startup` makes it: a redirect is an answer like any other.
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let audit = Arc::new(AuditTrail::default());
        let challenged = testkit::Rig::new().unwrap().server as _;
        let apis = ApiClient::new(
            http,
            Origins::StandIn(endpoint.parse().unwrap()),
            cache,
            challenged,
            Arc::clone(&audit) as _,
        );
        Self { apis, tokens, clock, audit, requests }
    }

    async fn get(&self, scope: &str) -> Result<Value, ApiError> {
        self.answer(&principal(scope)).await.map(|answer| answer.into_parts().0)
    }

    async fn answer(&self, principal: &Principal) -> Result<Answer, ApiError> {
        self.apis.get(principal, &[&USER_READ], &Request::of("/v1.0/me")).await
    }

    fn requests(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    fn tokens(&self) -> usize {
        self.tokens.0.lock().unwrap().len()
    }
}

fn principal(scope: &str) -> Principal {
    let id = Id::from_bytes([7; 16]);
    let (scope, credential) = (Scope::parse(scope).unwrap(), Credential::Grant { id, generation: 1 });
    let roles = ReadRoles::default();
    Principal { owner: id, client: id, scope, expires_at: OffsetDateTime::UNIX_EPOCH, credential, roles }
}

async fn serve(mut stream: TcpStream, answers: Arc<Mutex<VecDeque<&'static str>>>, seen: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    while let Ok(byte) = stream.read_u8().await {
        head.push(byte);
        if head.ends_with(b"\r\n\r\n") {
            seen.lock().unwrap().push(String::from_utf8(std::mem::take(&mut head)).unwrap());
            let Some(answer) = answers.lock().unwrap().pop_front() else { std::future::pending().await };
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_scope_that_was_not_granted_is_refused_before_graph_or_entra_is_asked() {
    for scope in ["", "mail.read", "user.readwrite", "USER.READ"] {
        let rig = Rig::start(&[OK]).await;
        let refused = rig.get(scope).await;
        let Err(ApiError::Scope(needed)) = refused else { panic!("{scope}: {refused:?}") };
        assert_eq!(needed, Scope::parse(&format!("{scope} user.read")).unwrap());
        assert_eq!((rig.tokens(), rig.requests()), (0, 0), "{scope}");
        assert_eq!(rig.audit.names(), [EventName::ToolRefused], "{scope}");
    }
}

#[tokio::test]
async fn the_request_carries_the_downstream_token() {
    let rig = Rig::start(&[OK]).await;
    assert_eq!(rig.get("user.read").await.unwrap(), json!({ "id": "007" }));
    let head = rig.requests.lock().unwrap()[0].to_ascii_lowercase();
    assert!(
        head.starts_with("get /v1.0/me http/1.1\r\n") && head.contains("authorization: bearer token-1\r\n"),
        "{head}"
    );
}

#[tokio::test]
async fn two_failures_are_retried_and_a_third_is_an_outage() {
    for failure in [DOWN, THROTTLED, THROTTLED_WITHOUT_A_PAUSE, TIMED_OUT] {
        let rig = Rig::start(&[failure, failure, OK]).await;
        assert!(rig.get("user.read").await.is_ok());
        assert_eq!(rig.requests(), 3);
    }
    let rig = Rig::start(&[DOWN, DOWN, DOWN, OK]).await;
    assert!(matches!(rig.get("user.read").await, Err(ApiError::Unavailable(_))));
    assert_eq!(rig.requests(), 3);
}

/// One request more than the bulkhead of an API lets through.
#[tokio::test]
async fn a_request_beyond_the_bulkhead_is_not_sent_and_fails_by_itself() {
    const AT_ONCE: usize = 128;
    let rig = Arc::new(Rig::start(&[]).await);
    let requests: Vec<_> = (0..=AT_ONCE)
        .map(|_| {
            let rig = Arc::clone(&rig);
            tokio::spawn(async move { rig.get("user.read").await.unwrap_err().to_string() })
        })
        .collect();
    while rig.requests() < AT_ONCE {
        tokio::task::yield_now().await;
    }
    tokio::time::pause();
    let mut refusals = Vec::new();
    for request in requests {
        refusals.push(request.await.unwrap());
    }
    let (unsent, silent): (Vec<_>, Vec<_>) = refusals.iter().partition(|why| why.contains("limit reached"));
    assert_eq!((unsent.len(), silent.len(), rig.requests()), (1, AT_ONCE, AT_ONCE), "{refusals:?}");
    assert!(silent.iter().all(|why| why.contains("no answer within 10 s")), "{silent:?}");
    let [event] = &rig.audit.events()[..] else { panic!("{:?}", rig.audit.names()) };
    assert_eq!((event.name, event.reason), (EventName::LimitReached, Some("requests to one API at once")));
    assert!(event.owner.is_some() && event.client.is_some());
}

#[tokio::test]
async fn a_request_is_not_retried_when_graph_asks_for_a_long_pause() {
    for throttled in [THROTTLED_FOR_LONG, THROTTLED_UNTIL] {
        let rig = Rig::start(&[throttled, OK]).await;
        assert!(matches!(rig.get("user.read").await, Err(ApiError::Unavailable(_))), "{throttled}");
        assert_eq!(rig.requests(), 1, "{throttled}");
    }
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let rig = Rig::start(&[UNAUTHORIZED, OK]).await;
    assert!(rig.get("user.read").await.is_ok());
    assert_eq!((rig.tokens(), rig.requests()), (2, 2));
    let rig = Rig::start(&[UNAUTHORIZED, UNAUTHORIZED, UNAUTHORIZED, OK, UNAUTHORIZED, UNAUTHORIZED, OK]).await;
    let refused = async || matches!(rig.get("user.read").await, Err(ApiError::Unauthorized(None)));
    assert!(refused().await);
    assert_eq!((rig.tokens(), rig.requests()), (2, 2));
    assert!(refused().await, "an API that refuses every token costs Entra no exchange a call");
    assert!(rig.get("user.read").await.is_ok(), "the token that was refused is still tried");
    rig.clock.advance(time::Duration::seconds(30) - time::Duration::NANOSECOND);
    assert!(refused().await);
    assert_eq!((rig.tokens(), rig.requests()), (2, 5));
    rig.clock.advance(time::Duration::NANOSECOND);
    assert!(rig.get("user.read").await.is_ok());
    assert_eq!((rig.tokens(), rig.requests()), (3, 7));
}

#[tokio::test]
async fn after_a_replacement_was_refused_other_claims_and_other_grants_are_still_exchanged_for() {
    let [one, two] = ["1702682181", "1702682182"]
        .map(|value| format!(r#"{{"access_token":{{"nbf":{{"essential":true,"value":"{value}"}}}}}}"#));
    let (first, second) = (challenge(&one), challenge(&two));
    let rig = Rig::start(&[first, first, first, second, second, second, UNAUTHORIZED, OK, first, OK]).await;
    for _ in 0..4 {
        assert!(matches!(rig.get("user.read").await, Err(ApiError::Unauthorized(Some(_)))));
    }
    let (none, one, two) = (None, Claims::parse(&one), Claims::parse(&two));
    assert_eq!(*rig.tokens.0.lock().unwrap(), [none.clone(), one.clone(), two.clone()]);
    assert!(rig.get("user.read").await.is_ok(), "a refusal without claims is not one of those before");
    let other = Principal { owner: Id::from_bytes([8; 16]), ..principal("user.read") };
    assert!(rig.answer(&other).await.is_ok(), "it is another owner's token");
    assert_eq!(*rig.tokens.0.lock().unwrap(), [none.clone(), one.clone(), two, none.clone(), none, one]);
}

/// 401 with a claims challenge.
fn challenge(claims: &str) -> &'static str {
    let challenge = format!(r#"Bearer realm="", error="insufficient_claims", claims="{}""#, STANDARD.encode(claims));
    format!("HTTP/1.1 401 Unauthorized\r\nwww-authenticate: {challenge}\r\ncontent-length: 0\r\n\r\n").leak()
}

#[tokio::test]
async fn a_challenge_is_answered_by_one_token_with_its_claims_which_is_cached() {
    let claims = r#"{"access_token":{"nbf":{"essential":true,"value":"1702682181"}}}"#;
    let rig = Rig::start(&[OK, challenge(claims), OK, challenge(claims), challenge(claims), OK]).await;
    rig.get("user.read").await.unwrap();
    rig.get("user.read").await.unwrap();
    let refused = rig.get("user.read").await;
    assert!(matches!(refused, Err(ApiError::Unauthorized(Some(_)))), "{refused:?}");
    assert_eq!(rig.requests(), 5);
    let demanded = Claims::parse(claims);
    assert_eq!(*rig.tokens.0.lock().unwrap(), [None, demanded.clone(), demanded]);
    let third = rig.requests.lock().unwrap()[3].to_ascii_lowercase();
    assert!(third.contains("bearer token-2\r\n"), "{third}");
}

/// An answer with this body.
fn answer(body: &str) -> &'static str {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).leak()
}

#[tokio::test]
async fn an_answer_is_read_up_to_a_limit_in_length_and_in_memory() {
    let long = |length: usize| answer(&format!(r#"{{"a":"{}"}}"#, "x".repeat(length - 8)));
    let many = |times: usize| answer(&format!(r#"{{"a":[{}]}}"#, vec![r#"{"b":0}"#; times].join(",")));
    for answer in [long(128 * 1024), many(200)] {
        assert!(Rig::start(&[answer]).await.get("user.read").await.is_ok());
    }
    for answer in [long(128 * 1024 + 1), many(2_000)] {
        let refused = Rig::start(&[answer, OK]).await.get("user.read").await;
        assert!(matches!(refused, Err(ApiError::TooLarge)), "{refused:?}");
    }
}

/// Each answer takes nearly 1 MiB once it is parsed, and an owner may have 4 of 12.
#[tokio::test]
async fn large_answers_of_one_owner_leave_memory_for_another_until_they_are_dropped() {
    let large = answer(&format!(r#"{{"a":[{}]}}"#, vec![r#"{"b":0}"#; 480].join(",")));
    let rig = Rig::start(&[large; 7]).await;
    let (one, other) = (principal("user.read"), Principal { owner: Id::from_bytes([8; 16]), ..principal("user.read") });
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(rig.answer(&one).await.unwrap());
    }
    let refused = rig.answer(&one).await.err();
    assert!(matches!(refused, Some(ApiError::Limit("memory for answers of APIs"))), "{refused:?}");
    let [event] = &rig.audit.events()[..] else { panic!("{:?}", rig.audit.names()) };
    assert_eq!((event.name, event.owner), (EventName::LimitReached, Some(one.owner)));
    assert!(rig.answer(&other).await.is_ok());
    held.pop();
    assert!(rig.answer(&one).await.is_ok());
}

#[tokio::test]
async fn other_refusals_are_not_retried() {
    for answer in [FORBIDDEN, NOT_FOUND, NOT_JSON, CREATED, MOVED, BAD_REQUEST] {
        let rig = Rig::start(&[answer, OK]).await;
        let refused = rig.get("user.read").await.unwrap_err();
        let expected = match answer {
            FORBIDDEN => matches!(refused, ApiError::Forbidden),
            NOT_FOUND => matches!(refused, ApiError::NotFound),
            _ => matches!(refused, ApiError::Unexpected),
        };
        assert!(expected, "{answer}: {refused}");
        assert_eq!(rig.requests(), 1);
    }
}

#[tokio::test]
async fn a_user_without_a_mailbox_is_told_so() {
    let body = json!({ "error": { "code": "MailboxNotEnabledForRESTAPI", "message": "of a person" } }).to_string();
    let head = format!("HTTP/1.1 404 Not Found\r\ncontent-length: {}\r\n\r\n", body.len());
    let answer: &'static str = (head + &body).leak();
    let refused = Rig::start(&[answer, OK]).await.get("user.read").await.unwrap_err();
    assert!(matches!(refused, ApiError::NoMailbox), "{refused}");
}

#[tokio::test]
async fn a_bad_request_has_the_code_of_graphs_error_if_it_is_a_code() {
    let refused = |code: &str| {
        let body = json!({ "error": { "code": code, "message": "of a person" } }).to_string();
        let head = format!("HTTP/1.1 400 Bad Request\r\ncontent-length: {}\r\n\r\n", body.len());
        let answer: &'static str = (head + &body).leak();
        async move { Rig::start(&[answer, OK]).await.get("user.read").await.unwrap_err().to_string() }
    };
    assert_eq!(refused("TimeZoneNotSupportedException").await, "bad request: TimeZoneNotSupportedException");
    assert_eq!(refused("RequestBroker--ParseUri").await, "bad request: RequestBroker--ParseUri");
    for code in ["of a person", &"x".repeat(101)] {
        assert_eq!(refused(code).await, "unexpected response", "{code}");
    }
}

#[tokio::test]
async fn a_request_carries_its_query_and_its_preferences() {
    let rig = Rig::start(&[OK]).await;
    let request = Request::of("/v1.0/me").with("$select", "a,b").preferring("outlook.timezone=\"UTC\"".into());
    rig.apis.get(&principal("user.read"), &[&USER_READ], &request).await.unwrap();
    let head = rig.requests.lock().unwrap()[0].clone();
    assert!(head.starts_with("GET /v1.0/me?%24select=a%2Cb HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("prefer: outlook.timezone=\"UTC\"\r\n"), "{head}");
}

/// On paused time, which jumps ahead whenever nothing else can happen.
#[tokio::test(start_paused = true)]
async fn a_request_that_is_never_answered_ends_after_ten_seconds() {
    let rig = Rig::start(&[]).await;
    let unavailable = timeout(Duration::from_secs(11), rig.get("user.read")).await.expect("an end within 11 seconds");
    assert!(matches!(unavailable, Err(ApiError::Unavailable(_))));
}
