use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct File {
    about: String,
    valid: Vec<Valid>,
    invalid: Vec<Invalid>,
}

#[derive(Deserialize)]
struct Valid {
    input: String,
    kept: String,
    masked: String,
    source: String,
}

#[derive(Deserialize)]
struct Invalid {
    input: String,
    /// The name of the `Problem`, or any.
    problem: Option<String>,
    source: String,
}

/// Each line as its source has it; all mismatches at once.
fn holds<K: Checked>(file: &str) {
    let file: File = serde_json::from_str(file).unwrap();
    assert!(file.valid.len() > 10 && file.invalid.len() > 5, "{}", file.about);
    let mut wrong = Vec::new();
    for Valid { input, kept, masked, source } in &file.valid {
        match K::parse(input) {
            Err(error) => wrong.push(format!("{input:?} ({source}): {error}")),
            Ok(value) => {
                if (value.kept(), &value.to_string()) != (kept, masked) {
                    wrong.push(format!("{input:?} ({source}): kept {:?}, masked {value}", value.kept()));
                }
                if K::stored(kept).map(|read| read == value && read.kept() == kept).ok() != Some(true) {
                    wrong.push(format!("{kept:?} ({source}): does not come back from a column"));
                }
            }
        }
    }
    for Invalid { input, problem, source } in &file.invalid {
        match K::parse(input) {
            Ok(_) => wrong.push(format!("{input:?} ({source}): accepted")),
            Err(error) => {
                let found = format!("{:?}", error.problem());
                if problem.as_ref().is_some_and(|problem| !found.starts_with(problem.as_str())) {
                    wrong.push(format!("{input:?} ({source}): {found}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", file.about, wrong.join("\n"));
}

#[test]
fn card_numbers() {
    holds::<CardNumber>(include_str!("../../../vectors/kinds/card_number.json"));
}

#[test]
fn codici_fiscali() {
    holds::<TaxId>(include_str!("../../../vectors/kinds/codice_fiscale.json"));
}

#[test]
fn emails() {
    holds::<Email>(include_str!("../../../vectors/kinds/email.json"));
}

#[test]
fn ibans() {
    holds::<Iban>(include_str!("../../../vectors/kinds/iban.json"));
}

#[cfg(feature = "phone")]
#[test]
fn phones() {
    holds::<Phone>(include_str!("../../../vectors/kinds/phone.json"));
}

#[test]
fn vat_numbers() {
    holds::<TaxId>(include_str!("../../../vectors/kinds/vat.json"));
}

#[cfg(feature = "phone")]
#[test]
fn a_national_number_is_read_in_its_country() {
    let london = Phone::new("+44 20 7946 0958").unwrap();
    for (country, text) in [("GB", "020 7946 0958"), ("GB", "+44 20 7946 0958"), ("IT", "+44 20 7946 0958")] {
        assert_eq!(Phone::in_country(country, text).unwrap(), london, "{country} {text}");
    }
    // A leading zero is dropped in Britain and belongs to the number in Italy.
    assert_eq!(Phone::in_country("IT", "06 6982").unwrap().expose(), "+39066982");
    for (country, problem) in [("XX", Problem::Country), ("Italy", Problem::Country), ("US", Problem::NotInPlan)] {
        assert_eq!(Phone::in_country(country, "020 7946 0958").unwrap_err().problem(), problem, "{country}");
    }
}

#[test]
fn what_another_rule_let_in_can_still_be_opened() {
    // No such country, no such form, no such prefix today: stored once, they stay readable.
    assert_eq!(Iban::stored("XX46370400440532013000").unwrap().expose(), "XX46370400440532013000");
    assert_eq!(TaxId::stored("GB980780684").unwrap().expose(), "GB980780684");
    assert_eq!(Email::stored("\"john doe\"@Example.com").unwrap().expose(), "\"john doe\"@example.com");
    #[cfg(feature = "phone")]
    assert_eq!(Phone::stored("+999123456789").unwrap().expose(), "+999123456789");
}

#[test]
fn what_is_no_such_thing_is_not_opened() {
    let errors = [
        CardNumber::stored("4242424242424241").map(drop).unwrap_err(),
        Email::stored("maria").map(drop).unwrap_err(),
        Iban::stored("IT60X0542811101000000123457").map(drop).unwrap_err(),
        TaxId::stored("?").map(drop).unwrap_err(),
        #[cfg(feature = "phone")]
        Phone::stored("055 1234567").map(drop).unwrap_err(),
    ];
    for error in errors {
        assert!(error.to_string().contains("the sealed value does not fit the field: not a"), "{error}");
    }
}
