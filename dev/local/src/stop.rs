//! Signals to stop: Ctrl-C, SIGTERM, a closed terminal or, for a program that started this one, the end of standard input.

use std::io::{self, Read};

use stand_in::StopSignals;
use tokio::sync::oneshot;

/// Listens from its creation on.
#[derive(Debug)]
pub(crate) struct Stop {
    signals: StopSignals,
    input_ended: Option<oneshot::Receiver<()>>,
}

impl Stop {
    pub(crate) fn listen(to_input: bool) -> io::Result<Self> {
        Ok(Self { signals: StopSignals::listen()?, input_ended: to_input.then(|| end_of(io::stdin())) })
    }

    pub(crate) async fn requested(&mut self) {
        tokio::select! {
            () = self.signals.received() => {}
            Some(_) = async { Some(self.input_ended.as_mut()?.await) } => {}
        }
    }
}

/// A thread of its own, because the runtime would wait at its end for a read that it had started.
fn end_of(mut input: impl Read + Send + 'static) -> oneshot::Receiver<()> {
    let (ended, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        // An error of standard input is an end as well.
        let _ = io::copy(&mut input, &mut io::sink());
        let _ = ended.send(());
    });
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_end_of_input_stops() {
        let mut stop = Stop::listen(false).unwrap();
        stop.input_ended = Some(end_of(io::empty()));
        stop.requested().await;
    }

    #[tokio::test]
    async fn open_input_does_not_stop() {
        let (reader, writer) = io::pipe().unwrap();
        let mut ended = end_of(reader);
        assert_eq!(ended.try_recv(), Err(oneshot::error::TryRecvError::Empty));
        drop(writer);
        ended.await.unwrap();
    }
}
