//! What runs beside the requests of a server, and must never end by itself.

use std::pin::pin;

use tokio::task::JoinSet;

/// Waits for the end of `serving`. If a chore ends before, that is logged, and `stop` is called: it is
/// to begin the drain.
pub async fn serve_while_whole(
    serving: impl Future<Output = ()>,
    chores: &mut JoinSet<()>,
    stop: impl FnOnce(),
) {
    let mut serving = pin!(serving);
    tokio::select! {
        () = &mut serving => return,
        Some(ended) = chores.join_next() => {
            let how = ended.err().map_or_else(|| "it ended".to_owned(), |error| error.to_string());
            tracing::error!(how, "a part of the server has stopped: draining");
            stop();
        }
    }
    serving.await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Drain;

    #[tokio::test]
    async fn a_chore_that_panics_begins_the_drain() {
        let drain = Drain::new();
        let mut chores = JoinSet::new();
        chores.spawn(std::future::pending());
        chores.spawn(async { panic!("a chore broke") });
        serve_while_whole(drain.begun(), &mut chores, || drain.begin()).await;
        assert!(drain.has_begun());
    }

    #[tokio::test]
    async fn the_end_of_serving_is_no_fault() {
        let mut chores = JoinSet::new();
        chores.spawn(std::future::pending());
        serve_while_whole(async {}, &mut chores, || panic!("nothing broke")).await;
    }
}
