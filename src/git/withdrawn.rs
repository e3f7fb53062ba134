//! Private keys in files that commits brought and that nobody reads any more.
//!
//! In come commits and the tree that is judged; out goes each key in a file that one of them brought and that tree has not
//! at its place: what it has is searched where it is read, but for statements, which are read as long as their request is
//! open. Each file is read once, so the cost is that of what is new.

use std::collections::HashMap;

use git2::Oid;

use crate::effort::Effort;
use crate::git::folder::File;
use crate::git::ids::id;
use crate::git::new_files::{BROUGHT_NAMES, MAINLINE_NAMES, NewFiles, There};
use crate::git::objects::Objects;
use crate::git::output::OutputZone;
use crate::git::producer::{LANDING_OCTETS, Node, PARENTS, landed};
use crate::git::proposal::Proposal;
use crate::git::repository::Repository;
use crate::git::unfit::{BROUGHT_FILES, BROUGHT_OCTETS};
use crate::message;
use crate::names::{ObjectId, Sha256Digest};
use crate::secrets;
use crate::zones::{SEARCHED_FILE, SEARCHED_FILES, SEARCHED_OCTETS};

// More commits since the last run than these are not looked at.
const COMMITS: usize = 100_000;
// How many files and octets are searched of a mainline, and of a change.
const SEARCHED: (usize, u64) = (SEARCHED_FILES, SEARCHED_OCTETS);
const BROUGHT: (usize, u64) = (BROUGHT_FILES, BROUGHT_OCTETS);

/// A private key that lay in the repository for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawn {
    /// A commit that has it.
    pub commit: ObjectId,
    /// The file.
    pub path: String,
    /// Whether it is still there.
    pub is_there: bool,
    /// Whose key it is, if that can be told.
    pub key: Option<Sha256Digest>,
}

/// The keys that were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawals {
    /// In the order in which they were brought.
    pub keys: Vec<Withdrawn>,
    /// What the run before them found, as far as requests with these keys were left open, each with a commit that has it.
    pub before: Vec<(Sha256Digest, ObjectId)>,
    /// Whether everything was searched; there may have been too much of it.
    pub is_whole: bool,
    /// Whether there was more than is searched, and not only files that nobody searches.
    pub is_spent: bool,
}

impl Withdrawals {
    fn none() -> Self {
        Self {
            keys: Vec::new(),
            before: Vec::new(),
            is_whole: true,
            is_spent: false,
        }
    }
}

impl Repository {
    /// The keys that the mainline of `tip` brought since the newest run, or else since it began. What a run says that nobody
    /// has proven is not believed.
    ///
    /// # Errors
    /// When history can't be read.
    pub fn withdrawn_keys(&self, since: &OutputZone, tip: ObjectId) -> anyhow::Result<Withdrawals> {
        self.keys_since(since, tip, SEARCHED)
    }

    /// The same for the base of a change, of which no more is searched than of the change.
    ///
    /// # Errors
    /// When history can't be read.
    pub fn withdrawn_keys_of_base(
        &self,
        since: &OutputZone,
        base: ObjectId,
    ) -> anyhow::Result<Withdrawals> {
        self.keys_since(since, base, BROUGHT)
    }

    fn keys_since(
        &self,
        since: &OutputZone,
        tip: ObjectId,
        most: (usize, u64),
    ) -> anyhow::Result<Withdrawals> {
        let is_seen = since.run.is_some();
        let mut found = self.brought_keys(Some(since.source), is_seen, tip, most)?;
        if is_seen && since.is_proven {
            let run = self.commit_at(since.source)?;
            found.before = message::leaked(&String::from_utf8_lossy(run.message()));
        }
        Ok(found)
    }

    /// The keys that all of history brought up to `tip`, whatever runs say that they have seen.
    ///
    /// # Errors
    /// When history can't be read.
    pub fn all_withdrawn_keys(&self, tip: ObjectId) -> anyhow::Result<Withdrawals> {
        self.brought_keys(None, false, tip, SEARCHED)
    }

    /// Those since this commit of the mainline, or since the first one; a run, if it is one, has seen what was there.
    fn brought_keys(
        &self,
        since: Option<ObjectId>,
        is_seen: bool,
        tip: ObjectId,
        most: (usize, u64),
    ) -> anyhow::Result<Withdrawals> {
        let (mut commits, mut commit) = (Vec::new(), tip);
        while since != Some(commit) && commits.len() < COMMITS {
            let found = self.commit_at(commit)?;
            commits.push((commit, id(found.tree_id())));
            let Some(parent) = found.parent_ids().next() else {
                break;
            };
            commit = id(parent);
        }
        if commits.is_empty() && is_seen {
            return Ok(Withdrawals::none());
        }
        let is_whole = commits.len() < COMMITS;
        let objects = Objects::of(self)?;
        let (start, top) = (self.tree_of(commit)?, self.tree_of(tip)?);
        let there = There::of(&objects, start, top)?;
        let mut search = Search::of(&objects, (top, &there), MAINLINE_NAMES, most);
        search.found.is_whole &= is_whole;
        if !is_seen {
            // No run has seen what was there at first, nor do people read what is said of a request that is closed.
            search.look(commit, &[top], start)?;
            let mut all = NewFiles::of(&objects, MAINLINE_NAMES);
            let mut statements = all.between(&[], start)?;
            statements.retain(File::is_statement);
            search.found.is_whole &= all.is_whole;
            search.search(commit, &statements)?;
        }
        if let [(commit, _)] = commits[..] {
            search.look_aside(self, commit)?;
            search.search(commit, &there.statements)?;
            return Ok(search.found);
        }
        let mut before = start;
        for (commit, tree) in commits.into_iter().rev() {
            search.look_aside(self, commit)?;
            search.look(commit, &[before], tree)?;
            before = tree;
        }
        Ok(search.found)
    }
}

impl Proposal<'_> {
    /// The keys that commits of the head brought.
    ///
    /// # Errors
    /// When history can't be read.
    pub fn withdrawn_keys(&self) -> anyhow::Result<Withdrawals> {
        let repository = self.repository;
        let Some(commits) = self.landed()? else {
            return Ok(Withdrawals {
                is_whole: false,
                is_spent: true,
                ..Withdrawals::none()
            });
        };
        let objects = Objects::of(repository)?;
        let mut search = Search::of(&objects, (self.top, &self.there), BROUGHT_NAMES, BROUGHT);
        if let [commit] = commits {
            search.search(id(*commit), &self.there.statements)?;
            return Ok(search.found);
        }
        search.look_at_all(repository, commits.iter())?;
        Ok(search.found)
    }
}

struct Search<'s, 'r> {
    objects: &'s Objects<'r>,
    /// The tree that is judged, and what is new in it.
    top: ObjectId,
    there: &'s There,
    new: NewFiles<'s, 'r>,
    files_left: usize,
    octets_left: u64,
    effort: Effort,
    found: Withdrawals,
}

impl<'s, 'r> Search<'s, 'r> {
    /// Where the tree that is judged has these files.
    fn of(
        objects: &'s Objects<'r>,
        (top, there): (ObjectId, &'s There),
        names: usize,
        (files_left, octets_left): (usize, u64),
    ) -> Self {
        Self {
            objects,
            top,
            there,
            new: NewFiles::of(objects, names),
            files_left,
            octets_left,
            effort: Effort::of(secrets::OPENED),
            found: Withdrawals {
                is_whole: there.is_whole,
                ..Withdrawals::none()
            },
        }
    }

    /// Searches what a commit brought.
    fn look(
        &mut self,
        commit: ObjectId,
        before: &[ObjectId],
        tree: ObjectId,
    ) -> anyhow::Result<()> {
        let new = self.new.between(before, tree)?;
        self.search(commit, &new)
    }

    /// Searches what lies in the history of a merge and not in its tree: everybody who has that has it, too.
    fn look_aside(&mut self, repository: &Repository, merge: ObjectId) -> anyhow::Result<()> {
        let node = Node::of(repository, merge)?;
        if node.parents.len() < 2 {
            return Ok(());
        }
        if let Some(commits) = landed(repository, &node)? {
            let aside = commits.iter().filter(|commit| id(**commit) != merge);
            return self.look_at_all(repository, aside);
        }
        self.found.is_whole = false;
        Ok(())
    }

    /// Searches what each of these commits brought, children first, as far as trees are read for one landing.
    fn look_at_all<'c>(
        &mut self,
        repository: &Repository,
        commits: impl DoubleEndedIterator<Item = &'c Oid>,
    ) -> anyhow::Result<()> {
        let walked = self.objects.walked();
        let mut trees = HashMap::new();
        for commit in commits.rev() {
            if self.objects.walked() - walked > LANDING_OCTETS {
                (self.found.is_whole, self.found.is_spent) = (false, true);
                break;
            }
            let node = Node::of(repository, id(*commit))?;
            // Parents come first, so that most of them were read. Each name is looked up in each of them: what only one past
            // these has is searched like what is new.
            let tree_of = |parent: &Oid| match trees.get(parent) {
                Some(tree) => Ok(*tree),
                None => repository.tree_of(id(*parent)),
            };
            let before = node.parents.iter().take(PARENTS).map(tree_of);
            let before: Vec<ObjectId> = before.collect::<Result<_, _>>()?;
            trees.insert(*commit, node.tree);
            self.look(node.commit, &before, node.tree)?;
        }
        Ok(())
    }

    fn search(&mut self, commit: ObjectId, files: &[File]) -> anyhow::Result<()> {
        self.found.is_whole &= self.new.is_whole;
        self.found.is_spent |= !self.new.is_whole;
        for found in files {
            let (file, is_statement) = (found.id, found.is_statement());
            if self.there.files.contains(&file) && !is_statement || !self.has_room() {
                continue;
            }
            let limit = SEARCHED_FILE.min(self.octets_left);
            let Ok(octets) = self.objects.blob(file, limit)? else {
                let octets = u64::try_from(self.objects.octets(file)?)?;
                self.found.is_spent |= octets <= SEARCHED_FILE;
                self.found.is_whole = false;
                continue;
            };
            self.octets_left -= u64::try_from(octets.len()).unwrap_or(self.octets_left);
            let leaks = secrets::find(&octets, &self.effort);
            self.found.is_whole &= !self.effort.is_exhausted();
            if leaks.is_empty() {
                continue;
            }
            let path = found.path();
            let is_there = self.objects.file(self.top, &path)? == Some(file);
            if is_statement || !is_there {
                self.found.keys.extend(leaks.iter().map(|leak| Withdrawn {
                    commit,
                    path: path.clone(),
                    is_there,
                    key: leak.key,
                }));
            }
        }
        Ok(())
    }

    fn has_room(&mut self) -> bool {
        let has_room = self.files_left > 0 && self.found.keys.len() < secrets::FOUND;
        self.found.is_whole &= has_room;
        self.found.is_spent |= !has_room;
        self.files_left = self.files_left.saturating_sub(1);
        has_room
    }
}
