//! `Json` and `Jsonb`: UTF-8 text, no number rounded.

mod finite;

use diesel::sql_types;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{DecodePlain, EncodePlain, tag, unreadable, unsealable, variable};
use crate::error::{OpenReason, SealReason};

/// A field that is sealed as JSON: any `T` that serde can write and read. A float that is NaN or infinite is not JSON, so
/// a value that holds one is refused.
///
/// ```
/// use encrypted_fields::codec::{DecodePlain, EncodePlain, Json};
/// use diesel::sql_types::Jsonb;
///
/// #[derive(serde::Serialize, serde::Deserialize, Debug, PartialEq)]
/// struct Profile { tags: Vec<String> }
///
/// let profile = Json(Profile { tags: vec!["vip".into()] });
/// let mut bytes = Vec::new();
/// EncodePlain::<Jsonb>::encode(&profile, &mut bytes)?;
/// let back: Json<Profile> = DecodePlain::<Jsonb>::decode(&bytes)?;
/// assert_eq!(back, profile);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// `Json<Value>` reads a number of more digits than an `f64` rounded, where `Value` itself refuses it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Json<T>(pub T);

impl<T> std::ops::Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> std::ops::DerefMut for Json<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> From<T> for Json<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

/// In place of serde's message, which may quote the value.
const UNWRITABLE: &str = "the value cannot be written as JSON";

fn encode<T: Serialize>(value: &T, out: &mut Vec<u8>) -> Result<(), SealReason> {
    out.push(tag::JSON);
    serde_json::to_writer(out, value).map_err(|_| unsealable(UNWRITABLE))
}

/// serde_json writes NaN and the infinities as `null`, which reads as `None` or not at all. Only a text with a null in it
/// can hide one, so only then is the value looked at again; or when it was not written, for a float may be why.
fn encode_finite<T: Serialize>(value: &T, out: &mut Vec<u8>) -> Result<(), SealReason> {
    let written = encode(value, out);
    if written.is_ok() && !out.windows(4).any(|bytes| bytes == b"null") {
        return Ok(());
    }
    finite::check(value).map_err(|finite::Stop(reason)| unsealable(reason))?;
    written
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, OpenReason> {
    let text = variable(bytes, tag::JSON, "JSON")?;
    serde_json::from_slice(text).map_err(|error| {
        let what = match error.classify() {
            serde_json::error::Category::Data => "the JSON is not of the field's shape",
            _ => "the JSON is malformed",
        };
        OpenReason::Value(format!("{what} (line {}, column {})", error.line(), error.column()).into())
    })
}

macro_rules! json {
    ($($sql:ty)*) => {$(
        impl<T: Serialize> EncodePlain<$sql> for Json<T> {
            fn encode(&self, out: &mut Vec<u8>) -> Result<(), SealReason> {
                encode_finite(&self.0, out)
            }

            fn size_hint(&self) -> usize {
                128
            }
        }

        impl<T: DeserializeOwned> DecodePlain<$sql> for Json<T> {
            fn decode(bytes: &[u8]) -> Result<Self, OpenReason> {
                decode(bytes).map(Json)
            }
        }

        impl EncodePlain<$sql> for Value {
            fn encode(&self, out: &mut Vec<u8>) -> Result<(), SealReason> {
                // A `Value` holds no float that is not finite.
                encode(self, out)
            }

            fn size_hint(&self) -> usize {
                128
            }
        }

        impl DecodePlain<$sql> for Value {
            fn decode(bytes: &[u8]) -> Result<Self, OpenReason> {
                let value = decode(bytes)?;
                if numbers_survive(variable(bytes, tag::JSON, "JSON")?) {
                    Ok(value)
                } else {
                    Err(unreadable(
                        "the JSON holds a number that serde_json::Value would round; read it into a type of your own",
                    ))
                }
            }
        }
    )*};
}
json!(sql_types::Json sql_types::Jsonb);

/// Whether every number of this JSON text is one that `Value` holds as written. What this crate wrote always is; text
/// sealed elsewhere (another Tink, a newer type) may hold more digits than an f64.
fn numbers_survive(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = match byte {
            b'"' => skip_string(tail),
            b'-' | b'0'..=b'9' => {
                let end = rest
                    .iter()
                    .position(|b| !matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
                    .unwrap_or(rest.len());
                let (number, tail) = rest.split_at(end);
                if !number_survives(number) {
                    return false;
                }
                tail
            }
            _ => tail,
        };
    }
    true
}

/// What follows the closing quote.
fn skip_string(mut rest: &[u8]) -> &[u8] {
    while let Some((&byte, tail)) = rest.split_first() {
        match byte {
            b'"' => return tail,
            b'\\' => rest = tail.get(1..).unwrap_or_default(),
            _ => rest = tail,
        }
    }
    rest
}

fn number_survives(number: &[u8]) -> bool {
    let Ok(number) = std::str::from_utf8(number) else { return false };
    // What `Value` makes of it, which another crate may change by turning on `arbitrary_precision`.
    serde_json::from_str::<serde_json::Number>(number)
        .is_ok_and(|held| significand(number) == significand(&held.to_string()))
}

/// Sign, significant digits and decimal exponent: equal for 1e2, 100 and 100.0.
fn significand(number: &str) -> (bool, String, i64) {
    let (digits, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let exponent: i64 = exponent.parse().unwrap_or(i64::MAX / 2);
    let (negative, digits) = match digits.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, digits),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    let significant = all.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return (negative, String::new(), 0);
    }
    let trailing = all.len() - all.trim_end_matches('0').len();
    (negative, significant.to_owned(), exponent - fraction.len() as i64 + trailing as i64)
}

#[cfg(test)]
mod tests;
