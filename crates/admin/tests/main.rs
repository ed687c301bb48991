//! The admin API over real sockets.

mod api_tokens;
mod support;
