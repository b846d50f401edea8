use diesel::sql_types::{Double, Float};

use super::{DecodePlain, EncodePlain, fixed, tag};
use crate::error::{OpenReason, SealReason};

/// All bits are kept: -0, infinities and the payload of a NaN come back as they were.
macro_rules! float {
    ($sql:ty, $rust:ty, $tag:expr, $name:literal) => {
        impl EncodePlain<$sql> for $rust {
            fn encode(&self, out: &mut Vec<u8>) -> Result<(), SealReason> {
                out.push($tag);
                out.extend_from_slice(&self.to_be_bytes());
                Ok(())
            }

            fn size_hint(&self) -> usize {
                1 + size_of::<Self>()
            }
        }

        impl DecodePlain<$sql> for $rust {
            fn decode(bytes: &[u8]) -> Result<Self, OpenReason> {
                fixed(bytes, $tag, $name).map(Self::from_be_bytes)
            }
        }
    };
}
float!(Float, f32, tag::FLOAT, "a 32-bit float");
float!(Double, f64, tag::DOUBLE, "a 64-bit float");
