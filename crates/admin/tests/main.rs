//! The admin API over real sockets.

mod api_tokens;
mod apps;
mod gateway;
mod secrets;
mod support;
