//! VAT numbers: the forms and check digits of "VIES VAT number construction rules", version 15.0, of the European
//! Commission, with what countries changed since (Belgian numbers that begin with 1, Dutch ones of 2020, Irish ones of
//! 2013, French keys with letters).
//!
//! Where a country numbers people by their birth date the check digit is checked, the date is not.

use super::super::{Problem, luhn};
use super::digits::{
    complement_11, crosswise, digits, first_is_not_zero, in_form, last_is, mod_11_10, multiple_of, right, value,
    weighted,
};

/// Checks what follows the country's two letters.
pub(super) fn check(country: [u8; 2], number: &[u8]) -> Result<(), Problem> {
    match &country {
        b"AT" => austria(number),
        b"BE" => belgium(&digits(number)?),
        b"BG" => bulgaria(number),
        b"CY" => cyprus(number),
        b"CZ" => czechia(number),
        b"DE" => first_is_not_zero(number).and(mod_11_10(&digits::<9>(number)?)),
        b"DK" => first_is_not_zero(number).and(multiple_of(11, &digits::<8>(number)?, &[2, 7, 6, 5, 4, 3, 2, 1])),
        b"EE" => multiple_of(10, &digits::<9>(number)?, &[3, 7, 1, 3, 7, 1, 3, 7, 1]),
        b"EL" => greece(&digits(number)?),
        b"ES" => spain(number),
        b"FI" => multiple_of(11, &digits::<8>(number)?, &[7, 9, 10, 5, 8, 4, 2, 1]),
        b"FR" => france(number),
        b"HR" => mod_11_10(&digits::<11>(number)?),
        b"HU" => multiple_of(10, &digits::<8>(number)?, &[9, 7, 3, 1, 9, 7, 3, 1]),
        b"IE" => ireland(number),
        b"IT" => italy(number),
        b"LT" => lithuania(number),
        b"LU" => luxembourg(&digits(number)?),
        b"LV" => latvia(&digits(number)?),
        b"MT" => first_is_not_zero(number).and(multiple_of(37, &digits::<8>(number)?, &[3, 4, 6, 7, 8, 9, 10, 1])),
        b"NL" => netherlands(number),
        b"PL" => last_is(&digits::<10>(number)?, |rest| weighted(rest, &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11),
        b"PT" => first_is_not_zero(number).and(last_is(&digits::<9>(number)?, |rest| complement_11(rest, &DOWN) % 10)),
        b"RO" => romania(number),
        b"SE" => sweden(number),
        b"SI" => first_is_not_zero(number).and(last_is(&digits::<8>(number)?, |rest| {
            // 10 is 0, and 11 is no number: it has no digit.
            match 11 - weighted(rest, &DOWN_FROM_8) % 11 {
                10 => 0,
                other => other,
            }
        })),
        b"SK" => slovakia(&digits(number)?),
        b"XI" => united_kingdom(number),
        _ => Err(Problem::Country),
    }
}

const DOWN: [u32; 8] = [9, 8, 7, 6, 5, 4, 3, 2];
const DOWN_FROM_8: [u32; 7] = [8, 7, 6, 5, 4, 3, 2];

fn austria(number: &[u8]) -> Result<(), Problem> {
    let number = number.strip_prefix(b"U").ok_or(Problem::Form)?;
    last_is(&digits::<8>(number)?, |rest| {
        let sum: u32 =
            rest.iter().zip([1, 2].iter().cycle()).map(|(digit, factor)| digit * factor).map(crosswise).sum();
        (96 - sum) % 10
    })
}

fn belgium(number: &[u32; 10]) -> Result<(), Problem> {
    let (first, check) = (value(number) / 100, value(number) % 100);
    in_form(number.first().is_some_and(|first| *first < 2))?;
    right(97 - first % 97 == check)
}

fn bulgaria(number: &[u8]) -> Result<(), Problem> {
    match number.len() {
        9 => last_is(&digits::<9>(number)?, |rest| match weighted(rest, &[1, 2, 3, 4, 5, 6, 7, 8]) % 11 {
            10 => weighted(rest, &[3, 4, 5, 6, 7, 8, 9, 10]) % 11 % 10,
            check => check,
        }),
        // Of citizens, of foreigners, and of others.
        _ => {
            let number = digits::<10>(number)?;
            last_is(&number, |rest| weighted(rest, &[2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10)
                .or(last_is(&number, |rest| weighted(rest, &[21, 19, 17, 13, 11, 9, 7, 3, 1]) % 10))
                .or(last_is(&number, |rest| complement_11(rest, &[4, 3, 2, 7, 6, 5, 4, 3, 2])))
        }
    }
}

fn cyprus(number: &[u8]) -> Result<(), Problem> {
    const ODD: [u32; 10] = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21];
    let (letter, number) = number.split_last().ok_or(Problem::Form)?;
    in_form(letter.is_ascii_uppercase() && !number.starts_with(b"12"))?;
    let sum: u32 = digits::<8>(number)?
        .iter()
        .zip([true, false].iter().cycle())
        .map(
            |(digit, odd)| {
                if *odd { ODD.into_iter().zip(0..).find(|(_, of)| of == digit).map_or(0, |it| it.0) } else { *digit }
            },
        )
        .sum();
    right(u32::from(letter - b'A') == sum % 26)
}

fn czechia(number: &[u8]) -> Result<(), Problem> {
    match (number.len(), number.first()) {
        (8, first) => {
            in_form(first != Some(&b'9'))?;
            last_is(&digits::<8>(number)?, |rest| match complement_11(rest, &DOWN_FROM_8) {
                0 => 1,
                check => check % 10,
            })
        }
        (9, Some(b'6')) => {
            let number = digits::<9>(number)?;
            let [_, rest @ ..] = &number;
            last_is(rest, |rest| (weighted(rest, &DOWN_FROM_8) % 11 + 8) % 10)
        }
        // People born before 1954 have no check digit.
        (9, _) => {
            let number = digits::<9>(number)?;
            let month = value(number.get(2..4).unwrap_or_default()) % 50;
            let day = value(number.get(4..6).unwrap_or_default());
            in_form((1..=12).contains(&month) && (1..=31).contains(&day))
        }
        _ => last_is(&digits::<10>(number)?, |rest| u32::try_from(value(rest) % 11 % 10).unwrap_or(10)),
    }
}

fn greece(number: &[u32; 9]) -> Result<(), Problem> {
    last_is(number, |rest| weighted(rest, &[256, 128, 64, 32, 16, 8, 4, 2]) % 11 % 10)
}

/// A person's number ends in a letter, a foreigner's begins with one too; a company's begins with one and ends in a
/// digit or a letter, by rules that the sources do not agree on.
fn spain(number: &[u8]) -> Result<(), Problem> {
    let [first, middle @ .., last] = number else { return Err(Problem::Form) };
    let person = |first: Option<u32>| {
        let middle = value(&digits::<7>(middle)?);
        let number = u64::from(first.unwrap_or(0)) * 10_000_000 + middle;
        right(usize::try_from(number % 23).ok().and_then(|at| b"TRWAGMYFPDXBNJZSQVHLCKE".get(at)) == Some(last))
    };
    match first {
        b'0'..=b'9' => person(Some(u32::from(first - b'0'))),
        b'K' | b'L' | b'M' => person(None),
        b'X' | b'Y' | b'Z' => person(Some(u32::from(first - b'X'))),
        b'A'..=b'J' | b'N' | b'P'..=b'S' | b'U' | b'V' | b'W' => {
            let sum: u32 = digits::<7>(middle)?
                .iter()
                .zip([2, 1].iter().cycle())
                .map(|(digit, factor)| digit * factor)
                .map(crosswise)
                .sum();
            let check = (10 - sum % 10) % 10;
            let letter = usize::try_from(check).ok().and_then(|at| b"JABCDEFGHI".get(at));
            let digit = u32::from(*last).checked_sub(u32::from(b'0'));
            right(digit == Some(check) || letter == Some(last))
        }
        _ => Err(Problem::Form),
    }
}

/// The key, then the SIREN, which has a Luhn digit; numbers of Monaco begin with 000 and have none.
fn france(number: &[u8]) -> Result<(), Problem> {
    const KEY: &[u8] = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let [first, second, siren @ ..] = number else { return Err(Problem::Form) };
    let company = value(&digits::<9>(siren)?);
    right(siren.starts_with(b"000") || luhn::checks(siren))?;
    let place = |c: &u8| KEY.iter().zip(0_u64..).find(|(key, _)| *key == c).map(|(_, at)| at).ok_or(Problem::Form);
    let (a, b) = (place(first)?, place(second)?);
    if a < 10 && b < 10 {
        return right((company * 100 + 12) % 97 == a * 10 + b);
    }
    let key = if a < 10 { a * 24 + b - 10 } else { a * 34 + b - 100 };
    right((company + 1 + key / 11) % 11 == key % 11)
}

fn ireland(number: &[u8]) -> Result<(), Problem> {
    const CHECK: &[u8] = b"WABCDEFGHIJKLMNOPQRSTUV";
    let place =
        |c: &u8| CHECK.iter().zip(0_u32..).find(|(check, _)| *check == c).map(|(_, at)| at).ok_or(Problem::Form);
    let checks = |number: &[u8], check: &u8, more: u32| {
        right((weighted(&digits::<7>(number)?, &DOWN_FROM_8) + 9 * more) % 23 == place(check)?)
    };
    match number {
        // Until 2013: a letter, `+` or `*` in the second place.
        [a, b'A'..=b'Z' | b'+' | b'*', middle @ .., check] if middle.len() == 5 => {
            let [c, d, e, f, g] = middle else { return Err(Problem::Form) };
            checks(&[b'0', *c, *d, *e, *f, *g, *a], check, 0)
        }
        [number @ .., check] if number.len() == 7 => checks(number, check, 0),
        [number @ .., check, more] if number.len() == 7 => checks(number, check, place(more)?),
        _ => Err(Problem::Length { found: number.len() + 2 }),
    }
}

/// Seven digits of the company, three of the tax office, a Luhn digit.
fn italy(number: &[u8]) -> Result<(), Problem> {
    let digits = digits::<11>(number)?;
    let office = value(digits.get(7..10).unwrap_or_default());
    in_form(!number.starts_with(b"0000000") && matches!(office, 1..=100 | 120 | 121 | 888 | 999))?;
    right(luhn::checks(number))
}

fn lithuania(number: &[u8]) -> Result<(), Problem> {
    in_form(number.iter().nth_back(1) == Some(&b'1'))?;
    let check = |rest: &[u32]| {
        let sum = |from: u32| -> u32 { rest.iter().zip((0..).map(|at| (from + at) % 9 + 1)).map(|(a, b)| a * b).sum() };
        match sum(0) % 11 {
            10 => sum(2) % 11 % 10,
            check => check,
        }
    };
    match number.len() {
        9 => last_is(&digits::<9>(number)?, check),
        _ => last_is(&digits::<12>(number)?, check),
    }
}

fn luxembourg(number: &[u32; 8]) -> Result<(), Problem> {
    right(value(number) / 100 % 89 == value(number) % 100)
}

fn latvia(number: &[u32; 11]) -> Result<(), Problem> {
    match number {
        [4..=9, ..] => right(weighted(number, &[9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1]) % 11 == 3),
        _ => last_is(number, |rest| (1 + weighted(rest, &[10, 5, 8, 4, 2, 1, 6, 3, 7, 9])) % 11 % 10),
    }
}

/// Of a company by its first nine digits, of a person (since 2020) as a whole: ISO 7064 mod 97-10 of `NL..B..`.
fn netherlands(number: &[u8]) -> Result<(), Problem> {
    let [main @ .., b'B', d1, d2] = number else { return Err(Problem::Form) };
    let company = digits::<9>(main)?;
    let number = value(&digits::<2>(&[*d1, *d2])?);
    in_form(value(&company) > 0 && number > 0)?;
    let sum = weighted(&company, &DOWN);
    let last = company.last().copied().unwrap_or_default();
    // N is 23, L is 21, B is 11.
    let whole = ((2321 * 1_000_000_000 + value(&company)) * 100 + 11) * 100 + number;
    right(sum % 11 == last || whole % 97 == 1)
}

fn romania(number: &[u8]) -> Result<(), Problem> {
    if !(2..=10).contains(&number.len()) {
        return Err(Problem::Length { found: number.len() + 2 });
    }
    first_is_not_zero(number)?;
    let mut padded = [b'0'; 10];
    padded.iter_mut().rev().zip(number.iter().rev()).for_each(|(to, digit)| *to = *digit);
    last_is(&digits::<10>(&padded)?, |rest| weighted(rest, &[7, 5, 3, 2, 1, 7, 5, 3, 2]) * 10 % 11 % 10)
}

fn sweden(number: &[u8]) -> Result<(), Problem> {
    let digits = digits::<12>(number)?;
    in_form(matches!(value(digits.get(10..).unwrap_or_default()), 1..=94))?;
    right(number.get(..10).is_some_and(luhn::checks))
}

fn slovakia(number: &[u32; 10]) -> Result<(), Problem> {
    let [first, _, third, ..] = number;
    in_form(*first != 0 && matches!(third, 2..=4 | 7..=9))?;
    right(value(number).is_multiple_of(11))
}

/// In Northern Ireland; a branch has three more digits, departments and health authorities three digits in all.
fn united_kingdom(number: &[u8]) -> Result<(), Problem> {
    match number {
        [b'G', b'D', number @ ..] => in_form(value(&digits::<3>(number)?) < 500),
        [b'H', b'A', number @ ..] => in_form(value(&digits::<3>(number)?) >= 500),
        _ => {
            let main =
                if number.len() == 12 { value(&digits::<12>(number)?) / 1000 } else { value(&digits::<9>(number)?) };
            let (first, check) = (main / 100, main % 100);
            let mut sum = check;
            let mut rest = first;
            for weight in 2..=8 {
                sum += rest % 10 * weight;
                rest /= 10;
            }
            // Numbers of since 2010 are 55 further on, and begin with 100 at least.
            right(sum.is_multiple_of(97) || main >= 100_000_000 && (sum + 55).is_multiple_of(97))
        }
    }
}
