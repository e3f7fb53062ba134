//! Rule 2: a change that touches the control zone is judged by the control zone before it as well.
//!
//! In come two decisions on one request, by the rules after the change and by those before it; out comes the stricter
//! one. So a change can't widen the rules that it is judged by.

use crate::decision::Refusal;
use crate::finding::{Code, Reason};
use crate::report::Verdict;

/// The decision that counts, given the refusal by the rules before the change, if they refuse.
///
/// # Errors
/// The stricter refusal; when it is that of the rules before, `ControlChangedTogether` stands before its reasons.
pub fn stricter<A>(after: Result<A, Refusal>, before: Option<Refusal>) -> Result<A, Refusal> {
    let Some(before) = before else { return after };
    let before = Refusal {
        // Nobody's request becomes somebody's by a rule that came with it.
        verdict: match before.verdict {
            Verdict::Ignored => Verdict::Denied,
            verdict => verdict,
        },
        reasons: std::iter::once(changed_together())
            .chain(before.reasons)
            .collect(),
    };
    match after {
        Err(after) if strictness(after.verdict) >= strictness(before.verdict) => Err(after),
        _ => Err(before),
    }
}

/// The refusal where the rules before the change can't be read.
#[must_use]
pub fn unreadable() -> Refusal {
    let message = "the control zone before the change can't be loaded";
    Refusal::new(
        Verdict::Denied,
        vec![Reason::new(Code::ConfigInvalid, message)],
    )
}

// From mild to strict; what is further right counts.
fn strictness(verdict: Verdict) -> Option<usize> {
    use Verdict::{Approved, Denied, Failed, Ignored, Invalid, Pending};
    [Approved, Pending, Ignored, Failed, Denied, Invalid]
        .iter()
        .position(|other| *other == verdict)
}

fn changed_together() -> Reason {
    let message = "the change that brings this request also changes the control zone, and the rules before it do not allow the request";
    Reason::new(Code::ControlChangedTogether, message).help(
        "land the policy first; then change the request file (a comment is enough) and have it approved again",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stricter_decision_counts() {
        use Verdict::{Approved, Denied, Failed, Ignored, Invalid, Pending};
        let refusal = |verdict| {
            let reason = Reason::new(Code::NoPolicyAdmits, "no");
            (verdict != Approved).then(|| Refusal::new(verdict, vec![reason]))
        };
        for (after, before, verdict, is_together) in [
            (Approved, Approved, Approved, false),
            (Approved, Denied, Denied, true),
            (Approved, Ignored, Denied, true),
            (Approved, Pending, Pending, true),
            (Pending, Failed, Failed, true),
            (Ignored, Ignored, Denied, true),
            (Failed, Denied, Denied, true),
            (Denied, Pending, Denied, false),
            (Denied, Denied, Denied, false),
            (Invalid, Denied, Invalid, false),
        ] {
            let decided = stricter(refusal(after).map_or(Ok(()), Err), refusal(before));
            let found = decided
                .as_ref()
                .map_or_else(|refusal| refusal.verdict, |()| Approved);
            assert_eq!(found, verdict, "{after}, before {before}");
            let code = decided.err().map(|refusal| refusal.reasons[0].code);
            assert_eq!(
                code == Some(Code::ControlChangedTogether),
                is_together,
                "{after}, before {before}"
            );
        }
    }
}
