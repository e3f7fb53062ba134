//! Who a person is to the rules: a name, groups, and whether anything proves it.
//!
//! The git side fills it in; selectors, templates and expressions read it. Nobody is the default, and holds no group.

use std::collections::BTreeSet;

use crate::names::ObjectName;

/// Who asked for a certificate, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The Principal; `None` is nobody.
    pub principal: Option<ObjectName>,
    /// The e-mail address by which it was found; empty for nobody.
    pub email: String,
    /// The groups that the Principal is in, by its own file and by those of the Groups.
    pub groups: BTreeSet<ObjectName>,
    /// Whether a signature proves it.
    pub verified: bool,
}

static NOBODY: Identity = Identity {
    principal: None,
    email: String::new(),
    groups: BTreeSet::new(),
    verified: false,
};

impl Identity {
    /// The identity of whom nobody knows.
    #[must_use]
    pub fn nobody() -> &'static Self {
        &NOBODY
    }
}
