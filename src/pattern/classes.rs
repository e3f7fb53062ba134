//! What the classes of a regular expression take to be looked up, before they are.
//!
//! In comes the syntax of an expression; out comes a number of units. A class such as `\pL` has hundreds of ranges, and
//! without regard to letter case each of its hundred thousand letters is looked at: an expression of a kilobyte can take a
//! tenth of a second before any of it is compiled.

use std::convert::Infallible;

use regex_syntax::ast::{self, Ast, ClassSetItem, Flag, Flags, Visitor};

// Ranges that are there already.
const RANGES: u64 = 1 << 10;
// Letters that are looked at one by one.
const LETTERS: u64 = 1 << 15;

/// What the classes of an expression take; `is_folded` where letter case is not regarded anyway.
pub(super) fn price(tree: &Ast, is_folded: bool) -> u64 {
    let count = Count {
        classes: 0,
        is_folded,
    };
    let price = ast::visit(tree, count);
    price.unwrap_or_else(|never: Infallible| match never {})
}

struct Count {
    classes: u64,
    /// Whether letter case is not regarded anywhere.
    is_folded: bool,
}

impl Count {
    fn flags(&mut self, flags: &Flags) {
        self.is_folded |= flags.flag_state(Flag::CaseInsensitive).is_some();
    }
}

impl Visitor for Count {
    type Output = u64;
    type Err = Infallible;

    fn finish(self) -> Result<u64, Infallible> {
        let each = if self.is_folded { LETTERS } else { RANGES };
        Ok(self.classes * each)
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Infallible> {
        match ast {
            Ast::Flags(set) => self.flags(&set.flags),
            Ast::Group(group) => group
                .flags()
                .into_iter()
                .for_each(|flags| self.flags(flags)),
            Ast::ClassUnicode(_) => self.classes += 1,
            _ => {}
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), Infallible> {
        let is_large = match item {
            ClassSetItem::Unicode(_) | ClassSetItem::Perl(_) => true,
            ClassSetItem::Range(range) => !range.end.c.is_ascii(),
            _ => false,
        };
        self.classes += u64::from(is_large);
        Ok(())
    }
}
