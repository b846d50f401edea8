//! `#[encrypted(..)]` and the part of `#[diesel(..)]` that the expansion must respect or refuse.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, LitBool, LitInt, LitStr, Path, Token, Type, parenthesized, token};

use crate::errors::Errors;

/// `#[encrypted(..)]` on the struct.
#[derive(Default)]
pub(crate) struct StructAttr {
    pub(crate) bind: Option<Bind>,
    /// `bind(owner = "owner_id")`: the names that bound columns have in the context.
    pub(crate) pins: Vec<(Ident, LitStr)>,
    pub(crate) key: Option<Ident>,
    pub(crate) like: Option<Path>,
    pub(crate) only: Option<Vec<Ident>>,
    pub(crate) sealed_derives: Vec<Path>,
    /// `part`: the fields are embedded in models, whose rows they are bound to.
    pub(crate) part: bool,
}

/// What row-bound values are bound to.
pub(crate) enum Bind {
    /// `bind = none`
    None,
    /// `bind(id, owner_id)`
    Fields(Vec<Ident>),
}

/// `#[encrypted]` or `#[encrypted(..)]` on a field.
#[derive(Default)]
pub(crate) struct FieldAttr {
    pub(crate) index: Option<IndexAttr>,
    /// `version = balance_version`
    pub(crate) version: Option<Ident>,
    /// `version(balance_version = "counter")`: the name that the counter has in the context.
    pub(crate) version_pin: Option<LitStr>,
    /// `part`: the field is a struct of encrypted fields.
    pub(crate) part: bool,
    /// `class = personal`
    pub(crate) class: Option<Ident>,
    /// `context = "users.email"`
    pub(crate) context: Option<LitStr>,
    pub(crate) pad: Option<Pad>,
}

/// What a value is padded to before it is sealed.
#[derive(Clone)]
pub(crate) enum Pad {
    /// `pad = 32`
    Block(u32, Span),
    /// `pad = padme`
    Padme(Span),
}

impl Pad {
    /// The block's bytes, `None` for Padmé.
    pub(crate) fn bytes(&self) -> Option<u32> {
        match self {
            Self::Block(bytes, _) => Some(*bytes),
            Self::Padme(_) => None,
        }
    }
}

/// `index = email_bidx` or `index(email_bidx, normalize = lower)`.
#[derive(Clone)]
pub(crate) struct IndexAttr {
    pub(crate) column: Ident,
    pub(crate) normalize: Option<Ident>,
}

/// `#[diesel(..)]` on the struct.
#[derive(Default)]
pub(crate) struct DieselStruct {
    pub(crate) table_name: Option<Path>,
    pub(crate) primary_key: Option<Vec<Ident>>,
    pub(crate) treat_none_as_default_value: Option<bool>,
    pub(crate) treat_none_as_null: Option<bool>,
    pub(crate) base_query: Option<Expr>,
    pub(crate) base_query_type: Option<Type>,
    /// `check_for_backend(..)` as written.
    pub(crate) check_for_backend: Option<proc_macro2::TokenStream>,
}

/// `#[diesel(..)]` on a field.
#[derive(Default)]
pub(crate) struct DieselField {
    pub(crate) column_name: Option<Ident>,
    pub(crate) embed: Option<Span>,
    pub(crate) serialize_as: Option<Type>,
    pub(crate) deserialize_as: Option<Type>,
    pub(crate) select_expression: Option<Span>,
    pub(crate) sql_type: Option<Type>,
    pub(crate) skip_insertion: bool,
    pub(crate) skip_update: bool,
    pub(crate) treat_none_as_default_value: Option<bool>,
    pub(crate) treat_none_as_null: Option<bool>,
}

/// Attributes of the design that have not landed: refused, so that nobody believes they work.
const NOT_YET: &[&str] = &["plaintext"];

/// `#[diesel(..)]` of a struct that other derives read; anything else is a slip, which would otherwise be dropped.
const OTHER_DIESEL_STRUCT: &[&str] = &[
    "aggregate",
    "belongs_to",
    "foreign_derive",
    "mysql_type",
    "not_sized",
    "postgres_type",
    "sql_type",
    "sqlite_type",
];

pub(crate) fn struct_attr(attrs: &[Attribute], errors: &mut Errors) -> StructAttr {
    let mut found = StructAttr::default();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("encrypted")) {
        if matches!(attr.meta, syn::Meta::Path(_)) {
            errors.at(
                attr,
                "`#[encrypted]` belongs on the fields that are encrypted; the struct takes `#[encrypted(..)]`",
            );
        }
    }
    each(attrs, "encrypted", errors, |meta| {
        let key = key(&meta)?;
        match key.to_string().as_str() {
            "bind" => {
                let (bind, pins) = bind(&meta)?;
                found.pins.extend(pins);
                once(&mut found.bind, &key, bind)
            }
            "like" => once(&mut found.like, &key, meta.value()?.call(Path::parse_mod_style)?),
            "key" => once(&mut found.key, &key, name(meta.value()?)?),
            "only" => once(&mut found.only, &key, idents(&meta)?),
            "sealed" => in_parentheses(meta.input, |content| {
                let derive: Ident = content.parse()?;
                if derive != "derive" {
                    return Err(syn::Error::new(derive.span(), "expected `sealed(derive(..))`"));
                }
                let derives = in_parentheses(content, Punctuated::<Path, Token![,]>::parse_terminated)?;
                found.sealed_derives.extend(derives);
                Ok(())
            }),
            "part" => {
                found.part = true;
                Ok(())
            }
            "index" => Err(meta.error("`index` belongs on the `#[encrypted]` field that it indexes")),
            "version" => Err(meta.error("`version` belongs on the `#[encrypted]` field that it counts the writes of")),
            "class" => Err(meta.error("`class` belongs on the `#[encrypted]` field that it describes")),
            other @ ("context" | "pad") => {
                Err(meta.error(format_args!("`{other}` belongs on the field, in `#[encrypted({other} = ..)]`")))
            }
            other => Err(unknown(&meta, other, "`bind`, `key`, `like`, `only`, `part` and `sealed`")),
        }
    });
    found
}

/// `None` where the field is not encrypted.
pub(crate) fn field_attr(attrs: &[Attribute], errors: &mut Errors) -> Option<FieldAttr> {
    let mut found = FieldAttr::default();
    each(attrs, "encrypted", errors, |meta| {
        let key = key(&meta)?;
        match key.to_string().as_str() {
            "index" => once(&mut found.index, &key, index_attr(&meta)?),
            "class" => once(&mut found.class, &key, meta.value()?.parse()?),
            "part" => {
                found.part = true;
                Ok(())
            }
            "version" => {
                let (version, pin) = version(&meta)?;
                found.version_pin = pin;
                once(&mut found.version, &key, version)
            }
            "context" => once(&mut found.context, &key, context_attr(&meta)?),
            "pad" => once(&mut found.pad, &key, pad_attr(&meta)?),
            other @ ("bind" | "key" | "like" | "only" | "sealed") => {
                Err(meta.error(format_args!("`{other}` belongs on the struct, in `#[encrypted({other} ..)]`")))
            }
            other => Err(unknown(&meta, other, "`index`, `class`, `context`, `pad`, `part` and `version`")),
        }
    });
    let mut encrypted = attrs.iter().filter(|attr| attr.path().is_ident("encrypted"));
    let first = encrypted.next();
    if let Some(second) = encrypted.next() {
        errors.mendable(second, "`#[encrypted]` is written twice on this field; put everything into one");
    }
    if found.part
        && (found.index.is_some()
            || found.version.is_some()
            || found.context.is_some()
            || found.class.is_some()
            || found.pad.is_some())
    {
        errors.at(first, "a part is a struct of fields, each with an attribute of its own; write `part` alone here");
    }
    first.map(|_| found)
}

pub(crate) fn diesel_struct(attrs: &[Attribute], errors: &mut Errors) -> DieselStruct {
    let mut found = DieselStruct::default();
    each(attrs, "diesel", errors, |meta| {
        match meta.path.get_ident().map(ToString::to_string).as_deref() {
            Some("table_name") => {
                if found.table_name.is_some() {
                    return Err(meta.error("an encrypted model belongs to one table; derive it on a struct a table"));
                }
                found.table_name = Some(path_or_str(meta.value()?)?);
            }
            Some("primary_key") => found.primary_key = Some(idents(&meta)?),
            Some("treat_none_as_default_value") => {
                found.treat_none_as_default_value = Some(meta.value()?.parse::<LitBool>()?.value);
            }
            Some("treat_none_as_null") => found.treat_none_as_null = Some(meta.value()?.parse::<LitBool>()?.value),
            Some("base_query") => found.base_query = Some(meta.value()?.parse()?),
            Some("base_query_type") => found.base_query_type = Some(meta.value()?.parse()?),
            Some("check_for_backend") => {
                found.check_for_backend = Some(in_parentheses(meta.input, |content| content.parse())?);
            }
            Some(name) if OTHER_DIESEL_STRUCT.contains(&name) => skip(meta.input)?,
            _ => {
                return Err(meta.error("Diesel has no such attribute on a struct; see its documentation for the names"));
            }
        }
        Ok(())
    });
    found
}

pub(crate) fn diesel_field(attrs: &[Attribute], errors: &mut Errors) -> DieselField {
    let mut found = DieselField::default();
    each(attrs, "diesel", errors, |meta| {
        let span = meta.path.span();
        match meta.path.get_ident().map(ToString::to_string).as_deref() {
            Some("column_name") => found.column_name = Some(ident_or_str(meta.value()?)?),
            Some("embed") => found.embed = Some(span),
            Some("serialize_as") => found.serialize_as = Some(meta.value()?.parse()?),
            Some("deserialize_as") => found.deserialize_as = Some(meta.value()?.parse()?),
            // Parsed, and not skipped: `select_expression_type = dsl::Eq<a, b>` has a comma inside.
            Some("select_expression") => {
                found.select_expression = Some(span);
                meta.value()?.parse::<Expr>()?;
            }
            Some("select_expression_type") => {
                found.select_expression = Some(span);
                meta.value()?.parse::<Type>()?;
            }
            Some("sql_type") => found.sql_type = Some(meta.value()?.parse()?),
            Some("skip_insertion") => found.skip_insertion = true,
            Some("skip_update") => found.skip_update = true,
            Some("treat_none_as_default_value") => {
                found.treat_none_as_default_value = Some(meta.value()?.parse::<LitBool>()?.value);
            }
            Some("treat_none_as_null") => found.treat_none_as_null = Some(meta.value()?.parse::<LitBool>()?.value),
            _ => return Err(meta.error("Diesel has no such attribute on a field; see its documentation for the names")),
        }
        Ok(())
    });
    found
}

/// Parses every attribute of this name; one mistake does not hide the next.
fn each(
    attrs: &[Attribute],
    name: &str,
    errors: &mut Errors,
    mut parse: impl FnMut(ParseNestedMeta<'_>) -> syn::Result<()>,
) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident(name)) {
        if matches!(attr.meta, syn::Meta::Path(_)) {
            continue;
        }
        let result = attr.parse_nested_meta(|meta| {
            let input = meta.input;
            parse(meta).or_else(|error| {
                // Of ours, a mistake loses what it says; of Diesel's, perhaps the table.
                if name == "encrypted" {
                    errors.push_mendable(error)
                } else {
                    errors.push(error)
                }
                skip(input)
            })
        });
        if let Err(error) = result {
            errors.push(error);
        }
    }
}

fn key(meta: &ParseNestedMeta<'_>) -> syn::Result<Ident> {
    meta.path.get_ident().cloned().ok_or_else(|| meta.error("expected a name"))
}

fn unknown(meta: &ParseNestedMeta<'_>, name: &str, known: &str) -> syn::Error {
    if NOT_YET.contains(&name) {
        meta.error(format_args!("`{name}` is not part of this version of encrypted-fields yet"))
    } else {
        meta.error(format_args!("unknown attribute `{name}`; known here are {known}"))
    }
}

fn once<T>(slot: &mut Option<T>, key: &Ident, value: T) -> syn::Result<()> {
    if slot.replace(value).is_some() {
        return Err(syn::Error::new(key.span(), format_args!("`{key}` is written twice")));
    }
    Ok(())
}

fn bind(meta: &ParseNestedMeta<'_>) -> syn::Result<(Bind, Vec<(Ident, LitStr)>)> {
    if meta.input.peek(token::Paren) {
        let named = |input: ParseStream<'_>| {
            let column = name(input)?;
            let pin = input.parse::<Option<Token![=]>>()?.map(|_| bound_name(input)).transpose()?;
            Ok((column, pin))
        };
        let columns = in_parentheses(meta.input, |content| content.parse_terminated(named, Token![,]))?;
        if columns.is_empty() {
            return Err(meta.error("expected at least one name"));
        }
        let pins = columns.iter().filter_map(|(column, pin)| Some((column.clone(), pin.clone()?))).collect();
        return Ok((Bind::Fields(columns.into_iter().map(|(column, _)| column).collect()), pins));
    }
    let none: Ident = meta.value()?.parse()?;
    if none == "none" {
        Ok((Bind::None, Vec::new()))
    } else {
        Err(syn::Error::new(none.span(), format_args!("expected `bind({none})` or `bind = none`")))
    }
}

fn version(meta: &ParseNestedMeta<'_>) -> syn::Result<(Ident, Option<LitStr>)> {
    if !meta.input.peek(token::Paren) {
        return Ok((name(meta.value()?)?, None));
    }
    in_parentheses(meta.input, |content| {
        let column = name(content)?;
        content.parse::<Token![=]>()?;
        let pin = bound_name(content)?;
        if content.is_empty() { Ok((column, Some(pin))) } else { Err(content.error("expected one counter")) }
    })
}

/// The name that a bound column has in the context.
fn bound_name(input: ParseStream<'_>) -> syn::Result<LitStr> {
    let name: LitStr = input.parse()?;
    if name.value().is_empty() {
        return Err(syn::Error::new(
            name.span(),
            "expected the name that the column had, as in `bind(owner = \"owner_id\")`",
        ));
    }
    Ok(name)
}

fn context_attr(meta: &ParseNestedMeta<'_>) -> syn::Result<LitStr> {
    let context: LitStr = meta.value()?.parse()?;
    let value = context.value();
    let parts: Vec<_> = value.split('.').collect();
    if !matches!(parts.len(), 2 | 3) || parts.iter().any(|part| part.is_empty() || part.trim() != *part) {
        return Err(syn::Error::new(
            context.span(),
            "a pinned context is `\"table.column\"` or `\"schema.table.column\"`: the names that the column had when its \
             values were sealed",
        ));
    }
    Ok(context)
}

fn pad_attr(meta: &ParseNestedMeta<'_>) -> syn::Result<Pad> {
    let input = meta.value()?;
    let expected = "expected `pad = padme`, or a block of 1 to 65536 bytes, as in `pad = 32`";
    if let Some(padme) = input.parse::<Option<Ident>>()? {
        let wrong = padme != "padme";
        return if wrong { Err(syn::Error::new(padme.span(), expected)) } else { Ok(Pad::Padme(padme.span())) };
    }
    let written: LitInt = input.parse().map_err(|error| syn::Error::new(error.span(), expected))?;
    match written.base10_parse::<u32>() {
        Ok(bytes @ 1..=65_536) => Ok(Pad::Block(bytes, written.span())),
        _ => Err(syn::Error::new(written.span(), expected)),
    }
}

fn index_attr(meta: &ParseNestedMeta<'_>) -> syn::Result<IndexAttr> {
    if !meta.input.peek(token::Paren) {
        return Ok(IndexAttr { column: name(meta.value()?)?, normalize: None });
    }
    in_parentheses(meta.input, |content| {
        let column = name(content)?;
        let mut normalize = None;
        if content.parse::<Option<Token![,]>>()?.is_some() && !content.is_empty() {
            let key: Ident = content.parse()?;
            if key != "normalize" {
                return Err(syn::Error::new(key.span(), "expected `normalize = ..`"));
            }
            content.parse::<Token![=]>()?;
            normalize = Some(content.parse()?);
            content.parse::<Option<Token![,]>>()?;
        }
        if !content.is_empty() {
            return Err(content.error("expected `index(column, normalize = ..)`"));
        }
        Ok(IndexAttr { column, normalize })
    })
}

fn idents(meta: &ParseNestedMeta<'_>) -> syn::Result<Vec<Ident>> {
    let idents = in_parentheses(meta.input, |content| content.parse_terminated(name, Token![,]))?;
    if idents.is_empty() {
        return Err(meta.error("expected at least one name"));
    }
    Ok(idents.into_iter().collect())
}

fn ident_or_str(input: ParseStream<'_>) -> syn::Result<Ident> {
    if input.peek(LitStr) { input.parse::<LitStr>()?.parse_with(name) } else { name(input) }
}

/// A field's or column's name.
fn name(input: ParseStream<'_>) -> syn::Result<Ident> {
    input.call(Ident::parse_any).map(|ident| one_spelling(&ident))
}

/// `type` and `r#type` are one name, which as an identifier has one spelling.
pub(crate) fn one_spelling(ident: &Ident) -> Ident {
    let plain = ident.unraw();
    let spelled = |text: String| {
        syn::parse_str::<Ident>(&text).map(|mut ident| {
            ident.set_span(plain.span());
            ident
        })
    };
    spelled(plain.to_string()).or_else(|_| spelled(format!("r#{plain}"))).unwrap_or_else(|_| ident.clone())
}

fn path_or_str(input: ParseStream<'_>) -> syn::Result<Path> {
    if input.peek(LitStr) { input.parse::<LitStr>()?.parse() } else { input.call(Path::parse_mod_style) }
}

/// What `parse` leaves after a mistake is dropped, or syn reports it as a second one.
fn in_parentheses<T>(input: ParseStream<'_>, parse: impl FnOnce(ParseStream<'_>) -> syn::Result<T>) -> syn::Result<T> {
    let content;
    parenthesized!(content in input);
    let parsed = parse(&content);
    if parsed.is_err() {
        content.parse::<proc_macro2::TokenStream>()?;
    }
    parsed
}

/// Up to the next comma: something of Diesel's that the expansion does not read, or the rest of a mistake.
fn skip(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}
