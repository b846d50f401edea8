//! What a column's values are to the law, as a model's description carries it.

use serde::Serialize;

/// The class of what a column holds: what a record of processing activities, an export for a data subject or a
/// retention rule asks for first.
///
/// A type says it by [`EncodePlain::CLASS`](crate::codec::EncodePlain::CLASS), a field by `#[encrypted(class = ..)]`.
///
/// ```
/// use encrypted_fields::Class;
///
/// assert_eq!(serde_json::to_string(&Class::Special)?, r#""special""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Class {
    /// Relates to a person who is or can be identified: GDPR article 4(1).
    Personal,
    /// Accounts, cards, amounts: what payment rules such as PCI DSS ask about.
    Financial,
    /// The special categories of GDPR article 9: health, biometrics, religion, political opinions, trade unions, sex
    /// life, ethnic origin.
    Special,
}
