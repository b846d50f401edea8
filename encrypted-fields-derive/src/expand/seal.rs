//! Sealing the encrypted fields of `self` into locals, which the inserts and changesets then use.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::{column_static, normalize, row_contexts, row_of, sql_type, type_span};
use crate::model::{Field, Model, Role, option_inner};

/// The context of each column, made once.
pub(super) fn columns(model: &Model<'_>) -> TokenStream {
    let columns = model.encrypted().map(|field| {
        let (name, path) = (column_static(field), model.path(&field.column));
        let make = match super::described_context(field) {
            None => quote!(__ef::ColumnContext::of::<#path>),
            Some(described) => quote!(|| __ef::ColumnContext::of::<#path>() #described),
        };
        quote_spanned! {type_span(field)=>
            #[allow(non_upper_case_globals)]
            static #name: ::std::sync::LazyLock<__ef::ColumnContext> = ::std::sync::LazyLock::new(#make);
        }
    });
    quote!(#(#columns)*)
}

/// The sealed values of one statement.
pub(super) struct Sealing<'m> {
    /// `let (..) = with_keyring(..)`
    pub(super) statement: TokenStream,
    /// `let (..) = ..` with a `__keyring: &Keyring` of the caller.
    pub(super) explicit: TokenStream,
    /// The tuple of locals.
    pub(super) names: TokenStream,
    /// The tuple of values, with a `__row: &mut RowContext` of the caller: for a part.
    pub(super) given: TokenStream,
    pub(super) fields: Vec<SealedField<'m>>,
    /// The embedded parts, each with the local that holds its sealed values.
    pub(super) parts: Vec<(&'m Field<'m>, Ident)>,
}

impl Sealing<'_> {
    /// The types of the locals, as a tuple.
    pub(super) fn types(&self, model: &Model<'_>, part_trait: &TokenStream) -> TokenStream {
        let optional = |sealed: &SealedField<'_>, ty: TokenStream| {
            if sealed.optional { quote!(::std::option::Option<#ty>) } else { ty }
        };
        let fields = self.fields.iter().map(|sealed| {
            let path = model.path(&sealed.field.column);
            let value = optional(sealed, quote!(__ef::SealedOf<#path>));
            let index = sealed.index.iter().map(|(column, _)| {
                let path = model.path(column);
                optional(sealed, quote!(__ef::IndexOf<#path>))
            });
            quote!(#value, #(#index,)*)
        });
        let parts = self.parts.iter().map(|(part, _)| {
            let ty = part.ty;
            quote!(<#ty as #part_trait>::Sealed,)
        });
        quote!((#(#fields)* #(#parts)*))
    }
}

/// One sealed value, and its token.
pub(super) struct SealedField<'m> {
    pub(super) field: &'m Field<'m>,
    /// The local that holds `SealedOf<column>`, or an `Option` of it where `optional`.
    pub(super) value: Ident,
    /// Index column and the local that holds `IndexOf<index column>`, likewise.
    pub(super) index: Option<(&'m Ident, Ident)>,
    /// `None` leaves the column out of the statement.
    pub(super) optional: bool,
}

/// Which counter a value is sealed under.
#[derive(Clone, Copy)]
pub(super) enum Under {
    /// The row's: the statement writes both.
    Counter,
    /// The next one: the statement sets it and demands the row's.
    NextCounter,
}

/// Seals these fields of `self`; `skips_none` tells where a `None` means "not in this statement".
pub(super) fn locals<'m>(
    model: &'m Model<'m>,
    under: Under,
    part_trait: &TokenStream,
    fields: impl Iterator<Item = &'m Field<'m>>,
    skips_none: impl Fn(&Field<'m>) -> bool,
) -> Sealing<'m> {
    let fields: Vec<_> = fields
        .map(|field| SealedField {
            field,
            value: format_ident!("__sealed_{}", field.name()),
            index: field.index().map(|index| (&index.column, format_ident!("__index_{}", field.name()))),
            optional: option_inner(field.ty).is_some() && skips_none(field),
        })
        .collect();
    let names = fields.iter().map(|sealed| {
        let (value, index) = (&sealed.value, sealed.index.iter().map(|(_, index)| index));
        quote!(#value, #(#index,)*)
    });
    let parts: Vec<_> = model.parts().map(|part| (part, format_ident!("__part_{}", part.name()))).collect();
    let names = names.chain(parts.iter().map(|(_, local)| quote!(#local,)));
    let values = fields.iter().map(|sealed| {
        let (value, index) =
            (value(model, sealed), sealed.index.as_ref().map(|(column, _)| index(model, sealed, column)));
        let index = index.into_iter();
        quote!(#value, #(#index,)*)
    });
    let values = values.chain(parts.iter().map(|(part, _)| {
        let (ident, ty) = (part.ident, part.ty);
        quote_spanned!(type_span(part)=> <#ty as #part_trait>::seal_part(&self.#ident, &mut __row),)
    }));
    let context = row_contexts(model, fields.iter().map(|sealed| sealed.field), |field| match (&field.role, under) {
        (Role::Version, Under::NextCounter) => next_version(field),
        _ => {
            let ident = field.ident;
            quote!(self.#ident)
        }
    });
    let names = quote!((#(#names)*));
    let given = quote!((#(#values)*));
    let body = quote! {
        #context
        #given
    };
    let statement = quote!(let #names = __ef::with_keyring(|__keyring| { #body }););
    let explicit = quote! {
        let #names = {
            let __keyring = ::std::result::Result::Ok(__keyring);
            #body
        };
    };
    Sealing { statement, explicit, names, given, fields, parts }
}

/// What a write sets the counter `self.field` to.
pub(super) fn next_version(field: &Field<'_>) -> TokenStream {
    let ident = field.ident;
    quote_spanned!(type_span(field)=> __ef::VersionField::next_version(&self.#ident))
}

fn value(model: &Model<'_>, sealed: &SealedField<'_>) -> TokenStream {
    let (ident, column, sql) = (sealed.field.ident, column_static(sealed.field), sql_type(model, sealed.field));
    let (span, row) = (type_span(sealed.field), row_of(model, sealed.field));
    if !sealed.optional {
        return quote_spanned!(span=> __ef::SealField::<#sql>::seal_field(&self.#ident, &mut #row, &#column));
    }
    let inner = if option_inner(sealed.field.ty).and_then(option_inner).is_some() {
        quote_spanned!(span=> __ef::SealField::<#sql>::seal_field(__value, &mut #row, &#column))
    } else {
        quote_spanned!(span=> <#sql as __ef::SealedSide>::present(
            #row.seal::<<#sql as __ef::EncryptedSql>::NotNull, _>(&#column, __value)
        ))
    };
    quote!(self.#ident.as_ref().map(|__value| #inner))
}

fn index(model: &Model<'_>, sealed: &SealedField<'_>, index_column: &Ident) -> TokenStream {
    let (ident, column, sql) = (sealed.field.ident, column_static(sealed.field), sql_type(model, sealed.field));
    let (normalize, index_path, span) =
        (normalize(model, sealed.field), model.path(index_column), type_span(sealed.field));
    let row = row_of(model, sealed.field);
    let converted =
        |index: TokenStream| quote_spanned!(span=> __ef::FitsIndex::<__ef::IndexOf<#index_path>>::fit(#index));
    if !sealed.optional {
        return converted(quote_spanned!(span=>
            __ef::IndexField::<#sql>::index_field(&self.#ident, &mut #row, &#column, #normalize)
        ));
    }
    let inner = if option_inner(sealed.field.ty).and_then(option_inner).is_some() {
        quote_spanned!(span=> __ef::IndexField::<#sql>::index_field(__value, &mut #row, &#column, #normalize))
    } else {
        quote_spanned!(span=>
            #row.index::<<#sql as __ef::EncryptedSql>::Plain, _>(&#column, #normalize, __value)
        )
    };
    let inner = converted(inner);
    quote!(self.#ident.as_ref().map(|__value| #inner))
}
