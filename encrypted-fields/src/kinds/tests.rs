//! The standards' examples, and what holds for any text: it parses the same again, and nothing shows it.

mod any_text;
mod serialized;
mod vectors;

use std::fmt::{Debug, Display};

use diesel::sql_types::Text;

use super::*;
use crate::codec::{DecodePlain, EncodePlain};

/// A kind that is checked, as the tests ask it.
trait Checked: EncodePlain<Text> + DecodePlain<Text> + Debug + Display + Eq {
    fn parse(text: &str) -> Result<Self, KindError>;
    fn kept(&self) -> &str;

    /// What comes back from a column that holds this text.
    fn stored(text: &str) -> Result<Self, crate::OpenError> {
        let mut bytes = Vec::new();
        text.encode(&mut bytes).unwrap();
        Self::decode(&bytes).map_err(crate::OpenError::new)
    }
}

macro_rules! checked {
    ($($kind:ident),*) => {$(
        impl Checked for $kind {
            fn parse(text: &str) -> Result<Self, KindError> {
                $kind::new(text)
            }

            fn kept(&self) -> &str {
                self.expose()
            }
        }
    )*};
}
checked!(CardNumber, Email, Iban, TaxId);
#[cfg(feature = "phone")]
checked!(Phone);
