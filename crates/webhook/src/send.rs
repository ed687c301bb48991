//! One try.

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Uri};
use tonegate_client::HttpClient;

use crate::limits::ANSWER_BYTES_MAX;
use crate::{Message, WebhookSecret};

/// How a try ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The HTTP status; `None`: there was no answer.
    pub status: Option<u16>,
    /// Why the message was not taken; `None`: it was.
    pub error: Option<String>,
}

impl Outcome {
    /// A try that came to nothing before there was an answer.
    #[must_use]
    pub fn failed(error: String) -> Self {
        Self { status: None, error: Some(error) }
    }

    /// Did the receiver take it?
    #[must_use]
    pub const fn is_taken(&self) -> bool {
        self.error.is_none()
    }

    fn answered(status: u16) -> Self {
        let error = match status {
            200..=299 => None,
            300..=399 => Some(format!(
                "the receiver answered with HTTP status {status}, a redirect, and those are not \
                 followed"
            )),
            _ => Some(format!("the receiver answered with HTTP status {status}")),
        };
        Self { status: Some(status), error }
    }
}

/// Sends `message`, signed at `now` (Unix seconds). Cancelling is safe: the receiver can tell a
/// repeat by the message's id.
pub async fn send(
    http: &HttpClient,
    url: &Uri,
    secret: &WebhookSecret,
    message: &Message,
    now: i64,
) -> Outcome {
    let Message { id, body, .. } = message;
    let request = Request::post(url.clone())
        .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .header("webhook-id", id)
        .header("webhook-timestamp", now)
        .header("webhook-signature", secret.sign(id, now, body))
        .body(body.clone().into());
    let request = match request {
        Ok(request) => request,
        Err(error) => return Outcome::failed(error.to_string()),
    };
    match http.send(request, ANSWER_BYTES_MAX).await {
        Ok(answer) => Outcome::answered(answer.status),
        Err(error) => Outcome::failed(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tonegate_client::{AddressRule, HttpConfig};

    /// Sends a message to a receiver that answers with `status`; gives what it got.
    async fn sent(status: u16) -> (Outcome, String, Message, WebhookSecret) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/here?a=b", listener.local_addr().unwrap());
        let http = HttpConfig { tls: false, ..HttpConfig::default() };
        let (http, secret) = (HttpClient::new(&http).unwrap(), WebhookSecret::generate().unwrap());
        let message = Message::new("test", 7, &serde_json::json!({}));
        let receive = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut read = Vec::new();
            while !read.ends_with(message.body.as_bytes()) {
                assert_ne!(stream.read_buf(&mut read).await.unwrap(), 0);
            }
            let answer = format!("HTTP/1.1 {status} \r\nContent-Length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(read).unwrap()
        };
        let url = url.parse().unwrap();
        let (outcome, got) = tokio::join!(send(&http, &url, &secret, &message, 9), receive);
        (outcome, got, message, secret)
    }

    #[tokio::test]
    async fn a_receiver_gets_id_time_signature_and_body() {
        let (outcome, got, message, secret) = sent(204).await;
        assert_eq!(outcome, Outcome { status: Some(204), error: None });
        assert!(outcome.is_taken());
        let signature = secret.sign(&message.id, 9, &message.body);
        assert!(got.starts_with("POST /here?a=b HTTP/1.1\r\n"), "{got}");
        for line in [
            "content-type: application/json",
            &format!("webhook-id: {}", message.id),
            "webhook-timestamp: 9",
            &format!("webhook-signature: {signature}"),
            &message.body,
        ] {
            assert!(got.lines().any(|found| found == line), "{line} in {got}");
        }
    }

    #[tokio::test]
    async fn any_other_status_is_a_failure_that_is_named() {
        for (status, word) in [(302, "redirect"), (410, "410"), (500, "500")] {
            let outcome = sent(status).await.0;
            assert_eq!(outcome.status, Some(status));
            assert!(outcome.error.unwrap().contains(word));
        }
    }

    #[tokio::test]
    async fn an_address_that_is_not_allowed_is_no_answer() {
        let addresses = AddressRule::PublicOnly;
        let http = HttpConfig { tls: false, addresses, ..HttpConfig::default() };
        let http = HttpClient::new(&http).unwrap();
        let secret = WebhookSecret::generate().unwrap();
        let message = Message::new("test", 7, &serde_json::json!({}));
        let url = Uri::from_static("http://169.254.169.254/latest");
        let outcome = send(&http, &url, &secret, &message, 9).await;
        assert_eq!(outcome.status, None);
        assert!(outcome.error.unwrap().contains("a cloud's metadata address"));
    }
}
