//! The HTTP of it.

use reqwest::Client;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::errors;
use crate::kek::KekReason;

/// Where to ask.
pub(super) struct Server {
    pub(super) client: Client,
    pub(super) address: String,
    pub(super) namespace: Option<String>,
}

impl Server {
    /// Posts JSON, and reads the JSON of an answer that is one.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        token: Option<&SecretString>,
        body: &impl Serialize,
    ) -> Result<T, KekReason> {
        let body = serde_json::to_vec(body).map_err(|_| errors::not_understood())?;
        let mut request = self.client.post(format!("{}/v1/{path}", self.address)).body(body);
        // Vault's agent asks for it, as a guard against forged requests.
        request = request.header("x-vault-request", "true").header("content-type", "application/json");
        if let Some(token) = token {
            let mut value = HeaderValue::from_str(token.expose_secret())
                .map_err(|_| KekReason::Configuration("the Vault token has characters that no token has".into()))?;
            value.set_sensitive(true);
            request = request.header("x-vault-token", value);
        }
        if let Some(namespace) = &self.namespace {
            request = request.header("x-vault-namespace", namespace);
        }
        let answer = request.send().await.map_err(|error| errors::not_answered(&error))?;
        let status = answer.status().as_u16();
        let body = Zeroizing::new(Vec::from(answer.bytes().await.map_err(|error| errors::not_answered(&error))?));
        if status != 200 {
            return Err(errors::reason(status, &body));
        }
        serde_json::from_slice(&body).map_err(|_| errors::not_understood())
    }
}
