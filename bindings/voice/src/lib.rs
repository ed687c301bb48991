//! What a licence unlocks, for browsers.
