//! What must not be written does not compile, and the message says how to mend it.
//!
//! Each fixture is named as the rule that it defends. After an intended change:
//! `TRYBUILD=overwrite cargo test -p encrypted-fields-tests mistakes_do_not_compile`, then read each message as its
//! reader: what is wrong, where, and what to write instead, once.

#[test]
fn mistakes_do_not_compile() {
    trybuild::TestCases::new().compile_fail("compile_fail/*.rs");
}
