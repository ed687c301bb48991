//! A token: what is asked of it, and what becomes of it when it goes away.
//!
//! It is at work or lost. While it is lost, whoever asks is told why at once, and one thread tries,
//! with growing pauses, whether it is back. Leaves to others: sessions and threads (`pool`).

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::error::TokenError;
use crate::keys_in_token as keys;
use crate::limits::{MANAGE_TIME, PAUSE_FIRST, PAUSE_MAX, PIN_LOOK, SIGN_TIME};
use crate::link::{self, Link};
use crate::module::Module;
use crate::pin::PinSource;
use crate::pool::Pool;

/// Which token, and how to get in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenConfig {
    /// The PKCS#11 module, a shared library.
    pub module: PathBuf,
    /// The token.
    pub which: Which,
    /// Where its PIN lies.
    pub pin: PinSource,
}

/// Which of a module's tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one with this label.
    Label(String),
    /// The one in this slot.
    Slot(u64),
}

/// What a token says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Its label.
    pub label: String,
    /// Who made it, and which one it is.
    pub model: String,
    /// Its serial number.
    pub serial: String,
}

/// A token. Clones share its sessions; with the last one they are closed.
#[derive(Clone)]
pub struct Token(Arc<Owner>);

/// Ends the mending with the token.
struct Owner(Arc<Shared>);

struct Shared {
    pool: Pool,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Why it is lost.
    lost: Option<TokenError>,
    /// The key that signed last, to try whether keys sign again.
    last_key: Option<[u8; 32]>,
    is_mending: bool,
    closed: bool,
}

impl Which {
    /// Reads `slot:NUMBER`, or a label.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let slot = text.strip_prefix("slot:").and_then(|number| number.parse().ok());
        slot.map_or_else(|| Self::Label(text.to_owned()), Self::Slot)
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label(label) => f.write_str(label),
            Self::Slot(number) => write!(f, "slot:{number}"),
        }
    }
}

impl Token {
    /// A token that nobody has asked anything of yet: nothing is loaded, nothing waits.
    #[must_use]
    pub fn new(config: TokenConfig) -> Self {
        let (pool, state) = (Pool::new(config), Mutex::default());
        Self(Arc::new(Owner(Arc::new(Shared { pool, state, changed: Condvar::new() }))))
    }

    /// Its name in the configuration.
    #[must_use]
    pub fn name(&self) -> String {
        self.shared().pool.config().which.to_string()
    }

    /// Loads the module, finds the token and signs in, where that was not done yet.
    pub fn check(&self) -> Result<Facts, TokenError> {
        let config = self.shared().pool.config().clone();
        self.shared().run(MANAGE_TIME, move |_| {
            let module = Module::load(&config.module)?;
            let (_, info) = link::find(&config, &module)?;
            let [label, maker, model, serial] =
                [info.label(), info.manufacturer_id(), info.model(), info.serial_number()]
                    .map(|text| text.trim_end().to_owned());
            Ok(Facts { label, model: format!("{maker} {model}"), serial })
        })
    }

    /// Makes a key pair in the token, which the private key cannot leave: the public key, and the
    /// token's label. Its `CKA_ID` is the key id.
    pub fn generate(&self) -> Result<([u8; 32], String), TokenError> {
        let make = |link: &mut Link| Ok((keys::generate(link)?, link.label.clone()));
        self.shared().run(MANAGE_TIME, make)
    }

    /// Destroys a key pair that came to nothing.
    pub fn destroy(&self, public: [u8; 32]) -> Result<(), TokenError> {
        self.shared().run(MANAGE_TIME, move |link| keys::destroy(link, &public))
    }

    /// Why it is lost; `None`: it is not, as far as is known.
    #[must_use]
    pub fn lost(&self) -> Option<TokenError> {
        self.shared().lock().lost.clone()
    }

    /// Has a key sign (RFC 8032, pure Ed25519).
    pub(crate) fn sign(&self, public: [u8; 32], message: &[u8]) -> Result<[u8; 64], TokenError> {
        let message = message.to_vec();
        let signed =
            self.shared().run(SIGN_TIME, move |link| keys::sign(link, &public, &message))?;
        self.shared().lock().last_key = Some(public);
        Ok(signed)
    }

    fn shared(&self) -> &Arc<Shared> {
        let Self(owner) = self;
        &owner.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({})", self.name())
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run<T: Send + 'static>(
        self: &Arc<Self>,
        limit: Duration,
        work: impl FnMut(&mut Link) -> Result<T, TokenError> + Send + 'static,
    ) -> Result<T, TokenError> {
        if let Some(why) = &self.lock().lost {
            return Err(why.clone());
        }
        let done = self.pool.run(limit, work);
        if let Err(error) = &done
            && error.is_of_token()
        {
            self.lose(error);
        }
        done
    }

    /// Notes the loss, and begins to mend it.
    fn lose(self: &Arc<Self>, error: &TokenError) {
        let mut state = self.lock();
        if state.lost.replace(error.clone()).is_some() || state.is_mending {
            return;
        }
        let token = self.pool.config().which.to_string();
        tracing::error!(%token, %error, "the token with the issuing keys is lost");
        let mended = Arc::clone(self);
        let mending = thread::Builder::new().name("pkcs11-mend".to_owned());
        match mending.spawn(move || mended.mend()) {
            Ok(_) => state.is_mending = true,
            // Nobody would find out that it is back: better to be slow than lost for good.
            Err(error) => {
                tracing::error!(%error, "no thread to look after the token");
                state.lost = None;
            }
        }
    }

    fn mend(&self) {
        let mut pause = PAUSE_FIRST;
        let mut is_first = true;
        while self.pause(pause) {
            pause = (pause * 2).min(PAUSE_MAX);
            match self.try_again(is_first) {
                Ok(()) => {
                    tracing::info!(token = %self.pool.config().which, "the token is back");
                    return;
                }
                Err(error) => {
                    if error.is_of_pin() {
                        pause = PIN_LOOK;
                    }
                    self.lock().lost = Some(error);
                }
            }
            is_first = false;
        }
    }

    /// `Ok`: it is at work, and this thread's is done.
    fn try_again(&self, is_first: bool) -> Result<(), TokenError> {
        let why = self.lock().lost.clone();
        if let Some(why) = why.filter(TokenError::is_of_pin)
            && !self.pool.has_other_pin()
        {
            return Err(why);
        }
        if !is_first {
            Module::load(&self.pool.config().module)?.restart();
        }
        let key = self.lock().last_key;
        self.pool.run(MANAGE_TIME, move |link| match key {
            Some(key) => match keys::sign(link, &key, PROBE) {
                Err(error) if error.is_of_token() => Err(error),
                _ => Ok(()),
            },
            None => Ok(()),
        })?;
        let mut state = self.lock();
        (state.lost, state.is_mending) = (None, false);
        Ok(())
    }

    /// `false`: the token is used no more.
    fn pause(&self, time: Duration) -> bool {
        let state = self.lock();
        let closed = |state: &mut State| !state.closed;
        let waited = self.changed.wait_timeout_while(state, time, closed);
        !waited.unwrap_or_else(PoisonError::into_inner).0.closed
    }
}

/// What is signed to see whether a key signs; no licence or certificate begins so.
pub(crate) const PROBE: &[u8] = b"tonegate probe";
