//! What a walk along the mainline found, as the core wants to hear it.
//!
//! In come the tracks of a walk and where the mainline begins; out go introductions with everybody who had a hand in
//! them, and the history of the statements. What was brought before the mainline began counts as brought by its first
//! commit. Nothing is judged or verified here.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::git::authorship::{authorship, committed};
use crate::git::follow::{Followed, Following, Passed, Track};
use crate::git::objects::Objects;
use crate::git::origins::Origins;
use crate::git::producer::{self, Node, Question};
use crate::git::repository::Repository;
use crate::names::{ObjectId, RequestName};
use crate::provenance;
use crate::snapshot::{
    Authorship, Blob, Brought, DeletedStatement, Introduction, StatementHistory,
};
use crate::timestamp::Timestamp;
use crate::zones;

// A manifest of 64 KiB and 64 approvals make no longer one.
const PROVENANCE_OCTETS: u64 = 256 * 1024;

/// What the mainline knows of the open requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The commit that brought each request, and who made it.
    pub introductions: BTreeMap<RequestName, Introduction>,
    /// The commits that brought the statements about each, and what became of others.
    pub statements: BTreeMap<RequestName, StatementHistory>,
    /// The place of the tip on the mainline, as all of these count theirs.
    pub tip: u64,
}

impl History {
    /// Each request, with the place on the mainline of the commit that brought it as revocations count theirs: from the tip
    /// back, since they are looked for without an anchor. Where it was there when the mainline began, no place is known.
    pub fn places(&self) -> impl Iterator<Item = (&RequestName, Option<u64>)> {
        let brought = self.introductions.iter();
        brought.map(|(name, brought)| {
            let place = u64::MAX - (self.tip - brought.position);
            (name, (brought.position > 0).then_some(place))
        })
    }
}

/// Turns tracks into history.
pub(super) struct Account<'a> {
    repository: &'a Repository,
    objects: &'a Objects<'a>,
    anchor: Passed,
    authors: HashMap<ObjectId, Arc<Authorship>>,
    dates: HashMap<ObjectId, Timestamp>,
    /// Whether a commit has the form of a run.
    runs: HashMap<ObjectId, bool>,
}

/// Who had a hand in each request, and who made its bytes, as far as landings could be searched.
#[derive(Default)]
struct People {
    makers: HashMap<usize, ObjectId>,
    contributors: HashMap<usize, BTreeSet<ObjectId>>,
    /// Requests about which it can't be told.
    unknown: BTreeSet<usize>,
}

impl<'a> Account<'a> {
    pub(super) fn of(repository: &'a Repository, objects: &'a Objects<'a>, anchor: Passed) -> Self {
        Self {
            repository,
            objects,
            anchor,
            authors: HashMap::new(),
            dates: HashMap::new(),
            runs: HashMap::new(),
        }
    }

    /// What is known of each request that is followed, from the mainline that ends in `top`.
    pub(super) fn give(mut self, top: &Node, following: &Following<'_>) -> anyhow::Result<History> {
        let people = self.people(top, following)?;
        let mut history = History {
            tip: self.anchor.from_tip,
            ..History::default()
        };
        let tracks = following.tracks.iter().enumerate();
        for (number, track) in tracks.filter(|(_, track)| track.is_there) {
            let introduction = self.introduction(number, track, &people)?;
            let name = track.name.clone();
            history.introductions.insert(name.clone(), introduction);
            history.statements.insert(name, self.statements(track)?);
        }
        Ok(history)
    }

    /// The commits that changed a request, newest first; those before the anchor are the anchor.
    fn changes(&self, track: &Track<'_>) -> Vec<Passed> {
        let on_mainline = |passed: &&Passed| passed.from_tip < self.anchor.from_tip;
        let mut changes: Vec<Passed> = track
            .changes
            .iter()
            .take_while(on_mainline)
            .copied()
            .collect();
        if changes.len() < track.changes.len() || !track.is_whole {
            changes.push(self.anchor);
        }
        changes
    }

    fn people(&self, top: &Node, following: &Following<'_>) -> anyhow::Result<People> {
        let mut questions: BTreeMap<Passed, Question> = BTreeMap::new();
        let tracks = following.tracks.iter().enumerate();
        for (number, track) in tracks.filter(|(_, track)| track.is_there) {
            let changes = self.changes(track);
            for passed in &changes {
                let question = questions.entry(*passed).or_default();
                question.contributors.insert(number);
            }
            let brought = changes.first().and_then(|first| questions.get_mut(first));
            brought.map(|question| question.makers.insert(number));
        }
        let mut people = People::default();
        let manifests = following.manifests();
        let mut origins = Origins::of(self.repository, self.objects, &manifests);
        for (passed, question) in &questions {
            let node = if passed.is_made {
                Node::of(self.repository, passed.commit)?
            } else {
                top.clone()
            };
            let found = if *passed == self.anchor {
                Some(producer::alone(&node, question))
            } else {
                producer::search(self.repository, self.objects, &node, question, &manifests)?
            };
            let found = found.map(|found| origins.complete(found)).transpose()?;
            match found.flatten() {
                Some(found) => people.extend(found),
                None => people.unknown.extend(&question.contributors),
            }
        }
        Ok(people)
    }

    fn introduction(
        &mut self,
        number: usize,
        track: &Track<'_>,
        people: &People,
    ) -> anyhow::Result<Introduction> {
        let changes = self.changes(track);
        let brought = changes.first().copied().unwrap_or(self.anchor);
        let contributors = people.contributors.get(&number);
        let contributors = contributors.into_iter().flatten();
        let contributors: Vec<Arc<Authorship>> = contributors
            .map(|commit| self.author(*commit))
            .collect::<anyhow::Result<_>>()?;
        let is_known = !people.unknown.contains(&number);
        let maker = people.makers.get(&number).filter(|_| is_known);
        Ok(Introduction {
            commit: brought.commit,
            position: self.position(brought),
            committed: self.date(brought.commit)?,
            maker: maker.map(|commit| self.author(*commit)).transpose()?,
            is_from_anchor: changes.last().is_none_or(|oldest| *oldest == self.anchor),
            changes: changes.into_iter().map(|change| change.commit).collect(),
            contributors,
            touches_control: brought.touches_control && brought != self.anchor,
        })
    }

    /// When a commit was made, as it says itself.
    fn date(&mut self, commit: ObjectId) -> anyhow::Result<Timestamp> {
        if let Some(known) = self.dates.get(&commit) {
            return Ok(*known);
        }
        let found = committed(&*self.repository.commit_at(commit)?);
        self.dates.insert(commit, found);
        Ok(found)
    }

    fn author(&mut self, commit: ObjectId) -> anyhow::Result<Arc<Authorship>> {
        if let Some(known) = self.authors.get(&commit) {
            return Ok(Arc::clone(known));
        }
        let found = authorship(self.repository, &*self.repository.commit_at(commit)?)?;
        let found = Arc::new(found);
        self.authors.insert(commit, Arc::clone(&found));
        Ok(found)
    }

    fn statements(&mut self, track: &Track<'_>) -> anyhow::Result<StatementHistory> {
        let mut history = StatementHistory::default();
        for followed in &track.statements {
            let brought = self.brought(followed);
            match followed.last_seen {
                None => {
                    history.brought.insert(followed.pair.name.clone(), brought);
                }
                Some(last) if last <= self.anchor.from_tip => {
                    history
                        .deleted
                        .extend(self.deleted(track.name, followed, brought)?);
                }
                Some(_) => {}
            }
        }
        for id in &track.provenances {
            let content = self.objects.blob(*id, PROVENANCE_OCTETS)?;
            let Ok(octets) = content else { continue };
            let (spent, read) = provenance::spent(&octets);
            // What anybody has written here spends an approval, and makes no certificate older or younger.
            history.spent.extend(spent);
            let of_these = read.filter(|provenance| provenance.blob == Some(track.blob));
            if of_these.is_some() && !self.is_foreign(track, *id)? {
                // They come newest first, so the last one stays.
                history.first = of_these;
            }
        }
        Ok(history)
    }

    /// Whether a provenance was brought by commits alone that no run made.
    fn is_foreign(&mut self, track: &Track<'_>, provenance: ObjectId) -> anyhow::Result<bool> {
        let mut is_foreign = false;
        for (commit, brought) in &track.provenances_brought {
            if *brought == provenance {
                if self.is_run(*commit)? {
                    return Ok(false);
                }
                is_foreign = true;
            }
        }
        Ok(is_foreign)
    }

    fn is_run(&mut self, commit: ObjectId) -> anyhow::Result<bool> {
        if let Some(known) = self.runs.get(&commit) {
            return Ok(*known);
        }
        let found = self.repository.run_commit(commit)?.is_ok();
        self.runs.insert(commit, found);
        Ok(found)
    }

    fn brought(&self, followed: &Followed) -> Brought {
        let brought = followed.brought.unwrap_or(self.anchor);
        let is_later = brought.from_tip < self.anchor.from_tip;
        let brought = if is_later { brought } else { self.anchor };
        Brought {
            commit: brought.commit,
            position: self.position(brought),
            touches_control: is_later && brought.touches_control,
        }
    }

    /// A statement with its signature; none, when one is larger than any that counts.
    fn deleted(
        &self,
        request: &RequestName,
        followed: &Followed,
        brought: Brought,
    ) -> anyhow::Result<Option<DeletedStatement>> {
        let place = |name: &str| format!("requests/{request}.approvals/{name}");
        let read = |id: ObjectId, path: &str| {
            let content = self.objects.blob(id, zones::size_limit(path))?;
            Ok::<_, anyhow::Error>(content.ok().map(|bytes| Blob { id, bytes }))
        };
        let name = &followed.pair.name;
        let statement = read(followed.pair.statement, &place(name))?;
        let signature = read(followed.pair.signature, &place(&format!("{name}.sig")))?;
        let both = statement.zip(signature);
        Ok(both.map(|(statement, signature)| DeletedStatement {
            name: name.clone(),
            statement,
            signature,
            brought,
        }))
    }

    fn position(&self, passed: Passed) -> u64 {
        self.anchor.from_tip - passed.from_tip
    }
}

impl People {
    fn extend(&mut self, found: producer::Producers) {
        for (request, maker) in found.makers {
            let Some(maker) = maker else { continue };
            self.makers.insert(request, maker);
            self.contributors.entry(request).or_default().insert(maker);
        }
        for (request, contributors) in found.contributors {
            let known = self.contributors.entry(request).or_default();
            known.extend(contributors);
        }
    }
}
