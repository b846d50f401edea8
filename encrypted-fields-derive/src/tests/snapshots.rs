//! One attribute and form, one snapshot under `snapshots/`: what a change to the expansion changes for whom.
//!
//! After an intended change: `INSTA_UPDATE=always cargo test -p encrypted-fields-derive`, then read the diff.

use syn::parse_quote;

use super::{expanded, expanded_like};

macro_rules! snapshot {
    ($name:ident: $($input:tt)*) => {
        #[test]
        fn $name() {
            insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
                insta::assert_snapshot!(stringify!($name), expanded(&parse_quote!($($input)*)));
            });
        }
    };
}

snapshot! { encrypted:
    #[diesel(table_name = users)]
    pub struct User {
        pub id: i64,
        pub name: String,
        #[encrypted]
        pub balance: Decimal,
    }
}

snapshot! { encrypted_nullable:
    struct User {
        id: i64,
        #[encrypted]
        phone: Option<String>,
    }
}

snapshot! { bind:
    #[encrypted(bind(owner_id, id))]
    struct Wallet {
        id: Uuid,
        owner_id: Uuid,
        #[encrypted]
        balance: Decimal,
    }
}

snapshot! { bind_none:
    #[encrypted(bind = none)]
    struct Hint {
        #[encrypted]
        text: String,
    }
}

snapshot! { key:
    #[encrypted(key = tenant_id)]
    struct Note {
        id: i64,
        tenant_id: i64,
        #[encrypted(index = title_bidx)]
        title: String,
    }
}

snapshot! { key_that_is_bound:
    #[encrypted(key = owner_id, bind(id, owner_id), only(AsChangeset))]
    struct Note {
        id: i64,
        owner_id: i64,
        #[encrypted]
        title: String,
    }
}

snapshot! { version:
    struct Wallet {
        id: i64,
        #[encrypted(version = balance_version)]
        balance: Decimal,
        balance_version: Version,
        #[encrypted]
        hint: String,
    }
}

snapshot! { version_of_a_patch:
    #[encrypted(only(AsChangeset))]
    struct Wallet {
        id: i64,
        #[encrypted(index = iban_bidx, version = iban_version)]
        iban: Option<String>,
        iban_version: Version,
    }
}

snapshot! { part:
    #[diesel(table_name = users)]
    #[encrypted(part)]
    struct Address {
        #[encrypted(index = street_bidx)]
        street: String,
        city: String,
    }
}

snapshot! { part_of_a_model:
    struct User {
        id: i64,
        #[encrypted(part)]
        address: Address,
    }
}

snapshot! { part_of_a_patch:
    #[diesel(table_name = users)]
    #[encrypted(part, only(AsChangeset))]
    struct AddressPatch<'a> {
        #[encrypted]
        street: Option<&'a str>,
    }
}

snapshot! { index:
    struct User {
        id: i64,
        #[encrypted(index = email_bidx)]
        email: String,
    }
}

snapshot! { index_nullable:
    struct User {
        id: i64,
        #[encrypted(index = phone_bidx)]
        phone: Option<String>,
    }
}

snapshot! { index_normalize:
    #[encrypted(only(Queryable))]
    struct User {
        id: i64,
        #[encrypted(index(email_bidx, normalize = nfkc_lower))]
        email: String,
    }
}

snapshot! { index_declared_by_the_struct:
    struct User {
        id: i64,
        #[encrypted(index = email_bidx)]
        email: String,
        name: String,
        email_bidx: BlindIndex,
    }
}

snapshot! { class:
    #[encrypted(only(AsChangeset))]
    struct Patient {
        id: i64,
        #[encrypted(class = special)]
        diagnosis: String,
        #[encrypted]
        email: Option<Email>,
    }
}

snapshot! { only_insertable:
    #[encrypted(only(Insertable))]
    struct User {
        id: i64,
        #[encrypted]
        email: String,
    }
}

snapshot! { only_as_changeset:
    #[encrypted(only(AsChangeset))]
    struct UserPatch {
        id: i64,
        name: Option<String>,
        #[encrypted(index = email_bidx)]
        email: Option<String>,
        #[encrypted]
        phone: Option<Option<String>>,
    }
}

snapshot! { only_queryable:
    #[encrypted(only(Queryable))]
    struct User {
        id: i64,
        #[encrypted]
        email: String,
    }
}

snapshot! { only_queryable_by_name:
    #[encrypted(only(QueryableByName))]
    struct User {
        id: i64,
        #[encrypted]
        email: String,
    }
}

snapshot! { only_selectable:
    #[encrypted(only(Selectable))]
    struct User {
        id: i64,
        #[encrypted]
        email: String,
    }
}

snapshot! { only_has_query:
    #[encrypted(only(HasQuery))]
    struct User {
        id: i64,
        #[encrypted]
        email: String,
    }
}

snapshot! { sealed_derive:
    #[encrypted(sealed(derive(Debug, Clone, serde::Serialize)), only(Queryable))]
    struct User {
        id: i64,
        #[encrypted]
        email: String,
    }
}

snapshot! { treat_none_as_default_value_of_the_struct:
    #[diesel(treat_none_as_default_value = false)]
    #[encrypted(only(Insertable))]
    struct User {
        id: i64,
        nick: Option<String>,
        #[encrypted]
        phone: Option<String>,
        #[encrypted]
        #[diesel(treat_none_as_default_value = true)]
        fax: Option<String>,
    }
}

snapshot! { treat_none_as_null_of_the_struct:
    #[diesel(treat_none_as_null = true)]
    #[encrypted(only(AsChangeset))]
    struct User {
        id: i64,
        nick: Option<String>,
        #[encrypted]
        phone: Option<String>,
        #[encrypted]
        #[diesel(treat_none_as_null = false)]
        fax: Option<String>,
    }
}

snapshot! { embed:
    struct User {
        id: i64,
        #[encrypted]
        email: String,
        #[diesel(embed)]
        address: Address,
    }
}

snapshot! { serialize_as:
    struct User {
        id: i64,
        #[diesel(serialize_as = UpperCase, deserialize_as = LowerCase)]
        name: String,
        #[encrypted]
        email: String,
    }
}

snapshot! { select_expression:
    #[encrypted(only(HasQuery))]
    struct User {
        id: i64,
        #[diesel(select_expression = users::name.nullable(), select_expression_type = Nullable<users::name>)]
        name: Option<String>,
        #[encrypted]
        email: String,
    }
}

snapshot! { skip_insertion:
    #[encrypted(only(Insertable, Queryable))]
    struct User {
        id: i64,
        #[diesel(skip_insertion)]
        created: NaiveDateTime,
        #[encrypted]
        #[diesel(skip_insertion)]
        email: String,
        #[encrypted]
        phone: String,
    }
}

snapshot! { skip_update:
    #[encrypted(only(AsChangeset))]
    struct User {
        id: i64,
        #[diesel(skip_update)]
        name: String,
        #[encrypted]
        #[diesel(skip_update)]
        email: String,
        #[encrypted]
        phone: String,
    }
}

snapshot! { column_name:
    #[encrypted(bind(number))]
    struct User {
        #[diesel(column_name = id)]
        number: i64,
        #[encrypted(index = mail_bidx)]
        #[diesel(column_name = "mail")]
        email: String,
    }
}

snapshot! { primary_key:
    #[diesel(table_name = crate::schema::accounts, primary_key(country, number))]
    #[encrypted(only(Insertable))]
    struct Account {
        number: i64,
        country: String,
        #[encrypted]
        balance: Decimal,
    }
}

snapshot! { check_for_backend:
    #[diesel(table_name = users, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
    #[encrypted(only(Selectable))]
    struct User {
        id: i64,
        #[encrypted]
        email: String,
    }
}

snapshot! { base_query:
    #[diesel(table_name = users, base_query = users::table.filter(users::live), base_query_type = Live)]
    #[encrypted(only(HasQuery))]
    struct User {
        id: i64,
        #[encrypted]
        email: String,
    }
}

snapshot! { lifetimes:
    #[diesel(table_name = users)]
    #[encrypted(bind(id, country), only(Insertable, AsChangeset))]
    struct NewUser<'a> {
        id: i64,
        country: &'a str,
        name: &'a str,
        #[encrypted(index(email_bidx, normalize = lower))]
        email: &'a str,
    }
}

snapshot! { raw_identifiers:
    struct r#Type {
        id: i64,
        #[encrypted(index = r#fn)]
        r#type: i32,
    }
}

snapshot! { generic:
    #[encrypted(sealed(derive(Debug)))]
    struct Event<T: Kind, const N: usize = 32>
    where
        T: Clone,
    {
        id: i64,
        #[encrypted]
        payload: Option<Json<T>>,
        #[encrypted(index = hash_bidx)]
        hash: [u8; N],
        #[encrypted]
        note: String,
    }
}

snapshot! { context:
    #[encrypted(bind(id = "user_id"), only(Insertable))]
    struct User {
        id: i64,
        #[encrypted(context = "shop.clients.email")]
        email: String,
    }
}

snapshot! { pad:
    #[encrypted(only(Insertable))]
    struct User {
        id: i64,
        #[encrypted(pad = 32)]
        email: String,
        #[encrypted(pad = padme)]
        profile: Json<Profile>,
    }
}

snapshot! { like_is_deferred:
    #[encrypted(like = crate::models::User, only(AsChangeset))]
    struct UserPatch {
        id: i64,
        #[encrypted]
        email: Option<String>,
    }
}

#[test]
fn like() {
    let base = parse_quote! {
        #[encrypted(bind(id, country))]
        struct User {
            id: i64,
            country: String,
            #[encrypted(index(email_bidx, normalize = lower), pad = 32, context = "clients.email")]
            email: String,
        }
    };
    let patch = parse_quote! {
        #[diesel(table_name = users)]
        #[encrypted(like = User, only(AsChangeset))]
        struct UserPatch {
            id: i64,
            country: String,
            #[encrypted]
            email: Option<String>,
        }
    };
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("like", expanded_like(&base, &patch));
    });
}

snapshot! { mistakes_leave_stubs:
    #[encrypted(only(Insertable))]
    struct User {
        name: String,
        #[encrypted]
        email: String,
    }
}
