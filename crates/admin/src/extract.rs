//! What operations read from a request besides the caller: strict, bounded, with clear problems.

mod body;
mod idempotency;
mod if_match;
mod page;
mod path_id;
mod query;

pub(crate) use body::{Body, check_length, check_time};
pub(crate) use idempotency::{Claim, Created, Idempotency, RawBody, unreadable};
pub(crate) use if_match::{IfMatch, Versioned};
pub(crate) use page::{Cursor, Page, PageQuery, limit, number};
pub(crate) use path_id::{path_id, path_number};
pub(crate) use query::{Query, check_query_length, check_query_time};
