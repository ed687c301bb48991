//! The places that a configuration comes from, merged.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::marker::PhantomData;
use std::path::Path;

use toml::{Table, Value};

use crate::{ConfigError, Configuration};

/// The places that a configuration comes from, later ones over earlier ones.
#[derive(Debug)]
pub struct Sources<C> {
    merged: Table,
    last: String,
    of: PhantomData<C>,
}

impl<C: Configuration> Sources<C> {
    /// The embedded defaults alone.
    #[must_use]
    pub fn new() -> Self {
        let merged = C::DEFAULT.parse().unwrap_or_default();
        Self { merged, last: "config.default.toml".to_owned(), of: PhantomData }
    }

    /// The defaults, `file` (or the `usual` one, where it is there), and this process's environment.
    pub fn of_process(file: Option<&Path>, usual: &Path) -> Result<Self, ConfigError> {
        let file = file.or(Some(usual).filter(|usual| usual.exists()));
        let sources = file.map_or_else(|| Ok(Self::new()), |file| Self::new().file(file))?;
        // A variable that is no text cannot be one of ours.
        let text = |(name, value): (OsString, OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        sources.environment(std::env::vars_os().filter_map(text))
    }

    /// Adds a file.
    pub fn file(self, path: &Path) -> Result<Self, ConfigError> {
        let read = |source| ConfigError::Read { path: path.to_owned(), source };
        let mut text = String::new();
        let file = File::open(path).map_err(read)?;
        file.take(C::BYTES_MAX + 1).read_to_string(&mut text).map_err(read)?;
        if text.len() as u64 > C::BYTES_MAX {
            return Err(ConfigError::TooLarge { path: path.to_owned(), kib: C::BYTES_MAX >> 10 });
        }
        self.text(&text, &path.display().to_string())
    }

    /// Adds the text of a file.
    pub fn text(mut self, text: &str, origin: &str) -> Result<Self, ConfigError> {
        let table: Table =
            text.parse().map_err(|fault| ConfigError::invalid::<C>(origin, fault))?;
        merge(&mut self.merged, table);
        self.checked(origin)
    }

    /// Adds the variables that begin with [`Configuration::ENVIRONMENT_PREFIX`] and name a key of a
    /// section: with a `__`.
    pub fn environment(
        mut self,
        variables: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        for (name, value) in variables {
            let Some(key) = name.strip_prefix(C::ENVIRONMENT_PREFIX) else { continue };
            let Some((section, key)) = key.split_once("__") else { continue };
            self = self.set(&section.to_lowercase(), &key.to_lowercase(), &value, &name)?;
        }
        Ok(self)
    }

    /// Sets one key, as a flag or variable does. Text that is no TOML value stands for itself.
    pub fn set(
        mut self,
        section: &str,
        key: &str,
        value: &str,
        origin: &str,
    ) -> Result<Self, ConfigError> {
        let text = Value::String(value.to_owned());
        let as_toml = format!("value = {value}").parse::<Table>().ok();
        let typed = as_toml.and_then(|mut table| table.remove("value")).unwrap_or(text.clone());
        // A path or address that happens to read as a number is still the text that was given.
        let before = self.merged.clone();
        merge(&mut self.merged, nested(section, key, typed));
        self.checked(origin).or_else(|_| {
            let mut merged = before;
            merge(&mut merged, nested(section, key, text));
            Self { merged, last: String::new(), of: PhantomData }.checked(origin)
        })
    }

    /// The configuration.
    pub fn read(self) -> Result<C, ConfigError> {
        self.typed(&self.last)?.checked()
    }

    /// The configuration before it is checked; for tests and tools that complete it by themselves.
    pub fn unchecked(self) -> Result<C, ConfigError> {
        self.typed(&self.last)
    }

    /// Reads what there is so far, so that an error names the place that brought it in.
    fn checked(mut self, origin: &str) -> Result<Self, ConfigError> {
        self.typed(origin)?;
        origin.clone_into(&mut self.last);
        Ok(self)
    }

    fn typed(&self, origin: &str) -> Result<C, ConfigError> {
        let config = self.merged.clone().try_into();
        config.map_err(|fault: toml::de::Error| ConfigError::invalid::<C>(origin, fault.message()))
    }
}

impl<C: Configuration> Default for Sources<C> {
    fn default() -> Self {
        Self::new()
    }
}

fn nested(section: &str, key: &str, value: Value) -> Table {
    let section_table = Table::from_iter([(key.to_owned(), value)]);
    Table::from_iter([(section.to_owned(), Value::Table(section_table))])
}

fn merge(into: &mut Table, from: Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Table(into)), Value::Table(from)) => merge(into, from),
            (_, value) => _ = into.insert(key, value),
        }
    }
}
