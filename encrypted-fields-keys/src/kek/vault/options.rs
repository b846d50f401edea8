//! What can be configured of Vault, and what the environment adds.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::auth::{Login, RoleId};
use crate::kek::KekReason;
use crate::kek::http::needs_https;
use crate::kek::retry::RetryPolicy;
use crate::kek::secret::SecretSource;

/// The options of `type = "vault-transit"`. `key` has to be given. Tokens and secret ids are never among them: only the
/// variable or the file that has one.
///
/// ```
/// use encrypted_fields_keys::kek::vault::VaultOptions;
///
/// let options: VaultOptions = serde_json::from_str(r#"{"key": "shop", "address": "https://vault.internal:8200"}"#)?;
/// assert_eq!(options.key, "shop");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VaultOptions {
    /// The transit key's name.
    pub key: String,
    /// The server's URL. Left out: `VAULT_ADDR`.
    pub address: Option<String>,
    /// The namespace. Left out: `VAULT_NAMESPACE`, or none.
    pub namespace: Option<String>,
    /// Where the transit engine is mounted. Left out: `transit`.
    pub mount: Option<String>,
    /// A PEM file with the authorities that may sign the server's certificate. Left out: `VAULT_CACERT`, or the system's.
    pub ca_file: Option<PathBuf>,
    /// The variable that has the token. Left out: `VAULT_TOKEN`, if it is set.
    pub token_env: Option<String>,
    /// A file that has the token, such as the sink of Vault's agent. Read again when the server refuses the token.
    pub token_file: Option<PathBuf>,
    /// The AppRole's role id. Left out: in `role_id_env`.
    pub role_id: Option<String>,
    /// The variable that has it. Left out: `VAULT_ROLE_ID`, if it is set.
    pub role_id_env: Option<String>,
    /// The variable that has the AppRole's secret id. Left out: `VAULT_SECRET_ID`.
    pub secret_id_env: Option<String>,
    /// A file that has the secret id. Read again at each login.
    pub secret_id_file: Option<PathBuf>,
    /// Where the AppRole login is mounted. Left out: `approle`.
    pub approle_mount: Option<String>,
    /// Takes an address that is `http` and not on this machine. Data keys and tokens then cross the network in the clear.
    pub allow_http: bool,
    /// Time-outs and retries.
    pub retry: RetryPolicy,
}

/// With nothing left out.
#[derive(Debug)]
pub(super) struct Completed {
    pub(super) key: String,
    pub(super) address: String,
    pub(super) namespace: Option<String>,
    pub(super) mount: String,
    pub(super) ca_file: Option<PathBuf>,
    pub(super) login: Login,
    pub(super) retry: RetryPolicy,
}

impl VaultOptions {
    pub(super) fn completed(self, env: impl Fn(&str) -> Option<String>) -> Result<Completed, KekReason> {
        let env = |variable: &str| env(variable).filter(|value| !value.is_empty());
        let login = self.login(env)?;
        let mistake = |text: &str| Err(KekReason::Configuration(text.into()));
        let Some(address) = self.address.or_else(|| env("VAULT_ADDR")) else {
            return mistake("Vault needs an address: set `address` or VAULT_ADDR");
        };
        needs_https("the Vault address", &address, self.allow_http)?;
        let mount = self.mount.unwrap_or_else(|| "transit".into());
        if !is_path(&mount) {
            return mistake("the mount of the transit engine is not a path; write it as in `vault secrets list`");
        }
        if !is_path(&self.key) || self.key.contains('/') {
            return mistake("Vault needs a transit key: set `key` to its name, of letters, digits, `-`, `_` and `.`");
        }
        let namespace = self.namespace.or_else(|| env("VAULT_NAMESPACE"));
        if namespace.as_deref().is_some_and(|namespace| !is_path(namespace)) {
            return mistake("the Vault namespace is not a path, such as `team/shop`");
        }
        Ok(Completed {
            key: self.key,
            address: address.trim_end_matches('/').to_owned(),
            namespace,
            mount: mount.trim_matches('/').to_owned(),
            ca_file: self.ca_file.or_else(|| env("VAULT_CACERT").map(PathBuf::from)),
            login,
            retry: self.retry,
        })
    }

    /// Which of the two, from the options if they say so, and otherwise from the environment.
    fn login(&self, env: impl Fn(&str) -> Option<String>) -> Result<Login, KekReason> {
        let mistake = |text: &str| Err(KekReason::Configuration(text.into()));
        let token = self.token_env.is_some() || self.token_file.is_some();
        let written = [&self.role_id, &self.role_id_env, &self.secret_id_env];
        let approle = written.iter().any(|it| it.is_some()) || self.secret_id_file.is_some();
        let (token, approle) = match (token, approle) {
            (false, false) => (env("VAULT_TOKEN").is_some(), env("VAULT_ROLE_ID").is_some()),
            written => written,
        };
        match (token, approle) {
            (true, false) => Ok(Login::Token(source(&self.token_env, &self.token_file, "VAULT_TOKEN", "token")?)),
            (false, true) => {
                let role_id = match (&self.role_id, &self.role_id_env) {
                    (Some(_), Some(_)) => return mistake("`role_id` and `role_id_env` are both set; leave one out"),
                    (Some(role_id), None) => RoleId::Written(role_id.clone()),
                    (None, env) => RoleId::In(source(env, &None, "VAULT_ROLE_ID", "role_id")?),
                };
                let secret_id = source(&self.secret_id_env, &self.secret_id_file, "VAULT_SECRET_ID", "secret_id")?;
                let mount = self.approle_mount.as_deref().unwrap_or("approle").trim_matches('/').to_owned();
                if !is_path(&mount) {
                    return mistake("`approle_mount` is not a path; write it as in `vault auth list`");
                }
                Ok(Login::AppRole { mount, role_id, secret_id })
            }
            (true, true) => mistake(
                "Vault has a token and an AppRole; leave one of them out, or unset VAULT_TOKEN or VAULT_ROLE_ID",
            ),
            (false, false) => {
                mistake("Vault needs a token (VAULT_TOKEN) or an AppRole (VAULT_ROLE_ID and VAULT_SECRET_ID)")
            }
        }
    }
}

fn source(
    env: &Option<String>,
    file: &Option<PathBuf>,
    otherwise: &str,
    option: &str,
) -> Result<SecretSource, KekReason> {
    match (env, file) {
        (Some(_), Some(_)) => {
            Err(KekReason::Configuration(format!("`{option}_env` and `{option}_file` are both set; leave one out")))
        }
        (None, Some(file)) => Ok(SecretSource::File(file.clone())),
        (env, None) => Ok(SecretSource::Env(env.clone().unwrap_or_else(|| otherwise.into()))),
    }
}

/// What goes into a URL or a header as it stands.
fn is_path(text: &str) -> bool {
    let text = text.trim_matches('/');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    !text.is_empty()
        && text.bytes().all(plain)
        && text.split('/').all(|part| !part.is_empty() && part != "." && part != "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(options: &str, env: &[(&str, &str)]) -> Result<Completed, String> {
        let options: VaultOptions = serde_json::from_str(options).map_err(|error| error.to_string())?;
        let get = |variable: &str| env.iter().find(|it| it.0 == variable).map(|it| it.1.to_owned());
        options.completed(get).map_err(|error| error.to_string())
    }

    const ADDR: (&str, &str) = ("VAULT_ADDR", "https://vault:8200/");
    const TOKEN: (&str, &str) = ("VAULT_TOKEN", "s.canary");
    const ROLE: (&str, &str) = ("VAULT_ROLE_ID", "role");

    #[test]
    fn the_environment_says_what_the_options_leave_out() {
        let env = [ADDR, TOKEN, ("VAULT_NAMESPACE", "team/shop"), ("VAULT_CACERT", "/ca.pem")];
        let it = completed(r#"{"key": "shop"}"#, &env).unwrap();
        assert_eq!((it.address.as_str(), it.mount.as_str()), ("https://vault:8200", "transit"));
        assert_eq!((it.namespace.as_deref(), it.ca_file), (Some("team/shop"), Some("/ca.pem".into())));
        assert_eq!(it.login, Login::Token(SecretSource::Env("VAULT_TOKEN".into())));

        let it = completed(r#"{"key": "shop", "mount": "kms/transit/"}"#, &[ADDR, ROLE]).unwrap();
        let secret_id = SecretSource::Env("VAULT_SECRET_ID".into());
        let role_id = RoleId::In(SecretSource::Env("VAULT_ROLE_ID".into()));
        assert_eq!(it.login, Login::AppRole { mount: "approle".into(), role_id, secret_id });
        assert_eq!(it.mount, "kms/transit");
    }

    #[test]
    fn options_are_stronger_than_the_environment() {
        let it =
            completed(r#"{"key": "shop", "address": "https://b", "token_file": "/t"}"#, &[ADDR, TOKEN, ROLE]).unwrap();
        assert_eq!((it.address.as_str(), it.login), ("https://b", Login::Token(SecretSource::File("/t".into()))));
    }

    #[test]
    fn mistakes_are_named() {
        let mistakes = [
            (r#"{"key": "shop"}"#, &[ADDR][..], "needs a token"),
            (r#"{"key": "shop"}"#, &[ADDR, TOKEN, ROLE], "a token and an AppRole"),
            (r#"{"key": "shop"}"#, &[TOKEN], "needs an address"),
            (r#"{"key": "shop"}"#, &[("VAULT_ADDR", "http://vault:8200"), TOKEN], "allow_http"),
            (r#"{"key": "shop"}"#, &[("VAULT_ADDR", "vault:8200"), TOKEN], "not a URL"),
            (r#"{}"#, &[ADDR, TOKEN], "needs a transit key"),
            (r#"{"key": "../sys"}"#, &[ADDR, TOKEN], "needs a transit key"),
            (r#"{"key": "shop", "mount": "a/../sys"}"#, &[ADDR, TOKEN], "mount"),
            (r#"{"key": "shop", "namespace": "a b"}"#, &[ADDR, TOKEN], "namespace"),
            (r#"{"key": "shop", "token_env": "A", "token_file": "B"}"#, &[ADDR], "leave one out"),
            (r#"{"key": "shop", "token": "s.canary"}"#, &[ADDR], "unknown field `token`"),
        ];
        for (options, env, expected) in mistakes {
            let error = completed(options, env).unwrap_err();
            assert!(error.contains(expected) && !error.contains("canary"), "{options}: {error}");
        }
    }
}
