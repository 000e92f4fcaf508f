//! One caller: it draws a request, mutates every second one, sends it, judges the answer and learns from it.

use std::{collections::BTreeMap, net::SocketAddr};

use reqwest::{Client, header::LOCATION, redirect::Policy};
use tokio::time::Instant;

use crate::{
    answer::{Answer, send},
    grammar::Grammar,
    known::Known,
    mutation::mutate,
    random::Random,
    request::Request,
    secrets::Secrets,
};

/// How often which status came from which route.
pub(crate) type Statuses = BTreeMap<(String, u16), usize>;

pub(crate) struct Worker {
    address: SocketAddr,
    base: String,
    random: Random,
    known: Known,
    entra: Client,
    statuses: Statuses,
}

impl Worker {
    pub(crate) fn new(address: SocketAddr, seed: u64) -> Self {
        let entra = Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        let (base, random, known) = (format!("http://{address}"), Random::new(seed), Known::new());
        Self { address, base, random, known, entra, statuses: Statuses::new() }
    }

    /// Sends requests until then. Returns the answers that it saw, and the secrets that must not be logged.
    pub(crate) async fn run(mut self, until: Instant) -> (Statuses, Secrets) {
        while Instant::now() < until {
            self.step().await;
        }
        (self.statuses, self.known.secrets)
    }

    async fn step(&mut self) {
        if let Some(sign_in) = self.known.sign_ins.pop() {
            self.sign_in(&sign_in).await;
        }
        let (client, mut request) = Grammar { random: &self.random, known: &self.known, base: &self.base }.request();
        let mutated = self.random.once_in(2);
        let route = request.path.clone();
        if mutated {
            mutate(&self.random, &self.known, &mut request);
        }
        let bytes = request.encode(&self.address.to_string());
        let Some(answer) = send(self.address, &bytes).await else {
            assert!(mutated, "no answer to a good request: {}", shown(&bytes));
            return;
        };
        judge(&answer, &bytes);
        if !mutated {
            *self.statuses.entry((route, answer.status)).or_default() += 1;
        }
        self.learn(&client, &request, answer);
    }

    fn learn(&mut self, client: &str, request: &Request, answer: Answer) {
        if let Some(sign_in) = answer.header("location").filter(|url| url.contains("/oauth2/")).map(str::to_owned) {
            self.known.learn_sign_in(&sign_in);
        }
        // A redirect to the client says who asked, and the code belongs to that one.
        let named = request.query.iter().find(|(name, _)| name == "client_id").map_or(client, |(_, id)| id);
        self.known.learn(named, answer);
    }

    /// The browser goes to Entra, which signs the user in without a page.
    async fn sign_in(&mut self, url: &str) {
        let Ok(answer) = self.entra.get(url).send().await else { return };
        if let Some(location) = answer.headers().get(LOCATION).and_then(|value| value.to_str().ok()) {
            self.known.learn_callback(location);
        }
    }
}

fn judge(answer: &Answer, request: &[u8]) {
    let later = answer.header("retry-after").is_some();
    let fits = match answer.status {
        429 | 503 => later,
        status => status < 500,
    };
    assert!(fits, "{} {}\nto {}", answer.status, answer.body, shown(request));
}

/// A request as far as one can read it.
fn shown(request: &[u8]) -> String {
    String::from_utf8_lossy(&request[..request.len().min(4_000)]).into_owned()
}
