//! Round trips for those who may not block: one thread that asks for all who wait at the same time.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};

use tokio::sync::oneshot;

use super::Core;
use super::ask::{Answer, Ask};
use super::batch::Batch;

/// Most requests in one round trip.
const AT_ONCE: usize = 512;

type Waiting = (Ask, oneshot::Sender<Answer>);

/// Where asks are left. The thread ends when it is dropped.
#[derive(Debug)]
pub(super) struct Desk(Sender<Waiting>);

impl Desk {
    pub(super) fn open(core: &Arc<Core>) -> io::Result<Self> {
        // Bounded by the connections and streams of those who wait.
        let (sender, receiver) = mpsc::channel();
        let core = Arc::clone(core);
        let thread = std::thread::Builder::new().name("shared-guard-desk".to_owned());
        thread.spawn(move || serve(&core, &receiver))?;
        Ok(Self(sender))
    }

    pub(super) async fn ask(&self, ask: Ask) -> Answer {
        let (sender, answer) = oneshot::channel();
        if self.0.send((ask, sender)).is_err() {
            return Answer::Lost;
        }
        answer.await.unwrap_or_default()
    }
}

fn serve(core: &Core, receiver: &Receiver<Waiting>) {
    let (mut batch, mut waiting) = (Batch::default(), Vec::new());
    while let Ok(first) = receiver.recv() {
        for (ask, sender) in std::iter::once(first).chain(receiver.try_iter()).take(AT_ONCE) {
            batch.push(ask);
            waiting.push(sender);
        }
        // After a panic Valkey has not answered those who wait; the others need this thread still.
        let _ = catch_unwind(AssertUnwindSafe(|| core.settle(&mut batch)));
        for (number, sender) in waiting.drain(..).enumerate() {
            // Whoever asked may have gone.
            let _ = sender.send(batch.answer(number));
        }
        batch.clear();
    }
}
