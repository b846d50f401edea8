//! Pages of rows are sealed and opened as rows are one by one, and one that fails does not fail the others.

use std::num::NonZero;

use encrypted_fields::error::OpenReason;
use encrypted_fields::{Cores, EncryptedModel, OpenError, open_all, scope, seal_all, testing};
use rust_decimal::Decimal;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    payments (id) {
        id -> BigInt,
        amount -> Encrypted<Numeric>,
        note -> Nullable<Encrypted<Text>>,
    }
}

#[derive(Debug, Clone, PartialEq, EncryptedModel)]
#[encrypted(sealed(derive(Debug, Clone)))]
struct Payment {
    id: i64,
    #[encrypted]
    amount: Decimal,
    #[encrypted]
    note: Option<String>,
}

fn payments(rows: i64) -> Vec<Payment> {
    (0..rows)
        .map(|id| Payment { id, amount: Decimal::new(id, 2), note: (id % 3 > 0).then(|| format!("payment {id}")) })
        .collect()
}

const CORES: [Cores; 3] = [Cores::One, Cores::UpTo(NonZero::new(3).unwrap()), Cores::All];

#[test]
fn a_page_comes_back_in_its_order_on_any_number_of_cores() {
    let keyring = testing::keyring();
    for cores in CORES {
        let rows = payments(5000);
        let sealed: Result<Vec<SealedPayment>, _> = seal_all(rows.clone(), &keyring, cores).into_iter().collect();
        let sealed = sealed.unwrap();
        // One by one, and as a page.
        assert_eq!(sealed[4321].clone().open(&keyring).unwrap(), rows[4321]);
        let opened: Result<Vec<Payment>, OpenError> = open_all(sealed, &keyring, cores).into_iter().collect();
        assert_eq!(opened.unwrap(), rows);
    }
    assert_eq!(keyring.keys().map(|key| key.seals).sum::<u64>(), 3 * (5000 + 3333), "each value is counted");
}

#[test]
fn a_row_that_does_not_open_is_told_at_its_place_and_the_others_open() {
    let keyring = testing::keyring();
    for cores in CORES {
        let mut sealed: Vec<SealedPayment> =
            seal_all(payments(3000), &keyring, cores).into_iter().map(Result::unwrap).collect();
        sealed.swap(10, 20);
        (sealed[10].id, sealed[20].id) = (10, 20);
        sealed[2999].note = sealed[2998].note.clone();
        let opened = open_all::<Payment>(sealed, &keyring, cores);
        let failed: Vec<usize> =
            opened.iter().enumerate().filter(|(_, row)| row.is_err()).map(|(index, _)| index).collect();
        assert_eq!(failed, [10, 20, 2999]);
        let error = opened[2999].as_ref().unwrap_err();
        assert!(matches!(error.reason(), OpenReason::Authentication { .. }), "{error}");
        assert!(error.to_string().contains("payments.note"), "{error}");
        assert!(error.to_string().contains("id=2999"), "{error}");
    }
}

/// A worker's thread has no scope, and needs none.
#[test]
fn the_keyring_in_hand_is_used_whatever_is_in_scope() {
    let (in_hand, in_scope) = (testing::keyring(), testing::keyring());
    scope::with(&in_scope, || {
        let sealed = seal_all(payments(3000), &in_hand, Cores::All).into_iter().map(Result::unwrap).collect();
        assert!(open_all::<Payment>(sealed, &in_hand, Cores::All).iter().all(Result::is_ok));
    });
    assert_eq!(in_scope.keys().map(|key| key.seals).sum::<u64>(), 0);
}
