use std::fmt;

use super::{Problem, is_separator, kind, luhn};
use crate::secret::Secret;

/// A payment card's number (PAN): 12 to 19 digits, the last a Luhn digit (ISO/IEC 7812-1).
///
/// Kept as its digits, printed as its last four. Where card numbers are stored, PCI DSS applies to the whole system;
/// the card's verification code must not be stored at all, encrypted or not.
///
/// ```
/// use encrypted_fields::kinds::CardNumber;
///
/// let card = CardNumber::new("4242-4242-4242-4242")?;
/// assert_eq!(card.to_string(), "**** **** **** 4242");
/// assert_eq!(card.last_four(), "4242");
/// assert_eq!(card.expose(), "4242424242424242");
/// # Ok::<(), encrypted_fields::kinds::KindError>(())
/// ```
#[derive(Clone)]
pub struct CardNumber(Secret<String>);

kind::checked!(CardNumber, Financial, Digits, parse, parse);

impl CardNumber {
    /// What receipts and account pages show.
    pub fn last_four(&self) -> &str {
        self.expose().split_at_checked(self.expose().len().saturating_sub(4)).map_or("", |(_, last)| last)
    }
}

impl fmt::Display for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "**** **** **** {}", self.last_four())
    }
}

fn parse(text: &str) -> Result<String, Problem> {
    let mut digits = String::with_capacity(text.len());
    for (at, c) in text.trim().chars().enumerate() {
        match c {
            '0'..='9' => digits.push(c),
            c if is_separator(c) => {}
            _ => return Err(Problem::Character { at: at + 1 }),
        }
    }
    match digits.len() {
        0 => Err(Problem::Empty),
        12..=19 if luhn::checks(digits.as_bytes()) => Ok(digits),
        12..=19 => Err(Problem::CheckDigits),
        found => Err(Problem::Length { found }),
    }
}
