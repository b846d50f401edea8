//! KEKs out of a configuration, each in its place even if it cannot be set up.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::join_all;
use zeroize::Zeroizing;

use crate::kek::{Kek, KekError, WrapContext};

use super::KekConfig;

/// All of them, in order.
pub(super) async fn keks(configured: Vec<&KekConfig>) -> Vec<Arc<dyn Kek>> {
    join_all(configured.into_iter().map(async |kek| match kek.options.connect(&kek.name).await {
        Ok(kek) => kek,
        Err(error) => {
            tracing::warn!(kek = kek.name, %error, "a KEK cannot be set up; keys come out of their other slots");
            Arc::new(Absent { name: kek.name.clone(), kind: kek.options.kind(), error })
        }
    }))
    .await
}

/// A KEK that cannot be set up: whoever asks it hears why. So a program starts while its recovery key lies in a safe.
#[derive(Debug)]
struct Absent {
    name: String,
    kind: &'static str,
    error: KekError,
}

#[async_trait]
impl Kek for Absent {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        self.kind
    }

    async fn wrap(&self, _: &[u8], _: &WrapContext) -> Result<Vec<u8>, KekError> {
        Err(self.error.clone())
    }

    async fn unwrap(&self, _: &[u8], _: &WrapContext) -> Result<Zeroizing<Vec<u8>>, KekError> {
        Err(self.error.clone())
    }
}
