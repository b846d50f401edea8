use diesel::sql_types::Binary;

use super::{DecodePlain, EncodePlain, tag, variable};
use crate::error::{OpenReason, SealReason};

impl EncodePlain<Binary> for [u8] {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SealReason> {
        out.push(tag::BINARY);
        out.extend_from_slice(self);
        Ok(())
    }

    fn size_hint(&self) -> usize {
        1 + self.len()
    }
}

impl EncodePlain<Binary> for Vec<u8> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SealReason> {
        self.as_slice().encode(out)
    }

    fn size_hint(&self) -> usize {
        1 + self.len()
    }
}

impl<const N: usize> EncodePlain<Binary> for [u8; N] {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SealReason> {
        self.as_slice().encode(out)
    }

    fn size_hint(&self) -> usize {
        1 + N
    }
}

impl DecodePlain<Binary> for Vec<u8> {
    fn decode(bytes: &[u8]) -> Result<Self, OpenReason> {
        variable(bytes, tag::BINARY, "binary").map(<[u8]>::to_vec)
    }
}

impl<const N: usize> DecodePlain<Binary> for [u8; N] {
    fn decode(bytes: &[u8]) -> Result<Self, OpenReason> {
        let bytes = variable(bytes, tag::BINARY, "binary")?;
        bytes.try_into().map_err(|_| {
            OpenReason::Value(format!("the field is of {N} bytes, the sealed value of {}", bytes.len()).into())
        })
    }
}
