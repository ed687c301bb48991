//! Making many apps: each line on its own, some hundred a transaction.
//!
//! Invariant: a line that fails loses no other, and the answer says of each line what became of it. What is
//! kept, is kept with its audit entries and with its answer under the caller's key, so a repeat makes
//! nothing twice. Between transactions others get their turn, in a rehearsal too.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};

use serde::{Deserialize, Serialize};
use tokio::time::sleep;
use tonegate_protocol::AppId;
use tonegate_server::grant;
use tonegate_server::model::{App, AppSettings, NewSecret};
use tonegate_server::store::{Asked, StoreError, Tx};

use super::settings::NewApp;
use super::sheet::Line;
use crate::admin::Admin;
use crate::caller::Caller;
use crate::extract::{Claim, unreadable};
use crate::limits::{APPS_AT_ONCE, IMPORT_PAUSE};
use crate::problem::{Code, Problem};

/// What became of an import.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
pub(crate) struct ImportReport {
    dry_run: bool,
    total: usize,
    created: usize,
    /// Always 0: an app that is there already is a failure.
    updated: usize,
    failed: usize,
    results: Vec<ImportResult>,
}

/// What became of a line.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct ImportResult {
    /// Of the body, from 1.
    line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_id: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    outcome: ImportOutcome,
    /// As a problem has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The one that was made for it, this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    server_secret: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ImportOutcome {
    Created,
    Failed,
    WouldCreate,
}

/// An import under way.
pub(super) struct Import<'a> {
    admin: &'a Admin,
    caller: &'a Caller,
    /// Settings whose licence was tried, and what came of it: most lines are alike.
    tried: HashMap<String, Result<(), Problem>>,
    /// `None`: what is made is kept, and the store knows it.
    rehearsed: Option<Rehearsed>,
}

/// What lines of a rehearsal would have taken.
#[derive(Default)]
struct Rehearsed {
    ids: HashSet<AppId>,
    /// Hashes under a key that is made anew each time: no secret stays.
    secrets: HashSet<u64>,
    key: RandomState,
}

/// The lines of each transaction. The same lines are always parted alike.
fn parts(lines: Vec<Line>) -> Vec<Vec<Line>> {
    let (mut lines, mut parts) = (lines.into_iter().peekable(), Vec::new());
    while lines.peek().is_some() {
        parts.push(lines.by_ref().take(APPS_AT_ONCE).collect());
    }
    parts
}

/// `Err(InvalidBody)`: more lines than one import may have.
pub(super) fn check_count(lines: usize, most: usize) -> Result<(), Problem> {
    if lines <= most {
        return Ok(());
    }
    let detail = format!("an import has at most {most} lines; send it in parts");
    Err(Problem::new(Code::InvalidBody, detail))
}

impl<'a> Import<'a> {
    pub(super) fn new(admin: &'a Admin, caller: &'a Caller) -> Self {
        Self { admin, caller, tried: HashMap::new(), rehearsed: None }
    }

    /// Tries every line, and keeps nothing. Of a part that is dropped, only what a later one must not
    /// have too is remembered.
    pub(super) async fn rehearse(&mut self, lines: Vec<Line>) -> Result<ImportReport, Problem> {
        self.rehearsed = Some(Rehearsed::default());
        let mut report = ImportReport { dry_run: true, ..ImportReport::default() };
        for some in parts(lines) {
            if !report.results.is_empty() {
                sleep(IMPORT_PAUSE).await;
            }
            let mut tx = self.admin.begin(self.caller).await?;
            let made = self.make_all(&mut tx, some).await?;
            report.results.extend(made.into_iter().map(ImportResult::rehearsed));
        }
        report.count();
        Ok(report)
    }

    /// Makes the apps of the lines that are good. `true`: all of it was made and answered before.
    pub(super) async fn run(
        &mut self,
        lines: Vec<Line>,
        claim: Option<&Claim>,
    ) -> (ImportReport, bool) {
        let mut report = ImportReport::default();
        let mut is_replay = claim.is_some_and(|claim| claim.is_repeat);
        for (number, some) in parts(lines).into_iter().enumerate() {
            if number > 0 {
                sleep(IMPORT_PAUSE).await;
            }
            let numbers: Vec<u64> = some.iter().map(|(number, _)| *number).collect();
            let part = claim.map(|claim| claim.part(number));
            match self.keep(some, part.as_ref()).await {
                Ok((results, is_known)) => {
                    is_replay &= is_known;
                    report.results.extend(results);
                }
                Err(problem) => {
                    is_replay = false;
                    let failed = |line| ImportResult::failed(line, None, None, &problem);
                    report.results.extend(numbers.into_iter().map(failed));
                }
            }
        }
        report.count();
        (report, is_replay)
    }

    /// One transaction, which finds out first whether another has done the same: it is the only one that
    /// writes. `true`: it was. `Err`: nothing of it was kept.
    async fn keep(
        &mut self,
        lines: Vec<Line>,
        part: Option<&Asked>,
    ) -> Result<(Vec<ImportResult>, bool), Problem> {
        let mut tx = self.admin.begin(self.caller).await?;
        if let Some(part) = part
            && let Some(known) = self.admin.answered(&mut tx, part).await?
        {
            return Ok((serde_json::from_slice(&known).map_err(|_| unreadable())?, true));
        }
        let results = self.make_all(&mut tx, lines).await?;
        if let Some(part) = part {
            tx.remember_answer(part, &serde_json::to_vec(&results).unwrap_or_default()).await?;
        }
        self.admin.commit(tx).await?;
        Ok((results, false))
    }

    /// What becomes of each line. `Err`: the store failed.
    async fn make_all(
        &mut self,
        tx: &mut Tx,
        lines: Vec<Line>,
    ) -> Result<Vec<ImportResult>, Problem> {
        let mut results = Vec::with_capacity(lines.len());
        for line in lines {
            results.push(self.make(tx, line).await?);
        }
        Ok(results)
    }

    /// What becomes of a line. `Err`: the store failed.
    async fn make(&mut self, tx: &mut Tx, (number, line): Line) -> Result<ImportResult, Problem> {
        let (app_id, name) = match &line {
            Ok(new) => (new.app_id, Some(new.settings.name.clone())),
            Err(_) => (None, None),
        };
        let made = match line {
            Ok(new) => self.create(tx, new).await,
            Err(problem) => Err(problem),
        };
        match made {
            Ok((app, server_secret)) => Ok(ImportResult {
                line: number,
                app_id: Some(app.id.0),
                name,
                outcome: ImportOutcome::Created,
                code: None,
                detail: None,
                server_secret,
            }),
            Err(problem) if problem.code.status() >= 500 => Err(problem),
            Err(problem) => Ok(ImportResult::failed(number, app_id, name, &problem)),
        }
    }

    /// Checks first, since what is written goes with the transaction.
    async fn create(&mut self, tx: &mut Tx, new: NewApp) -> Result<(App, Option<String>), Problem> {
        let settings = new.settings(self.admin.service.installation.environment).checked()?;
        self.check_license(&settings)?;
        let (secret, made) = match &new.secret {
            Some(text) => (NewSecret::import(text)?, None),
            None => {
                let secret = NewSecret::generate()?;
                let text = secret.secret().expose().to_owned();
                (secret, Some(text))
            }
        };
        let id = match new.app_id {
            Some(id) => AppId(id),
            None => super::free_app_id(tx).await?,
        };
        if let Some(rehearsed) = &self.rehearsed {
            rehearsed.check(id, &secret)?;
        }
        let app = tx.create_app(id, settings, &secret).await?;
        if let Some(rehearsed) = &mut self.rehearsed {
            rehearsed.note(id, &secret);
        }
        Ok((app, made))
    }

    /// Tries the longest licence that such settings can have, once for all lines that are alike.
    fn check_license(&mut self, settings: &AppSettings) -> Result<(), Problem> {
        let alike = AppSettings {
            name: "-".to_owned(),
            note: String::new(),
            tags: Vec::new(),
            ..settings.clone()
        };
        let key = serde_json::to_string(&alike).unwrap_or_default();
        if let Some(tried) = self.tried.get(&key) {
            return tried.clone();
        }
        let issuer = &self.admin.service.installation.issuer;
        let tried = match App::new(AppId(u32::MAX), 1, alike, 0) {
            Ok(app) => grant::check(&app, issuer).map_err(Problem::from),
            Err(error) => Err(error.into()),
        };
        self.tried.insert(key, tried.clone());
        tried
    }
}

impl Rehearsed {
    /// `Err(AppExists)`, `Err(SecretTaken)`: as the store would say it.
    fn check(&self, id: AppId, secret: &NewSecret) -> Result<(), StoreError> {
        if self.ids.contains(&id) {
            return Err(StoreError::AppExists { id });
        }
        match self.secrets.contains(&self.hash(secret)) {
            true => Err(StoreError::SecretTaken),
            false => Ok(()),
        }
    }

    fn note(&mut self, id: AppId, secret: &NewSecret) {
        self.ids.insert(id);
        self.secrets.insert(self.hash(secret));
    }

    fn hash(&self, secret: &NewSecret) -> u64 {
        self.key.hash_one(secret.secret().expose())
    }
}

impl ImportReport {
    fn count(&mut self) {
        let failed = self.results.iter().filter(|it| it.outcome == ImportOutcome::Failed).count();
        (self.total, self.failed) = (self.results.len(), failed);
        self.created = self.total - failed;
    }
}

impl ImportResult {
    /// The same of a line that was only tried.
    fn rehearsed(self) -> Self {
        let outcome = match self.outcome {
            ImportOutcome::Created => ImportOutcome::WouldCreate,
            other => other,
        };
        Self { outcome, server_secret: None, ..self }
    }

    fn failed(line: u64, app_id: Option<u32>, name: Option<String>, problem: &Problem) -> Self {
        Self {
            line,
            app_id,
            name,
            outcome: ImportOutcome::Failed,
            code: Some(problem.code.name().to_owned()),
            detail: Some(problem.detail().to_owned()),
            server_secret: None,
        }
    }
}
