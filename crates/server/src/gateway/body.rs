//! Step 1: the body is read and ignored; one that cannot be read is 100000012.

use tonegate_listener::RequestBody;
use tonegate_protocol::{Refusal, ReturnCode};

pub(super) async fn read(body: RequestBody) -> Result<(), Refusal> {
    match body.read().await {
        Ok(_ignored) => Ok(()),
        Err(error) => Err(Refusal::new(ReturnCode::BodyUnreadable, error.to_string())),
    }
}
