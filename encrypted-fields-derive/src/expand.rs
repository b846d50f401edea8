//! The code that is written, one file a part of it.

mod changeset;
mod describe;
mod generics;
mod insert;
mod lookup;
mod part;
mod read;
mod row;
mod seal;
mod sealed;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Type};

use crate::attr::Pad;
use crate::errors::Errors;
use crate::model::{Field, Model, argument_of, option_inner};

pub(crate) use generics::is_generic;

/// `normalize = ..` and the variant of `encrypted_fields::index::Normalize`.
pub(crate) const NORMALIZE: &[(&str, &str)] =
    &[("exact", "Exact"), ("lower", "Lower"), ("nfkc", "Nfkc"), ("nfkc_lower", "NfkcLower"), ("digits", "Digits")];

/// `class = ..` and the variant of `encrypted_fields::Class`.
pub(crate) const CLASS: &[(&str, &str)] =
    &[("personal", "Personal"), ("financial", "Financial"), ("special", "Special")];

pub(crate) fn expand(model: &Model<'_>, errors: &mut Errors) -> TokenStream {
    if model.part {
        return part::expand(model);
    }
    let explicit = model.reads() || model.traits.selectable;
    let sealed_struct = explicit.then(|| sealed::structure(model));
    let row_struct = model.reads().then(|| row::structure(model));
    let mut impls = vec![seal::columns(model), describe::implementation(model), describe::assertions(model)];
    if explicit {
        impls.push(read::implementations(model, errors));
        impls.push(sealed::implementation(model));
    }
    if model.traits.insertable {
        impls.push(insert::implementations(model));
    }
    if model.traits.as_changeset {
        impls.push(changeset::implementations(model));
    }
    if model.reads() {
        impls.push(row::implementation(model));
        impls.push(lookup::implementation(model));
    }
    let sealed_struct = quote!(#sealed_struct #row_struct);
    hygienic(&sealed_struct, &impls)
}

/// The public items, and the implementations out of the way of the user's names.
fn hygienic(items: &TokenStream, impls: &[TokenStream]) -> TokenStream {
    quote! {
        #items
        #[doc(hidden)]
        #[allow(dead_code)]
        #[allow(non_snake_case, unused_qualifications, unused_parens, unused_mut, clippy::all, clippy::pedantic)]
        const _: () = {
            use ::encrypted_fields::__private as __ef;
            use __ef::diesel as __diesel;
            #[allow(unused_imports)]
            use __ef::probe::{Probe as __Probe, ThroughOption as _, ThroughOptions as _, Unknown as _};
            #(#impls)*
        };
    }
}

/// After a mistake, only what keeps the compiler from reporting it a second time elsewhere.
pub(crate) fn fallback(input: &DeriveInput, error: Option<TokenStream>) -> TokenStream {
    let ident = &input.ident;
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    quote! {
        #error
        #[doc(hidden)]
        const _: () = {
            #[automatically_derived]
            impl #impl_generics ::encrypted_fields::model::EncryptedModel for #ident #ty_generics #where_clause {
                fn model() -> &'static ::encrypted_fields::model::Model {
                    ::std::unreachable!()
                }
            }
        };
    }
}

/// Where the field's type is written, for errors; names resolve as the rest of the expansion's, which matters where the
/// struct is written by a `macro_rules!`.
fn type_span(field: &Field<'_>) -> Span {
    field.ty.span().resolved_at(Span::call_site())
}

/// The SQL type of the field's column.
fn sql_type(model: &Model<'_>, field: &Field<'_>) -> TokenStream {
    let path = model.path(&field.column);
    quote_spanned!(type_span(field)=> __ef::SqlTypeOf<#path>)
}

/// The static that holds the field's `ColumnContext`.
fn column_static(field: &Field<'_>) -> Ident {
    format_ident!("__COLUMN_{}", field.name())
}

/// `Normalize::..` as written, or what the field's type brings.
fn normalize(model: &Model<'_>, field: &Field<'_>) -> TokenStream {
    let written = match field.index().and_then(|index| index.normalize.as_ref()) {
        None if !is_generic(model, field) => return of_type(model, field, &quote!(normalize)),
        written => written,
    };
    let variant = NORMALIZE
        .iter()
        .find(|(name, _)| written.is_some_and(|written| written == name))
        .map_or("Exact", |(_, variant)| variant);
    let variant = format_ident!("{variant}");
    quote!(__ef::Normalize::#variant)
}

/// `Some(Class::..)` as written, or what the field's type brings.
fn class(model: &Model<'_>, field: &Field<'_>) -> TokenStream {
    match field.class() {
        Some(written) => {
            let variant = CLASS.iter().find(|(name, _)| written == name).map_or("Personal", |(_, variant)| variant);
            let variant = format_ident!("{variant}");
            quote!(::std::option::Option::Some(__ef::Class::#variant))
        }
        None if is_generic(model, field) => quote!(::std::option::Option::None),
        None => of_type(model, field, &quote!(class)),
    }
}

/// What the field's type says, see `encrypted_fields::probe`. A type parameter says nothing: the description is one for
/// all that stand for it.
fn of_type(model: &Model<'_>, field: &Field<'_>, question: &TokenStream) -> TokenStream {
    let (sql, ty) = (sql_type(model, field), with_static_lifetimes(field.ty.to_token_stream()));
    quote_spanned!(type_span(field)=> (&__Probe::<#ty, #sql>::NEW).#question())
}

/// The local that holds the `RowContext` of a field: the row's, or for a value with a counter one of its own.
fn row_of(model: &Model<'_>, field: &Field<'_>) -> Ident {
    match model.version_of(field) {
        None => format_ident!("__row"),
        Some(_) => format_ident!("__row_of_{}", field.name()),
    }
}

/// `let mut __row = ..` from `__keyring` for each row context that these fields need, where `value` gives the place of a
/// field's value.
fn row_contexts<'f>(
    model: &Model<'_>,
    fields: impl Iterator<Item = &'f Field<'f>>,
    value: impl Fn(&Field<'_>) -> TokenStream,
) -> TokenStream {
    let (mut made, mut contexts) = (Vec::new(), Vec::new());
    let mut need = |field: &Field<'_>| {
        let row = row_of(model, field);
        if !made.contains(&row) {
            contexts.push(row_context(model, &row, model.version_of(field), &value));
            made.push(row);
        }
    };
    fields.for_each(&mut need);
    model.parts().for_each(&mut need);
    quote!(#(#contexts)*)
}

/// One of them. A counter is a bound column of its value alone.
fn row_context(
    model: &Model<'_>,
    row: &Ident,
    version: Option<&Field<'_>>,
    value: impl Fn(&Field<'_>) -> TokenStream,
) -> TokenStream {
    let column = |field: &Field<'_>, value: &TokenStream| {
        let (path, bound) = (model.path(&field.column), bound_value(model, field, value));
        quote!((<#path as __diesel::Column>::NAME, #bound))
    };
    let mut columns: Vec<_> = model.bind_fields().into_iter().map(|field| column(field, &value(field))).collect();
    let counter = version.map(|version| {
        columns.push(column(version, &quote!(__counter)));
        let value = value(version);
        quote!(let __counter = #value;)
    });
    let count = columns.len();
    let scope = scope(model, &value);
    if !model.pins.is_empty() {
        let pinned = pinned_row_context(model, row, version, &columns, &scope);
        return quote!(#counter #pinned);
    }
    // Sorted by the database's names, which `#[sql_name]` may order differently than the fields.
    let (mutable, sorted) = if count > 1 {
        (Some(quote!(mut)), Some(quote!(__bound.sort_unstable_by_key(|__column| __column.0);)))
    } else {
        (None, None)
    };
    quote! {
        #counter
        let #mutable __bound: [__ef::BoundColumn<'_>; #count] = [#(#columns),*];
        #sorted
        let mut #row = __ef::RowContext::new(__keyring, #scope, &__bound);
    }
}

/// The same where bound columns have other names in the context, by which they are then sorted.
fn pinned_row_context(
    model: &Model<'_>,
    row: &Ident,
    version: Option<&Field<'_>>,
    columns: &[TokenStream],
    scope: &TokenStream,
) -> TokenStream {
    let names = model.bind_fields().into_iter().chain(version).map(|field| match model.pin(&field.column) {
        Some(name) => quote!(#name),
        None => {
            let path = model.path(&field.column);
            quote!(<#path as __diesel::Column>::NAME)
        }
    });
    let count = columns.len();
    quote! {
        let mut __bound: [(&'static str, __ef::BoundColumn<'_>); #count] = [#((#names, #columns)),*];
        __bound.sort_unstable_by_key(|__column| __column.0);
        let __names: [&'static str; #count] = ::std::array::from_fn(|__i| __bound[__i].0);
        let __bound = __bound.map(|__column| __column.1);
        let mut #row = __ef::RowContext::pinned(__keyring, #scope, &__bound, &__names);
    }
}

/// What the field's attributes add to its `ColumnContext`, as calls after it.
fn described_context(field: &Field<'_>) -> Option<TokenStream> {
    if field.context().is_none() && field.pad().is_none() {
        return None;
    }
    let pinned = field.context().map(|context| quote!(.pinned(#context)));
    let padded = field.pad().map(|pad| match pad {
        Pad::Block(bytes, _) => quote!(.padded(__ef::Padding::block(#bytes))),
        Pad::Padme(_) => quote!(.padded(__ef::Padding::PADME)),
    });
    Some(quote!(#pinned #padded))
}

/// The key scope of a row, as an `Option`.
fn scope(model: &Model<'_>, value: impl Fn(&Field<'_>) -> TokenStream) -> TokenStream {
    match model.key_field() {
        None => quote!(::std::option::Option::None),
        Some(key) => {
            let bound = bound_value(model, key, &value(key));
            quote!(::std::option::Option::Some(#bound))
        }
    }
}

fn bound_value(model: &Model<'_>, field: &Field<'_>, value: &TokenStream) -> TokenStream {
    let sql = sql_type(model, field);
    quote_spanned!(type_span(field)=> __ef::BoundValue::<#sql>::bound(&#value))
}

/// The type a method takes a field's value as: `&str` for `String`, `&[T]` for `Vec<T>`, else a reference.
pub(crate) fn borrowed(ty: &Type, lifetime: &TokenStream) -> TokenStream {
    if let Type::Path(path) = ty
        && path.path.segments.last().is_some_and(|last| last.ident == "String" && last.arguments.is_none())
    {
        return quote!(&#lifetime str);
    }
    match argument_of(ty, "Vec") {
        Some(item) => quote!(&#lifetime [#item]),
        None => quote!(&#lifetime #ty),
    }
}

/// The same for a field that may be `None`.
pub(crate) fn borrowed_field(ty: &Type, lifetime: &TokenStream) -> TokenStream {
    match option_inner(ty) {
        Some(inner) => {
            let inner = borrowed(inner, lifetime);
            quote!(::std::option::Option<#inner>)
        }
        None => borrowed(ty, lifetime),
    }
}

/// A type without lifetimes of its own, for a static.
pub(crate) fn with_static_lifetimes(tokens: TokenStream) -> TokenStream {
    let mut after_tick = false;
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Ident(ident) if after_tick => {
                after_tick = false;
                TokenTree::Ident(Ident::new("static", ident.span()))
            }
            TokenTree::Group(group) => {
                let mut inner = proc_macro2::Group::new(group.delimiter(), with_static_lifetimes(group.stream()));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            token => {
                after_tick = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '\'');
                token
            }
        })
        .collect()
}
