//! Generic models: the bounds that the types of generic fields need, where they need them.
//!
//! Only encrypted fields are generic. What the database holds, `SealedX`, and what names a row, `XRow`, depend on no parameter;
//! a method of theirs takes those of the field that it is about.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{GenericParam, Generics, Ident, parse_quote};

use super::{sql_type, type_span};
use crate::model::{Field, Model, option_inner};

/// What is done with the fields.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Does {
    Seal,
    Open,
}

/// The model's generics, with what its fields need.
pub(super) fn of_model(model: &Model<'_>, does: Does) -> Generics {
    let mut generics = model.generics.clone();
    add(&mut generics, model.encrypted().filter_map(|field| bound(model, field, does)));
    generics
}

/// The part of the model's generics that this field's type names, with what the field needs.
pub(super) fn of_field(model: &Model<'_>, field: &Field<'_>, does: Does) -> Generics {
    let mut generics = model.generics.clone();
    let mut named = field.ty.to_token_stream();
    // A parameter's bounds may name others.
    for _ in 0..generics.params.len() {
        let found = generics.params.iter().filter(|param| names(&named, param));
        let found = found.map(ToTokens::to_token_stream).collect::<TokenStream>();
        named.extend(found);
    }
    let others: Vec<_> = generics.params.iter().filter(|param| !names(&named, param)).cloned().collect();
    generics.params = generics.params.into_iter().filter(|param| names(&named, param)).collect();
    if let Some(clause) = generics.where_clause.take() {
        let about_ours = |predicate: &syn::WherePredicate| {
            let predicate = predicate.to_token_stream();
            !others.iter().any(|param| names(&predicate, param))
        };
        add(&mut generics, clause.predicates.into_iter().filter(about_ours).map(ToTokens::into_token_stream));
    }
    add(&mut generics, bound(model, field, does).into_iter());
    generics
}

/// Whether the field's type depends on a type or constant parameter.
pub(crate) fn is_generic(model: &Model<'_>, field: &Field<'_>) -> bool {
    let ty = field.ty.to_token_stream();
    let lifetime = |param: &&GenericParam| !matches!(param, GenericParam::Lifetime(_));
    model.generics.params.iter().filter(lifetime).any(|param| names(&ty, param))
}

fn bound(model: &Model<'_>, field: &Field<'_>, does: Does) -> Option<TokenStream> {
    if !is_generic(model, field) {
        return None;
    }
    let mut ty = field.ty;
    while let Some(inner) = option_inner(ty) {
        ty = inner;
    }
    let (sql, span) = (sql_type(model, field), type_span(field));
    let plain = quote!(<#sql as __ef::EncryptedSql>::Plain);
    Some(match does {
        Does::Seal => quote_spanned!(span=> #ty: __ef::EncodePlain<#plain>),
        Does::Open if field.index().is_some() => {
            quote_spanned!(span=> #ty: __ef::DecodePlain<#plain> + __ef::EncodePlain<#plain>)
        }
        Does::Open => quote_spanned!(span=> #ty: __ef::DecodePlain<#plain>),
    })
}

fn add(generics: &mut Generics, predicates: impl Iterator<Item = TokenStream>) {
    for predicate in predicates {
        let predicate: syn::WherePredicate = parse_quote!(#predicate);
        generics.make_where_clause().predicates.push(predicate);
    }
}

/// Whether the tokens name this parameter.
fn names(tokens: &TokenStream, param: &GenericParam) -> bool {
    let (wanted, lifetime): (&Ident, bool) = match param {
        GenericParam::Type(param) => (&param.ident, false),
        GenericParam::Const(param) => (&param.ident, false),
        GenericParam::Lifetime(param) => (&param.lifetime.ident, true),
    };
    let mut after_tick = false;
    tokens.clone().into_iter().any(|token| {
        let ticked = std::mem::replace(&mut after_tick, matches!(&token, TokenTree::Punct(it) if it.as_char() == '\''));
        match token {
            TokenTree::Ident(ident) => ticked == lifetime && ident == *wanted,
            TokenTree::Group(group) => names(&group.stream(), param),
            _ => false,
        }
    })
}
