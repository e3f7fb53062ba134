//! What somebody may have meant who wrote a word that is not known.
//!
//! In come the word and the known ones, in the order of people or of a repository; out comes a help text. A repository may
//! have thousands of names, and nobody reads a list of them.

// A typo within this distance of a known key is taken for it in the help.
const NEAR: f64 = 0.8;
const SHOWN: usize = 50;
// Of more only those are compared that begin alike: thousands of words may be wrong at once.
const COMPARED: usize = 50;

/// A help text that names the known word nearest to what was written, or some of them, or says that there is none.
#[must_use]
pub fn suggest(word: &str, known: &[&str]) -> String {
    let is_like = |candidate: &&&str| {
        known.len() <= COMPARED || candidate.chars().next() == word.chars().next()
    };
    let compared = known.iter().filter(is_like).take(COMPARED);
    let nearness = compared.map(|candidate| (strsim::jaro_winkler(word, candidate), candidate));
    let nearest = nearness.max_by(|(a, _), (b, _)| a.total_cmp(b));
    match nearest {
        _ if known.is_empty() => "there are none here".to_owned(),
        Some((nearness, nearest)) if nearness >= NEAR => format!("did you mean `{nearest}`?"),
        _ => format!("known here: {}", some_of(known)),
    }
}

/// The words of a list, as many as people read.
fn some_of(words: &[&str]) -> String {
    let shown = words.iter().take(SHOWN).copied();
    let shown = shown.collect::<Vec<_>>().join(", ");
    match words.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
