//! Invented people, the same in each run. The tax ids have right check characters, one of them in the form that is given
//! to namesakes (omocodia); the cards and IBANs are the issuers' published test numbers.

use chrono::{Days, NaiveDate};
use encrypted_fields::Version;
use encrypted_fields::codec::Json;
use encrypted_fields::kinds::{PersonalData, Query};
use example_support::Error;
use rust_decimal::Decimal;

use crate::models::{Address, BilledTo, Invoice, QueryLog, Subscription, User};

/// What the tables hold: as made here on the way in, as decrypted on the way back.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Contents {
    pub(crate) users: Vec<User>,
    pub(crate) logs: Vec<QueryLog>,
    pub(crate) subscriptions: Vec<Subscription>,
    pub(crate) invoices: Vec<Invoice>,
}

/// Fails where a datum is not of its kind.
pub(crate) fn contents() -> Result<Contents, Error> {
    let mut contents = Contents::default();
    let day = NaiveDate::from_ymd_opt(2026, 1, 31).unwrap_or_default();
    for (id, name, email, phone, tax_id, street, postal_code, city) in [
        (
            1,
            "Maria Rossi",
            "Maria.Rossi@example.com",
            Some("+39 055 123 4567"),
            "RSSMRA85T50D612W",
            "Via Roma 1",
            "50123",
            "Firenze",
        ),
        (2, "Mario Rossi", "mario@example.it", None, "RSSMRA85T10A562S", "Via Po 22", "56017", "San Giuliano Terme"),
        (
            3,
            "Mario Rossi",
            "mario.r@example.it",
            Some("+39 347 123 4567"),
            "RSSMRA85T10A56NH",
            "Corso Italia 3",
            "20122",
            "Milano",
        ),
    ] {
        let address = Address {
            street: PersonalData::new(street),
            postal_code: PersonalData::new(postal_code),
            city: PersonalData::new(city),
            country: "IT".to_owned(),
        };
        contents.users.push(User {
            id,
            created_on: day,
            email: email.parse()?,
            phone: phone.map(str::parse).transpose()?,
            tax_id: tax_id.parse()?,
            full_name: PersonalData::new(name),
            address,
        });
        let price = Decimal::new(990 + 500 * id, 2);
        contents.subscriptions.push(Subscription {
            id,
            user_id: id,
            plan: if id == 1 { "family" } else { "single" }.to_owned(),
            state: "active".to_owned(),
            price,
            price_version: Version::new(),
            iban: (id == 1).then(|| "IT60X0542811101000000123456".parse()).transpose()?,
            card: (id > 1).then(|| "4242 4242 4242 4242".parse()).transpose()?,
            renews_on: day + Days::new(365),
        });
        for (nth, question) in ["Can I deduct my rent?", "How is my pension from abroad taxed?"].into_iter().enumerate()
        {
            let id = id * 10 + nth as i64;
            let answer =
                (nth == 0).then(|| PersonalData::new(format!("{name}: yes, up to the limit of your bracket.")));
            contents.logs.push(QueryLog {
                id,
                user_id: id / 10,
                asked_on: day,
                question: Query::new(question),
                answer,
            });
        }
        for month in 1..=3 {
            let vat = (price * Decimal::new(22, 2)).round_dp(2);
            contents.invoices.push(Invoice {
                id: id * 10 + month,
                user_id: id,
                number: format!("2026-{:04}", id * 10 + month),
                issued_on: day + Days::new(30 * month as u64),
                net: price,
                vat,
                total: price + vat,
                billed_to: Json(BilledTo {
                    name: name.to_owned(),
                    lines: vec![street.to_owned(), format!("{postal_code} {city}"), "Italia".to_owned()],
                }),
            });
        }
    }
    Ok(contents)
}
