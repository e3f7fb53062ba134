//! The made-up request that samples are made for, and who asks for it.
//!
//! Out comes always the same: `dev/jane`, asked for by `jane` of `example.com` (RFC 2606), so that placeholders have a
//! value to take. No repository is read.

use crate::control::glob::placeholder::Given;
use crate::control::identity::Identity;
use crate::effort::Effort;
use crate::names::RequestName;

/// Whom the samples are made for.
#[derive(Debug)]
pub(super) struct Example {
    pub(super) request: RequestName,
    pub(super) requester: Identity,
    pub(super) effort: Effort,
}

impl Default for Example {
    /// `dev/jane`, asked for by `jane`.
    fn default() -> Self {
        let name = "jane".parse().expect("it is a name");
        Self {
            request: "dev/jane".parse().expect("it is the path of a request"),
            requester: Identity {
                principal: Some(name),
                email: "jane@example.com".to_owned(),
                verified: true,
                ..Identity::default()
            },
            effort: Effort::of_words(),
        }
    }
}

impl Example {
    /// What placeholders take their values from.
    pub(super) fn given(&self) -> Given<'_> {
        Given::new(&self.request, &self.requester, &self.effort)
    }
}
