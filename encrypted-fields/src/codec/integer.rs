use diesel::sql_types::{BigInt, Integer, SmallInt};

use super::{DecodePlain, EncodePlain, fixed, tag};
use crate::error::{OpenReason, SealReason};

/// Every integer is stored as an i64; the column's own range is held when sealing, so that a table can return to plain
/// columns.
macro_rules! integer {
    ($sql:ty, $name:literal, $range:ty: $($rust:ty)*) => {$(
        impl EncodePlain<$sql> for $rust {
            fn encode(&self, out: &mut Vec<u8>) -> Result<(), SealReason> {
                let value = <$range>::try_from(*self)
                    .map_err(|_| SealReason::Value(concat!("out of the range of ", $name).into()))?;
                out.push(tag::INTEGER);
                out.extend_from_slice(&i64::from(value).to_be_bytes());
                Ok(())
            }

            fn size_hint(&self) -> usize {
                9
            }
        }

        impl DecodePlain<$sql> for $rust {
            fn decode(bytes: &[u8]) -> Result<Self, OpenReason> {
                let value = i64::from_be_bytes(fixed(bytes, tag::INTEGER, "an integer")?);
                Self::try_from(value)
                    .map_err(|_| OpenReason::Value(concat!("out of the range of ", stringify!($rust)).into()))
            }
        }
    )*};
}
integer!(SmallInt, "SMALLINT", i16: i8 u8 i16 u16 i32 u32 i64 u64);
integer!(Integer, "INTEGER", i32: i8 u8 i16 u16 i32 u32 i64 u64);
integer!(BigInt, "BIGINT", i64: i8 u8 i16 u16 i32 u32 i64 u64);
