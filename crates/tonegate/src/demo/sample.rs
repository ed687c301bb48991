//! What the demo works on: an installation, and a sample app with a secret.

use tonegate_protocol::{AppId, ServerSecret};
use tonegate_server::data_dir::DataDir;
use tonegate_server::grant;
use tonegate_server::installation::{
    Installation, InstallationError, NewInstallation, Place, Roots, pins_file,
};
use tonegate_server::model::{AppSettings, Environment, FeatureGrant, NewSecret};

use crate::data::{self, Opened};
use crate::{secret, time};

const APP_ID: AppId = AppId(12345);
const FEATURES: [&str; 3] = ["agc", "ans", "ans-ai"];

/// The sample app, and what its backend and its devices know.
pub(super) struct Sample {
    pub(super) app_id: AppId,
    pub(super) name: String,
    pub(super) secret: ServerSecret,
    /// Of the installation.
    pub(super) pins: String,
    pub(super) auto_root: bool,
    pub(super) issuer: String,
    pub(super) environment: &'static str,
}

/// Makes the installation, where there is none yet. Was it made?
pub(super) async fn make_installation(data: &DataDir) -> Result<bool, InstallationError> {
    if data.is_made() {
        return Ok(false);
    }
    let new = NewInstallation {
        issuer: "tonegate".to_owned(),
        environment: Environment::Production,
        roots: Roots::Auto,
    };
    Installation::make(&Place::in_directory(data), new, time::now()).await?;
    Ok(true)
}

impl Sample {
    /// The sample app of the installation, made where there is none yet.
    pub(super) async fn of(place: &Place) -> anyhow::Result<Self> {
        let opened = data::open(place).await?;
        let known = opened.store.app(APP_ID).await?.and_then(|stored| stored.app.ok());
        let name = match known {
            Some(app) => app.settings().name.clone(),
            None => make(&opened).await?,
        };
        let sample = Self {
            app_id: APP_ID,
            name,
            secret: secret::active(&opened.store, APP_ID).await?,
            pins: pins_file(&opened.store.meta().await?).pins,
            auto_root: opened.installation.auto_root,
            issuer: opened.installation.issuer.clone(),
            environment: grant::environment(opened.installation.environment).as_str(),
        };
        opened.store.close().await;
        Ok(sample)
    }
}

async fn make(opened: &Opened) -> anyhow::Result<String> {
    let mut settings = AppSettings::named("Demo app");
    settings.environment = opened.installation.environment;
    for feature in FEATURES {
        settings.features.push(FeatureGrant::unlimited(feature.parse()?));
    }
    let mut tx = opened.begin().await?;
    let app = tx.create_app(APP_ID, settings, &NewSecret::generate()?).await?;
    tx.commit().await?;
    Ok(app.settings().name.clone())
}
