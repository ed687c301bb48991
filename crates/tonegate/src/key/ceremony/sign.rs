//! `tonegate key ceremony sign`: a root certifies issuing keys, 30 days each, one after the other.
//!
//! It says in words, with dates, what it is about to sign, and asks. Each certificate is read by the
//! verifier before anything is written.

use std::fmt;
use std::io::{self, BufRead as _};
use std::path::PathBuf;

use serde::Serialize;
use tonegate_issuer::limits::{CEREMONY_CERTIFICATES_MAX, HOUR_SECS, SIGNING_SECS};
use tonegate_issuer::{
    KeyCertificate, Signer as _, SoftwareKey, emergency_sign_from, planned_sign_from,
};
use tonegate_license::{KeyId, Pins, Root};
use tonegate_server::ceremony::{self, CertificatesFile, RequestFile};
use tonegate_server::keys::role;

use super::files::{self, RootFile};
use crate::exit::{Exit, Failure};
use crate::output::{self, Output};
use crate::time::{self, Moment, When};

#[derive(Debug, clap::Args)]
pub(crate) struct Sign {
    /// The root's private key file
    #[arg(long, value_name = "FILE")]
    root: PathBuf,
    /// The request from the server
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
    /// The file to carry back
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// When the first key begins to sign, a full hour, or now [default: when the keys at hand end]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    from: Option<When>,
    /// Withdraw every key before these
    #[arg(long)]
    raise_floor: bool,
    /// Sign without asking; --json needs it
    #[arg(long)]
    yes: bool,
}

impl Sign {
    pub(crate) fn run(self, output: &Output) -> anyhow::Result<Exit> {
        if output.is_json() && !self.yes {
            let message =
                "--json shows nothing before it asks; compare the key names, and give --yes";
            return Err(Failure::usage(message).into());
        }
        let request: RequestFile = ceremony::read(&self.request)?;
        let (root, pins) = ceremony::read::<RootFile>(&self.root)?.key()?;
        let signing = Signing::new(&request, &root, &pins, self.plan(&request)?)?;
        if !output.is_json() {
            output.say(&signing)?;
        }
        if !self.yes && !confirmed()? {
            return Err(Failure::new("nothing was signed").into());
        }
        let certificates = signing.certificates.iter();
        let certificates = certificates.map(|certificate| certificate.sign(&root, &pins));
        let certificates = certificates.collect::<Result<_, _>>()?;
        let installation_id = request.installation_id.clone();
        ceremony::write_new(&self.out, 0o644, CertificatesFile { installation_id, certificates })?;
        if output.is_json() {
            output.show(&signing)?;
        }
        let file = output::bold(self.out.display());
        output.say(format_args!(
            "\nSigned, and read by the verifier. Carry {file} back and run there:\n  \
             tonegate key ceremony install {}",
            self.out.display()
        ))?;
        Ok(Exit::Done)
    }

    /// The certificates to sign, one after the other.
    fn plan(&self, request: &RequestFile) -> anyhow::Result<Vec<KeyCertificate>> {
        if !(1..=CEREMONY_CERTIFICATES_MAX).contains(&request.keys.len()) {
            let message = format!("a ceremony signs 1 to {CEREMONY_CERTIFICATES_MAX} certificates");
            return Err(Failure::new(message).into());
        }
        let mut sign_from = self.first(request)?;
        let first_serial = request.keys.iter().map(|key| key.serial).min().unwrap_or(1);
        let floor = if self.raise_floor { first_serial } else { request.floor };
        let mut plan = Vec::new();
        for key in &request.keys {
            let public_key = files::bytes(&key.public_key)
                .filter(|public_key| KeyId::of(public_key).to_string() == key.kid)
                .ok_or_else(|| Failure::new("the request is damaged: a key has another name"))?;
            let issuer = request.issuer.clone();
            plan.push(KeyCertificate { issuer, public_key, serial: key.serial, floor, sign_from });
            sign_from += SIGNING_SECS;
        }
        Ok(plan)
    }

    /// When the first key begins to sign.
    fn first(&self, request: &RequestFile) -> Result<i64, Failure> {
        let now = time::now();
        match self.from {
            None => Ok(match request.covered_until {
                Some(until) => until.max(planned_sign_from(now)),
                // No key signs, so no node has one to differ with.
                None => emergency_sign_from(now),
            }),
            Some(When::FromNow(0)) => Ok(emergency_sign_from(now)),
            Some(when) if when.at(now) % HOUR_SECS == 0 => Ok(when.at(now)),
            Some(_) => Err(Failure::usage("--from is a full hour, such as 2027-01-31T12:00:00Z")),
        }
    }
}

fn confirmed() -> io::Result<bool> {
    output::complain("Compare the key names with those on the server. Type yes to sign:");
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim() == "yes")
}

/// What is about to be signed.
#[derive(Serialize)]
struct Signing {
    installation_id: String,
    issuer: String,
    environment: String,
    root: &'static str,
    root_kid: String,
    keys: Vec<Planned>,
    #[serde(skip)]
    certificates: Vec<KeyCertificate>,
}

#[derive(Serialize)]
struct Planned {
    serial: u32,
    kid: String,
    sign_from: i64,
    signs_until: i64,
    certificate_ends: i64,
    floor: u32,
}

impl Signing {
    fn new(
        request: &RequestFile,
        root: &SoftwareKey,
        pins: &Pins,
        certificates: Vec<KeyCertificate>,
    ) -> anyhow::Result<Self> {
        let requested: Pins = request.pins.parse()?;
        if requested != *pins {
            let message = "the request is of an installation with other pins than this root's";
            return Err(Failure::new(message).into());
        }
        let pinned = [Root::Active, Root::Standby];
        let place = pinned.into_iter().find(|place| *pins.key(*place) == root.public_key());
        let place = place.ok_or_else(|| Failure::new("this root key is not among its own pins"))?;
        Ok(Self {
            installation_id: request.installation_id.clone(),
            issuer: request.issuer.clone(),
            environment: request.environment.to_string(),
            root: role(place),
            root_kid: root.key_id().to_string(),
            keys: certificates.iter().map(Planned::new).collect(),
            certificates,
        })
    }
}

impl Planned {
    fn new(certificate: &KeyCertificate) -> Self {
        Self {
            serial: certificate.serial,
            kid: KeyId::of(&certificate.public_key).to_string(),
            sign_from: certificate.sign_from,
            signs_until: certificate.sign_from + SIGNING_SECS,
            certificate_ends: certificate.expires_at(),
            floor: certificate.floor,
        }
    }
}

impl fmt::Display for Signing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { issuer, environment, installation_id, root, root_kid, .. } = self;
        writeln!(f, "The {root} root {root_kid} is to say, for issuer {issuer} ({environment}),")?;
        writeln!(f, "installation {installation_id}:\n")?;
        for key in &self.keys {
            writeln!(
                f,
                "  Key {} may sign licences from {} until {},\n    as number {}; its certificate ends {}; \
                 keys under number {} are withdrawn.",
                output::bold(&key.kid),
                Moment(key.sign_from),
                Moment(key.signs_until),
                key.serial,
                Moment(key.certificate_ends),
                key.floor,
            )?;
        }
        if *root == "standby" {
            let warning = "A device that sees one of these never again accepts the active root.";
            writeln!(f, "\n{}", output::warn(warning))?;
        }
        Ok(())
    }
}
