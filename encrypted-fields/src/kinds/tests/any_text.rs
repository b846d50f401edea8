use std::collections::HashSet;
use std::hash::RandomState;

use proptest::prelude::*;

use super::*;
use crate::normalize::Normalize;

/// Texts that come near each kind, and any text.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[0-9+ ()./-]{0,24}",
        4 => "[A-Za-z]{0,6}[0-9A-Za-z .]{0,24}",
        4 => r"[A-Za-z0-9.+_\pL-]{1,12}@[A-Za-z0-9-]{1,8}(\.[A-Za-z]{2,3}){1,2}",
        2 => r"\+(1|39|44|49|7|81)[0-9 -]{5,13}",
        1 => r"\PC{0,40}",
        1 => any::<String>(),
    ]
}

/// Stable, the same as from a column, and equal to itself by `==`, hash and index.
fn is_stable<K: Checked + std::hash::Hash>(text: &str) {
    let Ok(first) = K::parse(text) else { return };
    let again = K::parse(first.kept()).expect("what is kept parses");
    assert_eq!(again.kept(), first.kept());
    assert_eq!(K::stored(first.kept()).unwrap().kept(), first.kept());
    assert!(again == first);
    let mut set = HashSet::with_hasher(RandomState::new());
    set.insert(again);
    assert!(!set.insert(first));
}

/// Neither the text as given nor as kept is in anything printed, if it is long enough to be told from the words.
fn is_not_shown<K: Checked>(text: &str) {
    let shown = match K::parse(text) {
        Err(error) => format!("{error} {error:?}"),
        Ok(value) => {
            let shown = format!("{value} {value:?} {value:#?}");
            assert!(!shown.contains(value.kept()), "{shown:?} shows {:?}", value.kept());
            shown
        }
    };
    let stored = K::stored(text).err().map(|error| format!("{error} {error:?}")).unwrap_or_default();
    if text.trim().len() > 6 {
        assert!(!shown.contains(text.trim()), "{shown:?} shows {text:?}");
        assert!(!stored.contains(text.trim()), "{stored:?} shows {text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn is_kept_in_one_form(text in text()) {
        is_stable::<CardNumber>(&text);
        is_stable::<Email>(&text);
        is_stable::<Iban>(&text);
        is_stable::<TaxId>(&text);
        #[cfg(feature = "phone")]
        is_stable::<Phone>(&text);
    }

    #[test]
    fn is_never_shown(text in text()) {
        is_not_shown::<CardNumber>(&text);
        is_not_shown::<Email>(&text);
        is_not_shown::<Iban>(&text);
        is_not_shown::<TaxId>(&text);
        #[cfg(feature = "phone")]
        is_not_shown::<Phone>(&text);
        if text.trim().len() > 6 {
            let (personal, financial, query) = (
                PersonalData::new(text.as_str()),
                FinancialData::new(text.as_str()),
                Query::new(text.as_str()),
            );
            let shown = format!("{personal} {personal:?} {financial} {financial:?} {query} {query:?}");
            assert!(!shown.contains(text.trim()));
        }
    }
}

/// One wrong character in a number with check digits is found, wherever it is.
#[test]
fn a_mistyped_character_is_noticed() {
    fn all_but_itself<K: Checked>(right: &str) {
        for at in 0..right.len() {
            for c in '0'..='9' {
                let mut wrong = right.to_owned();
                wrong.replace_range(at..=at, c.encode_utf8(&mut [0; 4]));
                assert_eq!(K::parse(&wrong).is_ok(), wrong == right, "{wrong}");
            }
        }
    }
    all_but_itself::<CardNumber>("378282246310005");
    all_but_itself::<Iban>("DE89370400440532013000");
    all_but_itself::<TaxId>("RSSMRA80A01H501U");
    all_but_itself::<TaxId>("IT12345670587");
}

#[test]
fn case_and_spelling_make_no_other_value() {
    assert_eq!(Email::new("Maria@Example.com").unwrap(), Email::new("mARIA@example.COM").unwrap());
    assert_ne!(Email::new("maria@example.com").unwrap(), Email::new("mario@example.com").unwrap());
    assert_ne!(PersonalData::new("Maria"), PersonalData::new("maria"));
    let kept = |normalize: Normalize, text: &str| normalize.apply(text).into_owned();
    // Two addresses that are two people's never become one by normalization: what could is refused.
    for other in ["ⅿaria@example.com", "\u{212a}atie@example.com", "ﬁona@example.com", "ſara@example.com"] {
        let twin = kept(Normalize::NfkcLower, other);
        assert!(twin.is_ascii() && Email::new(twin).is_ok() && Email::new(other).is_err(), "{other}");
    }
}
