//! The page of connections of an owner who has allowed many clients: what it shows, and what it takes.

use std::collections::BTreeMap;

use allocation_counter::{AllocationInfo, measure};
use authorization_server::{
    ground::{EventName, Id, Subject},
    state::{client::Client, owner::Approval, roles::ADMIN},
};
use bytes::Bytes;
use futures_util::future::join_all;
use http::{Method, Request, request::Builder};
use http_body_util::Full;
use oauth_protocol::redirect_uri::{Receiver, RedirectUri};
use tokio::runtime::{self, Runtime};

use crate::{
    browser::{Browser, authorize, consent_form, hidden},
    rig::{Edge, empty, form, request},
};

const SHARED: &str = "https://client.example/callback";

/// A handler, and the browser of an owner who is signed in to the page.
struct Owned {
    runtime: Runtime,
    edge: Edge,
    browser: Browser,
}

fn get(browser: &Browser) -> Builder {
    browser.with_cookies(request(Method::GET, "/connections"))
}

/// Registers clients of one name with these redirect URIs and one of its own for each, and remembers that the owner has allowed
/// them.
async fn allow_many(edge: &Edge, browser: &mut Browser, clients: usize, uris: &[String]) {
    let mut ids = Vec::new();
    for client in 0..clients {
        let own = format!("http://localhost/{client}");
        let uris: Vec<&str> = uris.iter().map(String::as_str).chain([SHARED, &own]).collect();
        ids.push(edge.register_for(&uris).await.unwrap());
    }
    let page = browser.get(edge, &authorize(&ids[0], &[])).await;
    let back = browser.allow(edge, &consent_form(&page)).await;
    assert_eq!(browser.get(edge, &back).await.status, 302);
    edge.owners.change(&edge.owners.all()[0].key, |owner| {
        let of = |id: &String| Approval { client: Id::parse(id).unwrap(), ..owner.approvals[0].clone() };
        let mut owner = owner.clone();
        owner.approvals = ids.iter().map(of).collect();
        owner
    });
}

impl Owned {
    fn new(clients: usize, uris: &[String]) -> Self {
        let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (edge, mut browser) = (Edge::new(), Browser::default());
        runtime.block_on(async {
            allow_many(&edge, &mut browser, clients, uris).await;
            let page = browser.connections(&edge).await;
            assert_eq!(page.body.matches("class=\"connection\"").count(), clients);
        });
        Self { runtime, edge, browser }
    }

    /// What this thread takes for so many requests at once, until all are answered, and how many have which status.
    fn taken(&self, requests: usize) -> (AllocationInfo, BTreeMap<u16, usize>) {
        let mut statuses = BTreeMap::new();
        let taken = measure(|| {
            let requests = (0..requests).map(|_| self.edge.head(empty(get(&self.browser))));
            for answer in self.runtime.block_on(join_all(requests)) {
                *statuses.entry(answer.status().as_u16()).or_default() += 1;
            }
        });
        (taken, statuses)
    }
}

/// The allocations of a page for so many clients, which differ in the last of their so many redirect URIs.
fn allocations(clients: usize, uris: usize) -> u64 {
    let uris: Vec<String> = (0..uris).map(|number| format!("http://localhost/callback/{number}")).collect();
    Owned::new(clients, &uris).taken(1).0.count_total
}

#[test]
fn each_client_and_each_redirect_uri_takes_as_much_however_many_there_are() {
    for sizes in [[(10, 4), (20, 4), (40, 4)], [(10, 7), (10, 14), (10, 28)]] {
        let [few, more, many] = sizes.map(|(clients, uris)| allocations(clients, uris));
        println!("{sizes:?}: {few}, {more}, {many} allocations");
        let (growth, next) = (more - few, many - more);
        assert!(growth > 0 && next <= 2 * growth * 11 / 10, "{sizes:?}: {few}, {more}, {many}");
    }
}

/// A client whose registration is as large as a body may be, and a page of its own.
fn large(client: &Client) -> Client {
    Client { name: Some(client.id.to_string()), ..client.clone() }
}

/// A click on the button that withdraws the application of this client.
fn withdraw(browser: &Browser, csrf: &str, client: &str) -> Request<Full<Bytes>> {
    form(browser.form("/connections"), &[("action", "revoke-application"), ("client", client), ("csrf", csrf)])
}

/// An owner who has allowed 200 clients, each with a registration as large as a body may be, and a page of its own.
fn owner_of_large_clients() -> Owned {
    let host = |number| format!("h{number:02}{}", ".aaaa".repeat(50));
    let uris: Vec<String> = (0..30).map(|number| format!("https://{}/{}", host(number), "x".repeat(1_750))).collect();
    let owned = Owned::new(200, &uris);
    for client in owned.edge.clients.all() {
        owned.edge.clients.change(&client.id, large);
    }
    owned
}

/// docs/operations/memory.md has the number. A click on a client that is not listed can be repeated.
#[test]
fn many_clicks_at_once_on_large_clients_take_the_memory_of_one() {
    let mut owned = owner_of_large_clients();
    let csrf = hidden(&owned.runtime.block_on(owned.browser.get(&owned.edge, "/connections")), "csrf");
    let taken = |clients: &[Id]| {
        let taken = measure(|| {
            let click = |client: &Id| withdraw(&owned.browser, &csrf, &client.to_string());
            let clicks = clients.iter().map(|client| owned.edge.head(click(client)));
            let answers = owned.runtime.block_on(join_all(clicks));
            assert!(answers.iter().all(|answer| answer.status() == 302), "nobody keeps an owner from withdrawing");
        });
        taken.bytes_max
    };
    let of_page = owned.taken(1).0.bytes_max;
    let approvals = owned.edge.owners.all().remove(0).approvals;
    let listed = approvals.iter().map(|approval| approval.client).take(51).collect();
    for clients in [vec![Id::from_bytes([9; 16]); 51], listed] {
        let (first, many) = (taken(&clients[..1]), taken(&clients[1..]));
        println!("{first} bytes for the first click, {many} for 50, {of_page} for the page");
        assert!((10_000..400_000).contains(&first) && many < first + 50 * 20_000, "{first}, {many} bytes");
    }
}

/// docs/operations/memory.md has the number.
#[test]
fn many_requests_at_once_for_a_page_with_large_clients_take_little_memory() {
    let owned = owner_of_large_clients();
    owned.edge.owners.change(&owned.edge.owners.all()[0].key, |owner| {
        let mut owner = owner.clone();
        let long = owned.edge.clients.peek(&owner.approvals[0].client).unwrap().redirect_uris.remove(0);
        let receiver: Receiver = serde_json::from_value(long.as_str().into()).unwrap();
        owner.approvals.iter_mut().for_each(|approval| approval.receiver = receiver.clone());
        owner
    });
    let page = owned.runtime.block_on(owned.edge.send(empty(get(&owned.browser).header("accept-language", "ar"))));
    println!("{} bytes of page", page.body.len());
    assert!(
        page.body.len() * 3 / 2 < 1024 * 1024,
        "a third of its rows may be of grants alone, and an address has 1 MiB"
    );
    let (one, _) = owned.taken(1);
    let (taken, statuses) = owned.taken(117);
    println!("{} bytes for one, {} for 117", one.bytes_max, taken.bytes_max);
    assert_eq!(statuses, BTreeMap::from([(200, 4), (503, 113)]));
    assert!((1_000_000..8_000_000).contains(&taken.bytes_max), "{} bytes", taken.bytes_max);
}

#[tokio::test]
async fn pages_of_an_owner_beyond_the_fourth_at_once_are_refused_and_another_owners_and_clicks_go_on() {
    let (edge, mut browser, mut other) = (Edge::new(), Browser::default(), Browser::default());
    allow_many(&edge, &mut browser, 3, &[]).await;
    let csrf = hidden(&browser.connections(&edge).await, "csrf");
    let client = edge.clients.all()[0].id.to_string();
    edge.upstream.set_subject(Subject { tid: "tenant".into(), oid: "another".into() });
    other.connections(&edge).await;
    edge.audit.take();
    let pages = [&browser, &browser, &browser, &browser, &browser, &other].map(|browser| empty(get(browser)));
    let click = withdraw(&browser, &csrf, &client);
    let answers = join_all(pages.into_iter().chain([click]).map(|request| edge.send(request))).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 503, 200, 302]);
    assert_eq!(edge.owners.all().iter().map(|owner| owner.approvals.len()).sum::<usize>(), 2, "it was withdrawn");
    assert_eq!(answers[4].header("retry-after"), "5");
    assert!(answers[4].body.contains("too much to do"), "{}", answers[4].body);
    let mut events = edge.audit.take();
    events.retain(|event| event.name != EventName::ConsentWithdrawn);
    let [event] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((event.name, event.endpoint), (EventName::LimitReached, Some("connections")));
    assert_eq!((event.reason, event.owner.is_some()), (Some("pages of connections at once"), true));
    assert_eq!(browser.get(&edge, "/connections").await.status, 200, "the places are free again");
}

#[tokio::test]
async fn an_owner_is_shown_where_codes_went_and_three_hosts_of_a_client_and_an_operator_all() {
    let (edge, mut browser) = (Edge::new(), Browser::default());
    let mut uris: Vec<String> = (0..28).map(|number| format!("https://host-{number}.example/")).collect();
    uris.push("https://zzz.example/".into());
    allow_many(&edge, &mut browser, 1, &uris).await;
    // From before the length of a host was limited.
    let long = format!("https://a{}.example/", "a".repeat(1_990));
    edge.clients.change(&edge.clients.all()[0].id, |client| {
        let mut client = client.clone();
        client.redirect_uris.push(RedirectUri::stored(long.clone()));
        client
    });
    edge.owners.change(&edge.owners.all()[0].key, |owner| {
        let mut owner = owner.clone();
        owner.approvals[0].receiver = serde_json::from_value("https://zzz.example/".into()).unwrap();
        owner
    });
    let own = browser.connections(&edge).await.body;
    edge.upstream.set_roles(&[ADMIN.value]);
    let operators = Browser::default().operator(&edge).await.body;
    let shown = "<bdi>zzz.example, client.example, host-0.example</bdi> and 29 more";
    assert!(own.contains(shown) && !own.contains("host-2") && !own.contains("aaa"), "{own}");
    let all = (0..28).all(|number| operators.contains(&format!("host-{number}.example")));
    assert!(all && operators.contains("zzz.example</bdi> and 1 more") && !operators.contains("aaa"), "{operators}");
}
