//! Making many apps: each line on its own, some hundred a transaction.
//!
//! Invariant: a line that fails loses no other, and the answer says of each line what became of it. What is
//! kept, is kept with its audit entries.

use std::collections::HashMap;

use serde::Serialize;
use tonegate_protocol::AppId;
use tonegate_server::grant;
use tonegate_server::model::{App, AppSettings, NewSecret};
use tonegate_server::store::{Asked, Tx};

use super::settings::NewApp;
use super::sheet::Line;
use crate::admin::Admin;
use crate::caller::Caller;
use crate::limits::APPS_AT_ONCE;
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
#[derive(Debug, Serialize, utoipa::ToSchema)]
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
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The one that was made for it, this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    server_secret: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ImportOutcome {
    Created,
    Failed,
    WouldCreate,
}

/// An import under way.
pub(super) struct Import<'a> {
    pub(super) admin: &'a Admin,
    pub(super) caller: &'a Caller,
    pub(super) asked: Option<Asked>,
    /// Settings whose licence was tried, and what came of it: most lines are alike.
    pub(super) tried: HashMap<String, Result<(), Problem>>,
}

/// `Err(InvalidBody)`: more lines than one import may have.
pub(super) fn check_count(lines: usize, most: usize) -> Result<(), Problem> {
    if lines <= most {
        return Ok(());
    }
    let detail = format!("an import has at most {most} lines; send it in parts");
    Err(Problem::new(Code::InvalidBody, detail))
}

impl Import<'_> {
    /// Tries every line in one transaction, and keeps nothing.
    pub(super) async fn rehearse(mut self, lines: Vec<Line>) -> Result<ImportReport, Problem> {
        let mut report = ImportReport { dry_run: true, ..ImportReport::default() };
        let mut tx = self.admin.begin(self.caller).await?;
        for line in lines {
            let made = self.make(&mut tx, line).await?;
            report.results.push(ImportResult {
                outcome: match made.outcome {
                    ImportOutcome::Created => ImportOutcome::WouldCreate,
                    other => other,
                },
                server_secret: None,
                ..made
            });
        }
        report.count();
        Ok(report)
    }

    /// Makes the apps of the lines that are good.
    pub(super) async fn run(mut self, lines: Vec<Line>) -> ImportReport {
        let mut report = ImportReport::default();
        let mut lines = lines.into_iter().peekable();
        // Once without a line too: the answer to no lines is remembered like any other.
        loop {
            let some: Vec<Line> = lines.by_ref().take(APPS_AT_ONCE).collect();
            let numbers: Vec<u64> = some.iter().map(|(number, _)| *number).collect();
            let before = report.results.len();
            let is_last = lines.peek().is_none();
            if let Err(problem) = self.keep(some, &mut report, is_last).await {
                report.results.truncate(before);
                let failed = |line| ImportResult::failed(line, None, None, &problem);
                report.results.extend(numbers.into_iter().map(failed));
            }
            if is_last {
                report.count();
                return report;
            }
        }
    }

    /// One transaction. `Err`: nothing of it was kept.
    async fn keep(
        &mut self,
        lines: Vec<Line>,
        report: &mut ImportReport,
        is_last: bool,
    ) -> Result<(), Problem> {
        let mut tx = self.admin.begin(self.caller).await?;
        for line in lines {
            report.results.push(self.make(&mut tx, line).await?);
        }
        if let Some(asked) = self.asked.as_ref().filter(|_| is_last) {
            report.count();
            tx.remember_answer(asked, &serde_json::to_vec(report).unwrap_or_default()).await?;
        }
        self.admin.commit(tx).await
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
        Ok((tx.create_app(id, settings, &secret).await?, made))
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

impl ImportReport {
    fn count(&mut self) {
        let failed = self.results.iter().filter(|it| it.outcome == ImportOutcome::Failed).count();
        (self.total, self.failed) = (self.results.len(), failed);
        self.created = self.total - failed;
    }
}

impl ImportResult {
    fn failed(line: u64, app_id: Option<u32>, name: Option<String>, problem: &Problem) -> Self {
        Self {
            line,
            app_id,
            name,
            outcome: ImportOutcome::Failed,
            code: Some(problem.code.name()),
            detail: Some(problem.detail().to_owned()),
            server_secret: None,
        }
    }
}
