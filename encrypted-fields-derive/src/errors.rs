//! All mistakes are reported at once, each where it was written.

use proc_macro2::TokenStream;
use quote::ToTokens;

#[derive(Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    /// `message` says what is wrong; then, after a semicolon, what to write instead.
    pub(crate) fn at(&mut self, written: impl ToTokens, message: impl std::fmt::Display) {
        self.0.push(syn::Error::new_spanned(written, message));
    }

    pub(crate) fn push(&mut self, error: syn::Error) {
        self.0.push(error);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn into_compile_error(self) -> Option<TokenStream> {
        self.0
            .into_iter()
            .reduce(|mut all, next| {
                all.combine(next);
                all
            })
            .map(|all| all.into_compile_error())
    }
}
