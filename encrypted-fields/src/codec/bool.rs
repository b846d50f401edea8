use diesel::sql_types::Bool;

use super::{DecodePlain, EncodePlain, fixed, tag, unreadable};
use crate::error::{OpenReason, SealReason};

impl EncodePlain<Bool> for bool {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SealReason> {
        out.extend_from_slice(&[tag::BOOL, u8::from(*self)]);
        Ok(())
    }

    fn size_hint(&self) -> usize {
        2
    }
}

impl DecodePlain<Bool> for bool {
    fn decode(bytes: &[u8]) -> Result<Self, OpenReason> {
        match fixed(bytes, tag::BOOL, "a boolean")? {
            [0] => Ok(false),
            [1] => Ok(true),
            _ => Err(unreadable("a boolean is 0 or 1")),
        }
    }
}
