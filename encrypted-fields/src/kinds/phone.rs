use std::fmt;

use phonenumber::{Mode, country};

use super::{Problem, is_separator, kind};
use crate::secret::Secret;

/// A phone number in the international form of ITU-T E.164, which its country's numbering plan has.
///
/// Kept as `+` and digits, printed as its country code and last two digits. A number without a country code is read as
/// in a country by [`Phone::in_country`]. Extensions are not part of E.164, and refused.
///
/// ```
/// use encrypted_fields::kinds::Phone;
///
/// let phone = Phone::new("+39 055 1234567")?;
/// assert_eq!(phone.expose(), "+390551234567");
/// assert_eq!(phone.to_string(), "+39 *** *** 67");
/// assert_eq!(Phone::in_country("IT", "055 1234567")?, phone);
/// # Ok::<(), encrypted_fields::kinds::KindError>(())
/// ```
#[derive(Clone)]
pub struct Phone(Secret<String>);

kind::checked!(Phone, Personal, Digits, parse, reread);

impl Phone {
    /// A number as people of this country (ISO 3166-1 alpha-2) write it, with or without a country code.
    ///
    /// # Errors
    /// Where it is no number there; the error does not carry it.
    pub fn in_country(country: &str, text: impl Into<String>) -> Result<Self, super::KindError> {
        let text = zeroize::Zeroizing::new(text.into());
        let country = country.parse::<country::Id>().map_err(|_| Problem::Country);
        country
            .and_then(|country| numbered(Some(country), &text))
            .map(|kept| Self(Secret::new(kept)))
            .map_err(|problem| super::KindError::new(super::Kind::Phone, problem))
    }

    /// The digits after the `+`: ITU-T E.164, annex D.
    pub fn country_code(&self) -> &str {
        let digits = self.expose().get(1..).unwrap_or_default();
        digits.get(..country_code_length(digits)).unwrap_or_default()
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.expose().len().saturating_sub(2);
        write!(f, "+{} *** *** {}", self.country_code(), self.expose().get(last..).unwrap_or_default())
    }
}

fn parse(text: &str) -> Result<String, Problem> {
    let international = text.trim_start().starts_with('+');
    characters(text)?;
    if international { numbered(None, text) } else { Err(Problem::Country) }
}

/// By the numbering plans that the crate carries.
fn numbered(country: Option<country::Id>, text: &str) -> Result<String, Problem> {
    characters(text)?;
    let number = phonenumber::parse(country, text.trim()).map_err(|error| match error {
        phonenumber::ParseError::InvalidCountryCode => Problem::Country,
        _ => Problem::Form,
    })?;
    if !number.is_valid() {
        return Err(Problem::NotInPlan);
    }
    reread(&number.format().mode(Mode::E164).to_string())
}

/// E.164's own rule, which no plan changes: at most 15 digits, the country code first. Seven is the shortest in use.
fn reread(text: &str) -> Result<String, Problem> {
    characters(text)?;
    let mut kept = String::with_capacity(text.len());
    kept.extend(text.chars().filter(|c| *c == '+' || c.is_ascii_digit()));
    match kept.strip_prefix('+') {
        None => Err(Problem::Country),
        Some(digits) if !(7..=15).contains(&digits.len()) => Err(Problem::Length { found: digits.len() }),
        Some(digits) if digits.starts_with('0') => Err(Problem::Country),
        Some(_) => Ok(kept),
    }
}

/// Only what people put between digits: the crate reads letters as keys and as extensions.
fn characters(text: &str) -> Result<(), Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Problem::Empty);
    }
    let first = |at: usize, c: char| at == 0 && c == '+';
    let between = |c: char| c.is_ascii_digit() || is_separator(c) || matches!(c, '(' | ')');
    match text.chars().enumerate().find(|(at, c)| !first(*at, *c) && !between(*c)) {
        Some((at, _)) => Err(Problem::Character { at: at + 1 }),
        None => Ok(()),
    }
}

/// The codes of E.164 have one digit in zones 1 and 7, two where listed here, and three elsewhere.
fn country_code_length(digits: &str) -> usize {
    const TWO: &[&str] = &[
        "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49",
        "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84",
        "86", "90", "91", "92", "93", "94", "95", "98",
    ];
    match digits.as_bytes() {
        [b'1' | b'7', ..] => 1,
        _ if TWO.iter().any(|code| digits.starts_with(code)) => 2,
        _ => 3,
    }
}
