//! Data keys wrapped by AWS KMS.

mod errors;
mod options;

pub use options::AwsKmsOptions;

use async_trait::async_trait;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_kms::Client;
use aws_sdk_kms::config::retry::RetryConfig;
use aws_sdk_kms::config::timeout::TimeoutConfig;
use aws_sdk_kms::config::{Builder, Region};
use aws_sdk_kms::primitives::Blob;
use std::collections::HashMap;
use std::fmt;
use zeroize::Zeroizing;

use super::retry::{Call, RetryPolicy};
use super::{Kek, KekError, KekReason, WrapContext};

/// A symmetric KMS key of AWS: `Encrypt` wraps, `Decrypt` unwraps, and the context is the encryption context
/// ([`WrapContext::pairs`]), so that policies can ask for it and CloudTrail shows it.
///
/// ```no_run
/// use encrypted_fields_keys::Kek;
/// use encrypted_fields_keys::kek::aws::AwsKms;
///
/// # async fn start() -> Result<(), encrypted_fields_keys::KekError> {
/// let kek = AwsKms::new("main", "alias/shop").await?;
/// kek.check().await
/// # }
/// ```
///
/// `Decrypt` names the key, so that a configuration that names another one is told so ([`KekReason::WrongKey`]). KMS'
/// own yearly rotation stays within one key; an alias that is moved to another key does not open what the first wrapped.
///
/// The SDK hands the data key over in buffers that it does not wipe. They live as long as the call.
pub struct AwsKms {
    name: String,
    key: String,
    client: Client,
    retry: RetryPolicy,
}

impl AwsKms {
    /// The key of this id, ARN, alias (`alias/..`) or alias' ARN, with everything else from the environment.
    ///
    /// # Errors
    /// [`KekReason::Configuration`] without a region.
    pub async fn new(name: impl Into<String>, key: &str) -> Result<Self, KekError> {
        Self::connect(name, &AwsKmsOptions { key: Some(key.into()), ..AwsKmsOptions::default() }).await
    }

    /// Everything from the environment: the key in `AWS_KMS_KEY_ID` or `AWS_KMS_KEY_ALIAS`, `AWS_REGION`, the SDK's default
    /// credentials chain, and the endpoint in `AWS_ENDPOINT_URL_KMS` or `AWS_ENDPOINT_URL` if there is one.
    ///
    /// # Errors
    /// [`KekReason::Configuration`] without a key or a region.
    pub async fn from_env(name: impl Into<String>) -> Result<Self, KekError> {
        Self::connect(name, &AwsKmsOptions::default()).await
    }

    /// As the options say; what they leave out is taken from the environment. Asks nothing of KMS:
    /// [`check`](Kek::check) does.
    ///
    /// # Errors
    /// [`KekReason::Configuration`] without a key or a region, or with an endpoint that is not `https`.
    pub async fn connect(name: impl Into<String>, options: &AwsKmsOptions) -> Result<Self, KekError> {
        let mut loader = aws_config::defaults(BehaviorVersion::latest());
        if let Some(profile) = &options.profile {
            loader = loader.profile_name(profile);
        }
        // Otherwise the SDK looks for one everywhere, in the end at an address that only answers on EC2.
        if let Some(region) = &options.region {
            loader = loader.region(Region::new(region.clone()));
        }
        let config = loader.load().await;
        Self::with_sdk_config(name, options, &config)
    }

    /// The same with an SDK configuration that the application has already: its credentials provider, its HTTP client. Its
    /// retries and time-outs do not count; those of the options do.
    ///
    /// # Errors
    /// Those of [`connect`](Self::connect).
    pub fn with_sdk_config(
        name: impl Into<String>,
        options: &AwsKmsOptions,
        config: &SdkConfig,
    ) -> Result<Self, KekError> {
        let name = name.into();
        let options = options
            .clone()
            .completed(|variable| std::env::var(variable).ok())
            .map_err(|reason| KekError::new(&name, reason))?;
        // One kind of retries: ours, which knows the deadline. And no time-outs of the SDK's inside ours.
        let mut builder =
            Builder::from(config).retry_config(RetryConfig::disabled()).timeout_config(TimeoutConfig::disabled());
        if let Some(region) = options.region.or_else(|| config.region().map(|region| region.to_string())) {
            builder = builder.region(Region::new(region));
        } else {
            return Err(KekError::new(name, options::no_region()));
        }
        if let Some(endpoint) = options.endpoint {
            builder = builder.endpoint_url(endpoint);
        }
        let key = options.key.expect("completed");
        Ok(Self { name, key, client: Client::from_conf(builder.build()), retry: options.retry })
    }

    fn call(&self, operation: &'static str) -> Call<'_> {
        Call { kek: &self.name, kind: self.kind(), operation }
    }
}

#[async_trait]
impl Kek for AwsKms {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "aws-kms"
    }

    async fn wrap(&self, key: &[u8], context: &WrapContext) -> Result<Vec<u8>, KekError> {
        let context = encryption_context(context);
        let attempt = || async {
            let request = self.client.encrypt().key_id(&self.key).plaintext(Blob::new(key));
            let answer = request.set_encryption_context(Some(context.clone())).send().await;
            let answer = answer.map_err(|error| errors::reason(&error))?;
            answer.ciphertext_blob.map(Blob::into_inner).ok_or_else(nothing_in_it)
        };
        self.retry.run(self.call("wrap"), attempt).await
    }

    async fn unwrap(&self, wrapped: &[u8], context: &WrapContext) -> Result<Zeroizing<Vec<u8>>, KekError> {
        let context = encryption_context(context);
        let attempt = || async {
            let request = self.client.decrypt().key_id(&self.key).ciphertext_blob(Blob::new(wrapped));
            let answer = request.set_encryption_context(Some(context.clone())).send().await;
            let answer = answer.map_err(|error| errors::reason(&error))?;
            answer.plaintext.map(|key| Zeroizing::new(key.into_inner())).ok_or_else(nothing_in_it)
        };
        self.retry.run(self.call("unwrap"), attempt).await
    }
}

impl fmt::Debug for AwsKms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsKms").field("name", &self.name).field("key", &self.key).finish_non_exhaustive()
    }
}

fn encryption_context(context: &WrapContext) -> HashMap<String, String> {
    context.pairs().into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn nothing_in_it() -> KekReason {
    KekReason::Other { detail: "an answer without bytes".into() }
}
