//! `tonegate key list`: roots, pins, issuing keys, and the days that they cover.

use std::fmt;

use serde::{Deserialize, Serialize};
use tonegate_issuer::limits::DAY_SECS;
use tonegate_server::installation::pins_file;
use tonegate_server::keys::{self, CalendarKey, KeyState, PinnedRoot};
use tonegate_server::limits::KEYS_END_SOON_SECS;

use crate::data::Opened;
use crate::exit::Exit;
use crate::init::roots;
use crate::output::{self, Output, Table};
use crate::target::{Target, TargetArgs};
use crate::time::{self, Moment, distance};

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    target: TargetArgs,
}

impl List {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let keys = match self.target.open().await? {
            Target::Local(opened) => Keys::of(&opened).await?,
            Target::Remote(remote) => remote.get("/keys").await?,
        };
        output.show(&keys)?;
        Ok(Exit::Done)
    }
}

/// The admin API says the same.
#[derive(Serialize, Deserialize)]
struct Keys {
    issuer: String,
    auto_root: bool,
    pins: String,
    roots: [PinnedRoot; 2],
    keys: Vec<CalendarKey>,
    covered_until: i64,
    /// When a staged key begins to sign after that, if hours between are not covered.
    gap_until: Option<i64>,
    #[serde(skip, default = "time::now")]
    now: i64,
}

impl Keys {
    async fn of(opened: &Opened) -> anyhow::Result<Self> {
        Ok(Self {
            issuer: opened.installation.issuer.clone(),
            auto_root: opened.installation.auto_root,
            pins: pins_file(&opened.store.meta().await?).pins,
            roots: keys::roots(&opened.installation.pins),
            keys: keys::calendar(&opened.keyring, opened.now),
            gap_until: keys::gap_until(&opened.keyring, opened.now),
            covered_until: opened.keyring.covered_until(opened.now),
            now: opened.now,
        })
    }
}

/// What a key does now, so that it is seen.
fn in_words(state: KeyState) -> String {
    match state {
        KeyState::Signing => output::good("signing"),
        KeyState::Next => output::bold("next"),
        KeyState::Staged => "staged".to_owned(),
        KeyState::Replaced => output::dim("replaced"),
        KeyState::Withdrawn => output::warn("withdrawn"),
        KeyState::Ended => output::dim("ended"),
    }
}

impl fmt::Display for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut facts = Table::default();
        facts.fact("Issuer", &self.issuer);
        facts.fact("Roots", roots(self.auto_root));
        self.roots.iter().for_each(|root| facts.fact(&format!("Root {}", root.role), &root.kid));
        facts.fact("Pins", &self.pins);
        writeln!(f, "{facts}\n")?;
        if self.keys.is_empty() {
            let next = "certify some in a ceremony, see `tonegate key ceremony --help`";
            return write!(f, "{}: {next}.", output::bad("No issuing key"));
        }
        let mut table = Table::headed([
            "SERIAL",
            "KEY",
            "ROOT",
            "STATE",
            "SIGNS FROM",
            "SIGNS UNTIL",
            "CERTIFICATE ENDS",
            "FLOOR",
            "LIVES IN",
        ]);
        for key in &self.keys {
            table.row([
                key.serial.to_string(),
                key.kid.clone(),
                key.root.clone(),
                in_words(key.state),
                Moment(key.sign_from).to_string(),
                Moment(key.signs_until).to_string(),
                Moment(key.certificate_ends).to_string(),
                key.floor.to_string(),
                key.token.as_ref().map_or("database".to_owned(), |label| format!("token {label}")),
            ]);
        }
        write!(f, "{table}\n\n{}", self.coverage())?;
        if let Some(gap) = self.gap_until {
            let warning = output::warn("After that nothing signs until");
            write!(f, "\n{warning} {}.", Moment(gap))?;
        }
        Ok(())
    }
}

impl Keys {
    fn coverage(&self) -> String {
        let until = Moment(self.covered_until);
        match self.covered_until - self.now {
            ..=0 => output::bad("No key signs now: no licence can be issued."),
            left @ ..KEYS_END_SOON_SECS if !self.auto_root => {
                let days = left / DAY_SECS;
                output::warn(format_args!(
                    "Every hour until {until} is covered: only {days} days. Hold a ceremony."
                ))
            }
            _ => {
                let renewal =
                    if self.auto_root { "; the next key is certified by itself" } else { "" };
                let distance = distance(self.covered_until, self.now);
                output::good(format_args!(
                    "Every hour until {until} is covered ({distance}){renewal}."
                ))
            }
        }
    }
}
