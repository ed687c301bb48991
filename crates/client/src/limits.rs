//! Every bound of the client, in one place. Answers are bounded by
//! [`tonegate_protocol::limits::ANSWER_BYTES_MAX`].

use std::time::Duration;

/// Time for the TCP connection, unless the builder says otherwise.
pub(crate) const CONNECT: Duration = Duration::from_secs(5);

/// Time for a whole fetch, a repeat after a clock correction included, unless the builder says
/// otherwise.
pub(crate) const TOTAL: Duration = Duration::from_secs(15);

/// The largest clock offset that is believed, seconds: whoever can forge an answer could otherwise
/// have requests signed for any time.
pub(crate) const OFFSET_MAX: i64 = 24 * 3600;

/// Characters kept of a text that the server wrote.
pub(crate) const QUOTED_CHARS: usize = 300;
