//! Mistakes: all of them at once, each with what to write instead. `tests/compile_fail` shows them as rustc prints them.

use syn::{DeriveInput, parse_quote};

use super::{expanded, expanded_like, mistakes, mistakes_like};

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
            #[encrypted(indx = email_bidx, pad = 0)]
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
        "expected `pad = padme`, or a block of 1 to 65536 bytes",
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
        "unknown attribute `indx`; known here are `index`, `class`, `context`, `pad`, `part` and `version`"
    );
    assert_eq!(
        mistake(with_struct(parse_quote!(#[encrypted(bnd(id))]))),
        "unknown attribute `bnd`; known here are `bind`, `key`, `like`, `only`, `part` and `sealed`"
    );
}

#[test]
fn what_has_not_landed_is_refused() {
    let message = mistake(with_field(parse_quote!(#[encrypted(plaintext = email_plain)])));
    assert!(message.ends_with("is not part of this version of encrypted-fields yet"), "{message}");
}

#[test]
fn an_attribute_belongs_somewhere() {
    for (attr, expected) in [
        (parse_quote!(#[encrypted(bind(id))]), "`bind` belongs on the struct"),
        (parse_quote!(#[encrypted(key = id)]), "`key` belongs on the struct"),
        (parse_quote!(#[encrypted(like = Account)]), "`like` belongs on the struct"),
        (parse_quote!(#[encrypted(only(Insertable))]), "`only` belongs on the struct"),
        (parse_quote!(#[encrypted(sealed(derive(Debug)))]), "`sealed` belongs on the struct"),
    ] {
        let message = mistake(with_field(attr));
        assert!(message.starts_with(expected), "{message}");
    }
    assert!(mistake(with_struct(parse_quote!(#[encrypted(index = email_bidx)]))).starts_with("`index` belongs on the"));
    assert!(mistake(with_struct(parse_quote!(#[encrypted(version = v)]))).starts_with("`version` belongs on the"));
    assert!(mistake(with_struct(parse_quote!(#[encrypted(pad = 32)]))).starts_with("`pad` belongs on the field"));
    assert!(
        mistake(with_struct(parse_quote!(#[encrypted(context = "a")]))).starts_with("`context` belongs on the field")
    );
    assert!(mistake(with_struct(parse_quote!(#[encrypted(class = special)]))).starts_with("`class` belongs on the"));
    assert!(mistake(with_struct(parse_quote!(#[encrypted]))).starts_with("`#[encrypted]` belongs on the fields"));
}

#[test]
fn a_class_is_a_known_one() {
    for class in [quote::quote!(health), quote::quote!(Personal), quote::quote!(none)] {
        assert_eq!(
            mistake(with_field(parse_quote!(#[encrypted(class = #class)]))),
            "unknown class; known are personal, financial and special"
        );
    }
    let twice = mistake(with_field(parse_quote!(#[encrypted(class = personal, class = special)])));
    assert_eq!(twice, "`class` is written twice");
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
fn a_context_is_two_or_three_names() {
    for context in ["email", "", ".", "users.", ".email", "a.b.c.d", "users. email", " users.email", "a..b"] {
        let message = mistake(with_field(parse_quote!(#[encrypted(context = #context)])));
        assert!(message.starts_with("a pinned context is `\"table.column\"` or"), "{context}: {message}");
    }
    for context in ["users.email", "shop.users.email", "Straße.ä b"] {
        assert!(mistakes(&with_field(parse_quote!(#[encrypted(context = #context)]))).is_empty(), "{context}");
    }
    assert_eq!(mistake(with_struct(parse_quote!(#[encrypted(bind(id = ""))]))), BOUND_NAME);
}

const BOUND_NAME: &str = "expected the name that the column had, as in `bind(owner = \"owner_id\")`";

#[test]
fn a_context_belongs_to_one_column() {
    let message = mistake(parse_quote! {
        struct User {
            id: i64,
            #[encrypted(context = "users.email")]
            email: String,
            #[encrypted(context = "users.email")]
            mail: String,
        }
    });
    assert!(message.starts_with("two columns with one context"), "{message}");
    let message = mistake(parse_quote! {
        #[encrypted(bind(id, owner = "id"))]
        struct Wallet {
            id: i64,
            owner: i64,
            #[encrypted]
            balance: String,
        }
    });
    assert_eq!(message, "two bound columns are called \"id\" in the context");
    // Swapped by a rename each: no name is used twice.
    let swapped = parse_quote! {
        #[encrypted(bind(id = "owner", owner = "id"))]
        struct Wallet {
            id: i64,
            owner: i64,
            #[encrypted]
            balance: String,
        }
    };
    assert!(mistakes(&swapped).is_empty());
}

#[test]
fn a_plain_field_is_of_a_type() {
    let message = mistake(parse_quote! {
        struct Event<T> {
            id: T,
            #[encrypted]
            payload: Json<T>,
        }
    });
    assert_eq!(
        message,
        "`id` is a plain field of a type parameter; only encrypted fields are generic, name a type here"
    );
}

#[test]
fn a_block_has_bounds() {
    let expected = "expected `pad = padme`, or a block of 1 to 65536 bytes, as in `pad = 32`";
    for attr in [
        parse_quote!(#[encrypted(pad = 0)]),
        parse_quote!(#[encrypted(pad = 65537)]),
        parse_quote!(#[encrypted(pad = 99999999999999999999)]),
        parse_quote!(#[encrypted(pad = block)]),
        parse_quote!(#[encrypted(pad = "32")]),
    ] {
        assert_eq!(mistake(with_field(attr)), expected);
    }
    for attr in [parse_quote!(#[encrypted(pad = 1)]), parse_quote!(#[encrypted(pad = 65_536)])] {
        assert!(mistakes(&with_field(attr)).is_empty());
    }
}

fn account() -> DeriveInput {
    parse_quote! {
        #[encrypted(bind(id, owner = "owner_id"), key = tenant)]
        struct Account {
            id: i64,
            owner: i64,
            tenant: i64,
            #[encrypted(index(email_bidx, normalize = lower), pad = 32)]
            email: String,
            #[encrypted(context = "accounts.mobile")]
            phone: String,
        }
    }
}

#[test]
fn what_is_like_another_may_say_the_same_or_nothing() {
    let silent = parse_quote! {
        #[encrypted(like = Account)]
        struct AccountPatch { id: i64, owner: i64, tenant: i64, #[encrypted] email: String, #[encrypted] phone: String }
    };
    assert_eq!(mistakes_like(&account(), &silent), Vec::<String>::new());
    let same = parse_quote! {
        #[encrypted(like = Account, bind(owner = "owner_id", id), key = tenant)]
        struct AccountPatch {
            id: i64,
            owner: i64,
            tenant: i64,
            #[encrypted(index(email_bidx, normalize = lower), pad = 32)]
            email: Option<String>,
            #[encrypted(context = "accounts.mobile")]
            phone: String,
        }
    };
    assert_eq!(mistakes_like(&account(), &same), Vec::<String>::new());
}

#[test]
fn what_is_like_another_may_not_disagree() {
    let found = mistakes_like(
        &account(),
        &parse_quote! {
            #[encrypted(like = Account, bind(id), key = owner)]
            struct AccountPatch {
                id: i64,
                owner: i64,
                tenant: i64,
                #[encrypted(index(email_bidx, normalize = nfkc), pad = 64)]
                email: Option<String>,
                #[encrypted(context = "accounts.phone")]
                phone: String,
                #[encrypted]
                fax: String,
            }
        },
    );
    assert_eq!(
        found,
        [
            "`Account` is bound to (id, owner = \"owner_id\"), this struct to (id); leave `bind` out, or write the same",
            "the key column of `Account` is `tenant`; leave `key` out, or write the same",
            "`email` has another `index` than in `Account`; leave it out, or write the same",
            "`email` has another `pad` than in `Account`; leave it out, or write the same",
            "`phone` has another `context` than in `Account`; leave it out, or write the same",
            "`Account` has no encrypted column `fax`; a struct that is like it encrypts some of its columns, and no other",
        ]
    );
    let found = mistakes_like(
        &account(),
        &parse_quote! {
            #[encrypted(like = Account)]
            struct AccountPatch { id: i64, email: String, #[encrypted] phone: String }
        },
    );
    let expected = [
        "`Account` is bound to `owner`, which is not a field of this struct; add it",
        "the key column of `Account` is `tenant`, which is not a field of this struct; add it",
        "`email` is encrypted in `Account`; mark it `#[encrypted]`",
    ];
    assert_eq!(found.get(..3), Some(&expected.map(str::to_owned)[..]));
}

#[test]
fn what_is_like_another_counts_as_it_does() {
    let wallet = parse_quote! {
        struct Wallet {
            id: i64,
            #[encrypted(version(counter = "balance_version"))]
            balance: i64,
            counter: Version,
        }
    };
    let patch: DeriveInput = parse_quote! {
        #[encrypted(like = Wallet)]
        struct WalletPatch { id: i64, #[encrypted] balance: Option<i64>, counter: Version }
    };
    assert_eq!(mistakes_like(&wallet, &patch), Vec::<String>::new());
    assert!(expanded_like(&wallet, &patch).contains("version_pinned(\"balance_version\")"));
    let without = parse_quote! {
        #[encrypted(like = Wallet)]
        struct WalletPatch { id: i64, #[encrypted] balance: Option<i64> }
    };
    let found = mistakes_like(&wallet, &without);
    assert!(found[0].starts_with("`version` names `counter`, which is not a field of this struct; add"), "{found:?}");
    let other = parse_quote! {
        #[encrypted(like = Wallet)]
        struct WalletPatch { id: i64, #[encrypted(version = counter)] balance: Option<i64>, counter: Version }
    };
    assert_eq!(
        mistakes_like(&wallet, &other),
        ["`balance` has another `version` than in `Wallet`; leave it out, or write the same"]
    );
}

#[test]
fn a_part_is_like_a_part() {
    let address: DeriveInput = parse_quote! {
        #[encrypted(part)]
        struct Address { #[encrypted(index = zip_bidx, pad = 16)] zip: String }
    };
    let patch = parse_quote! {
        #[encrypted(part, like = Address, only(AsChangeset))]
        struct AddressPatch { #[encrypted] zip: Option<String> }
    };
    assert_eq!(mistakes_like(&address, &patch), Vec::<String>::new());
    let model = parse_quote! {
        #[encrypted(like = Address)]
        struct User { id: i64, #[encrypted] zip: String }
    };
    assert_eq!(
        mistakes_like(&address, &model),
        ["`Address` is a part, this struct is a model; it is like one of its kind"]
    );
}

#[test]
fn what_is_like_another_is_like_one_that_stands_for_itself() {
    let found = mistakes_like(
        &parse_quote! {
            #[encrypted(like = Account)]
            struct AccountPatch { id: i64, #[encrypted] email: String }
        },
        &parse_quote! {
            #[encrypted(like = AccountPatch)]
            struct AccountMail { id: i64, #[encrypted] email: String }
        },
    );
    assert_eq!(found, ["`AccountPatch` is like another model itself; name that one"]);
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
