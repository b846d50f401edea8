//! Every error that a value, a key or a row can end in.

use bigdecimal::BigDecimal;
use encrypted_fields::codec::{EncodePlain, Json};
use encrypted_fields::{IndexKey, decrypt_bytes, decrypt_string, encrypt_bytes, encrypt_string, scope, testing};

use super::*;
use crate::models::on_every_backend;

/// The table again, read into fields that the values do not fit.
mod misfits {
    use super::*;

    macro_rules! misfit {
        ($($name:ident, $field:ident: $ty:ty;)*) => {$(
            #[derive(Debug, EncryptedModel)]
            #[diesel(table_name = people, primary_key(handle))]
            pub(super) struct $name {
                handle: String,
                #[encrypted]
                $field: $ty,
            }
        )*};
    }
    misfit! {
        BalanceAsI64, balance: i64;
        BalanceAsF32Wide, balance: i16;
        ProfileAsList, profile: Json<Vec<u8>>;
        ProfileAsNumber, profile: Json<std::collections::BTreeMap<String, u8>>;
        PinAsU8, pin: u8;
    }
}

on_every_backend! {
    fn of_opening(conn, _keyring, TABLE) {
        let (watch, keyring) = (watch(), keyring());
        scope::with(&keyring, || {
            diesel::insert_into(people::table).values(&Person::ada()).execute(conn).unwrap();
            macro_rules! saw {
                ($model:ty) => { watch.saw_error(&<$model>::query().load(conn).unwrap_err()) };
            }
            saw!(misfits::BalanceAsI64);
            saw!(misfits::BalanceAsF32Wide);
            saw!(misfits::ProfileAsList);
            saw!(misfits::ProfileAsNumber);
            saw!(misfits::PinAsU8);
            for keys in [testing::keyring(), testing::keyring_named("other")] {
                scope::with(&keys, || saw!(Person));
                watch.saw_error(&keys.prove(conn, &[Person::model()]).unwrap_err());
            }
            let next = DataKey::generate(Algorithm::Aes256Gcm).unwrap();
            let disabled = DataKey::parse(KEY, Algorithm::Aes256Gcm).unwrap();
            let disabled = Keyring::builder("test").primary(next.clone()).disabled(disabled).build().unwrap();
            scope::with(&disabled, || saw!(Person));
            let other_application = DataKey::parse(KEY, Algorithm::Aes256Gcm).unwrap();
            let other_application = Keyring::builder("other").primary(other_application).build().unwrap();
            scope::with(&other_application, || saw!(Person));
            watch.saw_error(&other_application.prove(conn, &[Person::model()]).unwrap_err());
            let without_index = Keyring::builder("test").tink(keyring.export_tink().expose()).unwrap().build().unwrap();
            scope::with(&without_index, || saw!(Person));
            for attack in ["email_bidx = email", "email = balance", "phone = profile", "handle = 'x'"] {
                diesel::sql_query(format!("UPDATE people SET {attack}")).execute(conn).unwrap();
                saw!(Person);
            }
        });
        // The errors are the crate's own, so the row's name, which may be a person's, is not in them.
        assert!(watch.printed().contains("handle=<text of 19 bytes>"), "{}", watch.printed());
        assert!(!watch.printed().contains(HANDLE), "{}", watch.printed());
        watch.assert_nothing_leaked();
    }
}

#[test]
fn of_sealing() {
    let watch = watch();
    let keyring = keyring();
    let without_index = Keyring::builder("test").tink(keyring.export_tink().expose()).unwrap().build().unwrap();
    watch.saw_error(&Person::ada().seal(&without_index).unwrap_err());
    let wide = Person { pin: PIN * 1_000_000_000, ..Person::ada() };
    watch.saw_error(&wide.clone().seal(&keyring).unwrap_err());
    scope::with(&keyring, || {
        let error = diesel::insert_into(people::table).values(&wide).execute(&mut crate::harness::sqlite().connect());
        watch.saw_error(&error.unwrap_err());
        watch.saw_debug(&wide.row().set_pin(&wide.pin));
    });
    let error =
        diesel::insert_into(people::table).values(&Person::ada()).execute(&mut crate::harness::sqlite().connect());
    watch.saw_error(&error.unwrap_err());
    let wide: BigDecimal = BALANCE.replace('.', "").repeat(4).parse().unwrap();
    watch.saw_error(&EncodePlain::<diesel::sql_types::Numeric>::encode(&wide, &mut Vec::new()).unwrap_err());
    watch.assert_nothing_leaked();
}

#[test]
fn of_the_paved_path() {
    let (watch, keyring) = (watch(), keyring());
    let text = encrypt_string(&keyring, EMAIL, PHONE).unwrap();
    let bytes = encrypt_bytes(&keyring, EMAIL, PHONE).unwrap();
    watch.saw_error(&decrypt_string(&keyring, &text, TAG).unwrap_err());
    watch.saw_error(&decrypt_string(&keyring, EMAIL, PHONE).unwrap_err());
    watch.saw_error(&decrypt_string(&keyring, &text[1..], PHONE).unwrap_err());
    watch.saw_error(&decrypt_bytes(&keyring, &bytes[..20], PHONE).unwrap_err());
    watch.saw_error(&decrypt_bytes(&keyring, EMAIL, PHONE).unwrap_err());
    watch.saw_error(&decrypt_bytes(&testing::keyring(), &bytes, PHONE).unwrap_err());
    watch.assert_nothing_leaked();
}

#[test]
fn of_keys() {
    let (watch, keyring) = (watch(), keyring());
    let passphrase = format!("{EMAIL} {PHONE}");
    let json = keyring.export_tink();
    let json = json.expose();
    for wrong in [
        &KEY[1..],
        &format!("{KEY}00"),
        &format!("0x{KEY}"),
        &KEY.replace('9', "g"),
        &passphrase,
        &format!("passphrase:{passphrase}"),
        &format!("passphrase:argon2id:v=19,m=1,t=1,p=1:{PHONE}:{passphrase}"),
        &format!("passphrase:argon2id:v=19,m=65536,t=3,p=4:AAECAwQFBgcICQoLDA0ODw:{passphrase}\t"),
        &format!("XAES:{KEY}"),
        json,
    ] {
        watch.saw_error(&DataKey::parse(wrong, Algorithm::Aes256Gcm).unwrap_err());
        watch.saw_error(&IndexKey::parse(wrong).unwrap_err());
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, wrong).unwrap();
        if let Err(error) = Keyring::from_file(file.path()).application("test") {
            watch.saw_error(&error);
        }
    }
    for (from, to) in [
        ("\"TINK\"", "\"RAW\""),
        ("AesGcmKey", "AesSivKey"),
        ("ENABLED", "\u{e8}"),
        ("\"keyId\"", "\"k\""),
        ("}", ""),
        ("\"value\":\"", "\"value\":\"!"),
        ("\"value\": \"", "\"value\": 7, \""),
    ] {
        if json.contains(from)
            && let Err(error) = Keyring::builder("test").tink(&json.replace(from, to))
        {
            watch.saw_error(&error);
        }
    }
    let key = DataKey::parse(KEY, Algorithm::Aes256Gcm).unwrap();
    watch.saw_error(&Keyring::builder("test").primary(key.clone()).decrypt_only(key.clone()).build().unwrap_err());
    watch.saw_error(&Keyring::builder("test").decrypt_only(key.clone()).build().unwrap_err());
    watch.saw_error(&Keyring::builder("").primary(key).build().unwrap_err());
    watch.assert_nothing_leaked();
}
