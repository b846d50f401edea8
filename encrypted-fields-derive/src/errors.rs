//! All mistakes are reported at once, each where it was written.

use proc_macro2::TokenStream;
use quote::ToTokens;

#[derive(Default)]
pub(crate) struct Errors {
    all: Vec<syn::Error>,
    fatal: bool,
}

impl Errors {
    /// `message` says what is wrong; then, after a semicolon, what to write instead.
    pub(crate) fn at(&mut self, written: impl ToTokens, message: impl std::fmt::Display) {
        self.push(syn::Error::new_spanned(written, message));
    }

    pub(crate) fn push(&mut self, error: syn::Error) {
        self.all.push(error);
        self.fatal = true;
    }

    /// A mistake without which the model is expanded all the same, so that code that uses it is not reported beside it.
    pub(crate) fn mendable(&mut self, written: impl ToTokens, message: impl std::fmt::Display) {
        self.all.push(syn::Error::new_spanned(written, message));
    }

    pub(crate) fn push_mendable(&mut self, error: syn::Error) {
        self.all.push(error);
    }

    /// Whether what is left of the model cannot be expanded.
    pub(crate) fn is_fatal(&self) -> bool {
        self.fatal
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn into_compile_error(self) -> Option<TokenStream> {
        self.all
            .into_iter()
            .reduce(|mut all, next| {
                all.combine(next);
                all
            })
            .map(|all| all.into_compile_error())
    }
}
