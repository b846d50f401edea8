use serde::Deserialize;

use super::*;

#[derive(Debug, Deserialize)]
struct Form {
    card: CardNumber,
    note: PersonalData,
}

#[test]
fn a_form_is_checked_when_it_is_read() {
    let form: Form = serde_json::from_str(r#"{"card": "4242 4242 4242 4242", "note": "in \"person\""}"#).unwrap();
    assert_eq!((form.card.expose(), form.note.expose()), ("4242424242424242", "in \"person\""));
    assert_eq!(format!("{form:?}"), "Form { card: CardNumber(..), note: PersonalData(..) }");
}

#[test]
fn an_error_does_not_quote_what_was_sent_instead_of_a_text() {
    for value in ["4242424242424241", "-4242424242424242", "42424242.5", "true", "[4242]", "{\"4242\": 4242}", "null"] {
        for field in ["card", "note"] {
            let other = if field == "card" { r#""note": "x""# } else { r#""card": "4242424242424242""# };
            let error = serde_json::from_str::<Form>(&format!("{{{other}, \"{field}\": {value}}}")).unwrap_err();
            assert!(!error.to_string().contains("42"), "{error}");
            assert!(!error.to_string().contains("true"), "{error}");
        }
    }
    let error = serde_json::from_str::<CardNumber>("\"4242424242424241\"").unwrap_err().to_string();
    assert!(error.starts_with("not a card number: its check digits are wrong") && !error.contains("4241"), "{error}");
}

#[test]
fn a_format_that_does_not_say_what_it_holds_is_asked_for_a_text() {
    use serde::de::IntoDeserializer;
    use serde::de::value::{Error, StrDeserializer};

    /// Not human-readable, and it knows only how to give a string.
    struct Binary<'a>(StrDeserializer<'a, Error>);

    impl<'de> serde::Deserializer<'de> for Binary<'_> {
        type Error = Error;

        fn deserialize_any<V: serde::de::Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
            Err(serde::de::Error::custom("the format does not describe itself"))
        }

        fn deserialize_string<V: serde::de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.0.deserialize_string(visitor)
        }

        fn is_human_readable(&self) -> bool {
            false
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str bytes byte_buf option unit unit_struct
            newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
        }
    }

    let email = Email::deserialize(Binary("a@Example.com".into_deserializer())).unwrap();
    assert_eq!(email.expose(), "a@example.com");
}
