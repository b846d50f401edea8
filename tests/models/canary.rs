//! Plaintexts that are recognised wherever they turn up.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};

/// Bytes that must not appear, in any form they could be printed in.
#[derive(Clone)]
pub struct Canary {
    name: &'static str,
    forms: Vec<String>,
}

impl Canary {
    /// Text: as it is, escaped, and as bytes.
    pub fn text(name: &'static str, text: &str) -> Self {
        let mut canary = Self::bytes(name, text.as_bytes());
        canary.forms.push(text.to_owned());
        canary.forms.push(text.escape_debug().to_string());
        canary
    }

    /// Bytes: hex, base64 at each of its three alignments, and a list of numbers.
    pub fn bytes(name: &'static str, bytes: &[u8]) -> Self {
        assert!(bytes.len() >= 6, "{name} is too short to be recognised");
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut forms = vec![hex.to_uppercase(), hex];
        for skip in 0..3 {
            let whole = &bytes[skip..skip + (bytes.len() - skip) / 3 * 3];
            forms.push(Base64::encode_string(whole));
            forms.push(Base64UrlUnpadded::encode_string(whole));
        }
        let list = format!("{bytes:?}");
        forms.push(list.trim_matches(['[', ']']).to_owned());
        forms.push(bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect());
        forms.retain(|form| form.len() >= 8);
        Self { name, forms }
    }

    /// Whether `text` shows it, and how.
    pub fn is_in(&self, text: &str) -> Option<String> {
        // Pretty debug output writes a list of bytes on a line each.
        let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let found = self.forms.iter().find(|form| text.contains(*form) || joined.contains(*form))?;
        Some(format!("{} as {found:?}", self.name))
    }
}

#[test]
fn a_canary_is_found_in_every_form() {
    let canary = Canary::text("canary", "canary-7f3e");
    for text in [
        "a canary-7f3e.",
        "63616e6172792d37663365",
        "63616E6172792D37663365",
        "[99, 97, 110, 97, 114, 121, 45, 55, 102, 51, 101]",
    ] {
        assert!(canary.is_in(text).is_some(), "{text}");
    }
    for before in ["", "x", "xx"] {
        let bytes = format!("{before}canary-7f3e!");
        assert!(canary.is_in(&Base64::encode_string(bytes.as_bytes())).is_some(), "{bytes}");
        assert!(canary.is_in(&format!("{:#?}", bytes.as_bytes())).is_some(), "{bytes}");
    }
    assert!(canary.is_in("canary-7f3f").is_none());
}
