//! One field: sealing and opening by size and by type, beside the bare cipher and tink-aead.
//!
//! `cargo bench -p encrypted-fields --bench field`. What ours does and the bare cipher does not: draw the nonce, allocate
//! and write the wire format, count the seal, find the key. Compare within one run only.
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot start should say so and end")]
#![expect(clippy::disallowed_types, reason = "the bare cipher is what sealing is measured against")]

use std::hint::black_box;

use aes_gcm::aead::{AeadInOut, Key, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use encrypted_fields::__private::{BoundColumn, BoundValue, ColumnContext, OpenField, RowContext, SealField, diesel};
use encrypted_fields::sql_types::{self as sql, Encrypted};
use encrypted_fields::{Algorithm, Cores, DataKey, IndexKey, Keyring, encrypt_bytes, open_all, seal_all};
use xaes_256_gcm::Xaes256Gcm;

const SIZES: [usize; 4] = [16, 64, 1024, 16384];
/// As long as a column's context usually is, padding included.
const CONTEXT: [u8; 64] = [7; 64];

fn keyring(algorithm: Algorithm) -> Keyring {
    DataKey::generate(algorithm).and_then(|key| Keyring::builder("bench").primary(key).build()).unwrap()
}

fn seal(c: &mut Criterion) {
    let mut group = c.benchmark_group("seal");
    let aes = Aes256Gcm::new(&Key::<Aes256Gcm>::from([7; 32]));
    let xaes = Xaes256Gcm::new(&[7; 32].into());
    let tink = tink();
    for size in SIZES {
        let plaintext = vec![1; size];
        group.throughput(Throughput::Bytes(size as u64));
        for algorithm in [Algorithm::Aes256Gcm, Algorithm::Xaes256Gcm] {
            let keyring = keyring(algorithm);
            group.bench_function(BenchmarkId::new(algorithm.name(), size), |b| {
                b.iter(|| keyring.seal_raw(black_box(&CONTEXT), black_box(&plaintext)));
            });
        }
        let mut buffer = plaintext.clone();
        group.bench_function(BenchmarkId::new("bare aes-gcm, fixed nonce", size), |b| {
            let nonce = Nonce::from([7; 12]);
            b.iter(|| aes.encrypt_inout_detached(&nonce, black_box(&CONTEXT), black_box(&mut buffer[..]).into()));
        });
        group.bench_function(BenchmarkId::new("bare xaes-256-gcm, fixed nonce", size), |b| {
            let nonce = Nonce::from([7; 24]);
            b.iter(|| xaes.encrypt_inout_detached(&nonce, black_box(&CONTEXT), black_box(&mut buffer[..]).into()));
        });
        group.bench_function(BenchmarkId::new("tink-aead AES256_GCM", size), |b| {
            b.iter(|| tink.encrypt(black_box(&plaintext), black_box(&CONTEXT)));
        });
    }
    group.finish();
}

fn open(c: &mut Criterion) {
    let mut group = c.benchmark_group("open");
    let aes = Aes256Gcm::new(&Key::<Aes256Gcm>::from([7; 32]));
    let tink = tink();
    for size in SIZES {
        let plaintext = vec![1; size];
        group.throughput(Throughput::Bytes(size as u64));
        for algorithm in [Algorithm::Aes256Gcm, Algorithm::Xaes256Gcm] {
            let keyring = keyring(algorithm);
            let wire = keyring.seal_raw(&CONTEXT, &plaintext).unwrap();
            group.bench_function(BenchmarkId::new(algorithm.name(), size), |b| {
                let mut plain = Vec::new();
                b.iter(|| black_box(keyring.open_raw(black_box(&CONTEXT), black_box(&wire), &mut plain)).is_ok());
            });
        }
        let nonce = Nonce::from([7; 12]);
        let mut sealed = plaintext.clone();
        let tag = aes.encrypt_inout_detached(&nonce, &CONTEXT, sealed.as_mut_slice().into()).unwrap();
        group.bench_function(BenchmarkId::new("bare aes-gcm", size), |b| {
            let open = |mut sealed: Vec<u8>| {
                aes.decrypt_inout_detached(&nonce, black_box(&CONTEXT), sealed.as_mut_slice().into(), &tag).unwrap();
                sealed
            };
            b.iter_batched(|| sealed.clone(), open, BatchSize::SmallInput);
        });
        let sealed = tink.encrypt(&plaintext, &CONTEXT).unwrap();
        group.bench_function(BenchmarkId::new("tink-aead AES256_GCM", size), |b| {
            b.iter(|| tink.decrypt(black_box(&sealed), black_box(&CONTEXT)));
        });
    }
    group.finish();
}

/// What stands around the cipher.
fn around(c: &mut Criterion) {
    let mut group = c.benchmark_group("around");
    let keyring = keyring(Algorithm::Aes256Gcm);
    group.bench_function("encrypt_bytes, 16 bytes", |b| {
        b.iter(|| encrypt_bytes(&keyring, black_box([1; 16]), black_box("user 7")));
    });
    encrypted_fields::set_default_keyring(keyring);
    group.bench_function("find the default keyring", |b| {
        b.iter(|| encrypted_fields::scope::current(|keyring| black_box(keyring).primary_id()));
    });
    group.bench_function("make a data key", |b| b.iter(|| DataKey::generate(Algorithm::Aes256Gcm)));
    group.bench_function("make an index key", |b| b.iter(IndexKey::generate));
    group.finish();
}

/// A field as the derive seals and opens it, by type: context, codec, key look-up, nonce and cipher.
fn types(c: &mut Criterion) {
    let keyring = keyring(Algorithm::Aes256Gcm);
    let id = uuid::Uuid::from_u128(7);
    macro_rules! by_type {
        ($($name:literal: $sql:ty, $rust:ty = $value:expr;)*) => {$({
            let column = ColumnContext::new(None, "wallets", "balance");
            let value: $rust = $value;
            let bound: [BoundColumn<'_>; 1] = [("id", BoundValue::<sql::Uuid>::bound(&id))];
            c.benchmark_group("seal by type").bench_function($name, |b| {
                let mut row = RowContext::new(Ok(&keyring), None, &bound);
                b.iter(|| SealField::<Encrypted<$sql>>::seal_field(black_box(&value), &mut row, &column));
            });
            let mut row = RowContext::new(Ok(&keyring), None, &bound);
            let sealed = SealField::<Encrypted<$sql>>::seal_field(&value, &mut row, &column);
            c.benchmark_group("open by type").bench_function($name, |b| {
                b.iter(|| {
                    let opened: $rust = OpenField::<Encrypted<$sql>>::open_field(&mut row, &column, black_box(&sealed)).unwrap();
                    opened
                });
            });
        })*};
    }
    by_type! {
        "Bool": diesel::sql_types::Bool, bool = true;
        "BigInt": diesel::sql_types::BigInt, i64 = 4200;
        "Double": diesel::sql_types::Double, f64 = 42.5;
        "Numeric": diesel::sql_types::Numeric, rust_decimal::Decimal = rust_decimal::Decimal::new(4250, 2);
        "Timestamp": diesel::sql_types::Timestamp, chrono::NaiveDateTime = chrono::DateTime::UNIX_EPOCH.naive_utc();
        "Uuid": sql::Uuid, uuid::Uuid = id;
        "Text, 64 bytes": diesel::sql_types::Text, String = "x".repeat(64);
        "Jsonb, 64 bytes": diesel::sql_types::Jsonb, serde_json::Value = serde_json::json!({ "note": "x".repeat(53) });
        "Binary, 1 KiB": diesel::sql_types::Binary, Vec<u8> = vec![7; 1024];
    }
}

mod page {
    use encrypted_fields::EncryptedModel;

    encrypted_fields::__private::diesel::table! {
        use diesel::sql_types::*;
        use encrypted_fields::sql_types::*;
        payments (id) { id -> BigInt, amount -> Encrypted<Numeric>, note -> Encrypted<Text>, }
    }

    #[derive(Debug, Clone, EncryptedModel)]
    #[diesel(table_name = payments)]
    #[encrypted(only(Queryable, Selectable), sealed(derive(Debug, Clone)))]
    pub struct Payment {
        pub id: i64,
        #[encrypted]
        pub amount: rust_decimal::Decimal,
        #[encrypted]
        pub note: String,
    }
}

/// 10,000 rows of two fields, one by one and as a page.
fn pages(c: &mut Criterion) {
    use page::{Payment, SealedPayment};

    const ROWS: i64 = 10_000;
    let keyring = keyring(Algorithm::Aes256Gcm);
    let payment = |id| Payment { id, amount: rust_decimal::Decimal::new(id, 2), note: format!("{id:064}") };
    let rows: Vec<Payment> = (0..ROWS).map(payment).collect();
    let sealed: Vec<SealedPayment> = rows.iter().map(|row| row.clone().seal(&keyring).unwrap()).collect();
    let mut group = c.benchmark_group("page");
    group.throughput(Throughput::Elements(ROWS.unsigned_abs()));
    group.bench_function("seal, one by one", |b| {
        let one_by_one = |rows: Vec<Payment>| rows.into_iter().map(|row| row.seal(&keyring)).collect::<Vec<_>>();
        b.iter_batched(|| rows.clone(), one_by_one, BatchSize::LargeInput);
    });
    group.bench_function("open, one by one", |b| {
        let one_by_one = |rows: Vec<SealedPayment>| rows.into_iter().map(|row| row.open(&keyring)).collect::<Vec<_>>();
        b.iter_batched(|| sealed.clone(), one_by_one, BatchSize::LargeInput);
    });
    for cores in [Cores::One, Cores::All] {
        group.bench_function(BenchmarkId::new("seal_all", format!("{cores:?}")), |b| {
            b.iter_batched(|| rows.clone(), |rows| seal_all(rows, &keyring, cores), BatchSize::LargeInput);
        });
        group.bench_function(BenchmarkId::new("open_all", format!("{cores:?}")), |b| {
            let open = |rows| open_all::<Payment>(rows, &keyring, cores);
            b.iter_batched(|| sealed.clone(), open, BatchSize::LargeInput);
        });
    }
    group.finish();
}

fn tink() -> Box<dyn tink_core::Aead> {
    tink_aead::init();
    let handle = tink_core::keyset::Handle::new(&tink_aead::aes256_gcm_key_template()).unwrap();
    tink_aead::new(&handle).unwrap()
}

criterion_group!(benches, seal, open, types, pages, around);
criterion_main!(benches);
