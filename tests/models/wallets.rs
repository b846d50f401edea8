//! Money: two tables of one shape, and one in another schema, with a blind index each.

use diesel::prelude::*;
use encrypted_fields::EncryptedModel;
use rust_decimal::Decimal;

/// The tables in the default schema.
pub const TABLES: &str = "
    CREATE TABLE wallets (id BIGINT PRIMARY KEY, owner_id BIGINT NOT NULL, balance enc_numeric NOT NULL,
        credit enc_numeric NOT NULL, iban enc_text NOT NULL, iban_bidx BYTEA NOT NULL, note enc_text_text,
        hint enc_text_unbound NOT NULL, other_hint enc_text_unbound NOT NULL);
    CREATE TABLE old_wallets (id BIGINT PRIMARY KEY, owner_id BIGINT NOT NULL, balance enc_numeric NOT NULL,
        credit enc_numeric NOT NULL, iban enc_text NOT NULL, iban_bidx BYTEA NOT NULL, note enc_text_text,
        hint enc_text_unbound NOT NULL, other_hint enc_text_unbound NOT NULL);";

macro_rules! wallets {
    ($([$schema:ident])? $table:ident $model:ident) => {
        pub mod $table {
            use super::*;

            diesel::table! {
                use diesel::sql_types::*;
                use encrypted_fields::sql_types::*;
                $($schema.)? $table (id) {
                    id -> BigInt,
                    owner_id -> BigInt,
                    balance -> Encrypted<Numeric>,
                    credit -> Encrypted<Numeric>,
                    iban -> Encrypted<Text>,
                    iban_bidx -> Binary,
                    note -> Nullable<EncryptedText<Text>>,
                    hint -> Encrypted<Text, Unbound>,
                    other_hint -> Encrypted<Text, Unbound>,
                }
            }

            /// Bound to its owner as well.
            #[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
            #[diesel(table_name = $table)]
            #[encrypted(bind(id, owner_id), sealed(derive(Debug, Clone)))]
            pub struct $model {
                pub id: i64,
                pub owner_id: i64,
                #[encrypted]
                pub balance: Decimal,
                #[encrypted]
                pub credit: Decimal,
                #[encrypted(index = iban_bidx)]
                pub iban: String,
                #[encrypted]
                pub note: Option<String>,
                #[encrypted]
                pub hint: String,
                #[encrypted]
                pub other_hint: String,
            }

            impl $model {
                /// A wallet whose every value tells which it is.
                pub fn sample(id: i64, owner_id: i64) -> Self {
                    Self {
                        id,
                        owner_id,
                        balance: Decimal::new(id * 1_000_000 + 31_415, 2),
                        credit: Decimal::new(id * 1_000_000 + 27_182, 2),
                        iban: format!("IT60X054281110100000000{id:04}"),
                        note: Some(format!("the note of wallet {id}")),
                        hint: format!("the hint of wallet {id}"),
                        other_hint: format!("the other hint of wallet {id}"),
                    }
                }
            }
        }
    };
}
wallets!(wallets Wallet);
wallets!(old_wallets OldWallet);
wallets!([branch] branch_wallets BranchWallet);
wallets!([other_branch] other_branch_wallets OtherBranchWallet);
