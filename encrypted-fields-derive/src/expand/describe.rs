//! The model's description as a value, and what can only be asserted of its types.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::{class, column_static, normalize, sql_type, type_span, with_static_lifetimes};
use crate::attr::{Bind, Pad};
use crate::model::{Field, Model};

pub(super) fn implementation(model: &Model<'_>) -> TokenStream {
    let (ident, name) = (model.ident, model.ident.unraw().to_string());
    let (impl_generics, ty_generics, where_clause) = model.generics.split_for_impl();
    let primary_key = model.primary_key.iter().map(|column| {
        let path = model.path(column);
        quote!(<#path as __diesel::Column>::NAME)
    });
    let bound = |field: &Field<'_>| {
        let (path, sql) = (model.path(&field.column), sql_type(model, field));
        let ty = with_static_lifetimes(field.ty.to_token_stream());
        let pinned = model.pin(&field.column).map(|name| quote!(.pinned(#name)));
        quote_spanned!(type_span(field)=> __ef::BoundDescription::new(
            <#path as __diesel::Column>::NAME,
            <#ty as __ef::BoundValue<#sql>>::CLASS,
        ) #pinned)
    };
    let bind = model.bind_fields().into_iter().map(bound);
    let key = match model.key_field() {
        None => quote!(::std::option::Option::None),
        Some(field) => {
            let bound = bound(field);
            quote!(::std::option::Option::Some(#bound))
        }
    };
    let (columns, table) = (columns(model), &model.table);
    quote! {
        #[automatically_derived]
        impl #impl_generics __ef::OfTable<#table::table> for #ident #ty_generics #where_clause {}

        #[automatically_derived]
        impl #impl_generics __ef::EncryptedModel for #ident #ty_generics #where_clause {
            fn model() -> &'static __ef::Model {
                static MODEL: ::std::sync::LazyLock<__ef::Model> = ::std::sync::LazyLock::new(|| {
                    __ef::Model::new(
                        #name,
                        &[#(#primary_key),*],
                        ::std::vec![#(#bind),*],
                        #key,
                        #columns,
                    )
                });
                &MODEL
            }
        }
    }
}

/// The descriptions of the encrypted columns, those of parts included.
pub(super) fn columns(model: &Model<'_>) -> TokenStream {
    let columns = model.encrypted().map(|field| {
        let path = model.path(&field.column);
        let index = match field.index() {
            None => quote!(::std::option::Option::None),
            Some(index) => {
                let (path, normalize) = (model.path(&index.column), normalize(model, field));
                quote!(::std::option::Option::Some(
                    __ef::IndexDescription::new(<#path as __diesel::Column>::NAME, #normalize)
                ))
            }
        };
        let versioned = model.version_of(field).map(|version| {
            let path = model.path(&version.column);
            let pinned = model.pin(&version.column).map(|name| quote!(.version_pinned(#name)));
            quote!(.versioned(<#path as __diesel::Column>::NAME)#pinned)
        });
        let (column, class) = (column_static(field), class(model, field));
        quote!(__ef::ColumnDescription::of::<#path>(#class, #index, __ef::ColumnContext::clone(&#column))#versioned)
    });
    let own = quote!(::std::vec![#(#columns),*]);
    if model.parts().next().is_none() {
        return own;
    }
    let parts = model.parts().map(|part| with_static_lifetimes(part.ty.to_token_stream()));
    quote!(::std::iter::IntoIterator::into_iter(#own)
        #(.chain(<#parts as __ef::PartColumns>::columns()))*
        .collect())
}

/// What the derive cannot see in the tokens, so the compiler checks it where the user wrote it.
pub(super) fn assertions(model: &Model<'_>) -> TokenStream {
    let unbound = matches!(model.bind, Some(Bind::None));
    let unbound = model.encrypted().filter(|_| unbound).map(|field| {
        let sql = sql_type(model, field);
        quote_spanned!(field.ident.span()=> __ef::assert_unbound::<#sql>();)
    });
    let normalized = model.encrypted().filter_map(|field| {
        let span = field.index()?.normalize.as_ref()?.span();
        let sql = sql_type(model, field);
        Some(quote_spanned!(span=> __ef::assert_normalized::<<#sql as __ef::EncryptedSql>::Plain>();))
    });
    let versioned = model.encrypted().filter_map(|field| {
        let (version, span) = (model.version_of(field)?, field.version()?.span());
        let (ty, sql, counter) = (version.ty, sql_type(model, field), sql_type(model, version));
        let row_bound = quote_spanned!(span=> __ef::assert_row_bound::<#sql>(););
        let field = quote_spanned!(type_span(version)=> __ef::assert_version_field::<#ty>(););
        let column = quote_spanned!(version.ident.span()=> __ef::assert_version_column::<#counter>(););
        Some(quote!(#row_bound #field #column))
    });
    let parts = model.parts().map(|part| {
        let (ty, span) = (with_static_lifetimes(part.ty.to_token_stream()), part.ident.span());
        let unbound = matches!(model.bind, Some(Bind::None)).then(|| {
            quote_spanned!(span=> ::std::assert!(
                !<#ty as __ef::PartColumns>::ROW_BOUND,
                "`bind = none`, but the part has columns that are bound to their row: declare them `Unbound` in `table!`"
            );)
        });
        let keyed = model.key.as_ref().map(|_| {
            quote_spanned!(span=> ::std::assert!(
                !<#ty as __ef::PartColumns>::INDEXED,
                "the part has a blind index, whose look-ups do not know this model's `key`: put the indexed field into \
                 the model itself"
            );)
        });
        let asserted = unbound.is_some() || keyed.is_some();
        asserted.then(|| quote!(const _: () = { #unbound #keyed };))
    });
    let padded = model.encrypted().filter_map(|field| {
        let span = match field.pad()? {
            Pad::Block(_, span) | Pad::Padme(span) => span.resolved_at(proc_macro2::Span::call_site()),
        };
        let sql = sql_type(model, field);
        Some(quote_spanned!(span=> __ef::assert_padded::<<#sql as __ef::EncryptedSql>::Plain>();))
    });
    let of_table = model.like.iter().filter(|_| model.base_is_concrete && !model.part).map(|like| {
        let (table, span) = (&model.table, like.span().resolved_at(proc_macro2::Span::call_site()));
        quote_spanned!(span=> __ef::assert_of_table::<#like, #table::table>();)
    });
    let one_name = model.pins.iter().flat_map(|(_, pin)| {
        let unpinned = model.bind_columns().into_iter().filter(|other| model.pin(other).is_none());
        unpinned.map(move |other| {
            let path = model.path(other);
            quote_spanned!(pin.span()=> const _: () = ::std::assert!(
                !__ef::same_text(<#path as __diesel::Column>::NAME, #pin),
                "two bound columns have this name in the context"
            );)
        })
    });
    quote! {
        #(#parts)*
        #(#one_name)*
        const _: fn() = || {
            #(#unbound)*
            #(#normalized)*
            #(#versioned)*
            #(#padded)*
            #(#of_table)*
        };
    }
}
