//! What every server of ours listens with: the accept loop, TLS, limits, timeouts, client address
//! and drain.
//!
//! A [`Listener`] takes connections, bounds them ([`Limits`]), finds out who is really calling
//! ([`Peer`]) and hands each request to one handler. A connection that stays silent or sends half a
//! request is closed when [`Limits::header`] is over, with TLS or without. What a request *means*
//! is the handler's matter.
//!
//! ```no_run
//! # async fn example() -> Result<(), tonegate_listener::ListenError> {
//! use tonegate_listener::{Drain, Listener, ListenerConfig, Peer, Request, RequestBody, Response};
//!
//! let config = ListenerConfig::new(([127, 0, 0, 1], 8080).into());
//! let listener = Listener::bind(config).await?;
//! let drain = Drain::new(); // keep a clone: `begin()` stops the listener gracefully
//! listener
//!     .serve(
//!         |_request: Request<RequestBody>, peer: Peer| async move {
//!             Response::new(format!("hello, {}\n", peer.address).into())
//!         },
//!         drain,
//!     )
//!     .await;
//! # Ok(())
//! # }
//! ```

mod admission;
mod answer;
mod body;
mod chores;
mod client_address;
mod connection;
mod drain;
mod error;
mod fast;
mod limits;
mod listener;
mod network_limit;
pub mod proxy;
mod pulse;
mod rate;
mod service;
mod stats;
mod tls;

pub use answer::{OPEN_METRICS, uncached};
pub use body::{BodyError, RequestBody};
pub use chores::serve_while_whole;
pub use drain::Drain;
pub use error::ListenError;
pub use fast::{Fast, FastPath, FastRequest};
pub use http::{Request, Response};
pub use ipnet::IpNet;
pub use limits::Limits;
pub use listener::{Listener, ListenerConfig};
pub use network_limit::{NetworkLimit, NetworkLimitConfig};
pub use rate::{Gcra, Rate};
pub use service::{Peer, ResponseBody};
pub use stats::{Counter, Stats};
pub use tls::TlsFiles;
