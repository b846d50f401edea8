//! Whose subjects: an application's, and a tenant's of it.

use std::fmt;

/// An application and a tenant of it: data subjects of two namespaces have nothing to do with each other, though their ids be
/// the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Namespace {
    application: String,
    tenant: String,
}

impl Namespace {
    /// Of an application, as its keyring names it, and a tenant; an empty tenant where there is one.
    pub fn new(application: impl Into<String>, tenant: impl Into<String>) -> Self {
        Self { application: application.into(), tenant: tenant.into() }
    }

    /// The application's name.
    pub fn application(&self) -> &str {
        &self.application
    }

    /// The tenant, or empty.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// Application and tenant, each with its length in front, as every context and record begins.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        length_prefixed(self.application.as_bytes(), out);
        length_prefixed(self.tenant.as_bytes(), out);
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tenant.as_str() {
            "" => write!(f, "application `{}`", self.application),
            tenant => write!(f, "application `{}`, tenant `{tenant}`", self.application),
        }
    }
}

/// `length, u32 big-endian | bytes`.
pub(super) fn length_prefixed(bytes: &[u8], out: &mut Vec<u8>) {
    let length = u32::try_from(bytes.len()).expect("names and ids are shorter than 4 GiB");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}
