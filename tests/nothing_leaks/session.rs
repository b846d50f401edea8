//! A whole session, logged: by Diesel's instrumentation, and by `tracing` at every level.

use diesel::connection::Connection as _;
use encrypted_fields::scope;

use super::*;
use crate::models::on_every_backend;

on_every_backend! {
    fn through_instrumentation_and_tracing(conn, _keyring, TABLE) {
        let watch = watch();
        conn.set_instrumentation(watch.instrument());
        tracing::subscriber::with_default(watch.clone(), || scope::with(&keyring(), || {
            let mut ada = Person::ada();
            diesel::insert_into(people::table).values(&ada).execute(conn).unwrap();
            assert_eq!(Person::query().filter(Person::email_eq(&ada.email)).load(conn).unwrap().len(), 1);
            assert_eq!(Person::query().filter(Person::email_eq_any([&ada.email])).load(conn).unwrap().len(), 1);
            ada.balance += Decimal::ONE;
            let saved = ada.save_changes::<Person>(conn).unwrap();
            assert_eq!(saved.email.expose(), EMAIL);
            let row = saved.row();
            diesel::update(people::table.find(HANDLE))
                .set((row.set_balance(&Person::ada().balance), row.set_pin(&PIN), row.set_email(&saved.email)))
                .execute(conn)
                .unwrap();
            diesel::insert_into(people::table)
                .values(&saved)
                .on_conflict(target(people::handle))
                .do_update()
                .set(&saved)
                .execute(conn)
                .unwrap();

            // What fails is logged as well.
            let other = Person { handle: "other".into(), ..Person::ada() };
            watch.saw_error(&diesel::insert_into(people::table).values(&other).execute(conn).unwrap_err());
            let other = Person { email: Secret::new("x".into()), ..other };
            diesel::insert_into(people::table).values(&other).execute(conn).unwrap();
            let conflict = diesel::update(people::table.find("other")).set(row.set_pin(&PIN)).execute(conn).unwrap_err();
            assert!(encrypted_fields::write_conflict(&conflict));
            watch.saw_error(&conflict);
            diesel::sql_query("UPDATE people SET phone = NULL, email = balance").execute(conn).unwrap();
            watch.saw_error(&Person::query().load(conn).unwrap_err());
            diesel::delete(people::table).execute(conn).unwrap();
        }));
        assert!(watch.printed().contains(HANDLE), "what is not encrypted is logged: the log is on");
        watch.assert_nothing_leaked();
    }
}
