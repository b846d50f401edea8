//! The frozen bytes of each codec, both ways; what does not fit is a typed error, and nothing panics.

mod any_bytes;
mod vectors;

use std::fmt::Debug;

use super::EncodePlain;
use crate::error::SealReason;

/// How a test compares: `PartialEq`, but for floats by their bits.
pub(super) trait Same: Debug {
    fn same(&self, other: &Self) -> bool;
}

macro_rules! same {
    ($($ty:ty),*) => {$(
        impl Same for $ty {
            fn same(&self, other: &Self) -> bool {
                self == other
            }
        }
    )*};
}
same!(bool, i8, u8, i16, u16, i32, u32, i64, u64, i128, String, Vec<u8>, [u8; 3], uuid::Uuid, serde_json::Value);
same!(chrono::NaiveDate, chrono::NaiveTime, chrono::NaiveDateTime, chrono::DateTime<chrono::Utc>);

/// 5.00 is not 5.
impl Same for rust_decimal::Decimal {
    fn same(&self, other: &Self) -> bool {
        (self.mantissa(), self.scale()) == (other.mantissa(), other.scale())
    }
}

impl Same for f32 {
    fn same(&self, other: &Self) -> bool {
        self.to_bits() == other.to_bits()
    }
}

impl Same for f64 {
    fn same(&self, other: &Self) -> bool {
        self.to_bits() == other.to_bits()
    }
}

#[cfg(feature = "bigdecimal")]
impl Same for bigdecimal::BigDecimal {
    fn same(&self, other: &Self) -> bool {
        self.as_bigint_and_exponent() == other.as_bigint_and_exponent()
    }
}

fn encoded<ST, T: EncodePlain<ST>>(value: &T) -> Result<Vec<u8>, SealReason> {
    let mut out = Vec::new();
    value.encode(&mut out).map(|()| out)
}
