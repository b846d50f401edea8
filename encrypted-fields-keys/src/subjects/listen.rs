//! Told of erasures by Postgres.

use std::pin::pin;

use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use futures_util::StreamExt as _;

use super::error::SubjectsError;
use super::sql::CHANNEL;
use super::{Inner, Subjects};

impl Subjects {
    /// Takes subjects out of memory as other processes erase them, told by Postgres over a connection of its own: a future to spawn,
    /// which ends with the connection and is then started anew. Where it does not run, a key stays in memory until its time is up.
    ///
    /// What was missed between two connections is not known, so it begins with an empty memory.
    ///
    /// # Errors
    /// [`SubjectsError::Database`] when the connection ends.
    pub async fn listen(&self, mut connection: AsyncPgConnection) -> Result<(), SubjectsError> {
        const DURING: &str = "listen for erasures";
        let failed = |error: diesel::result::Error| SubjectsError::database(DURING, error.to_string());
        diesel::sql_query(format!("LISTEN {CHANNEL}")).execute(&mut connection).await.map_err(failed)?;
        self.0.cache.evict_all();
        let mut notices = pin!(connection.notifications_stream());
        while let Some(notice) = notices.next().await {
            self.0.noticed(&notice.map_err(failed)?.payload);
        }
        Err(SubjectsError::database(DURING, "the connection ended"))
    }
}

impl Inner {
    fn noticed(&self, notice: &str) {
        use base64ct::{Base64UrlUnpadded, Encoding as _};
        let mut names = Vec::new();
        self.authority.namespace.write(&mut names);
        // Anybody may send a notice: what is not understood empties memory, which does no harm.
        match Base64UrlUnpadded::decode_vec(notice) {
            Ok(bytes) if !bytes.is_empty() => {
                let subject = bytes.strip_prefix(names.as_slice()).and_then(|rest| rest.get(4..));
                if let Some(subject) = subject {
                    self.cache.evict(subject);
                }
            }
            _ => self.cache.evict_all(),
        }
    }
}
