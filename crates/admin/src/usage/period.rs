//! Which usage: whose, in which periods, how fine.

use serde::Deserialize;
use tonegate_protocol::AppId;
use tonegate_server::store::Resolution;

use crate::caller::Caller;
use crate::extract::{check_query_time, number};
use crate::problem::{Code, Problem};

/// How long a period is: minutes are kept for 24 hours, hours for 31 days, days for 400 days.
#[derive(Debug, Clone, Copy, Default, Deserialize, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ResolutionWord {
    Minute,
    #[default]
    Hour,
    Day,
}

/// Which usage.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PeriodQuery {
    /// Of this app; 0: requests that named none; all requests when not given.
    #[serde(default, deserialize_with = "number")]
    #[param(minimum = 0)]
    pub(crate) app_id: Option<u32>,
    /// From the period of this second on, Unix; as long as it is kept when not given.
    #[serde(default, deserialize_with = "number")]
    #[param(minimum = 0, maximum = 253402300799_i64)]
    pub(crate) from: Option<i64>,
    /// Before this second, Unix; now when not given.
    #[serde(default, deserialize_with = "number")]
    #[param(minimum = 0, maximum = 253402300799_i64)]
    pub(crate) until: Option<i64>,
    /// How long a period is; `hour` when not given.
    #[serde(default)]
    #[param(inline)]
    pub(crate) resolution: ResolutionWord,
}

/// The same, in bounds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Period {
    pub(crate) app_id: Option<AppId>,
    pub(crate) from: i64,
    pub(crate) until: i64,
    pub(crate) resolution: Resolution,
}

impl PeriodQuery {
    /// For this caller, at `now`. `Err(ConfinedToApps)`: it must name one of its apps.
    pub(crate) fn for_caller(&self, caller: &Caller, now: i64) -> Result<Period, Problem> {
        check_query_time("from", self.from)?;
        check_query_time("until", self.until)?;
        let app_id = self.app_id.map(AppId);
        match app_id {
            Some(app_id) => caller.check_app(app_id)?,
            None if caller.apps.is_some() => {
                let detail = "you work on some apps only: name one of them as `app_id`";
                return Err(Problem::new(Code::ConfinedToApps, detail));
            }
            None => {}
        }
        let resolution = match self.resolution {
            ResolutionWord::Minute => Resolution::Minute,
            ResolutionWord::Hour => Resolution::Hour,
            ResolutionWord::Day => Resolution::Day,
        };
        let until = self.until.unwrap_or(now + 1);
        let kept = resolution.kept_secs();
        let from = self.from.unwrap_or(until - kept);
        if from < 0 || until - from > kept || from > until {
            let detail = format!(
                "`from` to `until` is a time from the past of at most {kept} s in this resolution; take a \
                 coarser one for more"
            );
            return Err(Problem::new(Code::InvalidQuery, detail.clone()).at("from", detail));
        }
        Ok(Period { app_id, from, until, resolution })
    }
}
