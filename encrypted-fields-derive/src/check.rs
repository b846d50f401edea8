//! The rules across fields, one function each.

use proc_macro2::Ident;
use syn::ext::IdentExt;

use crate::attr::Bind;
use crate::errors::Errors;
use crate::model::{Field, Model, Role, option_inner};

/// What to do where no column names the row before the insert.
const WAYS_OUT: &str = "bind a column that the application knows before the insert: a UUID v7 made by the client, a \
                        natural column as in `bind(id, owner_id)`, or ids from `encrypted_fields::next_ids`; or give up \
                        the binding with `Encrypted<.., Unbound>` in `table!` and `#[encrypted(bind = none)]` here";

pub(crate) fn check(model: &Model<'_>, errors: &mut Errors) {
    a_borrowed_model_is_written(model, errors);
    parameters_are_of_encrypted_fields(model, errors);
    a_part_has_no_row_of_its_own(model, errors);
    part_fields_are_parts(model, errors);
    something_is_encrypted(model, errors);
    columns_are_distinct(model, errors);
    contexts_are_distinct(model, errors);
    the_row_has_a_name(model, errors);
    the_key_is_a_column(model, errors);
    bound_fields_are_plain_and_known(model, errors);
    encrypted_fields_are_columns(model, errors);
    index_fields_are_plain(model, errors);
    counters_are_fields(model, errors);
    counters_are_written_with_their_value(model, errors);
    no_field_is_called_as_diesels_row(model, errors);
    base_query_is_used(model, errors);
    for normalize in model.encrypted().filter_map(|field| field.index()).filter_map(|index| index.normalize.as_ref()) {
        if !crate::expand::NORMALIZE.iter().any(|(name, _)| normalize == name) {
            errors.mendable(normalize, "unknown normalization; known are exact, lower, nfkc, nfkc_lower and digits");
        }
    }
    for class in model.encrypted().filter_map(|field| field.class()) {
        if !crate::expand::CLASS.iter().any(|(name, _)| class == name) {
            errors.mendable(class, "unknown class; known are personal, financial and special");
        }
    }
}

fn a_borrowed_model_is_written(model: &Model<'_>, errors: &mut Errors) {
    if model.generics.lifetimes().next().is_some() && (model.reads() || model.traits.selectable) {
        errors.at(
            model.generics,
            "a model with borrowed fields can be written, not read; add `#[encrypted(only(Insertable))]` or \
             `only(AsChangeset)`",
        );
    }
}

/// A part is bound to the row of the model that embeds it.
fn a_part_has_no_row_of_its_own(model: &Model<'_>, errors: &mut Errors) {
    if !model.part {
        return;
    }
    let mut refuse = |written: &dyn quote::ToTokens, what: &str| {
        errors.mendable(
            written,
            format_args!(
                "`{what}` on a part: its values are bound to the row of each model that embeds it; write it there"
            ),
        );
    };
    match &model.bind {
        Some(Bind::Fields(names)) => refuse(&names.first(), "bind"),
        Some(Bind::None) => refuse(&model.ident, "bind"),
        None => {}
    }
    if let Some(key) = &model.key {
        refuse(key, "key");
    }
    for version in model.encrypted().filter_map(|field| field.version()) {
        errors.mendable(
            version,
            "`version` in a part: a counter belongs to a row, which a part has none of; put the value and its counter into \
             the model itself",
        );
    }
    for field in model.fields.iter().filter(|field| field.diesel.serialize_as.is_some()) {
        errors.mendable(
            field.ident,
            "`serialize_as` in a part: a model that is written by reference could not embed it; implement Diesel's \
             `AsExpression` for the field's type instead",
        );
    }
    if let Some(query) = &model.diesel.base_query {
        errors.mendable(query, "`base_query` on a part, which is never queried alone; write it on the model");
    }
}

fn part_fields_are_parts(model: &Model<'_>, errors: &mut Errors) {
    for field in model.parts() {
        let diesel = &field.diesel;
        if option_inner(field.ty).is_some() {
            errors.at(field.ty, "a part is there in every row; make the fields of the part `Option`s instead");
        }
        if diesel.column_name.is_some()
            || diesel.serialize_as.is_some()
            || diesel.deserialize_as.is_some()
            || diesel.select_expression.is_some()
            || diesel.sql_type.is_some()
            || diesel.skip_insertion
            || diesel.skip_update
        {
            errors.at(
                field.ident,
                "a part is no column; it takes no `#[diesel]` attribute but `embed`, its fields take them",
            );
        }
    }
}

fn parameters_are_of_encrypted_fields(model: &Model<'_>, errors: &mut Errors) {
    if model.part && model.generics.params.iter().next().is_some_and(|_| model.generics.lifetimes().next().is_none()) {
        errors.at(model.generics, "a part is of no type parameter; only the encrypted fields of a model are generic");
        return;
    }
    let plain = model.fields.iter().filter(|field| !matches!(field.role, Role::Encrypted(_)));
    for field in plain.filter(|field| crate::expand::is_generic(model, field)) {
        errors.at(
            field.ty,
            format_args!(
                "`{}` is a plain field of a type parameter; only encrypted fields are generic, name a type here",
                field.ident
            ),
        );
    }
}

fn something_is_encrypted(model: &Model<'_>, errors: &mut Errors) {
    if model.encrypted().next().is_none() && model.parts().next().is_none() {
        errors.at(model.ident, "no field is marked `#[encrypted]`; mark one, or use Diesel's own derives");
    }
}

fn columns_are_distinct(model: &Model<'_>, errors: &mut Errors) {
    let columns: Vec<_> =
        model.fields.iter().filter(|field| field.diesel.embed.is_none() && !matches!(field.role, Role::Part)).collect();
    for (i, field) in columns.iter().enumerate() {
        if columns.iter().take(i).any(|earlier| earlier.column == field.column) {
            errors.at(field.ident, format_args!("two fields name the column `{}`", field.column));
        }
    }
    let indexes: Vec<_> = model.encrypted().filter_map(|field| field.index()).collect();
    for (i, index) in indexes.iter().enumerate() {
        if indexes.iter().take(i).any(|earlier| earlier.column == index.column) {
            errors.at(&index.column, format_args!("two fields name the index column `{}`", index.column));
        }
    }
}

/// As far as it can be seen here: what a table is called in the database only `model::check` knows.
fn contexts_are_distinct(model: &Model<'_>, errors: &mut Errors) {
    let pinned: Vec<_> = model.encrypted().filter_map(|field| field.context()).collect();
    for (i, context) in pinned.iter().enumerate() {
        if pinned.iter().take(i).any(|earlier| earlier.value() == context.value()) {
            errors.mendable(
                context,
                "two columns with one context: a value of one would open in the other; a column pins the name that it had \
                 itself",
            );
        }
    }
    let names: Vec<_> = model.bind_columns().into_iter().map(|column| bound_name(model, column)).collect();
    for (column, pin) in &model.pins {
        let pinned = model.column_of(column);
        if !model.bind_columns().contains(&pinned) || names.iter().filter(|name| **name == pin.value()).count() < 2 {
            continue;
        }
        errors.mendable(pin, format_args!("two bound columns are called \"{}\" in the context", pin.value()));
    }
    for version in model.encrypted().filter_map(|field| field.version()) {
        let name = bound_name(model, model.column_of(version));
        if names.contains(&name) && !model.bind_columns().contains(&model.column_of(version)) {
            errors.mendable(version, format_args!("a counter and a bound column are called \"{name}\" in the context"));
        }
    }
}

fn bound_name(model: &Model<'_>, column: &Ident) -> String {
    model.pin(column).map_or_else(|| column.unraw().to_string(), syn::LitStr::value)
}

fn the_row_has_a_name(model: &Model<'_>, errors: &mut Errors) {
    if let Some(Bind::Fields(names)) = &model.bind {
        if names.len() > 8 {
            errors.mendable(names.last(), "at most 8 columns can be bound");
        }
        for (i, name) in names.iter().enumerate() {
            if names.iter().take(i).any(|earlier| earlier == name) {
                errors.mendable(name, format_args!("`{name}` is bound twice"));
            }
        }
    }
    for column in model.bind_columns() {
        if model.by_column(column).is_some() {
            continue;
        }
        match &model.bind {
            None => errors.mendable(
                model.ident,
                format_args!(
                    "values are bound to the primary key `{column}`, which is not a field of this struct; {WAYS_OUT}"
                ),
            ),
            Some(_) => {
                errors.mendable(column, format_args!("`bind` names `{column}`, which is not a field; {WAYS_OUT}"))
            }
        }
    }
}

fn the_key_is_a_column(model: &Model<'_>, errors: &mut Errors) {
    if let Some(key) = &model.key
        && model.key_field().is_none()
    {
        errors.mendable(key, format_args!("`key` names `{key}`, which is not a field of this struct"));
    }
}

fn bound_fields_are_plain_and_known(model: &Model<'_>, errors: &mut Errors) {
    for field in model.row_fields() {
        let name = field.ident;
        match field.role {
            Role::Plain => {}
            Role::Version => errors.mendable(
                name,
                format_args!("`{name}` is a counter, which every write changes, so it does not name a row; {WAYS_OUT}"),
            ),
            Role::Encrypted(_) | Role::Index | Role::Part => {
                errors.mendable(name, format_args!("`{name}` is encrypted, so nothing can be bound to it; {WAYS_OUT}"));
            }
        }
        if option_inner(field.ty).is_some() {
            errors.mendable(field.ty, format_args!("`{name}` may be NULL, so it does not name a row; {WAYS_OUT}"));
        }
        if model.traits.insertable && field.diesel.skip_insertion {
            errors.mendable(
                name,
                format_args!(
                    "`{name}` is not inserted, so its value is unknown when the row's fields are sealed; {WAYS_OUT}"
                ),
            );
        }
        if field.diesel.serialize_as.is_some() {
            errors.mendable(
                name,
                format_args!("`{name}` names the row as it is stored; implement `AsExpression` and `BoundValue` for its type instead of `serialize_as`"),
            );
        }
        if field.diesel.embed.is_some() {
            errors.mendable(name, format_args!("`{name}` is embedded; bind a field of this struct itself"));
        }
        if field.diesel.select_expression.is_some() {
            errors.mendable(name, format_args!("`{name}` names the row, so it must be the column, not an expression"));
        }
    }
}

fn encrypted_fields_are_columns(model: &Model<'_>, errors: &mut Errors) {
    for field in model.encrypted() {
        let refuse = |what: &str, why: &str, errors: &mut Errors| {
            errors.mendable(field.ident, format_args!("`#[diesel({what})]` on an encrypted field: {why}"));
        };
        let codec = "the column's SQL type chooses the codec; implement `EncodePlain` and `DecodePlain` for a type of \
                     your own instead";
        if field.diesel.serialize_as.is_some() {
            refuse("serialize_as", codec, errors);
        }
        if field.diesel.deserialize_as.is_some() {
            refuse("deserialize_as", codec, errors);
        }
        if field.diesel.embed.is_some() {
            refuse(
                "embed",
                "for a struct of encrypted fields write `#[encrypted(part)]` here and on that struct",
                errors,
            );
        }
        if field.diesel.select_expression.is_some() {
            refuse("select_expression", "only the column itself can be opened", errors);
        }
        if field.diesel.sql_type.is_some() {
            refuse("sql_type", "declare the column's type in `table!`", errors);
        }
    }
}

fn index_fields_are_plain(model: &Model<'_>, errors: &mut Errors) {
    let declared = |field: &&Field<'_>| matches!(field.role, Role::Index);
    for field in model.fields.iter().filter(declared) {
        let diesel = &field.diesel;
        if diesel.serialize_as.is_some()
            || diesel.deserialize_as.is_some()
            || diesel.embed.is_some()
            || diesel.select_expression.is_some()
            || diesel.sql_type.is_some()
        {
            errors.at(
                field.ident,
                "an index field is a `BlindIndex`; it takes no `#[diesel]` attribute but `column_name`",
            );
        }
    }
    let encrypted_index = model
        .encrypted()
        .filter_map(|field| field.index())
        .find(|index| model.encrypted().any(|other| other.column == index.column));
    if let Some(index) = encrypted_index {
        errors.at(&index.column, "an index column is not encrypted itself; name a column of its own");
    }
}

/// Each value has a counter of its own, beside it in every struct that reads or writes it.
fn counters_are_fields(model: &Model<'_>, errors: &mut Errors) {
    let versioned: Vec<_> = model.encrypted().filter(|field| field.version().is_some()).collect();
    for (i, field) in versioned.iter().enumerate() {
        let Some(name) = field.version() else { continue };
        let column = model.column_of(name);
        match model.by_column(column).map(|version| &version.role) {
            Some(Role::Version) => {}
            None => errors.mendable(
                name,
                format_args!(
                    "`version` names `{name}`, which is not a field of this struct; add `{name}: Version`, without which \
                     `{}` is neither opened nor sealed",
                    field.ident
                ),
            ),
            Some(_) => errors.mendable(
                name,
                format_args!("`version` names `{name}`, which is no counter; it needs a column of its own"),
            ),
        }
        if versioned.iter().take(i).filter_map(|earlier| earlier.version()).any(|it| model.column_of(it) == column) {
            errors.mendable(
                name,
                format_args!(
                    "two fields name the counter `{name}`; each needs its own, or writing one spoils the other"
                ),
            );
        }
        if matches!(model.bind, Some(Bind::None)) {
            errors.mendable(
                name,
                "`version` with `bind = none`: a counter keeps older values of the same row out, so the value has to \
                 belong to a row first; bind it, or leave `version` out",
            );
        }
    }
}

/// A counter that a statement leaves out or converts would not be the one that the value was sealed under.
fn counters_are_written_with_their_value(model: &Model<'_>, errors: &mut Errors) {
    for field in model.fields.iter().filter(|field| matches!(field.role, Role::Version)) {
        let (name, diesel) = (field.ident, &field.diesel);
        if option_inner(field.ty).is_some() {
            errors.mendable(
                field.ty,
                format_args!(
                    "`{name}` counts the writes of a value, so it is never NULL and never left out; write `Version`: a patch \
                     struct makes the value an `Option` and keeps the counter"
                ),
            );
        }
        let converted = diesel.serialize_as.is_some()
            || diesel.deserialize_as.is_some()
            || diesel.embed.is_some()
            || diesel.select_expression.is_some()
            || diesel.sql_type.is_some()
            || diesel.skip_insertion
            || diesel.skip_update;
        if converted {
            errors.mendable(
                name,
                "a counter is written and read with its value, as it is; it takes no `#[diesel]` attribute but \
                 `column_name`",
            );
        }
    }
}

fn no_field_is_called_as_diesels_row(model: &Model<'_>, errors: &mut Errors) {
    if let Some(field) = model.fields.iter().find(|field| model.traits.queryable_by_name && field.ident == "row") {
        errors.at(
            field.ident,
            "Diesel's `QueryableByName` takes the name `row` for itself; call the field otherwise, with \
             `#[diesel(column_name = row)]`, or leave the trait out with `#[encrypted(only(..))]`",
        );
    }
}

fn base_query_is_used(model: &Model<'_>, errors: &mut Errors) {
    if let Some(query) = &model.diesel.base_query
        && !model.traits.has_query
    {
        errors.mendable(query, "`base_query` is for `HasQuery`, which `only(..)` leaves out");
    }
}
