//! `AsChangeset`: every sealed value guarded by the row it was sealed for.
//!
//! As Diesel leaves out the primary key, the bound columns and the key column are left out: they name the row. A counter
//! is set with the value that it counts, and never alone.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::parse_quote;

use super::generics::{self, Does};
use super::seal::{self, Sealing};
use crate::model::{Field, Model, Role, option_inner};

pub(super) fn implementations(model: &Model<'_>) -> TokenStream {
    let owned = implementation(model, None);
    let borrowed = (!converts(model)).then(|| implementation(model, Some(quote!('__update))));
    // A sealed form was sealed under the counter that it holds, and a write needs the next one.
    let versioned = model.encrypted().any(|field| field.version().is_some());
    let sealed = (model.reads() && !versioned).then(|| sealed_implementation(model));
    quote!(#owned #borrowed #sealed)
}

/// Diesel's rule: a field that is converted by `serialize_as` must be owned.
fn converts(model: &Model<'_>) -> bool {
    model.fields.iter().any(|field| field.diesel.serialize_as.is_some())
}

/// The columns that a changeset sets.
fn is_set(model: &Model<'_>, field: &Field<'_>) -> bool {
    let names_the_row =
        model.row_fields().iter().any(|row| row.column == field.column) || model.primary_key.contains(&field.column);
    !names_the_row && !field.diesel.skip_update
}

/// The types of a field's guard: the bound columns; then the key column where it is not one of them, and the counter.
/// In a part, those of the model that embeds it.
pub(super) fn guard_types(model: &Model<'_>, field: &Field<'_>, reference: Option<&TokenStream>) -> TokenStream {
    if model.part {
        return quote!(__Bind, __Also);
    }
    let same = |field: &Field<'_>| {
        let (path, ty) = (model.path(&field.column), field.ty);
        quote!(__ef::SameOf<#path, #reference #ty>)
    };
    let bind = model.bind_fields().into_iter().map(same);
    let also = model.key_field().into_iter().chain(model.version_of(field)).map(same);
    quote!((#(#bind,)*), (#(#also,)*))
}

/// Its values, taken from `self`.
fn guard_values(model: &Model<'_>, field: &Field<'_>, owned: bool) -> TokenStream {
    let same = |field: &Field<'_>| {
        let (path, ident) = (model.path(&field.column), field.ident);
        let value = if owned { quote!(::std::clone::Clone::clone(&self.#ident)) } else { quote!(&self.#ident) };
        quote!(__ef::same(#path, #value))
    };
    let bind = model.bind_fields().into_iter().map(same);
    let also = model.key_field().into_iter().chain(model.version_of(field)).map(same);
    quote!((#(#bind,)*), (#(#also,)*))
}

/// The sealed `value` of a field under its guard.
pub(super) fn assignment(model: &Model<'_>, field: &Field<'_>, value: &TokenStream, owned: bool) -> TokenStream {
    if model.part {
        return quote!({
            let (__bind, __also) = __guard();
            __ef::Assignment::new(#value, __bind, __also)
        });
    }
    let same = guard_values(model, field, owned);
    quote!(__ef::Assignment::new(#value, #same))
}

/// What a changeset sets of an embedded part, whose sealed values are in `sealed`: type and value.
pub(super) fn part(
    model: &Model<'_>,
    part: &Field<'_>,
    of: &TokenStream,
    place: &TokenStream,
    sealed: &TokenStream,
    reference: Option<&TokenStream>,
) -> (TokenStream, TokenStream) {
    let (guard, guards) = (guard_types(model, part, reference), guards(model, part, reference.is_none()));
    let change = quote!(<#reference #of as __ef::ChangePart<#guard>>);
    (quote!(#change::Changes), quote!(#change::change_part(#place, #sealed, #guards)))
}

/// What gives each value of an embedded part its guard. Not a closure over `self`, of which plain fields may be moved.
pub(super) fn guards(model: &Model<'_>, part: &Field<'_>, owned: bool) -> TokenStream {
    if model.part {
        return quote!(&__guard);
    }
    let same = guard_values(model, part, owned);
    quote!({
        let __guard = (#same);
        move || ::std::clone::Clone::clone(&__guard)
    })
}

/// What sets a field's counter to the one that its new value is sealed under, from `self`: type and value.
pub(super) fn counter(model: &Model<'_>, field: &Field<'_>) -> Option<(TokenStream, TokenStream)> {
    let version = model.version_of(field)?;
    let (path, next) = (model.path(&version.column), seal::next_version(version));
    Some((quote!(__diesel::dsl::Eq<#path, __ef::Version>), quote!(__diesel::ExpressionMethods::eq(#path, #next))))
}

/// For the struct, or for a reference to it.
fn implementation(model: &Model<'_>, lifetime: Option<TokenStream>) -> TokenStream {
    let Set { sealing, locals, types, values } = set(model, lifetime.as_ref());
    let statement = &sealing.statement;
    let prepare = quote!(#statement #locals);
    wrap(model, model.ident, &generics::of_model(model, Does::Seal), lifetime, &prepare, &types, &values)
}

/// What a changeset sets.
pub(super) struct Set<'m> {
    pub(super) sealing: Sealing<'m>,
    /// Makes assignments of what was sealed.
    pub(super) locals: TokenStream,
    pub(super) types: Vec<TokenStream>,
    pub(super) values: Vec<TokenStream>,
}

pub(super) fn set<'m>(model: &'m Model<'m>, lifetime: Option<&TokenStream>) -> Set<'m> {
    let reference = lifetime.map(|lifetime| quote!(&#lifetime));
    let is_set = |field: &&Field<'_>| is_set(model, field);
    let any = model.fields.first().map(|field| guard_types(model, field, reference.as_ref()));
    let part_trait = quote!(__ef::ChangePart<#any>);
    let sealing =
        seal::locals(model, seal::Under::NextCounter, &part_trait, model.encrypted().filter(is_set), |field| {
            !field.treat_none_as_null(model)
        });
    let (mut types, mut values) = (Vec::new(), Vec::new());
    // Sealed values first: they borrow the fields that the plain ones may move.
    let mut locals = Vec::new();
    for sealed in &sealing.fields {
        let (path, local) = (model.path(&sealed.field.column), &sealed.value);
        let guard = guard_types(model, sealed.field, reference.as_ref());
        let ty = quote!(__ef::Assignment<#path, __ef::SealedParam<#path>, #guard>);
        let assign = assignment(model, sealed.field, &quote!(__value), lifetime.is_none());
        push(&ty, &quote!(__value), assign, local, sealed.optional, &mut types, &mut locals);
        values.push(quote!(#local));
        // After the sealed value, whose guard compares the counter: MySQL assigns from left to right.
        if let Some((ty, value)) = counter(model, sealed.field) {
            let count = format_ident!("__count_{}", sealed.field.name());
            if sealed.optional {
                types.push(quote!(::std::option::Option<#ty>));
                locals.push(quote!(let #count = #local.as_ref().map(|_| #value);));
            } else {
                types.push(ty);
                locals.push(quote!(let #count = #value;));
            }
            values.push(quote!(#count));
        }
        if let Some((column, local)) = &sealed.index {
            let path = model.path(column);
            let ty = quote!(__diesel::dsl::Eq<#path, __ef::IndexOf<#path>>);
            let assign = quote!(__diesel::ExpressionMethods::eq(#path, __value));
            push(&ty, &quote!(__value), assign, local, sealed.optional, &mut types, &mut locals);
            values.push(quote!(#local));
        }
    }
    for (field, local) in &sealing.parts {
        let (ty, ident, borrow) = (field.ty, field.ident, reference.as_ref().map(|_| quote!(&)));
        let (ty, value) =
            part(model, field, &quote!(#ty), &quote!(#borrow self.#ident), &quote!(#local), reference.as_ref());
        types.push(ty);
        values.push(value);
    }
    plain_fields(model, reference.as_ref(), &mut types, &mut values);
    Set { sealing, locals: quote!(#(#locals)*), types, values }
}

fn push(
    ty: &TokenStream,
    value: &TokenStream,
    assign: TokenStream,
    local: &proc_macro2::Ident,
    optional: bool,
    types: &mut Vec<TokenStream>,
    locals: &mut Vec<TokenStream>,
) {
    if optional {
        types.push(quote!(::std::option::Option<#ty>));
        locals.push(quote!(let #local = #local.map(|#value| #assign);));
    } else {
        types.push(ty.clone());
        locals.push(quote!(let #local = { let #value = #local; #assign };));
    }
}

/// For a reference to the sealed form, or for itself where that must be owned: the values are written as they are,
/// guarded like the others.
fn sealed_implementation(model: &Model<'_>) -> TokenStream {
    let lifetime = (!converts(model)).then(|| quote!('__update));
    let (types, values) = set_sealed(model, lifetime.as_ref());
    let ident = model.sealed_ident();
    wrap(model, &ident, &syn::Generics::default(), lifetime, &TokenStream::new(), &types, &values)
}

/// What it sets.
pub(super) fn set_sealed(model: &Model<'_>, lifetime: Option<&TokenStream>) -> (Vec<TokenStream>, Vec<TokenStream>) {
    let reference = lifetime.map(|lifetime| quote!(&#lifetime));
    let (mut types, mut values) = (Vec::new(), Vec::new());
    for field in model.encrypted().filter(|field| is_set(model, field)) {
        let guard = guard_types(model, field, reference.as_ref());
        let assign = |value: TokenStream| assignment(model, field, &value, reference.is_none());
        let (path, ident) = (model.path(&field.column), field.ident);
        let skips_none = option_inner(field.ty).is_some() && !field.treat_none_as_null(model);
        let ty = quote!(__ef::Assignment<#path, __ef::SealedParam<#path>, #guard>);
        let index = field.index().map(|index| {
            let index_ident = model.by_column(&index.column).map_or(&index.column, |declared| declared.ident);
            let path = model.path(&index.column);
            let index = match &reference {
                Some(_) => quote!(&self.#index_ident),
                None => quote!(::std::clone::Clone::clone(&self.#index_ident)),
            };
            (
                quote!(__diesel::dsl::Eq<#path, #reference __ef::IndexOf<#path>>),
                quote!(__diesel::ExpressionMethods::eq(#path, #index)),
            )
        });
        let side = quote!(<__ef::SqlTypeOf<#path> as __ef::SealedSide>);
        if skips_none {
            types.push(quote!(::std::option::Option<#ty>));
            let assign = assign(quote!(#side::present(::std::clone::Clone::clone(__value))));
            values.push(quote!(#side::not_null(&self.#ident).map(|__value| #assign)));
            if let Some((ty, value)) = index {
                types.push(quote!(::std::option::Option<#ty>));
                values.push(quote!(#side::not_null(&self.#ident).map(|_| #value)));
            }
        } else {
            types.push(ty);
            values.push(assign(quote!(::std::clone::Clone::clone(&self.#ident))));
            if let Some((ty, value)) = index {
                types.push(ty);
                values.push(value);
            }
        }
    }
    for field in model.parts() {
        let (ty, ident, borrow) = (field.ty, field.ident, reference.as_ref().map(|_| quote!(&)));
        let row = quote!(<#ty as __ef::EncryptedPart>::Row);
        let (ty, value) = part(model, field, &row, &quote!(#borrow self.#ident), &quote!(()), reference.as_ref());
        types.push(ty);
        values.push(value);
    }
    plain_fields(model, reference.as_ref(), &mut types, &mut values);
    (types, values)
}

fn wrap(
    model: &Model<'_>,
    ident: &proc_macro2::Ident,
    generics: &syn::Generics,
    lifetime: Option<TokenStream>,
    prepare: &TokenStream,
    types: &[TokenStream],
    values: &[TokenStream],
) -> TokenStream {
    if types.is_empty() {
        return TokenStream::new();
    }
    let table = &model.table;
    let (_, ty_generics, where_clause) = generics.split_for_impl();
    let mut impl_generics = generics.clone();
    if lifetime.is_some() {
        impl_generics.params.push(parse_quote!('__update));
    }
    let (impl_generics, ..) = impl_generics.split_for_impl();
    let reference = lifetime.map(|lifetime| quote!(&#lifetime));
    quote! {
        #[automatically_derived]
        impl #impl_generics __diesel::query_builder::AsChangeset for #reference #ident #ty_generics #where_clause {
            type Target = #table::table;
            type Changeset = <(#(#types,)*) as __diesel::query_builder::AsChangeset>::Changeset;

            fn as_changeset(self) -> Self::Changeset {
                #prepare
                __diesel::query_builder::AsChangeset::as_changeset((#(#values,)*))
            }
        }
    }
}

/// What Diesel's derive writes for the plain fields.
fn plain_fields(
    model: &Model<'_>,
    reference: Option<&TokenStream>,
    types: &mut Vec<TokenStream>,
    values: &mut Vec<TokenStream>,
) {
    let fields = model.fields.iter().filter(|field| matches!(field.role, Role::Plain) && is_set(model, field));
    for field in fields {
        let (ident, ty, path) = (field.ident, field.ty, model.path(&field.column));
        let borrow = reference.map(|_| quote!(&));
        if field.diesel.embed.is_some() {
            types.push(quote!(#reference #ty));
            values.push(quote!(#borrow self.#ident));
            continue;
        }
        let skipped = option_inner(ty).filter(|_| !field.treat_none_as_null(model));
        let eq = quote!(__diesel::ExpressionMethods::eq);
        match (&field.diesel.serialize_as, skipped) {
            (Some(as_ty), None) => {
                types.push(quote!(__diesel::dsl::Eq<#path, #as_ty>));
                values.push(quote!(#eq(#path, ::std::convert::Into::<#as_ty>::into(self.#ident))));
            }
            (Some(as_ty), Some(_)) => {
                let inner = option_inner(as_ty).unwrap_or(as_ty);
                types.push(quote!(::std::option::Option<__diesel::dsl::Eq<#path, #inner>>));
                values
                    .push(quote!(self.#ident.map(|__value| #eq(#path, ::std::convert::Into::<#inner>::into(__value)))));
            }
            (None, Some(inner)) => {
                let as_ref = reference.map(|_| quote!(.as_ref()));
                types.push(quote!(::std::option::Option<__diesel::dsl::Eq<#path, #reference #inner>>));
                values.push(quote!(self.#ident #as_ref .map(|__value| #eq(#path, __value))));
            }
            (None, None) => {
                types.push(quote!(__diesel::dsl::Eq<#path, #reference #ty>));
                values.push(quote!(#eq(#path, #borrow self.#ident)));
            }
        }
    }
}
