//! A part: `SealedX`, and the traits by which a model seals, opens and writes the part as its own columns.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse_quote;

use super::changeset::Set;
use super::insert::Inserted;
use super::read::Opened;
use super::sealed::Sealed;
use super::{changeset, describe, hygienic, insert, lookup, read, seal, sealed, sql_type, with_static_lifetimes};
use crate::model::Model;

pub(super) fn expand(model: &Model<'_>) -> TokenStream {
    let mut impls = vec![seal::columns(model), describe::assertions(model), described(model)];
    let reads = model.reads() || model.traits.selectable;
    let structure = reads.then(|| sealed::structure(model));
    if reads {
        impls.push(read(model));
        impls.push(lookup::implementation(model));
    }
    if model.traits.insertable {
        impls.push(inserted(model, None));
        impls.push(inserted(model, Some(&quote!('__part))));
    }
    if model.traits.as_changeset {
        impls.push(changed(model, None));
        impls.push(changed(model, Some(&quote!('__part))));
        if reads {
            impls.push(changed_sealed(model, None));
            impls.push(changed_sealed(model, Some(&quote!('__part))));
        }
    }
    hygienic(&quote!(#structure), &impls)
}

fn described(model: &Model<'_>) -> TokenStream {
    let (head, _) = head(model, None, &[]);
    let (ident, ty_generics) = (model.ident, model.generics.split_for_impl().1);
    let inner: Vec<_> = model.parts().map(|part| with_static_lifetimes(part.ty.to_token_stream())).collect();
    let indexed = model.encrypted().any(|field| field.index().is_some());
    let bound = model.encrypted().map(|field| {
        let sql = sql_type(model, field);
        quote!(<<#sql as __ef::EncryptedSql>::Policy as __ef::Policy>::ROW_BOUND)
    });
    let columns = describe::columns(model);
    quote! {
        #[automatically_derived]
        impl #head __ef::PartColumns for #ident #ty_generics {
            const INDEXED: bool = #indexed #(|| <#inner as __ef::PartColumns>::INDEXED)*;
            const ROW_BOUND: bool = false #(|| #bound)* #(|| <#inner as __ef::PartColumns>::ROW_BOUND)*;

            fn columns() -> ::std::vec::Vec<__ef::ColumnDescription> {
                #columns
            }
        }
    }
}

fn read(model: &Model<'_>) -> TokenStream {
    let (ident, row) = (model.ident, model.sealed_ident());
    let Sealed { locals, checks, values } = sealed::sealed_values(model);
    let (names, given, types) = (&locals.names, &locals.given, locals.types(model, &quote!(__ef::EncryptedPart)));
    let Opened { patterns, opened, values: fields } = read::opened(model);
    quote! {
        #[automatically_derived]
        impl __ef::EncryptedPart for #ident {
            type Row = #row;
            type Sealed = #types;

            fn seal_part(&self, mut __row: &mut __ef::RowContext<'_>) -> Self::Sealed {
                #given
            }

            fn into_row(self, __sealed: Self::Sealed) -> ::std::result::Result<#row, __ef::SealError> {
                let #names = __sealed;
                #checks
                ::std::result::Result::Ok(#row { #values })
            }

            fn open_part(
                __sealed: #row,
                mut __row: &mut __ef::RowContext<'_>,
            ) -> ::std::result::Result<Self, __ef::OpenError> {
                let #row { #(#patterns,)* } = __sealed;
                #opened
                ::std::result::Result::Ok(#ident { #(#fields,)* })
            }
        }
    }
}

/// For the part, or for a reference to it.
fn inserted(model: &Model<'_>, lifetime: Option<&TokenStream>) -> TokenStream {
    let (head, reference) = head(model, lifetime, &[]);
    let (ident, ty_generics) = (model.ident, model.generics.split_for_impl().1);
    let Inserted { sealing, types, values } = insert::inserted(model, reference.as_ref());
    let (names, given, sealed) = (&sealing.names, &sealing.given, sealing.types(model, &quote!(__ef::InsertPart)));
    quote! {
        #[automatically_derived]
        impl #head __ef::InsertPart for #reference #ident #ty_generics {
            type Sealed = #sealed;
            type Values = (#(#types,)*);

            fn seal_part(&self, mut __row: &mut __ef::RowContext<'_>) -> Self::Sealed {
                #given
            }

            fn insert_part(self, __sealed: Self::Sealed) -> Self::Values {
                let #names = __sealed;
                (#(#values,)*)
            }
        }
    }
}

fn changed(model: &Model<'_>, lifetime: Option<&TokenStream>) -> TokenStream {
    let (head, reference) = head(model, lifetime, &["__Bind", "__Also"]);
    let (ident, ty_generics) = (model.ident, model.generics.split_for_impl().1);
    let Set { sealing, locals, types, values } = changeset::set(model, lifetime);
    let sealed = sealing.types(model, &quote!(__ef::ChangePart<__Bind, __Also>));
    let (names, given) = (&sealing.names, &sealing.given);
    quote! {
        #[automatically_derived]
        impl #head __ef::ChangePart<__Bind, __Also> for #reference #ident #ty_generics {
            type Sealed = #sealed;
            type Changes = (#(#types,)*);

            fn seal_part(&self, mut __row: &mut __ef::RowContext<'_>) -> Self::Sealed {
                #given
            }

            fn change_part(
                self,
                __sealed: Self::Sealed,
                __guard: impl ::std::ops::Fn() -> (__Bind, __Also),
            ) -> Self::Changes {
                let #names = __sealed;
                #locals
                (#(#values,)*)
            }
        }
    }
}

/// For the sealed form, which is written as it is.
fn changed_sealed(model: &Model<'_>, lifetime: Option<&TokenStream>) -> TokenStream {
    let (head, reference) = head(model, lifetime, &["__Bind", "__Also"]);
    let ident = model.sealed_ident();
    let (types, values) = changeset::set_sealed(model, lifetime);
    quote! {
        #[automatically_derived]
        impl #head __ef::ChangePart<__Bind, __Also> for #reference #ident {
            type Sealed = ();
            type Changes = (#(#types,)*);

            fn seal_part(&self, _: &mut __ef::RowContext<'_>) {}

            fn change_part(self, (): (), __guard: impl ::std::ops::Fn() -> (__Bind, __Also)) -> Self::Changes {
                (#(#values,)*)
            }
        }
    }
}

/// The generics of an implementation, and the reference that it is for.
fn head(model: &Model<'_>, lifetime: Option<&TokenStream>, parameters: &[&str]) -> (TokenStream, Option<TokenStream>) {
    let mut generics = model.generics.clone();
    if let Some(lifetime) = lifetime {
        generics.params.insert(0, parse_quote!(#lifetime));
    }
    for parameter in parameters {
        let parameter = quote::format_ident!("{parameter}");
        generics.params.push(parse_quote!(#parameter));
    }
    let (head, ..) = generics.split_for_impl();
    (quote!(#head), lifetime.map(|lifetime| quote!(&#lifetime)))
}
