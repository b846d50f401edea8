//! The check digit of ISO/IEC 7812-1 annex B, which Italian, French and Swedish tax numbers use as well.

/// Whether the last of these ASCII digits is the check digit of those before: from the right, every second digit is
/// doubled and its own digits added; the sum ends in 0.
pub(super) fn checks(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .zip([1, 2].into_iter().cycle())
        .map(|(digit, factor)| u32::from(digit.wrapping_sub(b'0')) * factor)
        .map(|product| product / 10 + product % 10)
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::checks;

    #[test]
    fn one_wrong_digit_is_noticed() {
        let right = *b"4242424242424242";
        assert!(checks(&right));
        for at in 0..right.len() {
            for digit in b'0'..=b'9' {
                let mut wrong = right;
                wrong[at] = digit;
                assert_eq!(checks(&wrong), wrong == right);
            }
        }
    }
}
