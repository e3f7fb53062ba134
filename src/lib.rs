//! gitca: a certificate authority that is run by pull request.

pub mod finding;
pub mod names;
pub mod snapshot;
pub mod timestamp;
pub mod x509;
pub mod yaml;
