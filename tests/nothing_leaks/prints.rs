//! `Debug` of everything that holds a value or a key, and `debug_query` of every kind of statement.

use std::os::unix::fs::PermissionsExt as _;

use diesel::debug_query;
use diesel::mysql::Mysql;
use diesel::pg::Pg;
use diesel::sqlite::Sqlite;
use encrypted_fields::{IndexKey, ScopeId, scope};

use super::*;

#[test]
fn of_values_and_keys() {
    let (watch, keyring) = (watch(), keyring());
    scope::with(&keyring, || {
        let ada = Person::ada();
        let sealed = ada.clone().seal(&keyring).unwrap();
        watch.saw_debug(&sealed);
        watch.saw_debug(&(&sealed.email, &sealed.email_bidx, &sealed.phone, sealed.profile.stored().map(<[u8]>::len)));
        watch.saw_debug(&(&ada.email, &ada.phone));
        watch.saw_debug(&Person::email_eq(&ada.email));
        watch.saw_debug(&ada.row().set_email(&ada.email));
        watch.saw_debug(&Person::model());
        watch.saw(serde_json::to_string(Person::model()).unwrap());
        let failed = scope::with(
            &Keyring::builder("test").tink(keyring.export_tink().expose()).unwrap().build().unwrap(),
            || {
                (
                    ada.clone().seal(&encrypted_fields::current_keyring().unwrap()).map(drop),
                    format!("{:?}", Person::email_eq(&ada.email)),
                )
            },
        );
        watch.saw_debug(&failed);
        // Ciphertexts and tokens are not printed either.
        let stored = Watch::new(vec![
            Canary::bytes("a ciphertext", sealed.email.stored().unwrap()),
            Canary::bytes("a token", sealed.email_bidx.token().unwrap()),
        ]);
        stored.saw(watch.printed());
        stored.assert_nothing_leaked();
    });
    let key = DataKey::parse(KEY, Algorithm::Aes256Gcm).unwrap();
    watch.saw_debug(&(&keyring, &key, IndexKey::parse(KEY).unwrap(), keyring.to_builder(), keyring.export_tink()));
    watch.saw_debug(&(keyring.keys().collect::<Vec<_>>(), ScopeId::from(EMAIL), Keyring::from_env("NO_SUCH")));
    watch.assert_nothing_leaked();
}

#[test]
fn of_statements() {
    let watch = watch();
    scope::with(&keyring(), || {
        let ada = Person::ada();
        let row = ada.row();
        macro_rules! saw {
            ($query:expr) => {
                let query = $query;
                let (pg, sqlite) = (debug_query::<Pg, _>(&query), debug_query::<Sqlite, _>(&query));
                watch.saw(format!("{pg} {pg:?} {pg:#?} {sqlite} {sqlite:?} {sqlite:#?}"));
            };
            (mysql $query:expr) => {
                let query = $query;
                let mysql = debug_query::<Mysql, _>(&query);
                watch.saw(format!("{mysql} {mysql:?} {mysql:#?}"));
            };
        }
        saw!(diesel::insert_into(people::table).values(&ada));
        saw!(diesel::insert_into(people::table).values(ada.clone().seal(&keyring()).unwrap()));
        saw!(diesel::insert_into(people::table).values(&ada).on_conflict(people::handle).do_update().set(&ada));
        saw!(diesel::update(people::table.find(HANDLE)).set(&ada));
        saw!(
            diesel::update(people::table.find(HANDLE)).set((row.set_email(&ada.email), row.set_balance(&ada.balance)))
        );
        saw!(people::table.filter(Person::email_eq(&ada.email)));
        saw!(people::table.filter(Person::email_eq_any([&ada.email])));
        saw!(mysql diesel::insert_into(people::table).values(&ada));
        saw!(mysql diesel::insert_into(people::table).values(ada.clone().seal(&keyring()).unwrap()));
        let upsert = diesel::insert_into(people::table).values(&ada).on_conflict(diesel::dsl::DuplicatedKeys);
        saw!(mysql upsert.do_update().set(&ada));
        saw!(mysql diesel::update(people::table.find(HANDLE)).set(&ada));
        saw!(mysql diesel::update(people::table.find(HANDLE)).set((row.set_email(&ada.email), row.set_pin(&ada.pin))));
        saw!(mysql people::table.filter(Person::email_eq_any([&ada.email])));
        let batch = vec![ada.clone(), ada.clone()];
        let query = diesel::insert_into(people::table).values(&batch);
        watch.saw(format!("{} {:?}", debug_query::<Pg, _>(&query), debug_query::<Pg, _>(&query)));
    });
    assert!(watch.printed().contains(HANDLE));
    watch.assert_nothing_leaked();
}

/// What `tracing` is told of a key file that anyone may read.
#[test]
fn of_a_key_file() {
    let watch = watch();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, KEY).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    tracing::subscriber::with_default(watch.clone(), || Keyring::from_file(file.path()).application("test").unwrap());
    assert!(watch.printed().contains("chmod 600"), "{}", watch.printed());
    watch.assert_nothing_leaked();
}
