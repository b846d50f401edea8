//! What the derive writes, one snapshot an attribute, and what it refuses.

mod documentation;
mod refused;
mod snapshots;
mod tokens;

use syn::DeriveInput;

use crate::derive;

/// The expansion as a person reads it.
fn expanded(input: &DeriveInput) -> String {
    prettyplease::unparse(&syn::parse2(derive(input)).expect("the expansion is Rust"))
}

/// The messages of what was refused.
fn mistakes(input: &DeriveInput) -> Vec<String> {
    let mut messages = Vec::new();
    let file: syn::File = syn::parse2(derive(input)).expect("the fallback is Rust");
    for item in file.items {
        if let syn::Item::Macro(item) = item
            && item.mac.path.segments.last().is_some_and(|last| last.ident == "compile_error")
        {
            messages.push(item.mac.parse_body::<syn::LitStr>().expect("a message").value());
        }
    }
    messages
}
