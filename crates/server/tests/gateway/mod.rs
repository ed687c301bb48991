//! The licence API, as its callers and its attackers meet it.

mod answers;
mod encodings;
mod fast_path;
mod faults;
mod forgery;
mod http;
mod key_set;
mod order;
mod rate;
