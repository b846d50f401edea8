mod codice_fiscale;
mod digits;
mod vat;

use std::fmt;

use super::{Problem, is_separator, kind, squeezed};
use crate::secret::Secret;

/// An Italian codice fiscale, or a VAT number of the European Union.
///
/// - A codice fiscale of 16 characters: form, month, day and check character, with letters for digits where two people
///   would have had one code (omocodia). D.M. 23 December 1976, n. 13813.
/// - One of 11 digits, as companies and people with a provisional code have: its Luhn digit.
/// - A VAT number with its country before it, `EL` for Greece and `XI` for Northern Ireland: the country's form and
///   check digits, after the Commission's "VIES VAT number construction rules".
///
/// Whether it was ever given out only the tax office knows (for VAT numbers, VIES).
///
/// Kept in upper case without separators, printed as its country and last two characters.
///
/// ```
/// use encrypted_fields::kinds::TaxId;
///
/// let id = TaxId::new("rss mra 80a01 h501u")?;
/// assert_eq!(id.to_string(), "IT *** 1U");
/// assert_eq!(id.expose(), "RSSMRA80A01H501U");
/// assert_eq!(TaxId::new("DE 136 695 976")?.country(), "DE");
/// # Ok::<(), encrypted_fields::kinds::KindError>(())
/// ```
#[derive(Clone)]
pub struct TaxId(Secret<String>);

kind::checked!(TaxId, Personal, Exact, parse, reread);

impl TaxId {
    /// ISO 3166-1 alpha-2, but for `EL` (Greece) and `XI` (Northern Ireland).
    pub fn country(&self) -> &str {
        if self.is_vat() { self.expose().get(..2).unwrap_or_default() } else { "IT" }
    }

    /// Whether it is a VAT number, as against a codice fiscale.
    pub fn is_vat(&self) -> bool {
        self.expose().len() != codice_fiscale::LENGTH && !self.expose().starts_with(|c: char| c.is_ascii_digit())
    }
}

impl fmt::Display for TaxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.expose().len().saturating_sub(2);
        write!(f, "{} *** {}", self.country(), self.expose().get(last..).unwrap_or_default())
    }
}

fn parse(text: &str) -> Result<String, Problem> {
    let squeezed = characters(text)?;
    let bytes = squeezed.as_bytes();
    match bytes {
        [first, ..] if first.is_ascii_digit() => codice_fiscale::check_numeric(bytes)?,
        _ if bytes.len() == codice_fiscale::LENGTH => codice_fiscale::check(bytes)?,
        [first, second, number @ ..] => vat::check([*first, *second], number)?,
        _ => return Err(Problem::Length { found: bytes.len() }),
    }
    Ok(squeezed.to_string())
}

/// The form that all have: a country may change its rules, not what is stored.
fn reread(text: &str) -> Result<String, Problem> {
    let squeezed = characters(text)?;
    if (4..=codice_fiscale::LENGTH).contains(&squeezed.len()) {
        Ok(squeezed.to_string())
    } else {
        Err(Problem::Length { found: squeezed.len() })
    }
}

/// Irish numbers of before 2013 may have `+` or `*`.
fn characters(text: &str) -> Result<zeroize::Zeroizing<String>, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Problem::Empty);
    }
    let known = |c: char| c.is_ascii_alphanumeric() || is_separator(c) || matches!(c, '+' | '*');
    match text.chars().position(|c| !known(c)) {
        Some(at) => Err(Problem::Character { at: at + 1 }),
        None => Ok(squeezed(text)),
    }
}
