//! Which database an installation is kept in.
//!
//! Invariant: a URL's password is handed to the driver alone; it is in no text that this type makes.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;
use zeroize::Zeroizing;

/// Which database an installation is kept in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// A file, for one server.
    Sqlite(PathBuf),
    /// A database on a PostgreSQL server, which several of ours may share.
    Postgres(PostgresUrl),
}

/// `postgres://user:password@host:port/database?sslmode=verify-full`.
#[derive(Clone)]
pub struct PostgresUrl {
    text: Zeroizing<String>,
    options: Box<PgConnectOptions>,
    shown: String,
}

/// Why a text is no such URL. Never shows the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the database URL cannot be used: {fault}; it reads postgres://user:password@host:5432/name"
)]
pub struct PostgresUrlError {
    fault: String,
}

/// What may stand behind the `?`.
const PARAMETERS: [&str; 19] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
    "statement-cache-capacity",
    "options[search_path]",
];

impl PostgresUrl {
    pub(super) fn options(&self) -> &PgConnectOptions {
        &self.options
    }
}

impl FromStr for PostgresUrl {
    type Err = PostgresUrlError;

    fn from_str(text: &str) -> Result<Self, PostgresUrlError> {
        let fault = |fault: &str| PostgresUrlError { fault: fault.to_owned() };
        if !["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme)) {
            return Err(fault("it does not begin with postgres://"));
        }
        check_parameters(text)?;
        // The driver's errors name a part of the URL at most by what it is.
        let mut options = PgConnectOptions::from_str(text).map_err(|_| fault("it is malformed"))?;
        if options.get_database().is_none() {
            return Err(fault("it names no database"));
        }
        if options.get_application_name().is_none() {
            options = options.application_name("tonegate");
        }
        let shown = shown(&options);
        Ok(Self { text: text.to_owned().into(), options: Box::new(options), shown })
    }
}

impl PartialEq for PostgresUrl {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for PostgresUrl {}

/// Without the password.
impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// The driver passes over what it does not know, and logs it with its value.
fn check_parameters(text: &str) -> Result<(), PostgresUrlError> {
    let parameters = text.split_once('?').map_or("", |(_, parameters)| parameters);
    for parameter in parameters.split('&').filter(|it| !it.is_empty()) {
        let name = parameter.split('=').next().unwrap_or_default();
        if !PARAMETERS.contains(&name) {
            let fault = format!("parameter `{}` is unknown", name.escape_debug());
            return Err(PostgresUrlError { fault });
        }
    }
    Ok(())
}

fn shown(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or_default();
    let place = match options.get_socket() {
        Some(socket) => format!("[{}]", socket.display()),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    format!("postgres://{}@{place}/{database}", options.get_username())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        for text in [
            "postgres://anna:hunter2@db.example.com:6432/tonegate",
            "postgresql://anna@db.example.com:6432/tonegate?password=hunter2&sslmode=require",
        ] {
            let url: PostgresUrl = text.parse().unwrap();
            let shown = format!("{url} {url:?} {:?}", Database::Postgres(url.clone()));
            assert!(!shown.contains("hunter2"), "{shown}");
            assert_eq!(url.to_string(), "postgres://anna@db.example.com:6432/tonegate");
        }
        for broken in [
            "mysql://anna:hunter2@host/tonegate",
            "postgres://anna:hunter2@host:port/tonegate",
            "postgres://anna:hunter2@host/tonegate?hunter=hunter2",
            "postgres://anna:hunter2@host/tonegate?sslmode=hunter2",
            "postgres://anna:hunter2@host",
        ] {
            let error = broken.parse::<PostgresUrl>().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }
}
