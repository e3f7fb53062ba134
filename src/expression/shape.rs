//! What is known of a value before a rule runs: its kind, and how large it can become.
//!
//! Sizes are octets of text; a list has a number of items and the shape of the largest of them. Arithmetic saturates.

/// An upper bound of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A boolean, a number, a time or a duration.
    Small,
    /// Text of at most so many octets.
    Text(u64),
    /// At most so many items.
    List(u64, Box<Shape>),
    /// Pieces of a text of so many octets, as many as there are octets and one more.
    Pieces(u64),
    /// A mapping from text to text.
    Labels,
}

impl Shape {
    /// An empty list, of which nothing else is known.
    pub(super) fn empty_list() -> Self {
        Self::List(0, Box::new(Self::Text(0)))
    }

    /// The octets that it can take.
    pub(super) fn size(&self) -> u64 {
        match self {
            Self::Small => 8,
            Self::Text(octets) => *octets,
            Self::List(items, item) => items.saturating_mul(item.size()).saturating_add(*items),
            Self::Pieces(octets) => octets.saturating_mul(2).saturating_add(1),
            Self::Labels => 64 * 1024,
        }
    }

    /// How often a macro goes round it.
    pub(super) fn items(&self) -> u64 {
        match self {
            Self::List(items, _) => *items,
            Self::Pieces(octets) => octets.saturating_add(1),
            Self::Labels => 512,
            Self::Small | Self::Text(_) => 1,
        }
    }

    /// One item of it.
    pub(super) fn item(&self) -> Self {
        match self {
            Self::List(_, item) => (**item).clone(),
            Self::Pieces(octets) => Self::Text(*octets),
            Self::Labels => Self::Text(317),
            other => other.clone(),
        }
    }

    /// What a loop over it costs in each round: pieces are as long as their text all together, not each.
    pub(super) fn usual_item(&self) -> Self {
        match self {
            Self::Pieces(_) => Self::Text(1),
            other => other.item(),
        }
    }

    /// What `+` makes of two.
    pub(super) fn plus(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::List(items, item), Self::List(more, another)) => {
                Self::List(items.saturating_add(*more), Box::new(item.or(another)))
            }
            (Self::Text(octets), Self::Text(more)) => Self::Text(octets.saturating_add(*more)),
            (Self::Pieces(_), _) | (_, Self::Pieces(_)) => self.spread().plus(&other.spread()),
            (one, other) => one.or(other),
        }
    }

    /// Pieces as a list of texts, each of which may be the whole.
    fn spread(&self) -> Self {
        match self {
            Self::Pieces(_) => Self::List(self.items(), Box::new(self.item())),
            other => other.clone(),
        }
    }

    /// The larger of two.
    pub(super) fn or(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::List(items, item), Self::List(more, another)) => {
                Self::List(*items.max(more), Box::new(item.or(another)))
            }
            (Self::Pieces(_), _) | (_, Self::Pieces(_)) => self.spread().or(&other.spread()),
            (larger @ (Self::List(..) | Self::Labels), _)
            | (_, larger @ (Self::List(..) | Self::Labels)) => larger.clone(),
            (Self::Small, Self::Small) => Self::Small,
            (one, other) => Self::Text(one.size().max(other.size())),
        }
    }
}
