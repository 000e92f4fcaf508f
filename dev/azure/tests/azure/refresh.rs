//! One refresh token, many refreshes at once, over two processes: one live family, and nobody is logged out.

use std::collections::BTreeSet;

use cosmos_emulator::{Effect, Fault, Verb};
use futures_util::future::join_all;
use serde_json::Value;
use stand_in::wait::until;

use crate::{
    browser::tokens,
    deployment::{Deployment, gave_up, rounds},
};

const AT_ONCE: usize = 20;

fn refresh_tokens(answers: &[(u16, Value)]) -> BTreeSet<String> {
    let given = answers.iter().filter(|(status, _)| *status == 200);
    given.map(|(_, answer)| answer["refresh_token"].as_str().unwrap().to_owned()).collect()
}

/// A client that was answered so asks again with the token that it has.
fn is_unavailable((status, answer): &(u16, Value)) -> bool {
    *status == 503 && answer["error"] == "temporarily_unavailable"
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_refreshes_over_two_processes_leave_one_live_family() {
    let server = Deployment::start(2).await;
    let tokens = tokens(&server).await;
    let mut current = tokens.refresh_token;
    for round in 0..rounds(1000, 15) {
        let logged = server.log().len();
        let mut answers = join_all((0..AT_ONCE).map(|_| server.refresh(&tokens.client_id, &current))).await;
        if answers.iter().any(is_unavailable) {
            until(async || gave_up(&server.log()[logged..])).await;
            answers.retain(|answer| !is_unavailable(answer));
            answers.push(server.refresh(&tokens.client_id, &current).await);
        }
        assert!(answers.iter().all(|(status, _)| *status == 200), "round {round}: {answers:?}");
        let successors = refresh_tokens(&answers);
        assert_eq!(successors.len(), 1, "round {round}: a forked family");
        for (_, answer) in answers.iter().step_by(7) {
            assert_eq!(server.call_tool(answer["access_token"].as_str().unwrap()).await.0, 200, "round {round}");
        }
        current = successors.into_iter().next().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_answers_and_throttling_never_fork_a_family_nor_end_it() {
    let server = Deployment::start(2).await;
    let tokens = tokens(&server).await;
    let mut current = tokens.refresh_token;
    for round in 0..rounds(1000, 10) {
        let seed = u64::try_from(round).unwrap();
        server.azure.cosmos.inject(Fault::new(Effect::Throttled { retry_after_ms: 5 }).one_in(3, seed));
        server.azure.cosmos.inject(Fault::new(Effect::AnswerLost).on(&[Verb::Replace]).one_in(3, seed + 1));
        let answers = join_all((0..AT_ONCE).map(|_| server.refresh(&tokens.client_id, &current))).await;
        server.azure.cosmos.clear_faults();
        for answer in &answers {
            assert!(answer.0 == 200 || is_unavailable(answer), "round {round}: {answer:?}");
        }
        let successors = refresh_tokens(&answers);
        assert!(successors.len() <= 1, "round {round}: a forked family");
        // A client continues with the tokens that it has, whether or not it got an answer.
        let mut going_on: Vec<&String> = successors.iter().collect();
        going_on.push(&current);
        let mut next = BTreeSet::new();
        for token in going_on.into_iter().rev() {
            let (status, answer) = server.refresh(&tokens.client_id, token).await;
            assert_eq!(status, 200, "round {round}: {answer}");
            next.insert(answer["refresh_token"].as_str().unwrap().to_owned());
        }
        current = next.into_iter().next_back().unwrap();
        let (status, answer) = server.refresh(&tokens.client_id, &current).await;
        assert_eq!(status, 200, "round {round}: {answer}");
        current = answer["refresh_token"].as_str().unwrap().to_owned();
    }
}
