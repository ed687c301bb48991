//! `tonegate key rotate`: the next issuing key, certified by the installation's own root.

use std::fmt;

use serde::{Deserialize, Serialize};
use tonegate_issuer::limits::HOUR_SECS;
use tonegate_server::keys::{self, Rotation, Start};
use tonegate_server::model::bounds;
use tonegate_server::store::KeyPlace;

use crate::data::Opened;
use crate::exit::Exit;
use crate::output::{self, Output, Table};
use crate::process;
use crate::remote::Remote;
use crate::target::{Target, TargetArgs};
use crate::time::{self, Moment, Span};

#[derive(Debug, clap::Args)]
pub(crate) struct Rotate {
    /// Sign with the new key at once: for when the old one is stolen. Nodes may answer with
    /// differing bytes for 2 seconds
    #[arg(long)]
    now: bool,
    /// Withdraw every earlier key on each device that sees a licence of the new one
    #[arg(long)]
    raise_floor: bool,
    /// Have the standby root certify the key: for when the active root is stolen. From then on
    /// devices refuse the active root for good
    #[arg(long)]
    standby: bool,
    /// Make the key in the hardware token of the configuration (its section pkcs11), which it cannot leave
    #[arg(long)]
    in_token: bool,
    #[command(flatten)]
    target: TargetArgs,
}

impl Rotate {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let rotated = match self.target.open().await? {
            Target::Local(opened) => self.here(&opened).await?,
            Target::Remote(remote) => self.elsewhere(&remote).await?,
        };
        output.show(&rotated)?;
        Ok(Exit::Done)
    }

    async fn here(&self, opened: &Opened) -> anyhow::Result<Rotated> {
        let start = if self.now { Start::Now } else { Start::Planned };
        let Self { raise_floor, standby, in_token, .. } = *self;
        let rotation = Rotation { start, raise_floor, standby, in_token };
        let (token, actor) = (opened.token.as_ref(), process::actor());
        let key = keys::rotate(&opened.store, token, &actor, opened.now, rotation).await?;
        Ok(Rotated {
            token: match key.place {
                KeyPlace::Token(label) => Some(label),
                KeyPlace::Seed(_) => None,
            },
            serial: key.serial,
            kid: key.kid,
            sign_from: key.sign_from,
            certificate_ends: key.exp,
            floor_raised: self.raise_floor,
            old_licenses_until: opened.now.max(key.sign_from) + longest_life(opened).await?,
            old_certificates_until: old_certificates_end(opened),
            now: opened.now,
        })
    }

    async fn elsewhere(&self, remote: &Remote) -> anyhow::Result<Rotated> {
        let start = if self.now { "now" } else { "planned" };
        let Self { raise_floor, standby, in_token, .. } = *self;
        let rotation = ToRotate { start, raise_floor, standby, token: in_token };
        // Asked before: afterwards the new certificate would count among the old ones.
        let preview: Preview = remote.post("/keys/preview", &rotation).await?;
        let key: Made = remote.post("/keys", &rotation).await?;
        Ok(Rotated {
            serial: key.serial,
            kid: key.kid,
            sign_from: key.sign_from,
            certificate_ends: key.certificate_ends,
            token: key.token,
            floor_raised: raise_floor,
            old_licenses_until: preview.old_licenses_until,
            old_certificates_until: preview.old_certificates_until,
            now: time::now(),
        })
    }
}

/// Seconds that a licence of the old key, fetched at the last moment, may last.
async fn longest_life(opened: &Opened) -> anyhow::Result<i64> {
    let apps = opened.store.list_apps(None, u32::MAX).await?;
    let lifetimes = apps.iter().flat_map(|app| &app.app).map(|app| app.settings().lifetime);
    let longest = lifetimes.max().unwrap_or(bounds::LIFETIME_DEFAULT);
    Ok(i64::from(longest) + HOUR_SECS)
}

/// When the last certificate of the keys so far ends, and with it all that a thief can make.
fn old_certificates_end(opened: &Opened) -> i64 {
    let ends = opened.keyring.keys().iter().map(|key| key.chain().expires_at());
    ends.max().unwrap_or(opened.now)
}

/// What the admin API takes.
#[derive(Serialize)]
struct ToRotate {
    start: &'static str,
    raise_floor: bool,
    standby: bool,
    /// A server of an earlier release knows no such member.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    token: bool,
}

/// What it answers before.
#[derive(Deserialize)]
struct Preview {
    old_licenses_until: i64,
    old_certificates_until: i64,
}

/// What it answers.
#[derive(Deserialize)]
struct Made {
    serial: u32,
    kid: String,
    sign_from: i64,
    certificate_ends: i64,
    #[serde(default)]
    token: Option<String>,
}

#[derive(Serialize)]
struct Rotated {
    serial: u32,
    kid: String,
    /// As the certificate says: of an emergency key it lies in the past.
    sign_from: i64,
    certificate_ends: i64,
    /// The label of the hardware token that it lives in.
    token: Option<String>,
    floor_raised: bool,
    /// Until when a device that stays offline may go on with a licence of an earlier key.
    old_licenses_until: i64,
    /// Until when it may go on with what a thief makes with an earlier key.
    old_certificates_until: i64,
    #[serde(skip)]
    now: i64,
}

impl fmt::Display for Rotated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::default();
        table.fact("Issuing key", output::bold(format_args!("{} {}", self.serial, self.kid)));
        if let Some(token) = &self.token {
            table.fact("Lives in", format_args!("the hardware token {token}"));
        }
        table.fact("Signs from", Moment(self.sign_from.max(self.now)));
        table.fact("Certificate ends", Moment(self.certificate_ends));
        write!(f, "{table}\n\nA running server takes it up within 2 seconds.")?;
        let until = Moment(self.old_licenses_until);
        if self.floor_raised {
            let certificates = Moment(self.old_certificates_until);
            write!(
                f,
                "\nEarlier keys are withdrawn on each device when it loads a licence of this one. A \
                 device that stays offline keeps the licence it has, at the latest until {until}; \
                 what a thief makes with an earlier key can last on such a device until {certificates}."
            )
        } else {
            write!(
                f,
                "\nLicences of earlier keys stay good to their end, at the latest {until}. If a key \
                 was stolen, rotate with --now --raise-floor."
            )
        }?;
        let grace = Span(i64::from(*bounds::GRACE_HOURS.end()) * HOUR_SECS);
        write!(f, " A grace after expiry adds at most {grace}.")
    }
}
