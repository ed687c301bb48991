//! Step 9: the one Action there is; any other is 100000007.

use tonegate_protocol::{ACTION, Refusal, ReturnCode};

pub(super) fn check(action: &str) -> Result<(), Refusal> {
    if action == ACTION { Ok(()) } else { Err(ReturnCode::ActionUnsupported.into()) }
}
