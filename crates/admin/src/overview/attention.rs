//! What needs a hand, first things first.

use serde::Serialize;
use tonegate_issuer::limits::DAY_SECS;
use tonegate_server::keys;

use crate::admin::Admin;

/// Something that somebody should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(crate) struct Attention {
    /// Its stable name.
    id: &'static str,
    severity: Severity,
    title: &'static str,
    detail: String,
    /// The console's page about it.
    href: Option<&'static str>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// Licences do not go out, or will not soon.
    Error,
    /// They do, but something is not as it should be.
    Warning,
}

/// All there is now, errors first.
pub(crate) fn of(admin: &Admin, now: i64) -> Vec<Attention> {
    let service = &admin.service;
    let mut found: Vec<_> = service.degraded().into_iter().filter_map(degraded).collect();
    if !service.is_ready() {
        found.push(Attention {
            id: "not_ready",
            severity: Severity::Error,
            title: "No licence can be answered",
            detail:
                "The server cannot issue a licence to itself, or is stopping; its log says why."
                    .to_owned(),
            href: Some("#/keys"),
        });
    }
    let keyring = service.keyring.load();
    if let Some(days) =
        Some((keyring.covered_until(now) - now) / DAY_SECS).filter(|days| *days < 14)
    {
        let detail = match service.installation.auto_root {
            true => format!("Keys are at hand for {days} days; the next is certified by itself."),
            false => format!("Keys are at hand for {days} days: hold a ceremony."),
        };
        let severity = if days < 3 { Severity::Error } else { Severity::Warning };
        found.push(Attention {
            id: "keys_end",
            severity,
            title: "Issuing keys end soon",
            detail,
            href: Some("#/keys"),
        });
    }
    if let Some(gap) = keys::gap_until(&keyring, now) {
        found.push(Attention {
            id: "key_gap",
            severity: Severity::Warning,
            title: "There is a gap between issuing keys",
            detail: format!("After the keys at hand nothing signs until {gap} (Unix seconds)."),
            href: Some("#/keys"),
        });
    }
    found.sort_by_key(|it| it.severity);
    found
}

/// `None`: told elsewhere, better.
fn degraded(name: &'static str) -> Option<Attention> {
    let (title, detail, href) = match name {
        "clock_suspect" => (
            "The machine's clock is wrong",
            "Wall clock and gateway time disagree: held licences go on, none is minted. Check NTP.",
            None,
        ),
        "store_unreachable" => (
            "The database does not answer",
            "Licences go on from memory; changes wait. Check disk and file permissions, or the database server.",
            None,
        ),
        "store_foreign" => (
            "Another installation's database answers",
            "Nothing of it is taken; licences go on from memory. Check the database's address.",
            Some("#/settings"),
        ),
        "directory_from_copy" => (
            "This server started without the database",
            "It serves from its own copy of the directory; changes since are missing until the database answers.",
            Some("#/settings"),
        ),
        "directory_copy_failing" => (
            "The directory's copy on disk cannot be written",
            "A start without the database would lack what changed since. Check space and owner of the data directory.",
            Some("#/settings"),
        ),
        "database_clock_differs" => (
            "This server's clock and the database's differ by over an hour",
            "It issues, and does nothing for all servers (keys, deliveries, deletions). Check NTP on both machines.",
            Some("#/settings"),
        ),
        "node_id_shared" => (
            "Another server has this server's id",
            "A data directory was copied. Stop one of the two, remove `node-id` from its data directory, and start it again.",
            Some("#/settings"),
        ),
        "journal_failing" => (
            "The replay journal cannot be written",
            "Signatures are remembered in memory only: after a crash they could be used again. Check the disk.",
            None,
        ),
        "guard_nearly_full" => (
            "The replay guard is nearly full",
            "When it is full, new requests get code 1. Raise guard.max_entries.",
            Some("#/settings"),
        ),
        "shared_guard_lost" => (
            "Valkey does not answer",
            "This node guards alone, and gives each app its share of the rate. Valkey is looked for each second.",
            None,
        ),
        "audit_checkpoint_failing" => (
            "Checkpoints of the audit log do not get out",
            "Their file or URL cannot be written; changes go on. See [audit] of the configuration.",
            Some("#/audit"),
        ),
        "keys_end_soon" => return None,
        _ => ("Something is not as it should be", "See the server's log and /readyz.", None),
    };
    Some(Attention {
        id: name,
        severity: Severity::Warning,
        title,
        detail: detail.to_owned(),
        href,
    })
}
