//! What a pasted text is: which licence, whether it is good, what happens when, and what to do next.
//!
//! Invariants: what was not proven is called unproven, and without pins nothing is; a text that looks like
//! a secret is not repeated. Pure: pins, expectations and the moment are arguments. `tonegate license` and
//! the admin API show the same; how it looks is theirs.

mod claims;
mod explanation;
mod find;
mod moment;
mod trust;
mod verdict;

pub use claims::{Claims, FeatureClaim};
pub use explanation::{ASKED, Event, Explanation};
pub use find::without_line_end;
pub use moment::{Moment, Span, distance};
pub use trust::Trust;
pub use verdict::{FeatureView, Times, Verdict};
