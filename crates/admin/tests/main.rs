//! The admin API over real sockets.

mod api_tokens;
mod apps;
mod csrf;
mod enrollment;
mod gateway;
mod headers;
mod locks;
mod secrecy;
mod secrets;
mod sign_in;
mod support;
mod users;
