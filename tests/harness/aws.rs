//! AWS KMS without AWS: moto and ministack, whose gaps differ, and a proxy that counts, delays and cuts.
//!
//! moto enforces contexts and tampering but no key states; ministack enforces key states but opens tampered bytes.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_kms::config::{Credentials, SharedCredentialsProvider};

use super::http::{HttpServer, Request, answer, forward};
use super::service::{Service, program};

pub const REGION: &str = "eu-central-1";
pub const ACCESS_KEY: &str = "AKIAIOSFODNN7EXAMPLE";
/// A canary: it must be in no output.
pub const SECRET_KEY: &str = "wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY";

/// The moto server of this process.
pub fn moto() -> &'static Service {
    static MOTO: LazyLock<Service> = LazyLock::new(|| {
        Service::start("moto", program("moto_server", "moto[server,kms]"), |port| {
            (vec!["-H".into(), "127.0.0.1".into(), "-p".into(), port.to_string()], vec![])
        })
    });
    &MOTO
}

/// A moto of one's own that knows no user: it refuses whoever asks.
pub fn moto_that_refuses() -> Service {
    Service::start("moto", program("moto_server", "moto[server,kms]"), |port| {
        let arguments = vec!["-H".into(), "127.0.0.1".into(), "-p".into(), port.to_string()];
        (arguments, vec!["INITIAL_NO_AUTH_ACTION_COUNT=0".into()])
    })
}

/// The ministack server of this process.
pub fn ministack() -> &'static Service {
    static MINISTACK: LazyLock<Service> = LazyLock::new(|| {
        Service::start("ministack", program("ministack", "ministack"), |port| {
            (vec![], vec!["BIND_HOST=127.0.0.1".into(), format!("GATEWAY_PORT={port}")])
        })
    });
    &MINISTACK
}

/// Region and credentials, as the environment would give them.
pub fn sdk_config() -> SdkConfig {
    let credentials = Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

/// The SDK's client, to make keys and to disable them.
pub fn client(endpoint: &str) -> aws_sdk_kms::Client {
    let config = aws_sdk_kms::config::Builder::from(&sdk_config()).endpoint_url(endpoint);
    aws_sdk_kms::Client::from_conf(config.build())
}

/// Makes a key, and returns its id.
pub async fn create_key(endpoint: &str) -> String {
    let answer = client(endpoint).create_key().send().await.expect("a key");
    answer.key_metadata.expect("metadata").key_id
}

/// The answer with which AWS refuses: the status, and the code in the body as KMS' protocol (JSON 1.1) has it.
pub fn aws_error(status: &str, code: &str) -> Vec<u8> {
    let headers = [
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amzn-requestid", "0b1e1f1c-9c5f-4a4c-8f4e-1d0a3f5b6c7d"),
        ("x-amzn-errortype", code),
    ];
    answer(status, &headers, &format!(r#"{{"__type":"{code}","message":"of which nothing is shown"}}"#))
}

/// Stands before a KMS (or any HTTP server) and counts what is asked of it. Delay, outage and throttling can be switched
/// while it runs.
///
/// `calls()` counts all that arrived while it was up; `calls_of("Decrypt")` those of one operation of KMS.
#[derive(Debug)]
pub struct KmsProxy {
    pub port: u16,
    shared: Arc<Shared>,
    _server: HttpServer,
}

#[derive(Debug, Default)]
struct Shared {
    operations: Mutex<Vec<String>>,
    delay_ms: AtomicU64,
    down: AtomicBool,
    throttled: AtomicU64,
    at_once: AtomicU64,
    most_at_once: AtomicU64,
}

impl KmsProxy {
    /// Before the server on this loopback port: `KmsProxy::start(moto().port)`.
    pub fn start(port: u16) -> Self {
        let shared = Arc::new(Shared::default());
        let server = HttpServer::start({
            let shared = Arc::clone(&shared);
            move |request| shared.answer(&request, port)
        });
        Self { port: server.port, shared, _server: server }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn calls(&self) -> usize {
        self.shared.operations.lock().unwrap().len()
    }

    pub fn calls_of(&self, operation: &str) -> usize {
        self.shared.operations.lock().unwrap().iter().filter(|it| *it == operation).count()
    }

    /// Counts from 0 again.
    pub fn reset(&self) {
        self.shared.operations.lock().unwrap().clear();
        self.shared.most_at_once.store(0, Ordering::SeqCst);
    }

    /// How many were being answered at the same time, at most.
    pub fn most_at_once(&self) -> u64 {
        self.shared.most_at_once.load(Ordering::SeqCst)
    }

    /// Each answer takes that much longer.
    pub fn set_delay(&self, delay: Duration) {
        self.shared.delay_ms.store(delay.as_millis().try_into().unwrap(), Ordering::SeqCst);
    }

    /// Down, it hangs up on whoever asks, until it is up again.
    pub fn set_down(&self, down: bool) {
        self.shared.down.store(down, Ordering::SeqCst);
    }

    /// The next so many calls are answered with `ThrottlingException`.
    pub fn throttle(&self, calls: u64) {
        self.shared.throttled.store(calls, Ordering::SeqCst);
    }
}

impl Shared {
    fn answer(&self, request: &Request, port: u16) -> Option<Vec<u8>> {
        if self.down.load(Ordering::SeqCst) {
            return None;
        }
        let target = request.header("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        self.operations.lock().unwrap().push(operation);
        let at_once = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_at_once.fetch_max(at_once, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(self.delay_ms.load(Ordering::SeqCst)));
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        let take_one = |left: u64| left.checked_sub(1);
        if self.throttled.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take_one).is_ok() {
            return Some(aws_error("400 Bad Request", "ThrottlingException"));
        }
        forward(request, port).ok()
    }
}
