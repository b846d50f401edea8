//! Data keys wrapped by the transit engine of Vault or OpenBao.
//!
//! Over `reqwest` itself. The crate `vaultrs` is it as well, with twenty crates more around three calls, and its requests hold
//! the plaintext and its client the token in structs that print them.

mod auth;
mod errors;
mod options;
mod server;

pub use options::VaultOptions;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use base64ct::{Base64, Encoding as _};
use reqwest::{Certificate, Client, redirect};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use self::auth::Auth;
use self::server::Server;
use super::retry::{Call, RetryPolicy};
use super::{Kek, KekError, KekReason, WrapContext};

/// A key of a transit engine, of the type `aes256-gcm96`: `encrypt` wraps, `decrypt` unwraps, and the context is the associated
/// data ([`WrapContext::bytes`]).
///
/// ```no_run
/// use encrypted_fields_keys::Kek;
/// use encrypted_fields_keys::kek::vault::{VaultOptions, VaultTransit};
///
/// # async fn start() -> Result<(), encrypted_fields_keys::KekError> {
/// // VAULT_ADDR, and VAULT_TOKEN or VAULT_ROLE_ID and VAULT_SECRET_ID.
/// let kek = VaultTransit::connect("main", &VaultOptions { key: "shop".into(), ..VaultOptions::default() })?;
/// kek.check().await
/// # }
/// ```
///
/// Transit does not tell which key wrapped some bytes: those of another key are [`KekReason::Altered`]. The version of the
/// key is in the bytes, so that a key rotated at Vault unwraps what its earlier versions wrapped.
pub struct VaultTransit {
    name: String,
    server: Server,
    mount: String,
    key: String,
    auth: Auth,
    retry: RetryPolicy,
    /// Whether the key was seen to exist.
    exists: AtomicBool,
}

impl VaultTransit {
    /// As the options say; what they leave out is taken from the environment. Asks nothing of the server:
    /// [`check`](Kek::check) does.
    ///
    /// # Errors
    /// [`KekReason::Configuration`] if something is missing, contradicts itself or cannot be read.
    pub fn connect(name: impl Into<String>, options: &VaultOptions) -> Result<Self, KekError> {
        let name = name.into();
        Self::build(name.clone(), options.clone()).map_err(|reason| KekError::new(name, reason))
    }

    fn build(name: String, options: VaultOptions) -> Result<Self, KekReason> {
        let options = options.completed(|variable| std::env::var(variable).ok())?;
        // A redirect would carry the token and the data key to wherever it points.
        let mut client = Client::builder().redirect(redirect::Policy::none());
        if let Some(path) = &options.ca_file {
            let mistake = |why: &dyn fmt::Display| {
                KekReason::Configuration(format!("the CA file {} cannot be used: {why}", path.display()))
            };
            let pem = std::fs::read(path).map_err(|error| mistake(&error.kind()))?;
            let certificates = Certificate::from_pem_bundle(&pem).map_err(|_| mistake(&"it is not PEM"))?;
            if certificates.is_empty() {
                return Err(mistake(&"there is no certificate in it"));
            }
            // These alone, as Vault's own clients take VAULT_CACERT.
            client = client.tls_certs_only(certificates);
        }
        let client =
            client.build().map_err(|_| KekReason::Configuration("TLS cannot be set up on this machine".into()))?;
        let server = Server { client, address: options.address, namespace: options.namespace };
        Ok(Self {
            name,
            server,
            mount: options.mount,
            key: options.key,
            auth: Auth::new(options.login),
            retry: options.retry,
            exists: AtomicBool::new(false),
        })
    }

    /// Asks the engine, with a new token if the server does not take the one there was.
    async fn ask<T: DeserializeOwned>(&self, operation: &str, body: &impl Serialize) -> Result<T, KekReason> {
        let path = format!("{}/{operation}/{}", self.mount, self.key);
        let token = self.auth.token(&self.server).await?;
        let answer = self.server.post(&path, Some(&token), body).await;
        match answer {
            Err(denied @ KekReason::Denied { .. }) => match self.auth.renewed(&self.server, &token).await? {
                Some(token) => self.server.post(&path, Some(&token), body).await,
                None => Err(denied),
            },
            answer => answer,
        }
    }

    /// `encrypt` makes a key that is not there, if its policy has `create`: a misspelt name would wrap data keys under a
    /// key that nobody looks after. `decrypt` makes none, and says so.
    async fn must_exist(&self) -> Result<(), KekReason> {
        if self.exists.load(Ordering::Relaxed) {
            return Ok(());
        }
        let of_no_key = Decrypt { ciphertext: NO_CIPHERTEXT, associated_data: "AAAA".into() };
        match self.ask::<Ignored>("decrypt", &of_no_key).await {
            Ok(_) | Err(KekReason::Altered | KekReason::Disabled { .. }) => {
                self.exists.store(true, Ordering::Relaxed);
                Ok(())
            }
            // A process that may wrap and not unwrap: its policy has to be right.
            Err(KekReason::Denied { .. }) => Ok(()),
            Err(reason) => Err(reason),
        }
    }

    async fn wrap_once(&self, key: &[u8], associated_data: &str) -> Result<Vec<u8>, KekReason> {
        self.must_exist().await?;
        let plaintext = Zeroizing::new(Base64::encode_string(key));
        let answer: Wrapped = self.ask("encrypt", &Encrypt { plaintext: &plaintext, associated_data }).await?;
        Ok(answer.data.ciphertext.into_bytes())
    }

    async fn unwrap_once(&self, wrapped: &[u8], associated_data: &str) -> Result<Zeroizing<Vec<u8>>, KekReason> {
        let ciphertext = std::str::from_utf8(wrapped).map_err(|_| KekReason::Altered)?;
        if !ciphertext.starts_with("vault:v") {
            return Err(KekReason::Altered);
        }
        let answer: Unwrapped =
            self.ask("decrypt", &Decrypt { ciphertext, associated_data: associated_data.to_owned() }).await?;
        Base64::decode_vec(answer.data.plaintext.expose_secret())
            .map(Zeroizing::new)
            .map_err(|_| errors::not_understood())
    }

    fn call(&self, operation: &'static str) -> Call<'_> {
        Call { kek: &self.name, kind: self.kind(), operation }
    }
}

#[async_trait]
impl Kek for VaultTransit {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "vault-transit"
    }

    async fn wrap(&self, key: &[u8], context: &WrapContext) -> Result<Vec<u8>, KekError> {
        let associated_data = Base64::encode_string(&context.bytes());
        self.retry.run(self.call("wrap"), || self.wrap_once(key, &associated_data)).await
    }

    async fn unwrap(&self, wrapped: &[u8], context: &WrapContext) -> Result<Zeroizing<Vec<u8>>, KekError> {
        let associated_data = Base64::encode_string(&context.bytes());
        self.retry.run(self.call("unwrap"), || self.unwrap_once(wrapped, &associated_data)).await
    }
}

impl fmt::Debug for VaultTransit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VaultTransit")
            .field("name", &self.name)
            .field("address", &self.server.address)
            .field("namespace", &self.server.namespace)
            .field("mount", &self.mount)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// Well-formed, and of no key: a version, a nonce and a tag of zeros.
const NO_CIPHERTEXT: &str = "vault:v1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[derive(Serialize)]
struct Encrypt<'a> {
    plaintext: &'a str,
    associated_data: &'a str,
}

#[derive(Serialize)]
struct Decrypt<'a> {
    ciphertext: &'a str,
    associated_data: String,
}

#[derive(Deserialize)]
struct Ignored {}

#[derive(Deserialize)]
struct Wrapped {
    data: Ciphertext,
}

#[derive(Deserialize)]
struct Ciphertext {
    ciphertext: String,
}

#[derive(Deserialize)]
struct Unwrapped {
    data: Plaintext,
}

#[derive(Deserialize)]
struct Plaintext {
    plaintext: SecretString,
}
