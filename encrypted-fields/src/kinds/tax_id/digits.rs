//! What the rules of the countries are made of.

use super::super::Problem;

pub(super) fn digits<const N: usize>(number: &[u8]) -> Result<[u32; N], Problem> {
    let number: &[u8; N] = number.try_into().map_err(|_| Problem::Length { found: number.len() + 2 })?;
    in_form(number.iter().all(u8::is_ascii_digit))?;
    Ok(number.map(|digit| u32::from(digit - b'0')))
}

pub(super) fn value(digits: &[u32]) -> u64 {
    digits.iter().fold(0, |value, digit| value * 10 + u64::from(*digit))
}

pub(super) fn weighted(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

/// Whether the weighted sum, check digit included, is a multiple of the modulus.
pub(super) fn multiple_of(modulus: u32, digits: &[u32], weights: &[u32]) -> Result<(), Problem> {
    right(weighted(digits, weights).is_multiple_of(modulus))
}

pub(super) fn complement_11(digits: &[u32], weights: &[u32]) -> u32 {
    (11 - weighted(digits, weights) % 11) % 11
}

/// The digits of a number under 20, added.
pub(super) fn crosswise(number: u32) -> u32 {
    number / 10 + number % 10
}

/// ISO 7064 MOD 11,10.
pub(super) fn mod_11_10(digits: &[u32]) -> Result<(), Problem> {
    last_is(digits, |rest| {
        let product = rest.iter().fold(10, |product, digit| match (digit + product) % 10 {
            0 => 20 % 11,
            sum => 2 * sum % 11,
        });
        (11 - product) % 10
    })
}

pub(super) fn last_is(digits: &[u32], check: impl FnOnce(&[u32]) -> u32) -> Result<(), Problem> {
    right(digits.split_last().is_some_and(|(last, rest)| check(rest) == *last))
}

pub(super) fn first_is_not_zero(number: &[u8]) -> Result<(), Problem> {
    in_form(number.first() != Some(&b'0'))
}

pub(super) fn in_form(holds: bool) -> Result<(), Problem> {
    if holds { Ok(()) } else { Err(Problem::Form) }
}

pub(super) fn right(holds: bool) -> Result<(), Problem> {
    if holds { Ok(()) } else { Err(Problem::CheckDigits) }
}
