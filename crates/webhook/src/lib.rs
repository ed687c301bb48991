//! Webhooks as [Standard Webhooks](https://www.standardwebhooks.com) has them: a POST that is signed,
//! and sent again until it is taken.
//!
//! A [`Message`] is what is told; a [`WebhookSecret`] signs it; [`send`] tries once and gives the
//! [`Outcome`]; [`retry_after`] says when to try again. Invariants: every try of a message has its
//! id, so that receivers can tell a repeat; the secret is never printed. Leaves to others: where
//! messages wait, and which addresses may be reached (`tonegate_client::AddressRule`).

mod limits;
mod message;
mod secret;
mod send;

pub use limits::retry_after;
pub use message::Message;
pub use secret::{SecretError, WebhookSecret};
pub use send::{Outcome, send};
