//! Installations to measure on: made through the store as an operator does, kept from run to run.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use indicatif::ProgressBar;
use tonegate_license::Pins;
use tonegate_server::data_dir::DataDir;
use tonegate_server::guard::ReplayGuard;
use tonegate_server::installation::{Installation, NewInstallation, Place, Roots};
use tonegate_server::model::{AppId, AppSettings, Environment, FeatureGrant, bounds};

use crate::clock;
use crate::load::apps::{FIRST, secret_of};

/// Apps made in one transaction.
const BATCH: u32 = 10_000;
/// An older installation is made anew: its keys near their end.
const AGE_SECS_MAX: i64 = 7 * 86_400;
/// The issuer's name in all of them.
pub(crate) const ISSUER: &str = "tonegate";

/// An installation with so many apps, all of which may ask at the highest rate there is.
#[derive(Clone, Debug)]
pub(crate) struct House {
    /// Its directory.
    pub(crate) path: PathBuf,
    /// What its apps pin.
    pub(crate) pins: Pins,
}

impl House {
    /// The installation `name` under `work`, made now unless the one of an earlier run fits.
    pub(crate) fn ready(
        work: &Path,
        name: &str,
        apps: u32,
        bar: &ProgressBar,
    ) -> anyhow::Result<Self> {
        let path = work.join(name);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let kept = runtime.block_on(kept(&path, apps));
        let pins = match kept {
            Some(pins) => pins,
            None => {
                if path.exists() {
                    fs::remove_dir_all(&path)?;
                }
                runtime.block_on(make(&path, apps, bar)).context("cannot make an installation")?
            }
        };
        let house = Self { path, pins };
        house.forget()?;
        Ok(house)
    }

    /// Forgets every signature: the next server starts with none remembered.
    pub(crate) fn forget(&self) -> anyhow::Result<()> {
        let journal = self.data().journal();
        if journal.exists() {
            fs::remove_dir_all(&journal)?;
        }
        Ok(ReplayGuard::create(&journal)?)
    }

    /// The same installation under another name, as it stands: for a second server.
    pub(crate) fn copied(&self, work: &Path, name: &str) -> anyhow::Result<Self> {
        let house = Self { path: work.join(name), pins: self.pins };
        if house.path.exists() {
            fs::remove_dir_all(&house.path)?;
        }
        fs::create_dir_all(house.data().path())?;
        for file in fs::read_dir(self.data().path())?.flatten() {
            if file.file_type()?.is_file() {
                fs::copy(file.path(), house.data().path().join(file.file_name()))?;
            }
        }
        house.forget()?;
        Ok(house)
    }

    /// Its directory, as the server knows it.
    pub(crate) fn data(&self) -> DataDir {
        DataDir::new(&self.path.join("data"))
    }
}

/// The pins of an installation of this shape that can be used.
async fn kept(path: &Path, apps: u32) -> Option<Pins> {
    let shape = fs::read_to_string(path.join("shape")).ok()?;
    let made_at = shape.strip_prefix(&shape_of(apps))?.trim().parse::<i64>().ok()?;
    if clock::unix_seconds() - made_at > AGE_SECS_MAX {
        return None;
    }
    let data = DataDir::new(&path.join("data"));
    let (installation, store, _) = Installation::open(&Place::in_directory(&data)).await.ok()?;
    store.close().await;
    Some(installation.pins)
}

fn shape_of(apps: u32) -> String {
    format!("{apps} apps, version {}, made at ", env!("CARGO_PKG_VERSION"))
}

async fn make(path: &Path, apps: u32, bar: &ProgressBar) -> anyhow::Result<Pins> {
    let now = clock::unix_seconds();
    let data = DataDir::new(&path.join("data"));
    fs::create_dir_all(path)?;
    let new = NewInstallation {
        issuer: ISSUER.to_owned(),
        environment: Environment::Production,
        roots: Roots::Auto,
    };
    let place = Place::in_directory(&data);
    Installation::make(&place, new, now).await?;
    let store = place.open_store().await?;
    for first in (0..apps).step_by(BATCH as usize) {
        bar.set_message(format!("making an installation: {first} of {apps} apps"));
        let mut tx = store.begin("bench", now).await?;
        for index in first..apps.min(first + BATCH) {
            let secret = secret_of(index)?;
            tx.create_app(AppId(FIRST + index), settings(index)?, &secret).await?;
        }
        tx.commit().await?;
    }
    store.close().await;
    let (installation, store, _) = Installation::open(&place).await?;
    store.close().await;
    // Written last: without it the next run starts over.
    fs::write(path.join("shape"), format!("{}{now}\n", shape_of(apps)))?;
    Ok(installation.pins)
}

/// What a usual app has, but for its rate.
fn settings(index: u32) -> anyhow::Result<AppSettings> {
    let features = ["agc", "ans", "ans-ai"].map(|name| name.parse().map(FeatureGrant::unlimited));
    Ok(AppSettings {
        features: features.into_iter().collect::<Result<_, _>>()?,
        rate_per_second: *bounds::RATE_PER_SECOND.end(),
        ..AppSettings::named(&format!("Karaoke {index}"))
    })
}
