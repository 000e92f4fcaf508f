//! Conditional writes: a record is read, decided on, and written if nobody has changed it meanwhile. Otherwise what stands
//! now is decided on.

use std::future::ready;

use crate::ground::{Advanced, Created, Record, Repository, Stored, Unavailable};

/// How often a record is decided on before the caller is told to come back later.
const ATTEMPTS: usize = 5;

/// The decision about a record as it stands.
pub(crate) enum Change<T, A> {
    /// Write this record, or create it if there is none, and then give this answer.
    Write(T, A),
    /// Leave the record as it is, and give this answer.
    Keep(A),
}

/// The outcome of a change.
pub(crate) struct Changed<T, A> {
    /// The answer of the decision that holds.
    pub(crate) answer: A,
    /// The record that stands.
    pub(crate) record: Option<Stored<T>>,
}

/// Reads a record and changes it as `decide` says.
pub(crate) async fn change<T: Record + Clone, A, E: From<Unavailable>>(
    repository: &dyn Repository<T>,
    key: &T::Key,
    mut decide: impl FnMut(Option<T>) -> Result<Change<T, A>, E>,
) -> Result<Changed<T, A>, E> {
    let current = repository.get(key).await?;
    change_from(repository, current, |record| ready(decide(record))).await
}

/// Changes a record that was read before, or that is believed to be absent, as `decide` says once it has asked others.
pub(crate) async fn change_from<T, A, E, F>(
    repository: &dyn Repository<T>,
    mut current: Option<Stored<T>>,
    mut decide: impl FnMut(Option<T>) -> F,
) -> Result<Changed<T, A>, E>
where
    T: Record + Clone,
    E: From<Unavailable>,
    F: Future<Output = Result<Change<T, A>, E>>,
{
    for _ in 0..ATTEMPTS {
        let record = current.as_ref().map(|stored| stored.value.clone());
        let (next, answer) = match decide(record).await? {
            Change::Keep(answer) => return Ok(Changed { answer, record: current }),
            Change::Write(next, answer) => (next, answer),
        };
        current = match write(repository, current, next).await? {
            Advanced::Done(stored) => return Ok(Changed { answer, record: Some(stored) }),
            Advanced::Lost(standing) => standing,
        };
    }
    Err(Unavailable::store("the record kept changing").into())
}

async fn write<T: Record>(
    repository: &dyn Repository<T>,
    current: Option<Stored<T>>,
    next: T,
) -> Result<Advanced<T>, Unavailable> {
    match current {
        Some(stored) => repository.advance(&stored.version, next).await,
        None => Ok(match repository.create(next).await? {
            Created::Done(stored) => Advanced::Done(stored),
            Created::Exists(stored) => Advanced::Lost(Some(stored)),
        }),
    }
}
