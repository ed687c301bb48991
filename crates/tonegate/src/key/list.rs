//! `tonegate key list`: roots, pins, issuing keys, and the days that they cover.

use std::fmt;

use serde::Serialize;
use tonegate_issuer::limits::DAY_SECS;
use tonegate_issuer::{IssuingKey, Keyring};
use tonegate_license::{KeyId, Root};
use tonegate_server::installation::pins_file;
use tonegate_server::limits::KEYS_END_SOON_SECS;

use crate::data::{DataArgs, Opened};
use crate::exit::Exit;
use crate::init::roots;
use crate::output::{self, Output, Table};
use crate::time::{Moment, distance};

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    data: DataArgs,
}

impl List {
    pub(crate) async fn run(self, output: &Output) -> anyhow::Result<Exit> {
        let opened = self.data.open().await?;
        output.show(&Keys::of(&opened).await?)?;
        Ok(Exit::Done)
    }
}

#[derive(Serialize)]
struct Keys {
    issuer: String,
    auto_root: bool,
    pins: String,
    roots: [RootView; 2],
    keys: Vec<KeyView>,
    covered_until: i64,
    /// When a staged key begins to sign after that, if hours between are not covered.
    gap_until: Option<i64>,
    #[serde(skip)]
    now: i64,
}

#[derive(Serialize)]
struct RootView {
    role: &'static str,
    kid: String,
}

/// An issuing key, as the calendar shows it.
#[derive(Serialize)]
pub(super) struct KeyView {
    serial: u32,
    kid: String,
    root: &'static str,
    state: KeyState,
    sign_from: i64,
    signs_until: i64,
    certificate_ends: i64,
    floor: u32,
}

/// What an issuing key does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum KeyState {
    /// It signs the licences of this hour.
    Signing,
    /// It signs after the one that signs now.
    Next,
    /// It signs later.
    Staged,
    /// A newer one took over.
    Replaced,
    /// A newer certificate has withdrawn it.
    Withdrawn,
    /// Its 30 days are over.
    Ended,
}

impl Keys {
    async fn of(opened: &Opened) -> anyhow::Result<Self> {
        let pins = &opened.installation.pins;
        let root = |root| RootView { role: role(root), kid: KeyId::of(pins.key(root)).to_string() };
        Ok(Self {
            issuer: opened.installation.issuer.clone(),
            auto_root: opened.installation.auto_root,
            pins: pins_file(&opened.store.meta().await?).pins,
            roots: [root(Root::Active), root(Root::Standby)],
            keys: views(&opened.keyring, opened.now),
            gap_until: gap_until(&opened.keyring, opened.now),
            covered_until: opened.keyring.covered_until(opened.now),
            now: opened.now,
        })
    }
}

/// When signing goes on after a gap; `None`: no key begins after the hours that are covered.
fn gap_until(keyring: &Keyring, now: i64) -> Option<i64> {
    let covered_until = keyring.covered_until(now);
    let later = |key: &&IssuingKey| {
        let begin = key.chain().sign_from();
        begin > covered_until && !keyring.is_withdrawn(key.chain(), begin)
    };
    keyring.keys().iter().filter(later).map(|key| key.chain().sign_from()).min()
}

/// A root's place among the pins.
pub(super) const fn role(root: Root) -> &'static str {
    match root {
        Root::Active => "active",
        Root::Standby => "standby",
    }
}

/// Every key with its state at `now`.
fn views(keyring: &Keyring, now: i64) -> Vec<KeyView> {
    let signing = keyring.signer_of(now).map(|key| key.chain().serial());
    let staged = keyring.keys().iter().filter(|key| key.chain().sign_from() > now);
    let next = staged.min_by_key(|key| key.chain().sign_from()).map(|key| key.chain().serial());
    let state = |key: &IssuingKey| {
        let (chain, serial) = (key.chain(), Some(key.chain().serial()));
        match () {
            () if keyring.is_withdrawn(chain, now) => KeyState::Withdrawn,
            () if serial == signing => KeyState::Signing,
            () if serial == next => KeyState::Next,
            () if chain.sign_from() > now => KeyState::Staged,
            () if key.signs_until() <= now => KeyState::Ended,
            () => KeyState::Replaced,
        }
    };
    keyring.keys().iter().map(|key| KeyView::new(key, state(key))).collect()
}

impl KeyView {
    fn new(key: &IssuingKey, state: KeyState) -> Self {
        let chain = key.chain();
        Self {
            serial: chain.serial(),
            kid: chain.key_id().to_string(),
            root: role(chain.root()),
            state,
            sign_from: chain.sign_from(),
            signs_until: key.signs_until(),
            certificate_ends: chain.expires_at(),
            floor: chain.floor(),
        }
    }
}

impl fmt::Display for KeyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::Signing => output::good("signing"),
            Self::Next => output::bold("next"),
            Self::Staged => "staged".to_owned(),
            Self::Replaced => output::dim("replaced"),
            Self::Withdrawn => output::warn("withdrawn"),
            Self::Ended => output::dim("ended"),
        })
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
        ]);
        for key in &self.keys {
            table.row([
                key.serial.to_string(),
                key.kid.clone(),
                key.root.to_owned(),
                key.state.to_string(),
                Moment(key.sign_from).to_string(),
                Moment(key.signs_until).to_string(),
                Moment(key.certificate_ends).to_string(),
                key.floor.to_string(),
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
