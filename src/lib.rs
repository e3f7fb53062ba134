//! gitca: a certificate authority that is run by pull request.
//!
//! People put Kubernetes `CertificateSigningRequest` manifests into a git repository; policies kept as files say what may
//! be signed; a batch run signs what was merged and admitted, and commits the certificates and kubeconfigs back. Data
//! flows one way, and each arrow is one function:
//!
//! ```text
//! commit --git::snapshot--> Snapshot --plan::read--> Requests --decision::decide--> Approved
//!    Approved --issuance::prepare--> Prepared --sign(key)--> Issued
//!    Issued --render::add--> Changeset --git::make_commit--> commit
//! ```
//!
//! [`Approved`](decision::Approved) is made by the decision alone, [`Prepared`](issuance::Prepared) by a lint that passed,
//! [`Issued`](issuance::Issued) by consuming a `Prepared`: what was not approved is never signed, nor what was not linted.
//!
//! # Words
//!
//! | word | means |
//! |---|---|
//! | request | the `CertificateSigningRequest` manifest with its PKCS#10, named by its path |
//! | CSR | the PKCS#10 alone |
//! | signer | one CA identity, by its Kubernetes `signerName` |
//! | policy | a file in `policies/` that admits or denies |
//! | profile | the rules that Kubernetes has for one of its own signers |
//! | decision | approved or not, by policy; never an error |
//! | finding | something wrong in the user's repository, with code and place |
//! | lint | what is checked on the octets before they are signed |
//! | control zone | `policies/` and `templates/`: all that decides |
//! | mainline | the first-parent chain of the one branch that is signed from |
//!
//! # Floors
//!
//! The modules stand below floor by floor, from the ground up. A file imports only from floors below its own, and
//! `tests/floors.rs` fails where one doesn't.

// Ground: names and times, text that nothing obeys, and what work is counted in.
pub mod effort;
pub mod harmless;
pub mod names;
pub mod timestamp;

// What is told of a file and of a certificate, patterns, and the keys and signatures of OpenSSH.
pub mod finding;
pub mod pattern;
pub mod provenance;
pub mod ssh;

// Files as values: those of a commit, YAML as a tree, what nobody should have put there, and what outputs are made of.
pub mod report;
pub mod secrets;
pub mod snapshot;
pub mod yaml;

// The formats of others, and which file may lie where.
pub mod expression;
pub mod x509;
pub mod zones;

// What people write: requests, and statements about them.
pub mod kubernetes;
pub mod request;
pub mod statement;

// What decides: the control zone.
pub mod control;

// What is taken back.
pub mod revocation;

// What is proven about people and keys.
pub mod trust;

// Judgement: of a request, and of the octets that would be signed.
pub mod decision;
pub mod lint;

// Authority: what was approved becomes what may be signed.
pub mod issuance;

// Flows: one arrow of the drawing each, or one question about the rules.
pub mod conversion;
pub mod message;
pub mod plan;
pub mod render;
pub mod sampling;
pub mod schema;
pub mod starter;
pub mod trial;

// Flows that are made of these.
pub mod batch;
pub mod explanation;
pub mod inspection;
pub mod inventory;
pub mod replay;

// The disk.
pub mod files;

// The other edges: git, keys, the terminal.
pub mod git;
pub mod keystore;
pub mod output;
pub mod signing;
pub mod worktree;

// Surface: what was typed, and what surrounds the program.
pub mod cli;
pub mod world;

// All that git knows of a mainline, of a change to it, or of a work tree.
pub mod survey;

// The commands.
pub mod commands;
