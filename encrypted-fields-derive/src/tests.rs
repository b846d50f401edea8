//! What the derive writes, one snapshot an attribute, and what it refuses.

mod documentation;
mod refused;
mod snapshots;
mod tokens;

use syn::DeriveInput;

use crate::{derive, derive_like};

/// The expansion as a person reads it.
fn expanded(input: &DeriveInput) -> String {
    prettyplease::unparse(&syn::parse2(derive(input)).expect("the expansion is Rust"))
}

/// The expansion of a model that is like another.
fn expanded_like(base: &DeriveInput, input: &DeriveInput) -> String {
    prettyplease::unparse(&syn::parse2(derive_like(base, input)).expect("the expansion is Rust"))
}

/// The messages of what was refused.
fn mistakes(input: &DeriveInput) -> Vec<String> {
    messages(derive(input))
}

/// The same for a model that is like another.
fn mistakes_like(base: &DeriveInput, input: &DeriveInput) -> Vec<String> {
    messages(derive_like(base, input))
}

fn messages(expansion: proc_macro2::TokenStream) -> Vec<String> {
    let mut messages = Vec::new();
    let file: syn::File = syn::parse2(expansion).expect("the fallback is Rust");
    for item in file.items {
        if let syn::Item::Macro(item) = item
            && item.mac.path.segments.last().is_some_and(|last| last.ident == "compile_error")
        {
            messages.push(item.mac.parse_body::<syn::LitStr>().expect("a message").value());
        }
    }
    messages
}
