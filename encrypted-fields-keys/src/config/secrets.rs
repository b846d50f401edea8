//! Telling a secret from what belongs in a configuration: only its name does.

use encrypted_fields::{KeyMaterial, KeyOrigin};

/// What a value is, if it is a secret.
pub(super) fn secret(value: &str) -> Option<&'static str> {
    let text = value.trim_ascii();
    let without_algorithm =
        text.split_once(':').filter(|(it, _)| it.ends_with("-256-GCM")).map_or(text, |(_, key)| key);
    if without_algorithm.starts_with("passphrase:") {
        return Some("a passphrase");
    }
    if text.starts_with('{') {
        return Some("a keyset");
    }
    // HashiCorp's prefixes of service, batch and recovery tokens.
    if ["hvs.", "hvb.", "hvr."].iter().any(|prefix| text.starts_with(prefix)) {
        return Some("a Vault token");
    }
    if has_password(text) {
        return Some("a URL with a password");
    }
    // The name of a variable can be 43 characters long, and is then base64 too.
    let is_name =
        text.len() < 64 && text.bytes().all(|it| it == b'_' || it.is_ascii_uppercase() || it.is_ascii_digit());
    let is_path = text.starts_with('/') && !text.ends_with('=');
    let is_key = !is_name && !is_path && KeyMaterial::parse(without_algorithm, &KeyOrigin::Given).is_ok();
    is_key.then_some("a key")
}

/// Whether a URL has a password: between user and host, or as a parameter.
pub(super) fn has_password(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else { return false };
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let of_user = authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'));
    let parameters = path.split_once('?').map_or("", |(_, parameters)| parameters);
    of_user || parameters.split('&').any(|it| it.starts_with("password="))
}

/// Whether a text is a name: of a key of the file, or of a KEK.
pub(super) fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-' || it == b'_')
        && secret(text).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_from_names_and_paths() {
        let hex = "0f".repeat(32);
        for text in [
            hex.as_str(),
            "q83vEjRWeJq83vEjRWeJq83vEjRWeJq83vEjRWeJq80=",
            "AES-256-GCM:q83vEjRWeJq83vEjRWeJq83vEjRWeJq83vEjRWeJq80",
            "passphrase:argon2id:..",
            "passphrase:correct horse",
            "{\"primaryKeyId\": 1}",
            "hvs.CAESI",
            "postgres://u:p@h/db",
            "postgres:///db?password=p",
        ] {
            assert!(secret(text).is_some(), "{text}");
        }
        for text in [
            "SHOP_KEK",
            "ENCRYPTED_FIELDS_SHOP_PRODUCTION_RECOVERY_K",
            "/var/lib/encrypted/fields/keys/shop/kek00ky",
            "keys/recovery.key",
            "alias/shop",
            "1234abcd-12ab-34cd-56ef-1234567890ab",
            "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "postgres://u@h/db?sslmode=require",
            "https://vault.internal:8200",
            "",
        ] {
            assert_eq!(secret(text), None, "{text}");
        }
    }
}
