//! The admin API over real sockets.

mod api_tokens;
mod csrf;
mod enrollment;
mod headers;
mod locks;
mod secrecy;
mod sign_in;
mod support;
mod users;
