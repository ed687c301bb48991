//! One session of a token, signed in.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::MechanismType;
use cryptoki::object::ObjectHandle;
use cryptoki::session::{Session, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use cryptoki::types::AuthPin;

use crate::error::{TokenError, refusal};
use crate::module::Module;
use crate::pin::Pin;
use crate::token::{TokenConfig, Which};

/// A session, and where it found which key.
pub(crate) struct Link {
    pub(crate) session: Session,
    pub(crate) label: String,
    pub(crate) keys: HashMap<[u8; 8], ObjectHandle>,
    /// The start of the module that it is of.
    start: u64,
}

/// The PIN that was refused last, and how. Whoever signs in holds it: one at a time, so that a wrong
/// PIN is tried once.
#[derive(Default)]
pub(crate) struct SignIn(Mutex<Option<(Pin, TokenError)>>);

impl Link {
    /// Opens a session and signs in. To be called inside the module.
    pub(crate) fn open(
        config: &TokenConfig,
        module: &Arc<Module>,
        sign_in: &SignIn,
    ) -> Result<Self, TokenError> {
        let context = module.context();
        let (slot, info) = find(config, module)?;
        let mechanisms = context.get_mechanism_list(slot)?;
        if !mechanisms.contains(&MechanismType::EDDSA) {
            return Err(TokenError::NoEdDsa);
        }
        let session = context.open_rw_session_no_drop(slot)?;
        if let Err(error) = sign_in.run(config, &session, &info) {
            let _ = session.close();
            return Err(error);
        }
        let (label, start) = (info.label().trim_end().to_owned(), module.starts());
        Ok(Self { session, label, keys: HashMap::new(), start })
    }

    /// Closes the session, where it is one still. (A later start of the module may have given its number
    /// to another.)
    pub(crate) fn close(self, module: &Module) {
        if self.is_of(module) {
            // One that does not close is gone.
            let _ = self.session.close();
        }
    }

    /// Is it of this start of the module?
    pub(crate) fn is_of(&self, module: &Module) -> bool {
        self.start == module.starts()
    }
}

impl SignIn {
    fn run(
        &self,
        config: &TokenConfig,
        session: &Session,
        info: &TokenInfo,
    ) -> Result<(), TokenError> {
        let mut refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pin = config.pin.read()?;
        if let Some((_, why)) = refused.as_ref().filter(|(same, _)| *same == pin) {
            return Err(why.clone());
        }
        if info.user_pin_locked() {
            return Err(remember(&mut refused, pin, TokenError::PinRefused("the token is locked")));
        }
        if info.user_pin_final_try() {
            return Err(TokenError::LastTry);
        }
        let secret = AuthPin::from(pin.expose().to_owned());
        match session.login(UserType::User, Some(&secret)) {
            // One sign-in is every session's.
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {
                *refused = None;
                Ok(())
            }
            Err(error) => match refusal(&error) {
                Some(how) => Err(remember(&mut refused, pin, TokenError::PinRefused(how))),
                None => Err(error.into()),
            },
        }
    }

    /// Is there another PIN now than the one that was refused?
    pub(crate) fn has_other_pin(&self, config: &TokenConfig) -> bool {
        let refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match (&*refused, config.pin.read()) {
            (Some((old, _)), Ok(now)) => *old != now,
            (None, _) => true,
            (_, Err(_)) => false,
        }
    }
}

fn remember(refused: &mut Option<(Pin, TokenError)>, pin: Pin, why: TokenError) -> TokenError {
    *refused = Some((pin, why.clone()));
    why
}

/// The slot that holds the token.
pub(crate) fn find(config: &TokenConfig, module: &Module) -> Result<(Slot, TokenInfo), TokenError> {
    let context = module.context();
    let absent = || TokenError::Absent(config.which.to_string());
    let mut found = Vec::new();
    for slot in context.get_slots_with_token()? {
        // A token that goes away meanwhile is one that is not there.
        let Ok(info) = context.get_token_info(slot) else { continue };
        let is_it = match &config.which {
            Which::Label(label) => info.label().trim_end() == label && info.token_initialized(),
            Which::Slot(id) => slot.id() == *id,
        };
        if is_it {
            found.push((slot, info));
        }
    }
    let one = found.pop().ok_or_else(absent)?;
    if found.is_empty() { Ok(one) } else { Err(TokenError::Ambiguous(config.which.to_string())) }
}
