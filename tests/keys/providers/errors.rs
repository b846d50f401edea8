//! What no test server can be made to answer, byte for byte as the real ones do.

use encrypted_fields_keys::kek::aws::{AwsKms, AwsKmsOptions};
use encrypted_fields_keys::kek::retry::RetryPolicy;
use encrypted_fields_keys::{Kek as _, KekReason};

use super::{context, reason};
use crate::servers::aws::{aws_error, sdk_config};
use crate::servers::http::{HttpServer, answer};

fn once() -> RetryPolicy {
    RetryPolicy { attempts: 1, ..RetryPolicy::default() }
}

fn kms(server: &HttpServer) -> AwsKms {
    let key = Some("alias/shop".into());
    let options = AwsKmsOptions { key, endpoint: Some(server.url()), retry: once(), ..AwsKmsOptions::default() };
    AwsKms::with_sdk_config("main", &options, &sdk_config()).unwrap()
}

/// The reason's name, and its detail.
async fn kms_answers(bytes: Vec<u8>) -> (String, String) {
    let server = HttpServer::start(move |_| Some(bytes.clone()));
    let reason = reason(kms(&server).unwrap(b"anything", &context(1)).await);
    let name = format!("{reason:?}");
    let name = name.split([' ', '(']).next().unwrap();
    (name.to_owned(), reason.to_string())
}

#[tokio::test]
async fn every_code_of_aws_has_its_reason() {
    let codes = [
        ("400 Bad Request", "AccessDeniedException", "Denied"),
        ("400 Bad Request", "ExpiredTokenException", "Denied"),
        ("400 Bad Request", "UnrecognizedClientException", "Denied"),
        ("403 Forbidden", "SignatureDoesNotMatch", "Denied"),
        ("400 Bad Request", "InvalidSignatureException", "Denied"),
        ("403 Forbidden", "RequestTimeTooSkewed", "Denied"),
        ("400 Bad Request", "IncorrectKeyException", "WrongKey"),
        ("400 Bad Request", "InvalidCiphertextException", "Altered"),
        ("400 Bad Request", "DisabledException", "Disabled"),
        ("400 Bad Request", "KMSInvalidStateException", "Disabled"),
        ("400 Bad Request", "NotFoundException", "NotFound"),
        ("400 Bad Request", "ThrottlingException", "Throttled"),
        ("400 Bad Request", "LimitExceededException", "Throttled"),
        ("400 Bad Request", "TooManyRequestsException", "Throttled"),
        ("500 Internal Server Error", "KMSInternalException", "Unreachable"),
        ("503 Service Unavailable", "DependencyTimeoutException", "Unreachable"),
        ("500 Internal Server Error", "KeyUnavailableException", "Unreachable"),
        ("503 Service Unavailable", "SomethingNewException", "Unreachable"),
        ("400 Bad Request", "InvalidKeyUsageException", "Configuration"),
        ("400 Bad Request", "SomethingNewException", "Other"),
    ];
    for (status, code, expected) in codes {
        let (name, text) = kms_answers(aws_error(status, code)).await;
        assert_eq!(name, expected, "{code}");
        let own_words = ["Altered", "Configuration"].contains(&expected) || code.starts_with("SomethingNew");
        assert!(own_words || text.contains(code), "{text}");
        assert!(!text.contains("of which nothing is shown"), "{text}");
    }
}

#[tokio::test]
async fn decrypting_names_the_key_so_that_another_is_told() {
    let server = HttpServer::start(|request| {
        let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(request.header("x-amz-target"), Some("TrentService.Decrypt"));
        let key = body["KeyId"].as_str();
        Some(aws_error(
            "400 Bad Request",
            if key == Some("alias/shop") { "IncorrectKeyException" } else { "NotFoundException" },
        ))
    });
    let wrong = KekReason::WrongKey { detail: "IncorrectKeyException".into() };
    assert_eq!(reason(kms(&server).unwrap(b"anything", &context(1)).await), wrong);
}

#[tokio::test]
async fn a_wrong_clock_is_named_as_a_cause() {
    // As KMS words it; its message is not shown, for it can hold more than this.
    let body = r#"{"__type":"InvalidSignatureException","message":"Signature expired: 20261125T000000Z is now earlier than 20261125T001500Z (20261125T002000Z - 5 min.)"}"#;
    let headers = [("content-type", "application/x-amz-json-1.1"), ("date", "Wed, 25 Nov 2026 00:20:00 GMT")];
    let (name, text) = kms_answers(answer("400 Bad Request", &headers, body)).await;
    assert_eq!(name, "Denied");
    assert!(text.contains("InvalidSignatureException") && text.contains("clock"), "{text}");
    assert!(!text.contains("20261125"), "{text}");
}

#[tokio::test]
async fn an_answer_that_is_not_of_aws_is_not_taken_for_one() {
    let html = [("content-type", "text/html")];
    for (status, expected) in
        [("200 OK", "Unreachable"), ("502 Bad Gateway", "Unreachable"), ("403 Forbidden", "Denied")]
    {
        assert_eq!(kms_answers(answer(status, &html, "<html>a proxy</html>")).await.0, expected, "{status}");
    }
}
