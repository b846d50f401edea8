//! Kinds: refused or held, sealed or found, none is printed.

use encrypted_fields::kinds::{CardNumber, Email, FinancialData, Iban, PersonalData, Phone, Query, TaxId};
use encrypted_fields::scope;

use super::*;
use crate::models::on_every_backend;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    payers (id) {
        id -> BigInt,
        email -> Encrypted<Text>,
        email_bidx -> Binary,
        phone -> Nullable<Encrypted<Text>>,
        tax_id -> Encrypted<Text>,
        iban -> Encrypted<Text>,
        card -> Encrypted<Text>,
        name -> Encrypted<Text>,
        terms -> Encrypted<Text>,
        asked -> Encrypted<Text>,
    }
}

const PAYERS: &str = "CREATE TABLE payers (id BIGINT PRIMARY KEY, email enc_text NOT NULL, email_bidx BYTEA NOT NULL,
    phone enc_text, tax_id enc_text NOT NULL, iban enc_text NOT NULL, card enc_text NOT NULL, name enc_text NOT NULL,
    terms enc_text NOT NULL, asked enc_text NOT NULL)";

#[derive(Debug, Clone, EncryptedModel)]
#[encrypted(sealed(derive(Debug)))]
struct Payer {
    id: i64,
    #[encrypted(index = email_bidx)]
    email: Email,
    #[encrypted]
    phone: Option<Phone>,
    #[encrypted]
    tax_id: TaxId,
    #[encrypted]
    iban: Iban,
    #[encrypted]
    card: CardNumber,
    #[encrypted]
    name: PersonalData,
    #[encrypted]
    terms: FinancialData,
    #[encrypted]
    asked: Query,
}

/// The same columns, into which anything goes.
#[derive(Debug, EncryptedModel)]
#[diesel(table_name = payers)]
struct Anything {
    id: i64,
    #[encrypted(index(email_bidx, normalize = nfkc_lower))]
    email: String,
    #[encrypted]
    phone: Option<String>,
    #[encrypted]
    tax_id: String,
    #[encrypted]
    iban: String,
    #[encrypted]
    card: String,
    #[encrypted]
    name: String,
    #[encrypted]
    terms: String,
    #[encrypted]
    asked: String,
}

const TAX_ID: &str = "RSSMRA80A01H501U";
const IBAN: &str = "IT60X0542811101000000123456";
const CARD: &str = "4242424242424242";
const PHONE: &str = "+390551234567";
const TERMS: &str = "canary terms: 30 days";

fn payer() -> Payer {
    Payer {
        id: 1,
        email: EMAIL.parse().unwrap(),
        phone: Some(PHONE.parse().unwrap()),
        tax_id: TAX_ID.parse().unwrap(),
        iban: IBAN.parse().unwrap(),
        card: CARD.parse().unwrap(),
        name: PersonalData::new(TAG),
        terms: FinancialData::new(TERMS),
        asked: Query::new(HANDLE),
    }
}

/// The values, without what the masks show.
fn watch() -> Watch {
    Watch::new(vec![
        Canary::text("the e-mail address", EMAIL),
        Canary::text("its local part", EMAIL.split_once('@').unwrap().0),
        Canary::text("the phone", PHONE),
        Canary::text("its middle", &PHONE[3..11]),
        Canary::text("the tax id", TAX_ID),
        Canary::text("its names and date", &TAX_ID[..12]),
        Canary::text("the IBAN", IBAN),
        Canary::text("its account", &IBAN[4..23]),
        Canary::text("the card", CARD),
        Canary::text("its first twelve", &CARD[..12]),
        Canary::text("the name", TAG),
        Canary::text("the terms", TERMS),
        Canary::text("the query", HANDLE),
    ])
}

on_every_backend! {
    fn of_a_model(conn, keyring, PAYERS) {
        let (watch, payer) = (watch(), payer());
        let row = payer.row();
        watch.saw_debug(&payer);
        watch.saw(format!("{} {} {} {}", payer.email, payer.phone.as_ref().unwrap(), payer.tax_id, payer.iban));
        watch.saw(format!("{} {} {} {}", payer.card, payer.name, payer.terms, payer.asked));
        watch.saw_debug(&payer.clone().seal(keyring).unwrap());
        watch.saw_debug(&Payer::email_eq(&payer.email));
        watch.saw_debug(&(row.set_email(&payer.email), row.set_card(&payer.card), row.set_phone(payer.phone.as_ref())));
        watch.saw_debug(&Payer::model());
        diesel::insert_into(payers::table).values(&payer).execute(conn).unwrap();
        watch.saw_debug(&Payer::query().load(conn).unwrap());
        assert!(watch.printed().contains("Email(..)") && watch.printed().contains("c***@example.test"));
        watch.assert_nothing_leaked();
    }

    fn of_a_column_that_holds_something_else(conn, keyring, PAYERS) {
        let watch = watch();
        let mistyped = |text: &str| format!("{text}?");
        let anything = Anything {
            id: 1,
            email: EMAIL.replace('@', " at "),
            phone: Some(PHONE.replace('+', "00")),
            tax_id: mistyped(TAX_ID),
            iban: mistyped(IBAN),
            card: mistyped(CARD),
            name: TAG.into(),
            terms: TERMS.into(),
            asked: HANDLE.into(),
        };
        diesel::insert_into(payers::table).values(&anything).execute(conn).unwrap();
        watch.saw_error(&Payer::query().load(conn).unwrap_err());
        let sealed: SealedPayer = payers::table.select(SealedPayer::as_select()).first(conn).unwrap();
        let row = sealed.row();
        watch.saw_error(&row.open_email(&sealed.email).unwrap_err());
        watch.saw_error(&row.open_phone(&sealed.phone).unwrap_err());
        watch.saw_error(&row.open_tax_id(&sealed.tax_id).unwrap_err());
        watch.saw_error(&row.open_iban(&sealed.iban).unwrap_err());
        watch.saw_error(&row.open_card(&sealed.card).unwrap_err());
        watch.saw_error(&sealed.open(keyring).map(drop).unwrap_err());
        watch.assert_nothing_leaked();
    }
}

#[test]
fn of_what_is_refused() {
    let watch = watch();
    let wrong = |text: &str| [text.replace('@', "#"), format!("{text}1"), format!("{text}_"), format!("x {text}")];
    for text in [EMAIL, PHONE, TAX_ID, IBAN, CARD].into_iter().flat_map(wrong) {
        let text = text.as_str();
        let json = serde_json::to_string(text).unwrap();
        macro_rules! saw {
            ($($kind:ident),*) => {$(
                if let Err(error) = $kind::new(text) {
                    watch.saw_error(&error);
                    watch.saw_error(&serde_json::from_str::<$kind>(&json).unwrap_err());
                }
            )*};
        }
        saw!(Email, Phone, TaxId, Iban, CardNumber);
        if let Err(error) = Phone::in_country("IT", text) {
            watch.saw_error(&error);
        }
    }
    // A number where a text belongs: serde's own errors would quote it.
    watch.saw_error(&serde_json::from_str::<CardNumber>(CARD).unwrap_err());
    watch.saw_error(&serde_json::from_str::<PersonalData>(CARD).unwrap_err());
    scope::with(&keyring(), || watch.saw_debug(&Payer::email_eq(&payer().email)));
    watch.assert_nothing_leaked();
}
