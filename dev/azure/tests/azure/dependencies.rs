//! Every dependency down, slow and throttled, one by one and together, with traffic: affected requests get documented
//! answers, others succeed, waits are bounded, and all recover without a restart.

use std::cell::Cell;

use cosmos_emulator::Effect;
use local_tenant::{Endpoint, Fault};
use stand_in::wait::until;

use crate::{
    browser::{Tokens, tokens},
    deployment::{Deployment, body, rounds},
    messages::Messages,
    streams::Session,
    traffic::{KINDS, health, metadata, sign_in, traffic},
};

/// Longer than anybody waits: an answer that comes shows that waiting is bounded.
const HOUR: u64 = 3_600_000;
const OFTEN: usize = 10_000;
/// Rounds of traffic in trouble, at least and at most: which of the processes gets which request is the host's affair.
const ROUNDS: (usize, usize) = (2, 12);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dependency {
    Store,
    Vault,
    Identity,
    Entra,
    Keys,
    Graph,
}

#[derive(Clone, Copy, Debug)]
enum Trouble {
    Down,
    Slow,
    Throttled,
}

/// The instances whose requests of a kind are answered that something is unavailable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Suffers {
    Everybody,
    /// The process that was started in the trouble, and only that one.
    TheNew,
    Nobody,
    /// Depends on what was asked before.
    Somebody,
}

const ALL: [Dependency; 6] = [
    Dependency::Store,
    Dependency::Vault,
    Dependency::Identity,
    Dependency::Entra,
    Dependency::Keys,
    Dependency::Graph,
];

/// Of each of [`KINDS`].
fn suffering(troubles: &[(Dependency, Trouble)]) -> [Suffers; 6] {
    use Suffers::{Everybody, Nobody, Somebody, TheNew};
    let [(dependency, _)] = troubles else { return [Everybody; 6] };
    match dependency {
        // A grant that was read goes on for half a minute.
        Dependency::Store => [Everybody, Everybody, Everybody, Somebody, Everybody, Everybody],
        // A registration seals nothing. A sign-in needs three requests, which go to both processes.
        Dependency::Vault => [TheNew, Nobody, TheNew, TheNew, Somebody, TheNew],
        Dependency::Identity => [TheNew, TheNew, TheNew, TheNew, Somebody, TheNew],
        // A refresh whose upstream token is good for long does without.
        Dependency::Entra => [Nobody, Nobody, Nobody, TheNew, Everybody, Nobody],
        Dependency::Keys => [Nobody, Nobody, Nobody, Nobody, TheNew, Nobody],
        Dependency::Graph => [Nobody, Nobody, Nobody, Everybody, Nobody, Nobody],
    }
}

fn endpoints(dependency: Dependency) -> &'static [Endpoint] {
    match dependency {
        Dependency::Store => &[],
        Dependency::Vault => &[Endpoint::KeyGet, Endpoint::KeyWrap, Endpoint::KeyUnwrap],
        Dependency::Identity => &[Endpoint::Identity],
        Dependency::Entra => &[Endpoint::AuthorizationCode, Endpoint::RefreshToken, Endpoint::OnBehalfOf],
        Dependency::Keys => &[Endpoint::Keys],
        Dependency::Graph => &[Endpoint::GraphMe],
    }
}

fn cause(server: &Deployment, dependency: Dependency, trouble: Trouble) {
    if dependency == Dependency::Store {
        let effect = match trouble {
            Trouble::Down => Effect::Dropped,
            Trouble::Slow => Effect::Slow { milliseconds: HOUR },
            Trouble::Throttled => Effect::Throttled { retry_after_ms: 1_000 },
        };
        server.azure.cosmos.inject(cosmos_emulator::Fault::new(effect));
    }
    for endpoint in endpoints(dependency) {
        let fault = match trouble {
            Trouble::Down => Fault::Dropped,
            Trouble::Slow => Fault::Slow { milliseconds: HOUR },
            Trouble::Throttled => Fault::Throttled { retry_after: Some(1) },
        };
        server.azure.tenant.fail_next(*endpoint, OFTEN, fault).unwrap();
    }
}

fn heal(server: &Deployment) {
    server.azure.cosmos.clear_faults();
    server.azure.tenant.clear_faults();
}

/// Whether what was seen so far is enough to say that those suffer who should; never when somebody does who should not.
fn is_seen(suffers: Suffers, seen: &[bool]) -> Option<bool> {
    let (worked, failed) = (seen.contains(&true), seen.contains(&false));
    match suffers {
        Suffers::Everybody => (!worked).then_some(failed),
        Suffers::Nobody => (!failed).then_some(worked),
        Suffers::TheNew => Some(worked && failed),
        Suffers::Somebody => Some(true),
    }
}

/// Traffic until each kind of request has been seen to suffer as it should.
async fn suffers(server: &Deployment, tokens: &Tokens, messages: &mut Messages, troubles: &[(Dependency, Trouble)]) {
    let mut seen: [Vec<bool>; 6] = Default::default();
    for round in 1..=ROUNDS.1 {
        // The processes take turns, so a round with an even number of requests begins where the last one began. With one
        // more request in every second round, two processes both get each kind, whatever their answers do to that number.
        if round % 2 == 0 {
            metadata(server).await;
        }
        let worked = traffic(server, tokens, messages).await;
        seen.iter_mut().zip(worked).for_each(|(seen, worked)| seen.push(worked));
        let mut enough = round >= ROUNDS.0;
        for ((suffers, seen), kind) in suffering(troubles).into_iter().zip(&seen).zip(KINDS) {
            let is_seen = is_seen(suffers, seen);
            enough &= is_seen.unwrap_or_else(|| panic!("{troubles:?}: {kind}: {suffers:?} should suffer: {seen:?}"));
        }
        if enough {
            return;
        }
    }
    panic!("{troubles:?}: {KINDS:?} should be {:?}: {seen:?}", suffering(troubles));
}

/// Both processes have asked for everything that they keep.
async fn warm(server: &Deployment, tokens: &Tokens) {
    for _ in 0..4 {
        assert!(sign_in(server, &tokens.client_id).await && health(server).await);
        server.call_tool(&tokens.access_token).await;
    }
}

/// Until the new process has what the trouble leaves it: a start takes a moment, and is no part of the trouble. The other
/// one may say for a second that it has what it had before.
async fn until_started(server: &Deployment, troubles: &[(Dependency, Trouble)]) {
    use Dependency::{Entra, Graph, Keys, Vault};
    let (store, keyring) = match troubles {
        [(Vault, _)] => (true, false),
        [(Entra | Keys | Graph, _)] => (true, true),
        _ => (false, false),
    };
    let is_down = suffering(troubles)[0] == Suffers::Everybody;
    let started = Cell::new(0);
    until(async || {
        let health = body(server.get("/health").send().await.unwrap()).await;
        let is = (!store || health["store"] == "up") && (!keyring || health["keyring"] == "up");
        let is = is && (!is_down || health["store"] == "down");
        started.set(if is { started.get() + 1 } else { 0 });
        started.get() == 4
    })
    .await;
}

async fn survives(server: &Deployment, tokens: &Tokens, troubles: &[(Dependency, Trouble)]) {
    warm(server, tokens).await;
    // One at each process, as they take turns.
    let open = async || Session::open(server, tokens.access_token.clone()).await;
    let streams = [open().await, open().await];
    for (dependency, trouble) in troubles {
        cause(server, *dependency, *trouble);
    }
    // One process has everything cached, the other begins with nothing.
    server.azure.host.replace(0).await;
    let mut messages = Messages::to_the_other_of(streams).await;
    until_started(server, troubles).await;
    suffers(server, tokens, &mut messages, troubles).await;
    heal(server);
    server.until_ready().await;
    recovers(server, tokens, &mut messages, troubles).await;
    // One at each process.
    for _ in 0..2 {
        assert_eq!(messages.post(server).await.status(), 202, "{troubles:?}");
    }
    messages.are_answered_once().await;
}

/// Until all traffic succeeds again, however long that takes. Each failed round is printed.
async fn recovers(server: &Deployment, tokens: &Tokens, messages: &mut Messages, troubles: &[(Dependency, Trouble)]) {
    loop {
        let worked = traffic(server, tokens, messages).await;
        if worked == [true; 6] {
            return;
        }
        let log = server.log();
        let last: Vec<_> = log.lines().rev().take(30).collect();
        println!("{troubles:?}: {KINDS:?} {worked:?}:\n{}", last.join("\n"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_dependency_may_be_down_slow_or_throttled_alone_and_with_all_others() {
    let server = Deployment::start(2).await;
    let tokens = tokens(&server).await;
    let every = [Trouble::Down, Trouble::Slow, Trouble::Throttled];
    // The short form takes a kind of trouble for each in turn.
    let single = ALL.iter().enumerate().flat_map(|(index, dependency)| {
        let troubles = if rounds(1, 0) == 1 { every.to_vec() } else { vec![every[index % every.len()]] };
        troubles.into_iter().map(move |trouble| (*dependency, trouble))
    });
    for trouble in single {
        survives(&server, &tokens, &[trouble]).await;
    }
    for trouble in every.into_iter().take(rounds(3, 1)) {
        survives(&server, &tokens, &ALL.map(|dependency| (dependency, trouble))).await;
    }
}
