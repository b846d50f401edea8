//! `field_eq` and `field_eq_any`: equality by blind index.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};

use super::generics::{self, Does};
use super::{borrowed, column_static, normalize, scope, sql_type, type_span};
use crate::model::{Field, Model, option_inner};

pub(super) fn implementation(model: &Model<'_>) -> TokenStream {
    let ident = model.ident;
    let lookups = model.encrypted().filter_map(|field| lookup(model, field));
    let generics = generics::of_model(model, Does::Seal);
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    quote! {
        #[allow(dead_code)]
        impl #impl_generics #ident #ty_generics #where_clause {
            #(#lookups)*
        }
    }
}

fn lookup(model: &Model<'_>, field: &Field<'_>) -> Option<TokenStream> {
    let index = field.index()?;
    let (vis, path) = (field.vis, model.path(&index.column));
    let (sql, column, normalize) = (sql_type(model, field), column_static(field), normalize(model, field));
    let value_type = borrowed(option_inner(field.ty).unwrap_or(field.ty), &quote!('__v));
    // Under `key = column` a token belongs to a key scope, so the look-up names it.
    let key = model.key_field().map(|key| {
        let (name, ty) = (key.ident, borrowed(key.ty, &TokenStream::new()));
        quote!(#name: #ty,)
    });
    let scope = scope(model, |key| {
        let name = key.ident;
        quote!(#name)
    });
    // The key's name is the user's, so the value gives way.
    let taken = |name: &str| model.key_field().is_some_and(|key| key.ident == name);
    let one = if taken("value") { format_ident!("wanted") } else { format_ident!("value") };
    let many = if taken("values") { format_ident!("wanted") } else { format_ident!("values") };
    let tokens = quote_spanned!(type_span(field)=>
        __row.index_tokens::<<#sql as __ef::EncryptedSql>::Plain, _>(&#column, #normalize, __value)
    );
    let (eq, eq_any) = (format_ident!("{}_eq", field.name()), format_ident!("{}_eq_any", field.name()));
    let doc = format!("Rows whose `{}` is this value, by the blind index `{}`.", field.column, index.column);
    let doc_any =
        format!("Rows whose `{}` is one of these values, by the blind index `{}`.", field.column, index.column);
    Some(quote_spanned! {type_span(field)=>
        #[doc = #doc]
        #vis fn #eq<'__v>(#key #one: #value_type) -> __ef::IndexEq<#path> {
            __ef::with_keyring(|__keyring| {
                let mut __row = __ef::RowContext::new(__keyring, #scope, &[]);
                let __value = #one;
                __ef::IndexEq::new(#path, #tokens)
            })
        }

        #[doc = #doc_any]
        #vis fn #eq_any<'__v>(
            #key #many: impl ::std::iter::IntoIterator<Item = #value_type>,
        ) -> __ef::IndexEq<#path> {
            __ef::with_keyring(|__keyring| {
                let mut __row = __ef::RowContext::new(__keyring, #scope, &[]);
                let mut __tokens = ::std::vec::Vec::new();
                for __value in #many {
                    __tokens.extend(#tokens);
                }
                __ef::IndexEq::new(#path, __tokens)
            })
        }
    })
}
