use std::fmt;

use iban::{BaseIban, ParseBaseIbanError, ParseIbanError};

use super::{Problem, is_separator, kind, squeezed};
use crate::secret::Secret;

/// An international bank account number: ISO 13616, with check digits (mod 97) and the form of its country in the
/// registry that SWIFT keeps.
///
/// Kept in upper case without spaces (the electronic format), printed as its first and last four.
///
/// ```
/// use encrypted_fields::kinds::Iban;
///
/// let iban = Iban::new("it60 X054 2811 1010 0000 0123 456")?;
/// assert_eq!(iban.to_string(), "IT60 **** 3456");
/// assert_eq!(iban.country(), "IT");
/// assert_eq!(iban.expose(), "IT60X0542811101000000123456");
/// # Ok::<(), encrypted_fields::kinds::KindError>(())
/// ```
#[derive(Clone)]
pub struct Iban(Secret<String>);

kind::checked!(Iban, Financial, Exact, parse, reread);

impl Iban {
    /// ISO 3166-1 alpha-2.
    pub fn country(&self) -> &str {
        self.expose().get(..2).unwrap_or_default()
    }
}

impl fmt::Display for Iban {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.expose();
        let (first, last) = (text.get(..4).unwrap_or_default(), text.len().saturating_sub(4));
        write!(f, "{first} **** {}", text.get(last..).unwrap_or_default())
    }
}

fn parse(text: &str) -> Result<String, Problem> {
    let squeezed = characters(text)?;
    match squeezed.parse::<iban::Iban>() {
        Ok(_) => Ok(squeezed.to_string()),
        Err(ParseIbanError::InvalidBaseIban { source }) => Err(problem(source, squeezed.len())),
        Err(ParseIbanError::UnknownCountry(_)) => in_a_form_left_out(&squeezed).map(|()| squeezed.to_string()),
        Err(ParseIbanError::InvalidBban(_)) => Err(Problem::Form),
    }
}

/// Two countries of the registry that the crate's copy of it lacks: four letters of the bank, then Honduras has 20
/// digits, and Pakistan 16 characters. The check digits are right already.
fn in_a_form_left_out(text: &str) -> Result<(), Problem> {
    let (country, account) = text.split_at_checked(4).ok_or(Problem::Form)?;
    let (bank, account) = account.split_at_checked(4).ok_or(Problem::Form)?;
    let holds = match country.get(..2) {
        Some("HN") => account.len() == 20 && account.bytes().all(|c| c.is_ascii_digit()),
        Some("PK") => account.len() == 16,
        _ => return Err(Problem::Country),
    };
    if holds && bank.bytes().all(|c| c.is_ascii_uppercase()) { Ok(()) } else { Err(Problem::Form) }
}

/// Without the registry: a country may change its form, not what is stored.
fn reread(text: &str) -> Result<String, Problem> {
    let squeezed = characters(text)?;
    squeezed.parse::<BaseIban>().map_err(|error| problem(error, squeezed.len()))?;
    Ok(squeezed.to_string())
}

fn characters(text: &str) -> Result<zeroize::Zeroizing<String>, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Problem::Empty);
    }
    match text.chars().position(|c| !c.is_ascii_alphanumeric() && !is_separator(c)) {
        Some(at) => Err(Problem::Character { at: at + 1 }),
        None => Ok(squeezed(text)),
    }
}

fn problem(error: ParseBaseIbanError, found: usize) -> Problem {
    match error {
        ParseBaseIbanError::InvalidChecksum => Problem::CheckDigits,
        // ISO 13616-1: country and check digits, then at most 30 characters.
        ParseBaseIbanError::InvalidFormat if !(5..=34).contains(&found) => Problem::Length { found },
        ParseBaseIbanError::InvalidFormat => Problem::Form,
    }
}
