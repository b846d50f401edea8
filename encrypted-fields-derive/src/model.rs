//! The struct as the expansion sees it.

use proc_macro2::{Ident, TokenStream};
use quote::format_ident;
use syn::ext::IdentExt;
use syn::{
    Attribute, Data, DeriveInput, Fields, GenericArgument, Generics, LitStr, Path, PathArguments, Type, Visibility,
};

use crate::attr::{self, Bind, DieselField, DieselStruct, FieldAttr, IndexAttr, Pad};
use crate::errors::Errors;

pub(crate) struct Model<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) vis: &'a Visibility,
    pub(crate) generics: &'a Generics,
    pub(crate) table: Path,
    pub(crate) primary_key: Vec<Ident>,
    pub(crate) traits: Traits,
    /// As written; `None` where the primary key is meant.
    pub(crate) bind: Option<Bind>,
    /// The names that bound columns have in the context, where they are pinned.
    pub(crate) pins: Vec<(Ident, LitStr)>,
    /// The model that this one is `like`.
    pub(crate) like: Option<Path>,
    /// Whether that model can be named without arguments.
    pub(crate) base_is_concrete: bool,
    pub(crate) key: Option<Ident>,
    pub(crate) diesel: DieselStruct,
    pub(crate) sealed_derives: Vec<Path>,
    /// The fields are embedded in models, and bound to the row of each.
    pub(crate) part: bool,
    pub(crate) fields: Vec<Field<'a>>,
}

/// Which of Diesel's traits are derived.
#[derive(Clone, Copy)]
pub(crate) struct Traits {
    pub(crate) insertable: bool,
    pub(crate) as_changeset: bool,
    pub(crate) queryable: bool,
    pub(crate) queryable_by_name: bool,
    pub(crate) selectable: bool,
    pub(crate) has_query: bool,
}

pub(crate) struct Field<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) vis: &'a Visibility,
    pub(crate) ty: &'a Type,
    pub(crate) attrs: &'a [Attribute],
    pub(crate) column: Ident,
    pub(crate) diesel: DieselField,
    pub(crate) role: Role,
}

pub(crate) enum Role {
    /// A column as Diesel knows it.
    Plain,
    /// A sealed column, and what its attribute says.
    Encrypted(FieldAttr),
    /// A `BlindIndex` that the struct declares itself.
    Index,
    /// The `Version` of an encrypted field.
    Version,
    /// A struct of encrypted fields.
    Part,
}

impl<'a> Model<'a> {
    /// `base` is the model that the struct is `like`.
    pub(crate) fn new(input: &'a DeriveInput, base: Option<&Model<'_>>, errors: &mut Errors) -> Option<Self> {
        let attr = attr::struct_attr(&input.attrs, errors);
        let diesel = attr::diesel_struct(&input.attrs, errors);
        let Data::Struct(data) = &input.data else {
            errors.at(&input.ident, "`EncryptedModel` is for structs: one field a column");
            return None;
        };
        let Fields::Named(named) = &data.fields else {
            errors.at(
                &input.ident,
                "`EncryptedModel` needs named fields: the names are part of what a value is bound to",
            );
            return None;
        };
        let fields: Vec<Field<'a>> = named
            .named
            .iter()
            .filter_map(|field| {
                let ident = field.ident.as_ref()?;
                let diesel = attr::diesel_field(&field.attrs, errors);
                let role = match attr::field_attr(&field.attrs, errors) {
                    None => Role::Plain,
                    Some(attr) if attr.part => Role::Part,
                    Some(attr) => Role::Encrypted(attr),
                };
                let column = diesel.column_name.clone().unwrap_or_else(|| attr::one_spelling(ident));
                let (vis, ty, attrs) = (&field.vis, &field.ty, &*field.attrs);
                Some(Field { ident, vis, ty, attrs, column, diesel, role })
            })
            .collect();
        let table = diesel.table_name.clone().unwrap_or_else(|| inferred_table(&input.ident));
        let primary_key = diesel.primary_key.clone().unwrap_or_else(|| vec![Ident::new("id", input.ident.span())]);
        let mut model = Self {
            ident: &input.ident,
            vis: &input.vis,
            generics: &input.generics,
            table,
            primary_key,
            traits: traits(attr.only.as_deref(), errors),
            bind: attr.bind,
            pins: attr.pins,
            like: attr.like,
            base_is_concrete: base.is_some_and(|base| base.generics.params.is_empty()),
            key: attr.key,
            diesel,
            sealed_derives: attr.sealed_derives,
            part: attr.part,
            fields,
        };
        if let Some(base) = base {
            crate::like::inherit(&mut model, base, errors);
        }
        let index_columns: Vec<Ident> =
            model.fields.iter().filter_map(|field| field.index().map(|index| index.column.clone())).collect();
        let counters = model.fields.iter().filter_map(|field| match &field.role {
            Role::Encrypted(attr) => Some((attr.version.clone()?, attr.version_pin.clone()?)),
            _ => None,
        });
        model.pins.extend(counters.collect::<Vec<_>>());
        let versions: Vec<Ident> = model.fields.iter().filter_map(|field| field.version().cloned()).collect();
        for field in &mut model.fields {
            if !matches!(field.role, Role::Plain) {
                continue;
            }
            if index_columns.contains(&field.column) {
                field.role = Role::Index;
            } else if versions.iter().any(|version| *version == field.column || *version == field.name()) {
                field.role = Role::Version;
            }
        }
        Some(model)
    }

    /// The name that this bound column has in the context, where it is pinned.
    pub(crate) fn pin(&self, column: &Ident) -> Option<&LitStr> {
        self.pins.iter().find(|(name, _)| self.column_of(name) == column).map(|(_, pin)| pin)
    }

    /// The columns that a row-bound value is bound to, sorted by name so that every struct over the table agrees.
    pub(crate) fn bind_columns(&self) -> Vec<&Ident> {
        let mut columns: Vec<&Ident> = match &self.bind {
            None if self.part => Vec::new(),
            None => self.primary_key.iter().collect(),
            Some(Bind::None) => Vec::new(),
            Some(Bind::Fields(fields)) => fields.iter().map(|name| self.column_of(name)).collect(),
        };
        columns.sort_by_key(|column| column.unraw().to_string());
        columns
    }

    /// The fields of [`bind_columns`](Self::bind_columns), in the same order.
    pub(crate) fn bind_fields(&self) -> Vec<&Field<'a>> {
        self.bind_columns().into_iter().filter_map(|column| self.by_column(column)).collect()
    }

    /// After a mistake: what is left of the model, so that the rest can be expanded.
    pub(crate) fn forget_mistakes(&mut self) {
        let names = |field: &Field<'_>| {
            matches!(field.role, Role::Plain)
                && option_inner(field.ty).is_none()
                && field.diesel.embed.is_none()
                && field.diesel.serialize_as.is_none()
                && field.diesel.select_expression.is_none()
        };
        let bind = self.bind_fields().into_iter().filter(|field| names(field)).map(|field| field.column.clone());
        let bind: Vec<_> = bind.take(8).collect();
        if !self.key_field().is_some_and(names) {
            self.key = None;
        }
        self.bind = Some(Bind::Fields(bind));
        // An encrypted field is a column, whatever else was asked of it, and a counter is a field.
        for field in &mut self.fields {
            match &mut field.role {
                Role::Encrypted(attr) => {
                    attr.version = None;
                    field.diesel.embed = None;
                    field.diesel.serialize_as = None;
                    field.diesel.select_expression = None;
                }
                Role::Version => field.role = Role::Plain,
                Role::Plain | Role::Index | Role::Part => {}
            }
        }
    }

    pub(crate) fn key_field(&self) -> Option<&Field<'a>> {
        self.key.as_ref().and_then(|key| self.by_column(self.column_of(key)))
    }

    /// The fields that name a row: bound columns, then the key column.
    pub(crate) fn row_fields(&self) -> Vec<&Field<'a>> {
        let mut fields = self.bind_fields();
        if let Some(key) = self.key_field()
            && !fields.iter().any(|field| field.column == key.column)
        {
            fields.push(key);
        }
        fields
    }

    /// The fields of the row's handle: those that name the row, and the counters.
    pub(crate) fn handle_fields(&self) -> Vec<&Field<'a>> {
        let mut fields = self.row_fields();
        fields.extend(self.fields.iter().filter(|field| matches!(field.role, Role::Version)));
        fields
    }

    /// The counter of an encrypted field.
    pub(crate) fn version_of(&self, field: &Field<'_>) -> Option<&Field<'a>> {
        self.by_column(self.column_of(field.version()?)).filter(|version| matches!(version.role, Role::Version))
    }

    /// A name in an attribute may be a field's or its column's.
    pub(crate) fn column_of<'s>(&'s self, name: &'s Ident) -> &'s Ident {
        self.fields.iter().find(|field| attr::one_spelling(field.ident) == *name).map_or(name, |field| &field.column)
    }

    pub(crate) fn by_column(&self, column: &Ident) -> Option<&Field<'a>> {
        self.fields.iter().find(|field| field.column == *column)
    }

    pub(crate) fn encrypted(&self) -> impl Iterator<Item = &Field<'a>> {
        self.fields.iter().filter(|field| matches!(field.role, Role::Encrypted(_)))
    }

    pub(crate) fn parts(&self) -> impl Iterator<Item = &Field<'a>> {
        self.fields.iter().filter(|field| matches!(field.role, Role::Part))
    }

    /// Whether the struct declares this index column itself.
    pub(crate) fn declares(&self, index_column: &Ident) -> bool {
        self.by_column(index_column).is_some()
    }

    pub(crate) fn sealed_ident(&self) -> Ident {
        format_ident!("Sealed{}", self.ident)
    }

    pub(crate) fn row_ident(&self) -> Ident {
        format_ident!("{}Row", self.ident)
    }

    /// `table::column`
    pub(crate) fn path(&self, column: &Ident) -> TokenStream {
        let table = &self.table;
        quote::quote!(#table::#column)
    }

    pub(crate) fn reads(&self) -> bool {
        self.traits.queryable || self.traits.queryable_by_name
    }
}

impl Field<'_> {
    pub(crate) fn index(&self) -> Option<&IndexAttr> {
        match &self.role {
            Role::Encrypted(attr) => attr.index.as_ref(),
            _ => None,
        }
    }

    /// Its `class`, as written.
    pub(crate) fn class(&self) -> Option<&Ident> {
        match &self.role {
            Role::Encrypted(attr) => attr.class.as_ref(),
            _ => None,
        }
    }

    /// `context = ".."`
    pub(crate) fn context(&self) -> Option<&LitStr> {
        match &self.role {
            Role::Encrypted(attr) => attr.context.as_ref(),
            _ => None,
        }
    }

    pub(crate) fn pad(&self) -> Option<&Pad> {
        match &self.role {
            Role::Encrypted(attr) => attr.pad.as_ref(),
            _ => None,
        }
    }

    /// The counter that its `version` names, as written.
    pub(crate) fn version(&self) -> Option<&Ident> {
        match &self.role {
            Role::Encrypted(attr) => attr.version.as_ref(),
            _ => None,
        }
    }

    /// The field's name without `r#`, for method names.
    pub(crate) fn name(&self) -> Ident {
        self.ident.unraw()
    }

    pub(crate) fn treat_none_as_default_value(&self, model: &Model<'_>) -> bool {
        let default = model.diesel.treat_none_as_default_value.unwrap_or(true);
        self.diesel.treat_none_as_default_value.unwrap_or(default)
    }

    pub(crate) fn treat_none_as_null(&self, model: &Model<'_>) -> bool {
        let default = model.diesel.treat_none_as_null.unwrap_or(false);
        self.diesel.treat_none_as_null.unwrap_or(default)
    }
}

/// `Some(T)` for a type that is written as `Option<T>`.
pub(crate) fn option_inner(ty: &Type) -> Option<&Type> {
    argument_of(ty, "Option")
}

/// `Some(T)` for a type that is written as `name<T>`.
pub(crate) fn argument_of<'t>(ty: &'t Type, name: &str) -> Option<&'t Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|segment| segment.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first() {
        Some(GenericArgument::Type(ty)) if arguments.args.len() == 1 => Some(ty),
        _ => None,
    }
}

fn traits(only: Option<&[Ident]>, errors: &mut Errors) -> Traits {
    let mut traits = Traits {
        insertable: true,
        as_changeset: true,
        queryable: true,
        queryable_by_name: true,
        selectable: true,
        has_query: true,
    };
    let Some(only) = only else { return traits };
    traits = Traits {
        insertable: false,
        as_changeset: false,
        queryable: false,
        queryable_by_name: false,
        selectable: false,
        has_query: false,
    };
    for name in only {
        match name.to_string().as_str() {
            "Insertable" => traits.insertable = true,
            "AsChangeset" => traits.as_changeset = true,
            "Queryable" => traits.queryable = true,
            "QueryableByName" => traits.queryable_by_name = true,
            "Selectable" => traits.selectable = true,
            "HasQuery" => {
                traits.queryable = true;
                traits.selectable = true;
                traits.has_query = true;
            }
            other => errors.mendable(
                name,
                format_args!(
                    "`{other}` is not a trait of this derive; `only` takes Insertable, AsChangeset, Queryable, \
                     QueryableByName, Selectable and HasQuery"
                ),
            ),
        }
    }
    traits
}

/// Diesel's own rule: snake case with an `s`.
pub(crate) fn inferred_table(ident: &Ident) -> Path {
    let mut name = String::new();
    for (i, c) in ident.unraw().to_string().char_indices() {
        if c.is_uppercase() && i > 0 {
            name.push('_');
        }
        name.extend(c.to_lowercase());
    }
    Path::from(Ident::new(&format!("{name}s"), ident.span()))
}
