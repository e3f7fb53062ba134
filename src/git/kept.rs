//! Objects that were just read, for whoever asks next: a walk over history meets each tree twice, the paths of many files
//! lead through the same directories, and the commits of a change are walked several times.
//!
//! In comes an object under its id, out it goes again until enough others came: some tens of megabytes at the very most.
//! How much that is says whoever keeps them: trees are few and large, commits many and small, and what is known of a file is
//! counted.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::names::ObjectId;

/// What is kept. An object that is asked for again is young again; the old ones go when the young ones have grown old.
pub(super) struct Kept<T>(RefCell<Generations<T>>);

struct Generations<T> {
    young: HashMap<ObjectId, Weighed<T>>,
    old: HashMap<ObjectId, Weighed<T>>,
    weight: usize,
    /// A generation has so much; two are kept.
    most: usize,
}

/// An object and how much of a generation it takes.
type Weighed<T> = (Rc<T>, usize);

impl<T> Kept<T> {
    /// Nothing yet; a generation will have so much.
    pub(super) fn of(most: usize) -> Self {
        Self(RefCell::new(Generations {
            young: HashMap::new(),
            old: HashMap::new(),
            weight: 0,
            most,
        }))
    }

    /// The object of that name, if it was read not long ago.
    pub(super) fn get(&self, id: ObjectId) -> Option<Rc<T>> {
        let mut kept = self.0.borrow_mut();
        if let Some((object, _)) = kept.young.get(&id) {
            return Some(Rc::clone(object));
        }
        let (object, weight) = kept.old.remove(&id)?;
        kept.add(id, &object, weight);
        Some(object)
    }

    /// Remembers an object that takes so much.
    pub(super) fn keep(&self, id: ObjectId, object: &Rc<T>, weight: usize) {
        self.0.borrow_mut().add(id, object, weight);
    }
}

impl<T> Generations<T> {
    fn add(&mut self, id: ObjectId, object: &Rc<T>, weight: usize) {
        if self.weight > self.most {
            self.old = std::mem::take(&mut self.young);
            self.weight = 0;
        }
        self.weight += weight;
        self.young.insert(id, (Rc::clone(object), weight));
    }
}
