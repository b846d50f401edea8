//! Reading: Diesel builds the sealed form, which is then opened with the row's context.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::parse_quote;

use super::generics::{self, Does};
use super::{column_static, normalize, row_contexts, row_of, sql_type, type_span};
use crate::errors::Errors;
use crate::model::{Field, Model, Role};

pub(super) fn implementations(model: &Model<'_>, errors: &mut Errors) -> TokenStream {
    let traits = model.traits;
    let open = open(model);
    let queryable = traits.queryable.then(|| queryable(model));
    let by_name = traits.queryable_by_name.then(|| queryable_by_name(model));
    let selectable = traits.selectable.then(|| selectable(model));
    let has_query = traits.has_query.then(|| has_query(model, errors));
    quote!(#open #queryable #by_name #selectable #has_query)
}

fn local(field: &Field<'_>) -> proc_macro2::Ident {
    format_ident!("__field_{}", field.name())
}

fn open(model: &Model<'_>) -> TokenStream {
    let (ident, sealed) = (model.ident, model.sealed_ident());
    let Opened { patterns, opened, values } = opened(model);
    let context = row_contexts(model, model.encrypted(), |field| {
        let local = local(field);
        quote!(#local)
    });
    let rows: BTreeSet<_> = model.encrypted().chain(model.parts()).map(|field| row_of(model, field)).collect();
    let drops = rows.iter().map(|row| quote!(::std::mem::drop(#row);));
    let generics = generics::of_model(model, Does::Open);
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    quote! {
        fn __open #impl_generics(
            __sealed: #sealed,
            __keyring: ::std::result::Result<&__ef::Keyring, __ef::NoKeyring>,
        ) -> ::std::result::Result<#ident #ty_generics, __ef::OpenError>
        #where_clause
        {
            let #sealed { #(#patterns,)* } = __sealed;
            #context
            #opened
            #(#drops)*
            ::std::result::Result::Ok(#ident { #(#values,)* })
        }
    }
}

/// How `SealedX` is taken apart, opened, and put together as `X`.
pub(super) struct Opened {
    pub(super) patterns: Vec<TokenStream>,
    pub(super) opened: TokenStream,
    pub(super) values: Vec<TokenStream>,
}

/// Opens with the row contexts in `__row` and its like.
pub(super) fn opened(model: &Model<'_>) -> Opened {
    let mut patterns = Vec::new();
    for field in &model.fields {
        let (name, local) = (field.ident, local(field));
        patterns.push(quote!(#name: #local));
        if let Some(index) = field.index().filter(|index| !model.declares(&index.column)) {
            let (column, local) = (&index.column, format_ident!("__index_{}", field.name()));
            patterns.push(quote!(#column: #local));
        }
    }
    let opened = model.encrypted().map(|field| {
        let (local, ty, sql, column) = (local(field), field.ty, sql_type(model, field), column_static(field));
        let row = row_of(model, field);
        let check = field.index().map(|index| {
            let (path, normalize) = (model.path(&index.column), normalize(model, field));
            let stored =
                model.by_column(&index.column).map_or_else(|| format_ident!("__index_{}", field.name()), self::local);
            quote_spanned! {type_span(field)=>
                __ef::IndexField::<#sql>::check_field(
                    &#local,
                    &mut #row,
                    &#column,
                    <#path as __diesel::Column>::NAME,
                    #normalize,
                    <__ef::SqlTypeOf<#path> as __ef::IndexSide>::stored(&#stored),
                )?;
            }
        });
        quote_spanned! {type_span(field)=>
            let #local: #ty = __ef::OpenField::<#sql>::open_field(&mut #row, &#column, &#local)?;
            #check
        }
    });
    let values = model.fields.iter().map(|field| {
        let (name, local) = (field.ident, local(field));
        if matches!(field.role, Role::Index) {
            let ty = field.ty;
            quote_spanned!(type_span(field)=> #name: __ef::FitsIndex::<#ty>::fit(#local))
        } else {
            quote!(#name: #local)
        }
    });
    let parts = model.parts().map(|part| {
        let (local, ty) = (local(part), part.ty);
        quote_spanned!(type_span(part)=>
            let #local = <#ty as __ef::EncryptedPart>::open_part(#local, &mut __row)?;
        )
    });
    let values = values.collect();
    Opened { patterns, opened: quote!(#(#opened)* #(#parts)*), values }
}

fn queryable(model: &Model<'_>) -> TokenStream {
    let (ident, sealed) = (model.ident, model.sealed_ident());
    let (generics, ty_generics) = (with_backend(model, Does::Open, true), model.generics.split_for_impl().1);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let mut where_clause = where_clause.cloned().unwrap_or_else(|| parse_quote!(where));
    where_clause.predicates.push(parse_quote!(__DB: __diesel::backend::Backend));
    where_clause.predicates.push(parse_quote!(#sealed: __diesel::deserialize::Queryable<__ST, __DB>));
    quote! {
        #[automatically_derived]
        impl #impl_generics __diesel::deserialize::Queryable<__ST, __DB> for #ident #ty_generics
        #where_clause
        {
            type Row = <#sealed as __diesel::deserialize::Queryable<__ST, __DB>>::Row;

            fn build(__row: Self::Row) -> __diesel::deserialize::Result<Self> {
                let __sealed = <#sealed as __diesel::deserialize::Queryable<__ST, __DB>>::build(__row)?;
                ::std::result::Result::Ok(__ef::with_keyring(|__keyring| __open(__sealed, __keyring))?)
            }
        }
    }
}

fn queryable_by_name(model: &Model<'_>) -> TokenStream {
    let (ident, sealed) = (model.ident, model.sealed_ident());
    let (generics, ty_generics) = (with_backend(model, Does::Open, false), model.generics.split_for_impl().1);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let mut where_clause = where_clause.cloned().unwrap_or_else(|| parse_quote!(where));
    where_clause.predicates.push(parse_quote!(__DB: __diesel::backend::Backend));
    where_clause.predicates.push(parse_quote!(#sealed: __diesel::deserialize::QueryableByName<__DB>));
    quote! {
        #[automatically_derived]
        impl #impl_generics __diesel::deserialize::QueryableByName<__DB> for #ident #ty_generics
        #where_clause
        {
            fn build<'__a>(
                __row: &impl __diesel::row::NamedRow<'__a, __DB>,
            ) -> __diesel::deserialize::Result<Self> {
                let __sealed = <#sealed as __diesel::deserialize::QueryableByName<__DB>>::build(__row)?;
                ::std::result::Result::Ok(__ef::with_keyring(|__keyring| __open(__sealed, __keyring))?)
            }
        }
    }
}

/// The model's generics, the backend's and where `row` that of the row's type.
fn with_backend(model: &Model<'_>, does: Does, row: bool) -> syn::Generics {
    let mut generics = generics::of_model(model, does);
    generics.params.push(parse_quote!(__DB));
    if row {
        generics.params.push(parse_quote!(__ST));
    }
    generics
}

/// The model's generics as they are, and the backend's.
fn over_any_backend(model: &Model<'_>) -> syn::Generics {
    let mut generics = model.generics.clone();
    generics.params.push(parse_quote!(__DB: __diesel::backend::Backend));
    generics
}

/// Bounds for embedded fields only, as Diesel has them; none on `HasQuery`, whose query would not normalize.
fn embedded_bounds(model: &Model<'_>) -> TokenStream {
    let parts = model.parts().map(|part| part.ty);
    let embedded =
        model.fields.iter().filter(|field| field.diesel.embed.is_some() && matches!(field.role, Role::Plain));
    let embedded = embedded.map(|field| field.ty);
    quote! {
        #(#embedded: __diesel::Selectable<__DB>,)*
        #(<#parts as __ef::EncryptedPart>::Row: __diesel::Selectable<__DB>,)*
    }
}

fn selectable(model: &Model<'_>) -> TokenStream {
    let (ident, sealed, bounds) = (model.ident, model.sealed_ident(), embedded_bounds(model));
    let (generics, ty_generics) = (over_any_backend(model), model.generics.split_for_impl().1);
    let (impl_generics, ..) = generics.split_for_impl();
    let own = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    quote! {
        #[automatically_derived]
        impl #impl_generics __diesel::Selectable<__DB> for #ident #ty_generics where #(#own,)* #bounds {
            type SelectExpression = <#sealed as __diesel::Selectable<__DB>>::SelectExpression;

            fn construct_selection() -> Self::SelectExpression {
                <#sealed as __diesel::Selectable<__DB>>::construct_selection()
            }
        }
    }
}

fn has_query(model: &Model<'_>, errors: &mut Errors) -> TokenStream {
    let table = &model.table;
    let (query, ty) = match (&model.diesel.base_query, &model.diesel.base_query_type) {
        (None, _) => (
            quote!(__diesel::query_builder::AsQuery::as_query(#table::table)),
            quote!(<#table::table as __diesel::query_builder::AsQuery>::Query),
        ),
        (Some(query), Some(ty)) => (quote!(#query), quote!(#ty)),
        (Some(query), None) => {
            errors.mendable(query, "`base_query` needs its type beside it: `base_query_type = ..`");
            return TokenStream::new();
        }
    };
    let one = |ident: &proc_macro2::Ident, generics: &syn::Generics, ty_generics: Option<syn::TypeGenerics<'_>>| {
        let (impl_generics, _, where_clause) = generics.split_for_impl();
        quote! {
            #[automatically_derived]
            impl #impl_generics __diesel::HasQuery<__DB> for #ident #ty_generics #where_clause {
                type BaseQuery = #ty;

                fn base_query() -> Self::BaseQuery {
                    #query
                }
            }
        }
    };
    let of_model = one(model.ident, &over_any_backend(model), Some(model.generics.split_for_impl().1));
    let of_sealed = one(&model.sealed_ident(), &parse_quote!(<__DB: __diesel::backend::Backend>), None);
    quote!(#of_model #of_sealed)
}
