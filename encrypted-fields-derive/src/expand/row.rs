//! `XRow`: the handle of one row, by the names of the fields that name it. It seals values for the row and opens them.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};

use super::changeset::{guard_types, guard_values};
use super::{borrowed_field, column_static, normalize, row_context, sql_type, type_span};
use crate::model::{Field, Model};

pub(super) fn structure(model: &Model<'_>) -> TokenStream {
    let (row, vis) = (model.row_ident(), model.vis);
    let doc = format!("Names one row of [`{}`]: what its sealed values are bound to.", model.ident);
    let fields = model.row_fields().into_iter().map(|field| {
        let (vis, ident, ty) = (field.vis, field.ident, field.ty);
        quote!(#vis #ident: #ty)
    });
    quote! {
        #[doc = #doc]
        #[derive(Clone)]
        #[allow(missing_docs, missing_debug_implementations, unreachable_pub, dead_code)]
        #vis struct #row {
            #(#fields,)*
        }
    }
}

pub(super) fn implementation(model: &Model<'_>) -> TokenStream {
    let (ident, sealed, row, vis) = (model.ident, model.sealed_ident(), model.row_ident(), model.vis);
    let names: Vec<_> = model.row_fields().into_iter().map(|field| field.ident).collect();
    let handle = |of: &proc_macro2::Ident| {
        quote! {
            #[allow(dead_code)]
            impl #of {
                /// The handle of this row: seals and opens single values.
                #vis fn row(&self) -> #row {
                    #row { #(#names: ::std::clone::Clone::clone(&self.#names),)* }
                }
            }
        }
    };
    let (of_model, of_sealed) = (handle(ident), handle(&sealed));
    let openers = model.encrypted().map(|field| opener(model, field));
    let setters = model.encrypted().filter(|_| model.traits.as_changeset).map(|field| setter(model, field));
    quote! {
        #of_model
        #of_sealed

        #[allow(dead_code)]
        impl #row {
            #(#openers)*
            #(#setters)*
        }
    }
}

fn context(model: &Model<'_>) -> TokenStream {
    row_context(model, |field| {
        let ident = field.ident;
        quote!(self.#ident)
    })
}

fn opener(model: &Model<'_>, field: &Field<'_>) -> TokenStream {
    let (vis, ty, path) = (field.vis, field.ty, model.path(&field.column));
    let (sql, column, context) = (sql_type(model, field), column_static(field), context(model));
    let name = format_ident!("open_{}", field.name());
    let doc = format!("Opens a value of `{}` that this row holds, with the keyring in scope.", field.column);
    quote_spanned! {type_span(field)=>
        #[doc = #doc]
        ///
        /// # Errors
        /// Where it was not sealed for this row, or cannot be opened.
        #vis fn #name(
            &self,
            sealed: &__ef::SealedOf<#path>,
        ) -> ::std::result::Result<#ty, __ef::OpenError> {
            __ef::with_keyring(|__keyring| {
                #context
                __ef::OpenField::<#sql>::open_field(&mut __row, &#column, ::std::clone::Clone::clone(sealed))
            })
        }
    }
}

fn setter(model: &Model<'_>, field: &Field<'_>) -> TokenStream {
    let (vis, path) = (field.vis, model.path(&field.column));
    let (sql, column, context) = (sql_type(model, field), column_static(field), context(model));
    let parameter = borrowed_field(field.ty, &TokenStream::new());
    let (guard, same) = (guard_types(model, None), guard_values(model, true));
    let name = format_ident!("set_{}", field.name());
    let doc = format!(
        "Seals a value of `{}` for this row; give it to `diesel::update(..).set(..)`. Written into another row, the \
         statement fails.",
        field.column
    );
    let assignment = quote!(__ef::Assignment<#path, __ef::SealedParam<#path>, #guard>);
    let seal = quote_spanned!(type_span(field)=> __ef::SealField::<#sql>::seal_field(&value, &mut __row, &#column));
    match field.index() {
        None => quote_spanned! {type_span(field)=>
            #[doc = #doc]
            #vis fn #name(&self, value: #parameter) -> #assignment {
                let __sealed = __ef::with_keyring(|__keyring| {
                    #context
                    #seal
                });
                __ef::Assignment::new(__sealed, #same)
            }
        },
        Some(index) => {
            let (index_path, normalize) = (model.path(&index.column), normalize(field));
            quote_spanned! {type_span(field)=>
                #[doc = #doc]
                #vis fn #name(
                    &self,
                    value: #parameter,
                ) -> (#assignment, __diesel::dsl::Eq<#index_path, __ef::IndexOf<#index_path>>) {
                    let (__sealed, __index) = __ef::with_keyring(|__keyring| {
                        #context
                        (
                            #seal,
                            __ef::IndexField::<#sql>::index_field(&value, &mut __row, &#column, #normalize),
                        )
                    });
                    (
                        __ef::Assignment::new(__sealed, #same),
                        __diesel::ExpressionMethods::eq(
                            #index_path,
                            __ef::FitsIndex::<__ef::IndexOf<#index_path>>::fit(__index),
                        ),
                    )
                }
            }
        }
    }
}
