//! Tokens: given, or got by logging in with an AppRole.

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::errors;
use super::server::Server;
use crate::kek::KekReason;
use crate::kek::secret::SecretSource;

/// Where a token comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Login {
    Token(SecretSource),
    AppRole { mount: String, role_id: RoleId, secret_id: SecretSource },
}

/// A role id is no secret, though it is often kept with one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RoleId {
    Written(String),
    In(SecretSource),
}

pub(super) struct Auth {
    login: Login,
    token: Mutex<Option<SecretString>>,
}

impl Auth {
    pub(super) fn new(login: Login) -> Self {
        Self { login, token: Mutex::new(None) }
    }

    /// The token, got if there is none.
    pub(super) async fn token(&self, server: &Server) -> Result<SecretString, KekReason> {
        // Held while it logs in: twenty keys that are unwrapped at once are one login.
        let mut token = self.token.lock().await;
        match &*token {
            Some(token) => Ok(token.clone()),
            None => Ok(token.insert(self.login.get(server).await?).clone()),
        }
    }

    /// Another token than the one that was refused, if there is another to be had.
    pub(super) async fn renewed(
        &self,
        server: &Server,
        refused: &SecretString,
    ) -> Result<Option<SecretString>, KekReason> {
        let mut token = self.token.lock().await;
        let same = |other: &SecretString| other.expose_secret() == refused.expose_secret();
        // Another call may have renewed it meanwhile.
        if token.as_ref().is_none_or(same) {
            *token = Some(self.login.get(server).await?);
        }
        Ok(token.clone().filter(|token| !same(token)))
    }
}

#[derive(Serialize)]
struct Credentials<'a> {
    role_id: &'a str,
    secret_id: &'a str,
}

#[derive(Deserialize)]
struct LoggedIn {
    auth: Granted,
}

#[derive(Deserialize)]
struct Granted {
    client_token: SecretString,
}

impl Login {
    async fn get(&self, server: &Server) -> Result<SecretString, KekReason> {
        match self {
            Self::Token(source) => source.read("the Vault token"),
            Self::AppRole { mount, role_id, secret_id } => {
                let role_id = match role_id {
                    RoleId::Written(role_id) => role_id.as_str().into(),
                    RoleId::In(source) => source.read("the AppRole's role id")?,
                };
                let secret_id = secret_id.read("the AppRole's secret id")?;
                let credentials =
                    Credentials { role_id: role_id.expose_secret(), secret_id: secret_id.expose_secret() };
                let answer: Result<LoggedIn, _> = server.post(&format!("auth/{mount}/login"), None, &credentials).await;
                answer.map(|answer| answer.auth.client_token).map_err(errors::of_a_login)
            }
        }
    }
}
