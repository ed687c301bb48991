//! What apps are listed and exported by.

use serde::{Deserialize, Serialize};
use tonegate_protocol::AppId;
use tonegate_server::model::{AppStatus, Environment, FeatureName};
use tonegate_server::store::{AppOrder, AppPlace, AppSearch, FoundApp};

use crate::admin::Admin;
use crate::caller::Caller;
use crate::extract::{Cursor, check_query_length, limit};
use crate::limits::{APP_NAME_MAX, APP_TAG_MAX};
use crate::problem::{Code, Problem};

/// The parameters of a list of apps, and `$more`: serde's `flatten` does not go with strict queries.
macro_rules! apps_query {
    ($(#[$doc:meta])* $name:ident { $($more:tt)* }) => {
        $(#[$doc])*
        #[derive(Debug, serde::Deserialize, utoipa::IntoParams)]
        #[serde(deny_unknown_fields)]
        #[into_params(parameter_in = Query)]
        pub(crate) struct $name {
            /// A piece of the name (in either case), or what the AppId begins with.
            #[serde(default)]
            #[param(max_length = 64)]
            pub(crate) q: Option<String>,
            #[serde(default)]
            #[param(inline)]
            pub(crate) status: Option<tonegate_server::model::AppStatus>,
            #[serde(default)]
            #[param(inline)]
            pub(crate) environment: Option<tonegate_server::model::Environment>,
            /// Apps with this tag.
            #[serde(default)]
            #[param(min_length = 1, max_length = 32)]
            pub(crate) tag: Option<String>,
            /// Apps that were granted this feature.
            #[serde(default)]
            #[param(value_type = Option<String>, pattern = "^[a-z0-9-]{1,16}$")]
            pub(crate) feature: Option<tonegate_server::model::FeatureName>,
            /// What comes first; `-` turns it round.
            #[serde(default)]
            #[param(inline)]
            pub(crate) sort: crate::apps::search::Sort,
            /// `next` of the page before.
            #[serde(default)]
            #[param(max_length = 400)]
            pub(crate) cursor: Option<String>,
            $($more)*
        }

        impl $name {
            pub(crate) fn filters(&self) -> crate::apps::search::Filters<'_> {
                crate::apps::search::Filters {
                    text: self.q.as_deref().filter(|text| !text.is_empty()),
                    status: self.status,
                    environment: self.environment,
                    tag: self.tag.as_deref(),
                    feature: self.feature.as_ref(),
                    sort: self.sort,
                    cursor: self.cursor.as_deref(),
                }
            }
        }
    };
}
pub(super) use apps_query;

/// An order of apps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) enum Sort {
    #[default]
    #[serde(rename = "app_id")]
    AppId,
    #[serde(rename = "-app_id")]
    AppIdDown,
    #[serde(rename = "name")]
    Name,
    #[serde(rename = "-name")]
    NameDown,
    #[serde(rename = "created_at")]
    CreatedAt,
    #[serde(rename = "-created_at")]
    CreatedAtDown,
    #[serde(rename = "updated_at")]
    UpdatedAt,
    #[serde(rename = "-updated_at")]
    UpdatedAtDown,
}

/// What was asked for, whichever operation it was.
#[derive(Debug)]
pub(crate) struct Filters<'q> {
    pub(crate) text: Option<&'q str>,
    pub(crate) status: Option<AppStatus>,
    pub(crate) environment: Option<Environment>,
    pub(crate) tag: Option<&'q str>,
    pub(crate) feature: Option<&'q FeatureName>,
    pub(crate) sort: Sort,
    pub(crate) cursor: Option<&'q str>,
}

/// A page of apps that the caller may see.
#[derive(Debug)]
pub(crate) struct Found {
    /// At most as many as asked for.
    pub(crate) apps: Vec<FoundApp>,
    /// The cursor of the next page.
    pub(crate) next: Option<String>,
}

impl Sort {
    const fn order(self) -> (AppOrder, bool) {
        match self {
            Self::AppId => (AppOrder::AppId, false),
            Self::AppIdDown => (AppOrder::AppId, true),
            Self::Name => (AppOrder::Name, false),
            Self::NameDown => (AppOrder::Name, true),
            Self::CreatedAt => (AppOrder::CreatedAt, false),
            Self::CreatedAtDown => (AppOrder::CreatedAt, true),
            Self::UpdatedAt => (AppOrder::UpdatedAt, false),
            Self::UpdatedAtDown => (AppOrder::UpdatedAt, true),
        }
    }
}

impl Filters<'_> {
    /// The page that was asked for.
    pub(crate) async fn find(
        &self,
        admin: &Admin,
        caller: &Caller,
        asked: Option<u32>,
        most: u32,
    ) -> Result<Found, Problem> {
        check_query_length("q", self.text, APP_NAME_MAX)?;
        check_query_length("tag", self.tag, APP_TAG_MAX)?;
        let limit = limit(asked, most)?;
        let (order, descends) = self.sort.order();
        let search = AppSearch {
            text: self.text,
            status: self.status,
            environment: self.environment,
            tag: self.tag,
            feature: self.feature,
            apps: caller.apps.as_deref(),
            order,
            descends,
            after: self.after()?,
            limit: limit + 1,
        };
        let mut apps = admin.store().search_apps(&search).await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = apps.len() > limit;
        apps.truncate(limit);
        let last = apps.last().filter(|_| has_more);
        let next = last.map(|last| self.cursor_behind(&last.place).to_text());
        Ok(Found { apps, next })
    }

    /// `Err(InvalidQuery)`: the cursor of another list, or of another order.
    fn after(&self) -> Result<Option<AppPlace>, Problem> {
        let Some((sort, key, id)) = Cursor::<(Sort, String, u32)>::read(self.cursor)? else {
            return Ok(None);
        };
        if sort != self.sort {
            let detail = "`cursor` goes with the `sort` that it was answered for";
            return Err(Problem::new(Code::InvalidQuery, detail).at("cursor", detail));
        }
        Ok(Some(AppPlace { key, id: AppId(id) }))
    }

    fn cursor_behind(&self, place: &AppPlace) -> Cursor<(Sort, String, u32)> {
        Cursor((self.sort, place.key.clone(), place.id.0))
    }
}
