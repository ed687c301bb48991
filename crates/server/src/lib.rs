//! The issuer as a server: gateway, directory, replay guard, store.
//!
//! [`Server`] is what runs. A request's way through it is [`gateway`], one file a step; what it reads
//! on that way is in [`Service`], all of it in memory. The [`store`] is behind: its changes reach the
//! [`directory`] within 2 s, and losing it stops changes, not licences.

pub mod admin;
pub mod audit;
pub mod backup;
pub mod ceremony;
pub mod clock;
pub mod config;
pub mod data_dir;
pub mod directory;
pub mod gateway;
pub mod grant;
pub mod guard;
pub mod held;
pub mod inspect;
pub mod installation;
pub mod keys;
pub mod limits;
mod local_copy;
pub mod metrics;
mod mints;
pub mod model;
mod news;
pub mod node;
mod opened;
mod premint;
pub mod seal;
pub mod server;
pub mod service;
pub mod store;
mod stripe;
pub mod usage;
mod watch;
mod webhook_delivery;

pub use local_copy::CopyError;
pub use server::Server;
pub use service::{Service, StartError};
