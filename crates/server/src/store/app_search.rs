//! Finding apps: by what they are, in an order, a page at a time.
//!
//! Without filters the order's own index is walked from where the page begins. With filters one covering
//! index (`apps_for_search`) is read from end to end, and the first of what fits is kept: that takes
//! the same time whether all fit or none, and it never touches a row that does not. A page then reads its
//! own rows. A row that cannot be used is found like any other.

use super::app_row::{self, app_columns, json};
use super::load::log;
use super::{RowFault, Store, StoreError, db};
use crate::model::{App, AppId, AppStatus, Environment, FeatureName};

/// What to look for, and which page of it.
#[derive(Debug, Clone, Default)]
pub struct AppSearch<'a> {
    /// A piece of the name in either case (of ASCII letters), or what the AppId begins with.
    pub text: Option<&'a str>,
    /// Apps of this status.
    pub status: Option<AppStatus>,
    /// Apps of this world.
    pub environment: Option<Environment>,
    /// Apps with this tag.
    pub tag: Option<&'a str>,
    /// Apps that were granted this feature, now or at another time.
    pub feature: Option<&'a FeatureName>,
    /// Among these apps alone; `None`: among all.
    pub apps: Option<&'a [AppId]>,
    /// What comes first.
    pub order: AppOrder,
    /// Turned round.
    pub descends: bool,
    /// Behind this place of the same order; `None`: from the beginning.
    pub after: Option<AppPlace>,
    /// So many at most.
    pub limit: u32,
}

/// What apps are ordered by; equal ones by AppId.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AppOrder {
    /// The AppId.
    #[default]
    AppId,
    /// The name, byte by byte.
    Name,
    /// When it was made.
    CreatedAt,
    /// When status or settings changed last.
    UpdatedAt,
}

/// Where an app stands in an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppPlace {
    /// The name, or the time in decimal; of no account in the order of AppIds.
    pub key: String,
    /// The app.
    pub id: AppId,
}

/// An app that was found.
#[derive(Debug, Clone)]
pub struct FoundApp {
    /// Where it stands.
    pub place: AppPlace,
    /// The app, or why its row cannot be used.
    pub app: Result<App, RowFault>,
}

impl Store {
    /// The apps of a page, in order.
    pub async fn search_apps(&self, search: &AppSearch<'_>) -> Result<Vec<FoundApp>, StoreError> {
        let mut tx = self.db.begin_read().await?;
        let places = search.query().build().fetch_all(&mut tx).await?;
        let places: Vec<_> = places.iter().map(place).collect::<Result<_, _>>()?;
        let mut rows =
            db::QueryBuilder::new(concat!("SELECT ", app_columns!(), " FROM apps WHERE id IN "));
        rows.push_list(places.iter().map(|place| place.id.0));
        let rows = rows.build().fetch_all(&mut tx).await?;
        // At most a page's: by number is quick enough.
        let mut apps = std::collections::HashMap::with_capacity(rows.len());
        for row in &rows {
            let id: i64 = row.try_get(0)?;
            apps.insert(id, row);
        }
        let found = places.into_iter().filter_map(|place| {
            let app = app_row::read(place.id, apps.get(&i64::from(place.id.0))?);
            Some(FoundApp { app: app.inspect_err(log), place })
        });
        Ok(found.collect())
    }
}

fn place(row: &db::Row) -> Result<AppPlace, StoreError> {
    let at = |name| app_row::column(row, "apps", name, "?");
    Ok(AppPlace { key: at("place").get()?, id: AppId(at("id").number()?) })
}

impl AppOrder {
    /// The column, and what the engine takes for another expression, so that it walks no index of it.
    const fn columns(self) -> (&'static str, &'static str) {
        match self {
            // That index is the one for filters too.
            Self::AppId => ("id", "id"),
            Self::Name => ("name", "COALESCE(name, '')"),
            Self::CreatedAt => ("created_at", "created_at + 0"),
            Self::UpdatedAt => ("updated_at", "updated_at + 0"),
        }
    }
}

impl AppSearch<'_> {
    fn has_filters(&self) -> bool {
        let Self { text, status, environment, tag, feature, .. } = self;
        text.is_some()
            || status.is_some()
            || environment.is_some()
            || tag.is_some()
            || feature.is_some()
    }

    pub(super) fn query(&self) -> db::QueryBuilder {
        let (walked, computed) = self.order.columns();
        let key = if self.has_filters() { computed } else { walked };
        let mut query = db::QueryBuilder::new(format!(
            "SELECT id, CAST({walked} AS TEXT) AS place FROM apps \
             WHERE deleted_at IS NULL AND id + 0 BETWEEN 0 AND 4294967295"
        ));
        self.filter(&mut query);
        self.begin(&mut query, key);
        let turn = if self.descends { "DESC" } else { "ASC" };
        query.push(match self.order {
            AppOrder::AppId => format!(" ORDER BY id {turn} LIMIT "),
            _ => format!(" ORDER BY {key} {turn}, id {turn} LIMIT "),
        });
        query.push_bind(i64::from(self.limit));
        query
    }

    fn filter(&self, query: &mut db::QueryBuilder) {
        if let Some(text) = self.text {
            // Letters of ASCII in either case, on both engines.
            query.push(" AND (lower(name) LIKE ").push_bind(like(&text.to_ascii_lowercase()));
            query.push(" ESCAPE '\\'");
            if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
                query.push(" OR CAST(id AS TEXT) LIKE ").push_bind(format!("{text}%"));
            }
            query.push(")");
        }
        if let Some(status) = self.status {
            query.push(" AND status = ").push_bind(status.as_str());
        }
        if let Some(environment) = self.environment {
            query.push(" AND environment = ").push_bind(environment.as_str());
        }
        if let Some(tag) = self.tag {
            // A piece of the list's text is the tag, but for two cases that are looked at closely: a tag
            // that holds quotes, and one that is what stands between two others.
            query.push(" AND instr(tags, ").push_bind(json(&tag));
            query.push(") > 0 AND (instr(tags, '\\\"') = 0 AND ").push_bind(tag.to_owned());
            query.push(
                " <> ',' OR EXISTS (SELECT 1 FROM json_each(tags) AS held WHERE held.value = ",
            );
            query.push_bind(tag.to_owned()).push("))");
        }
        if let Some(feature) = self.feature {
            // As a grant is written; a name holds nothing that JSON escapes.
            let grant = format!("{{\"name\":\"{feature}\"");
            query.push(" AND instr(features, ").push_bind(grant).push(") > 0");
        }
        if let Some(apps) = self.apps {
            query.push(" AND id IN ").push_list(apps.iter().map(|app| app.0));
        }
    }

    fn begin(&self, query: &mut db::QueryBuilder, key: &str) {
        let Some(AppPlace { key: value, id }) = &self.after else { return };
        let beyond = if self.descends { "<" } else { ">" };
        if self.order == AppOrder::AppId {
            query.push(format!(" AND {key} {beyond} ")).push_bind(i64::from(id.0));
            return;
        }
        query.push(format!(" AND ({key}, id) {beyond} ("));
        match self.order {
            AppOrder::Name => query.push_bind(value.clone()),
            _ => query.push_bind(value.parse::<i64>().unwrap_or_default()),
        };
        query.push(", ").push_bind(i64::from(id.0)).push(")");
    }
}

/// A pattern for texts that hold this one.
fn like(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern + "%"
}
