//! How people run the issuer: the admin API, who may call it, and the console, which is one more of its
//! clients.
//!
//! [`AdminApi`] answers the admin listener. The API is `router`, one file an operation, and says about
//! itself what it can do (OpenAPI 3.1). Everything that an operation changes is one transaction with
//! its audit entry, in force on this server before it is answered. Health and metrics stay the
//! server's own and depend on none of this.

mod admin;
mod api;
mod api_tokens;
mod apps;
mod audit;
mod auth;
mod caller;
mod console;
mod demo;
mod extract;
mod gateway;
mod host;
mod keys;
mod licenses;
mod limits;
mod nodes;
pub mod openapi;
mod operation;
mod overview;
mod problem;
mod requests;
mod router;
mod secrets;
mod sign_in;
mod usage;
mod users;
mod webhooks;

pub use api::AdminApi;
