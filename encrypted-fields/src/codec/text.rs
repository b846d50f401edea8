use diesel::sql_types::Text;

use super::{DecodePlain, EncodePlain, tag, unreadable, variable};
use crate::error::{OpenReason, SealReason};

impl EncodePlain<Text> for str {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SealReason> {
        out.push(tag::TEXT);
        out.extend_from_slice(self.as_bytes());
        Ok(())
    }

    fn size_hint(&self) -> usize {
        1 + self.len()
    }
}

impl EncodePlain<Text> for String {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SealReason> {
        self.as_str().encode(out)
    }

    fn size_hint(&self) -> usize {
        1 + self.len()
    }
}

impl DecodePlain<Text> for String {
    fn decode(bytes: &[u8]) -> Result<Self, OpenReason> {
        let text = variable(bytes, tag::TEXT, "text")?;
        std::str::from_utf8(text).map(str::to_owned).map_err(|_| unreadable("the text is not UTF-8"))
    }
}
