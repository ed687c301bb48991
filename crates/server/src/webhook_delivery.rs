//! Sends the messages that wait in the store to their webhooks.
//!
//! Invariants: no message is under way twice; one receiver that is slow holds at most two of the
//! places, and those whose receivers hold fewest go first, so it stalls nobody; a place is free again
//! only when the store knows how the try ended. Several servers lease what they send from the store, so
//! each message is under way on one of them, and the limit of a webhook holds for all. A message whose try was cut off by the end of the
//! process is still due at the next start.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use tokio::sync::OnceCell;
use tokio::task::{Id, JoinError, JoinSet};
use tonegate_client::{AddressRule, HttpClient, HttpConfig, HttpError};
use tonegate_telemetry::TARGET;
use tonegate_webhook::{Outcome, retry_after, send};
use tracing::field::Empty;
use tracing::{Instrument as _, info_span};

use crate::limits::{
    DELIVERIES_AT_ONCE, DELIVERIES_KEPT_SECS, DELIVERIES_PER_WEBHOOK, DELIVERIES_PRUNE,
    WEBHOOK_POLL,
};
use crate::service::Service;
use crate::store::DueDelivery;

/// How long to wait until the store is told again how a try ended.
const NOTE_AGAIN: Duration = Duration::from_secs(1);

/// HTTP clients for webhooks, made when they are first needed: a machine without authorities to trust
/// can issue licences all the same.
#[derive(Debug)]
pub(crate) struct Couriers {
    addresses: AddressRule,
    plain: OnceCell<HttpClient>,
    tls: OnceCell<HttpClient>,
}

/// What is being sent.
#[derive(Default)]
struct UnderWay {
    tasks: JoinSet<()>,
    messages: HashMap<Id, Key>,
}

/// A message and its webhook, by their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    message: String,
    webhook: String,
}

/// Sends what is due, for ever.
pub(crate) async fn deliver_all(service: Arc<Service>) {
    let mut under_way = UnderWay::default();
    loop {
        if under_way.tasks.len() < DELIVERIES_AT_ONCE {
            under_way.start_due(&service).await;
        }
        tokio::select! {
            Some(ended) = under_way.tasks.join_next_with_id() => under_way.ended(ended),
            () = tokio::time::sleep(WEBHOOK_POLL) => {}
        }
    }
}

/// Removes old messages, for ever.
pub(crate) async fn prune(service: Arc<Service>) {
    loop {
        let before = service.time.now() - DELIVERIES_KEPT_SECS;
        // That the store fails is for others to say; there is a next time.
        while service.acts_for_all()
            && let Ok(true) = service.store.prune_deliveries(before).await
        {}
        tokio::time::sleep(DELIVERIES_PRUNE).await;
    }
}

impl Service {
    /// May a webhook have this URL, as far as its address goes now?
    ///
    /// `Err(AddressRefused)`: the configuration forbids it.
    pub async fn check_webhook_address(&self, url: &Uri) -> Result<(), HttpError> {
        match self.couriers.get(false).await {
            Ok(http) => http.check_address(url).await,
            // Only trust can be missing, which plain HTTP does not need.
            Err(_) => Ok(()),
        }
    }
}

impl Couriers {
    pub(crate) fn new(allow_private_addresses: bool) -> Self {
        let addresses = match allow_private_addresses {
            true => AddressRule::Any,
            false => AddressRule::PublicOnly,
        };
        Self { addresses, plain: OnceCell::new(), tls: OnceCell::new() }
    }

    /// `Err`: in words.
    async fn get(&self, tls: bool) -> Result<&HttpClient, String> {
        let cell = if tls { &self.tls } else { &self.plain };
        let config = HttpConfig { tls, addresses: self.addresses, ..HttpConfig::default() };
        let make = async || {
            // The system's authorities are files.
            let made = tokio::task::spawn_blocking(move || HttpClient::new(&config)).await;
            made.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
        };
        cell.get_or_try_init(make).await
    }

    async fn send(&self, due: &DueDelivery, now: i64) -> Outcome {
        let url: Uri = match due.url.parse() {
            Ok(url) => url,
            Err(_) => return Outcome::failed("its URL is damaged; set it again".to_owned()),
        };
        let secret = match &due.secret {
            Ok(secret) => secret,
            Err(fault) => return Outcome::failed(format!("{fault}; make the webhook anew")),
        };
        match self.get(url.scheme_str() == Some("https")).await {
            Ok(http) => send(http, &url, secret, &due.message, now).await,
            Err(error) => Outcome::failed(error),
        }
    }
}

impl UnderWay {
    async fn start_due(&mut self, service: &Arc<Service>) {
        if !service.acts_for_all() {
            return;
        }
        let due = match service.store.due_deliveries(&service.node.id, service.time.now()).await {
            Ok(due) => due,
            Err(error) => {
                tracing::debug!(%error, "webhooks wait: the store does not answer");
                return;
            }
        };
        let under_way: Vec<_> = self.messages.values().cloned().collect();
        let mut chosen = choose(due, under_way);
        if service.store.is_shared() {
            chosen = leased(service, chosen).await;
        }
        for due in chosen {
            let key = Key::of(&due);
            let task = self.tasks.spawn(deliver(Arc::clone(service), due));
            self.messages.insert(task.id(), key);
        }
    }

    fn ended(&mut self, ended: Result<(Id, ()), JoinError>) {
        let id = match ended {
            Ok((id, ())) => id,
            Err(error) => {
                tracing::error!(%error, "the delivery of a webhook panicked; it is tried again");
                error.id()
            }
        };
        self.messages.remove(&id);
    }
}

impl Key {
    fn of(due: &DueDelivery) -> Self {
        Self { message: due.message.id.clone(), webhook: due.webhook_id.clone() }
    }
}

/// Which of `due` to send now, beside what is under way: those first whose webhook holds fewest places.
fn choose(due: Vec<DueDelivery>, mut under_way: Vec<Key>) -> Vec<DueDelivery> {
    let mut waiting: Vec<_> = due.into_iter().map(|due| (Key::of(&due), due)).collect();
    waiting.retain(|(key, _)| !under_way.contains(key));
    let mut chosen = Vec::new();
    for held in 0..DELIVERIES_PER_WEBHOOK {
        let (mut fits, mut rest) = (Vec::new(), Vec::new());
        for (key, due) in waiting {
            let places = under_way.iter().filter(|other| other.webhook == key.webhook).count();
            if places == held && under_way.len() < DELIVERIES_AT_ONCE {
                under_way.push(key);
                fits.push(due);
            } else {
                rest.push((key, due));
            }
        }
        chosen.append(&mut fits);
        waiting = rest;
    }
    chosen
}

/// Those of `chosen` that this server alone may send now: another may have begun with them, or with as many
/// of the same webhook as there may be at once.
async fn leased(service: &Service, mut chosen: Vec<DueDelivery>) -> Vec<DueDelivery> {
    let mut webhooks: Vec<_> = chosen.iter().map(|due| due.webhook_id.clone()).collect();
    webhooks.sort_unstable();
    webhooks.dedup();
    let mut ours = HashSet::new();
    for webhook in &webhooks {
        let of_webhook = chosen.iter().filter(|due| due.webhook_id == *webhook);
        let messages: Vec<_> = of_webhook.map(|due| due.message.id.as_str()).collect();
        let now = service.time.now();
        match service.store.lease_deliveries(webhook, &messages, &service.node.id, now).await {
            Ok(leased) => ours.extend(leased),
            Err(error) => tracing::debug!(%error, "webhooks wait: the store does not answer"),
        }
    }
    chosen.retain(|due| ours.contains(&due.message.id));
    chosen
}

/// One try, and what became of it.
async fn deliver(service: Arc<Service>, due: DueDelivery) {
    let (tries, kind) = (due.tries, &due.message.kind);
    let span = info_span!(target: TARGET, "deliver_webhook", kind, tries, failed = Empty);
    let sending = service.couriers.send(&due, service.time.now());
    let outcome = sending.instrument(span.clone()).await;
    span.record("failed", outcome.error.is_some());
    drop(span);
    let is_last = retry_after(due.tries.saturating_add(1)).is_none();
    let (id, kind, webhook) = (&due.message.id, &due.message.kind, &due.webhook_id);
    service.metrics.webhook_delivery(match &outcome.error {
        None => "delivered",
        Some(_) if is_last => "given_up",
        Some(_) => "failed",
    });
    match &outcome.error {
        None => tracing::debug!(id, kind, webhook, "a webhook was delivered"),
        Some(error) => tracing::warn!(id, kind, webhook, error, is_last, "a webhook was not taken"),
    }
    while let Err(error) = service.store.note_try(&due, &outcome, service.time.now()).await {
        tracing::warn!(id, %error, "how a webhook went was not written; again in a second");
        tokio::time::sleep(NOTE_AGAIN).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonegate_webhook::{Message, WebhookSecret};

    /// A message of each of these webhooks, numbered.
    fn due(webhooks: &str) -> Vec<DueDelivery> {
        let due = webhooks.chars().enumerate().map(|(number, webhook)| DueDelivery {
            message: Message {
                id: format!("{webhook}{number}"),
                kind: "test".into(),
                body: "{}".into(),
            },
            webhook_id: webhook.into(),
            url: "http://receiver.example".into(),
            secret: Ok(WebhookSecret::parse(&format!("whsec_{}", "A".repeat(32))).unwrap()),
            tries: 0,
        });
        due.collect()
    }

    fn chosen(waiting: &str, under_way: &str) -> Vec<String> {
        let under_way = due(under_way).iter().map(Key::of).collect();
        choose(due(waiting), under_way).into_iter().map(|due| due.message.id).collect()
    }

    #[test]
    fn each_webhook_has_two_places_and_all_together_eight() {
        assert_eq!(chosen("aaaa", ""), ["a0", "a1"]);
        assert_eq!(chosen("aabbccddeeff", "").len(), 8);
        assert_eq!(chosen("aaabbb", ""), ["a0", "b3", "a1", "b4"]);
    }

    #[test]
    fn what_is_under_way_is_not_begun_again_and_counts() {
        assert_eq!(chosen("aaa", "a"), ["a1"]);
        assert_eq!(chosen("aaab", "aa"), ["b3"]);
        assert_eq!(chosen("aaaa", "aabbccdd"), [""; 0]);
    }

    #[test]
    fn a_webhook_without_a_place_goes_before_the_second_of_another() {
        assert_eq!(chosen("aabc", "xxyyzz"), ["a0", "b2"]);
    }
}
