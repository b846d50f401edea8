//! `XRow`: the handle of one row, by the names of the fields that name it. It seals values for the row and opens them.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};

use super::changeset::{self, assignment, counter, guard_types};
use super::generics::{self, Does};
use super::seal::{Under, next_version};
use super::{borrowed_field, column_static, normalize, row_context, sql_type, type_span};
use crate::model::{Field, Model, Role};

pub(super) fn structure(model: &Model<'_>) -> TokenStream {
    let (row, vis) = (model.row_ident(), model.vis);
    let doc = format!("Names one row of [`{}`]: what its sealed values are bound to.", model.ident);
    let fields = model.handle_fields().into_iter().map(|field| {
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
    let names: Vec<_> = model.handle_fields().into_iter().map(|field| field.ident).collect();
    let handle = |of: &proc_macro2::Ident, generics: &syn::Generics| {
        let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
        quote! {
            #[allow(dead_code)]
            impl #impl_generics #of #ty_generics #where_clause {
                /// The handle of this row: seals and opens single values.
                #vis fn row(&self) -> #row {
                    #row { #(#names: ::std::clone::Clone::clone(&self.#names),)* }
                }
            }
        }
    };
    let (of_model, of_sealed) = (handle(ident, model.generics), handle(&sealed, &syn::Generics::default()));
    let openers = model.encrypted().map(|field| opener(model, field));
    let part_openers = model.parts().map(|part| part_opener(model, part));
    let part_setters = model.parts().filter(|_| model.traits.as_changeset).map(|part| part_setter(model, part));
    let setters = model.encrypted().filter(|_| model.traits.as_changeset).map(|field| setter(model, field));
    quote! {
        #of_model
        #of_sealed

        #[allow(dead_code)]
        impl #row {
            #(#openers)*
            #(#part_openers)*
            #(#setters)*
            #(#part_setters)*
        }
    }
}

/// The row as the field's value is bound to it, with the counter that it is sealed under.
fn context(model: &Model<'_>, field: &Field<'_>, under: Under) -> TokenStream {
    row_context(model, &format_ident!("__row"), model.version_of(field), |field| match (&field.role, under) {
        (Role::Version, Under::NextCounter) => next_version(field),
        _ => {
            let ident = field.ident;
            quote!(self.#ident)
        }
    })
}

fn opener(model: &Model<'_>, field: &Field<'_>) -> TokenStream {
    let (vis, ty, path) = (field.vis, field.ty, model.path(&field.column));
    let (sql, column, context) = (sql_type(model, field), column_static(field), context(model, field, Under::Counter));
    let name = format_ident!("open_{}", field.name());
    let generics = generics::of_field(model, field, Does::Open);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let doc = format!("Opens a value of `{}` that this row holds, with the keyring in scope.", field.column);
    quote_spanned! {type_span(field)=>
        #[doc = #doc]
        ///
        /// # Errors
        /// Where it was not sealed for this row, or cannot be opened.
        #vis fn #name #impl_generics(
            &self,
            sealed: &__ef::SealedOf<#path>,
        ) -> ::std::result::Result<#ty, __ef::OpenError>
        #where_clause
        {
            __ef::with_keyring(|__keyring| {
                #context
                __ef::OpenField::<#sql>::open_field(&mut __row, &#column, sealed)
            })
        }
    }
}

fn setter(model: &Model<'_>, field: &Field<'_>) -> TokenStream {
    let (vis, path) = (field.vis, model.path(&field.column));
    let (sql, column, context) =
        (sql_type(model, field), column_static(field), context(model, field, Under::NextCounter));
    let parameter = borrowed_field(field.ty, &TokenStream::new());
    let guard = guard_types(model, field, None);
    let name = format_ident!("set_{}", field.name());
    let doc = format!(
        "Seals a value of `{}` for this row; give it to `diesel::update(..).set(..)`. Written into another row, the \
         statement fails.",
        field.column
    );
    let generics = generics::of_field(model, field, Does::Seal);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (mut types, mut values, mut index) = (Vec::new(), Vec::new(), None);
    types.push(quote!(__ef::Assignment<#path, __ef::SealedParam<#path>, #guard>));
    values.push(assignment(model, field, &quote!(__sealed), true));
    // After the sealed value, whose guard compares the counter: MySQL assigns from left to right.
    if let Some((ty, value)) = counter(model, field) {
        types.push(ty);
        values.push(value);
    }
    let mut sealed =
        vec![quote_spanned!(type_span(field)=> __ef::SealField::<#sql>::seal_field(&value, &mut __row, &#column))];
    if let Some(attr) = field.index() {
        let (index_path, normalize) = (model.path(&attr.column), normalize(model, field));
        index = Some(quote!(__index));
        sealed.push(quote_spanned! {type_span(field)=>
            __ef::IndexField::<#sql>::index_field(&value, &mut __row, &#column, #normalize)
        });
        types.push(quote!(__diesel::dsl::Eq<#index_path, __ef::IndexOf<#index_path>>));
        values.push(quote!(__diesel::ExpressionMethods::eq(
            #index_path,
            __ef::FitsIndex::<__ef::IndexOf<#index_path>>::fit(__index),
        )));
    }
    let locals = tuple(std::iter::once(quote!(__sealed)).chain(index).collect());
    let (types, values, sealed) = (tuple(types), tuple(values), tuple(sealed));
    quote_spanned! {type_span(field)=>
        #[doc = #doc]
        #vis fn #name #impl_generics(&self, value: #parameter) -> #types #where_clause {
            let #locals = __ef::with_keyring(|__keyring| {
                #context
                #sealed
            });
            #values
        }
    }
}

fn part_opener(model: &Model<'_>, part: &Field<'_>) -> TokenStream {
    let (vis, ty, context) = (part.vis, part.ty, context(model, part, Under::Counter));
    let name = format_ident!("open_{}", part.name());
    let doc = format!("Opens the part `{}` that this row holds, with the keyring in scope.", part.ident);
    quote_spanned! {type_span(part)=>
        #[doc = #doc]
        ///
        /// # Errors
        /// The first field that was not sealed for this row, or cannot be opened.
        #vis fn #name(
            &self,
            sealed: <#ty as __ef::EncryptedPart>::Row,
        ) -> ::std::result::Result<#ty, __ef::OpenError> {
            __ef::with_keyring(|__keyring| {
                #context
                <#ty as __ef::EncryptedPart>::open_part(sealed, &mut __row)
            })
        }
    }
}

fn part_setter(model: &Model<'_>, part: &Field<'_>) -> TokenStream {
    let (vis, ty, context) = (part.vis, part.ty, context(model, part, Under::NextCounter));
    let name = format_ident!("set_{}", part.name());
    let doc = format!(
        "Seals the part `{}` for this row, and sets what a changeset of it sets; give it to `diesel::update(..).set(..)`. \
         Written into another row, the statement fails.",
        part.ident
    );
    let guard = guard_types(model, part, None);
    let change = quote!(<&'__p #ty as __ef::ChangePart<#guard>>);
    let guards = changeset::guards(model, part, true);
    quote_spanned! {type_span(part)=>
        #[doc = #doc]
        #vis fn #name<'__p>(&self, value: &'__p #ty) -> #change::Changes {
            let __sealed = __ef::with_keyring(|__keyring| {
                #context
                #change::seal_part(&value, &mut __row)
            });
            #change::change_part(value, __sealed, #guards)
        }
    }
}

/// One alone is no tuple.
fn tuple(mut parts: Vec<TokenStream>) -> TokenStream {
    match parts.len() {
        1 => parts.remove(0),
        _ => quote!((#(#parts),*)),
    }
}
