//! Lists in pages: a cursor says where the next page begins, whatever was added meanwhile.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::limits::{PAGE_DEFAULT, PAGE_MAX};
use crate::problem::{Code, Problem};

/// How much of a list, and from where on. To be flattened by hand: serde's `flatten` does not go
/// with strict queries.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// Items of the page, 1–200; 50 when not given.
    #[serde(default, deserialize_with = "number")]
    #[param(minimum = 1, maximum = 200)]
    pub(crate) limit: Option<u32>,
    /// `next` of the page before.
    #[serde(default)]
    #[param(max_length = 200)]
    pub(crate) cursor: Option<String>,
}

/// A page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// The `cursor` of the next page; `null`: this is the last.
    pub(crate) next: Option<String>,
}

/// Where a page begins: the sort key of the last item before it. Opaque to callers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor<K>(pub(crate) K);

impl<K: Serialize + for<'de> Deserialize<'de>> Cursor<K> {
    pub(crate) fn to_text(&self) -> String {
        let json = serde_json::to_vec(&self.0).unwrap_or_default();
        data_encoding::BASE64URL_NOPAD.encode(&json)
    }

    /// `None` stays none. `Err(InvalidQuery)`: no cursor of this list.
    pub(crate) fn read(text: Option<&str>) -> Result<Option<K>, Problem> {
        let Some(text) = text else { return Ok(None) };
        let json = data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).ok();
        let key = json.and_then(|json| serde_json::from_slice(&json).ok());
        key.map(Some).ok_or_else(|| {
            let detail = "`cursor` is the `next` of a page of this same list, unchanged";
            Problem::new(Code::InvalidQuery, detail).at("cursor", detail)
        })
    }
}

impl<T> Page<T> {
    /// Of one item more than the page holds, if there is more.
    pub(crate) fn cut<K>(mut items: Vec<T>, limit: u32, key: impl FnOnce(&T) -> Cursor<K>) -> Self
    where
        K: Serialize + for<'de> Deserialize<'de>,
    {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| has_more).map(|last| key(last).to_text());
        Self { items, next }
    }
}

/// The number of items asked for. `Err(InvalidQuery)`: not 1–`most`.
pub(crate) fn limit(asked: Option<u32>, most: u32) -> Result<u32, Problem> {
    match asked.unwrap_or(PAGE_DEFAULT.min(most)) {
        limit if (1..=most).contains(&limit) => Ok(limit),
        limit => {
            let detail = format!("`limit` is 1 to {most}, not {limit}");
            Err(Problem::new(Code::InvalidQuery, detail.clone()).at("limit", detail))
        }
    }
}

impl PageQuery {
    pub(crate) fn limit(&self) -> Result<u32, Problem> {
        limit(self.limit, PAGE_MAX)
    }
}

/// Numbers in queries are texts; an empty one is none.
pub(crate) fn number<'de, D: Deserializer<'de>, N: std::str::FromStr>(
    deserializer: D,
) -> Result<Option<N>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let number = text.parse().ok().filter(|_| plain);
    number
        .map(Some)
        .ok_or_else(|| D::Error::custom(format_args!("`{text}` is no number that fits")))
}
