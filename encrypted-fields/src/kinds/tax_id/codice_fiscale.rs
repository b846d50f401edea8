//! The codice fiscale: D.M. 23 December 1976, n. 13813, "Sistemi di codificazione dei soggetti da iscrivere
//! all'anagrafe tributaria".
//!
//! ```text
//! surname 3 | name 3 | year 2 digits | month letter | day 2 digits, a woman's + 40 | place letter, 3 digits | check
//! ```

use super::super::{Problem, luhn};

pub(super) const LENGTH: usize = 16;

/// January to December, and the days that the month has.
const MONTHS: [(u8, u32); 12] = [
    (b'A', 31),
    (b'B', 29),
    (b'C', 31),
    (b'D', 30),
    (b'E', 31),
    (b'H', 30),
    (b'L', 31),
    (b'M', 31),
    (b'P', 30),
    (b'R', 31),
    (b'S', 30),
    (b'T', 31),
];

/// The letters that stand for 0 to 9 where two people would have had one code (omocodia).
const OMOCODIA: &[u8; 10] = b"LMNPQRSTUV";

/// What a character in an odd place counts: 0 to 9 as A to J, then K to Z.
const ODD: [u32; 26] = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

/// Of a person.
pub(super) fn check(code: &[u8]) -> Result<(), Problem> {
    let code: &[u8; LENGTH] = code.try_into().map_err(|_| Problem::Length { found: code.len() })?;
    let [names @ .., y1, y2, month, d1, d2, place, p1, p2, p3, check] = code;
    let letters = names.iter().chain([month, place, check]).all(u8::is_ascii_uppercase);
    if !letters || [y1, y2, p1, p2, p3].into_iter().any(|c| digit(*c).is_none()) {
        return Err(Problem::Form);
    }
    let (Some(tens), Some(ones)) = (digit(*d1), digit(*d2)) else { return Err(Problem::Form) };
    let days = MONTHS.iter().find(|(letter, _)| letter == month).map(|(_, days)| *days).ok_or(Problem::Form)?;
    let day = tens * 10 + ones;
    let day = if day > 40 { day - 40 } else { day };
    if !(1..=days).contains(&day) {
        return Err(Problem::Form);
    }
    if check_character(code) == Some(*check) { Ok(()) } else { Err(Problem::CheckDigits) }
}

/// Of a company, or provisional.
pub(super) fn check_numeric(code: &[u8]) -> Result<(), Problem> {
    if code.len() != 11 {
        return Err(Problem::Length { found: code.len() });
    }
    if !code.iter().all(u8::is_ascii_digit) || code.iter().all(|digit| *digit == b'0') {
        return Err(Problem::Form);
    }
    if luhn::checks(code) { Ok(()) } else { Err(Problem::CheckDigits) }
}

fn digit(c: u8) -> Option<u32> {
    match c {
        b'0'..=b'9' => Some(u32::from(c - b'0')),
        _ => (0..10).zip(OMOCODIA).find(|(_, letter)| **letter == c).map(|(digit, _)| digit),
    }
}

/// Places count from 1: the first is odd.
fn check_character(code: &[u8; LENGTH]) -> Option<u8> {
    let mut sum = 0;
    for (at, c) in code.iter().take(LENGTH - 1).enumerate() {
        let index = if c.is_ascii_digit() { c - b'0' } else { c - b'A' };
        sum += if at % 2 == 0 { *ODD.get(usize::from(index))? } else { u32::from(index) };
    }
    u8::try_from(sum % 26).ok().map(|rest| b'A' + rest)
}
