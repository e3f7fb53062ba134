//! The name of one object of the control zone.
//!
//! In comes the text of a `metadata.name`; out comes an [`ObjectName`], which is safe in a path, a shell and a message.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::names::dns::{NameError, check_subdomain};

/// The name of one object: a lower-case DNS-1123 subdomain, like `metadata.name` of most Kubernetes kinds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ObjectName(String);

impl ObjectName {
    /// The name as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ObjectName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        check_subdomain(text)?;
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
