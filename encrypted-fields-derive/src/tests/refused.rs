//! Mistakes: all of them at once, each with what to write instead. `tests/compile_fail` shows them as rustc prints them.

use syn::{DeriveInput, parse_quote};

use super::{expanded, mistakes};

/// The only mistake of this input.
fn mistake(input: DeriveInput) -> String {
    let mut all = mistakes(&input);
    assert_eq!(all.len(), 1, "{all:#?}");
    all.remove(0)
}

fn with_field(attr: syn::Attribute) -> DeriveInput {
    parse_quote! {
        struct User {
            id: i64,
            #[encrypted]
            phone: String,
            #attr
            email: String,
        }
    }
}

fn with_struct(attr: syn::Attribute) -> DeriveInput {
    parse_quote! {
        #attr
        struct User {
            id: i64,
            #[encrypted]
            email: String,
        }
    }
}

#[test]
fn a_right_model_has_no_mistakes() {
    assert!(mistakes(&with_field(parse_quote!(#[encrypted]))).is_empty());
}

#[test]
fn several_mistakes_are_reported_at_once() {
    let all = mistakes(&parse_quote! {
        #[diesel(tabel_name = users, primary_kee(id))]
        #[encrypted(bnd(id), key = tenant, only(Insert))]
        struct User {
            name: String,
            #[encrypted(indx = email_bidx, pad = 32)]
            email: String,
            #[encrypted(bind(id))]
            #[diesel(embd)]
            phone: String,
        }
    });
    let expected = [
        "unknown attribute `bnd`",
        "Diesel has no such attribute on a struct",
        "Diesel has no such attribute on a struct",
        "unknown attribute `indx`",
        "`pad` is not part of this version",
        "Diesel has no such attribute on a field",
        "`bind` belongs on the struct",
        "`Insert` is not a trait of this derive",
        "values are bound to the primary key `id`, which is not a field",
        "`key` names `tenant`, which is not a field",
    ];
    for expected in expected {
        assert!(all.iter().any(|found| found.contains(expected)), "{expected:?} is not among {all:#?}");
    }
    assert_eq!(all.len(), expected.len(), "{all:#?}");
}

#[test]
fn unknown_attributes_are_refused_with_the_known_ones() {
    assert_eq!(
        mistake(with_field(parse_quote!(#[encrypted(indx = email_bidx)]))),
        "unknown attribute `indx`; known here are `index`, `part` and `version`"
    );
    assert_eq!(
        mistake(with_struct(parse_quote!(#[encrypted(bnd(id))]))),
        "unknown attribute `bnd`; known here are `bind`, `key`, `only`, `part` and `sealed`"
    );
}

#[test]
fn what_has_not_landed_is_refused() {
    for attr in [
        parse_quote!(#[encrypted(context = "users.email")]),
        parse_quote!(#[encrypted(pad = 32)]),
        parse_quote!(#[encrypted(plaintext = email_plain)]),
    ] {
        let message = mistake(with_field(attr));
        assert!(message.ends_with("is not part of this version of encrypted-fields yet"), "{message}");
    }
    for attr in [parse_quote!(#[encrypted(like = User)]), parse_quote!(#[encrypted(context = "users")])] {
        let message = mistake(with_struct(attr));
        assert!(message.ends_with("is not part of this version of encrypted-fields yet"), "{message}");
    }
}

#[test]
fn an_attribute_belongs_somewhere() {
    for (attr, expected) in [
        (parse_quote!(#[encrypted(bind(id))]), "`bind` belongs on the struct"),
        (parse_quote!(#[encrypted(key = id)]), "`key` belongs on the struct"),
        (parse_quote!(#[encrypted(only(Insertable))]), "`only` belongs on the struct"),
        (parse_quote!(#[encrypted(sealed(derive(Debug)))]), "`sealed` belongs on the struct"),
    ] {
        let message = mistake(with_field(attr));
        assert!(message.starts_with(expected), "{message}");
    }
    assert!(mistake(with_struct(parse_quote!(#[encrypted(index = email_bidx)]))).starts_with("`index` belongs on the"));
    assert!(mistake(with_struct(parse_quote!(#[encrypted(version = v)]))).starts_with("`version` belongs on the"));
    assert!(mistake(with_struct(parse_quote!(#[encrypted]))).starts_with("`#[encrypted]` belongs on the fields"));
}

#[test]
fn duplicates_are_refused() {
    for (attr, key) in [
        (parse_quote!(#[encrypted(bind(id), bind = none)]), "bind"),
        (parse_quote!(#[encrypted(key = id, key = id)]), "key"),
        (parse_quote!(#[encrypted(only(Insertable), only(Queryable))]), "only"),
    ] {
        assert_eq!(mistake(with_struct(attr)), format!("`{key}` is written twice"));
    }
    assert_eq!(mistake(with_field(parse_quote!(#[encrypted(index = a, index = b)]))), "`index` is written twice");
    let twice = parse_quote! {
        struct User {
            id: i64,
            #[encrypted]
            #[encrypted(index = email_bidx)]
            #[doc = "An address."]
            email: String,
        }
    };
    assert_eq!(mistake(twice), "`#[encrypted]` is written twice on this field; put everything into one");
    assert_eq!(mistake(with_struct(parse_quote!(#[encrypted(bind(id, id))]))), "`id` is bound twice");
    let one_column = parse_quote! {
        struct User {
            id: i64,
            #[encrypted]
            email: String,
            #[diesel(column_name = email)]
            mail: String,
        }
    };
    assert_eq!(mistake(one_column), "two fields name the column `email`");
    let one_index = parse_quote! {
        struct User {
            id: i64,
            #[encrypted(index = bidx)]
            email: String,
            #[encrypted(index = bidx)]
            phone: String,
        }
    };
    assert_eq!(mistake(one_index), "two fields name the index column `bidx`");
}

#[test]
fn malformed_arguments_say_what_is_expected() {
    for (attr, expected) in [
        (parse_quote!(#[encrypted(bind = id)]), "expected `bind(id)` or `bind = none`"),
        (parse_quote!(#[encrypted(bind())]), "expected at least one name"),
        (parse_quote!(#[encrypted(sealed(derives(Debug)))]), "expected `sealed(derive(..))`"),
        (parse_quote!(#[encrypted(some::path)]), "expected a name"),
    ] {
        assert_eq!(mistake(with_struct(attr)), expected);
    }
    for (attr, expected) in [
        (parse_quote!(#[encrypted(index(email_bidx, normalise = lower))]), "expected `normalize = ..`"),
        (
            parse_quote!(#[encrypted(index(email_bidx, normalize = lower, x))]),
            "expected `index(column, normalize = ..)`",
        ),
        (
            parse_quote!(#[encrypted(index(email_bidx, normalize = upper))]),
            "unknown normalization; known are exact, lower, nfkc, nfkc_lower and digits",
        ),
    ] {
        assert_eq!(mistake(with_field(attr)), expected);
    }
}

#[test]
fn nothing_follows_from_a_mistake() {
    let input = parse_quote! {
        struct User {
            name: String,
            #[encrypted]
            email: String,
        }
    };
    let expansion = expanded(&input);
    assert!(expansion.contains("compile_error"));
    for used_elsewhere in ["Insertable<", "AsChangeset for", "Queryable<", "struct SealedUser", "struct UserRow"] {
        assert!(expansion.contains(used_elsewhere), "{used_elsewhere} is missing from {expansion}");
    }
    // A struct that cannot be expanded keeps its description alone.
    let expansion = expanded(&parse_quote!(
        enum User {
            Email(String),
        }
    ));
    assert!(expansion.contains("EncryptedModel for User") && !expansion.contains("Insertable"), "{expansion}");
}

#[test]
fn a_counter_is_a_field_of_its_own() {
    let wallet = |version: proc_macro2::TokenStream| -> DeriveInput {
        parse_quote! {
            struct Wallet {
                id: i64,
                #[encrypted(version = version)]
                balance: Decimal,
                #version
            }
        }
    };
    assert!(mistakes(&wallet(quote::quote!(version: Version,))).is_empty());
    for (version, expected) in [
        (quote::quote!(), "`version` names `version`, which is not a field of this struct; add `version: Version`"),
        (quote::quote!(version: Option<Version>,), "`version` counts the writes of a value, so it is never NULL"),
        (quote::quote!(#[encrypted] version: i64,), "`version` names `version`, which is no counter"),
        (quote::quote!(#[diesel(embed)] version: Version,), "a counter is written and read with its value, as it is"),
        (quote::quote!(#[diesel(skip_update)] version: Version,), "a counter is written and read with its value"),
        (
            quote::quote!(version: Version, #[encrypted(version = version)] credit: Decimal,),
            "two fields name the counter `version`; each needs its own",
        ),
    ] {
        let message = mistake(wallet(version));
        assert!(message.starts_with(expected), "{message}");
    }
}

#[test]
fn a_counter_does_not_name_a_row() {
    let message = mistake(parse_quote! {
        #[encrypted(bind(id, version))]
        struct Wallet {
            id: i64,
            #[encrypted(version = version)]
            balance: Decimal,
            version: Version,
        }
    });
    assert!(message.starts_with("`version` is a counter, which every write changes"), "{message}");
    let message = mistake(parse_quote! {
        #[encrypted(bind = none)]
        struct Wallet {
            #[encrypted(version = version)]
            balance: Decimal,
            version: Version,
        }
    });
    assert!(message.starts_with("`version` with `bind = none`"), "{message}");
}

#[test]
fn a_part_is_bound_by_the_model_that_embeds_it() {
    for (attr, field, expected) in [
        (quote::quote!(bind(id)), quote::quote!(id: i64,), "`bind` on a part: its values are bound to the row of each"),
        (quote::quote!(bind = none), quote::quote!(), "`bind` on a part"),
        (quote::quote!(key = id), quote::quote!(id: i64,), "`key` on a part"),
        (
            quote::quote!(),
            quote::quote!(#[encrypted(version = v)] zip: String, v: Version,),
            "`version` in a part: a counter belongs to a row",
        ),
        (quote::quote!(), quote::quote!(#[diesel(serialize_as = X)] zip: String,), "`serialize_as` in a part"),
    ] {
        let message = mistake(parse_quote! {
            #[encrypted(part, #attr)]
            struct Address {
                #[encrypted]
                street: String,
                #field
            }
        });
        assert!(message.starts_with(expected), "{message}");
    }
}

#[test]
fn an_embedded_part_is_no_column() {
    for (field, expected) in [
        (quote::quote!(#[encrypted(part)] address: Option<Address>,), "a part is there in every row"),
        (
            quote::quote!(#[encrypted(part)] #[diesel(column_name = x)] address: Address,),
            "a part is no column; it takes no `#[diesel]` attribute but `embed`",
        ),
        (quote::quote!(#[encrypted(part, index = bidx)] address: Address,), "a part is a struct of fields"),
        (quote::quote!(#[encrypted(part, version = v)] address: Address,), "a part is a struct of fields"),
    ] {
        let message = mistake(parse_quote! {
            struct User {
                id: i64,
                #[encrypted]
                email: String,
                #field
            }
        });
        assert!(message.starts_with(expected), "{message}");
    }
}
