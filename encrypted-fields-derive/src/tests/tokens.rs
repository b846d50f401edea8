//! The small functions that look at tokens.

use quote::quote;
use syn::{Ident, Type, parse_quote, parse_str};

use crate::attr::{self, Bind};
use crate::errors::Errors;
use crate::expand::{borrowed, borrowed_field, with_static_lifetimes};
use crate::model::{argument_of, inferred_table, option_inner};

#[test]
fn a_table_is_inferred_as_diesel_infers_it() {
    // The examples of diesel_derives' own `infer_table_name`.
    for (name, table) in [
        ("Foo", "foos"),
        ("Bar", "bars"),
        ("FooBar", "foo_bars"),
        ("FooBarBaz", "foo_bar_bazs"),
        ("HTTPCall", "h_t_t_p_calls"),
        ("Line2Item", "line2_items"),
        ("already_snake", "already_snakes"),
        ("Öl", "öls"),
        ("StraßeÄ", "straße_äs"),
    ] {
        let inferred = inferred_table(&parse_str(name).unwrap());
        assert!(inferred.is_ident(table), "{name}: {}", quote!(#inferred));
    }
    assert!(inferred_table(&parse_quote!(r#Type)).is_ident("types"));
}

#[test]
fn a_static_has_no_lifetimes_of_its_own() {
    let cases = [
        (quote!(&'a str), quote!(&'static str)),
        (quote!(Cow<'a, str>), quote!(Cow<'static, str>)),
        (quote!((&'a [&'b u8], [Cow<'a, str>; 2])), quote!((&'static [&'static u8], [Cow<'static, str>; 2]))),
        (quote!(&'static str), quote!(&'static str)),
        (quote!(Uuid), quote!(Uuid)),
        (quote!(Tag<'a'>), quote!(Tag<'a'>)),
    ];
    for (written, expected) in cases {
        assert_eq!(with_static_lifetimes(written).to_string(), expected.to_string());
    }
}

#[test]
fn a_method_takes_what_the_caller_has() {
    let none = quote!();
    let cases: [(Type, _); 8] = [
        (parse_quote!(String), quote!(&str)),
        (parse_quote!(std::string::String), quote!(&str)),
        (parse_quote!(Vec<u8>), quote!(&[u8])),
        (parse_quote!(Decimal), quote!(&Decimal)),
        (parse_quote!(Json<Profile>), quote!(&Json<Profile>)),
        (parse_quote!(Option<String>), quote!(::std::option::Option<&str>)),
        (parse_quote!(Option<Decimal>), quote!(::std::option::Option<&Decimal>)),
        (parse_quote!(Vec<u8, Global>), quote!(&Vec<u8, Global>)),
    ];
    for (ty, expected) in cases {
        assert_eq!(borrowed_field(&ty, &none).to_string(), expected.to_string());
    }
    assert_eq!(borrowed(&parse_quote!(String), &quote!('v)).to_string(), quote!(&'v str).to_string());
}

#[test]
fn an_option_is_seen_by_its_name() {
    let inner = |ty: Type| option_inner(&ty).map(|inner| quote!(#inner).to_string());
    assert_eq!(inner(parse_quote!(Option<i64>)).as_deref(), Some("i64"));
    assert_eq!(inner(parse_quote!(std::option::Option<i64>)).as_deref(), Some("i64"));
    assert_eq!(inner(parse_quote!(Option<Option<i64>>)).as_deref(), Some("Option < i64 >"));
    assert_eq!(inner(parse_quote!(i64)), None);
    assert_eq!(inner(parse_quote!(Optional<i64>)), None);
    assert_eq!(inner(parse_quote!(&'a i64)), None);
    assert!(argument_of(&parse_quote!(Option<i64, A>), "Option").is_none());
}

#[test]
fn a_name_has_one_spelling() {
    let spelled = |name: &str| attr::one_spelling(&Ident::parse_any_str(name)).to_string();
    assert_eq!(spelled("type"), "r#type");
    assert_eq!(spelled("r#type"), "r#type");
    assert_eq!(spelled("r#email"), "email");
    assert_eq!(spelled("email"), "email");
    assert_eq!(spelled("self"), "self");
}

/// `syn` has it as a parser only.
trait ParseAny {
    fn parse_any_str(name: &str) -> Ident;
}

impl ParseAny for Ident {
    fn parse_any_str(name: &str) -> Ident {
        use syn::ext::IdentExt;
        use syn::parse::Parser;
        Ident::parse_any.parse_str(name).unwrap()
    }
}

#[test]
fn the_struct_attribute_is_read() {
    let mut errors = Errors::default();
    let attrs = [
        parse_quote!(#[encrypted(bind(id, type), key = r#type)]),
        parse_quote!(#[encrypted(only(Insertable, Queryable), sealed(derive(Debug, serde::Serialize)))]),
        parse_quote!(#[derive(Debug)]),
    ];
    let found = attr::struct_attr(&attrs, &mut errors);
    assert!(errors.is_empty());
    let Some(Bind::Fields(bind)) = found.bind else { panic!("bind names fields") };
    assert_eq!(bind.iter().map(ToString::to_string).collect::<Vec<_>>(), ["id", "r#type"]);
    assert_eq!(found.key.unwrap().to_string(), "r#type");
    assert_eq!(found.only.unwrap(), ["Insertable", "Queryable"]);
    assert_eq!(found.sealed_derives.len(), 2);

    let none = attr::struct_attr(&[parse_quote!(#[encrypted(bind = none)])], &mut errors);
    assert!(matches!(none.bind, Some(Bind::None)));
    assert!(errors.is_empty());
}

#[test]
fn the_field_attribute_is_read() {
    let mut errors = Errors::default();
    let mut read = |attr: syn::Attribute| attr::field_attr(&[attr], &mut errors);
    assert!(read(parse_quote!(#[serde(skip)])).is_none());
    assert!(read(parse_quote!(#[encrypted])).unwrap().index.is_none());
    assert!(read(parse_quote!(#[encrypted()])).unwrap().index.is_none());
    let index = read(parse_quote!(#[encrypted(index = email_bidx)])).unwrap().index.unwrap();
    assert_eq!(index.column, "email_bidx");
    assert!(index.normalize.is_none());
    for attr in [
        parse_quote!(#[encrypted(index(email_bidx, normalize = lower))]),
        parse_quote!(#[encrypted(index(email_bidx, normalize = lower,))]),
    ] {
        let index = read(attr).unwrap().index.unwrap();
        assert_eq!(index.normalize.unwrap(), "lower");
    }
    assert!(errors.is_empty());
}
