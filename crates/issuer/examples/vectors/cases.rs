//! Every case, in the order of their numbers. New ones go to the end of a group; numbers may move.

mod audience;
mod certificate;
mod claims;
mod clock;
mod keys;
mod renewal;
mod text;
mod time;

use crate::case::Case;

pub(crate) fn all() -> Vec<Case> {
    let groups = [
        text::cases,
        certificate::cases,
        claims::cases,
        audience::cases,
        time::cases,
        keys::cases,
        clock::cases,
        renewal::cases,
    ];
    groups.iter().flat_map(|group| group()).collect()
}
