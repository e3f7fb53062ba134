//! Walks `issued/`: which requests have their output there, and whatever else is let in between.
//!
//! In come the directories of the output zone; out go the manifests that were signed, and findings about what no run writes.
//! What is in a folder beside its manifest, the keys and the lists are a run's, whose bytes are compared elsewhere. A file
//! that anybody may put between them is searched for private keys at every depth, and its attributes are judged.

use crate::finding::{Code, Reason};
use crate::names::{RequestName, artifact};
use crate::zones::paths::{ATTRIBUTES, LET_THROUGH};
use crate::zones::source::{Child, Kind, Scope, Source};
use crate::zones::survey::Survey;

// What a run writes besides certificates: revocation lists and the owners of keys.
const OURS: [&str; 2] = ["issued/_crl", "issued/_keys"];

impl<S: Source> Survey<'_, S> {
    pub(super) fn outputs(&mut self, path: &str, handle: &S::Handle) -> anyhow::Result<()> {
        let children = self.list(handle, path, Scope::Zone)?;
        let below = path.strip_prefix("issued/");
        let manifest = children
            .iter()
            .find(|child| child.kind == Kind::File && child.name == artifact::REQUEST);
        match (below.map(str::parse::<RequestName>), manifest) {
            (Some(Err(error)), _) => {
                self.report(path, foreign(&format!("a path in `issued/` {error}")));
                Ok(())
            }
            (Some(Ok(name)), Some(manifest)) => {
                let file = format!("{path}/{}", manifest.name);
                let id = self.identify(&file, &manifest.handle)?;
                self.snapshot.issued.extend(id.map(|id| (name, id)));
                self.refuse_nested(path, &children);
                Ok(())
            }
            (name, _) => {
                self.output_folders.extend(name.and_then(Result::ok));
                self.output_children(path, children)
            }
        }
    }

    fn output_children(
        &mut self,
        path: &str,
        children: Vec<Child<S::Handle>>,
    ) -> anyhow::Result<()> {
        for child in children {
            let path = format!("{path}/{}", child.name);
            match child.kind {
                Kind::Directory if OURS.contains(&path.as_str()) => self.ours(path, child)?,
                Kind::Directory => self.outputs(&path, &child.handle)?,
                Kind::File if is_let_in(&child) => self.let_in(&path, &child)?,
                Kind::File => self.report(&path, foreign("no run writes a file to this place")),
            }
        }
        Ok(())
    }

    /// Directories in which only a run knows the files.
    fn ours(&mut self, path: String, folder: Child<S::Handle>) -> anyhow::Result<()> {
        let mut rest = vec![(path, folder)];
        // No recursion: how deep directories lie is up to a stranger.
        while let Some((path, child)) = rest.pop() {
            match child.kind {
                Kind::File => self.let_in(&path, &child)?,
                Kind::Directory if is_place_of_file(&path) => {
                    self.report(&path, foreign("a run writes a file to this place"));
                }
                Kind::Directory => {
                    let below = self.list(&child.handle, &path, Scope::Zone)?;
                    let below = below.into_iter().rev().filter(is_looked_at);
                    rest.extend(below.map(|below| (format!("{path}/{}", below.name), below)));
                }
            }
        }
        Ok(())
    }

    fn let_in(&mut self, path: &str, child: &Child<S::Handle>) -> anyhow::Result<()> {
        if child.name == ATTRIBUTES {
            self.attributes(path, &child.handle)
        } else {
            self.search_file(path, &child.handle)
        }
    }

    fn refuse_nested(&mut self, path: &str, children: &[Child<S::Handle>]) {
        for child in children
            .iter()
            .filter(|child| child.kind == Kind::Directory)
        {
            let reason = foreign("no run writes a directory beside a certificate");
            self.report(&format!("{path}/{}", child.name), reason);
        }
    }
}

/// Whether a run writes, or may write some day, a list or the owner of a key there.
fn is_place_of_file(path: &str) -> bool {
    if let Some(list) = path.strip_prefix("issued/_crl/") {
        let name = list.strip_suffix(".pem");
        return name.is_some_and(|name| !name.contains('/'));
    }
    let key = path.strip_prefix("issued/_keys/");
    let key = key.and_then(|key| key.split_once('/'));
    key.is_some_and(|(_, rest)| rest.len() == 62 && rest.bytes().all(|c| c.is_ascii_hexdigit()))
}

fn is_looked_at<H>(child: &Child<H>) -> bool {
    child.kind == Kind::Directory || is_let_in(child)
}

fn is_let_in<H>(child: &Child<H>) -> bool {
    child.name == ATTRIBUTES || LET_THROUGH.contains(&child.name.as_str())
}

fn foreign(message: &str) -> Reason {
    Reason::new(Code::ForeignOutput, message)
        .help("only `gitca run` writes to `issued/`; remove it")
}
