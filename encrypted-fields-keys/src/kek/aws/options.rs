//! What can be configured of AWS KMS, and what the environment adds.

use serde::{Deserialize, Serialize};

use crate::kek::KekReason;
use crate::kek::http::needs_https;
use crate::kek::retry::RetryPolicy;

/// The options of `type = "aws-kms"`. Every one may be left out; credentials are never among them.
///
/// ```
/// use encrypted_fields_keys::kek::aws::AwsKmsOptions;
///
/// let options: AwsKmsOptions = serde_json::from_str(r#"{"key": "alias/shop", "region": "eu-central-1"}"#)?;
/// assert_eq!(options.key.as_deref(), Some("alias/shop"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AwsKmsOptions {
    /// The key: an id, an ARN, `alias/..` or an alias' ARN. Left out: `AWS_KMS_KEY_ID`, or `AWS_KMS_KEY_ALIAS` with or
    /// without its `alias/`.
    pub key: Option<String>,
    /// Left out: `AWS_REGION`, or what the profile says.
    pub region: Option<String>,
    /// A profile of `~/.aws/config`. Left out: `AWS_PROFILE`, or the default one.
    pub profile: Option<String>,
    /// The URL of KMS, for a VPC endpoint or a test server. Left out: `AWS_ENDPOINT_URL_KMS`, `AWS_ENDPOINT_URL`, or AWS' own.
    pub endpoint: Option<String>,
    /// Takes an endpoint that is `http` and not on this machine. Data keys then cross the network in the clear.
    pub allow_http: bool,
    /// Time-outs and retries.
    pub retry: RetryPolicy,
}

impl AwsKmsOptions {
    /// With a key, and what else the environment has.
    pub(super) fn completed(mut self, env: impl Fn(&str) -> Option<String>) -> Result<Self, KekReason> {
        let env = |variable| env(variable).filter(|value| !value.is_empty());
        if self.key.is_none() {
            self.key = Some(match (env("AWS_KMS_KEY_ID"), env("AWS_KMS_KEY_ALIAS")) {
                (Some(id), None) => id,
                (None, Some(alias)) if alias.starts_with("alias/") || alias.starts_with("arn:") => alias,
                (None, Some(alias)) => format!("alias/{alias}"),
                (Some(_), Some(_)) => {
                    return Err(KekReason::Configuration(
                        "AWS_KMS_KEY_ID and AWS_KMS_KEY_ALIAS are both set; unset one".into(),
                    ));
                }
                (None, None) => {
                    return Err(KekReason::Configuration(
                        "AWS KMS needs a key: set `key`, AWS_KMS_KEY_ID or AWS_KMS_KEY_ALIAS".into(),
                    ));
                }
            });
        }
        // Not left to the SDK, so that it is seen whether it is https.
        self.endpoint = self.endpoint.or_else(|| env("AWS_ENDPOINT_URL_KMS")).or_else(|| env("AWS_ENDPOINT_URL"));
        if let Some(endpoint) = &self.endpoint {
            needs_https("the endpoint of AWS KMS", endpoint, self.allow_http)?;
        }
        Ok(self)
    }
}

pub(super) fn no_region() -> KekReason {
    KekReason::Configuration("AWS KMS needs a region: set `region` or AWS_REGION".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_env(env: &[(&str, &str)]) -> Result<AwsKmsOptions, KekReason> {
        let get = |variable: &str| env.iter().find(|it| it.0 == variable).map(|it| it.1.to_owned());
        AwsKmsOptions::default().completed(get)
    }

    #[test]
    fn the_environment_names_the_key() {
        let key = |variable, value| from_env(&[(variable, value)]).unwrap().key.unwrap();
        assert_eq!(key("AWS_KMS_KEY_ID", "1234abcd-12ab"), "1234abcd-12ab");
        assert_eq!(key("AWS_KMS_KEY_ALIAS", "shop"), "alias/shop");
        assert_eq!(key("AWS_KMS_KEY_ALIAS", "alias/shop"), "alias/shop");
        let arn = "arn:aws:kms:eu-central-1:111122223333:alias/shop";
        assert_eq!(key("AWS_KMS_KEY_ALIAS", arn), arn);
    }

    #[test]
    fn no_key_or_two_is_a_mistake() {
        let both = from_env(&[("AWS_KMS_KEY_ID", "1"), ("AWS_KMS_KEY_ALIAS", "shop")]).unwrap_err();
        assert_eq!(both.to_string(), "AWS_KMS_KEY_ID and AWS_KMS_KEY_ALIAS are both set; unset one");
        let none = from_env(&[("AWS_KMS_KEY_ID", "")]).unwrap_err();
        assert!(none.to_string().starts_with("AWS KMS needs a key"), "{none}");
    }

    #[test]
    fn options_are_stronger_than_the_environment() {
        let options = AwsKmsOptions { key: Some("alias/a".into()), ..AwsKmsOptions::default() };
        let env = |variable: &str| Some(if variable.contains("URL") { "https://b" } else { "b" }.to_owned());
        assert_eq!(options.completed(env).unwrap().key.unwrap(), "alias/a");
    }

    #[test]
    fn the_endpoint_of_kms_itself_is_stronger() {
        let key = ("AWS_KMS_KEY_ID", "1");
        let both = [key, ("AWS_ENDPOINT_URL", "https://all"), ("AWS_ENDPOINT_URL_KMS", "https://kms")];
        assert_eq!(from_env(&both).unwrap().endpoint.unwrap(), "https://kms");
        assert_eq!(from_env(&both[..2]).unwrap().endpoint.unwrap(), "https://all");
    }

    #[test]
    fn http_is_refused_but_on_this_machine() {
        let with = |url| from_env(&[("AWS_KMS_KEY_ID", "1"), ("AWS_ENDPOINT_URL", url)]);
        assert!(with("http://127.0.0.1:5000").is_ok());
        let refused = with("http://localstack:4566").unwrap_err().to_string();
        assert!(refused.contains("allow_http") && refused.contains("https"), "{refused}");
    }
}
