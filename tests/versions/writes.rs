//! Every path that writes: it seals under the next counter, and sets the counter to it.

use super::*;
use diesel::{insert_into, update};

on_each_backend! {
    an_insert_writes_the_counter_that_it_seals_under: |conn| {
        let one = wallet(1);
        assert_eq!(insert_into(wallets::table).values(&one).execute(conn), Ok(1));
        assert_eq!(insert_into(wallets::table).values(wallet(2)).execute(conn), Ok(1));
        assert_eq!(loaded!(conn, 1), one);
    }

    a_batch: |conn| {
        let rows: Vec<Wallet> = (1..=3).map(wallet).collect();
        assert_eq!(insert_into(wallets::table).values(&rows).execute(conn), Ok(3));
        let all: Vec<Wallet> = Wallet::query().order(wallets::id).load(conn).unwrap();
        assert_eq!(all, rows);
    }

    the_explicit_mode: |conn| {
        let one = wallet(1);
        let sealed = with_keyring(|keyring| one.clone().seal(keyring)).unwrap();
        insert_into(wallets::table).values(&sealed).execute(conn).unwrap();
        assert_eq!(loaded!(conn, 1), one);
        assert_eq!(with_keyring(|keyring| stored!(conn, 1).open(keyring)).unwrap(), one);
    }

    save_changes_gives_the_row_of_now: |conn| {
        let mut one = wallet(1);
        insert_into(wallets::table).values(&one).execute(conn).unwrap();
        for round in 1..=3 {
            let before = one.clone();
            one.balance += Decimal::TEN;
            one = one.save_changes(conn).unwrap();
            assert_eq!(one.balance, Decimal::from(1 + 10 * round));
            assert_eq!(one.balance_version, before.balance_version.next());
            assert_eq!(one.note_version, before.note_version.next());
            assert_eq!(loaded!(conn, 1), one);
        }
    }

    a_model_set_by_value_and_by_reference: |conn| {
        let one = wallet(1);
        insert_into(wallets::table).values(&one).execute(conn).unwrap();
        assert_eq!(update(wallets::table.find(1)).set(&one).execute(conn), Ok(1));
        let now = loaded!(conn, 1);
        assert_eq!(now.balance_version, one.balance_version.next());
        assert_eq!(update(wallets::table.find(1)).set(now.clone()).execute(conn), Ok(1));
        assert_eq!(loaded!(conn, 1).balance_version, now.balance_version.next());
    }

    setters: |conn| {
        let one = wallet(1);
        insert_into(wallets::table).values(&one).execute(conn).unwrap();
        let row = one.row();
        let set = (row.set_balance(&Decimal::TEN), wallets::label.eq("b"), row.set_note(Some("n")));
        assert_eq!(update(&one).set(set).execute(conn), Ok(1));
        let now = loaded!(conn, 1);
        assert_eq!((now.balance, now.note.as_deref(), now.label.as_str()), (Decimal::TEN, Some("n"), "b"));
        assert_eq!(now.balance_version, one.balance_version.next());
        assert_eq!(now.note_version, one.note_version.next());

        assert_eq!(update(&one).set(now.row().set_note(None)).execute(conn), Ok(1));
        let after = loaded!(conn, 1);
        assert_eq!((after.note, after.note_version), (None, now.note_version.next()));
        assert_eq!(after.balance_version, now.balance_version, "each value has a counter of its own");
    }

    a_patch_counts_what_it_sets: |conn| {
        let one = wallet(1);
        insert_into(wallets::table).values(&one).execute(conn).unwrap();
        let only_label = Patch { label: Some("b".to_owned()), ..patch(&one) };
        assert_eq!(update(&one).set(&only_label).execute(conn), Ok(1));
        let now = loaded!(conn, 1);
        assert_eq!((now.balance_version, now.note_version), (one.balance_version, one.note_version));

        let only_balance = Patch { balance: Some(Decimal::TEN), ..patch(&one) };
        assert_eq!(update(&one).set(only_balance).execute(conn), Ok(1));
        let now = loaded!(conn, 1);
        assert_eq!((now.balance_version, now.note_version), (one.balance_version.next(), one.note_version));

        let no_note = Patch { note: Some(None), ..patch(&now) };
        let now: Wallet = no_note.save_changes(conn).unwrap();
        assert_eq!((now.note, now.note_version), (None, one.note_version.next()));
    }

    an_upsert: |conn| {
        let one = wallet(1);
        insert_into(wallets::table).values(&one).execute(conn).unwrap();
        let changed = Wallet { balance: Decimal::TEN, ..one.clone() };
        let upsert = insert_into(wallets::table).values(&changed).on_conflict(target(wallets::id)).do_update().set(&changed);
        assert_eq!(upsert.execute(conn), Ok(UPSERTED));
        let now = loaded!(conn, 1);
        assert_eq!((now.balance, now.balance_version), (Decimal::TEN, one.balance_version.next()));

        let by_handle = now.row().set_balance(&Decimal::ONE_HUNDRED);
        let upsert = insert_into(wallets::table).values(&now).on_conflict(target(wallets::slug)).do_update().set(by_handle);
        assert_eq!(upsert.execute(conn), Ok(UPSERTED));
        assert_eq!(loaded!(conn, 1).balance, Decimal::ONE_HUNDRED);
    }

    a_single_column_opens_by_its_handle: |conn| {
        let one = wallet(1);
        insert_into(wallets::table).values(&one).execute(conn).unwrap();
        let (version, balance): (Version, encrypted_fields::SealedOf<wallets::balance>) =
            wallets::table.find(1).select((wallets::balance_version, wallets::balance)).first(conn).unwrap();
        let row = WalletRow { id: 1, owner_id: 7, balance_version: version, note_version: Version::from(0) };
        assert_eq!(row.open_balance(&balance).unwrap(), Decimal::ONE);
        let earlier = WalletRow { balance_version: version.next(), ..row };
        earlier.open_balance(&balance).unwrap_err();
    }

    look_ups_and_raw_sql: |conn| {
        insert_into(wallets::table).values(&vec![wallet(1), wallet(2)]).execute(conn).unwrap();
        let found: Wallet = Wallet::query().filter(Wallet::note_eq("note 2")).first(conn).unwrap();
        assert_eq!(found.id, 2);
        let all = diesel::sql_query("SELECT * FROM wallets ORDER BY id").load::<Wallet>(conn).unwrap();
        assert_eq!(all.iter().map(|wallet| wallet.balance).collect::<Vec<_>>(), [Decimal::ONE, Decimal::TWO]);
    }

    the_keyring_is_proven: |conn| {
        insert_into(wallets::table).values(&wallet(1)).execute(conn).unwrap();
        with_keyring(|keyring| keyring.prove(conn, &[Wallet::model()])).unwrap();
        testing::keyring().prove(conn, &[Wallet::model()]).unwrap_err();
    }

    the_counter_goes_round: |conn| {
        let one = Wallet { balance_version: Version::from(i64::MAX), ..wallet(1) };
        insert_into(wallets::table).values(&one).execute(conn).unwrap();
        let now: Wallet = one.save_changes(conn).unwrap();
        assert_eq!(now.balance_version, Version::from(0));
        let now: Wallet = now.save_changes(conn).unwrap();
        assert_eq!(now.balance_version, Version::from(1));
    }
}

on_backends_that_return! {
    an_insert_that_returns: |conn| {
        let one = wallet(1);
        let returned = insert_into(wallets::table).values(&one).returning(Wallet::as_returning()).get_result(conn);
        assert_eq!(returned, Ok(one));
    }

    an_update_that_returns: |conn| {
        let one = wallet(1);
        insert_into(wallets::table).values(&one).execute(conn).unwrap();
        let changed = Wallet { balance: Decimal::ONE_HUNDRED, ..one.clone() };
        let now = update(&one).set(&changed).returning(Wallet::as_returning()).get_result(conn).unwrap();
        assert_eq!(now.balance, Decimal::ONE_HUNDRED);
        assert_eq!(now.balance_version, one.balance_version.next());
    }

    /// `excluded` takes the value of the row that was to be inserted, which is sealed under that row's counter.
    excluded_takes_both: |conn| {
        use diesel::upsert::excluded;
        insert_into(wallets::table).values(&wallet(1)).execute(conn).unwrap();
        let again = Wallet { balance: Decimal::TEN, ..wallet(1) };
        insert_into(wallets::table)
            .values(&again)
            .on_conflict(wallets::id)
            .do_update()
            .set((
                wallets::balance.eq(excluded(wallets::balance)),
                wallets::balance_version.eq(excluded(wallets::balance_version)),
            ))
            .execute(conn)
            .unwrap();
        assert_eq!(loaded!(conn, 1).balance, Decimal::TEN);

        insert_into(wallets::table)
            .values(&wallet(1))
            .on_conflict(wallets::id)
            .do_update()
            .set(wallets::balance.eq(excluded(wallets::balance)))
            .execute(conn)
            .unwrap();
        let error = wallets::table.find(1).first::<Wallet>(conn).unwrap_err().to_string();
        assert!(error.contains("wallets.balance [balance_version="), "{error}");
        assert!(error.contains("authentication failed"), "{error}");
    }
}

#[test]
fn the_description_names_the_counters() {
    let versions: Vec<_> = Wallet::model().columns.iter().map(|column| (column.column, column.version)).collect();
    assert_eq!(versions, [("balance", Some("balance_version")), ("note", Some("note_version")), ("hint", None)]);
    let bound = |column: usize| {
        let model = Wallet::model();
        model.columns[column].bound_to(model).iter().map(|bound| bound.column).collect::<Vec<_>>()
    };
    assert_eq!(bound(0), ["balance_version", "id", "owner_id"]);
    assert_eq!(bound(2), ["id", "owner_id"]);
}
