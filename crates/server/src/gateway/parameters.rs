//! Step 3: the public parameters, from the query alone (codes 100000001 to 14, and 2).

use http::request::Parts;
use tonegate_protocol::{PublicParameters, Refusal};

pub(super) fn read(head: &Parts) -> Result<PublicParameters<'_>, Refusal> {
    PublicParameters::parse(head.uri.query().unwrap_or(""))
}
