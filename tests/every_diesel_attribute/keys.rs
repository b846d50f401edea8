//! A composite primary key binds by default, and a natural column by name.

use super::*;

diesel::table! {
    use diesel::sql_types::*;
    use encrypted_fields::sql_types::*;
    members (group_name, user_id) {
        group_name -> Text,
        user_id -> Integer,
        role -> Encrypted<Text>,
    }
}

const SQL: &str = "CREATE TABLE members (
    group_name TEXT NOT NULL, user_id INTEGER NOT NULL, role BLOB NOT NULL, PRIMARY KEY (group_name, user_id))";

#[derive(Debug, Clone, PartialEq, Identifiable, EncryptedModel)]
#[diesel(primary_key(group_name, user_id))]
struct Member {
    group_name: String,
    user_id: i32,
    #[encrypted]
    role: String,
}

/// The same rows, written by a struct whose `bind` names the columns in the other order.
#[derive(Debug, Clone, PartialEq, EncryptedModel)]
#[diesel(table_name = members, primary_key(group_name, user_id))]
#[encrypted(bind(user_id, group_name))]
struct Other {
    user_id: i32,
    #[encrypted]
    role: String,
    group_name: String,
}

fn member(group: &str, user_id: i32) -> Member {
    Member { group_name: group.to_owned(), user_id, role: format!("role {group} {user_id}") }
}

#[test]
fn every_column_of_a_composite_key_is_bound() {
    on_both!(SQL, |conn| {
        insert_into(members::table)
            .values(&vec![member("a", 1), member("b", 1), member("a", 2)])
            .execute(conn)
            .unwrap();
        assert_eq!(members::table.find(("a", 2)).first::<Member>(conn).unwrap(), member("a", 2));
        let changed = Member { role: "owner".to_owned(), ..member("a", 1) };
        assert_eq!(changed.save_changes::<Member>(conn).unwrap(), changed);
        for target in [("b", 1), ("a", 2)] {
            let error = update(members::table.find(target)).set(&changed).execute(conn).unwrap_err();
            assert!(encrypted_fields::write_conflict(&error), "{error}");
        }
        conn.batch_execute("UPDATE members SET user_id = 3 WHERE user_id = 2").unwrap();
        let error = members::table.find(("a", 3)).first::<Member>(conn).unwrap_err().to_string();
        assert!(error.contains("members.role [group_name=<text of 1 bytes> user_id=3]"), "{error}");
    });
}

#[test]
fn the_order_in_which_columns_are_bound_does_not_matter() {
    on_both!(SQL, |conn| {
        insert_into(members::table).values(&member("a", 1)).execute(conn).unwrap();
        let other: Other = Other::query().first(conn).unwrap();
        assert_eq!((other.group_name.as_str(), other.user_id, other.role.as_str()), ("a", 1, "role a 1"));
    });
}
