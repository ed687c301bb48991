//! A share of all, such as how many of a thousand things are looked at.

use serde::{Deserialize, Deserializer, de};

/// From 0 (none) to 1 (all).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share(f64);

/// It is never NaN.
impl Eq for Share {}

impl Share {
    /// Is a thing among them to which chance gave this number, from 0 up to 1?
    #[must_use]
    pub fn holds(self, number: f64) -> bool {
        number < self.0
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let share = f64::deserialize(deserializer)?;
        match (0.0..=1.0).contains(&share) {
            true => Ok(Self(share)),
            false => Err(de::Error::custom("a share lies between 0 and 1")),
        }
    }
}
