//! What lies in the column is the text as it is kept.

use super::*;

#[derive(Debug, EncryptedModel)]
#[diesel(table_name = customers)]
#[encrypted(only(AsChangeset))]
struct Patch {
    id: i64,
    #[encrypted(index = email_bidx)]
    email: Option<Email>,
    #[encrypted(index = phone_bidx)]
    phone: Option<Option<Phone>>,
    #[encrypted]
    name: Option<PersonalData>,
}

on_every_backend! {
    fn a_string_reads_what_a_kind_wrote(conn, _keyring, TABLE) {
        insert_into(customers::table).values(&vec![maria(), hans()]).execute(conn).unwrap();
        let loaded: Vec<Customer> = Customer::query().order(customers::id).load(conn).unwrap();
        assert_eq!(loaded, [maria(), hans()]);
        let texts: Vec<AsText> = AsText::query().order(customers::id).load(conn).unwrap();
        let first = &texts[0];
        assert_eq!(first.email, "Maria.Rossi@example.com");
        assert_eq!(first.phone.as_deref(), Some("+390551234567"));
        assert_eq!(first.tax_id.as_deref(), Some("RSSMRA80A01H501U"));
        assert_eq!(first.iban.as_deref(), Some("IT60X0542811101000000123456"));
        assert_eq!(first.card.as_deref(), Some("4242424242424242"));
        assert_eq!(first.name, "Maria Rossi");
        assert_eq!(first.terms.as_deref(), Some("30 days net"));
        assert_eq!(first.last_query.as_deref(), Some("shoes 38"));
        assert_eq!((&texts[1].phone, &texts[1].last_query), (&None, &None));
    }

    fn a_patch_takes_kinds(conn, _keyring, TABLE) {
        insert_into(customers::table).values(&maria()).execute(conn).unwrap();
        let patch = Patch { id: 1, email: None, phone: Some(None), name: Some(PersonalData::new("M. Rossi")) };
        update(customers::table.find(1_i64)).set(&patch).execute(conn).unwrap();
        let expected = Customer { phone: None, name: PersonalData::new("M. Rossi"), ..maria() };
        assert_eq!(Customer::query().first(conn).unwrap(), expected);
        let email = Email::new("m@example.com").unwrap();
        let patch = Patch { id: 1, email: Some(email.clone()), phone: None, name: None };
        update(customers::table.find(1_i64)).set(&patch).execute(conn).unwrap();
        let expected = Customer { email, ..expected };
        assert_eq!(Customer::query().filter(Customer::email_eq(&expected.email)).first(conn).unwrap(), expected);
    }

    fn a_stored_text_that_is_no_such_thing_is_a_typed_error(conn, _keyring, TABLE) {
        let nonsense = AsText {
            id: 1, email: "not-an-address-7f3e".into(), phone: None, tax_id: None, iban: None, card: None,
            name: "x".into(), terms: None, last_query: None,
        };
        insert_into(customers::table).values(&nonsense).execute(conn).unwrap();
        let error = Customer::query().first(conn).unwrap_err().to_string();
        assert!(
            error.contains("cannot open customers.email [id=1]: the sealed value does not fit the field: \
                not an e-mail address: its parts are not in the form of one; expected a mailbox and a domain"),
            "{error}"
        );
        assert!(!error.contains("7f3e"), "{error}");
        // The row is not lost: it loads sealed, and the other fields open.
        let sealed: SealedCustomer = customers::table.select(SealedCustomer::as_select()).first(conn).unwrap();
        assert_eq!(sealed.row().open_name(&sealed.name).unwrap(), PersonalData::new("x"));
        assert!(sealed.row().open_email(&sealed.email).is_err());
    }
}
