//! `#[derive(EncryptedModel)]`: a Diesel model whose fields are sealed and bound to their row.
//!
//! Use it through the `encrypted-fields` crate, whose documentation describes the attributes. The stages, one file each:
//! `attr` reads what the user wrote, `model` makes the struct's description of it, `check` holds the rules across fields,
//! and `expand` writes the code.

mod attr;
mod check;
mod errors;
mod expand;
mod model;

use proc_macro2::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Derives Diesel's traits for a struct with `#[encrypted]` fields.
///
/// See the trait `encrypted_fields::EncryptedModel` for every attribute.
#[proc_macro_derive(EncryptedModel, attributes(encrypted, diesel))]
pub fn derive_encrypted_model(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// The derive without the compiler's own token type, so that unit tests can run it.
fn derive(input: &DeriveInput) -> TokenStream {
    let mut errors = errors::Errors::default();
    let expanded = model::Model::new(input, &mut errors).and_then(|mut model| {
        check::check(&model, &mut errors);
        if !errors.is_empty() {
            model.forget_mistakes();
        }
        (!errors.is_fatal()).then(|| expand::expand(&model, &mut errors))
    });
    let errors = errors.into_compile_error();
    match expanded {
        Some(expanded) => quote::quote!(#errors #expanded),
        None => expand::fallback(input, errors),
    }
}

#[cfg(test)]
mod tests;
