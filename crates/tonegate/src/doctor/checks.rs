//! What the doctor looks at, in the order in which one thing rests on the next.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tonegate_issuer::{IssuingKey, hour_of, mint};
use tonegate_license::{Expect, State};
use tonegate_server::grant;
use tonegate_server::limits::KEYS_END_SOON_SECS;
use tonegate_server::store::{AuditFilter, ServerFacts};

use super::check::Finding;
use tonegate_server::installation::Place;

use crate::data::{self, DataArgs, Opened};
use crate::license::verdict::VerdictView;
use crate::time::{self, Moment, Span, distance};

/// Room for the journal and the database to grow.
const DISK_WARN: u64 = 1 << 30;
const DISK_FAIL: u64 = 64 << 20;
/// The oldest PostgreSQL that is tested.
const POSTGRES_MAJOR: i64 = 15;
/// When this program was written: an earlier clock is wrong.
const WRITTEN: i64 = 1_735_689_600;

/// Every check that can be made.
pub(super) async fn all(data: &DataArgs) -> Vec<Finding> {
    let place = match data.place() {
        Ok(place) => place,
        Err(error) => return vec![Finding::failed("configuration", error)],
    };
    let mut found = vec![Finding::ok("configuration", "read"), directory(&place), disk(&place)];
    match data::open(&place).await {
        Ok(opened) => {
            found.push(Finding::ok("installation", "directory, keys, pins and database fit"));
            found.extend(server(&opened).await);
            found.push(database(&opened).await);
            found.push(apps(&opened).await);
            found.push(roots(&opened));
            found.push(calendar(&opened));
            found.extend(token(&opened).await);
            found.push(pending(&opened));
            found.push(clock(&opened).await);
            found.push(self_issue(&opened));
        }
        Err(error) => found.push(Finding::failed("installation", error)),
    }
    found
}

fn directory(place: &Place) -> Finding {
    const CHECK: &str = "data directory";
    let path = place.data.path();
    let shown = path.display();
    match fs::metadata(path).map(|metadata| metadata.permissions().mode() & 0o777) {
        Err(error) => {
            let step = format!("check --data, or make one with `tonegate init --data {shown}`");
            Finding::fail(CHECK, format!("{shown}: {error}"), &step)
        }
        Ok(mode) if mode & 0o077 != 0 => {
            let step = format!("run: chmod 700 {shown}");
            Finding::warn(CHECK, format!("{shown} is open to others (mode {mode:o})"), &step)
        }
        Ok(_) => exposed_file(path)
            .unwrap_or_else(|| Finding::ok(CHECK, format!("{shown} is its owner's alone"))),
    }
}

/// The database and what SQLite keeps beside it.
fn exposed_file(data: &Path) -> Option<Finding> {
    let names = ["tonegate.db", "tonegate.db-wal", "pending-keys.json"];
    names.iter().map(|name| data.join(name)).find_map(|path| {
        let mode = fs::metadata(&path).ok()?.permissions().mode() & 0o777;
        (mode & 0o077 != 0).then(|| {
            let found = format!("{} is open to others (mode {mode:o})", path.display());
            Finding::warn("data directory", found, &format!("run: chmod 600 {}", path.display()))
        })
    })
}

fn disk(place: &Place) -> Finding {
    const CHECK: &str = "disk";
    const CURE: &str =
        "free some: on a full disk changes fail, and used signatures are forgotten at a restart";
    match rustix::fs::statvfs(place.data.path()) {
        Err(error) => Finding::warn(CHECK, format!("cannot be measured: {error}"), "look by hand"),
        Ok(stat) => {
            let free = stat.f_bavail.saturating_mul(stat.f_frsize);
            let found = format!("{} MB free", free >> 20);
            match free {
                ..DISK_FAIL => Finding::fail(CHECK, found, CURE),
                DISK_FAIL..DISK_WARN => Finding::warn(CHECK, found, CURE),
                _ => Finding::ok(CHECK, found),
            }
        }
    }
}

/// Of a database that is a server's.
async fn server(opened: &Opened) -> Option<Finding> {
    const CHECK: &str = "database server";
    let facts = match opened.store.server_facts().await {
        Ok(facts) => facts?,
        Err(error) => return Some(Finding::failed(CHECK, error)),
    };
    let ServerFacts { version, major, weak_settings, synchronous_commit, schema } = facts;
    let found = format!("PostgreSQL {version}, schema {schema}");
    Some(if major < POSTGRES_MAJOR {
        Finding::fail(CHECK, found, "upgrade it to PostgreSQL 15 or later")
    } else if !weak_settings.is_empty() {
        let found = format!("{found}, {}", weak_settings.join(", "));
        Finding::fail(CHECK, found, "switch it on: a power cut would take what was acknowledged")
    } else if !matches!(&*synchronous_commit, "on" | "remote_apply") {
        let found = format!("{found}, synchronous_commit = {synchronous_commit}");
        Finding::ok(CHECK, format!("{found}, which changes of ours raise to on"))
    } else {
        Finding::ok(CHECK, format!("{found}, synchronous_commit = {synchronous_commit}"))
    })
}

async fn database(opened: &Opened) -> Finding {
    match opened.store.integrity_check().await {
        Ok(()) => Finding::ok("database", "every page, index and reference is sound"),
        Err(error) => Finding::failed("database", error),
    }
}

async fn apps(opened: &Opened) -> Finding {
    const CHECK: &str = "apps";
    let apps = match opened.store.list_apps(None, u32::MAX).await {
        Ok(apps) => apps,
        Err(error) => return Finding::failed(CHECK, error),
    };
    let broken = apps.iter().find_map(|app| match &app.app {
        Err(fault) => Some(fault.to_string()),
        Ok(_) => {
            let closed = app.secrets.iter().any(|secret| secret.secret.is_none());
            closed.then(|| format!("a secret of app {} does not open", app.id))
        }
    });
    match broken {
        Some(fault) => Finding::fail(CHECK, fault, "restore the database, or make the app anew"),
        None => Finding::ok(CHECK, format!("{} apps, every secret opens", apps.len())),
    }
}

fn roots(opened: &Opened) -> Finding {
    if opened.installation.auto_root {
        Finding::ok("roots", "auto-root: sealed here, so this server is as precious as they are")
    } else {
        Finding::ok("roots", "offline")
    }
}

fn calendar(opened: &Opened) -> Finding {
    const CHECK: &str = "issuing keys";
    const CURE: &str = "hold a ceremony: begin with `tonegate key ceremony request`";
    let until = opened.keyring.covered_until(opened.now);
    let found = format!("cover every hour until {}", Moment(until));
    match until - opened.now {
        ..=0 if opened.installation.auto_root => {
            let step = "run `tonegate key rotate --now`, or start the server, which does";
            Finding::fail(CHECK, "none signs now", step)
        }
        ..=0 => Finding::fail(CHECK, "none signs now", CURE),
        left if left < KEYS_END_SOON_SECS && !opened.installation.auto_root => {
            Finding::warn(CHECK, format!("{found}, {}", distance(until, opened.now)), CURE)
        }
        _ => Finding::ok(CHECK, found),
    }
}

/// The module loads, the token is there and takes the PIN, and the keys in it sign. One try: a wrong PIN
/// locks tokens.
async fn token(opened: &Opened) -> Option<Finding> {
    const CHECK: &str = "token";
    let keys: Vec<_> =
        opened.keyring.keys().iter().filter(|key| needs_token(key, opened.now)).cloned().collect();
    let Some(token) = opened.token.clone() else {
        let step = "set pkcs11.module, pkcs11.token and pkcs11.pin_file";
        let found = "issuing keys live in a hardware token, and none is configured";
        return keys.first().map(|_| Finding::fail(CHECK, found, step));
    };
    let tried = tokio::task::spawn_blocking(move || {
        let facts = token.check().map_err(|error| error.to_string())?;
        let probe = |key: &IssuingKey| key.signer().probe().map_err(|error| error.to_string());
        keys.iter().try_for_each(probe)?;
        Ok::<_, String>((facts, keys.len()))
    });
    Some(match tried.await {
        Ok(Ok((facts, count))) => {
            let found =
                format!("{} ({}) takes the PIN; {count} keys sign", facts.label, facts.model);
            Finding::ok(CHECK, found)
        }
        Ok(Err(error)) => Finding::failed(CHECK, error),
        Err(error) => Finding::failed(CHECK, error),
    })
}

/// Lives it in a token, and has it something to sign still?
fn needs_token(key: &IssuingKey, now: i64) -> bool {
    key.signer().token_label().is_some() && key.signs_until() > now
}

fn pending(opened: &Opened) -> Finding {
    if opened.installation.data.pending_keys().exists() {
        let step = "sign the request and run `tonegate key ceremony install`";
        Finding::warn("ceremony", "a request waits for its certificates", step)
    } else {
        Finding::ok("ceremony", "nothing waits")
    }
}

async fn clock(opened: &Opened) -> Finding {
    const CHECK: &str = "clock";
    const CURE: &str = "synchronise this machine's clock (NTP): wrong, no request is answered";
    let newest = match opened.store.audit(&AuditFilter::default(), None, 1).await {
        Ok(entries) => entries.first().map_or(0, |entry| entry.at),
        Err(error) => return Finding::failed(CHECK, error),
    };
    let now = time::now();
    if now < WRITTEN {
        return Finding::fail(CHECK, format!("stands at {}", Moment(now)), CURE);
    }
    if newest > now {
        let behind = Span(newest - now);
        return Finding::fail(CHECK, format!("is {behind} behind the newest audit entry"), CURE);
    }
    Finding::ok(CHECK, format!("{}, not before the newest audit entry", Moment(now)))
}

/// A licence for nobody, minted and verified in memory.
fn self_issue(opened: &Opened) -> Finding {
    const CHECK: &str = "self-issue";
    const CURE: &str = "look at the findings above";
    let installation = &opened.installation;
    let environment = grant::environment(installation.environment);
    let own = match grant::own_app(installation.environment) {
        Ok(app) => grant::of(&app),
        Err(error) => return Finding::fail(CHECK, error.to_string(), CURE),
    };
    let hour = hour_of(own.app_id, opened.now);
    let minted = match mint(&own, hour, &installation.issuer, &opened.keyring) {
        Ok(minted) => minted,
        Err(error) => return Finding::fail(CHECK, error.to_string(), CURE),
    };
    let issuer = &installation.issuer;
    let expect = Expect { issuer, environment, app_id: Some(own.app_id), identity: None };
    let state = State::new(0);
    let (verdict, _) =
        VerdictView::judge(&minted.license, installation.pins, expect, opened.now, state);
    if verdict.is_valid() {
        let length = minted.license.len();
        Finding::ok(CHECK, format!("a licence of {length} characters, valid by the pins alone"))
    } else {
        Finding::fail(CHECK, verdict.0.message, CURE)
    }
}
