//! `#[derive(EncryptedModel)]`: a Diesel model whose fields are sealed and bound to their row.
//!
//! Use it through the `encrypted-fields` crate, whose documentation describes the attributes. The stages, one file each:
//! `attr` reads what the user wrote, `model` makes the struct's description of it, `like` adds what another model says,
//! `check` holds the rules across fields, and `expand` writes the code.
//!
//! # What each attribute expands to
//!
//! One block for each attribute and form; the first has what was written for each. They are the snapshots that the tests hold
//! the derive to.
//!
// One line for a new snapshot; a test misses it otherwise. For rustdoc alone: no build and no editor reads them.
#![cfg_attr(doc, doc = concat!("<details><summary>What was written</summary>\n\n```ignore\n", include_str!("tests/snapshots.rs"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>encrypted</summary>\n\n```ignore\n", include_str!("tests/snapshots/encrypted.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>encrypted_nullable</summary>\n\n```ignore\n", include_str!("tests/snapshots/encrypted_nullable.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>bind</summary>\n\n```ignore\n", include_str!("tests/snapshots/bind.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>bind_none</summary>\n\n```ignore\n", include_str!("tests/snapshots/bind_none.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>key</summary>\n\n```ignore\n", include_str!("tests/snapshots/key.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>key_that_is_bound</summary>\n\n```ignore\n", include_str!("tests/snapshots/key_that_is_bound.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>version</summary>\n\n```ignore\n", include_str!("tests/snapshots/version.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>version_of_a_patch</summary>\n\n```ignore\n", include_str!("tests/snapshots/version_of_a_patch.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>part</summary>\n\n```ignore\n", include_str!("tests/snapshots/part.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>part_of_a_model</summary>\n\n```ignore\n", include_str!("tests/snapshots/part_of_a_model.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>part_of_a_patch</summary>\n\n```ignore\n", include_str!("tests/snapshots/part_of_a_patch.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>index</summary>\n\n```ignore\n", include_str!("tests/snapshots/index.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>index_nullable</summary>\n\n```ignore\n", include_str!("tests/snapshots/index_nullable.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>index_normalize</summary>\n\n```ignore\n", include_str!("tests/snapshots/index_normalize.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>index_declared_by_the_struct</summary>\n\n```ignore\n", include_str!("tests/snapshots/index_declared_by_the_struct.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>class</summary>\n\n```ignore\n", include_str!("tests/snapshots/class.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>only_insertable</summary>\n\n```ignore\n", include_str!("tests/snapshots/only_insertable.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>only_as_changeset</summary>\n\n```ignore\n", include_str!("tests/snapshots/only_as_changeset.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>only_queryable</summary>\n\n```ignore\n", include_str!("tests/snapshots/only_queryable.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>only_queryable_by_name</summary>\n\n```ignore\n", include_str!("tests/snapshots/only_queryable_by_name.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>only_selectable</summary>\n\n```ignore\n", include_str!("tests/snapshots/only_selectable.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>only_has_query</summary>\n\n```ignore\n", include_str!("tests/snapshots/only_has_query.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>sealed_derive</summary>\n\n```ignore\n", include_str!("tests/snapshots/sealed_derive.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>treat_none_as_default_value_of_the_struct</summary>\n\n```ignore\n", include_str!("tests/snapshots/treat_none_as_default_value_of_the_struct.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>treat_none_as_null_of_the_struct</summary>\n\n```ignore\n", include_str!("tests/snapshots/treat_none_as_null_of_the_struct.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>embed</summary>\n\n```ignore\n", include_str!("tests/snapshots/embed.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>serialize_as</summary>\n\n```ignore\n", include_str!("tests/snapshots/serialize_as.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>select_expression</summary>\n\n```ignore\n", include_str!("tests/snapshots/select_expression.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>skip_insertion</summary>\n\n```ignore\n", include_str!("tests/snapshots/skip_insertion.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>skip_update</summary>\n\n```ignore\n", include_str!("tests/snapshots/skip_update.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>column_name</summary>\n\n```ignore\n", include_str!("tests/snapshots/column_name.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>primary_key</summary>\n\n```ignore\n", include_str!("tests/snapshots/primary_key.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>check_for_backend</summary>\n\n```ignore\n", include_str!("tests/snapshots/check_for_backend.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>base_query</summary>\n\n```ignore\n", include_str!("tests/snapshots/base_query.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>lifetimes</summary>\n\n```ignore\n", include_str!("tests/snapshots/lifetimes.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>raw_identifiers</summary>\n\n```ignore\n", include_str!("tests/snapshots/raw_identifiers.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>context</summary>\n\n```ignore\n", include_str!("tests/snapshots/context.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>generic</summary>\n\n```ignore\n", include_str!("tests/snapshots/generic.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>like</summary>\n\n```ignore\n", include_str!("tests/snapshots/like.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>like_is_deferred</summary>\n\n```ignore\n", include_str!("tests/snapshots/like_is_deferred.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>pad</summary>\n\n```ignore\n", include_str!("tests/snapshots/pad.snap"), "```\n</details>\n"))]
#![cfg_attr(doc, doc = concat!("<details><summary>mistakes_leave_stubs</summary>\n\n```ignore\n", include_str!("tests/snapshots/mistakes_leave_stubs.snap"), "```\n</details>\n"))]

mod attr;
mod check;
mod errors;
mod expand;
mod like;
mod model;

use proc_macro2::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Derives Diesel's traits for a struct with `#[encrypted]` fields.
///
/// See the trait `encrypted_fields::EncryptedModel` for every attribute, and the page of this crate for what each expands to.
#[proc_macro_derive(EncryptedModel, attributes(encrypted, diesel))]
pub fn derive_encrypted_model(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// What a model that is `like` another expands to, by way of the macro that the other one's derive wrote.
#[doc(hidden)]
#[proc_macro]
pub fn __encrypted_model_like(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let like::Pair { base, model } = parse_macro_input!(input as like::Pair);
    derive_like(&base, &model).into()
}

/// The derive without the compiler's own token type, so that unit tests can run it.
fn derive(input: &DeriveInput) -> TokenStream {
    match like::deferred(input) {
        Some(deferred) => deferred,
        None => derive_with(input, None),
    }
}

/// The same for a model that is like `base`, whose own mistakes are reported where it stands.
fn derive_like(base: &DeriveInput, input: &DeriveInput) -> TokenStream {
    derive_with(input, model::Model::new(base, None, &mut errors::Errors::default()).as_ref())
}

fn derive_with(input: &DeriveInput, base: Option<&model::Model<'_>>) -> TokenStream {
    let mut errors = errors::Errors::default();
    let expanded = model::Model::new(input, base, &mut errors).and_then(|mut model| {
        check::check(&model, &mut errors);
        if !errors.is_empty() {
            model.forget_mistakes();
        }
        (!errors.is_fatal()).then(|| expand::expand(&model, &mut errors))
    });
    let errors = errors.into_compile_error();
    let pattern = like::pattern(input);
    match expanded {
        Some(expanded) => quote::quote!(#errors #expanded #pattern),
        None => {
            let fallback = expand::fallback(input, errors);
            quote::quote!(#fallback #pattern)
        }
    }
}

#[cfg(test)]
mod tests;
