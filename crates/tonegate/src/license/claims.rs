//! What a licence says, for people.

use tonegate_server::inspect::Claims;

use crate::output::{self, Table};
use crate::time::Moment;

/// Adds what a licence says to a table of facts.
pub(super) fn add(claims: &Claims, table: &mut Table) {
    table.fact("App", output::bold(claims.app_id));
    table.fact("Issuer", format_args!("{} ({})", claims.issuer, claims.environment));
    table.fact("Features", features(claims));
    table.fact("Issued", Moment(claims.issued_at));
    table.fact("Valid from", Moment(claims.not_before));
    table.fact("Valid until", Moment(claims.expires_at));
    if !claims.bind.is_empty() {
        table.fact("Tied to", claims.bind.join(", "));
    }
    table.fact("Signed by", format_args!("key {}", claims.kid));
    table.fact("Licence id", format_args!("{} (rev {})", claims.id, claims.revision));
}

fn features(claims: &Claims) -> String {
    let features = claims.features.iter().map(|feature| match feature.on_expiry.as_str() {
        "bypass" => feature.name.clone(),
        other => format!("{} (at expiry: {other})", feature.name),
    });
    features.collect::<Vec<_>>().join(", ")
}
