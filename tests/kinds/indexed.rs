//! Look-ups by any spelling, and the tokens of a `String` field with the same normalization.

use diesel::result::{DatabaseErrorKind, Error};
use encrypted_fields::BlindIndex;

use super::*;

on_every_backend! {
    fn any_spelling_finds_the_row(conn, _keyring, TABLE) {
        insert_into(customers::table).values(&vec![maria(), hans()]).execute(conn).unwrap();
        macro_rules! finds {
            ($look_up:ident: $kind:ident: $($spelling:literal),*) => {$(
                let value = $kind::new($spelling).unwrap();
                let found: Vec<Customer> = Customer::query().filter(Customer::$look_up(&value)).load(conn).unwrap();
                assert_eq!(found, [maria()], "{}", $spelling);
            )*};
        }
        finds!(email_eq: Email: "maria.rossi@example.com", "MARIA.ROSSI@EXAMPLE.COM", " Maria.Rossi@Example.com ");
        finds!(phone_eq: Phone: "+39 055 1234567", "+390551234567", "+39 (055) 123-45-67");
        finds!(tax_id_eq: TaxId: "RSSMRA80A01H501U", "rssmra80a01h501u", "RSS MRA 80A01 H501U");
        finds!(iban_eq: Iban: "IT60X0542811101000000123456", "it60 x054 2811 1010 0000 0123 456");
        finds!(card_eq: CardNumber: "4242424242424242", "4242 4242 4242 4242");
        let anybody = [Email::new("HANS@example.DE").unwrap(), Email::new("nobody@example.de").unwrap()];
        let found: Vec<Customer> = Customer::query().filter(Customer::email_eq_any(&anybody)).load(conn).unwrap();
        assert_eq!(found, [hans()]);
        let other = Email::new("maria.rossi@example.org").unwrap();
        assert!(Customer::query().filter(Customer::email_eq(&other)).load(conn).unwrap().is_empty());
    }

    fn a_second_spelling_meets_the_unique_index(conn, _keyring, TABLE) {
        insert_into(customers::table).values(&maria()).execute(conn).unwrap();
        let twin = Customer { email: "MARIA.rossi@example.com".parse().unwrap(), ..hans() };
        let error = insert_into(customers::table).values(&twin).execute(conn).unwrap_err();
        assert!(matches!(error, Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)), "{error}");
    }

    fn a_text_with_the_same_normalization_has_the_same_token(conn, _keyring, TABLE) {
        insert_into(customers::table).values(&maria()).execute(conn).unwrap();
        let text: AsText = AsText::query().filter(AsText::email_eq("Maria.Rossi@Example.com")).first(conn).unwrap();
        assert_eq!(text.email, "Maria.Rossi@example.com");
        assert_eq!(AsText::query().filter(AsText::phone_eq("+39 055 1234567")).first(conn).unwrap(), text);
        assert_eq!(AsText::query().filter(AsText::card_eq("4242 4242 4242 4242")).first(conn).unwrap(), text);
        assert_eq!(AsText::query().filter(AsText::iban_eq("IT60X0542811101000000123456")).first(conn).unwrap(), text);
        // And the other way: what a text wrote is loaded, checked and found as a kind.
        diesel::delete(customers::table).execute(conn).unwrap();
        let text = AsText { email: "Maria.Rossi@Example.COM".into(), ..text };
        insert_into(customers::table).values(&text).execute(conn).unwrap();
        let found: Customer = Customer::query().filter(Customer::email_eq(&maria().email)).first(conn).unwrap();
        assert_eq!(found, maria());
    }

    fn a_setter_moves_the_token(conn, _keyring, TABLE) {
        insert_into(customers::table).values(&vec![maria(), hans()]).execute(conn).unwrap();
        let row = maria().row();
        let (email, phone) = (Email::new("Maria@Example.org").unwrap(), Phone::new("+44 20 7946 0958").unwrap());
        update(customers::table.find(1_i64)).set((row.set_email(&email), row.set_phone(Some(&phone)))).execute(conn).unwrap();
        let found: Customer = Customer::query().filter(Customer::email_eq(&email)).first(conn).unwrap();
        assert_eq!(found, Customer { email, phone: Some(phone), ..maria() });
        assert!(Customer::query().filter(Customer::email_eq(&maria().email)).load(conn).unwrap().is_empty());
        update(customers::table.find(1_i64)).set(row.set_phone(None)).execute(conn).unwrap();
        let token: Option<Vec<u8>> = customers::table.find(1_i64).select(customers::phone_bidx).first(conn).unwrap();
        assert_eq!(token, None);
    }

    fn another_normalization_is_refused_and_not_missed(conn, _keyring, TABLE) {
        #[derive(Debug, EncryptedModel)]
        #[diesel(table_name = customers)]
        struct Exact {
            id: i64,
            #[encrypted(index = email_bidx)]
            email: String,
            #[encrypted]
            name: String,
        }

        insert_into(customers::table).values(&hans()).execute(conn).unwrap();
        let error = Exact::query().first(conn).unwrap_err();
        assert!(error.to_string().contains("the blind index in `email_bidx` does not belong to the value"), "{error}");
    }

    fn a_written_normalization_replaces_the_kinds_own(conn, _keyring, TABLE) {
        #[derive(Debug, EncryptedModel)]
        #[diesel(table_name = customers)]
        struct Lower {
            id: i64,
            #[encrypted(index(email_bidx, normalize = lower))]
            email: Email,
            #[encrypted]
            name: PersonalData,
        }
        #[derive(Debug, EncryptedModel)]
        #[diesel(table_name = customers)]
        struct LowerText {
            id: i64,
            #[encrypted(index(email_bidx, normalize = lower))]
            email: String,
            #[encrypted]
            name: String,
        }

        let old = LowerText { id: 1, email: "Maria@Example.com".into(), name: "Maria".into() };
        insert_into(customers::table).values(&old).execute(conn).unwrap();
        let email = Email::new("mARIA@example.com").unwrap();
        let found: Lower = Lower::query().filter(Lower::email_eq(&email)).first(conn).unwrap();
        assert_eq!((found.id, found.email.expose(), found.name.expose()), (1, "Maria@example.com", "Maria"));
    }
}

/// A kind brings no format of its own: its tokens are those of texts, which `vectors/blind_index.json` freezes.
#[test]
fn a_kinds_token_is_that_of_its_text() {
    let keyring = encrypted_fields::testing::keyring();
    let kind = maria().seal(&keyring).unwrap();
    let text = AsText {
        id: 1,
        email: "MARIA.ROSSI@EXAMPLE.COM".into(),
        phone: Some("39 0551 234567".into()),
        tax_id: Some("RSSMRA80A01H501U".into()),
        iban: Some("IT60X0542811101000000123456".into()),
        card: Some("4242 4242 4242 4242".into()),
        name: "Maria Rossi".into(),
        terms: None,
        last_query: None,
    };
    let text = text.seal(&keyring).unwrap();
    let token = |index: &Option<BlindIndex>| index.as_ref().unwrap().token().unwrap().to_vec();
    assert_eq!(kind.email_bidx.token().unwrap(), text.email_bidx.token().unwrap());
    assert_eq!(token(&kind.phone_bidx), token(&text.phone_bidx));
    assert_eq!(token(&kind.tax_id_bidx), token(&text.tax_id_bidx));
    assert_eq!(token(&kind.iban_bidx), token(&text.iban_bidx));
    assert_eq!(token(&kind.card_bidx), token(&text.card_bidx));
}
