//! How long a program takes to load its keys from a KMS that answers in 50 ms, with nothing cached: `cargo bench -p
//! encrypted-fields-tests --bench key_start`. Environment: KEYS (20), DELAY_MS (50), ROUNDS (5).
//!
//! Named against asking for one key after another, in the same run. The KMS is moto behind a proxy that delays each answer.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stderr, clippy::print_stdout)]
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

#[path = "../harness/mod.rs"]
mod harness;
#[path = "../harness/servers.rs"]
mod servers;

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel_migrations::MigrationHarness as _;
use encrypted_fields::Algorithm;
use encrypted_fields_keys::{AwsKms, AwsKmsOptions, Kek, Keks, KeyManager, KeyService, PostgresStore, Purpose};
use servers::aws::{KmsProxy, create_key, moto, sdk_config};

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().expect("a number"))
}

#[tokio::main]
async fn main() {
    let (keys, delay, rounds) = (number("KEYS", 20), number("DELAY_MS", 50), number("ROUNDS", 5));
    let proxy = KmsProxy::start(moto().port);
    let options = serde_json::json!({"key": create_key(&moto().url()).await, "endpoint": proxy.url()});
    let options: AwsKmsOptions = serde_json::from_value(options).unwrap();
    // A client of its own each time, as a process that has just started has.
    let kek = || Arc::new(AwsKms::with_sdk_config("aws", &options, &sdk_config()).unwrap()) as Arc<dyn Kek>;
    let database = harness::pg();
    database.connect().run_pending_migrations(encrypted_fields_migrations::KEYS_POSTGRES).unwrap();
    let manager = || {
        let store = Arc::new(PostgresStore::connect(&database.url()).unwrap());
        KeyManager::new(store, Keks::new([kek()]).unwrap(), "shop")
    };
    let operator = manager();
    for _ in 0..keys {
        let key = operator.generate(Purpose::Data, Algorithm::Aes256Gcm).await.unwrap();
        operator.promote(Purpose::Data, key.id).await.unwrap();
    }
    proxy.set_delay(Duration::from_millis(delay));
    let keyset = operator.keyset().await.unwrap();
    let mut starts = Vec::new();
    let mut in_turn = Vec::new();
    for _ in 0..rounds {
        proxy.reset();
        let began = Instant::now();
        let service = KeyService::builder(manager()).start().await.unwrap();
        starts.push(began.elapsed());
        assert_eq!(proxy.calls(), usize::try_from(keys).unwrap() + 2);
        drop(service);

        let kek = kek();
        let began = Instant::now();
        for key in &keyset.keys {
            kek.unwrap(&key.slots[0].wrapped, &key.wrap_context("shop", "")).await.unwrap();
        }
        in_turn.push(began.elapsed());
    }
    starts.sort();
    in_turn.sort();
    let (start, turn) = (starts[starts.len() / 2], in_turn[in_turn.len() / 2]);
    println!(
        "{keys} data keys, a store root and an index key, KMS at {delay} ms: start {} ms (slowest {}), one after another {} \
         ms, ratio {:.2}",
        start.as_millis(),
        starts[starts.len() - 1].as_millis(),
        turn.as_millis(),
        start.as_secs_f64() / turn.as_secs_f64()
    );
}
