//! Somebody with a password and a phone, and their browser.

use std::time::Duration;

use aws_lc_rs::hmac;
use serde_json::{Value, json};
use tonegate_clock::ClockHand;

use super::{Answer, House, Persona};

/// What every person of the tests chooses first.
pub(crate) const PASSWORD: &str = "correct horse staple 7";

/// Somebody who has enrolled.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) phone: Phone,
}

/// An authenticator app.
#[derive(Debug, Clone)]
pub(crate) struct Phone {
    /// Base32.
    pub(crate) secret: String,
}

impl Phone {
    /// The code that it shows at this Unix time.
    pub(crate) fn code(&self, now: i64) -> String {
        let secret = data_encoding::BASE32_NOPAD.decode(self.secret.as_bytes()).unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &secret);
        let tag = hmac::sign(&key, &(now / 30).to_be_bytes());
        let at = usize::from(tag.as_ref()[19] & 15);
        let word: [u8; 4] = tag.as_ref()[at..at + 4].try_into().unwrap();
        format!("{:06}", (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000)
    }
}

impl Persona {
    /// A browser with the session that was answered, on a page of the console.
    pub(crate) fn browser(house: &House, signed_in: &Answer) -> Self {
        let session = signed_in.expect(201);
        let browser = Self::anonymous(house.admin)
            .with("Origin", &format!("http://{}", house.admin))
            .with("Sec-Fetch-Site", "same-origin");
        browser.with_cookie(signed_in).with("X-CSRF-Token", text(&session["csrf_token"]))
    }

    /// The same with the cookie that an answer set.
    pub(crate) fn with_cookie(&self, answer: &Answer) -> Self {
        let cookie = answer.header("set-cookie").expect("a cookie");
        self.with("Cookie", cookie.split(';').next().unwrap())
    }
}

impl House {
    /// The first owner, through setup, and their browser.
    pub(crate) async fn first_owner(&self) -> (Person, Persona) {
        let token = self.api.setup_token().await.unwrap().expect("no owner yet");
        let body = json!({ "token": token.expose(), "name": "anna", "password": PASSWORD });
        let chosen = self.anonymous().post("/enrollments", body).await.expect(201);
        self.confirmed(token.expose(), &chosen).await
    }

    /// The first owner's browser alone.
    pub(crate) async fn owner_session(&self) -> Persona {
        self.first_owner().await.1
    }

    /// Somebody whom an owner invited, and their browser.
    pub(crate) async fn invited(&self, name: &str, role: &str) -> (Person, Persona) {
        self.invited_as(json!({ "name": name, "role": role })).await
    }

    /// The same, by the whole body of the invitation.
    pub(crate) async fn invited_as(&self, body: Value) -> (Person, Persona) {
        let invited = self.owner().post("/users", body).await.expect(201);
        let token = text(&invited["invitation_token"]);
        let body = json!({ "token": token, "password": PASSWORD });
        let chosen = self.anonymous().post("/enrollments", body).await.expect(201);
        self.confirmed(token, &chosen).await
    }

    /// The second step of an enrolment.
    async fn confirmed(&self, token: &str, chosen: &Value) -> (Person, Persona) {
        let phone = Phone { secret: text(&chosen["totp_secret"]).to_owned() };
        let body = json!({ "token": token, "code": phone.code(self.now()) });
        let answer = self.anonymous().post("/enrollments/confirm", body).await;
        let person = Person { name: text(&chosen["name"]).to_owned(), phone };
        (person, Persona::browser(self, &answer))
    }

    /// Signs somebody in after the next code has come.
    pub(crate) async fn sign_in(&self, person: &Person, hand: &ClockHand) -> Answer {
        self.pass(hand, Duration::from_secs(30));
        self.try_sign_in(&person.name, PASSWORD, &person.phone.code(self.now())).await
    }

    pub(crate) async fn try_sign_in(&self, name: &str, password: &str, code: &str) -> Answer {
        let body = json!({ "name": name, "password": password, "code": code });
        self.anonymous().post("/session", body).await
    }
}

/// A JSON text.
#[track_caller]
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}
