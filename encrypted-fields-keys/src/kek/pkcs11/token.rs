//! The token itself: a session that is logged in, and the key. Everything here blocks.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::Ulong;
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::errors::{of_a_lost_session, reason};
use super::options::Pkcs11Options;
use crate::kek::KekReason;

/// Of the wrapped bytes, in front.
const VERSION: u8 = 1;
const IV: usize = 12;
const TAG: usize = 16;
const TAG_BITS: Ulong = Ulong::new(128);
const KEY: usize = 32;

#[derive(Default)]
pub(super) struct Token {
    open: Option<Open>,
    /// A PIN that was refused. It is not tried again: tokens lock after a few.
    refused: Option<SecretString>,
}

struct Open {
    session: Session,
    key: ObjectHandle,
}

impl Token {
    pub(super) fn wrap(&mut self, options: &Pkcs11Options, key: &[u8], aad: &[u8]) -> Result<Vec<u8>, KekReason> {
        self.within(options, |Open { session, key: handle }| {
            let mut iv = [0; IV];
            session.generate_random_slice(&mut iv)?;
            let parameters = GcmParams::new(&mut iv, aad, TAG_BITS)?;
            let sealed = session.encrypt(&Mechanism::AesGcm(parameters), *handle, key)?;
            // Some modules take no IV and write one of theirs in its place: what is here now is what was used.
            Ok([&[VERSION], iv.as_slice(), &sealed].concat())
        })
    }

    pub(super) fn unwrap(
        &mut self,
        options: &Pkcs11Options,
        wrapped: &[u8],
        aad: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KekReason> {
        let sealed = wrapped.strip_prefix(&[VERSION]).and_then(|rest| rest.split_first_chunk::<IV>());
        let Some((iv, sealed)) = sealed.filter(|(_, sealed)| sealed.len() > TAG) else {
            return Err(KekReason::Altered);
        };
        self.within(options, |Open { session, key }| {
            let mut iv = *iv;
            let parameters = GcmParams::new(&mut iv, aad, TAG_BITS)?;
            session.decrypt(&Mechanism::AesGcm(parameters), *key, sealed).map(Zeroizing::new)
        })
    }

    /// With the session that there is, and once more with a new one if that is lost.
    fn within<T>(&mut self, options: &Pkcs11Options, work: impl Fn(&Open) -> Result<T, Error>) -> Result<T, KekReason> {
        if let Some(open) = self.open.take() {
            match work(&open) {
                Ok(done) => {
                    self.open = Some(open);
                    return Ok(done);
                }
                Err(error) if of_a_lost_session(&error) => {}
                // After an error a session may be in the middle of an operation: it is closed, and the next call opens one.
                Err(error) => return Err(reason(&error)),
            }
        }
        let open = self.open(options)?;
        let done = work(&open).map_err(|error| reason(&error))?;
        self.open = Some(open);
        Ok(done)
    }

    fn open(&mut self, options: &Pkcs11Options) -> Result<Open, KekReason> {
        let of_the_module = |error: Error| reason(&error);
        let module = module(&options.module).map_err(of_the_module)?;
        let slot = slot(&module, options)?;
        let session = module.open_ro_session(slot).map_err(of_the_module)?;
        self.log_in(&session, options)?;
        let key = find_key(&session, &options.key)?;
        Ok(Open { session, key })
    }

    fn log_in(&mut self, session: &Session, options: &Pkcs11Options) -> Result<(), KekReason> {
        let pin = options.pin().read("the PIN")?;
        if self.refused.as_ref().is_some_and(|refused| refused.expose_secret() == pin.expose_secret()) {
            return Err(KekReason::Denied { detail: "this PIN was refused before, and is not tried again".into() });
        }
        match session.login(UserType::User, Some(&pin)) {
            // A login is of the whole process: another KEK of this token is logged in.
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
            Err(error) => {
                let reason = reason(&error);
                if matches!(reason, KekReason::Denied { .. }) {
                    self.refused = Some(pin);
                }
                Err(reason)
            }
        }
    }
}

/// The module, loaded once a process whatever KEKs use it, and never finalized, since others may use it; initialized again
/// if someone else finalized it.
fn module(path: &Path) -> Result<Pkcs11, Error> {
    static MODULES: Mutex<Option<HashMap<PathBuf, Pkcs11>>> = Mutex::new(None);
    let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
    let modules = modules.get_or_insert_default();
    let module = match modules.get(path) {
        Some(module) => module.clone(),
        None => Pkcs11::new(path)?,
    };
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(error) => return Err(error),
    }
    modules.insert(path.to_owned(), module.clone());
    Ok(module)
}

fn slot(module: &Pkcs11, options: &Pkcs11Options) -> Result<Slot, KekReason> {
    let slots = module.get_slots_with_token().map_err(|error| reason(&error))?;
    let mut found = slots.into_iter().filter(|slot| match &options.token_label {
        Some(label) => module.get_token_info(*slot).is_ok_and(|token| token.label() == label),
        None => options.slot == Some(slot.id()),
    });
    match (found.next(), found.next()) {
        (Some(slot), None) => Ok(slot),
        (None, _) => Err(KekReason::Unreachable { detail: "no slot has the configured token".into() }),
        (Some(_), Some(_)) => {
            Err(KekReason::Configuration("two tokens have the configured label; set `slot` in its place".into()))
        }
    }
}

fn find_key(session: &Session, label: &str) -> Result<ObjectHandle, KekReason> {
    let of_the_module = |error: Error| reason(&error);
    let template = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::Token(true),
        Attribute::Label(label.as_bytes().to_vec()),
    ];
    let keys = session.find_objects(&template).map_err(of_the_module)?;
    let key = match keys.as_slice() {
        [key] => *key,
        [] => return Err(KekReason::NotFound { detail: "no AES key has the configured label".into() }),
        _ => return Err(KekReason::Configuration("two AES keys of the token have the configured label".into())),
    };
    let asked = [AttributeType::Extractable, AttributeType::Sensitive, AttributeType::ValueLen];
    let attributes = session.get_attributes(key, &asked).map_err(of_the_module)?;
    // A key that can be read out of its token protects no better than a file.
    if !attributes.contains(&Attribute::Extractable(false)) || !attributes.contains(&Attribute::Sensitive(true)) {
        return Err(KekReason::Configuration(
            "the token's key can be extracted; make one with CKA_EXTRACTABLE false and CKA_SENSITIVE true".into(),
        ));
    }
    let length =
        |attribute: &Attribute| matches!(attribute, Attribute::ValueLen(length) if usize::from(*length) == KEY);
    if attributes.iter().any(length) {
        Ok(key)
    } else {
        Err(KekReason::Configuration("the token's key is not of 256 bits; make an AES-256 key".into()))
    }
}
