//! The admin API over real sockets.

mod api_tokens;
mod apps;
mod gateway;
mod observability;
mod secrets;
mod support;
