use std::convert::Infallible;
use std::fmt;

use diesel::sql_types::Text;

use super::kind;
use crate::codec::DecodePlain;
use crate::error::OpenReason;
use crate::secret::Secret;

macro_rules! private_text {
    ($(#[$doc:meta])* $name:ident, $class:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(Secret<String>);

        kind::text!($name, $class, Exact);

        impl $name {
            /// Takes any text in, as it is.
            pub fn new(text: impl Into<String>) -> Self {
                Self(Secret::new(text.into()))
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::new(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl std::str::FromStr for $name {
            type Err = Infallible;

            fn from_str(text: &str) -> Result<Self, Infallible> {
                Ok(Self::new(text))
            }
        }

        /// Not even the length is shown: of a name or an amount it tells much.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("***")
            }
        }

        impl DecodePlain<Text> for $name {
            fn decode(bytes: &[u8]) -> Result<Self, OpenReason> {
                String::decode(bytes).map(Self::new)
            }
        }
    };
}

private_text! {
    /// A text about a person: a name, an address, a note.
    ///
    /// ```
    /// use encrypted_fields::kinds::PersonalData;
    ///
    /// let name = PersonalData::new("Maria Rossi");
    /// assert_eq!(format!("{name} {name:?}"), "*** PersonalData(..)");
    /// assert_eq!(name.expose(), "Maria Rossi");
    /// ```
    PersonalData, Personal
}

private_text! {
    /// A text about money: an invoice's line, terms, a reference.
    ///
    /// ```
    /// use encrypted_fields::kinds::FinancialData;
    ///
    /// let line = FinancialData::new("12 x consulting, 1,440.00");
    /// assert_eq!(format!("{line} {line:?}"), "*** FinancialData(..)");
    /// ```
    FinancialData, Financial
}

private_text! {
    /// What a user searched for or asked, as a query log keeps it: personal, since it tells of whoever asked.
    ///
    /// ```
    /// use encrypted_fields::kinds::Query;
    ///
    /// let query = Query::new("knee pain when running");
    /// assert_eq!(format!("{query} {query:?}"), "*** Query(..)");
    /// ```
    Query, Personal
}
