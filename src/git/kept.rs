//! Trees that were just read, for whoever asks next: a walk over history meets each twice, and the paths of many files lead
//! through the same directories.
//!
//! In comes a tree under its id, out it goes again until enough others came: some tens of megabytes at the very most.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::git::tree::Tree;
use crate::names::ObjectId;

// Two generations of this many octets are kept.
const OCTETS: usize = 8 << 20;

/// What is kept. A tree that is asked for again is young again; the old ones go when the young ones have grown old.
#[derive(Default)]
pub(super) struct Kept(RefCell<Generations>);

#[derive(Default)]
struct Generations {
    young: HashMap<ObjectId, Rc<Tree>>,
    old: HashMap<ObjectId, Rc<Tree>>,
    octets: usize,
}

impl Kept {
    /// The tree of that name, if it was read not long ago.
    pub(super) fn get(&self, id: ObjectId) -> Option<Rc<Tree>> {
        let mut kept = self.0.borrow_mut();
        if let Some(tree) = kept.young.get(&id) {
            return Some(Rc::clone(tree));
        }
        let tree = kept.old.remove(&id)?;
        kept.add(id, &tree);
        Some(tree)
    }

    /// Remembers a tree.
    pub(super) fn keep(&self, id: ObjectId, tree: &Rc<Tree>) {
        self.0.borrow_mut().add(id, tree);
    }
}

impl Generations {
    fn add(&mut self, id: ObjectId, tree: &Rc<Tree>) {
        if self.octets > OCTETS {
            self.old = std::mem::take(&mut self.young);
            self.octets = 0;
        }
        self.octets += tree.octets();
        self.young.insert(id, Rc::clone(tree));
    }
}
