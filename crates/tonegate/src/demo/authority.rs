//! A certificate authority of the demo's own, and a server certificate of it, under `DIR/tls`.
//!
//! The authority stays from run to run, so that what was told to trust it goes on doing so; the
//! server's certificate is made anew each time. Its private key never leaves the directory (0600).

use std::fs;
use std::fs::DirBuilder;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, SanType, date_time_ymd,
};
use tonegate_server::data_dir::write_atomically;

use crate::exit::Failure;
use crate::time;

/// The server's certificate lasts as long as the strictest clients allow.
const SERVER_DAYS: i64 = 397;
const AUTHORITY_DAYS: i64 = 3_650;

/// Where the files are.
pub(super) struct Authority {
    /// The authority's certificate: what clients are to trust.
    pub(super) authority: PathBuf,
    /// The server's certificate.
    pub(super) certificate: PathBuf,
    /// Its private key.
    pub(super) key: PathBuf,
}

impl Authority {
    /// Makes what is not there yet, for `localhost`, the loopback addresses and `hosts`.
    pub(super) fn make(data: &Path, hosts: &[String]) -> anyhow::Result<Self> {
        let folder = data.join("tls");
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(failed(&folder))?;
        let file = |name: &str| folder.join(name);
        let made = Self {
            authority: file("authority.pem"),
            certificate: file("server.pem"),
            key: file("server.key"),
        };
        let issuer = made.issuer(&file("authority.key"))?;
        let key = KeyPair::generate()?;
        let certificate = server_params(hosts)?.signed_by(&key, &issuer)?;
        write(&made.key, &key.serialize_pem())?;
        write(&made.certificate, &certificate.pem())?;
        Ok(made)
    }

    /// The authority with its kept key, or a new one.
    fn issuer(&self, key_file: &Path) -> anyhow::Result<Issuer<'static, KeyPair>> {
        if self.authority.exists() && key_file.exists() {
            let pem = fs::read_to_string(key_file).map_err(failed(key_file))?;
            let key = KeyPair::from_pem(&pem).map_err(|_| {
                let folder = key_file.parent().unwrap_or(key_file).display().to_string();
                Failure::installation(format!(
                    "{} is damaged; remove {folder} to have a new authority made",
                    key_file.display()
                ))
            })?;
            return Ok(Issuer::new(authority_params(), key));
        }
        let key = KeyPair::generate()?;
        write(key_file, &key.serialize_pem())?;
        let certificate = CertifiedIssuer::self_signed(authority_params(), &key)?;
        write(&self.authority, &certificate.pem())?;
        Ok(Issuer::new(authority_params(), key))
    }
}

fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Tonegate demo authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    lasting(&mut params, AUTHORITY_DAYS);
    params
}

fn server_params(hosts: &[String]) -> anyhow::Result<CertificateParams> {
    let mut names = vec!["localhost".to_owned()];
    names.extend(hosts.iter().cloned());
    let mut params = CertificateParams::new(names)?;
    let loopback: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    params.subject_alt_names.extend(loopback.map(SanType::IpAddress));
    params.distinguished_name.push(DnType::CommonName, "Tonegate demo");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    lasting(&mut params, SERVER_DAYS);
    Ok(params)
}

/// From yesterday on, for clients whose clock is behind.
fn lasting(params: &mut CertificateParams, days: i64) {
    let now = Timestamp::from_second(time::now()).unwrap_or_default();
    let today = now.to_zoned(TimeZone::UTC).date();
    let date = |days: i64| {
        let date = today.saturating_add(days.days());
        let part = |part: i8| u8::try_from(part).unwrap_or(1);
        date_time_ymd(date.year().into(), part(date.month()), part(date.day()))
    };
    params.not_before = date(-1);
    params.not_after = date(days - 1);
}

fn write(path: &Path, pem: &str) -> Result<(), Failure> {
    write_atomically(path, 0o600, pem.as_bytes()).map_err(failed(path))
}

fn failed(path: &Path) -> impl Fn(std::io::Error) -> Failure {
    let path = path.display().to_string();
    move |error| Failure::installation(format!("cannot use {path}: {error}; check who owns it"))
}
