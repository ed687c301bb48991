//! Who calls, and what the signature of an operation asks of them.
//!
//! An operation names who may call it by the extractor that it takes: [`By<Operator>`] is anybody who is
//! at least operator for the whole installation, [`ByScoped`] lets in callers who are confined to some
//! apps too (the operation filters), [`ByApp`] asks whether the app in the path is one of the caller's;
//! [`SteppedUp`] around any of them asks for a fresh proof. `x-access` in the served document says the
//! same in words, and a test holds each cell of the two against the running server.

use std::fmt;
use std::marker::PhantomData;

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use tonegate_protocol::AppId;
use tonegate_server::model::Role;

use crate::admin::Admin;
use crate::auth::Known;
use crate::limits::STEP_UP_SECS;
use crate::problem::{Code, Problem};

/// Whoever sends a request, known by a session or an API token.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) who: Who,
    pub(crate) role: Role,
    /// The apps that it is confined to; `None`: it is not.
    pub(crate) apps: Option<Vec<AppId>>,
    /// Until when it counts as freshly proven, Unix seconds. A privileged token: for ever.
    pub(crate) stepped_up_until: i64,
}

/// How a caller is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Who {
    /// A person, by a session.
    User {
        /// `usr_…`
        id: String,
        name: String,
        /// Of the session, public.
        session_id: String,
    },
    /// A program, by an API token.
    Token {
        /// `tok_…`
        id: String,
        name: String,
    },
}

/// As the audit log names it.
impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User { name, .. } => write!(f, "user {name}"),
            Self::Token { id, name } => write!(f, "token {name} ({id})"),
        }
    }
}

impl Caller {
    /// May it touch this app?
    pub(crate) fn may_touch(&self, app_id: AppId) -> bool {
        self.apps.as_ref().is_none_or(|apps| apps.contains(&app_id))
    }

    /// Names it for what limits and remembers by caller: ids are never given twice.
    pub(crate) fn key(&self) -> &str {
        match &self.who {
            Who::User { id, .. } | Who::Token { id, .. } => id,
        }
    }

    /// `Err(AppUnknown)`: as if there were no such app.
    pub(crate) fn check_app(&self, app_id: AppId) -> Result<(), Problem> {
        if self.may_touch(app_id) {
            return Ok(());
        }
        Err(Problem::new(Code::AppUnknown, format!("there is no app {app_id}")))
    }

    fn check_role(&self, least: Role) -> Result<(), Problem> {
        if self.role >= least {
            return Ok(());
        }
        let detail =
            format!("this takes the role {least}, and yours is {}; ask an owner", self.role);
        Err(Problem::new(Code::RoleTooLow, detail))
    }

    fn check_whole(&self) -> Result<(), Problem> {
        match self.apps {
            None => Ok(()),
            Some(_) => {
                let detail = "you work on some apps only, and this is about the whole installation";
                Err(Problem::new(Code::ConfinedToApps, detail))
            }
        }
    }

    fn check_stepped_up(&self, now: i64) -> Result<(), Problem> {
        if now < self.stepped_up_until {
            return Ok(());
        }
        Err(match self.who {
            Who::User { .. } => Problem::new(
                Code::StepUpRequired,
                format!(
                    "this takes a code no older than {} minutes; send one to /session/step_up",
                    STEP_UP_SECS / 60
                ),
            ),
            Who::Token { .. } => Problem::new(
                Code::TokenNotPrivileged,
                "this takes an API token that was made with `privileged`; ask an owner for one",
            ),
        })
    }
}

impl FromRequestParts<Admin> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, admin: &Admin) -> Result<Self, Problem> {
        Ok(Known::from_request_parts(parts, admin).await?.caller)
    }
}

/// A role, as a type.
pub(crate) trait AtLeast: Send {
    const ROLE: Role;
}

macro_rules! roles {
    ($($name:ident)+) => {
        $(
            /// The role of this name, or a higher one.
            #[derive(Debug)]
            pub(crate) struct $name;

            impl AtLeast for $name {
                const ROLE: Role = Role::$name;
            }
        )+
    };
}

roles! { Viewer Operator Owner }

/// A caller of that role who is confined to no apps.
#[derive(Debug)]
pub(crate) struct By<R> {
    pub(crate) caller: Caller,
    role: PhantomData<R>,
}

/// A caller of that role, perhaps confined to some apps: the operation shows only those.
#[derive(Debug)]
pub(crate) struct ByScoped<R> {
    pub(crate) caller: Caller,
    role: PhantomData<R>,
}

/// A caller of that role whose app the one in the path is.
#[derive(Debug)]
pub(crate) struct ByApp<R> {
    pub(crate) caller: Caller,
    pub(crate) app_id: AppId,
    role: PhantomData<R>,
}

/// A caller who proved a moment ago who it is.
#[derive(Debug)]
pub(crate) struct SteppedUp<B>(pub(crate) B);

impl<R: AtLeast> FromRequestParts<Admin> for By<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, admin: &Admin) -> Result<Self, Problem> {
        let ByScoped { caller, role } = ByScoped::<R>::from_request_parts(parts, admin).await?;
        caller.check_whole()?;
        Ok(Self { caller, role })
    }
}

impl<R: AtLeast> FromRequestParts<Admin> for ByScoped<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, admin: &Admin) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, admin).await?;
        caller.check_role(R::ROLE)?;
        Ok(Self { caller, role: PhantomData })
    }
}

impl<R: AtLeast> FromRequestParts<Admin> for ByApp<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, admin: &Admin) -> Result<Self, Problem> {
        let ByScoped { caller, role } = ByScoped::<R>::from_request_parts(parts, admin).await?;
        let Path(OfApp { app_id }) =
            Path::from_request_parts(parts, admin).await.map_err(|_| {
                Problem::new(Code::InvalidPath, "an AppId is a number from 1 to 4294967295")
            })?;
        caller.check_app(AppId(app_id))?;
        Ok(Self { caller, app_id: AppId(app_id), role })
    }
}

/// Whatever else the path holds.
#[derive(serde::Deserialize)]
struct OfApp {
    #[serde(deserialize_with = "crate::extract::path_number")]
    app_id: u32,
}

impl<B: FromRequestParts<Admin, Rejection = Problem> + AsRef<Caller> + Send> FromRequestParts<Admin>
    for SteppedUp<B>
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, admin: &Admin) -> Result<Self, Problem> {
        let by = B::from_request_parts(parts, admin).await?;
        by.as_ref().check_stepped_up(admin.now())?;
        Ok(Self(by))
    }
}

macro_rules! as_caller {
    ($($name:ident)+) => {
        $(impl<R> AsRef<Caller> for $name<R> {
            fn as_ref(&self) -> &Caller {
                &self.caller
            }
        })+
    };
}

as_caller! { By ByScoped ByApp }
