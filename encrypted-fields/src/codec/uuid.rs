use super::{DecodePlain, EncodePlain, fixed, tag};
use crate::error::{OpenReason, SealReason};
use crate::sql_types::Uuid;

impl EncodePlain<Uuid> for uuid::Uuid {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SealReason> {
        out.push(tag::UUID);
        out.extend_from_slice(self.as_bytes());
        Ok(())
    }

    fn size_hint(&self) -> usize {
        17
    }
}

impl DecodePlain<Uuid> for uuid::Uuid {
    fn decode(bytes: &[u8]) -> Result<Self, OpenReason> {
        fixed(bytes, tag::UUID, "a UUID").map(Self::from_bytes)
    }
}
