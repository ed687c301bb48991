//! The signals that stop a server: the first SIGTERM or SIGINT drains, a second one ends at once.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tonegate_listener::Drain;

/// Runs `server` to its end, which signals bring about by way of `drain`.
pub(crate) async fn until_stopped<T>(
    server: impl Future<Output = T>,
    drain: Drain,
) -> std::io::Result<T> {
    let mut signals = Signals::listen()?;
    let stop = async move {
        signals.next().await;
        tracing::info!("stopping: requests in flight finish; another signal ends them");
        drain.begin();
        signals.next().await;
        tracing::warn!("stopping at once");
        drain.begin_hard();
        std::future::pending::<std::convert::Infallible>().await
    };
    tokio::select! {
        ended = server => Ok(ended),
        never = stop => match never {},
    }
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { terminate, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
