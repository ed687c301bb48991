//! Which apps somebody is confined to, as a column: JSON numbers, NULL for all apps.

use super::app_row::{Column, json};
use super::{RowFault, StoreError};
use crate::model::{AppId, ModelError, bounds};

/// The apps as they are kept: sorted, each once. `Err(Model)`: too many.
pub(super) fn checked(apps: Option<&[AppId]>) -> Result<Option<Vec<AppId>>, StoreError> {
    let Some(apps) = apps else { return Ok(None) };
    let (found, max) = (apps.len(), bounds::CONFINED_TO_MAX);
    if found > max {
        return Err(ModelError::TooMany { field: "app_ids", found, max }.into());
    }
    let mut apps = apps.to_vec();
    apps.sort_unstable();
    apps.dedup();
    Ok(Some(apps))
}

pub(super) fn text(apps: Option<&[AppId]>) -> Option<String> {
    numbers(apps).map(|numbers| json(&numbers))
}

/// For the audit log.
pub(super) fn numbers(apps: Option<&[AppId]>) -> Option<Vec<u32>> {
    Some(apps?.iter().map(|app| app.0).collect())
}

pub(super) fn read(column: &Column<'_, &str>) -> Result<Option<Vec<AppId>>, RowFault> {
    let Some(text) = column.get::<Option<&str>>()? else { return Ok(None) };
    let numbers: Vec<u32> = serde_json::from_str(text).map_err(|error| column.fault(error))?;
    Ok(Some(numbers.into_iter().map(AppId).collect()))
}
