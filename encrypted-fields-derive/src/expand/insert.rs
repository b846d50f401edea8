//! `Insertable`: the plain fields as Diesel's derive writes them, the encrypted ones sealed when `values` is called.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Type, parse_quote};

use super::generics::{self, Does};
use super::seal::{self, Sealing, Under};
use crate::model::{Field, Model, Role, option_inner};

pub(super) fn implementations(model: &Model<'_>) -> TokenStream {
    let (ident, table) = (model.ident, &model.table);
    let (impl_generics, ty_generics, where_clause) = model.generics.split_for_impl();
    let owned = implementation(model, None);
    // Diesel's rule: a field that is converted by `serialize_as` must be owned.
    let borrowed = (!model.fields.iter().any(|field| field.diesel.serialize_as.is_some()))
        .then(|| implementation(model, Some(quote!('__insert))));
    quote! {
        #owned
        #borrowed

        #[automatically_derived]
        impl #impl_generics __ef::UndecoratedInsertRecord<#table::table> for #ident #ty_generics #where_clause {}
    }
}

/// For the struct, or for a reference to it.
fn implementation(model: &Model<'_>, lifetime: Option<TokenStream>) -> TokenStream {
    let (ident, table) = (model.ident, &model.table);
    let (_, ty_generics, _) = model.generics.split_for_impl();
    let mut generics = generics::of_model(model, Does::Seal);
    if lifetime.is_some() {
        generics.params.push(parse_quote!('__insert));
    }
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let reference = lifetime.as_ref().map(|lifetime| quote!(&#lifetime));

    let Inserted { sealing, types, values } = inserted(model, reference.as_ref());
    let statement = &sealing.statement;
    quote! {
        #[automatically_derived]
        impl #impl_generics __diesel::Insertable<#table::table> for #reference #ident #ty_generics #where_clause {
            type Values = <(#(#types,)*) as __diesel::Insertable<#table::table>>::Values;

            fn values(self) -> Self::Values {
                #statement
                __diesel::Insertable::<#table::table>::values((#(#values,)*))
            }
        }
    }
}

/// What an insert writes.
pub(super) struct Inserted<'m> {
    pub(super) sealing: Sealing<'m>,
    pub(super) types: Vec<TokenStream>,
    pub(super) values: Vec<TokenStream>,
}

pub(super) fn inserted<'m>(model: &'m Model<'m>, reference: Option<&TokenStream>) -> Inserted<'m> {
    let inserted = |field: &&Field<'_>| !field.diesel.skip_insertion;
    let sealing =
        seal::locals(model, Under::Counter, &quote!(__ef::InsertPart), model.encrypted().filter(inserted), |field| {
            field.treat_none_as_default_value(model)
        });
    let (mut types, mut values) = (Vec::new(), Vec::new());
    let as_it_is = |field: &&Field<'_>| matches!(field.role, Role::Plain | Role::Version);
    for field in model.fields.iter().filter(inserted).filter(as_it_is) {
        let (ty, value) = plain(model, field, reference);
        types.push(ty);
        values.push(value);
    }
    for sealed in &sealing.fields {
        let path = model.path(&sealed.field.column);
        let local = &sealed.value;
        push(
            quote!(__diesel::dsl::Eq<#path, __ef::SealedOf<#path>>),
            &path,
            local,
            sealed.optional,
            &mut types,
            &mut values,
        );
        if let Some((column, local)) = &sealed.index {
            let path = model.path(column);
            push(
                quote!(__diesel::dsl::Eq<#path, __ef::IndexOf<#path>>),
                &path,
                local,
                sealed.optional,
                &mut types,
                &mut values,
            );
        }
    }
    for (part, local) in &sealing.parts {
        let (ty, ident, borrow) = (part.ty, part.ident, reference.map(|_| quote!(&)));
        types.push(quote!(<#reference #ty as __ef::InsertPart>::Values));
        values.push(quote!(<#reference #ty as __ef::InsertPart>::insert_part(#borrow self.#ident, #local)));
    }
    Inserted { sealing, types, values }
}

fn push(
    ty: TokenStream,
    path: &TokenStream,
    local: &proc_macro2::Ident,
    optional: bool,
    types: &mut Vec<TokenStream>,
    values: &mut Vec<TokenStream>,
) {
    if optional {
        types.push(quote!(::std::option::Option<#ty>));
        values.push(quote!(#local.map(|__value| __diesel::ExpressionMethods::eq(#path, __value))));
    } else {
        types.push(ty);
        values.push(quote!(__diesel::ExpressionMethods::eq(#path, #local)));
    }
}

/// What Diesel's derive writes for a plain field.
fn plain(model: &Model<'_>, field: &Field<'_>, reference: Option<&TokenStream>) -> (TokenStream, TokenStream) {
    let (ident, ty, path) = (field.ident, field.ty, model.path(&field.column));
    if field.diesel.embed.is_some() {
        let borrow = reference.map(|_| quote!(&));
        return (quote!(#reference #ty), quote!(#borrow self.#ident));
    }
    let by_default = field.treat_none_as_default_value(model);
    if let Some(as_ty) = &field.diesel.serialize_as {
        return converted(ident, as_ty, &path, by_default);
    }
    match option_inner(ty).filter(|_| by_default) {
        Some(inner) => {
            let borrow = reference.map(|_| quote!(.as_ref()));
            (
                quote!(::std::option::Option<__diesel::dsl::Eq<#path, #reference #inner>>),
                quote!(self.#ident #borrow .map(|__value| __diesel::ExpressionMethods::eq(#path, __value))),
            )
        }
        None => {
            let borrow = reference.map(|_| quote!(&));
            (
                quote!(__diesel::dsl::Eq<#path, #reference #ty>),
                quote!(__diesel::ExpressionMethods::eq(#path, #borrow self.#ident)),
            )
        }
    }
}

fn converted(
    ident: &proc_macro2::Ident,
    as_ty: &Type,
    path: &TokenStream,
    by_default: bool,
) -> (TokenStream, TokenStream) {
    let value = quote!(::std::convert::Into::<#as_ty>::into(self.#ident));
    match option_inner(as_ty).filter(|_| by_default) {
        Some(inner) => (
            quote!(::std::option::Option<__diesel::dsl::Eq<#path, #inner>>),
            quote!(#value.map(|__value| __diesel::ExpressionMethods::eq(#path, __value))),
        ),
        None => (quote!(__diesel::dsl::Eq<#path, #as_ty>), quote!(__diesel::ExpressionMethods::eq(#path, #value))),
    }
}
