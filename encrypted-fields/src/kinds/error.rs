use std::fmt;

/// A text is not of its kind. The message says which kind, what is wrong, and what is expected; never the text.
///
/// ```
/// use encrypted_fields::kinds::{CardNumber, Problem};
///
/// let error = CardNumber::new("4242 4242 4242 4241").unwrap_err();
/// assert_eq!(error.problem(), Problem::CheckDigits);
/// assert_eq!(
///     error.to_string(),
///     "not a card number: its check digits are wrong, so a character was mistyped; expected the 12 to 19 digits on \
///      the card, with or without spaces"
/// );
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not {kind}: {problem}; expected {}", kind.expected())]
pub struct KindError {
    kind: Kind,
    problem: Problem,
}

impl KindError {
    pub(crate) fn new(kind: Kind, problem: Problem) -> Self {
        Self { kind, problem }
    }

    /// What the text should have been.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What is wrong with it.
    pub fn problem(&self) -> Problem {
        self.problem
    }
}

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// There is none.
    #[error("it is empty")]
    Empty,
    /// It is too short or too long, by its characters without separators.
    #[error("it has {found} characters")]
    Length {
        /// How many it has.
        found: usize,
    },
    /// A character that no text of the kind has.
    #[error("character {at} has no place in one")]
    Character {
        /// Which one, from 1, in the text as it was given.
        at: usize,
    },
    /// Its parts are not where they belong.
    #[error("its parts are not in the form of one")]
    Form,
    /// No such country, or none whose form is known.
    #[error("its country is not a known one")]
    Country,
    /// The check digits or characters do not belong to the rest.
    #[error("its check digits are wrong, so a character was mistyped")]
    CheckDigits,
    /// Its country's numbering plan has no such number.
    #[error("its country's numbering plan has no such number")]
    NotInPlan,
}

/// The kinds that are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// [`Email`](super::Email).
    Email,
    /// `Phone`.
    Phone,
    /// [`TaxId`](super::TaxId).
    TaxId,
    /// [`Iban`](super::Iban).
    Iban,
    /// [`CardNumber`](super::CardNumber).
    CardNumber,
}

impl Kind {
    /// The examples are the standards' own, and nobody's.
    pub(super) fn expected(self) -> &'static str {
        match self {
            Self::Email => "a mailbox and a domain, as in name@example.com",
            Self::Phone => "the number with its country code, as in +39 055 1234567",
            Self::TaxId => {
                "an Italian codice fiscale (16 characters, or 11 digits) or an EU VAT number with its country, as in \
                 IT12345670587"
            }
            Self::Iban => "country, two check digits and account, as in GB29 NWBK 6016 1331 9268 19",
            Self::CardNumber => "the 12 to 19 digits on the card, with or without spaces",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Email => "an e-mail address",
            Self::Phone => "a phone number",
            Self::TaxId => "a tax id",
            Self::Iban => "an IBAN",
            Self::CardNumber => "a card number",
        })
    }
}
