//! What the type of a model's field says of its values, asked so that a type which says nothing is no second error.
//!
//! A bound such as `<T as EncodePlain<..>>::CLASS` would report a wrong field once more than the code that seals it
//! does. So the compiler picks a method: of the type's own where the bound holds, then through an `Option`, then the
//! default behind one more reference.

use std::marker::PhantomData;

use crate::class::Class;
use crate::codec::EncodePlain;
use crate::normalize::Normalize;
use crate::sql_types::EncryptedSql;

/// A field of type `T` over a column of type `E`. The derive calls its methods on a reference, with the traits in scope.
#[derive(Debug)]
pub struct Probe<T, E>(PhantomData<fn() -> (T, E)>);

impl<T, E> Probe<T, E> {
    /// The only one.
    pub const NEW: Self = Self(PhantomData);
}

impl<T: EncodePlain<E::Plain>, E: EncryptedSql> Probe<T, E> {
    /// [`EncodePlain::CLASS`].
    pub fn class(&self) -> Option<Class> {
        T::CLASS
    }

    /// [`EncodePlain::NORMALIZE`].
    pub fn normalize(&self) -> Normalize {
        T::NORMALIZE
    }
}

macro_rules! through {
    ($(#[$doc:meta])* $name:ident, $field:ty) => {
        $(#[$doc])*
        #[allow(missing_docs)]
        pub trait $name {
            fn class(&self) -> Option<Class>;
            fn normalize(&self) -> Normalize;
        }

        impl<T: EncodePlain<E::Plain>, E: EncryptedSql> $name for Probe<$field, E> {
            fn class(&self) -> Option<Class> {
                T::CLASS
            }

            fn normalize(&self) -> Normalize {
                T::NORMALIZE
            }
        }
    };
}
through! {
    /// A nullable column, or a value that a changeset may leave as it is.
    ThroughOption, Option<T>
}
through! {
    /// Both.
    ThroughOptions, Option<Option<T>>
}

/// Any other type: whatever seals it reports it.
#[allow(missing_docs)]
pub trait Unknown {
    fn class(&self) -> Option<Class> {
        None
    }

    fn normalize(&self) -> Normalize {
        Normalize::Exact
    }
}

impl<T, E> Unknown for &Probe<T, E> {}

#[cfg(test)]
mod tests {
    use diesel::sql_types::{Nullable, Numeric, Text};

    use super::*;
    use crate::error::SealReason;
    use crate::secret::Secret;
    use crate::sql_types::Encrypted;

    struct Folded(String);

    impl EncodePlain<Text> for Folded {
        const CLASS: Option<Class> = Some(Class::Personal);
        const NORMALIZE: Normalize = Normalize::Lower;

        fn encode(&self, out: &mut Vec<u8>) -> Result<(), SealReason> {
            self.0.encode(out)
        }
    }

    impl zeroize::Zeroize for Folded {
        fn zeroize(&mut self) {
            self.0.zeroize();
        }
    }

    macro_rules! says {
        ($field:ty, $column:ty) => {{
            let probe = &Probe::<$field, $column>::NEW;
            (probe.class(), probe.normalize())
        }};
    }

    #[test]
    fn a_types_word_is_heard_through_what_wraps_it() {
        /// By a name that does not tell what it is.
        type Maybe<T> = Option<T>;
        let said = (Some(Class::Personal), Normalize::Lower);
        assert_eq!(says!(Folded, Encrypted<Text>), said);
        assert_eq!(says!(&'static Folded, Encrypted<Text>), said);
        assert_eq!(says!(Secret<Folded>, Encrypted<Text>), said);
        assert_eq!(says!(Option<Folded>, Nullable<Encrypted<Text>>), said);
        assert_eq!(says!(Maybe<Folded>, Nullable<Encrypted<Text>>), said);
        assert_eq!(says!(Option<Folded>, Encrypted<Text>), said);
        assert_eq!(says!(Option<Option<Secret<Folded>>>, Nullable<Encrypted<Text>>), said);
    }

    #[test]
    fn a_type_that_says_nothing_has_no_class() {
        let nothing = (None, Normalize::Exact);
        assert_eq!(says!(String, Encrypted<Text>), nothing);
        assert_eq!(says!(Option<String>, Nullable<Encrypted<Text>>), nothing);
        // These do not compile as fields; here they are not a second error.
        assert_eq!(says!(Folded, Encrypted<Numeric>), nothing);
        assert_eq!(says!(Folded, Text), nothing);
    }
}
