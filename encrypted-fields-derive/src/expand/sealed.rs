//! `SealedX`: the model as the database holds it. It always loads; opening fails per value.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::generics::{self, Does};
use super::seal::{Sealing, Under};
use crate::model::{Field, Model, Role};

pub(super) fn structure(model: &Model<'_>) -> TokenStream {
    let (sealed, vis, table) = (model.sealed_ident(), model.vis, &model.table);
    let doc = format!("[`{}`] with its encrypted fields sealed.", model.ident);
    let derives = derives(model);
    let primary_key = &model.primary_key;
    let default = model.diesel.treat_none_as_default_value.map(|value| quote!(treat_none_as_default_value = #value,));
    let check = model.diesel.check_for_backend.as_ref().map(|check| quote!(check_for_backend(#check),));
    let fields = fields(model).map(|(field, declaration)| match declaration {
        None if matches!(field.role, Role::Part) => {
            let (vis, ident, ty) = (field.vis, field.ident, field.ty);
            quote!(#[diesel(embed)] #vis #ident: <#ty as ::encrypted_fields::part::EncryptedPart>::Row)
        }
        Some((column, name, ty)) => {
            let vis = field.vis;
            let skip = field.diesel.skip_insertion.then(|| quote!(#[diesel(skip_insertion)]));
            quote!(#[diesel(column_name = #column)] #skip #vis #name: #ty)
        }
        None => {
            let (attrs, vis, ident, ty) = (diesel_attrs(field), field.vis, field.ident, field.ty);
            quote!(#(#attrs)* #vis #ident: #ty)
        }
    });
    quote! {
        #[doc = #doc]
        #[derive(#(#derives),*)]
        #[diesel(table_name = #table, primary_key(#(#primary_key),*), #default #check)]
        #[allow(missing_docs, missing_debug_implementations, unreachable_pub)]
        #vis struct #sealed {
            #(#fields,)*
        }
    }
}

type Declaration = (proc_macro2::Ident, proc_macro2::Ident, TokenStream);

/// The fields in column order: `None` for one that stays as it is, else column, name and type. An index that the struct
/// does not declare stands right after the field it belongs to.
fn fields<'m>(model: &'m Model<'m>) -> impl Iterator<Item = (&'m Field<'m>, Option<Declaration>)> {
    model.fields.iter().flat_map(|field| {
        let index_type = |column: &proc_macro2::Ident| {
            let path = model.path(column);
            quote_spanned!(column.span().resolved_at(proc_macro2::Span::call_site())=> ::encrypted_fields::IndexOf<#path>)
        };
        let own = match &field.role {
            Role::Plain | Role::Version | Role::Part => None,
            Role::Index => Some((field.column.clone(), field.ident.clone(), index_type(&field.column))),
            Role::Encrypted(_) => {
                let path = model.path(&field.column);
                Some((
                    field.column.clone(),
                    field.ident.clone(),
                    quote_spanned!(super::type_span(field)=> ::encrypted_fields::SealedOf<#path>),
                ))
            }
        };
        let index = field
            .index()
            .filter(|index| !model.declares(&index.column))
            .map(|index| (field, Some((index.column.clone(), index.column.clone(), index_type(&index.column)))));
        std::iter::once((field, own)).chain(index)
    })
}

fn derives(model: &Model<'_>) -> Vec<TokenStream> {
    let traits = model.traits;
    let mut derives: Vec<TokenStream> = model.sealed_derives.iter().map(|path| quote!(#path)).collect();
    let diesel = quote!(::encrypted_fields::__private::diesel);
    let mut push = |wanted: bool, name: TokenStream| {
        if wanted {
            derives.push(quote!(#diesel::#name));
        }
    };
    push(traits.queryable, quote!(Queryable));
    push(traits.queryable_by_name, quote!(QueryableByName));
    push(traits.selectable, quote!(Selectable));
    push(traits.insertable, quote!(Insertable));
    // Diesel's derive does not find a primary key that is a raw identifier.
    let found =
        |column: &proc_macro2::Ident| model.by_column(column).is_some() && !column.to_string().starts_with("r#");
    let identifiable = !model.part && model.primary_key.iter().all(found);
    push(identifiable, quote!(Identifiable));
    derives
}

fn diesel_attrs<'f>(field: &'f Field<'_>) -> impl Iterator<Item = &'f syn::Attribute> {
    field.attrs.iter().filter(|attr| attr.path().is_ident("diesel"))
}

/// `seal` and `open`: the explicit mode, without a keyring in scope.
pub(super) fn implementation(model: &Model<'_>) -> TokenStream {
    let (ident, sealed, vis) = (model.ident, model.sealed_ident(), model.vis);
    let Sealed { locals, checks, values } = sealed_values(model);
    let statement = &locals.explicit;
    let (sealing, opening) = (generics::of_model(model, Does::Seal), generics::of_model(model, Does::Open));
    let (impl_generics, ty_generics, where_clause) = sealing.split_for_impl();
    let (open_generics, _, open_where) = opening.split_for_impl();
    let mut both = sealing.clone();
    both.make_where_clause()
        .predicates
        .extend(opening.where_clause.iter().flat_map(|clause| clause.predicates.clone()));
    let (both_generics, _, both_where) = both.split_for_impl();
    let scope = super::scope(model, |key| {
        let ident = key.ident;
        quote!(__sealed.#ident)
    });
    quote! {
        impl #impl_generics #ident #ty_generics #where_clause {
            /// Seals every encrypted field under this keyring, whatever keyring is in scope.
            ///
            /// # Errors
            /// The first field that cannot be sealed, with its place.
            #vis fn seal(
                self,
                __keyring: &__ef::Keyring,
            ) -> ::std::result::Result<#sealed, __ef::SealError> {
                #statement
                #checks
                ::std::result::Result::Ok(#sealed { #values })
            }
        }

        impl #sealed {
            /// Opens every encrypted field under this keyring, whatever keyring is in scope.
            ///
            /// # Errors
            /// The first field that cannot be opened, with its place; `row()` opens them one by one.
            #vis fn open #open_generics(
                self,
                __keyring: &__ef::Keyring,
            ) -> ::std::result::Result<#ident #ty_generics, __ef::OpenError>
            #open_where
            {
                __open(self, ::std::result::Result::Ok(__keyring))
            }
        }

        #[automatically_derived]
        impl #both_generics __ef::SealedRow for #ident #ty_generics #both_where {
            type Sealed = #sealed;

            fn seal_row(self, __keyring: &__ef::Keyring) -> ::std::result::Result<#sealed, __ef::SealError> {
                self.seal(__keyring)
            }

            fn open_row(__sealed: #sealed, __keyring: &__ef::Keyring) -> ::std::result::Result<Self, __ef::OpenError> {
                __sealed.open(__keyring)
            }

            fn scope_of(
                __sealed: &#sealed,
            ) -> ::std::result::Result<::std::option::Option<__ef::ScopeId>, __ef::SealReason> {
                __ef::scope_id(#scope)
            }
        }
    }
}

/// The values of `SealedX`, made of `self` and of the locals that hold what was sealed.
pub(super) struct Sealed<'m> {
    pub(super) locals: Sealing<'m>,
    /// Returns with the first field that could not be sealed.
    pub(super) checks: TokenStream,
    pub(super) values: TokenStream,
}

pub(super) fn sealed_values<'m>(model: &'m Model<'m>) -> Sealed<'m> {
    let locals = super::seal::locals(model, Under::Counter, &quote!(__ef::EncryptedPart), model.encrypted(), |_| false);
    let checks = locals.fields.iter().map(|sealed| {
        let (path, value) = (model.path(&sealed.field.column), &sealed.value);
        let index = sealed.index.iter().map(|(column, local)| {
            let path = model.path(column);
            quote!(<__ef::SqlTypeOf<#path> as __ef::IndexSide>::failed(&#local)?;)
        });
        quote! {
            <__ef::SqlTypeOf<#path> as __ef::SealedSide>::failed(&#value)?;
            #(#index)*
        }
    });
    let checks = quote!(#(#checks)*);
    let values = fields(model).map(|(field, declaration)| match (declaration, &field.role) {
        (None, Role::Part) => {
            let (ident, ty) = (field.ident, field.ty);
            let local = locals.parts.iter().find(|(part, _)| part.column == field.column).map(|(_, local)| local);
            quote!(#ident: <#ty as __ef::EncryptedPart>::into_row(self.#ident, #local)?)
        }
        (None, _) => {
            let ident = field.ident;
            quote!(#ident: self.#ident)
        }
        (Some((column, name, _)), _) => {
            let local = locals.fields.iter().find_map(|sealed| match &sealed.index {
                _ if sealed.field.column == column => Some(&sealed.value),
                Some((index, local)) if **index == column => Some(local),
                _ => None,
            });
            quote!(#name: #local)
        }
    });
    let values = quote!(#(#values,)*);
    Sealed { locals, checks, values }
}
