//! `like = User`: a partial struct seals as the whole one does, whatever it leaves out.

use super::*;
use encrypted_fields::model;

mod schema {
    diesel::table! {
        use diesel::sql_types::*;
        use encrypted_fields::sql_types::*;
        users (id) {
            id -> BigInt,
            country -> Text,
            name -> Text,
            email -> Encrypted<Text>,
            email_bidx -> Binary,
            note -> Nullable<Encrypted<Text>>,
        }
    }
}
use schema::users;

const SQL: &str = "CREATE TABLE users (
    id BIGINT PRIMARY KEY, country TEXT NOT NULL, name TEXT NOT NULL, email BLOB NOT NULL, email_bidx BLOB NOT NULL,
    note BLOB)";

/// Declared after its use, and in another module.
mod patches {
    use super::schema::users;
    use encrypted_fields::EncryptedModel;

    #[derive(Debug, EncryptedModel)]
    #[diesel(table_name = users)]
    #[encrypted(like = super::models::User, only(AsChangeset))]
    pub struct UserPatch {
        pub id: i64,
        pub country: String,
        pub name: Option<String>,
        #[encrypted]
        pub email: Option<String>,
    }
}

mod models {
    use super::schema::users;
    use diesel::prelude::*;
    use encrypted_fields::EncryptedModel;

    /// A person. `$` and "quotes" in a comment are nothing to the macro.
    #[derive(Debug, PartialEq, Clone, Identifiable, EncryptedModel)]
    #[encrypted(bind(id, home = "domicile"), key = home, sealed(derive(Debug)))]
    pub struct User {
        pub id: i64,
        /// Another name than its column's.
        #[diesel(column_name = country)]
        pub home: String,
        pub name: String,
        #[encrypted(index(email_bidx, normalize = lower), context = "clients.mail", pad = 32)]
        pub email: String,
        #[encrypted]
        pub note: Option<String>,
    }
}

use models::User;
use patches::UserPatch;

/// The model is imported, and with it what `like` needs.
#[derive(Debug, EncryptedModel)]
#[diesel(table_name = users)]
#[encrypted(like = User, only(HasQuery))]
struct Address {
    id: i64,
    country: String,
    #[encrypted]
    email: String,
}

fn user(id: i64) -> User {
    User { id, home: "IT".into(), name: "n".into(), email: format!("A{id}@x.y"), note: Some("note".into()) }
}

fn keyring() -> encrypted_fields::Keyring {
    testing::keyring().with_scoped("IT".to_owned(), testing::keyring())
}

#[test]
fn a_patch_seals_as_the_model_does() {
    on_both!(SQL, |conn| {
        scope::with(&keyring(), || {
            insert_into(users::table).values(&vec![user(1), user(2)]).execute(conn).unwrap();
            let patch = |id| UserPatch { id, country: "IT".into(), name: None, email: Some("B@x.y".into()) };
            update(users::table.find(1)).set(&patch(1)).execute(conn).unwrap();
            let back: Vec<User> = User::query().filter(User::email_eq("IT", "b@X.y")).load(conn).unwrap();
            assert_eq!(back, [User { email: "B@x.y".into(), ..user(1) }]);
            let error = update(users::table.find(2)).set(&patch(1)).execute(conn).unwrap_err();
            assert!(encrypted_fields::write_conflict(&error), "{error}");

            let address = Address::query().filter(Address::email_eq("IT", "a2@x.y")).first(conn).unwrap();
            assert_eq!((address.id, address.country.as_str(), address.email.as_str()), (2, "IT", "A2@x.y"));
        });
    });
}

#[test]
fn models_that_are_alike_agree() {
    let models = [User::model(), UserPatch::model(), Address::model()];
    assert_eq!(model::check(&models), Ok(()));
    let email = |model: &model::Model| serde_json::to_value(&model.columns[0]).unwrap();
    for model in models {
        assert_eq!(email(model), email(User::model()));
        assert_eq!(model.bind, User::model().bind);
        assert_eq!(model.key, User::model().key);
    }
}

#[test]
fn a_model_in_a_function_can_be_like_another() {
    #[derive(EncryptedModel)]
    #[diesel(table_name = users)]
    #[encrypted(bind(id))]
    #[allow(dead_code)]
    struct Local {
        id: i64,
        #[encrypted(pad = 8)]
        note: Option<String>,
    }
    #[derive(EncryptedModel)]
    #[diesel(table_name = users)]
    #[encrypted(like = Local, only(AsChangeset))]
    #[allow(dead_code)]
    struct LocalPatch {
        id: i64,
        #[encrypted]
        note: Option<Option<String>>,
    }
    assert_eq!(model::check(&[Local::model(), LocalPatch::model()]), Ok(()));
    assert!(model::check(&[Local::model(), User::model()]).is_err());
}
