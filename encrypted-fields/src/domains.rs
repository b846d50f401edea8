//! The names that `diesel print-schema` writes for the Postgres domains `enc_text`, `enc_numeric`, ..
//!
//! `diesel.toml`:
//!
//! ```toml
//! [print_schema]
//! file = "src/schema.rs"
//! pg_domains_as_custom_types = ["^enc_"]
//! import_types = ["diesel::sql_types::*", "encrypted_fields::domains::*"]
//! except_custom_type_definitions = ["^Enc"]
//! ```
//!
//! `enc_<type>` is BYTEA, `enc_<type>_text` TEXT; the suffix `_unbound` is the [`Unbound`] policy.

use diesel::sql_types;

use crate::sql_types::{Encrypted, EncryptedText, Timestamptz, Unbound, Uuid};

macro_rules! domains {
    ($($sql:ty: $bytes:ident $text:ident $bytes_unbound:ident $text_unbound:ident, $name:literal;)*) => {$(
        #[doc = concat!("`enc_", $name, "`")]
        pub type $bytes = Encrypted<$sql>;
        #[doc = concat!("`enc_", $name, "_text`")]
        pub type $text = EncryptedText<$sql>;
        #[doc = concat!("`enc_", $name, "_unbound`")]
        pub type $bytes_unbound = Encrypted<$sql, Unbound>;
        #[doc = concat!("`enc_", $name, "_text_unbound`")]
        pub type $text_unbound = EncryptedText<$sql, Unbound>;
    )*};
}
domains! {
    sql_types::Text: EncText EncTextText EncTextUnbound EncTextTextUnbound, "text";
    sql_types::Binary: EncBinary EncBinaryText EncBinaryUnbound EncBinaryTextUnbound, "binary";
    sql_types::Bool: EncBool EncBoolText EncBoolUnbound EncBoolTextUnbound, "bool";
    sql_types::SmallInt: EncSmallint EncSmallintText EncSmallintUnbound EncSmallintTextUnbound, "smallint";
    sql_types::Integer: EncInteger EncIntegerText EncIntegerUnbound EncIntegerTextUnbound, "integer";
    sql_types::BigInt: EncBigint EncBigintText EncBigintUnbound EncBigintTextUnbound, "bigint";
    sql_types::Float: EncFloat EncFloatText EncFloatUnbound EncFloatTextUnbound, "float";
    sql_types::Double: EncDouble EncDoubleText EncDoubleUnbound EncDoubleTextUnbound, "double";
    sql_types::Numeric: EncNumeric EncNumericText EncNumericUnbound EncNumericTextUnbound, "numeric";
    sql_types::Date: EncDate EncDateText EncDateUnbound EncDateTextUnbound, "date";
    sql_types::Time: EncTime EncTimeText EncTimeUnbound EncTimeTextUnbound, "time";
    sql_types::Timestamp: EncTimestamp EncTimestampText EncTimestampUnbound EncTimestampTextUnbound, "timestamp";
    Timestamptz: EncTimestamptz EncTimestamptzText EncTimestamptzUnbound EncTimestamptzTextUnbound, "timestamptz";
    Uuid: EncUuid EncUuidText EncUuidUnbound EncUuidTextUnbound, "uuid";
    sql_types::Json: EncJson EncJsonText EncJsonUnbound EncJsonTextUnbound, "json";
    sql_types::Jsonb: EncJsonb EncJsonbText EncJsonbUnbound EncJsonbTextUnbound, "jsonb";
}
