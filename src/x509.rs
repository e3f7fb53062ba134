//! X.509 and PKCS#10 as values: what a request asks for, what a certificate holds, and the DER of both.
//!
//! In come PEM and DER; out come models whose fields are text, numbers and enums. Only the public key keeps its bytes
//! (the SubjectPublicKeyInfo). No policy is known here: structure that no policy may relax is refused, and what is
//! legal but never issued is kept in the model for judgement to refuse.

pub mod csr;
pub mod key;
pub mod san;
pub mod subject;
pub mod usage;
