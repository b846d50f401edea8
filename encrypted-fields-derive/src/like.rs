//! `like = Model`: what another struct over the table says, this one says too.
//!
//! A derive sees one struct. So the derive of each model also writes a macro that is called as the model and holds its
//! fields and attributes; a struct that is `like` it expands by way of that macro. Being called alike, the macro is imported
//! where the model is.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{DeriveInput, Fields, LitStr, Path, Visibility, braced};

use crate::attr::{self, Bind, FieldAttr, IndexAttr, Pad};
use crate::errors::Errors;
use crate::model::{Field, Model, Role};

/// A model and the one that it is like, as the macro passes them on.
pub(crate) struct Pair {
    pub(crate) base: DeriveInput,
    pub(crate) model: DeriveInput,
}

impl Parse for Pair {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let (base, model);
        braced!(base in input);
        braced!(model in input);
        Ok(Self { base: base.parse()?, model: model.parse()? })
    }
}

/// Where the struct is like another: the call of the other's macro.
pub(crate) fn deferred(input: &DeriveInput) -> Option<TokenStream> {
    let path = attr::struct_attr(&input.attrs, &mut Errors::default()).like?;
    Some(quote!(#path! { #input }))
}

/// The macro by which others are like this model.
pub(crate) fn pattern(input: &DeriveInput) -> TokenStream {
    let (ident, base) = (&input.ident, bare(input));
    let name = format_ident!("__encrypted_model_{}", ident.unraw());
    let vis = match &input.vis {
        // A macro that is not exported is no more than the crate's.
        Visibility::Public(_) => quote!(pub(crate)),
        vis => quote!(#vis),
    };
    quote! {
        #[doc(hidden)]
        #[allow(unused_macros, clippy::all, clippy::pedantic)]
        macro_rules! #name {
            ($($model:tt)*) => {
                ::encrypted_fields::__private::__encrypted_model_like! { { #base } { $($model)* } }
            };
        }
        #[doc(hidden)]
        #[allow(unused_imports, clippy::all, clippy::pedantic)]
        #vis use #name as #ident;
    }
}

/// The struct with the attributes that matter.
fn bare(input: &DeriveInput) -> DeriveInput {
    let ours = |attr: &syn::Attribute| attr.path().is_ident("encrypted") || attr.path().is_ident("diesel");
    let mut bare = input.clone();
    bare.attrs.retain(ours);
    if let syn::Data::Struct(data) = &mut bare.data
        && let Fields::Named(fields) = &mut data.fields
    {
        fields.named.iter_mut().for_each(|field| field.attrs.retain(ours));
    }
    bare
}

/// Adds to the model what it leaves out, and refuses what it says otherwise.
pub(crate) fn inherit(model: &mut Model<'_>, base: &Model<'_>, errors: &mut Errors) {
    let Some(path) = model.like.clone() else { return };
    if base.like.is_some() {
        errors.at(&path, format_args!("`{}` is like another model itself; name that one", base.ident));
        return;
    }
    if base.part != model.part {
        let kind = |part: bool| if part { "a part" } else { "a model" };
        errors.at(
            &path,
            format_args!(
                "`{}` is {}, this struct is {}; it is like one of its kind",
                base.ident,
                kind(base.part),
                kind(model.part)
            ),
        );
        return;
    }
    let like = Like { path: &path, base };
    if !model.part {
        like.row(model, errors);
    }
    for field in &mut model.fields {
        like.field(field, errors);
    }
}

struct Like<'m> {
    path: &'m Path,
    base: &'m Model<'m>,
}

impl Like<'_> {
    /// The base's name as if it were written in `like = ..`.
    fn here(&self, ident: &Ident) -> Ident {
        let mut ident = ident.clone();
        ident.set_span(self.path.span().resolved_at(Span::call_site()));
        ident
    }

    /// What names the row, which a part has none of.
    fn row(&self, model: &mut Model<'_>, errors: &mut Errors) {
        if model.diesel.primary_key.is_none() {
            model.primary_key = self.base.primary_key.iter().map(|column| self.here(column)).collect();
        }
        self.bind(model, errors);
        self.key(model, errors);
    }

    fn bind(&self, model: &mut Model<'_>, errors: &mut Errors) {
        let base = self.base;
        let of = |model: &Model<'_>| -> Vec<(String, String)> {
            let name = |column: &Ident| model.pin(column).map_or_else(|| column.unraw().to_string(), LitStr::value);
            model.bind_columns().into_iter().map(|column| (column.unraw().to_string(), name(column))).collect()
        };
        let wanted = of(base);
        if model.bind.is_some() && of(model) != wanted {
            errors.mendable(
                self.path,
                format_args!(
                    "`{}` is bound to ({}), this struct to ({}); leave `bind` out, or write the same",
                    base.ident,
                    listed(&wanted),
                    listed(&of(model))
                ),
            );
        }
        let columns: Vec<Ident> = base.bind_columns().into_iter().map(|column| self.here(column)).collect();
        for column in columns.iter().filter(|column| model.by_column(column).is_none()) {
            errors.mendable(
                self.path,
                format_args!("`{}` is bound to `{column}`, which is not a field of this struct; add it", base.ident),
            );
        }
        model.pins = base
            .bind_columns()
            .into_iter()
            .filter_map(|column| Some((self.name_in(model, column), base.pin(column)?.clone())))
            .collect();
        model.bind = Some(if columns.is_empty() {
            Bind::None
        } else {
            Bind::Fields(columns.iter().map(|column| self.name_in(model, column)).collect())
        });
    }

    /// What the struct calls a column: `bind` and `key` name fields first.
    fn name_in(&self, model: &Model<'_>, column: &Ident) -> Ident {
        model.by_column(column).map_or_else(|| self.here(column), |field| attr::one_spelling(field.ident))
    }

    fn key(&self, model: &mut Model<'_>, errors: &mut Errors) {
        let base = self.base;
        let wanted = base.key.as_ref().map(|key| base.column_of(key).clone());
        if let Some(key) = &model.key
            && wanted.as_ref() != Some(model.column_of(key))
        {
            let wanted = wanted.as_ref().map_or_else(|| "no column".to_owned(), |wanted| format!("`{wanted}`"));
            errors.mendable(
                key,
                format_args!("the key column of `{}` is {wanted}; leave `key` out, or write the same", base.ident),
            );
        }
        if let Some(column) = wanted.as_ref().filter(|column| model.by_column(column).is_none()) {
            errors.mendable(
                self.path,
                format_args!(
                    "the key column of `{}` is `{column}`, which is not a field of this struct; add it",
                    base.ident
                ),
            );
            model.key = None;
            return;
        }
        model.key = wanted.map(|column| self.name_in(model, &column));
    }

    fn field(&self, field: &mut Field<'_>, errors: &mut Errors) {
        let name = &self.base.ident;
        let theirs = self.base.encrypted().find(|theirs| theirs.column == field.column);
        let (Role::Encrypted(attr), Some(theirs)) = (&mut field.role, theirs) else {
            if matches!(field.role, Role::Encrypted(_)) {
                errors.mendable(
                    field.ident,
                    format_args!(
                        "`{name}` has no encrypted column `{}`; a struct that is like it encrypts some of its columns, and no \
                         other",
                        field.column
                    ),
                );
            } else if theirs.is_some() {
                errors.mendable(
                    field.ident,
                    format_args!("`{}` is encrypted in `{name}`; mark it `#[encrypted]`", field.column),
                );
            }
            return;
        };
        let differs = |what: &str, written: &dyn ToTokens, errors: &mut Errors| {
            errors.mendable(
                written.to_token_stream(),
                format_args!(
                    "`{}` has another `{what}` than in `{name}`; leave it out, or write the same",
                    field.column
                ),
            );
        };
        let FieldAttr { index, version, version_pin, part: _, context, pad, class } = attr;
        if let Some(written) = index
            && !theirs.index().is_some_and(|theirs| same_index(written, theirs))
        {
            differs("index", &written.column, errors);
        }
        if let Some(written) = context
            && theirs.context().map(LitStr::value) != Some(written.value())
        {
            differs("context", written, errors);
        }
        if let Some(written) = class
            && theirs.class() != Some(written)
        {
            differs("class", written, errors);
        }
        if let Some(written) = pad
            && theirs.pad().map(Pad::bytes) != Some(written.bytes())
        {
            differs("pad", &field.ident, errors);
        }
        let counter = theirs.version().map(|version| self.base.column_of(version));
        let counter_pin = counter.and_then(|counter| self.base.pin(counter));
        if let Some(written) = version
            && (counter != Some(written) || counter_pin.map(LitStr::value) != version_pin.as_ref().map(LitStr::value))
        {
            differs("version", written, errors);
        }
        *index = theirs.index().map(|index| IndexAttr {
            column: self.here(&index.column),
            normalize: index.normalize.as_ref().map(|normalize| self.here(normalize)),
        });
        *version = counter.map(|counter| self.here(counter));
        *version_pin = counter_pin.cloned();
        *context = theirs.context().cloned();
        *pad = theirs.pad().cloned();
        *class = theirs.class().cloned();
    }
}

fn same_index(one: &IndexAttr, two: &IndexAttr) -> bool {
    let normalize = |index: &IndexAttr| index.normalize.as_ref().map_or_else(|| "exact".to_owned(), Ident::to_string);
    one.column == two.column && normalize(one) == normalize(two)
}

/// `id, owner_id`, and the names in the context where they differ.
fn listed(columns: &[(String, String)]) -> String {
    let one = |(column, name): &(String, String)| {
        if column == name { column.clone() } else { format!("{column} = \"{name}\"") }
    };
    columns.iter().map(one).collect::<Vec<_>>().join(", ")
}
