//! `Numeric`: a scale and a 128-bit mantissa, read by decimals, integers and floats alike.

use diesel::sql_types::Numeric;

use super::{DecodePlain, EncodePlain, fixed, tag, unreadable, unsealable};
use crate::error::{OpenReason, SealReason};

/// `mantissa / 10^scale`. The scale is kept: 5.00 is not 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scaled {
    pub(super) mantissa: i128,
    pub(super) scale: i16,
}

impl Scaled {
    pub(super) fn encode(self, out: &mut Vec<u8>) {
        out.push(tag::DECIMAL);
        out.extend_from_slice(&self.scale.to_be_bytes());
        out.extend_from_slice(&self.mantissa.to_be_bytes());
    }

    fn decode(bytes: &[u8]) -> Result<Self, OpenReason> {
        let payload: [u8; 18] = fixed(bytes, tag::DECIMAL, "a decimal")?;
        let (scale, mantissa) = payload.split_at(2);
        Ok(Self {
            scale: i16::from_be_bytes(scale.try_into().expect("split at 2")),
            mantissa: i128::from_be_bytes(mantissa.try_into().expect("18 - 2 bytes")),
        })
    }

    /// The same number without trailing zeros: one form a number.
    pub(super) fn normalized(mut self) -> Self {
        if self.mantissa == 0 {
            return Self { mantissa: 0, scale: 0 };
        }
        while self.mantissa % 10 == 0 && self.scale > i16::MIN {
            self.mantissa /= 10;
            self.scale -= 1;
        }
        self
    }

    /// The same number at this scale, where it is exact and fits.
    fn rescaled(self, scale: i16) -> Option<i128> {
        let normal = self.normalized();
        let zeros = i32::from(scale).checked_sub(i32::from(normal.scale))?;
        let factor = 10_i128.checked_pow(u32::try_from(zeros).ok()?);
        if normal.mantissa == 0 { Some(0) } else { normal.mantissa.checked_mul(factor?) }
    }

    /// The shortest decimal that reads back as `value`, which is what it prints as.
    fn from_f64(value: f64) -> Result<Self, SealReason> {
        if !value.is_finite() {
            return Err(unsealable("NaN and infinities are not NUMERIC values"));
        }
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e').expect("LowerExp writes an exponent");
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let exponent: i16 = exponent.parse().expect("an f64's exponent is within +-324");
        Ok(Self {
            mantissa: format!("{whole}{fraction}").parse().expect("at most 17 digits"),
            scale: i16::try_from(fraction.len()).expect("at most 17 digits") - exponent,
        }
        .normalized_positive_scale())
    }

    /// Integral floats are written at scale 0, as the database does: 100.0 is 100, not 1e2.
    fn normalized_positive_scale(self) -> Self {
        match self.rescaled(0) {
            Some(mantissa) => Self { mantissa, scale: 0 },
            None => self,
        }
    }
}

impl EncodePlain<Numeric> for f64 {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SealReason> {
        Scaled::from_f64(*self)?.encode(out);
        Ok(())
    }
}

/// An f64 is read only where it prints as the stored number: 0.1 is, 0.1234567890123456789 is not.
impl DecodePlain<Numeric> for f64 {
    fn decode(bytes: &[u8]) -> Result<Self, OpenReason> {
        let stored = Scaled::decode(bytes)?;
        let exponent = -i32::from(stored.scale);
        let value: f64 =
            format!("{}e{exponent}", stored.mantissa).parse().expect("digits and an exponent are a float literal");
        match Scaled::from_f64(value) {
            Ok(nearest) if nearest.normalized() == stored.normalized() => Ok(value),
            _ => Err(unreadable("f64 cannot hold the stored decimal exactly; use a decimal type")),
        }
    }
}

macro_rules! integer {
    ($($rust:ty)*) => {$(
        impl EncodePlain<Numeric> for $rust {
            fn encode(&self, out: &mut Vec<u8>) -> Result<(), SealReason> {
                Scaled { mantissa: i128::from(*self), scale: 0 }.encode(out);
                Ok(())
            }
        }

        impl DecodePlain<Numeric> for $rust {
            fn decode(bytes: &[u8]) -> Result<Self, OpenReason> {
                let whole = Scaled::decode(bytes)?.rescaled(0).ok_or(unreadable("the stored decimal is not whole"))?;
                Self::try_from(whole)
                    .map_err(|_| unreadable(concat!("the stored decimal is out of the range of ", stringify!($rust))))
            }
        }
    )*};
}
integer!(i16 i32 i64 i128 u16 u32 u64);

#[cfg(feature = "rust_decimal")]
impl EncodePlain<Numeric> for rust_decimal::Decimal {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SealReason> {
        let scale = i16::try_from(self.scale()).map_err(|_| unsealable("the decimal's scale is out of range"))?;
        Scaled { mantissa: self.mantissa(), scale }.encode(out);
        Ok(())
    }
}

#[cfg(feature = "rust_decimal")]
impl DecodePlain<Numeric> for rust_decimal::Decimal {
    fn decode(bytes: &[u8]) -> Result<Self, OpenReason> {
        let stored = Scaled::decode(bytes)?;
        let direct = u32::try_from(stored.scale)
            .ok()
            .and_then(|scale| Self::try_from_i128_with_scale(stored.mantissa, scale).ok());
        direct
            .or_else(|| {
                // Beyond 28 places, or a power of ten: the same number may still fit in another form.
                let scale = stored.normalized().scale.max(0);
                let mantissa = stored.rescaled(scale)?;
                Self::try_from_i128_with_scale(mantissa, u32::try_from(scale).ok()?).ok()
            })
            .ok_or(OpenReason::Value(std::borrow::Cow::Borrowed(
                "rust_decimal::Decimal cannot hold the stored decimal exactly (96 bits, 28 places); use BigDecimal",
            )))
    }
}

#[cfg(feature = "bigdecimal")]
impl EncodePlain<Numeric> for bigdecimal::BigDecimal {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SealReason> {
        use bigdecimal::ToPrimitive;
        let (mantissa, scale) = self.as_bigint_and_exponent();
        let wide = "the decimal does not fit 38 digits and a scale of 16 bits; seal it as text instead";
        let mantissa = mantissa.to_i128().ok_or(unsealable(wide))?;
        let scale = i16::try_from(scale).map_err(|_| unsealable(wide))?;
        Scaled { mantissa, scale }.encode(out);
        Ok(())
    }
}

#[cfg(feature = "bigdecimal")]
impl DecodePlain<Numeric> for bigdecimal::BigDecimal {
    fn decode(bytes: &[u8]) -> Result<Self, OpenReason> {
        let stored = Scaled::decode(bytes)?;
        Ok(Self::new(stored.mantissa.into(), stored.scale.into()))
    }
}

/// The bytes an index is computed over: 5.00 and 5 are the same number.
pub(crate) fn canonical(encoded: &[u8]) -> Result<Vec<u8>, SealReason> {
    let stored = Scaled::decode(encoded).map_err(|_| unsealable("not a decimal"))?;
    let mut out = Vec::with_capacity(19);
    stored.normalized().encode(&mut out);
    Ok(out)
}
