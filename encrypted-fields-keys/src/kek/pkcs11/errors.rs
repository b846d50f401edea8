//! What modules answer, as our reasons. Codes: PKCS#11 3.1, section 5.1.

use cryptoki::context::Function;
use cryptoki::error::{Error, RvError};

use crate::kek::KekReason;

/// Whether a new session may help: this one is gone, or what it knew is.
pub(super) fn of_a_lost_session(error: &Error) -> bool {
    use RvError as E;
    let Error::Pkcs11(code, _) = error else { return false };
    matches!(
        code,
        E::SessionClosed
            | E::SessionHandleInvalid
            | E::DeviceRemoved
            | E::TokenNotPresent
            | E::UserNotLoggedIn
            | E::KeyHandleInvalid
            | E::ObjectHandleInvalid
            | E::OperationActive
            | E::CryptokiNotInitialized
    )
}

pub(super) fn reason(error: &Error) -> KekReason {
    use RvError as E;
    let Error::Pkcs11(code, function) = error else {
        return match error {
            // Its text can be the linker's, with paths: the option says which module it is.
            Error::LibraryLoading(_) | Error::MissingSymbol(_) => {
                KekReason::Configuration("the PKCS#11 module cannot be loaded; check `module`".into())
            }
            _ => KekReason::Other { detail: "what the PKCS#11 module answered is not understood".into() },
        };
    };
    let detail = name(code);
    match code {
        E::PinIncorrect
        | E::PinInvalid
        | E::PinLenRange
        | E::PinLocked
        | E::PinExpired
        | E::UserPinNotInitialized
        | E::UserNotLoggedIn
        | E::UserAnotherAlreadyLoggedIn
        | E::FunctionRejected => KekReason::Denied { detail },
        E::TokenNotPresent
        | E::TokenNotRecognized
        | E::DeviceRemoved
        | E::DeviceError
        | E::SlotIdInvalid
        | E::SessionClosed
        | E::SessionHandleInvalid
        | E::CryptokiNotInitialized => KekReason::Unreachable { detail },
        E::SessionCount | E::DeviceMemory | E::HostMemory => KekReason::Throttled { detail },
        E::KeyHandleInvalid | E::ObjectHandleInvalid => KekReason::NotFound { detail },
        E::MechanismInvalid | E::MechanismParamInvalid => {
            KekReason::Configuration(format!("the token does not do AES-GCM with associated data ({detail})"))
        }
        E::KeyFunctionNotPermitted | E::KeyTypeInconsistent | E::KeySizeRange => KekReason::Configuration(format!(
            "the token's key may not encrypt and decrypt ({detail}); make one with CKA_ENCRYPT and CKA_DECRYPT"
        )),
        E::EncryptedDataInvalid | E::EncryptedDataLenRange => KekReason::Altered,
        // What several modules, SoftHSM among them, say of a tag that does not match.
        E::GeneralError | E::FunctionFailed | E::DataInvalid | E::SignatureInvalid
            if matches!(function, Function::Decrypt | Function::DecryptFinal) =>
        {
            KekReason::Altered
        }
        _ => KekReason::Other { detail },
    }
}

/// `PinIncorrect` as `CKR_PIN_INCORRECT`, which is what a vendor's manual is searched for.
fn name(code: &RvError) -> String {
    let mut name = String::from("CKR");
    for letter in format!("{code:?}").chars() {
        if letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_named_as_in_the_standard() {
        assert_eq!(name(&RvError::PinIncorrect), "CKR_PIN_INCORRECT");
        assert_eq!(name(&RvError::DeviceRemoved), "CKR_DEVICE_REMOVED");
    }

    #[test]
    fn a_failure_that_is_not_of_decrypting_is_not_taken_for_altered_bytes() {
        let failed = |function| reason(&Error::Pkcs11(RvError::GeneralError, function));
        assert_eq!(failed(Function::Decrypt), KekReason::Altered);
        assert_eq!(failed(Function::Encrypt), KekReason::Other { detail: "CKR_GENERAL_ERROR".into() });
    }

    #[test]
    fn a_device_that_was_removed_is_unreachable_and_a_pin_is_not_tried_again() {
        let of = |code| reason(&Error::Pkcs11(code, Function::Login));
        assert!(of(RvError::DeviceRemoved).is_transient());
        for code in [RvError::PinIncorrect, RvError::PinLocked, RvError::PinExpired] {
            assert!(matches!(of(code), KekReason::Denied { .. }), "{code:?}");
        }
    }
}
