//! The forms in which two spellings of one text are the same.

use std::borrow::Cow;

use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

/// How a text is normalized before its token is computed; part of the index's context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Normalize {
    /// Byte for byte.
    #[default]
    Exact,
    /// Unicode lower case.
    Lower,
    /// Unicode compatibility composition: `ﬁ` is `fi`, full-width digits are digits.
    Nfkc,
    /// Both: what two people who type the same e-mail address differ in.
    NfkcLower,
    /// ASCII digits only: phone and card numbers, whatever stands between the digits.
    Digits,
}

impl Normalize {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Lower => "lower",
            Self::Nfkc => "nfkc",
            Self::NfkcLower => "nfkc_lower",
            Self::Digits => "digits",
        }
    }

    pub(crate) fn apply(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Exact => text.into(),
            Self::Lower => text.to_lowercase().into(),
            Self::Nfkc => text.nfkc().collect::<String>().into(),
            Self::NfkcLower => text.nfkc().collect::<String>().to_lowercase().nfkc().collect::<String>().into(),
            Self::Digits => text.chars().filter(char::is_ascii_digit).collect::<String>().into(),
        }
    }
}
