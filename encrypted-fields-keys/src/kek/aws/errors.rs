//! What KMS and its SDK answer, as our reasons.
//!
//! By code, not by the SDK's variants: the codes that AWS answers to every call (throttling, signatures, tokens) have none.
//! Codes: <https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html#API_Decrypt_Errors>,
//! <https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html>.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_kms::config::http::HttpResponse;
use aws_sdk_kms::error::{ConnectorError, ProvideErrorMetadata, SdkError};

use crate::kek::KekReason;

pub(super) fn reason<E>(error: &SdkError<E, HttpResponse>) -> KekReason
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(answer) => {
            let status = answer.raw().status().as_u16();
            match answer.err().meta().code() {
                Some(code) => by_code(code, status),
                None => by_status(status),
            }
        }
        SdkError::ResponseError(answer) => by_status(answer.raw().status().as_u16()),
        SdkError::TimeoutError(_) => unreachable("no answer in time"),
        SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) => not_sent(error),
        _ => KekReason::Other { detail: "an error of a kind that this version does not know".into() },
    }
}

fn by_code(code: &str, status: u16) -> KekReason {
    let detail = code.to_owned();
    match code {
        "AccessDeniedException"
        | "AccessDenied"
        | "NotAuthorized"
        | "OptInRequired"
        | "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidGrantTokenException"
        | "ExpiredTokenException"
        | "ExpiredToken"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "IncompleteSignature"
        | "IncompleteSignatureException" => KekReason::Denied { detail },
        // AWS answers the same for a wrong secret and for a clock that is off by more than five minutes.
        "InvalidSignatureException" | "SignatureDoesNotMatch" => {
            KekReason::Denied { detail: format!("{code}: a wrong secret access key, or a wrong clock on this machine") }
        }
        "RequestTimeTooSkewed" | "RequestExpired" => {
            KekReason::Denied { detail: format!("{code}: the clock on this machine is wrong") }
        }
        "IncorrectKeyException" => KekReason::WrongKey { detail },
        "InvalidCiphertextException" => KekReason::Altered,
        "DisabledException" | "KMSInvalidStateException" => KekReason::Disabled { detail },
        "NotFoundException" => KekReason::NotFound { detail },
        "ThrottlingException"
        | "Throttling"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "LimitExceededException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "SlowDown" => KekReason::Throttled { detail },
        // Failures inside AWS: they pass, so they count as not having been reached.
        "KMSInternalException"
        | "DependencyTimeoutException"
        | "KeyUnavailableException"
        | "InternalFailure"
        | "InternalError"
        | "InternalServerError"
        | "ServiceUnavailable"
        | "ServiceUnavailableException" => KekReason::Unreachable { detail },
        "InvalidArnException" => {
            KekReason::Configuration("the configured key is not a key id, an ARN or an alias".into())
        }
        "InvalidKeyUsageException" => KekReason::Configuration(
            "the configured key cannot encrypt; use a symmetric key (SYMMETRIC_DEFAULT, ENCRYPT_DECRYPT)".into(),
        ),
        _ if status == 429 || status >= 500 => by_status(status),
        _ => KekReason::Other { detail },
    }
}

fn by_status(status: u16) -> KekReason {
    let detail = format!("HTTP {status}");
    match status {
        401 | 403 => KekReason::Denied { detail },
        429 => KekReason::Throttled { detail },
        // 200: an answer that is no answer of KMS', from a proxy say, or one that was cut short.
        200 | 500.. => KekReason::Unreachable { detail },
        _ => KekReason::Other { detail },
    }
}

/// Nothing was sent: no connection, or nothing to sign with.
fn not_sent(error: &(dyn Error + 'static)) -> KekReason {
    // Credentials first: fetching them may have failed for want of a connection.
    if let Some(error) = cause::<CredentialsError>(error) {
        let of_the_chain: &(dyn Error + 'static) = error;
        return match error {
            CredentialsError::CredentialsNotLoaded(_) => KekReason::Denied { detail: "no credentials found".into() },
            CredentialsError::InvalidConfiguration(_) => {
                KekReason::Configuration("AWS' credentials or its configuration file are not valid".into())
            }
            CredentialsError::ProviderTimedOut(_) => unreachable("the credentials provider did not answer in time"),
            _ if cause::<ConnectorError>(of_the_chain).is_some() => {
                unreachable("no connection to the credentials provider")
            }
            _ => KekReason::Denied { detail: "the credentials provider failed".into() },
        };
    }
    match cause::<ConnectorError>(error) {
        Some(error) if error.is_timeout() => unreachable("no answer in time"),
        Some(error) if error.is_io() => unreachable("no connection"),
        Some(error) if error.is_user() => KekReason::Configuration("the endpoint of AWS KMS is not a URL".into()),
        Some(_) => unreachable("no connection, or no TLS"),
        None => KekReason::Configuration("a request to AWS KMS cannot be made from this configuration".into()),
    }
}

fn unreachable(detail: &str) -> KekReason {
    KekReason::Unreachable { detail: detail.into() }
}

fn cause<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}
