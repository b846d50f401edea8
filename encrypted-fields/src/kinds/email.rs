use std::fmt;

use email_address::{EmailAddress, Error, Options};
use unicode_normalization::is_nfkc;

use super::{Problem, kind};
use crate::secret::Secret;

/// RFC 5321, 4.5.3.1.3 with erratum 1690: a path is 256 octets with its brackets.
const LONGEST: usize = 254;

/// An e-mail address: a mailbox of a domain on the internet, RFC 5321 and 5322, with letters of any script in the local
/// part (RFC 6531).
///
/// Kept with the local part as entered, since only the receiving host may say what its case means (RFC 5321, 2.4), and
/// the domain in lower case. Compared and indexed without case.
///
/// Refused though the RFCs have them, since forms take them for mistakes and each gives a mailbox a second spelling:
/// quoted local parts, comments, addresses in brackets, domains of one label, display names. A domain of other scripts
/// is written in its ASCII form (`xn--`). A local part that is not in NFKC is refused: such characters look like the
/// letters of another's address, and a look-up would find that row.
///
/// ```
/// use encrypted_fields::kinds::Email;
///
/// let email = Email::new("Maria.Rossi@Example.com")?;
/// assert_eq!(email.to_string(), "M***@example.com");
/// assert_eq!(email.domain(), "example.com");
/// assert_eq!(email, "maria.rossi@EXAMPLE.com".parse()?);
/// # Ok::<(), encrypted_fields::kinds::KindError>(())
/// ```
#[derive(Clone)]
pub struct Email(Secret<String>);

kind::checked!(Email, Personal, NfkcLower, parse, reread);

impl Email {
    /// What is after the `@`, in lower case.
    pub fn domain(&self) -> &str {
        self.expose().rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

/// A local part of one character is not shown.
impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = self.expose().rsplit_once('@').map_or("", |(local, _)| local);
        let mut chars = local.chars();
        if let (Some(first), Some(_)) = (chars.next(), chars.next()) {
            write!(f, "{first}")?;
        }
        write!(f, "***@{}", self.domain())
    }
}

fn parse(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Problem::Empty);
    }
    let (local, domain) = text.rsplit_once('@').ok_or(Problem::Form)?;
    let options = Options::default().without_display_text().without_domain_literal().with_required_tld();
    // The characters first: where one has no place, it says which.
    if let Some(at) = local.chars().position(|c| !is_local(c)) {
        return Err(Problem::Character { at: at + 1 });
    }
    if let Some(at) = domain.chars().position(|c| !c.is_ascii_alphanumeric() && c != '-' && c != '.') {
        return Err(Problem::Character { at: local.chars().count() + at + 2 });
    }
    if !is_nfkc(local) {
        return Err(Problem::Form);
    }
    match EmailAddress::parse_with_options(text, options) {
        Ok(_) if text.len() <= LONGEST => kept(local, domain),
        Ok(_) | Err(Error::LocalPartTooLong | Error::DomainTooLong) => {
            Err(Problem::Length { found: text.chars().count() })
        }
        Err(_) => Err(Problem::Form),
    }
}

/// What a mail can be sent to at all: another rule may have let it in.
fn reread(text: &str) -> Result<String, Problem> {
    let (local, domain) = text.rsplit_once('@').ok_or(Problem::Form)?;
    if local.is_empty() || domain.is_empty() || text.len() > LONGEST || text.chars().any(char::is_control) {
        return Err(Problem::Form);
    }
    kept(local, domain)
}

fn kept(local: &str, domain: &str) -> Result<String, Problem> {
    let mut kept = String::with_capacity(local.len() + 1 + domain.len());
    kept.extend([local, "@"]);
    kept.extend(domain.chars().map(|c| c.to_ascii_lowercase()));
    Ok(kept)
}

/// `atext` and dots (RFC 5322, 3.2.3), and letters and digits of any script.
fn is_local(c: char) -> bool {
    c.is_alphanumeric() || c == '.' || "!#$%&'*+-/=?^_`{|}~".contains(c)
}
