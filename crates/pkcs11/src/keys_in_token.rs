//! Keys in a token: finding one, making one, having one sign.
//!
//! Invariant: a key is known by its `CKA_ID`, the 8 bytes of its key id, and is used only where the
//! public key beside it (if the token keeps one) is the one that is expected.

use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use tonegate_license::KeyId;

use crate::error::TokenError;
use crate::link::Link;
use crate::point::{CURVE_NAME, CURVE_OID, public_key};

/// Has the key with this public part sign (RFC 8032, pure Ed25519).
pub(crate) fn sign(
    link: &mut Link,
    public: &[u8; 32],
    message: &[u8],
) -> Result<[u8; 64], TokenError> {
    let id = id_of(public);
    let handle = match link.keys.get(&id) {
        Some(handle) => *handle,
        None => *link.keys.entry(id).or_insert(find(&link.session, public, &id)?),
    };
    let mechanism = Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure));
    let signature = match link.session.sign(&mechanism, handle, message) {
        Err(Error::Pkcs11(RvError::KeyHandleInvalid | RvError::ObjectHandleInvalid, _)) => {
            link.keys.remove(&id);
            let handle = *link.keys.entry(id).or_insert(find(&link.session, public, &id)?);
            link.session.sign(&mechanism, handle, message)?
        }
        other => other?,
    };
    <[u8; 64]>::try_from(signature.as_slice())
        .map_err(|_| TokenError::Failed(format!("a signature of {} bytes", signature.len())))
}

/// Makes a key pair: sensitive, not extractable, named by its own key id.
pub(crate) fn generate(link: &Link) -> Result<[u8; 32], TokenError> {
    let session = &link.session;
    let (public, private) = pair(session, CURVE_NAME).or_else(|error| match error {
        Error::Pkcs11(..) => pair(session, CURVE_OID),
        other => Err(other),
    })?;
    name(session, public, private).inspect_err(|_| {
        // Of no use without its name, and nobody would find it.
        let _ = session.destroy_object(public);
        let _ = session.destroy_object(private);
    })
}

/// Destroys a key pair that came to nothing.
pub(crate) fn destroy(link: &mut Link, public: &[u8; 32]) -> Result<(), TokenError> {
    let id = id_of(public);
    link.keys.remove(&id);
    for class in [ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY] {
        for object in objects(&link.session, class, &id)? {
            link.session.destroy_object(object)?;
        }
    }
    Ok(())
}

/// The `CKA_ID` of a key: what its [`KeyId`] writes in hex.
fn id_of(public: &[u8; 32]) -> [u8; 8] {
    let [a, b, c, d, e, f, g, h, ..] = *public;
    [a, b, c, d, e, f, g, h]
}

fn find(session: &Session, public: &[u8; 32], id: &[u8; 8]) -> Result<ObjectHandle, TokenError> {
    let name = || KeyId::of(public).to_string();
    for object in objects(session, ObjectClass::PUBLIC_KEY, id)? {
        if point_of(session, object)? != Some(*public) {
            return Err(TokenError::OtherKey(name()));
        }
    }
    let mut private = objects(session, ObjectClass::PRIVATE_KEY, id)?;
    let one = private.pop().ok_or_else(|| TokenError::NoKey(name()))?;
    if private.is_empty() { Ok(one) } else { Err(TokenError::OtherKey(name())) }
}

fn objects(
    session: &Session,
    class: ObjectClass,
    id: &[u8; 8],
) -> Result<Vec<ObjectHandle>, Error> {
    session.find_objects(&[Attribute::Class(class), Attribute::Id(id.to_vec())])
}

fn point_of(session: &Session, object: ObjectHandle) -> Result<Option<[u8; 32]>, Error> {
    let attributes = session.get_attributes(object, &[AttributeType::EcPoint])?;
    Ok(attributes.iter().find_map(|attribute| match attribute {
        Attribute::EcPoint(point) => public_key(point),
        _ => None,
    }))
}

fn pair(session: &Session, curve: &[u8]) -> Result<(ObjectHandle, ObjectHandle), Error> {
    let public = [
        Attribute::Token(true),
        Attribute::Private(false),
        Attribute::Verify(true),
        Attribute::EcParams(curve.to_vec()),
    ];
    let private = [
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
    ];
    session.generate_key_pair(&Mechanism::EccEdwardsKeyPairGen, &public, &private)
}

fn name(
    session: &Session,
    public: ObjectHandle,
    private: ObjectHandle,
) -> Result<[u8; 32], TokenError> {
    let key = point_of(session, public)?
        .ok_or_else(|| TokenError::Failed("the new public key cannot be read".to_owned()))?;
    let (id, label) = (id_of(&key), format!("tonegate {}", KeyId::of(&key)));
    let named = [Attribute::Id(id.to_vec()), Attribute::Label(label.into_bytes())];
    session.update_attributes(public, &named)?;
    session.update_attributes(private, &named)?;
    Ok(key)
}
