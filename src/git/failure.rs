//! What to say where the git library gave up.
//!
//! In comes an error with its causes, out goes one reason: the words of all of them, without the library's numbers, and
//! what to look at next. Errors that have nothing to do with the library are left to others.

use git2::ErrorClass;

use crate::finding::{Code, Reason};

/// The reason, if the git library is among the causes.
#[must_use]
pub fn failure(error: &anyhow::Error) -> Option<Reason> {
    let library = |cause: &&(dyn std::error::Error + 'static)| cause.is::<git2::Error>();
    let class = error.chain().find(library)?;
    let class = class.downcast_ref::<git2::Error>()?.class();
    let words = error
        .chain()
        .map(|cause| match cause.downcast_ref::<git2::Error>() {
            Some(library) => library.message().to_owned(),
            None => cause.to_string(),
        });
    let words: Vec<String> = words.collect();
    Some(Reason::new(Code::OperationFailed, words.join(": ")).help(help(class)))
}

fn help(class: ErrorClass) -> &'static str {
    match class {
        ErrorClass::Config => {
            "`git config --list --show-origin` says which file git can't read either; mend that file"
        }
        ErrorClass::Reference => {
            "`git fsck` says which reference is damaged; write it anew with `git update-ref`, or take a fresh clone"
        }
        ErrorClass::Repository => {
            "`git status` says what is the matter with the repository; mend that, or take a fresh clone"
        }
        ErrorClass::Index => "`rm .git/index` and `git reset` make a new index",
        ErrorClass::Os | ErrorClass::Filesystem => {
            "look for free space and for the owner of the files: `df .git`, `ls -l .git`"
        }
        _ => {
            "`git fsck` says what is missing or damaged; `git fetch` it again, or take a fresh clone"
        }
    }
}
